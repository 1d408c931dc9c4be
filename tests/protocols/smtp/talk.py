"""Helpers of the SMTP tests: a conversation fed piece by piece, and what came of it in short."""

from __future__ import annotations

from mailtrace.model import Dialogue, Transport
from mailtrace.protocols.smtp.session import SmtpSession
from tests.protocols.said import C, S, Said, understood

GREETED: tuple[Said, ...] = ((S, b"220 mx ESMTP\r\n"), (C, b"EHLO a\r\n"), (S, b"250 mx\r\n"))
ENVELOPE: tuple[Said, ...] = (
    (C, b"MAIL FROM:<a@b>\r\n"),
    (S, b"250 Ok\r\n"),
    (C, b"RCPT TO:<c@d>\r\n"),
    (S, b"250 Ok\r\n"),
)
ASKED: tuple[Said, ...] = (*GREETED, *ENVELOPE, (C, b"DATA\r\n"), (S, b"354 go\r\n"))
GOODBYE: tuple[Said, ...] = ((C, b"QUIT\r\n"), (S, b"221 Bye\r\n"))


def session(*said: Said) -> SmtpSession:
    """Return a session that was fed all of this and finished."""
    fed = SmtpSession(Transport.TCP)
    understood(fed, said)
    return fed


def talk(*said: Said) -> Dialogue:
    """Return what a session understood of it."""
    return session(*said).dialogue
