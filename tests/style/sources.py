"""The Python files of the project, parsed: what the style tests read."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PRODUCT: Final = ("api", "assigner", "solver")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file: its path from the root, its dotted module, its text and its tree."""

    path: str
    module: str
    text: str
    tree: ast.Module


def source(path: str, text: str) -> Source:
    module = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    return Source(path=path, module=module, text=text, tree=ast.parse(text, path))


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """The files under these folders of the root, by path."""
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return tuple(source(file.relative_to(ROOT).as_posix(), file.read_text("utf-8")) for file in files)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each import: `a.b` for `from a import b`, with dots before a relative one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
