"""`mailtrace export` from outside: exact mails, whole files, exit codes, what is said."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.forking import forked
from tests.support import ROOT, SAMPLES, needs_tshark, shared
from tests.test_cli import MAILTRACE, environment, run

REPORT_2024 = SAMPLES / "02-report-2024.pcapng"
JOURNEY = SAMPLES / "03-lab-journey.pcapng"
CHUNKING = SAMPLES / "05-lab-chunking.pcapng"
LOSSY = SAMPLES / "06-lab-lossy.pcapng"

SECRETS_INCLUDED = b"mailtrace: packets.pcapng has the packets as they were captured, passwords and all else included\n"


def exported(*arguments: object, code: int = 0, said: bytes = b"") -> str:
    """Run `mailtrace export`, which must end as expected; return what it writes."""
    done = run("export", *arguments)
    assert (done.returncode, done.stderr) == (code, said)
    return done.stdout.decode()


def fails(code: int, *arguments: object) -> str:
    """Run `mailtrace export`, which must fail with one line; return it."""
    done = run("export", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (code, b"", 1), done.stderr
    return done.stderr.decode().removeprefix("mailtrace: ").rstrip("\n")


def index(output: Path) -> list[dict[str, Any]]:
    """Return the rows of the index."""
    rows: list[dict[str, Any]] = json.loads((output / "index.json").read_bytes())["files"]
    return rows


def names(output: Path) -> list[str]:
    """Return the files below a directory."""
    return sorted(path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())


def test_the_seventeen_mails_are_exact_to_the_octet(tmp_path: Path) -> None:
    """The messages as the lab's client had them, in the order in which it handed them in."""
    exported(CHUNKING, "-o", tmp_path / "out", "--eml")
    handed_in = [f"eml/0001-{number}.eml" for number in range(1, 6)] + [
        f"eml/0005-{number}.eml" for number in range(1, 13)
    ]
    for number, name in enumerate(handed_in, 1):
        expected = (ROOT / f"tests/data/lab/07-messages/m{number:02}.eml").read_bytes()
        assert (tmp_path / "out" / name).read_bytes() == expected, name


def test_attachments_of_public_captures_are_those_that_others_find(tmp_path: Path) -> None:
    facts = json.loads(shared("captures/public/FACTS.json").read_bytes())
    seen = 0
    for number, case in enumerate(facts["cases"]):
        messages = [each for session in case["facts"].get("sessions", ()) for each in session.get("messages", ())]
        parts = [part for message in messages for part in message.get("parts", ()) if "filename" in part]
        if not parts:
            continue
        output = tmp_path / str(number)
        done = run("export", shared(f"captures/public/{case['file']}"), "-o", output, "--attachments")
        assert done.returncode in (0, 4), done.stderr
        rows = {row["sha256"]: row for row in index(output)}
        for part in parts:
            row = rows[part["sha256"]]
            assert (row["filename"], row["size_bytes"]) == (part["filename"], part["size"])
            assert (output / row["file"]).stat().st_size == part["size"]
            seen += 1
    assert seen == 6


def test_without_a_kind_it_is_mails_and_attachments(tmp_path: Path) -> None:
    text = exported(LOSSY, "-o", tmp_path / "out")
    assert "Nothing was said of what to export, so it is mails (--eml) and attachments (--attachments)." in text
    assert "9 mails, 3 attachments in " in text
    assert "eml/0078-1.eml                 33,560  손실 시험" in text
    assert len(names(tmp_path / "out")) == 9 + 1 + 1
    assert len([row for row in index(tmp_path / "out") if row["kind"] == "attachment"]) == 3


def test_everything_at_once(tmp_path: Path) -> None:
    kinds = ("--eml", "--mbox", "--attachments", "--streams", "--pcapng")
    exported(REPORT_2024, "-o", tmp_path / "out", *kinds, said=SECRETS_INCLUDED)
    files = names(tmp_path / "out")
    assert files[:2] == ["eml/0010-1.eml", "eml/0013-1.eml"]
    assert {"index.json", "mail.mbox", "packets.pcapng", "streams/0020-pop3-client.bin"} <= set(files)
    assert not [name for name in files if name.endswith(".part")]
    assert (tmp_path / "out/mail.mbox").read_bytes().count(b"\nMessage-ID: <") == 6


def test_p256_secrets_are_in_no_file_but_the_packets(tmp_path: Path) -> None:
    """The passwords of the second report are the names of the users, so the whole line is looked for."""
    kinds = ("--eml", "--mbox", "--attachments", "--streams", "--pcapng")
    exported(REPORT_2024, "-o", tmp_path / "out", *kinds, said=SECRETS_INCLUDED)
    holding = [name for name in names(tmp_path / "out") if b"PASS kim" in (tmp_path / "out" / name).read_bytes()]
    assert holding == ["packets.pcapng"]


