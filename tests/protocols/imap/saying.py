"""Helpers of the IMAP tests: a conversation fed piece by piece, and what came of it in short."""

from __future__ import annotations

from mailtrace.model import Command, Dialogue, Transport
from mailtrace.protocols.imap.session import ImapSession
from tests.protocols.said import C, S, Said, understood
from tests.protocols.transcripts import shown

READY: tuple[Said, ...] = ((S, b"* OK ready\r\n"),)
OPENED: tuple[Said, ...] = (*READY, (C, b"a0 SELECT INBOX\r\n"), (S, b"a0 OK done\r\n"))
GOODBYE: tuple[Said, ...] = ((C, b"z9 LOGOUT\r\n"), (S, b"* BYE\r\nz9 OK bye\r\n"))
LEFT = ["command: z9 LOGOUT", "reply: BYE", "reply: z9 OK bye"]
"""What comes of GOODBYE while all is in step."""


def talk(*said: Said) -> Dialogue:
    """Return what a session understood of it."""
    return understood(ImapSession(Transport.TCP), said)


def left(dialogue: Dialogue) -> list[str]:
    """Return the last three lines of events: those of GOODBYE while all is in step."""
    return shown(dialogue, ())[-3:]


def verbs(dialogue: Dialogue) -> list[str]:
    """Return the verbs of all commands."""
    return [event.verb for event in dialogue.events if isinstance(event, Command)]
