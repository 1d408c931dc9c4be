"""TCP options as Wireshark's Info column words them: `MSS=1460 SACK_PERM TSval=.. TSecr=.. WS=128`."""

from __future__ import annotations

from collections.abc import Iterator

WINDOW_SCALE_LIMIT = 14
"""The largest shift that counts; a larger one is read as this. Source: RFC 7323 section 2.3."""

END, NOP, MSS, WINDOW_SCALE, SACK_PERMITTED, SACK = 0, 1, 2, 3, 4, 5
ECHO, ECHO_REPLY, TIMESTAMPS, MD5, USER_TIMEOUT, FAST_OPEN = 6, 7, 8, 19, 28, 34
EXPERIMENTS = (253, 254)
FAST_OPEN_EXPERIMENT = b"\xf9\x89"

LENGTHS = {MSS: 2, WINDOW_SCALE: 1, SACK_PERMITTED: 0, ECHO: 4, ECHO_REPLY: 4, TIMESTAMPS: 8, USER_TIMEOUT: 2}
"""Octets of value that options of fixed size have; one of another size is not read."""


def options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and value of each option; stop where the list ends or is damaged. Source: RFC 9293 section 3.1."""
    at = 0
    while at < len(data):
        kind = data[at]
        if kind == END:
            return
        if kind == NOP:
            at += 1
            continue
        length = data[at + 1] if at + 1 < len(data) else 0
        if length < 2 or at + length > len(data):
            return
        value = data[at + 2 : at + length]
        if LENGTHS.get(kind, len(value)) == len(value):
            yield kind, value
        at += length


def window_scale(data: bytes) -> int | None:
    """Return the shift that a header's options announce, None where they announce none."""
    shifts = [value[0] for kind, value in options(data) if kind == WINDOW_SCALE]
    return min(shifts[-1], WINDOW_SCALE_LIMIT) if shifts else None


def options_text(data: bytes, sack_base: int) -> str:
    """Return the options in words, each with a space before it; SACK edges are relative to `sack_base`."""
    return "".join(_words(kind, value, sack_base) for kind, value in options(data))


def _words(kind: int, value: bytes, sack_base: int) -> str:
    if kind == TIMESTAMPS:
        return f" TSval={_number(value[:4])} TSecr={_number(value[4:])}"
    if kind == SACK:
        return _edges(value, sack_base)
    if kind == WINDOW_SCALE:
        return f" WS={1 << min(value[0], WINDOW_SCALE_LIMIT)}"
    if kind in _NUMBERS:
        return f" {_NUMBERS[kind]}={_number(value)}"
    if kind == USER_TIMEOUT:  # the first bit chooses minutes or seconds (RFC 5482 section 3)
        return f" USER_TO={_number(value) & 0x7FFF}"
    if kind == FAST_OPEN:
        return _fast_open(value)
    if kind in EXPERIMENTS and value[:2] == FAST_OPEN_EXPERIMENT:
        return _fast_open(value[2:])
    return _NAMES.get(kind, "")


_NUMBERS = {MSS: "MSS", ECHO: "ECHO", ECHO_REPLY: "ECHOREPLY"}
_NAMES = {SACK_PERMITTED: " SACK_PERM", MD5: " MD5"}


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _fast_open(cookie: bytes) -> str:
    """An empty cookie asks for one. Source: RFC 7413 section 4.1.1."""
    return " TFO=C" if cookie else " TFO=R"


def _edges(value: bytes, base: int) -> str:
    """Source: RFC 2018 section 3."""
    pairs = [(_number(value[at : at + 4]), _number(value[at + 4 : at + 8])) for at in range(0, len(value) - 7, 8)]
    return "".join(f" SLE={(left - base) & 0xFFFFFFFF} SRE={(right - base) & 0xFFFFFFFF}" for left, right in pairs)
