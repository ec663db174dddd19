"""Small functions, small files."""

import ast
from statistics import median

from tests.style.sources import PRODUCT, functions, source, sources

FUNCTION_LINES = 50
MEDIAN_LINES = 10
FILE_LINES = 400
TEST_FILE_LINES = 600


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function from `def` to its end, its docstring included."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_are_short() -> None:
    faults = [
        f"{file.path}:{node.lineno}: {node.name} has {_lines(node)} lines; at most {FUNCTION_LINES}"
        for file in sources(*PRODUCT, "tests")
        for node in functions(file.tree)
        if _lines(node) > FUNCTION_LINES
    ]
    assert not faults, "\n".join(faults)


def test_the_median_function_is_shorter() -> None:
    lengths = [_lines(node) for file in sources(*PRODUCT) for node in functions(file.tree)]
    assert median(lengths) <= MEDIAN_LINES


def test_files_are_short() -> None:
    most = dict.fromkeys(PRODUCT, FILE_LINES) | {"tests": TEST_FILE_LINES}
    faults = [
        f"{file.path} has {file.text.count(chr(10))} lines; at most {lines}"
        for folder, lines in most.items()
        for file in sources(folder)
        if file.text.count("\n") > lines
    ]
    assert not faults, "\n".join(faults)


def test_the_lines_of_a_function_are_counted_with_its_docstring() -> None:
    tree = source("solver/a.py", 'x = 1\n\n@cache\ndef f():\n    """What."""\n\n    return 1\n\ny = 2\n').tree
    assert [_lines(node) for node in functions(tree)] == [4]
