"""The source of mailtrace as syntax trees, for the tests that hold the house together and for the map of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from tests.support import ROOT

PACKAGE = ROOT / "mailtrace"
ROOMS = (
    "capture",
    "packets",
    "streams",
    "tls",
    "protocols",
    "mail",
    "findings",
    "explain",
    "expectations",
    "reports",
    "export",
    "redact",
    "crosscheck",
    "live",
)
"""In the order data flows: a room imports only rooms before it."""

SHARED = ("model", "errors")
"""Importable by all."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file; `name` is its path from the root of the checkout."""

    path: Path

    @property
    def name(self) -> str:
        """Its path as the map and messages show it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def module(self) -> str:
        """Its dotted name."""
        return self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        """The room it stands in; a file at the top of the package is a room of its own."""
        parts = self.module.split(".")
        return parts[1] if len(parts) > 1 else ""

    @cached_property
    def text(self) -> str:
        """The file as it is."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The file understood."""
        return ast.parse(self.text, self.name)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All that is in it, which every test looks through."""
        return tuple(ast.walk(self.tree))

    @property
    def docstring(self) -> str:
        """What it says about itself."""
        return ast.get_docstring(self.tree) or ""

    def functions(self) -> Iterator[Function]:
        """Yield every function and method, nested ones too."""
        for node in self.nodes:
            if isinstance(node, Function):
                yield node

    def public(self) -> Iterator[tuple[str, Function | ast.ClassDef]]:
        """Yield public classes, functions and methods with their names; what is nested in a function is private."""
        todo: list[tuple[str, list[ast.stmt]]] = [("", self.tree.body)]
        for prefix, body in todo:
            for node in body:
                if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                    yield prefix + node.name, node
                    if isinstance(node, ast.ClassDef):
                        todo.append((f"{node.name}.", node.body))

    def imports(self, typing_too: bool = True) -> Iterator[str]:
        """Yield the dotted names it imports, wherever in the file; `typing_too`: also those only type checkers see."""
        skipped: set[ast.AST] = set()
        if not typing_too:
            for node in self.nodes:
                if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                    skipped |= {inner for each in node.body for inner in ast.walk(each)}
        for node in self.nodes:
            if node in skipped:
                continue
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (_imported(node.module or "", alias.name) for alias in node.names)


def _imported(module: str, name: str) -> str:
    """Return the module that `from module import name` needs: a submodule where there is one."""
    path = ROOT.joinpath(*module.split("."), name)
    return f"{module}.{name}" if path.is_dir() or path.with_suffix(".py").is_file() else module


@lru_cache(maxsize=1)
def sources() -> tuple[Source, ...]:
    """Return every file of the package, in the order of the map."""
    return tuple(Source(path) for path in sorted(PACKAGE.rglob("*.py")))


@lru_cache(maxsize=1)
def test_sources() -> tuple[Source, ...]:
    """Return every Python file of the tests."""
    return tuple(Source(path) for path in sorted((ROOT / "tests").rglob("*.py")))


test_sources.__test__ = False  # type: ignore[attr-defined]  # no test, whatever its name

SECTION = re.compile(r"RFC (\d+)(?: (?:sections?|appendix) ([0-9A-Z](?:\.?[0-9]+)*))?")


def rfcs() -> dict[int, dict[str, set[str]]]:
    """Return which RFCs the code implements: by number the sections ('' for the whole), by section the files."""
    found: dict[int, dict[str, set[str]]] = {}
    for source in sources():
        for number, section in SECTION.findall(source.text):
            found.setdefault(int(number), {}).setdefault(section, set()).add(source.name)
    return found
