"""What the options of the command line say: their texts become values, or a usage error that tells what is wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mailtrace.errors import UsageError
from mailtrace.languages import catalogue, language_of

if TYPE_CHECKING:  # loaded only by the options that need them, so that `--help` is instant
    from mailtrace.choosing import Wanted
    from mailtrace.judging import Judging

STANDARD_OUTPUT = "-"

MAX_PORT = 65535  # ports have 16 bits
PORT_DIGITS = 5

UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}
RING_DIGITS = 12

MOST_LISTED = 1_000
"""Packets of one range in a list of them: nobody reads more in full."""


def speak(lang: str | None) -> str:
    """Let all texts be in a language, None for that of the locale; return its code. Raises: `UsageError`."""
    from mailtrace.model import language

    code = language_of(os.environ) if lang is None else lang
    language.speak(catalogue(code))
    return code


def output(path: str | None) -> str | None:
    """Return the file to write to, None for standard output, which `-` stands for as in nearly every command."""
    return None if path == STANDARD_OUTPUT else path


def file(path: str, what: str) -> str:
    """Return the path of what is too much, or no text, for standard output. Raises: `UsageError`."""
    if path == STANDARD_OUTPUT:
        raise UsageError(f"{what} cannot be written to standard output: give a name for it")
    return path


def names(hosts: str | None, pairs: list[str] | None) -> dict[str, list[str]]:
    """Read the user's names by address; single ones go first. Raises: `MailtraceError`."""
    from mailtrace.capture.hostsfile import parse_names, read_hosts

    names = read_hosts(hosts) if hosts else {}
    for address, some in parse_names(pairs or ()).items():
        names[address] = [*some, *names.get(address, [])]
    return names


def wanted(
    journey: int | None, message_id: str | None, sender: str | None, recipient: str | None, subject: str | None
) -> Wanted | None:
    """Return which mails are asked for, None where no option asks. Raises: `UsageError`."""
    from mailtrace.choosing import Wanted

    asked = {"--message-id": message_id, "--sender": sender, "--recipient": recipient, "--subject": subject}
    for option, value in asked.items():
        if value is not None and not value.strip():
            raise UsageError(f"{option} needs something to look for")
    if journey is None and all(value is None for value in asked.values()):
        return None
    return Wanted(journey, message_id, sender, recipient, subject)


def judging(fail_on: str | None, select: list[str] | None, ignore: list[str] | None) -> Judging:
    """Return which findings are asked for."""
    from mailtrace.judging import Judging
    from mailtrace.model import Severity

    least = None if fail_on is None else Severity(fail_on)
    return Judging(least, _words(select), _words(ignore))


def _words(texts: list[str] | None) -> tuple[str, ...]:
    """Return the words of texts that list them with commas."""
    return tuple(word.strip() for text in texts or () for word in text.split(",") if word.strip())


def protocols(text: str | None) -> frozenset[str] | None:
    """Read a list of protocol names. Raises: `UsageError`."""
    if text is None:
        return None
    from mailtrace.protocols import PROTOCOLS

    known = {row.name for row in PROTOCOLS} | {"unknown"}
    wanted = frozenset(word.strip().lower() for word in text.split(",") if word.strip())
    if not wanted or wanted - known:
        raise UsageError(f"--protocol takes one or more of {', '.join(sorted(known))}, not {text!r}")
    return wanted


def keylog(path: str | None) -> bytes | None:
    """Read the key log, where one is given. Raises: `UnreadableInput`."""
    if path is None:
        return None
    from mailtrace.capture.keylogfile import read_keylog

    return read_keylog(path)


def decode_as(pairs: list[str] | None) -> dict[int, str] | None:
    """Read texts such as `2525=smtp` as protocols by port. Raises: `UsageError`."""
    if not pairs:
        return None
    from mailtrace.protocols import PROTOCOLS

    known = [row.name for row in PROTOCOLS]
    spoken = {}
    for pair in pairs:
        port, equals, protocol = (part.strip() for part in pair.partition("="))
        is_number = port.isascii() and port.isdecimal() and len(port) <= PORT_DIGITS
        if not equals or not is_number or not 0 < int(port) <= MAX_PORT:
            raise UsageError(f"--decode-as wants PORT=PROTOCOL with a port from 1 to {MAX_PORT}, not {pair!r}")
        if protocol.lower() not in known:
            raise UsageError(f"--decode-as knows {', '.join(known)}, not {protocol!r} (in {pair!r})")
        spoken[int(port)] = protocol.lower()
    return spoken


def packet_range(text: str | None) -> tuple[int, int] | None:
    """Read `65-102` or `65` as a range of packet numbers, both included. Raises: `UsageError`."""
    if text is None:
        return None
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()) or not 0 < int(first) <= int(last or first):
        raise UsageError(f"--packets takes a range such as 65-102, or one number, not {text!r}")
    return int(first), int(last or first)


def packet_list(text: str | None) -> list[int] | None:
    """Read `14,89-91` as packet numbers. Raises: `UsageError`."""
    if text is None:
        return None
    numbers: dict[int, None] = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        try:
            first, last = packet_range(word) or (0, 0)
        except UsageError:
            raise UsageError(f"--full takes packet numbers such as 14,89-91, not {text!r}") from None
        numbers |= dict.fromkeys(range(first, min(last, first + MOST_LISTED) + 1))
    return list(numbers)


def parts(text: str | None) -> frozenset[str]:
    """Read a list of parts of a report. Raises: `UsageError`."""
    from mailtrace.reports.document.material import PARTS

    if text is None:
        return frozenset(PARTS)
    wanted = frozenset(word.strip().lower() for word in text.split(",") if word.strip())
    if not wanted or wanted - set(PARTS):
        raise UsageError(f"--parts takes one or more of {', '.join(PARTS)}, not {text!r}")
    return wanted


def fields(text: str | None) -> frozenset[str] | None:
    """Read a list of what is to be replaced, None where nothing is. Raises: `UsageError`."""
    if text is None:
        return None
    from mailtrace.redact.fields import FIELDS

    wanted = frozenset(word.strip().lower() for word in text.split(",") if word.strip())
    if not wanted or wanted - set(FIELDS):
        raise UsageError(f"--redact takes one or more of {', '.join(FIELDS)}, not {text!r}")
    return wanted


def ring(text: str | None, write: str | None) -> tuple[int, int] | None:
    """Read `100M,5` as octets a file may have and how many files are kept. Raises: `UsageError`."""
    if text is None:
        return None
    if write is None:
        raise UsageError("--ring tells how large the files of -w may grow: give -w, too")
    size, _, count = (part.strip() for part in text.partition(","))
    unit = UNITS.get(size[-1:].upper(), 1)
    digits = size[:-1] if unit > 1 else size
    is_number = all(each.isascii() and each.isdecimal() and len(each) <= RING_DIGITS for each in (digits, count))
    if not is_number or not int(digits) or not int(count):
        raise UsageError(f"--ring takes SIZE,COUNT such as 100M,5 for five files of 100 megabytes, not {text!r}")
    return int(digits) * unit, int(count)
