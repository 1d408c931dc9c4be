"""The rules of the house, held by reading the source: which way data flows, who knows whom, how things are written."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter

from tests.house import PACKAGE, ROOMS, SHARED, Function, Source, sources, test_sources
from tests.make_map import SECTIONS, with_section
from tests.support import ROOT, SAMPLES

FILE_LINES = 400
FUNCTION_LINES = 40

CORE = ("model", "packets", "streams", "tls", "protocols", "mail", "findings", "explain", "expectations")
"""Rooms that never touch the world outside: octets in, words out."""

OUTSIDE = {
    *("os", "sys", "io", "pathlib", "tempfile", "shutil", "socket", "ssl", "subprocess", "select", "mmap", "signal"),
    *("time", "random", "threading", "multiprocessing", "asyncio", "logging", "urllib", "http", "sqlite3"),
}
"""Modules that touch it. Clocks and chance count: the same capture must give the same result."""

OUTSIDERS = {
    "scapy": ("capture/dissect.py", "live/sockets.py"),
    "pyshark": ("capture/tshark.py",),
    "rich": ("reports/",),
    "docx": ("reports/writers/word/",),
    "jinja2": ("reports/writers/html.py",),
    "markupsafe": ("reports/writers/html.py",),
    "typer": ("cli.py", "cli_arguments.py", "cli_documents.py"),
    "cairosvg": ("reports/ladder/png.py",),
    "cryptography": ("tls/", "mail/authentication/keys.py"),
    "dns": ("protocols/dns/",),
    "zstandard": ("capture/compressed.py", "tls/certificate.py"),
    "lz4": ("capture/compressed.py",),
    "charset_normalizer": ("mail/",),
    "numpy": ("capture/", "packets/", "streams/", "model/network.py", "pipeline.py"),
}
"""Libraries that only some files may know, so that each can be replaced."""

EVERYWHERE = {"msgspec"}
"""Libraries that every file may use."""

BENCHES = re.compile(r"tests/bench|`(mixed|mail|small)`")
"""How a hot file names the benchmark that justifies it."""

Complaints = list[str]


def imported_rooms(source: Source) -> Iterator[str]:
    """Yield the rooms of mailtrace that a file imports."""
    for name in source.imports():
        if name == "mailtrace" or name.startswith("mailtrace."):
            yield name.removeprefix("mailtrace").removeprefix(".").partition(".")[0]


def test_data_flows_one_way() -> None:
    wrong: Complaints = []
    for source in sources():
        if source.room not in ROOMS + SHARED or source.path.parent == PACKAGE:
            continue
        left = ROOMS[: ROOMS.index(source.room)] if source.room in ROOMS else ()
        allowed = {*SHARED, *left, source.room} if source.room in ROOMS else {source.room}
        wrong += [
            f"{source.name} imports {room or 'mailtrace'}" for room in imported_rooms(source) if room not in allowed
        ]
    assert wrong == []


def test_only_known_rooms() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {*ROOMS, "model", "locale"}


def test_errors_know_nobody() -> None:
    (errors,) = (source for source in sources() if source.name == "mailtrace/errors.py")
    assert list(imported_rooms(errors)) == []


def test_no_import_cycles() -> None:
    known = {source.module for source in sources()}
    graph = {
        source.module: {name for name in source.imports(typing_too=False) if name in known} for source in sources()
    }
    cycle: list[str] = []
    try:
        TopologicalSorter({name: needs - {name} for name, needs in graph.items()}).prepare()
    except CycleError as error:
        cycle = error.args[1]
    assert cycle == []


def test_imports_are_absolute() -> None:
    wrong = [
        f"{source.name}:{node.lineno}"
        for source in sources()
        for node in source.nodes
        if isinstance(node, ast.ImportFrom) and (node.level or any(alias.name == "*" for alias in node.names))
    ]
    assert wrong == []


def test_outsiders_stay_in_their_files() -> None:
    wrong: Complaints = []
    for source in sources():
        inside = source.path.relative_to(PACKAGE).as_posix()
        for top in {name.split(".")[0] for name in source.imports()} - {"mailtrace"} - sys.stdlib_module_names:
            if top not in EVERYWHERE and not inside.startswith(OUTSIDERS.get(top, ())):
                wrong.append(f"{source.name} imports {top}")
    assert wrong == []


def test_the_core_does_no_io() -> None:
    wrong: Complaints = []
    for source in (each for each in sources() if each.room in CORE):
        touched = ({name.split(".")[0] for name in source.imports()} & OUTSIDE) - _harmless(source)
        wrong += [f"{source.name} imports {name}" for name in touched]
        wrong += [f"{source.name}:{line} calls {name}()" for line, name in _calls(source) if name in IO_CALLS]
    assert wrong == []


HARMLESS = {"socket": {"AF_INET", "AF_INET6", "inet_ntop", "inet_pton"}}
"""What the core may take from a module of the outside: addresses to text and back."""


def _harmless(source: Source) -> set[str]:
    """Return the outside modules of which a file only takes what is harmless."""
    taken: dict[str, set[str]] = {}
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            taken.setdefault(node.module, set()).update(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            taken.update({alias.name: {"all of it"} for alias in node.names})
    return {module for module, allowed in HARMLESS.items() if taken.get(module, {"nothing"}) <= allowed}


IO_CALLS = {"open", "print", "input", "breakpoint"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "yaml.load", "os.system"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "yaml"}


def _calls(source: Source) -> Iterator[tuple[int, str]]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.lineno, ast.unparse(node.func)


def test_nothing_from_the_wire_is_ever_run() -> None:
    wrong: Complaints = []
    for source in sources():
        wrong += [f"{source.name}:{line} calls {name}" for line, name in _calls(source) if name in UNSAFE_CALLS]
        wrong += [f"{source.name} imports {name}" for name in source.imports() if name.split(".")[0] in UNSAFE_MODULES]
        wrong += [
            f"{source.name}:{node.value.lineno} runs a shell"
            for node in source.nodes
            if isinstance(node, ast.keyword) and node.arg == "shell" and ast.unparse(node.value) != "False"
        ]
    assert wrong == []


def test_files_are_short() -> None:
    lengths = {source.name: len(source.text.splitlines()) for source in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{source.name}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.body[0].lineno + 1
        for source in sources()
        for function in source.functions()
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_files_open_with_their_idea() -> None:
    assert [source.name for source in sources() if not source.docstring] == []
    long = [
        source.name for source in sources() if not source.docstring.partition("\n")[0].endswith((".", "?", ":", ")"))
    ]
    assert long == [], "the first line of a docstring is a sentence: the map shows it"


def test_public_names_are_documented() -> None:
    wrong = [
        f"{source.name}:{node.lineno} {name}"
        for source in sources()
        for name, node in source.public()
        if not ast.get_docstring(node)
    ]
    assert wrong == []


def test_functions_are_fully_typed() -> None:
    wrong = [
        f"{source.name}:{function.lineno} {function.name}"
        for source in sources()
        for function in source.functions()
        if function.returns is None or any(each.annotation is None for each in _arguments(function))
    ]
    assert wrong == []


def _arguments(function: Function) -> Iterator[ast.arg]:
    given = function.args
    for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
        if argument is not None and argument.arg not in ("self", "cls"):
            yield argument


def test_no_bare_except() -> None:
    wrong = [
        f"{source.name}:{node.lineno}"
        for source in sources()
        for node in source.nodes
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert wrong == []


def test_no_assert_in_the_package() -> None:
    wrong = [
        f"{source.name}:{node.lineno}" for source in sources() for node in source.nodes if isinstance(node, ast.Assert)
    ]
    assert wrong == []


def test_hot_files_name_their_benchmark() -> None:
    hot = [source for source in sources() if source.docstring.startswith("HOT.")]
    assert len(hot) > 5
    assert [source.name for source in hot if not BENCHES.search(source.docstring)] == []


# RFC822 in one word is a FETCH item, a function has RFC 4514 in its name, and an option of exim RFC 1413.
RFC = re.compile(r"(?i)(?<![/\w])rfc(?!822\b|4514_|1413_)[ -]?\d+[^\n]{0,12}")
GOOD_RFC = re.compile(r"RFC \d+(?! ?§)(?! sec\.)(?! Section)(?!,? section(?!s? [0-9]))(?! \d+\.)(?!, section)(?!#)")


def test_rfc_sections_are_spelled_one_way() -> None:
    wrong = [
        f"{source.name}: {match.group()}"
        for source in sources()
        for match in RFC.finditer(source.text)
        if not GOOD_RFC.match(match.group())
    ]
    assert wrong == [], "write `RFC 5321 section 4.1.1.4`"


def test_limits_say_why() -> None:
    """A named limit has its reason beside it: a string below it, or a comment above it or on its line."""
    wrong: Complaints = []
    for source in sources():
        lines = source.text.splitlines()
        for node, following in zip(source.tree.body, [*source.tree.body[1:], None], strict=True):
            name = _constant(node)
            if name is None or not (name.endswith("_LIMIT") or name.startswith("MAX_")):
                continue
            explained = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            commented = "#" in lines[node.lineno - 1] or lines[node.lineno - 2].startswith("#")
            if not explained and not commented:
                wrong.append(f"{source.name}:{node.lineno} {name}")
    assert wrong == []


def _constant(node: ast.stmt) -> str | None:
    target = (
        node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
    )
    return target.id if isinstance(target, ast.Name) and target.id.isupper() else None


def test_nothing_is_left_to_do() -> None:
    wrong = [f"{name}: {text}" for name, text in _comments(sources()) if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text)]
    assert wrong == []


def _comments(files: Iterable[Source]) -> Iterator[tuple[str, str]]:
    for source in files:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT:
                yield f"{source.name}:{token.start[0]}", token.string


def test_no_paths_of_one_machine() -> None:
    files = [*ROOT.glob("*.*"), *PACKAGE.rglob("*.*"), *SAMPLES.glob("*.*"), *(ROOT / "tests").rglob("*.*")]
    wrong = [
        path.relative_to(ROOT).as_posix()
        for path in files
        if path.suffix in (".py", ".md", ".toml", ".txt")
        and re.search(r"(?<![\w.-])/(home|Users)/[a-z]\w*/", path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert wrong == []


def test_tests_assert_something() -> None:
    asserting = _asserting_names()
    wrong: Complaints = []
    for source in (each for each in test_sources() if each.path.name.startswith("test_")):
        for function in (each for each in source.functions() if each.name.startswith("test_")):
            if not _asserts(function) and not asserting & _called(function):
                wrong.append(f"{source.name}:{function.lineno} {function.name}")
    assert wrong == []


def _asserting_names() -> set[str]:
    """Return the helpers of the tests that assert, or call one that does."""
    helpers = {function.name: function for source in test_sources() for function in source.functions()}
    names = {name for name, function in helpers.items() if _asserts(function)}
    while more := {name for name, function in helpers.items() if names & _called(function)} - names:
        names |= more
    return names


@cache
def _asserts(function: Function) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(function)) or "raises" in _called(function)


@cache
def _called(function: Function) -> frozenset[str]:
    """Return the names of what a function calls, or gives to another to call."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    given = (each.id for call in calls for each in call.args if isinstance(each, ast.Name))
    return frozenset((*(ast.unparse(call.func).rpartition(".")[2] for call in calls), *given))


