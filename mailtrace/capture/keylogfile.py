"""The key log that programs write for whoever may read their TLS (`--keylog`), as octets: reading it is `tls`' work."""

from __future__ import annotations

from pathlib import Path

from mailtrace.errors import UnreadableInput

LIMIT_BYTES = 64 << 20
"""A session takes a few hundred octets of a key log: this is a hundred thousand of them, and no capture by mistake."""


def read_keylog(path: str) -> bytes:
    """Return the octets of a key log file, in the format of SSLKEYLOGFILE.

    Raises: `UnreadableInput` when it cannot be read or is far too large to be one.
    """
    try:
        with Path(path).open("rb") as file:
            octets = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise UnreadableInput(f"cannot read the key log {path}: {error.strerror}") from None
    if len(octets) > LIMIT_BYTES:
        raise UnreadableInput(f"{path} is larger than {LIMIT_BYTES >> 20} MB: that is no key log")
    return octets
