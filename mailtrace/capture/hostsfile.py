"""Names for addresses, as the user gives them: a hosts file (`--hosts`) or single pairs (`--name ADDRESS=NAME`)."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

from mailtrace.errors import UnreadableInput, UsageError


def read_hosts(path: str) -> dict[str, list[str]]:
    """Return names by address from a file in the format of /etc/hosts.

    Raises: `UnreadableInput` when it cannot be read, `UsageError` when a line has no address.
    """
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UnreadableInput(f"cannot read the hosts file {path}: {error.strerror}") from None
    names: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        names.setdefault(_address(words[0], f"{path} line {number}"), []).extend(words[1:])
    return names


def parse_names(pairs: Iterable[str]) -> dict[str, list[str]]:
    """Return names by address from texts such as `192.168.1.2=serverA`. Raises: `UsageError`."""
    names: dict[str, list[str]] = {}
    for pair in pairs:
        address, equals, name = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--name wants ADDRESS=NAME, such as 192.168.1.2=serverA, not {pair!r}")
        names.setdefault(_address(address.strip(), "--name"), []).append(name.strip())
    return names


def _address(text: str, where: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise UsageError(f"{where}: {text!r} is no IPv4 or IPv6 address") from None
