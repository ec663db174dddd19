"""The solver alone: speed, quality, growth."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from solver.check import check
from solver.greedy import greedy, objective
from solver.problem import Problem
from solver.solution import Solution, Status
from solver.solve import solve
from solver.stop import Stop
from tests.benchmarks.instances import (
    BEST_KNOWN,
    BIG,
    dense,
    generalised,
    naming_agents,
    office,
    tying,
    weighing,
)
from tests.benchmarks.report import Result, Row, Table, Verdict, progress, verdict
from tests.benchmarks.yardsticks import VARIABLE, yardsticks

ROUNDS = 7
ROOT = Path(__file__).parents[2]
FRESH = "from tests.benchmarks.solver_bench import measure; measure({}, {}, {}, {})"
SEEDS = 5
GAP_SECONDS = 8.0
GAP_ASKED = {"d05100": 0.1, "d10200": 0.5, "d20200": 1.1}
GROWTH = (
    (1_000, 100, 100, 0.225),
    (10_000, 1_000, 200, 0.225),
    (50_000, 1_000, 200, 0.225),
    (100_000, 5_000, 500, 0.1),
    (300_000, 10_000, 500, 0.1),
    (1_000_000, 10_000, 500, 0.1),
)


def run(output: Path) -> Iterator[Result]:
    """Each promise about the solver; writes growth.svg."""
    yield from _against_scipy()
    yield from _beside_plain()
    yield from _sizes()
    yield from _growth(output)
    yield from _generalised()


def _timed(arrays: dict[str, Any], rounds: int = ROUNDS) -> tuple[float, Problem, Solution]:
    """Median seconds of building and solving; the problem, and its solution, judged."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        problem = Problem(**arrays)
        solution = solve(problem, Stop())
        seconds.append(time.perf_counter() - began)
    check(problem, solution)
    return median(seconds), problem, solution


