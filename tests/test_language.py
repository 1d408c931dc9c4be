"""Languages: nothing that people read lacks a translation, and a run in another language leaves nothing English."""

from __future__ import annotations

import ast
import io
import re
import string
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from rich.cells import cell_len

import mailtrace
from mailtrace.errors import UsageError
from mailtrace.languages import FOLDER, catalogue, language_of, languages
from mailtrace.model import Analysis, Walkthrough
from mailtrace.model.language import Catalogue, counted, language, renamed, said, speak, speaking
from mailtrace.model.remarks import remark
from mailtrace.processes import SEVERAL, ahead
from mailtrace.reports import markdown, terminal
from mailtrace.reports.layout import Column, Page, aligned, column_widths, console
from tests.house import sources
from tests.make_catalogue import TEMPLATE, codes, compiled, messages, written
from tests.make_catalogue import catalogue as made
from tests.support import ROOT, SAMPLES, shared

OTHERS = codes()

KOREAN = catalogue("ko")


def test_there_is_korean() -> None:
    assert OTHERS == ["ko"]
    assert languages() == ["en", "ko"]


@pytest.mark.parametrize("code", OTHERS)
def test_catalogues_are_in_step_with_the_texts(code: str) -> None:
    path = FOLDER / code / "LC_MESSAGES" / "mailtrace.po"
    known = messages(path)
    hint = "run `python -m tests.make_catalogue`, and translate what is new"
    assert TEMPLATE.read_bytes() == written(made(None)), hint
    assert path.read_bytes() == written(made(code, known)), hint
    assert path.with_suffix(".mo").read_bytes() == compiled(made(code, known)), hint


def _strings(message: object) -> tuple[list[str], list[str]]:
    """Return the English texts of a message, and their translations."""
    id_, string_ = message.id, message.string  # type: ignore[attr-defined]
    return list(id_ if isinstance(id_, tuple) else [id_]), list(string_ if isinstance(string_, tuple) else [string_])


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated(code: str) -> None:
    missing = [
        english[0]
        for english, others in map(_strings, messages(FOLDER / code / "LC_MESSAGES" / "mailtrace.po"))
        if not others or not all(each.strip() for each in others)
    ]
    assert missing == []


def _fields(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name is not None})


@pytest.mark.parametrize("code", OTHERS)
def test_every_translation_has_the_same_fields(code: str) -> None:
    wrong = [
        english[0]
        for english, others in map(_strings, messages(FOLDER / code / "LC_MESSAGES" / "mailtrace.po"))
        for other in others
        if "{" in english[0] and _fields(english[-1]) != _fields(other)
    ]
    assert wrong == []


VARYING = re.compile(r"\}(?:이|가|을|를|은|는|과|와|으로|로)(?![가-힣])")
"""Particles that would have to vary with the last sound of a field: they belong into it, `{name:을/를}`."""


def test_no_varying_particle_stands_plainly_behind_a_field() -> None:
    found = [
        other
        for _, others in map(_strings, messages(FOLDER / "ko" / "LC_MESSAGES" / "mailtrace.po"))
        for other in others
        if VARYING.search(other)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko"}, "ko"),
        ({"LANG": "ko_KR.euckr@hangul"}, "ko"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "../ko"}, "en"),
        ({"LC_MESSAGES": "ko_KR.UTF-8", "LANG": "en_US.UTF-8"}, "ko"),
        ({"LC_MESSAGES": "C", "LANG": "ko_KR.UTF-8"}, "en"),
        ({"LC_ALL": "ko_KR.UTF-8", "LC_MESSAGES": "C", "LANG": "C"}, "ko"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LC_ALL": "C.UTF-8", "LANG": "ko_KR.UTF-8"}, "en"),
    ],
)
def test_the_locale_names_a_language(environment: dict[str, str], expected: str) -> None:
    assert language_of(environment) == expected


@pytest.mark.parametrize("code", ["xx", "../ko", "", "KO", "ko_KR"])
def test_a_language_that_is_not_there(code: str) -> None:
    with pytest.raises(UsageError, match="mailtrace speaks en, ko"):
        catalogue(code)


