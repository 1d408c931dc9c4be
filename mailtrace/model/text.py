"""How bytes from the wire become text where no charset is declared, and how secrets in them are masked."""

from __future__ import annotations

from typing import Any


def wire_text(data: bytes) -> str:
    r"""Return `data` as text: UTF-8 where it is valid, `\xNN` for every other octet; nothing is lost or guessed."""
    return data.decode("utf-8", "backslashreplace")


MASK = b"********"
"""What stands for a secret, whatever its length, so that not even the length is told."""


def masked(line: bytes, secrets: tuple[tuple[int, int], ...], show_secrets: bool = False) -> bytes:
    """Return `line` with each half-open span of `secrets` replaced by `MASK`, or unchanged when `show_secrets`."""
    if show_secrets or not secrets:
        return line
    pieces, at = [], 0
    for start, stop in sorted(secrets):
        if start >= at:
            pieces += [line[at:start], MASK]
        at = max(at, stop)
    return b"".join([*pieces, line[at:]])


def surrogates_spelled(value: Any) -> Any:
    r"""Return text, or lists and dictionaries of it, with every lone surrogate spelled `\udXXX`.

    UTF-8 has no form for one, so that neither strict parsers nor other processes could read it.
    """
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {surrogates_spelled(key): surrogates_spelled(each) for key, each in value.items()}
        case list() | tuple():
            return [surrogates_spelled(each) for each in value]
    return value
