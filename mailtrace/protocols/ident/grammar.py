"""The two lines of ident, from octets to words. Source: RFC 1413 section 3 and section 6."""

from __future__ import annotations

import re

from msgspec import Struct

from mailtrace.model import wire_text

MAX_USER_OCTETS = 512  # RFC 1413 section 6
MAX_LINE_OCTETS = 1000  # RFC 1413 section 5: a longer answer may be cut by who asked
MAX_STATUS = 20  # characters of a word that stands where USERID or ERROR should

_PORTS = re.compile(rb"[ \t]*([0-9]{1,9})[ \t]*,[ \t]*([0-9]{1,9})[ \t]*\Z")


class Ports(Struct, frozen=True):
    """The connection in question: `server` is the port at the one who is asked, `client` that at the asker."""

    server: int
    client: int

    @property
    def valid(self) -> bool:
        """Whether both are port numbers."""
        return 0 < self.server < 65536 and 0 < self.client < 65536


class Answer(Struct, frozen=True):
    """What the ident server said.

    `status` is USERID or ERROR, else the word that stands in its place, '' when there is none. `system` (`UNIX`,
    `OTHER` ...), `charset` and `user` belong to USERID, `error` (`NO-USER` ...) to ERROR.
    """

    ports: Ports | None
    status: str
    system: str | None = None
    charset: str | None = None
    user: bytes | None = None
    error: str | None = None

    @property
    def complete(self) -> bool:
        """Whether it has all parts that its kind of answer needs."""
        return self.ports is not None and (self.error is not None or self.user is not None)


def parse_ports(field: bytes) -> Ports | None:
    """Read `server-port , client-port`; None when it is anything else."""
    found = _PORTS.match(field)
    return Ports(int(found[1]), int(found[2])) if found else None


def parse_answer(line: bytes) -> Answer:
    """Read an answer, as far as it is one: the user name is all behind the third colon, colons and spaces included."""
    ports, colon, rest = line.partition(b":")
    if not colon:
        return Answer(parse_ports(line), "")
    word, colon, said = rest.partition(b":")
    status = wire_text(word.strip()).upper()[:MAX_STATUS]
    said = said.strip(b" \t")
    where = parse_ports(ports)
    if status == "ERROR" and said:
        return Answer(where, status, error=wire_text(said))
    system, colon, user = said.partition(b":")
    if status != "USERID" or not colon:
        return Answer(where, status)
    kind, _, charset = system.partition(b",")
    charset_text, name = wire_text(charset.strip()) or None, user.removeprefix(b" ")
    return Answer(where, status, wire_text(kind.strip()), charset_text, name)