def test_english_is_itself() -> None:
    assert language() == "en"
    assert said("{name} answered", name="serverA") == "serverA answered"
    assert said("braces {stay} where nothing is filled in") == "braces {stay} where nothing is filled in"
    assert (counted("{count} mail", "{count} mails", 1), counted("{count} mail", "{count} mails", 1230)) == (
        "1 mail",
        "1,230 mails",
    )
    assert renamed("10.0.0.1 took it, 10.0.0.12 did not", "10.0.0.1", "a") == "a took it, 10.0.0.12 did not"
    assert remark("link type 7 is not known") == "link type 7 is not known"


def test_korean_for_a_while() -> None:
    with speaking(KOREAN):
        assert language() == "ko"
        assert said("Duration") == "걸린 시간"
        assert said("") == ""
        assert counted("{count} mail", "{count} mails", 1230) == "메일 1,230통"
        assert said("{who} reads", who="tshark") == "tshark가 읽는 중"
        with speaking(None):
            assert said("Duration") == "Duration"
        assert said("What nobody has translated") == "What nobody has translated"
    assert said("Duration") == "Duration"


def test_remarks_are_recognised() -> None:
    with speaking(KOREAN):
        assert remark("link type 7 is not known") == "링크 종류 7은 알 수 없음"
        assert (
            remark("nothing of the packet was captured (12 packets)") == "패킷의 내용이 전혀 캡처되지 않음(패킷 12개)"
        )
        assert remark("a NUL octet stood inside a line (1,025 times so far)").endswith("(지금까지 1,025번)")
        assert remark("the client speaks FTP, not SMTP") == "클라이언트가 SMTP가 아니라 FTP를 씀"
        assert remark("words of a server") == "words of a server"
        assert remark("") == ""


HOT = ("capture", "packets", "streams", "tls", "protocols", "live")
"""Rooms whose remarks stay English until they are shown; `analyzer.py` and its like make some, too."""

TAKING = {
    "note",
    "_note_once",
    "tally",
    "_count",
    "Note",
    "Violation",
    "add",
    "_violate",
    "_name",
    "_note_lost",
    "_damaged",
}
"""What is called with a remark."""

IN_PIECES = (
    *("damage at byte", "the {} data {} after", "is damaged ({})", "is cut before its end", "{} ({} {})"),
    *("the file is cut at byte {}, in the record", "a record claims to be", "what is there is no record"),
    *("not {}", "it has {} octets, and"),
)
"""How remarks begin that are put together of pieces, and how the pieces do: the whole ones have their templates."""