def _against_scipy() -> Iterator[Result]:
    """10,000 × 1,000, built and solved, against SciPy's assignment on the dense matrix."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  (the bench extra only)

    seconds, problem, solution = _timed(office(10_000, 1_000, 200))
    matrix = dense(problem)
    began = time.perf_counter()
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    scipy_s = time.perf_counter() - began
    ratio, same = scipy_s / seconds, int(matrix[rows, columns].sum()) == solution.objective
    yield Row(
        what="10,000 × 1,000 (200 groups), against SciPy's linear_sum_assignment, same objective",
        asked="at least 100 times faster",
        measured=f"{ratio:.0f} times: {seconds * 1e3:.1f} ms against {scipy_s:.1f} s"
        + ("" if same else f"; objectives differ: {solution.objective}"),
        verdict=verdict(ratio >= 100 and same),
    )


def _beside_plain() -> Iterator[Result]:
    """Many groups, named agents and ties, as multiples of the plain case, measured in turns."""
    plain, many = office(10_000, 1_000, 200), office(10_000, 1_000, 5_000)
    cases = (plain, many, naming_agents(plain), tying(plain), naming_agents(tying(plain)))
    times = [[_timed(each, 1)[0] for each in cases] for _ in progress(range(ROUNDS), "in turns")]
    arcs = many["arc_fit"].size
    per_arc = median(b / a for a, b, *_ in times) * plain["arc_fit"].size / arcs
    yield Row(
        what="5,000 distinct groups at 10,000 × 1,000: time an arc, as a multiple of the plain case",
        asked="at most 2",
        measured=f"{per_arc:.2f} ({median(b for _, b, *_ in times):.2f} s, {arcs:,} arcs)",
        verdict=verdict(per_arc <= 2),
    )
    for which, what, asked in (
        (2, "20 % of tasks naming agents", "at most 2"),
        (3, "all tasks and agents alike", ""),
        (4, "all tasks and agents alike, 20 % of tasks naming agents", ""),
    ):
        ratio = median(each[which] / each[0] for each in times)
        yield Row(
            what=f"{what}, as a multiple of the plain time",
            asked=asked,
            measured=f"{ratio:.2f}",
            verdict=verdict(ratio <= 2) if asked else Verdict.NONE,
        )


def _sizes() -> Iterator[Result]:
    """Sizes 1 to 3 within a second; CP-SAT is imported before, as a service has it after its first answer."""
    solve(Problem(**weighing(office(100, 10, 5))), Stop(seconds=1.0))
    gaps, worse = [], 0
    for seed in progress(range(SEEDS), "sizes 1–3"):
        problem = Problem(**weighing(office(10_000, 1_000, 200, seed=seed), seed))
        solution = solve(problem, Stop(seconds=1.0), seed)
        check(problem, solution)
        gaps.append(solution.gap)
        worse += solution.objective < objective(problem, greedy(problem))
    yield Row(
        what="sizes 1–3 at 10,000 × 1,000 in 1 s: gap, five instances",
        asked="at most 0.5 %",
        measured=f"median {100 * median(gaps):.2f} %, worst {100 * max(gaps):.2f} %",
        verdict=verdict(max(gaps) <= 0.005),
    )
    yield Row(
        what="sizes 1–3 at 10,000 × 1,000 in 1 s: instances worse than greedy",
        asked="none",
        measured=f"{worse} of {SEEDS}",
        verdict=verdict(worse == 0),
    )


def _growth(output: Path) -> Iterator[Result]:
    """From 1,000 × 100 to 1,000,000 × 10,000, each in a process of its own."""
    measured = [_alone(*size) for size in progress(GROWTH, "growth")]
    yield Table(
        title="Growth: build and solve to proven optimality, one core",
        columns=("tasks × agents", "arcs", "build_s", "solve_s", "peak_MiB", "status"),
        rows=[
            (
                f"{size[0]:,} × {size[1]:,}",
                f"{one['arcs']:,}",
                f"{one['build_s']:.4f}",
                f"{one['solve_s']:.4f}",
                f"{one['peak_mib']:.0f}",
                one["status"],
            )
            for size, one in zip(GROWTH, measured, strict=True)
        ],
        notes=["Peak memory is the whole process's, the arrays of the instance and Python included."],
    )
    last = measured[-1]
    yield Row(
        what="1,000,000 × 10,000 to proven optimality on one core: seconds, peak memory",
        asked="optimal",
        measured=f"{last['build_s'] + last['solve_s']:.2f} s, {last['peak_mib']:.0f} MiB",
        verdict=verdict(last["status"] == Status.OPTIMAL),
    )
    _draw(output / "growth.svg", measured)


def _alone(tasks: int, agents: int, groups: int, share: float) -> dict[str, Any]:
    """Measured in a fresh process, so that its peak memory is its own."""
    command = [sys.executable, "-c", FRESH.format(tasks, agents, groups, share)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    measured: dict[str, Any] = json.loads(answer.stdout)
    return measured


def measure(tasks: int, agents: int, groups: int, share: float) -> None:
    """What the fresh process does: prints one object of JSON."""
    arrays = office(tasks, agents, groups, share=share)
    best: tuple[float, float] | None = None
    for _ in range(3):
        began = time.perf_counter()
        problem = Problem(**arrays)
        built = time.perf_counter()
        solution = solve(problem, Stop())
        ended = time.perf_counter()
        best = min(best or (built - began, ended - built), (built - began, ended - built), key=sum)
    peak = _peak_mib()
    check(problem, solution)
    measured = {"tasks": tasks, "arcs": problem.arc_fit.size, "build_s": best[0], "solve_s": best[1]}
    print(json.dumps(measured | {"peak_mib": peak, "status": solution.status}))


def _peak_mib() -> float:
    """The process's own peak; what getrusage tells is inherited from the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _draw(file: Path, measured: list[dict[str, Any]]) -> None:
    import matplotlib as mpl  # noqa: PLC0415  (the bench extra only)

    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(7, 4))
    seconds = [one["build_s"] + one["solve_s"] for one in measured]
    axes.loglog([one["tasks"] for one in measured], seconds, marker="o")
    for (tasks, agents, *_), spent in zip(GROWTH, seconds, strict=True):
        axes.annotate(f"{agents:,} agents", (tasks, spent), textcoords="offset points", xytext=(6, -12))
    axes.set(xlabel="tasks", ylabel="seconds to proven optimality", title="Build and solve, one core")
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(file, bbox_inches="tight")


def _generalised() -> Iterator[Result]:
    """Costs and sizes by agent; minimised, all tasks assigned."""
    for name, asked in GAP_ASKED.items():
        what = (
            f"generalised assignment {name}, {GAP_SECONDS:g} s: over the best known, median of {SEEDS} seeds"
        )
        if not (yardsticks() / "gap" / name).exists():
            yield Row(
                what=what,
                asked=f"at most {asked} %",
                measured=f"file not here; ${VARIABLE} names the folder of the data",
                verdict=Verdict.SKIPPED,
            )
            continue
        over = [_over(name, seed) for seed in progress(range(SEEDS), name)]
        yield Row(
            what=what,
            asked=f"at most {asked} %",
            measured=f"{median(over):.3f} % (from {min(over):.3f} to {max(over):.3f})",
            verdict=verdict(median(over) <= asked),
        )


def _over(name: str, seed: int) -> float:
    problem = generalised(name)
    solution = solve(problem, Stop(seconds=GAP_SECONDS), seed)
    check(problem, solution)
    if (solution.agent < 0).any():
        return float("inf")
    cost = BIG * problem.group.size - solution.objective
    return 100 * (cost / BEST_KNOWN[name] - 1)
