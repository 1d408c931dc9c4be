"""When something happened for a mail conversation: what waited for its answer then is its likely cause."""

from __future__ import annotations

import pytest

from mailtrace.explain.draft import Scene
from mailtrace.explain.journeys.moments import moment
from mailtrace.mail.naming import Naming
from tests.explain.making import CLIENT, Talk


def talk() -> Talk:
    """Packets 10 to 40, every command and answer with room between them; 26 and 28 come before either is answered."""
    talk = Talk()
    talk.handshake(10, 0.0)
    talk.reply(14, 0.1, "220", "ready")
    talk.command(16, 0.2, "EHLO client")
    talk.reply(18, 0.3, "250", "hello")
    talk.command(20, 0.4, "AUTH PLAIN AGxlZQ==", ((11, 19),))
    talk.reply(24, 0.5, "235", "ok")
    talk.command(26, 0.6, "MAIL FROM:<lee@mail.naver.com>")
    talk.command(28, 0.7, "RCPT TO:<kim@daum.net>")
    talk.reply(30, 0.8, "250", "ok")
    talk.reply(31, 0.8, "250", "ok")
    talk.command(32, 0.9, "DATA")
    talk.reply(34, 1.0, "354", "go on")
    talk.data(36, 1.1, CLIENT, 30)
    talk.content("DATA", (36,), b"x")
    talk.reply(38, 1.2, "250", "queued")
    talk.command(40, 1.3, "QUIT")
    return talk


@pytest.mark.parametrize(
    ("packet", "name", "said"),
    [
        (9, "", "before it is opened"),
        (13, "", "before the greeting"),
        (15, "", "after the greeting"),
        (17, "", "while EHLO client waits for its answer"),
        (19, "", "after the answer to EHLO client"),
        (22, "", "while AUTH PLAIN ******** waits for its answer"),
        (29, "", "while MAIL FROM:<lee@mail.naver.com> waits for its answer"),
        (29, "daum.net.", "while RCPT TO:<kim@daum.net> waits for its answer"),
        (29, "_dmarc.MAIL.naver.com", "while MAIL FROM:<lee@mail.naver.com> waits for its answer"),
        (29, "net", "while MAIL FROM:<lee@mail.naver.com> waits for its answer"),
        (33, "", "while DATA waits for its answer"),
        (35, "", "while DATA waits for its answer"),
        (37, "", "while the mail waits for its answer"),
        (39, "", "after the answer to DATA"),
        (41, "", "after it has ended"),
    ],
)
def test_what_waits_at_that_moment(packet: int, name: str, said: str) -> None:
    scene = Scene(talk().conversation(), Naming([]), {})
    assert moment(scene, packet, name) == said
