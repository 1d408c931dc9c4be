"""The keys a program wrote down for whoever may read its TLS: the format of SSLKEYLOGFILE, from a file or a capture.

Keys are found by the random of the ClientHello. They are never shown: nothing here turns one into text.
Source: RFC 9850 section 2.
"""

from __future__ import annotations

from mailtrace.model import Note

MASTER_SECRET = "CLIENT_RANDOM"
"""The label of the one secret of a connection before TLS 1.3."""

EARLY_SECRET = "CLIENT_EARLY_TRAFFIC_SECRET"
HANDSHAKE_SECRETS = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET")
TRAFFIC_SECRETS = ("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")
"""Those of TLS 1.3, the client's and the server's."""

USED = frozenset({MASTER_SECRET, EARLY_SECRET, *HANDSHAKE_SECRETS, *TRAFFIC_SECRETS})

KEYS_LIMIT = 1_000_000
"""Secrets kept, about 200 MB of them; a connection has one or four."""

RANDOM_BYTES = 32
SECRET_LIMIT_BYTES = 64
"""Octets of the longest secret there is: that of a hash of 512 bits."""


class Keys:
    """Secrets by label and client random; `added` counts them, `malformed` the lines that are none."""

    def __init__(self) -> None:
        """Begin without any."""
        self.added = 0
        self.malformed = 0
        self.left_out = 0
        self._secrets: dict[tuple[bytes, str], bytes] = {}

    def add(self, octets: bytes) -> None:
        """Add the secrets of a key log; empty lines, comments and labels of no use here are passed over."""
        for line in octets.splitlines():
            words = line.split()
            if not words or words[0].startswith(b"#"):
                continue
            label = words[0].decode("ascii", "replace")
            if label not in USED:
                self.malformed += not _is_label(label)
                continue
            random, secret = _unhexed(words[1:2]), _unhexed(words[2:3])
            if len(words) != 3 or len(random) != RANDOM_BYTES or not 0 < len(secret) <= SECRET_LIMIT_BYTES:
                self.malformed += 1
            elif len(self._secrets) >= KEYS_LIMIT:
                self.left_out += 1
            else:
                self._secrets[random, label] = secret
                self.added += 1

    def notes(self) -> list[Note]:
        """Return what was odd about the keys so far."""
        notes = []
        if self.malformed:
            message = f"{self.malformed:,} lines among the keys for TLS are no keys: they are passed over"
            notes.append(Note("bad-keys", message))
        if self.left_out:
            message = f"more keys for TLS than are kept: {self.left_out:,} are left out"
            notes.append(Note("keys-limit", message, damage=True))
        return notes

    def secret(self, label: str, client_random: bytes) -> bytes | None:
        """Return a connection's secret, None when it is not known."""
        return self._secrets.get((client_random, label))


def _unhexed(words: list[bytes]) -> bytes:
    """Return the octets that a word spells, none where it spells nothing."""
    try:
        return bytes.fromhex(words[0].decode("ascii")) if words else b""
    except ValueError:
        return b""


def _is_label(text: str) -> bool:
    """Tell whether a word looks like the label of some secret, perhaps one that is not used here."""
    return text.isascii() and text.replace("_", "").isalnum() and text.upper() == text