def test_the_test_folders_are_no_packages() -> None:
    assert sorted((ROOT / "tests").rglob("__init__.py")) == []


def test_the_map_is_true() -> None:
    stale: Complaints = []
    for (path, name), make in SECTIONS.items():
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            if text != with_section(text, name, make()):
                stale.append(path.relative_to(ROOT).as_posix())
    assert stale == [], "run `python -m tests.make_map`"


HEAVY = ("scapy", "pyshark", "asyncio", "cryptography", "rich", "charset_normalizer")


def loaded(*arguments: str) -> set[str]:
    """Return the top modules that are loaded once the command has run."""
    program = (
        "import os, sys\n"
        "from mailtrace.cli import main\n"
        "out = os.dup(1)\n"
        "os.dup2(os.open(os.devnull, os.O_WRONLY), 1)\n"
        "try: main()\n"
        "except SystemExit as end:\n"
        "    if end.code: raise\n"
        "os.write(out, ' '.join({name.partition('.')[0] for name in sys.modules}).encode())\n"
    )
    command = [sys.executable, "-c", program, *arguments]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


def test_a_file_needs_no_heavy_modules() -> None:
    modules = loaded("analyze", str(SAMPLES / "01-report-2008.pcapng"), "--format", "jsonl")
    assert "numpy" in modules
    assert modules & set(HEAVY) == set()


def test_help_is_instant() -> None:
    assert loaded("--help") & {"numpy", "msgspec", *HEAVY} == set()
