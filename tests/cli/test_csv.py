"""Tasks and agents as CSV files: what cells mean, and every fault by file, row and column."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.schemas import AgentIn, TaskIn
from assigner.cli.cells import columns
from assigner.cli.request import STRUCTS
from assigner.cli.sheets import read, write
from assigner.sample import snapshot
from tests.cli.shell import NOW, told
from tests.cli.test_assign import decided

TOO_LARGE = "field larger than field limit (131072)"
AGENTS = b"id,skills\nana,billing:5\n"


def tasks(text: str | bytes) -> list[dict[str, Any]]:
    """The records of a sheet of tasks without faults."""
    sheet = read(text if isinstance(text, bytes) else text.encode(), TaskIn, "tasks.csv", "en")
    assert sheet.complaints == []
    return sheet.records


def faults(tmp_path: Path, text: str | bytes, agents: bytes = AGENTS, lang: str = "en") -> list[str]:
    """The lines of a refusal of these tasks and agents."""
    (tmp_path / "tasks.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "agents.csv").write_bytes(agents)
    files = ["--tasks", str(tmp_path / "tasks.csv"), "--agents", str(tmp_path / "agents.csv")]
    lines = told("assign", *files, "--lang", lang, code=1).splitlines()[1:]
    return [line.strip().replace(f"{tmp_path}/", "") for line in lines]


@pytest.mark.parametrize("flags", [[], ["--seed", "5"], ["--tasks", "0", "--agents", "0"]])
def test_a_sample_as_csv_is_decided_as_the_same_sample_as_json(tmp_path: Path, flags: list[str]) -> None:
    told("sample", *flags, "--csv", str(tmp_path / "made"))
    made = ["--tasks", str(tmp_path / "made/tasks.csv"), "--agents", str(tmp_path / "made/agents.csv")]
    from_csv = told("assign", *made, "--now", NOW, "--json")
    from_json = told("assign", "-", "--json", stdin=told("sample", *flags).encode())
    assert decided(from_csv) == decided(from_json)


def test_a_sample_as_csv_holds_all_of_it() -> None:
    made = snapshot(500, 50, sizes=True)
    for name, struct in STRUCTS.items():
        assert read(write(made[name], struct), struct, name, "en").records == made[name]


def test_every_field_has_a_column() -> None:
    assert list(columns(TaskIn)) == list(TaskIn.__struct_fields__)
    assert list(columns(AgentIn)) == list(AgentIn.__struct_fields__)


def test_what_is_written_is_read_back() -> None:
    record = {
        "id": "INC-1",
        "case": "C-1",
        "queue": "billing",
        "category": "refund, partial",
        "channel": "case",
        "tags": ["vip", "two words"],
        "skills": {"billing": 3, "a:b": 4},
        "any_skills": [{"sap": 2}, {"oracle": 2, "excel": 1}],
        "preferred_skills": {"vip": 1},
        "priority": "high",
        "created_at": NOW,
        "due_at": NOW,
        "not_before": NOW,
        "handle_s": 0.5,
        "size": 2,
        "preferred_agents": ["ana"],
        "excluded_agents": ["eva", "leo"],
        "pinned_agent": "luis",
        "cooling_down": {"luis": NOW, "eva": NOW},
        "attributes": {"crm": [1, {"a": 'quo"te\n'}]},
    }
    assert tasks(write([record, {"id": "INC-2"}], TaskIn)) == [record, {"id": "INC-2"}]
    agent = {"id": "ana", "channels": ["case"], "capacity": 0, "handle_s": {"a": 700, "b": 0.25}}
    agent["busy"] = [{"remaining_s": 900}, {"size": 2, "remaining_s": 0.5}]
    assert read(write([agent], AgentIn), AgentIn, "agents.csv", "en").records == [agent]


def test_what_agents_have_in_hand(tmp_path: Path) -> None:
    """Seconds left of each task, with its size before them; what is no number is told with its column."""
    sheet = read(b"id,busy\nana,900; 2 x 300\n", AgentIn, "agents.csv", "en")
    assert sheet.records == [{"id": "ana", "busy": [{"remaining_s": 900}, {"remaining_s": 300, "size": 2}]}]
    (fault,) = faults(tmp_path, "id\nT1\n", b"id,busy\nana,soon\n")
    assert fault.startswith("agents.csv, row 2, busy 'remaining_s': \"soon\" is a string")
    (fault,) = faults(tmp_path, "id\nT1\n", b"id,load,busy\nana,2,900\n")
    assert fault == "agents.csv, row 2, busy: The sizes add up to 1; load is 2: leave out one of the two."


@pytest.mark.parametrize(
    "text",
    [
        "id,skills,priority\nT1,billing:3;es:4,70\n",
        "id;skills;priority\r\nT1;billing:3;es:4\r\n".replace("billing:3;es:4", '"billing:3;es:4";70'),
        "id\tskills\tpriority\nT1\tbilling:3;es:4\t70\n",
        "\ufeffid,skills,priority\nT1,billing:3;es:4,70",
        " ID , Skills ,PRIORITY\n T1 , billing : 3 ; es:4; ,70,,\n,,\n\n",
    ],
    ids=["comma", "semicolon", "tab", "mark", "spaces"],
)
def test_as_spreadsheets_write_it(text: str) -> None:
    assert tasks(text) == [{"id": "T1", "skills": {"billing": 3, "es": 4}, "priority": 70}]


def test_an_empty_cell_is_the_default() -> None:
    assert tasks("id,skills,priority,tags\nT1,,,\nT2\n") == [{"id": "T1"}, {"id": "T2"}]


@pytest.mark.parametrize(
    ("delimiter", "cell", "seconds"),
    [
        (",", "900", 900),
        (",", "12.5", 12.5),
        (",", "12.345", 12.345),
        (",", '"12,5"', 12.5),
        (";", "12,5", 12.5),
        (";", "12.5", 12.5),
        (";", "12,3456", 12.3456),
        (";", "1500", 1500),
    ],
)
def test_a_decimal_comma_will_do(delimiter: str, cell: str, seconds: float) -> None:
    assert tasks(f"id{delimiter}handle_s\nT1{delimiter}{cell}\n")[0]["handle_s"] == seconds


@pytest.mark.parametrize(
    ("delimiter", "cell"), [(",", '"1,500"'), (";", "1,500"), (";", "1.500"), (";", "12.345")]
)
def test_what_may_be_a_thousand_is_refused(tmp_path: Path, delimiter: str, cell: str) -> None:
    (fault,) = faults(tmp_path, f"id{delimiter}handle_s\nT1{delimiter}{cell}\n")
    assert fault.startswith("tasks.csv, row 2, handle_s: ")
    assert "may be a thousand or a fraction; write " in fault


@pytest.mark.parametrize("cell", ["nan", "inf", "1_000", "1e3", "0x10", "twelve", "1.500.000", "٣"])
def test_what_is_no_number_is_refused(tmp_path: Path, cell: str) -> None:
    (fault,) = faults(tmp_path, f"id,handle_s\nT1,{cell}\n")
    expected = f"{json.dumps(cell, ensure_ascii=False)} is a string; expected a number"
    assert fault.startswith(f"tasks.csv, row 2, handle_s: {expected}")


def test_every_fault_at_once_by_file_row_and_column(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "id;skils;priority;skills;cooling_down;attributes;id",
            't1;;x;"es:3;b";luis;[1;',
            ";;;;;;",
            't1;;50;"es:11;es:2";;;',
            't3;;50;"es:11";;"{""a"":1}";;more',
        ]
    )
    cooling_down = "luis=2026-11-23T09:05:00+01:00"
    agents = b"id,load\nana,-1\nana,0\n,0\n"
    assert faults(tmp_path, text, agents) == [
        "tasks.csv, row 1, skils: There is no such column. Maybe 'skills'.",
        "tasks.csv, row 1, id: 'id' is there twice.",
        "tasks.csv, row 2, skills: 'b' will not do; expected such as billing:3;es:4.",
        f"tasks.csv, row 2, cooling_down: 'luis' will not do; expected such as {cooling_down}.",
        "tasks.csv, row 2, attributes: '[1' will not do; expected such as {\"crm\": 7}.",
        'tasks.csv, row 2, priority: "x" is not known; expected one of high, low, medium, urgent.',
        "tasks.csv, row 4, skills: 'es' is there twice.",
        'tasks.csv, row 4, id: "t1" is the id of row 2 already.',
        "tasks.csv, row 5: It has 8 cells; the header has 7.",
        "tasks.csv, row 5, skills 'es': 11 is out of range; expected an integer from 1 to 10.",
        "agents.csv, row 2, load: -1 is out of range; expected an integer from 0 to 2,147,483,647.",
        'agents.csv, row 3, id: "ana" is the id of row 2 already.',
        "agents.csv, row 4, id: 'id' is required.",
    ]


def test_faults_in_spanish(tmp_path: Path) -> None:
    assert faults(tmp_path, "id,prioridad,skills\nT1,,es\n", lang="es") == [
        "tasks.csv, fila 1, prioridad: No existe esa columna. Quizá 'priority'.",
        "tasks.csv, fila 2, skills: 'es' no vale; se espera algo como billing:3;es:4.",
    ]
    assert faults(tmp_path, "id,size\nT1,0\nT1,1\n", lang="es") == [
        "tasks.csv, fila 2, size: 0 está fuera de sus límites; se espera un entero desde 1 hasta 100.",
        'tasks.csv, fila 3, id: "T1" ya es el identificador de fila 2.',
    ]


def test_rows_are_those_of_the_spreadsheet(tmp_path: Path) -> None:
    """A line break inside a cell begins no row, and an empty row counts as one."""
    text = 'id,category,priority\nT1,"two\nlines",1\n\nT2,,1000\n'
    found = faults(tmp_path, text)
    assert [fault.split(":")[0] for fault in found] == [
        "tasks.csv, row 2, category",
        "tasks.csv, row 4, priority",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "tasks.csv: It is empty; expected a row with the names of the columns, 'id' at least."),
        (b"\n,,\n", "tasks.csv: It is empty; expected a row with the names of the columns, 'id' at least."),
        ("id\nseñal\n".encode("latin-1"), "tasks.csv: It is not UTF-8: save it as “CSV UTF-8”."),
        ("id\nT1\n".encode("utf-16"), "tasks.csv: It is not UTF-8: save it as “CSV UTF-8”."),
        (b"skills\nes:3\n", "tasks.csv, row 1: There is no column 'id'."),
        (b'id,tags\nT1,"open\n', "tasks.csv, row 2: It is not CSV: unexpected end of data."),
        (
            b"id,tags\nT1," + b"x" * 200_000,
            "tasks.csv, row 2: It is not CSV: field larger than field limit (131072).",
        ),
    ],
)
def test_a_file_that_is_no_such_sheet(tmp_path: Path, text: bytes, says: str) -> None:
    assert faults(tmp_path, text) == [says]


def test_faults_of_flags_are_told_beside_those_of_cells(tmp_path: Path) -> None:
    (tmp_path / "tasks.csv").write_bytes(b"id,priority\nT1,x\n")
    (tmp_path / "agents.csv").write_bytes(AGENTS)
    files = ["--tasks", str(tmp_path / "tasks.csv"), "--agents", str(tmp_path / "agents.csv")]
    printed = told("assign", *files, "--now", "yesterday", code=1)
    assert '--now: "yesterday" is no instant' in printed
    assert "tasks.csv, row 2, priority" in printed


def test_one_of_the_files_can_be_stdin(tmp_path: Path) -> None:
    (tmp_path / "agents.csv").write_bytes(AGENTS)
    printed = told("assign", "--tasks", "-", "--agents", str(tmp_path / "agents.csv"), stdin=b"id\nT1\n")
    assert "1 of 1 tasks assigned" in printed