def _remarks() -> Iterator[str]:
    """Yield the remarks that hot rooms make, with 7 for what varies."""
    for source in sources():
        if source.room not in HOT and source.name not in ("mailtrace/analyzer.py", "mailtrace/live_analyzer.py"):
            continue
        for function in source.functions():
            named = {
                target.id: node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if ast.unparse(call.func).rpartition(".")[2] in TAKING:
                    for argument in call.args:
                        value = named.get(argument.id) if isinstance(argument, ast.Name) else argument
                        yield from _sampled(value)


def _sampled(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count(" ") > 1:
        yield from () if node.value.startswith(IN_PIECES) else (node.value,)
    elif isinstance(node, ast.JoinedStr):
        text = "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
        if text.replace("{}", "").count(" ") > 1 and not text.startswith(IN_PIECES):
            yield text.replace("{}", "7")


def test_every_remark_of_a_hot_room_is_recognised() -> None:
    made_of = list(dict.fromkeys(_remarks()))
    assert len(made_of) > 60
    with speaking(KOREAN):
        assert [text for text in made_of if remark(text) == text] == []


def test_a_thread_has_its_own_language() -> None:
    heard: list[str] = []
    with speaking(KOREAN):
        thread = Thread(target=lambda: heard.append(language()))
        thread.start()
        thread.join()
        assert (heard, language()) == (["en"], "ko")


@pytest.mark.skipif(not SEVERAL, reason="needs a second core")
def test_a_forked_process_has_that_of_its_parent() -> None:
    with speaking(KOREAN):
        assert list(ahead(iter(_spoken()), str)) == ["걸린 시간"]


def _spoken() -> Iterator[str]:
    yield said("Duration")


def test_speak_holds_on() -> None:
    try:
        speak(KOREAN)
        assert said("Duration") == "걸린 시간"
    finally:
        speak(None)


def _run(*arguments: str, **environment: str) -> str:
    command = [sys.executable, "-m", "mailtrace", *arguments]
    environment = {"PATH": "", "PYTHONIOENCODING": "utf-8", "COLUMNS": "100", **environment}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_speaks_korean() -> None:
    assert "SMTP 응답 코드" in _run("explain", "354", "--lang", "ko")
    assert "SMTP 응답 코드" in _run("explain", "354", LANG="ko_KR.UTF-8")
    assert "reply code of SMTP" in _run("explain", "354", "--lang", "en", LANG="ko_KR.UTF-8")
    assert "reply code of SMTP" in _run("explain", "354", LANG="ko_KR.UTF-8", LC_ALL="C.UTF-8")


def test_a_language_that_mailtrace_does_not_speak_is_wrong_usage() -> None:
    command = [sys.executable, "-m", "mailtrace", "explain", "354", "--lang", "xx"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no language 'xx'; mailtrace speaks en, ko" in done.stderr


def test_english_loads_nothing_for_other_languages() -> None:
    program = (
        "import os, sys\n"
        "sys.addaudithook(lambda event, args: event == 'open' and 'locale' in str(args[0])"
        " and str(args[0]).endswith('.mo') and sys.exit('read a catalogue'))\n"
        "from mailtrace.cli import main\n"
        "out = os.dup(1)\n"
        "os.dup2(os.open(os.devnull, os.O_WRONLY), 1)\n"
        "try: main()\n"
        "except SystemExit as end:\n"
        "    if end.code: raise\n"
        "os.write(out, ' '.join(sys.modules).encode())\n"
    )
    sample = str(SAMPLES / "01-report-2008.pcapng")
    command = [sys.executable, "-c", program, "analyze", sample]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    assert "mailtrace.model.language" in modules
    assert modules & {"babel", "mailtrace.model.particles"} == set()


class _Recording:
    """A catalogue that takes down what it was asked for and does not have."""

    def __init__(self) -> None:
        known = (_strings(message)[0] for message in messages(FOLDER / "ko" / "LC_MESSAGES" / "mailtrace.po"))
        self._known = {text for english in known for text in english}
        self.missing: set[str] = set()

    def catalogue(self) -> Catalogue:
        """Return it as what speaks."""
        assert KOREAN is not None
        translated, counts = KOREAN.translated, KOREAN.counted
        return Catalogue(
            "ko",
            self._noting(translated),
            lambda one, many, number: counts(self._note(one), many, number),
            KOREAN.filled,
        )

    def _noting(self, translated: Callable[[str], str]) -> Callable[[str], str]:
        return lambda text: translated(self._note(text))

    def _note(self, text: str) -> str:
        if text not in self._known and re.search("[a-z]{2}", text):
            self.missing.add(text)
        return text


ENGLISH_WORDS = re.compile(r"(?:\b[A-Za-z][A-Za-z'-]+[ ,;:]+){3,}[a-z]{2,}")
"""Four Latin words in a row: what stands so in a Korean text was quoted from the capture, or forgotten."""


def _told(analysis: Analysis) -> Iterator[str]:
    """Yield all sentences about a capture, those of conversations and journeys, waits and findings."""
    told = [*mailtrace.walkthroughs(analysis)]
    for journey in analysis.journeys:
        told += mailtrace.walkthroughs(analysis, journey=journey.id)
    for walkthrough in told:
        yield from _sentences(walkthrough)
    for finding in mailtrace.judge(analysis):
        yield finding.message
        yield finding.advice


def _sentences(told: Walkthrough) -> Iterator[str]:
    yield from (told.title, told.summary, told.result, *told.facts)
    for step in told.steps:
        yield step.means
        yield from step.says
    if told.times is not None:
        yield from told.times.sums
        yield from (text for share in told.times.shares for text in (share.what, share.why))


def _on_the_wire(analysis: Analysis) -> str:
    """Return all words of a capture, to tell what is quoted."""
    lines: list[bytes] = []
    words: list[str] = []
    for conversation in analysis.conversations:
        for turn in conversation.dialogue.turns:
            lines += [turn.command.line] if turn.command is not None else []
            lines += [f"{reply.status} ".encode() + line for reply in turn.replies for line in reply.lines]
            lines += [
                b" ".join(re.sub(rb"^[245](\.\d+){2} ", b"", line) for line in reply.lines) for reply in turn.replies
            ]
            lines += [each.line for each in turn.continuations]
        words += [answer for lookup in conversation.dialogue.lookups for answer in lookup.answers]
        certificate = conversation.dialogue.tls.certificate if conversation.dialogue.tls else None
        words += [] if certificate is None else [certificate.subject, certificate.issuer]
    for message in analysis.messages:
        words += [message.content.kept.decode("utf-8", "replace"), message.subject or ""]
        words += [value for _, value in message.headers] + [part.text or "" for part in message.parts]
        words += [part.filename or "" for part in message.parts]
        for each in message.reports.recipients if message.reports is not None else ():
            words.append(each.diagnostic or "")
    words += [line.decode("utf-8", "replace") for line in lines]
    return re.sub(r"[\s,;:]+", " ", " ".join(words))


def _left_english(sentences: Iterable[str], wire: str) -> list[str]:
    return [
        f"{found[0]!r} in {sentence[:200]!r}"
        for sentence in sentences
        for found in ENGLISH_WORDS.finditer(sentence)
        if re.sub(r"[\s,;:]+", " ", found[0]) not in wire
    ]


def _in_korean(path: Path) -> tuple[set[str], list[str]]:
    """Return which texts have no translation when a capture is told in Korean, and which sentences are left English."""
    recording = _Recording()
    with speaking(recording.catalogue()):
        analysis = mailtrace.analyze(path)
        sentences = list(dict.fromkeys(_told(analysis)))
        analysis.findings = mailtrace.judge(analysis)
        told = mailtrace.walkthroughs(analysis)
        terminal.render(analysis, told, console(io.StringIO(), 100))
        markdown.render(analysis, told)
    return recording.missing, _left_english(sentences, _on_the_wire(analysis))


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.pcapng")), ids=lambda path: path.name)
def test_samples_are_told_in_korean(path: Path) -> None:
    assert _in_korean(path) == (set(), [])


def lab_captures() -> list[str]:
    """Return the captures of the lab, where they are beside the checkout."""
    folder = ROOT.parent / "shared" / "captures" / "lab"
    return sorted(path.name for path in folder.glob("*.pcap*")) if folder.is_dir() else []


@pytest.mark.parametrize("name", lab_captures())
def test_the_lab_is_told_in_korean(name: str) -> None:
    assert _in_korean(shared(f"captures/lab/{name}")) == (set(), [])


def test_the_interface_for_scripts_has_a_language() -> None:
    sample = SAMPLES / "02-report-2024.pcapng"
    analysis = mailtrace.analyze(sample, language="ko")
    assert analysis.journeys[0].recipients[0].because.endswith(")")
    (first, *_) = mailtrace.walkthroughs(analysis, language="ko")
    assert first.title.startswith("SMTP 대화 10")
    (english, *_) = mailtrace.walkthroughs(analysis)
    assert english.title.startswith("SMTP conversation 10")
    (finding, *_) = mailtrace.judge(analysis, language="ko", select=["POP001"])
    assert finding.message.startswith("WinClient(Kim)가 ")


def test_wide_characters_line_up() -> None:
    stream = io.StringIO()
    page = Page(console(stream, 40))
    columns = [Column("Protocol", 4, 20), Column("Way", 4, 20)]
    rows = [[[page.text("가나다")], [page.text("x")]], [[page.text("abc")], [page.text("x")]]]
    with speaking(KOREAN):
        widths = column_widths(columns, rows, 40)
        assert widths is not None
        page.headings(columns, widths, "")
        for row in rows:
            page.rows(columns, widths, row)
    head, rule, *lines = stream.getvalue().splitlines()
    assert head == "프로토콜  경로"
    assert {cell_len(line[: line.index("x")]) for line in lines} == {cell_len("프로토콜  ")}
    assert cell_len(rule) == cell_len("프로토콜") + 2 + 4
    assert [cell_len(line[: line.index("x")]) for line in aligned([("가나", "x"), ("abcde", "x")])] == [7, 7]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_no_line_is_wider_than_the_page(width: int) -> None:
    stream = io.StringIO()
    with speaking(KOREAN):
        analysis = mailtrace.analyze(SAMPLES / "02-report-2024.pcapng")
        analysis.findings = mailtrace.judge(analysis)
        terminal.render(analysis, mailtrace.walkthroughs(analysis), console(stream, width))
    assert max(map(cell_len, stream.getvalue().splitlines())) <= width
