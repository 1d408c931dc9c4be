"""`mailtrace redact` from outside: nothing secret is left, everything else is, and others can read it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64decode
from binascii import Error
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.redact.canaries import leaks
from tests.support import ROOT, SAMPLES, needs_tshark
from tests.test_cli import run

LOGINS = SAMPLES / "10-logins.pcapng"
EVERYTHING = "addresses,names,hosts,subjects,bodies"
ALL = sorted(path.stem for path in SAMPLES.glob("*.pcapng"))

TEXTS = {
    "argument", "line", "lines", "message", "subject", "name", "address", "sender", "recipient", "recipients", "helo",
    "rdns", "by", "from", "for", "message_id", "sha256", "text", "because", "detail", "user", "names", "answers",
    "authority", "additional", "filename", "sni", "issuer", "serial", "advice", "to", "cc", "client", "server", "about",
    "envelope_from", "reporter", "domain", "selector", "record", "source", "headers", "peer", "mechanism",
    "record_at", "files", "original",
}  # fmt: skip
"""Keys of the JSON whose values are texts of the wire, or speak of them."""


def redacted(capture: Path, output: Path, *more: object, code: int = 0) -> Path:
    """Redact a capture, and return the new one."""
    done = run("redact", capture, "-o", output, *more)
    assert (done.returncode, done.stderr) == (code, b"")
    return output


def analysis(capture: Path) -> dict[str, Any]:
    """Return what mailtrace says of a capture."""
    told: dict[str, Any] = json.loads(run("analyze", capture, "--format", "json").stdout)
    return told


def shape(value: Any, key: str = "") -> Any:
    """Return JSON without what is text of the wire."""
    if isinstance(value, dict):
        return {name: shape(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each, key) for each in value]
    return "text" if isinstance(value, str) and key in TEXTS else value


@cache
def passwords() -> list[str]:
    """Return the passwords of the lab, as the scenario that recorded the sample has them."""
    code = "import json; from maillab.scenarios import logins; print(json.dumps(logins.PASSWORDS))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "samples/lab", capture_output=True, check=True)
    return [word for users in json.loads(done.stdout).values() for word in users.values()]


ANSWERS = "tcp.len > 0 && tcp.dstport in {25, 110, 143}"


@cache
def digests(capture: Path, packets: str = "tcp.len > 0") -> list[str]:
    """Return digests, proofs, nonces and stamps that travel in packets, found by expressions and tshark alone."""
    command = ["tshark", "-r", str(capture), "-T", "fields", "-e", "tcp.payload", "-Y", packets]
    done = subprocess.run(command, capture_output=True, check=True)
    said = [bytes.fromhex(line) for line in done.stdout.decode().split()]
    text = b"\n".join([*said, *(_decoded(word) for octets in said for word in re.split(rb"[\s]", octets))])
    found = re.findall(rb"(?:[ =])([0-9a-f]{32})\b|\b[pvs]=([A-Za-z0-9+/]{16,})|<([0-9.a-zA-Z+/=]{12,})@", text)
    return sorted({group.decode() for groups in found for group in groups if group})


def _decoded(word: bytes) -> bytes:
    try:
        return b64decode(word, validate=True) if len(word) > 8 else b""
    except Error:
        return b""


OTHERWISE = ("05-lab-chunking", "07-lab-dnsauth", "09-starttls")
"""Samples whose mails are signed, or made to be awkward, and the one with its keys."""

CASES = [(name, EVERYTHING) for name in ALL if name not in OTHERWISE] + [("02-report-2024", ""), ("10-logins", "")]


@pytest.mark.parametrize(("name", "fields"), CASES)
def test_the_analysis_of_the_copy_has_the_same_shape(name: str, fields: str, tmp_path: Path) -> None:
    copy = redacted(SAMPLES / f"{name}.pcapng", tmp_path / "copy.pcapng", *(["--redact", fields] if fields else []))
    before, after = analysis(SAMPLES / f"{name}.pcapng"), analysis(copy)
    left_out = [note for note in after["capture"]["notes"] if note["code"] == "packets-cut"]
    assert len(left_out) <= 1, "what is left out of the copy is noted in it"
    after["capture"]["notes"] = [note for note in after["capture"]["notes"] if note not in left_out]
    for each in (before, after):
        each["hosts"] = sorted(json.dumps(shape(host)) for host in each["hosts"])
    assert shape(after) == shape(before)


@pytest.mark.parametrize("name", ["05-lab-chunking", "07-lab-dnsauth"])
def test_secrets_alone_change_nothing_else(name: str, tmp_path: Path) -> None:
    """Mails are signed, or made of what is replaced otherwise; of these two only logins are replaced."""
    copy = redacted(SAMPLES / f"{name}.pcapng", tmp_path / "copy.pcapng")
    before, after = analysis(SAMPLES / f"{name}.pcapng"), analysis(copy)
    del before["capture"]["files"], after["capture"]["files"]
    assert after == before


def test_what_keys_opened_stays_dark(tmp_path: Path) -> None:
    """The keys are in the capture, and not in its copy; TLS stays, since nobody can read it."""
    copy = redacted(SAMPLES / "09-starttls.pcapng", tmp_path / "copy.pcapng")
    assert any(each["decrypted"] for each in analysis(SAMPLES / "09-starttls.pcapng")["conversations"])
    assert not any(each["decrypted"] for each in analysis(copy)["conversations"])
    assert b"CLIENT_RANDOM" not in copy.read_bytes() and b"TRAFFIC_SECRET" not in copy.read_bytes()


@needs_tshark
def test_p256_p257_no_secret_is_in_the_copy_in_any_form(tmp_path: Path) -> None:
    secrets, hashed = passwords(), digests(LOGINS)
    assert len(secrets) == 16 and len(hashed) >= 10
    plain = LOGINS.read_bytes()
    sent = leaks(plain, secrets)
    assert len(sent) == 7, "those of PLAIN, PASS and IMAP's LOGIN; that of LOGIN in SMTP comes in two packets"
    copy = redacted(LOGINS, tmp_path / "copy.pcapng").read_bytes()
    assert leaks(copy, [*secrets, *hashed]) == []


OUTPUTS = [
    ("analyze",),
    ("analyze", "--format", "json"),
    ("analyze", "--format", "jsonl"),
    ("analyze", "--format", "markdown"),
    ("analyze", "--level", "expert"),
    ("analyze", "--packets", "1-311"),
    ("analyze", "--lang", "ko"),
    ("report", "-o", "{}/report.html"),
    ("report", "-o", "{}/report.md"),
    ("report", "-o", "{}/report.csv"),
    ("ladder", "-o", "{}/ladder.txt"),
    ("ladder", "--conversation", "5", "-o", "{}/ladder.svg"),
    ("export", "--streams", "--eml", "-o", "{}/export"),
    ("crosscheck",),
    ("frame", "76"),
    ("frame", "232", "--bytes"),
    ("frame", "153", "--format", "json"),
]


@needs_tshark
@pytest.mark.parametrize("arguments", OUTPUTS, ids=" ".join)
def test_p256_no_secret_is_in_any_output(arguments: tuple[str, ...], tmp_path: Path) -> None:
    command, *rest = arguments
    done = run(command, LOGINS, *(each.format(tmp_path) for each in rest))
    assert done.returncode in (0, 1), done.stderr
    written = [done.stdout, done.stderr, *(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())]
    assert sum(map(len, written)) > 40
    assert leaks(b"\n".join(written), [*passwords(), *digests(LOGINS, ANSWERS)]) == []


@needs_tshark
@pytest.mark.parametrize("fields", ["", EVERYTHING])
def test_the_copy_opens_without_a_malformed_packet_and_with_right_checksums(fields: str, tmp_path: Path) -> None:
    for name in ("10-logins", "03-lab-journey", "07-lab-dnsauth"):
        path = tmp_path / f"{name}.pcapng"
        copy = redacted(SAMPLES / f"{name}.pcapng", path, *(["--redact", fields] if fields else []))
        checks = [word for kind in ("ip", "tcp", "udp") for word in ("-o", f"{kind}.check_checksum:TRUE")]
        wrong = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0"
        done = subprocess.run(["tshark", "-r", str(copy), *checks, "-Y", wrong], capture_output=True, check=True)
        assert done.stdout == b""


@needs_tshark
def test_packets_keep_number_time_and_length(tmp_path: Path) -> None:
    copy = redacted(SAMPLES / "02-report-2024.pcapng", tmp_path / "copy.pcapng", "--redact", EVERYTHING)
    facts = ["-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "tcp.seq_raw"]
    one, other = (
        subprocess.run(["tshark", "-r", str(path), *facts], capture_output=True, check=True).stdout
        for path in (SAMPLES / "02-report-2024.pcapng", copy)
    )
    assert one == other


def test_the_same_capture_gives_the_same_copy(tmp_path: Path) -> None:
    one, other = (
        redacted(LOGINS, tmp_path / name, "--redact", EVERYTHING).read_bytes()
        for name in ("one.pcapng", "other.pcapng")
    )
    assert one == other


PEOPLE = ["lee", "kim", "naver", "daum", "이네이버", "김다음", "Evolution"]


@pytest.mark.parametrize("arguments", [("analyze",), ("analyze", "--format", "json"), ("ladder",)])
def test_other_commands_speak_of_the_copy(arguments: tuple[str, ...]) -> None:
    command, *rest = arguments
    said = run(command, SAMPLES / "02-report-2024.pcapng", "--redact", EVERYTHING, *rest).stdout.decode()
    assert "RCPT" in said
    for name in PEOPLE[:6]:
        assert not re.search(rf"\b{name}\b", said, re.IGNORECASE), name
    assert "192.168.111.100" not in said
    assert "tmp" not in said


PARTS = ("--parts", "summary,topology,journeys,walkthroughs,packets,waits,dns,messages,findings")
"""All parts but those that explain words of mail, with names of their own."""


def test_a_report_of_the_copy(tmp_path: Path) -> None:
    done = run(
        "report", SAMPLES / "02-report-2024.pcapng", "--redact", EVERYTHING, "-o", tmp_path / "report.html", *PARTS
    )
    assert (done.returncode, done.stderr) == (0, b"")
    said = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "02-report-2024.redacted.pcapng" in said
    for name in PEOPLE[:6]:
        assert not re.search(rf"\b{name}\b", said, re.IGNORECASE), name


def fails(*arguments: object) -> str:
    """Run a command that is wrong usage; return the line that it says."""
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1), done.stderr
    return done.stderr.decode().removeprefix("mailtrace: ").rstrip("\n")


def test_wrong_usage(tmp_path: Path) -> None:
    copy = tmp_path / "copy.pcapng"
    copy.write_bytes(LOGINS.read_bytes())
    assert "written over" in fails("redact", copy, "-o", copy)
    assert "written over" in fails("analyze", copy, "--redact", "names", "-o", copy)
    assert copy.read_bytes() == LOGINS.read_bytes()
    assert "addresses, names, hosts, subjects, bodies" in fails("redact", LOGINS, "-o", copy, "--redact", "passwords")
    assert "standard input" in fails("redact", "-", "-o", copy)
    assert "--keylog" in fails("analyze", LOGINS, "--redact", "names", "--keylog", LOGINS)
    assert "--name" in fails("analyze", LOGINS, "--redact", "names", "--name", "192.168.111.130=lee")
    assert "--follow" in fails("analyze", LOGINS, "--redact", "names", "--follow")


@pytest.mark.parametrize(
    "arguments",
    [("analyze",), ("analyze", "--format", "json"), ("analyze", "--format", "markdown"), ("report", "-f", "md")],
)
def test_p258_secrets_are_shown_by_the_option_alone_and_the_report_says_so(arguments: tuple[str, ...]) -> None:
    command, *rest = arguments
    said = b"whoever gets this can log in"
    shown = run(command, LOGINS, *rest, "--show-secrets").stdout
    assert b"Hase und Birke 572" in shown and said in b" ".join(shown.split())
    hidden = run(command, LOGINS, *rest).stdout
    assert b"Hase und Birke 572" not in hidden and said not in b" ".join(hidden.split())
