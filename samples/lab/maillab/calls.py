"""Calls: a client's connection to a server, spoken line by line, and its record of what was said.

A scenario plays the mail programs itself, so that it decides every word and every pause, and what goes into one packet.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from maillab.machines import LabError, Machine

SECONDS_TO_ANSWER = 30
"""Longer than any pause that a server of the lab makes on purpose."""


@dataclass
class Record:
    """What was said in one call: when, by whom (`C` and `S`; `T` says which TLS was agreed on), and what."""

    client: str
    local: tuple[str, int]
    peer: tuple[str, int]
    lines: list[tuple[float, str, bytes]] = field(default_factory=list)


class Call:
    """A connection from a machine of the lab to another; to be used in a `with` statement."""

    def __init__(self, connection: socket.socket, caller: str, server: Machine, record: Record) -> None:
        """Speak through an open connection, from the machine called `caller`; what is said goes into the record."""
        connection.settimeout(SECONDS_TO_ANSWER)
        self._socket = connection
        self._caller = caller
        self._server = server
        self._record = record
        self._unread = b""

    def __enter__(self) -> Self:
        """Return the call itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self._socket.close()

    def say(self, *lines: str) -> None:
        """Send lines, all in one segment."""
        self.send("".join(f"{line}\r\n" for line in lines).encode())

    def send(self, octets: bytes) -> None:
        """Send octets as they are."""
        self._note("C", octets)
        self._socket.sendall(octets)

    def line(self) -> str:
        """Wait for one line and return it without its end. Raises: LabError where none comes."""
        while b"\n" not in self._unread:
            try:
                octets = self._socket.recv(65536)
            except TimeoutError:
                octets = b""
            if not octets:
                raise LabError(f"{self._server.name} said no more to {self._caller}, where an answer was due")
            self._unread += octets
        line, _, self._unread = self._unread.partition(b"\n")
        self._note("S", line + b"\n")
        return line.decode("utf-8", "replace").removesuffix("\r")

    def expect(self, line: str, start: str) -> str:
        """Return the line. Raises: LabError if it does not begin as the scenario has it."""
        if not line.startswith(start):
            raise LabError(f"{self._caller} heard {line!r} from {self._server.name}, and not {start}")
        return line

    def read_until(self, last: Callable[[str], bool]) -> list[str]:
        """Read lines up to the one that is the last."""
        lines = [self.line()]
        while not last(lines[-1]):
            lines.append(self.line())
        return lines

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on inside TLS."""
        secure = context.wrap_socket(self._socket, server_hostname=self._server.hostname)
        self._note("T", f"{secure.version()} {secure.cipher()}".encode())
        self._socket = secure

    def end_tls(self) -> None:
        """Say the goodbye of TLS and hear that of the server, if it says one."""
        with suppress(OSError):  # some servers hang up instead
            if isinstance(self._socket, ssl.SSLSocket):
                self._socket = self._socket.unwrap()

    def wait_for_end(self) -> None:
        """Wait until the server hangs up."""
        while self._socket.recv(65536):
            pass

    def _note(self, who: str, octets: bytes) -> None:
        self._record.lines.append((time.time(), who, octets))


class SmtpCall(Call):
    """Speaks SMTP."""

    def hear(self, *codes: int) -> str:
        """Read one reply for each code and return the last line. Raises: LabError on another code."""
        line = ""
        for code in codes:
            line = self.expect(self.read_until(lambda line: line[3:4] != "-")[-1], str(code))
        return line

    def ask(self, command: str, code: int) -> str:
        """Say a command and read its reply. Raises: LabError on another code."""
        self.say(command)
        return self.hear(code)

    def send_mail(self, sender: str, recipients: list[str], lines: list[str]) -> str:
        """Send a mail that the server takes, without hurry, and return what it says in the end."""
        self.ask(f"MAIL FROM:<{sender}>", 250)
        for recipient in recipients:
            self.ask(f"RCPT TO:<{recipient}>", 250)
        return self.send_data("".join(f"{line}\r\n" for line in lines).encode())

    def send_data(self, mail: bytes) -> str:
        """Send a mail's octets after DATA, and return what the server says in the end."""
        self.ask("DATA", 354)
        self.send_dotted(mail)
        return self.hear(250)

    def send_dotted(self, mail: bytes) -> None:
        """Send a mail's octets with the dots at the beginning of lines doubled, and a line with a dot after it."""
        doubled = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in mail.split(b"\r\n"))
        self.send(doubled + b".\r\n")


class Pop3Call(Call):
    """Speaks POP3."""

    def hear(self, start: str = "+OK") -> str:
        """Read an answer of one line. Raises: LabError if it begins otherwise."""
        return self.expect(self.line(), start)

    def ask(self, command: str, start: str = "+OK") -> str:
        """Say a command and read its one line."""
        self.say(command)
        return self.hear(start)

    def ask_for_lines(self, command: str) -> list[str]:
        """Say a command whose answer ends with a line that is a dot, and return what is between."""
        self.ask(command)
        return self.read_until(lambda line: line == ".")[:-1]

    def log_in(self, user: str) -> None:
        """Read the greeting and log in; in the lab a user's password is the user's name."""
        self.hear()
        self.ask_for_lines("CAPA")
        self.ask(f"USER {user}")
        self.ask(f"PASS {user}")

    def fetch_all(self) -> None:
        """Fetch every mail of the mailbox, leave all of them there, and say goodbye."""
        for line in self.ask_for_lines("LIST"):
            self.ask_for_lines(f"RETR {line.split()[0]}")
        self.ask("QUIT")


class ImapCall(Call):
    """Speaks IMAP; tags are a001, a002 and so on."""

    _count = 0

    def tag(self) -> str:
        """Return the next tag."""
        self._count += 1
        return f"a{self._count:03}"

    def ask(self, command: str, status: str = "OK") -> list[str]:
        """Say a command with the next tag and read up to its answer. Raises: LabError on another status."""
        tag = self.tag()
        self.say(f"{tag} {command}")
        return self.hear(tag, status)

    def hear(self, tag: str, status: str = "OK") -> list[str]:
        """Read up to the answer of that tag, or of `+` or `*`. Raises: LabError on another status."""
        lines = self.read_until(lambda line: line.startswith(f"{tag} "))
        self.expect(lines[-1], tag if tag in ("+", "*") else f"{tag} {status}")
        return lines

    def hear_all(self, tags: list[str]) -> None:
        """Read until commands sent together are all answered, in whatever order the server likes."""
        waiting = set(tags)
        while waiting:
            waiting.discard(self.line().partition(" ")[0])
