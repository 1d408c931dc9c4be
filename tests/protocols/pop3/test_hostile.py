"""Hostile and damaged POP3, item by item of the acceptance list (H162 to H170), beside what test_session holds."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.model import Command, Data, Dialogue, Gap, GapReason, Side, Transport, Violation, masked
from mailtrace.protocols.pop3.session import Pop3Session
from tests.protocols.pop3.talk import pairs, short, talk

GREETING = ("S", b"+OK POP3 server ready\r\n")
MAIL = b"From: a@b\r\nSubject: x\r\n\r\nUSER none\r\n+OK no answer\r\nend\r\n"
SENT = MAIL + b".\r\n"


@pytest.mark.parametrize(
    "variant",
    [
        b"\n.\n", b"\n.\r", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r.\n", b"\r\n.\n", b"\r\n.\r", b"\r\n.\r\r\n",
        b"\r\r\n.\r\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\n\0.\r\n",
    ],
)  # fmt: skip
def test_h162_only_crlf_dot_crlf_ends_a_message(variant: bytes) -> None:
    """H162: the same rule as for SMTP: the variant stays in the message and is named; dots are unstuffed once."""
    body = b"From: a@b\r\n\r\n..x" + variant + b"+OK y\r\n..\r\n"
    dialogue = talk(
        GREETING, ("C", b"RETR 1\r\n"), ("S", b"+OK\r\n" + body + b".\r\n"), ("C", b"QUIT\r\n"), ("S", b"+OK\r\n")
    )
    kept = b"From: a@b\r\n\r\n.x" + variant.replace(b"\r\n.", b"\r\n") + b"+OK y\r\n.\r\n"
    assert [(one.kept, one.complete) for one in dialogue.contents] == [(kept, True)]
    named = [event.detail for event in dialogue.events if isinstance(event, Violation)]
    assert named == [f"the message holds {variant!r}, which some programs take for its end"]
    assert pairs(dialogue)[-1] == ("QUIT", ["+OK"])


@pytest.mark.parametrize(
    ("command", "answer", "items"),
    [
        (b"RETR 1", SENT, None),
        (b"TOP 1 0", b"From: a@b\r\n\r\n.\r\n", None),
        (b"LIST", b"1 41\r\n.\r\n", 2),
        (b"LIST 1", b"", 1),
        (b"UIDL", b"1 x\r\n.\r\n", 2),
        (b"UIDL 1", b"", 1),
        (b"CAPA", b"TOP\r\n.\r\n", 2),
        (b"AUTH", b"PLAIN\r\n.\r\n", 2),
        (b"XTND BBOARDS", b"system 1\r\n.\r\n", 2),
        (b"XTND BBOARDS system", b"", 1),
    ],
)
def test_h163_pipelined_answers_are_cut_by_what_was_asked(command: bytes, answer: bytes, items: int | None) -> None:
    """H163: which answers have several lines depends on the command and its argument; a refusal has one."""
    asked = command + b"\r\n" + command + b"\r\nNOOP\r\n"
    dialogue = talk(GREETING, ("C", asked), ("S", b"+OK 1 41\r\n" + answer + b"-ERR no\r\n+OK\r\n"))
    verb = command.split(b" ")[0].decode()
    assert pairs(dialogue)[1:] == [(verb, ["+OK"]), (verb, ["-ERR"]), ("NOOP", ["+OK"])]
    assert len(dialogue.contents) == (items is None)
    if items is not None:
        assert len(dialogue.turns[1].replies[0].lines) == items


@pytest.mark.parametrize("tail", [b"+OK\r\n", b"+OK 41 octets\r\n", b"+OK\r\nFrom: a", b"+OK\r\nFrom: a@b\r\n."])
def test_h164_a_capture_that_ends_behind_ok(tail: bytes) -> None:
    """H164: nothing is complete that was not seen to its end."""
    dialogue = talk(GREETING, ("C", b"RETR 1\r\n"), ("S", tail), how="open")
    assert pairs(dialogue)[1:] == [("RETR", ["+OK"])]
    assert not any(one.complete for one in dialogue.contents)


def test_h166_a_message_of_one_line_is_capped() -> None:
    """H166: 80 MB without a line end: hashed and counted whole, kept up to a limit."""
    session = Pop3Session(Transport.TCP)
    for packet, (side, octets) in enumerate([(Side.SERVER, GREETING[1]), (Side.CLIENT, b"RETR 1\r\n")], 1):
        session.feed(Data(side, octets, packet, packet))
    session.feed(Data(Side.SERVER, b"+OK\r\nFrom: a@b\r\n\r\n", 3, 3))
    tracemalloc.start()
    for packet in range(4, 1204):
        session.feed(Data(Side.SERVER, bytes(65_536), packet, packet))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    session.feed(Data(Side.SERVER, b"\r\n.\r\n", 1204, 1204))
    session.finish()
    content = session.dialogue.contents[0]
    assert (content.size_bytes, content.complete, content.kept_all) == (13 + 1200 * 65_536 + 2, True, False)
    assert peak < 70_000_000
    assert len(content.kept) == 64 * 1024 * 1024


@pytest.mark.parametrize(
    "line",
    [
        b"PASS s3cret", b"PASS s3cret with spaces", b"pass \xff\xfes3cret", b"PASS  s3cret", b"APOP kim s3cret",
        b"AUTH PLAIN AHMzY3JldA==", b"AUTH s3cret", b"auth login czNjcmV0",
    ],
)  # fmt: skip
def test_h167_secrets_of_every_kind(line: bytes) -> None:
    """H167: PASS with spaces and octets above 127, APOP, AUTH with an initial response."""
    dialogue = talk(GREETING, ("C", line + b"\r\n"), ("S", b"-ERR [AUTH] no\r\n"))
    shown = b"".join(masked(event.line, event.secrets) for event in dialogue.events if isinstance(event, Command))
    assert b"********" in shown
    assert not any(secret in shown for secret in (b"s3cret", b"AHMzY3JldA", b"czNjcmV0"))


@pytest.mark.parametrize(
    "verb", [b"DELE 1", b"RSET", b"QUIT", b"UTF8", b"LANG ko", b"RPOP kim", b"LAST", b"NOOP", b"XTND X"]
)
def test_h170_commands_seldom_seen(verb: bytes) -> None:
    """H170: shown, answered by one line, and nothing behind them is misread."""
    dialogue = talk(GREETING, ("C", verb + b"\r\nSTAT\r\n"), ("S", b"+OK done\r\n+OK 0 0\r\n"))
    assert short(dialogue)[1:] == [
        f"C {verb.split(b' ')[0].decode()}: {verb.decode()}", "C STAT: STAT", "S +OK: done", "S +OK: 0 0",
    ]  # fmt: skip


def test_h170_a_mail_sent_by_xtnd_xmit() -> None:
    """H170: however the client and the server are captured, lines of the mail are no commands."""
    mail = b"From: kim@b\r\n\r\nRETR 1\r\n..x\r\n.\r\n"
    asked, told = ("C", b"XTND XMIT\r\n"), ("S", b"+OK send\r\n")
    for said in (
        [GREETING, asked, told, ("C", mail), ("S", b"+OK sent\r\n"), ("C", b"QUIT\r\n"), ("S", b"+OK\r\n")],
        [GREETING, ("C", b"XTND XMIT\r\n" + mail + b"QUIT\r\n"), ("S", b"+OK send\r\n+OK sent\r\n+OK\r\n")],
        [GREETING, asked, ("S", 10), ("C", mail), ("S", b"+OK sent\r\n"), ("C", b"QUIT\r\n"), ("S", b"+OK\r\n")],
        [asked, ("C", mail), ("C", b"QUIT\r\n")],
    ):
        dialogue = talk(*said)
        assert [event.verb for event in dialogue.events if isinstance(event, Command)] == ["XTND", "QUIT"]
        assert [(one.how, one.kept) for one in dialogue.contents] == [("XMIT", b"From: kim@b\r\n\r\nRETR 1\r\n.x\r\n")]


LOGIN = [("C", b"USER kim\r\n"), ("S", b"+OK\r\n"), ("C", b"PASS s3cret\r\n"), ("S", b"+OK in\r\n")]
FETCH = [("C", b"RETR 1\r\n"), ("S", b"+OK\r\n" + SENT[:30]), ("S", SENT[30:])]
GROUP = [("C", b"LIST\r\nRETR 1\r\nDELE 1\r\n"), ("S", b"+OK\r\n1 9\r\n.\r\n+OK\r\n" + SENT + b"+OK gone\r\n")]
BLOCKS = {
    "login": LOGIN,
    "fetch": FETCH,
    "group": GROUP,
    "list": [("C", b"LIST\r\n"), ("S", b"+OK\r\n1 9\r\n"), ("S", b"2 9\r\n.\r\n")],
    "stat": [("C", b"STAT\r\n"), ("S", b"+OK 1 9\r\n")],
    "auth": [("C", b"AUTH LOGIN\r\n"), ("S", b"+ eA==\r\n"), ("C", b"czNjcmV0\r\n"), ("S", b"+OK in\r\n")],
}


def _understood(said: list[tuple[str, bytes]], lost: int | None) -> Dialogue:
    session = Pop3Session(Transport.TCP)
    for packet, (who, octets) in enumerate(said, 1):
        side = Side.CLIENT if who == "C" else Side.SERVER
        missing = packet - 1 == lost
        session.feed(
            Gap(side, len(octets), GapReason.LOST, packet, packet) if missing else Data(side, octets, packet, packet)
        )
    session.finish()
    return session.dialogue


def _surely(dialogue: Dialogue) -> list[bytes]:
    return [event.line for event in dialogue.events if isinstance(event, Command) and event.certain]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(sorted(BLOCKS)), min_size=1, max_size=4), st.integers(0, 10**6))
def test_one_lost_segment_invents_nothing_and_is_overcome(blocks: list[str], chance: int) -> None:
    """H164, H167 and the invariants on holes: nothing certain is made up, no secret shown, all certain again soon."""
    said = [GREETING, *[each for block in blocks for each in BLOCKS[block]]]
    whole = [*said, *BLOCKS["stat"], *FETCH, ("C", b"QUIT\r\n"), ("S", b"+OK bye\r\n")]
    clean, dialogue = _understood(whole, None), _understood(whole, chance % len(said))
    commands = _surely(clean)
    for line in _surely(dialogue):
        assert line in commands
        commands.remove(line)
    assert all(one.kept == MAIL for one in dialogue.contents if one.complete)
    assert pairs(dialogue)[-2:] == [("RETR", ["+OK"]), ("QUIT", ["+OK"])]
    assert (dialogue.contents[-1].kept, dialogue.contents[-1].complete) == (MAIL, True)
    assert _surely(dialogue)[-2:] == [b"RETR 1", b"QUIT"]
    assert not any("s3cret" in line or "czNjcmV0" in line for line in short(dialogue))


def test_p256_a_response_without_its_auth_is_masked() -> None:
    """P256: the capture begins with the response; NUL lee NUL hunter2 in base64."""
    dialogue = talk(("C", b"AGxlZQBodW50ZXIy\r\n"), ("S", b"+OK\r\n"), ("C", b"QUIT\r\n"), ("S", b"+OK\r\n"))
    assert not any("AGXLZQ" in line.upper() for line in short(dialogue))


def test_p256_a_password_is_no_name_where_the_name_is_missing() -> None:
    """P256: AUTH LOGIN, whose first response fell into a hole of the capture; the second is the password, hunter2."""
    login = [("C", b"AUTH LOGIN\r\n"), ("S", b"+ VXNlcm5hbWU6\r\n"), ("C", len(b"bGVl\r\n"))]
    dialogue = talk(GREETING, *login, ("S", b"+ UGFzc3dvcmQ6\r\n"), ("C", b"aHVudGVyMg==\r\n"), ("S", b"+OK\r\n"))
    assert [login.user for login in dialogue.logins] == [None]