@needs_tshark
def test_the_packets_of_one_conversation(tmp_path: Path) -> None:
    """Conversation 10 of the report of 2024 is tcp.stream 1 in Wireshark; its packets keep their times."""
    output = tmp_path / "out"
    exported(REPORT_2024, "-o", output, "--pcapng", "--conversation", 10, said=SECRETS_INCLUDED)
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "tcp.srcport", "-e", "frame.len"]
    ours = tshark("-r", output / "packets.pcapng", *fields)
    theirs = tshark("-r", REPORT_2024, "-Y", "tcp.port == 41428 && tcp.port == 25", *fields)
    assert ours == theirs and len(ours.splitlines()) > 10
    comments = tshark("-r", output / "packets.pcapng", "-T", "fields", "-e", "frame.comment")
    assert comments.startswith("Step 2 of conversation 10: ")  # the first one is a lookup before it
    assert "RCPT TO:<kim@daum.net>" in comments


def tshark(*arguments: object) -> str:
    """Run tshark, which must have nothing to complain about; return what it writes."""
    done = subprocess.run(["tshark", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    complaints = [line for line in done.stderr.splitlines() if not line.startswith("Running as user")]
    assert (done.returncode, complaints) == (0, [])
    return done.stdout


def test_one_journey(tmp_path: Path) -> None:
    """The first mail of the lab: handed in, relayed, fetched; the packets have lookups and ident calls, too."""
    output = tmp_path / "out"
    exported(JOURNEY, "-o", output, "--journey", 1, "--eml", "--pcapng", said=SECRETS_INCLUDED)
    assert [row["file"] for row in index(output)] == [
        *("eml/0001-1.eml", "eml/0005-1.eml", "eml/0012-1.eml"),
        "packets.pcapng",
    ]
    ids = {row["message_id"] for row in index(output) if row["kind"] == "mail"}
    assert ids == {"<a84b8cfb564e117b3628faa74fa40a4fb695bbef.camel@naver.com>"}
    assert b"Step 1 of conversation 1: " in (output / "packets.pcapng").read_bytes()


@needs_tshark
def test_comments_speak_of_the_file_that_they_stand_in(tmp_path: Path) -> None:
    """Of the mail in packets 24 and 26, which are 22 and 24 there, and of all that shares a packet."""
    exported(JOURNEY, "-o", tmp_path / "out", "--journey", 1, "--pcapng", said=SECRETS_INCLUDED)
    fields = ["-T", "fields", "-e", "frame.number", "-e", "frame.comment", "-E", "separator=|"]
    lines = tshark("-r", tmp_path / "out/packets.pcapng", *fields).splitlines()
    told = {int(number): comment for number, _, comment in (line.partition("|") for line in lines)}
    assert len(told) == 96
    pieces = {number: found[1] for number, text in told.items() if (found := re.search(r"Packets (.*?) carry", text))}
    assert pieces == {22: "22, 24", 56: "56, 58"}
    assert "Step 13 of conversation 1, continued." in told[24]
    for number, both in {50: ("RCPT To:<kim@daum.net>", "DATA"), 55: ("250 2.1.5", "354 End data")}.items():
        steps = [int(step) for step in re.findall(r"Step (\d+) of conversation 5: ", told[number])]
        assert len(steps) == 2 and steps[1] == steps[0] + 1 and all(said in told[number] for said in both)


def test_comments_name_no_packet_that_their_file_does_not_have(tmp_path: Path) -> None:
    """The greeting came late for lost packets and lookups: of these, some are in conversations that were not chosen."""
    exported(LOSSY, "-o", tmp_path / "out", "--conversation", 1, "--pcapng", said=SECRETS_INCLUDED)
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.comment", "-E", "separator=|"]
    written = [line.partition("|") for line in tshark("-r", tmp_path / "out/packets.pcapng", *fields).splitlines()]
    times = tshark("-r", LOSSY, "-T", "fields", "-e", "frame.time_epoch").splitlines()
    (greeting,) = (comment for _, _, comment in written if "which adds up so" in comment)
    named = re.findall(r"packets ([0-9, -]+)\)", greeting)
    assert named == ["3-4", "4", "6"]
    assert [times.index(written[at - 1][0]) + 1 for at in (3, 4, 6)] == [7, 12, 28]


def test_standard_input_is_read_once(tmp_path: Path) -> None:
    with REPORT_2024.open("rb") as capture:
        done = forked("export", "-", "-o", tmp_path / "out", "--eml", environment=environment(), given=capture)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(index(tmp_path / "out")) == 6
    for kind in ("--streams", "--pcapng", "--journey=1"):
        assert "reads the capture twice" in fails(2, "-", "-o", tmp_path / "none", kind)
    assert not (tmp_path / "none").exists()


def test_l215_nothing_is_overwritten(tmp_path: Path) -> None:
    exported(REPORT_2024, "-o", tmp_path / "out", "--eml")
    before = {name: (tmp_path / "out" / name).read_bytes() for name in names(tmp_path / "out")}
    assert "nothing is overwritten" in fails(2, JOURNEY, "-o", tmp_path / "out")
    assert {name: (tmp_path / "out" / name).read_bytes() for name in names(tmp_path / "out")} == before


def test_what_is_not_there(tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert fails(2, JOURNEY, "-o", output, "--conversation", 99).startswith("there is no conversation 99")
    assert fails(2, JOURNEY, "-o", output, "--journey", 99).startswith("there is no journey 99; the capture has 2")
    assert "leave out --conversation" in fails(2, JOURNEY, "-o", output, "--journey", 1, "--conversation", 1)
    assert "no such file" in fails(3, tmp_path / "none.pcap", "-o", output)
    assert "symbolic link" in fails(3, JOURNEY, "-o", _link(tmp_path))
    assert "--output" in fails(2, JOURNEY)
    assert not output.exists()


def _link(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    return tmp_path / "link"


def test_a_capture_without_mail(tmp_path: Path) -> None:
    text = exported(shared("captures/public/zeek/tls/imap-starttls.pcap"), "-o", tmp_path / "out")
    assert text.startswith("There was nothing to export; index.json in ")
    assert names(tmp_path / "out") == ["index.json"]


def test_l217_files_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    """No file may have more than 16 KiB here: three mails and the file they carry are lost, the rest is whole."""
    limit = 16 * 1024
    command = [*MAILTRACE, "export", str(LOSSY), "-o", str(tmp_path / "out")]
    done = subprocess.run(
        command,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),  # else Python's own files might be cut, and stay so
        capture_output=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 4
    assert done.stderr == b"mailtrace: files that could not be saved: 4 (File too large)\n"
    rows = index(tmp_path / "out")
    lost = [row for row in rows if row["file"] is None]
    assert [row["kind"] for row in lost] == ["mail", "attachment"] * 3
    assert {row["problem"] for row in lost} == {"File too large"}
    assert lost[0]["sha256"] is not None
    assert len(names(tmp_path / "out")) == 6 + 1


def test_a_damaged_capture_is_exported_as_far_as_it_goes(tmp_path: Path) -> None:
    octets = REPORT_2024.read_bytes()
    (tmp_path / "cut.pcapng").write_bytes(octets[: len(octets) * 2 // 3])
    done = run("export", tmp_path / "cut.pcapng", "-o", tmp_path / "out", "--eml")
    assert done.returncode == 4 and done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"mailtrace: ")
    whole = json.loads((tmp_path / "out/index.json").read_bytes())
    assert {note["code"]: note["damage"] for note in whole["notes"]} == {
        "cut": True,
        "packets-cut": False,
        "unreadable-packets": False,
    }
    assert len(whole["files"]) < 6


def test_l220_killed_while_saving_only_parts_are_not_whole(tmp_path: Path) -> None:
    output = tmp_path / "out"
    command = [*MAILTRACE, "export", str(CHUNKING), "-o", str(output), "--eml", "--mbox"]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not list(output.glob("eml/*.eml")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    sizes = {path.name: path.stat().st_size for path in (ROOT / "tests/data/lab/07-messages").iterdir()}
    for number in range(1, 6):
        path = output / f"eml/0001-{number}.eml"
        assert not path.exists() or path.stat().st_size == sizes[f"m{number:02}.eml"]


def test_the_same_capture_gives_the_same_files(tmp_path: Path) -> None:
    outputs = [tmp_path / name for name in ("one", "two")]
    for output in outputs:
        exported(REPORT_2024, "-o", output, "--eml", "--mbox", "--streams")
    one, two = ({name: (output / name).read_bytes() for name in names(output)} for output in outputs)
    assert one == two


@pytest.mark.skipif(os.name != "posix", reason="looks at permissions")
def test_l219_no_exported_file_can_be_executed(tmp_path: Path) -> None:
    exported(LOSSY, "-o", tmp_path / "out", "--eml", "--attachments", "--streams", "--mbox")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").rglob("*") if path.is_file()} == {0o600}
