"""The command line from outside: exit codes, one line for every error, whole files, safe output, light start."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

from mailtrace import cli
from tests.capture.builders import pcap_header, record
from tests.forking import READ_AT_START, forked
from tests.support import ROOT, SAMPLES

REPORT_2008 = SAMPLES / "01-report-2008.pcapng"
REPORT_2024 = SAMPLES / "02-report-2024.pcapng"

MAILTRACE = [sys.executable, "-m", "mailtrace"]


def environment(**more: str) -> dict[str, str]:
    """Return the environment that tests run mailtrace in: plain, English, this checkout."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **more}


def run(*arguments: object, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run mailtrace with nothing to read on its standard input."""
    if not READ_AT_START & more.keys():
        return forked(*arguments, environment=environment(**more), folder=Path.cwd())
    command = [*MAILTRACE, *map(str, arguments)]
    return subprocess.run(
        command, env=environment(**more), capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False
    )


def fails(code: int, *arguments: object, **more: str) -> str:
    """Run `mailtrace analyze`, which must fail with one line and nothing else; return the line."""
    done = run("analyze", *arguments, **more)
    error = done.stderr.decode()
    assert (done.returncode, done.stdout) == (code, b""), error
    assert error.startswith("mailtrace: ") and error.count("\n") == 1 and error.endswith("\n"), error
    return error.removeprefix("mailtrace: ").rstrip("\n")


# What cannot be read


def test_no_such_file(tmp_path: Path) -> None:
    assert "no such file" in fails(3, tmp_path / "none.pcap")


def test_one_missing_file_of_several(tmp_path: Path) -> None:
    assert "no such file" in fails(3, REPORT_2008, tmp_path / "none.pcap")


def test_directory(tmp_path: Path) -> None:
    assert "is a directory" in fails(3, tmp_path)


def test_no_permission(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The system's refusal is played, since root may read anything."""
    secret = tmp_path / "secret.pcap"
    secret.write_bytes(REPORT_2008.read_bytes())

    def refused(*_: object, **__: object) -> object:
        raise PermissionError(errno.EACCES, "Permission denied", str(secret))

    monkeypatch.setattr("mailtrace.capture.source.open", refused, raising=False)
    monkeypatch.setattr(os, "open", refused)
    monkeypatch.setattr(Path, "open", refused)
    monkeypatch.setattr(sys, "argv", ["mailtrace", "analyze", str(secret)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 3
    out, error = capsys.readouterr()
    assert out == "" and error.count("\n") == 1 and "permission" in error.lower()


def test_empty_file(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.touch()
    assert "the file is empty" in fails(3, empty)


def test_empty_pipe() -> None:
    assert "empty" in fails(3, "-")


@pytest.mark.parametrize(
    ("octets", "looks_like"),
    [
        (b"No. Time Source Destination\n1 0.000 10.0.0.1 10.0.0.2\n", "text"),
        (b"PK\x03\x04" + bytes(60), "zip"),
        (bytes(range(256)), "not a capture"),
    ],
    ids=["text", "zip", "octets"],
)
def test_not_a_capture(octets: bytes, looks_like: str, tmp_path: Path) -> None:
    other = tmp_path / "other.pcap"
    other.write_bytes(octets)
    assert looks_like in fails(3, other).lower()


def test_names_of_files_are_made_safe(tmp_path: Path) -> None:
    assert "\x1b" not in fails(3, tmp_path / "\x1b[31mred.pcap")


# What can be read in part


@pytest.mark.parametrize("octets", [20, 100, 990, 2_000, 4_000])
def test_cut_file_is_read_up_to_the_cut(octets: int, tmp_path: Path) -> None:
    """The packet that the cut goes through counts: its beginning is there."""
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(REPORT_2008.read_bytes()[:octets])
    done = run("analyze", "--format", "json", cut)
    assert (done.returncode, done.stderr) == (4, b"")
    capture = json.loads(done.stdout)["capture"]
    assert [note["code"] for note in capture["notes"]]
    assert capture["packets"] == {20: 0, 100: 0, 990: 8, 2_000: 16, 4_000: 24}[octets]
    shown = run("analyze", cut)
    assert shown.returncode == 4
    assert f"Partial: the file is cut at byte {octets}" in shown.stdout.decode()


def test_cut_file_in_lines(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(REPORT_2008.read_bytes()[:2_000])
    done = run("analyze", "--format", "jsonl", cut)
    assert done.returncode == 4
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["type"] == "capture" and last["notes"]


# Wrong usage


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bogus"], "--bogus"),
        (["--format", "csv"], "csv"),
        (["--level", "guru"], "guru"),
        (["--conversation", "0"], "--conversation"),
        (["--conversation", "two"], "two"),
        (["--conversation", "9"], "there is no conversation 9; the capture has 2"),
        (["--conversation", "9", "--format", "jsonl"], "there is no conversation 9; the capture has 2"),
        (["--packets", "5-2"], "--packets"),
        (["--packets", "0-2"], "--packets"),
        (["--packets", "-3"], "--packets"),
        (["--packets", "3-"], "--packets"),
        (["--packets", "one"], "--packets"),
        (["--packets", "25-30"], "there is no packet 25; the capture has 24"),
        (["--packets", "1-3", "--conversation", "1"], "leave out --conversation"),
        (["--packets", "1-3", "--protocol", "smtp"], "--protocol"),
        (["--protocol", "http"], "dns, ident, imap, pop3, smtp, tls, unknown"),
        (["--protocol", ","], "--protocol"),
        (["--name", "server"], "ADDRESS=NAME"),
        (["--name", "10.0.0.1="], "ADDRESS=NAME"),
        (["--name", "10.0.0.300=server"], "10.0.0.300"),
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    assert said in fails(2, *arguments, REPORT_2008)


def test_no_capture_given() -> None:
    assert "CAPTURE" in fails(2)


def test_no_such_command() -> None:
    done = run("explain")
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert b"explain" in done.stderr


def test_no_command_shows_the_help() -> None:
    done = run()
    assert done.returncode == 2
    assert b"analyze" in done.stdout + done.stderr and b"Traceback" not in done.stderr


def test_hosts_file_that_is_none(tmp_path: Path) -> None:
    assert "hosts file" in fails(3, "--hosts", tmp_path / "none", REPORT_2008)
    wrong = tmp_path / "hosts"
    wrong.write_text("192.168.1.2 client\nserver 192.168.10.2\n", encoding="utf-8")
    assert "line 2: 'server'" in fails(2, "--hosts", wrong, REPORT_2008)
    assert "\x1b" not in fails(2, "--hosts", REPORT_2024, REPORT_2008)


# Good usage


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.fullmatch(rb"mailtrace \d+\.\d+\.\d+\n", done.stdout.replace(b"\r\n", b"\n"))


def test_help_says_what_captures_may_be() -> None:
    """Said in the command's own text: not every version of typer shows the help of an argument."""
    done = run("analyze", "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    text = " ".join(done.stdout.decode().split())
    assert "CAPTURE is a .pcap or .pcapng file, also compressed (.gz .zst .xz .lz4), or - for standard input." in text


def test_names_from_both_options(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("# the lab\n192.168.1.2 client\n192.168.10.2 filed\n", encoding="utf-8")
    done = run("analyze", "--hosts", hosts, "--name", "192.168.10.2=server", REPORT_2008)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert "client:3577 → server:25" in text and "filed" not in text


def test_several_captures_count_packets_on() -> None:
    both = json.loads(run("analyze", "--format", "json", REPORT_2008, REPORT_2024).stdout)
    assert both["capture"]["packets"] == 24 + 459
    assert [each["packets"] for each in both["messages"]][:2] == [[16, 18], [24 + 89, 24 + 91]]
    listed = run("analyze", "--packets", "24-25", REPORT_2008, REPORT_2024).stdout.decode()
    assert re.findall(r"^ *(\d+) ", listed, re.MULTILINE) == ["24", "25"]


def test_standard_input_is_read_like_a_file() -> None:
    with REPORT_2008.open("rb") as capture:
        piped = forked("analyze", "-", environment=environment(), given=capture)
    assert (piped.returncode, piped.stderr) == (0, b"")
    beginning = re.compile(rb"^.*?(?=\nNo\.)", re.DOTALL)  # it names the file
    assert beginning.sub(b"", piped.stdout) == beginning.sub(b"", run("analyze", REPORT_2008).stdout)


@pytest.mark.parametrize("format", ["terminal", "markdown", "json", "jsonl"])
def test_output_is_a_file_that_is_the_same(format: str, tmp_path: Path) -> None:
    target = tmp_path / "report"
    done = run("analyze", "-f", format, "-o", target, REPORT_2024)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert target.read_bytes() == run("analyze", "-f", format, REPORT_2024).stdout
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.parametrize("format", ["terminal", "markdown", "json", "jsonl"])
def test_a_dash_is_standard_output(format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("analyze", "-f", format, "-o", "-", REPORT_2008)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == run("analyze", "-f", format, REPORT_2008).stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["export", "redact"])
def test_what_is_no_text_needs_a_name(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(command, REPORT_2008, "-o", "-")
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert b"cannot be written to standard output: give a name for it" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_output_replaces_a_file_and_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "report"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o600)
    assert run("analyze", "-o", target, REPORT_2008).returncode == 0
    assert target.read_bytes() != b"old"
    assert target.stat().st_mode & 0o777 == 0o600


def test_new_output_has_the_permissions_the_user_asks_for(tmp_path: Path) -> None:
    target = tmp_path / "report"
    command = f'umask 077; exec "{sys.executable}" -m mailtrace analyze -o "{target}" "{REPORT_2008}"'
    subprocess.run(["sh", "-c", command], env=environment(), timeout=60, check=True)
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "arguments",
    [["--conversation", "9"], ["--conversation", "9", "-f", "jsonl"], ["--packets", "900"], ["none.pcap"]],
    ids=" ".join,
)
def test_failure_leaves_the_old_output_and_nothing_else(arguments: list[str], tmp_path: Path) -> None:
    target = tmp_path / "report"
    target.write_text("old", encoding="utf-8")
    assert run("analyze", "-o", target, *arguments, REPORT_2008).returncode in (2, 3)
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    assert "cannot write" in fails(3, "-o", tmp_path / "none" / "report", REPORT_2008)
    assert "cannot write" in fails(3, "-o", tmp_path, REPORT_2008)


def test_output_never_overwrites_the_capture(tmp_path: Path) -> None:
    capture = tmp_path / "capture.pcapng"
    capture.write_bytes(REPORT_2008.read_bytes())
    link = tmp_path / "link"
    link.symlink_to(capture)
    for target in (capture, link):
        assert "is the capture itself" in fails(2, "-o", target, capture)
    assert capture.read_bytes() == REPORT_2008.read_bytes()


def test_output_to_a_link_keeps_the_link(tmp_path: Path) -> None:
    target, link = tmp_path / "report", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    assert run("analyze", "-o", link, REPORT_2008).returncode == 0
    assert link.is_symlink() and target.read_bytes() == run("analyze", REPORT_2008).stdout


def test_output_to_a_named_pipe_keeps_the_pipe(tmp_path: Path) -> None:
    """So it is with devices: nothing that is no plain file may be replaced by one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    assert run("analyze", "-o", pipe, REPORT_2008).returncode == 0
    reader.join(20)
    assert pipe.is_fifo() and read == [run("analyze", REPORT_2008).stdout]


# Pipes, terminals, interruptions


@pytest.mark.parametrize("format", ["terminal", "markdown", "json", "jsonl"])
def test_reader_that_goes_away_is_no_error(format: str) -> None:
    with subprocess.Popen(
        [*MAILTRACE, "analyze", "-f", format, str(SAMPLES / "05-lab-chunking.pcapng")],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()  # long before the first line is written
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_closed_standard_output_is_no_error() -> None:
    command = f'exec "{sys.executable}" -m mailtrace analyze "{REPORT_2008}" >&-'
    done = subprocess.run(["sh", "-c", command], env=environment(), stderr=subprocess.PIPE, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only where the system plays a full disk")
def test_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*MAILTRACE, "analyze", str(REPORT_2008)],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr.startswith(b"mailtrace: ") and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("size", [0, 32 << 20], ids=["small", "large enough for two processes"])
@pytest.mark.parametrize("format", ["terminal", "jsonl"])
def test_interrupted(format: str, size: int, tmp_path: Path) -> None:
    """Reading a pipe that never ends, mailtrace itself gets the signal, and so it may not wait for its children."""
    target = tmp_path / "report"
    with subprocess.Popen(
        [*MAILTRACE, "analyze", "-f", format, "-o", str(target), "-"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_hear_interruptions,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(REPORT_2008.read_bytes() + _filler() * (size // len(_filler())))
        process.stdin.flush()
        _wait_until_read(process.stdin.fileno())
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        out, error = process.communicate()
    assert (out, error) == (b"", b"")
    assert list(tmp_path.iterdir()) == []


def _wait_until_read(pipe: int) -> None:
    """Wait until all that was written into a pipe has been read: mailtrace is at work then, however slow its start."""
    deadline = time.monotonic() + 60
    while int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder):
        assert time.monotonic() < deadline, "it reads nothing"
        time.sleep(0.01)


def _hear_interruptions() -> None:
    """Undo what a shell does to programs in the background, where these tests may run."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _filler() -> bytes:
    """Return a pcapng block that says nothing: a custom one of 64 KiB."""
    size = (65_536).to_bytes(4, "little")
    return (0x0BAD).to_bytes(4, "little") + size + bytes(65_536 - 12) + size


def on_terminal(*arguments: object, **more: str) -> bytes:
    """Run mailtrace on a terminal of its own and return what it showed there."""
    ours, theirs = pty.openpty()
    shown = bytearray()
    with subprocess.Popen(
        [*MAILTRACE, *map(str, arguments)], env=environment(**more), stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        while True:
            try:
                octets = os.read(ours, 65_536)
            except OSError:  # the terminal's other end is closed
                break
            if not octets:
                break
            shown += octets
        assert process.wait(60) == 0
    os.close(ours)
    return bytes(shown)


def test_colours_on_a_terminal_only() -> None:
    assert b"\x1b[1m" in on_terminal("analyze", REPORT_2008, TERM="xterm-256color")
    assert b"\x1b" not in run("analyze", REPORT_2008, TERM="xterm-256color").stdout


def test_terminal_without_colours() -> None:
    colour = re.compile(rb"\x1b\[[\d;]*3\d")
    assert colour.search(on_terminal("analyze", REPORT_2008, TERM="xterm-256color"))
    assert not colour.search(on_terminal("analyze", REPORT_2008, TERM="xterm-256color", NO_COLOR="1"))
    assert b"\x1b" not in on_terminal("analyze", REPORT_2008, TERM="dumb")


def test_plain_locale_gets_plain_signs() -> None:
    done = run("analyze", REPORT_2008, LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"192.168.1.2:3577 -> 192.168.10.2:25" in done.stdout
    assert "→" not in done.stdout.decode()


def test_ascii_output_has_no_other_octets() -> None:
    done = run("analyze", REPORT_2008, LC_ALL="C", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


# Safety


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a capture of one mail that tries to drive the terminal, and to be read as markup."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether
    from scapy.utils import wrpcap

    said = [
        (False, b"220 \x1b]0;owned\x07mail.example ESMTP\r\n"),
        (True, b"EHLO \x1b[31mred\x9b2J.example\r\n"),
        (False, b"250 [bold]hello[/bold] \xe2\x80\xae\r\n"),
        (True, b"MAIL FROM:<a@example.org>\r\n"),
        (False, b"250 ok\r\n"),
        (True, b"RCPT TO:<b@example.org>\r\n"),
        (False, b"250 ok\r\n"),
        (True, b"DATA\r\n"),
        (False, b"354 go on\r\n"),
        (True, b"Subject: \x1b[2J\x1b]52;c;ZXZpbA==\x07gone\r\n\r\n\x1b[8mhidden\r\n.\r\n"),
        (False, b"250 queued as 1\r\n"),
    ]
    sent = {True: 1_001, False: 2_001}
    packets = []
    for from_client, octets in said:
        client, server = ("10.0.0.1", 40_000), ("10.0.0.2", 25)
        (source, sport), (target, dport) = (client, server) if from_client else (server, client)
        header = TCP(sport=sport, dport=dport, flags="PA", seq=sent[from_client], ack=sent[not from_client])
        packets.append(Ether() / IP(src=source, dst=target) / header / octets)
        sent[from_client] += len(octets)
        packets[-1].time = float(len(packets))
    path = tmp_path_factory.mktemp("hostile") / "hostile.pcap"
    wrpcap(str(path), packets)
    return path


UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("format", ["terminal", "markdown", "json", "jsonl"])
def test_what_comes_from_the_wire_is_made_safe(format: str, hostile: Path) -> None:
    done = run("analyze", "-f", format, hostile)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert "gone" in text
    assert UNSAFE.search(text.replace("\r\n", "\n")) is None


def test_what_comes_from_the_wire_is_made_safe_in_a_listing(hostile: Path) -> None:
    text = run("analyze", "--packets", "1-11", hostile).stdout.decode()
    assert "owned" in text and UNSAFE.search(text) is None


def test_terminal_gets_only_our_own_sequences(hostile: Path) -> None:
    shown = on_terminal("analyze", hostile, TERM="xterm-256color").replace(b"\r\n", b"\n")
    text = re.sub(r"\x1b\[[\d;]*m", "", shown.decode())
    assert "gone" in text and "[bold]hello[/bold]" in text
    assert UNSAFE.search(text) is None
    assert b"\x1b[8m" not in shown


def test_passwords_are_masked_unless_asked_for() -> None:
    """Kim's password in this sample is her name, so that the line of the command is looked at."""
    masked = run("analyze", "--protocol", "pop3", REPORT_2024).stdout.decode()
    shown = run("analyze", "--protocol", "pop3", "--show-secrets", REPORT_2024).stdout.decode()
    commands = re.compile(r"^.*\bPASS (\S+)", re.MULTILINE)
    assert all(set(secret) <= {"*", "•"} for secret in commands.findall(masked)) and commands.findall(masked)
    assert not any(set(secret) <= {"*", "•"} for secret in commands.findall(shown))


# What is loaded


def loaded(*arguments: object) -> set[str]:
    """Return the top modules that mailtrace loaded for a command."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mailtrace", *map(str, arguments)],
        env=environment(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    names = re.findall(r"^import time:.*\| +([\w.]+)$", done.stderr.decode(), re.MULTILINE)
    assert "mailtrace.cli" in names
    return {name.split(".")[0] for name in names}


def test_help_is_light() -> None:
    heavy = {"numpy", "scapy", "pyshark", "msgspec", "dns", "rich"}
    assert heavy & loaded("--help") == set()
    assert {"numpy", "scapy", "pyshark", "dns"} & loaded("analyze", "--help") == set()


def test_a_file_needs_no_capture_libraries() -> None:
    assert {"scapy", "pyshark"} & loaded("analyze", REPORT_2008) == set()


def test_packets_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """An IP header and one of Ethernet that end too early; ARP is well."""
    ethernet = bytes(12) + b"\x08\x00"
    frames = [ethernet + b"\x45\x00", ethernet[:9], bytes(12) + b"\x08\x06" + bytes(28)]
    path = tmp_path / "odd.pcap"
    path.write_bytes(pcap_header() + b"".join(record(frame) for frame in frames))
    told = run("analyze", path)
    assert told.returncode == 0
    words = b" ".join(told.stdout.split())
    assert b"packets that could not be read to their end: 2 (" in words
    assert b"frame cut short 1" in words and b"damaged ip header 1" in words
