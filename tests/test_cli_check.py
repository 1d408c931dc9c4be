"""`mailtrace check` from outside: exit codes, three formats, and the expectations that come with the samples."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mailtrace.expectations.kinds import KINDS
from tests.findings.scene import written
from tests.support import ROOT, SAMPLES
from tests.test_cli import REPORT_2008, REPORT_2024, run

EXAMPLES = {REPORT_2008: SAMPLES / "expect-2008.toml", REPORT_2024: SAMPLES / "expect-2024.toml"}

FAILING = """
title = "Lab <3>"

[[expect]]
title = "One & only mail"
mails = "exactly 1"
domains = "different"

[[expect]]
title = "Nobody waits"
greetings = "all"
within = 2
"""


def check(
    capture: Path, expect: Path | str, *more: object, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Check a capture against a file, or against a text that becomes one in a folder."""
    if isinstance(expect, str) and folder is not None:
        path = folder / "lab.toml"
        path.write_text(expect, encoding="utf-8")
        expect = path
    return run("check", capture, "--expect", expect, *more, **environment)


def refused(code: int, done: subprocess.CompletedProcess[bytes]) -> str:
    """Return the one line that a check which could not be done has written."""
    error = done.stderr.decode()
    assert (done.returncode, done.stdout, error.count("\n")) == (code, b"", 1), error
    return error.removeprefix("mailtrace: ").rstrip("\n")


@pytest.mark.parametrize("capture", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_hold_on_their_captures(capture: Path) -> None:
    done = check(capture, EXAMPLES[capture])
    assert (done.returncode, done.stderr) == (0, b"")
    said = done.stdout.decode()
    assert re.search(r"Of \d+ expectations all hold\.\n$", said) and "NO" not in said
    assert max(map(len, said.splitlines())) <= 120


def test_the_other_capture_does_not_pass() -> None:
    assert check(REPORT_2008, EXAMPLES[REPORT_2024]).returncode == 1
    assert check(REPORT_2024, EXAMPLES[REPORT_2008]).returncode == 1


def test_answers_on_a_terminal() -> None:
    """The packets are those that the report of 2024 names: 451 is DELE, 453 QUIT."""
    said = check(REPORT_2024, EXAMPLES[REPORT_2024], COLUMNS="200").stdout.decode()
    assert "\nA mail and its reply between naver.com and daum.net\n\nyes  Both domains were asked" in said
    assert "     + MX naver.com; answered: 10 mail.naver.com. (packets 14-15)\n" in said
    assert "fetched by POP3; deleted from the server (packets 319, 347, 450-451, 453)\n" in said


def test_a_failure_tells_what_was_found_instead(tmp_path: Path) -> None:
    done = check(REPORT_2008, FAILING, folder=tmp_path)
    said = done.stdout.decode()
    assert done.returncode == 1
    assert "\nyes  One & only mail\n" in said and "\nNO   Nobody waits\n" in said
    assert "     Found: 0 of 1 greeting (expected: all).\n" in said
    assert "greeted after 5.02 s = ident 4.99 s (packets 4-5, nobody" in said
    assert said.endswith("\nOf 2 expectations 1 does not hold.\n")


def test_json(tmp_path: Path) -> None:
    done = check(REPORT_2008, FAILING, "--format", "json", folder=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert [told[key] for key in ("schema", "title", "holds", "expectations", "failed", "notes")] == [
        "mailtrace-check/1",
        "Lab <3>",
        False,
        2,
        1,
        [],
    ]
    mail, greeting = told["answers"]
    assert mail == {
        "number": 1,
        "title": "One & only mail",
        "expected": 'mails = "exactly 1", domains = "different"',
        "holds": True,
        "found": "Found: 1 of 1 mail (expected: exactly 1).",
        "packets": [20],
        "proofs": [
            {
                "fits": True,
                "says": "tes: pchero@ac.kr -> pchero@kongju.ac.kr",
                "facts": ["sender and recipient in different domains"],
                "packets": [20],
            }
        ],
        "more": 0,
    }
    assert (greeting["holds"], greeting["packets"]) == (False, [3, 4, 5, 6])


def test_junit(tmp_path: Path) -> None:
    done = check(REPORT_2008, FAILING, "--format", "junit", folder=tmp_path)
    assert done.returncode == 1
    root = ElementTree.fromstring(done.stdout)
    (suite,) = root
    assert (root.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "Lab <3>")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    passed, failed = suite
    assert passed.get("name") == "1. One & only mail" and [each.tag for each in passed] == ["system-out"]
    (failure,) = failed
    assert failure.tag == "failure" and failure.get("message") == "Found: 0 of 1 greeting (expected: all)."
    assert "packets 3-6" in (failure.text or "")


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """A subject with controls, a bidi override, markup and what XML cannot hold."""
    subject = "=?utf-8?Q?=1B[31m=E2=80=AE]]>=EF=BF=BE=00<b>&?="
    scene = f"""
        S: 220 mx ESMTP
        C: EHLO c
        S: 250 mx
        C: MAIL FROM:<a@b.example>
        S: 250 ok
        C: RCPT TO:<c@d.example>
        S: 250 ok
        C: DATA
        S: 354 go ahead
        C| Subject: {subject}\\r\\n\\r\\nHi\\r\\n.\\r\\n
        S: 250 ok
    """
    capture = written(scene, tmp_path)
    expect = '[[expect]]\ntitle = "\\u001B[2J\\u202E<x>"\nmails = 1\n'
    for format in ("terminal", "junit", "json"):
        done = check(capture, expect, "--format", format, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        said = done.stdout.decode()
        assert not {"\x1b", "\u202e", "\x00"} & set(said)
        if format == "junit":
            assert len(ElementTree.fromstring(done.stdout)) == 1 and "\ufffe" not in said


def test_a_damaged_capture_is_told(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(REPORT_2008.read_bytes()[:-5])
    done = check(cut, '[[expect]]\nlookups = "none"\n', folder=tmp_path)
    assert done.returncode == 4
    assert b"Note: " in done.stdout


def test_mistakes_in_the_file(tmp_path: Path) -> None:
    typing = '[[expect]]\nmails = 2\noutcom = "fetched"\n'
    said = refused(2, check(REPORT_2008, typing, folder=tmp_path))
    assert said == 'lab.toml, line 3: expectation 1: "outcom" is not known of mails: did you mean outcome?'
    assert "this is no text in UTF-8" in refused(2, check(REPORT_2008, REPORT_2008))
    assert "too large" in refused(2, check(REPORT_2008, "#" * (1 << 20) + "\n", folder=tmp_path))
    assert "No such file" in refused(3, check(REPORT_2008, tmp_path / "none.toml"))
    assert "Missing option '--expect'" in refused(2, run("check", REPORT_2008))


def test_a_mistake_is_told_before_the_capture_is_read(tmp_path: Path) -> None:
    assert "mials" in refused(2, check(tmp_path / "none.pcap", "[[expect]]\nmials = 1\n", folder=tmp_path))
    assert "no such file" in refused(3, check(tmp_path / "none.pcap", EXAMPLES[REPORT_2008]))


def test_the_readme_says_all_that_can_be_expected(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("\n## Check what you expect\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)$", section, re.MULTILINE))
    assert list(rows) == list(KINDS)
    for word, kind in KINDS.items():
        assert all(f"`{key}" in rows[word] for key in (*kind.picks, *kind.demands)), word
    (example,) = re.findall(r"^```toml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert check(REPORT_2024, example, folder=tmp_path).returncode == 0
