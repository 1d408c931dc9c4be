"""What a capture file says besides its frames: interfaces, names, comments, losses, and notes about its faults.

A hostile file can repeat a fault or a remark without end, so everything here is counted exactly and kept up to a limit.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.capture.writer import Writer
from mailtrace.model import Interface, Note

NOTES_KEPT_PER_CODE = 25
"""Notes with one code that are kept in full: enough to see what is wrong, the others are counted."""

PACKETS_KEPT_PER_NOTE = 25
"""Packet numbers a note lists: enough to look some up; the message has the exact count."""

TEXT_LIMIT_BYTES = 8 * 2**20
"""Memory for comments, and as much for names: far above what people write, far below what hostile files hold."""

TEXT_COST_BYTES = 64
"""What keeping a text costs besides its characters, so that ten million empty comments reach the limit too."""

SECRETS_LIMIT_BYTES = 64 * 2**20
"""Memory for secrets that open TLS: a connection has some hundred octets of them, so this is for 100,000."""


class _Tally:
    """A fault many packets share."""

    def __init__(self, message: str, damage: bool) -> None:
        """Begin at 0."""
        self.message = message
        self.damage = damage
        self.count = 0
        self.packets: list[int] = []


class Facts:
    """Gathers what the reader of a capture file learns; read its attributes at any time."""

    def __init__(self, writer: Writer | None = None) -> None:
        """Begin with nothing known; `writer` makes another file of this one, and is told what it needs for that."""
        self.writer = writer
        self.interfaces: list[Interface] = []
        self.names: dict[str, list[str]] = {}
        self.comments: dict[int, list[str]] = {}
        self.secrets: list[bytes] = []  # that open TLS, in the format of SSLKEYLOGFILE
        self.has_secrets = False
        self._secret_bytes = 0
        self._notes: list[Note] = []
        self._codes: dict[str, int] = {}
        self._tallies: dict[str, _Tally] = {}
        self._seen_names: set[tuple[str, str]] = set()
        self._comment_bytes = 0
        self._name_bytes = 0
        self._counted_drops: dict[int, int] = {}
        self._reported_drops: dict[int, int] = {}

    @property
    def dropped(self) -> int:
        """Packets the capturing side says it lost, over all interfaces.

        The drop counts at packets and the totals in statistics blocks tell of the same losses: the larger one holds.
        """
        everyone = self._counted_drops.keys() | self._reported_drops.keys()
        return sum(max(self._counted_drops.get(i, 0), self._reported_drops.get(i, 0)) for i in everyone)

    @property
    def notes(self) -> list[Note]:
        """All notes so far: single ones in the order they were made, then those that count packets, by code."""
        notes = list(self._notes)
        for code, count in self._codes.items():
            if count > NOTES_KEPT_PER_CODE:
                kept = next(note for note in notes if note.code == code)
                more = count - NOTES_KEPT_PER_CODE
                notes.append(Note(code, f"and {more} more notes of this kind", damage=kept.damage))
        for code, tally in sorted(self._tallies.items()):
            unit = "packet" if tally.count == 1 else "packets"
            message = f"{tally.message} ({tally.count} {unit})"
            notes.append(Note(code, message, tuple(tally.packets), tally.damage))
        return notes

    def note(self, code: str, message: str, packets: tuple[int, ...] = (), damage: bool = False) -> None:
        """Keep a note about one place or one thing."""
        count = self._codes[code] = self._codes.get(code, 0) + 1
        if count <= NOTES_KEPT_PER_CODE:
            self._notes.append(Note(code, message, packets, damage))

    def tally(self, code: str, message: str, numbers: Iterable[int], count: int, damage: bool = False) -> None:
        """Count `count` packets under one note; `numbers` are their numbers, or none where they have none."""
        tally = self._tallies.setdefault(code, _Tally(message, damage))
        tally.count += count
        if len(tally.packets) < PACKETS_KEPT_PER_NOTE:
            for number in numbers:
                tally.packets.append(int(number))
                if len(tally.packets) == PACKETS_KEPT_PER_NOTE:
                    break

    def comment(self, packet: int, text: str) -> None:
        """Keep a comment on a packet; 0 stands for the capture as a whole."""
        self._comment_bytes += len(text) + TEXT_COST_BYTES
        if self._comment_bytes <= TEXT_LIMIT_BYTES:
            self.comments.setdefault(packet, []).append(text)
        else:
            message = "the file has more comments than are kept"
            self.tally("comment-limit", message, [packet] if packet else [], 1, damage=True)

    def name(self, address: str, name: str) -> None:
        """Keep a name the file gives for an address; it proves nothing, whoever made the file chose it."""
        if (address, name) in self._seen_names or "name-limit" in self._codes:
            return
        self._name_bytes += len(name) + TEXT_COST_BYTES
        if self._name_bytes > TEXT_LIMIT_BYTES:
            self.note("name-limit", f"only the first {len(self._seen_names)} names in the file are kept", damage=True)
            return
        self._seen_names.add((address, name))
        self.names.setdefault(address, []).append(name)

    def secret(self, kind: str, octets: bytes | None, late: bool) -> None:
        """Note that the file carries secrets of some kind; keep `octets`, if they open TLS. They are never shown.

        `late`: packets stand before them in the file.
        """
        self.has_secrets = True
        self._note_once("secrets", "the file carries secrets that decrypt its traffic")
        if octets is None:
            message = f"the file has secrets that are not for TLS, but for {kind}: they are not used"
            self._note_once("other-secrets", message)
            return
        self._secret_bytes += len(octets)
        if self._secret_bytes > SECRETS_LIMIT_BYTES:
            self._note_once("secrets-limit", "the file has more secrets than are kept", damage=True)
            return
        self.secrets.append(octets)
        if late:
            self._note_once("late-secrets", "secrets stand behind packets in the file: they open what comes after them")

    def _note_once(self, code: str, message: str, damage: bool = False) -> None:
        """Keep a note, the first of its kind only."""
        if code not in self._codes:
            self.note(code, message, damage=damage)

    def drops_before_packet(self, interface: int, count: int) -> None:
        """Add packets lost on an interface since its last packet."""
        self._counted_drops[interface] = self._counted_drops.get(interface, 0) + count

    def drops_in_total(self, interface: int, count: int) -> None:
        """Take over an interface's own count of losses since the capture began."""
        self._reported_drops[interface] = max(count, self._reported_drops.get(interface, 0))
