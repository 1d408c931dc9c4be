"""POP3 conversations: pairing, multi-line rules, logins, messages, holes, one side only, STLS."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.model import Content, Encryption, Login, Outcome, Reply, Violation
from tests.protocols.pop3.talk import pairs, short, talk

GREETING = ("S", b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n")
MAIL = b"From: a@b\r\nSubject: x\r\n\r\n..dots\r\n.\r\nend\r\n"
STUFFED = b"From: a@b\r\nSubject: x\r\n\r\n...dots\r\n..\r\nend\r\n.\r\n"


def test_a_usual_session() -> None:
    dialogue = talk(
        GREETING,
        ("C", b"CAPA\r\n"), ("S", b"+OK\r\nTOP\r\nUIDL\r\n.\r\n"),
        ("C", b"USER kim\r\n"), ("S", b"+OK\r\n"),
        ("C", b"PASS kim\r\n"), ("S", b"+OK Logged in.\r\n"),
        ("C", b"STAT\r\n"), ("S", b"+OK 1 41\r\n"),
        ("C", b"LIST\r\n"), ("S", b"+OK 1 messages:\r\n1 41\r\n.\r\n"),
        ("C", b"RETR 1\r\n"), ("S", b"+OK 41 octets\r\n" + STUFFED),
        ("C", b"DELE 1\r\n"), ("S", b"+OK Marked to be deleted.\r\n"),
        ("C", b"QUIT\r\n"), ("S", b"+OK Logging out, messages deleted.\r\n"),
    )  # fmt: skip
    assert short(dialogue) == [
        "S +OK: POP3 server ready <1896.697170952@dbc.mtview.ca.us>",
        "C CAPA: CAPA",
        "S +OK: |TOP|UIDL",
        "C USER: USER kim",
        "S +OK: ",
        "C PASS: PASS ********",
        "S +OK: Logged in.",
        "C STAT: STAT",
        "S +OK: 1 41",
        "C LIST: LIST",
        "S +OK: 1 messages:|1 41",
        "C RETR: RETR 1",
        "S +OK: 41 octets",
        "RETR 41 whole",
        "C DELE: DELE 1",
        "S +OK: Marked to be deleted.",
        "C QUIT: QUIT",
        "S +OK: Logging out, messages deleted.",
    ]
    assert dialogue.logins == [Login("USER", "kim", True, (4, 6, 7))]
    content = dialogue.contents[0]
    assert (content.kept, content.size_bytes, content.sha256) == (MAIL, 41, hashlib.sha256(MAIL).hexdigest())
    assert (content.packets, content.start_ns, content.end_ns, content.holes) == ((13,), 13, 13, ())
    reply = dialogue.turns[1].replies[0]
    assert (reply.outcome, reply.packets, reply.lines) == (Outcome.GOOD, (3,), (b"", b"TOP", b"UIDL"))
    assert (dialogue.turns[0].command, len(dialogue.turns)) == (None, 9)


@pytest.mark.parametrize(
    ("command", "answer", "said"),
    [
        (b"LIST 1", b"+OK 1 41", "S +OK: 1 41"),
        (b"LIST 1", b"-ERR no such message", "S -ERR: no such message"),
        (b"LIST ", b"+OK\r\n1 41\r\n.", "S +OK: |1 41"),
        (b"UIDL 1", b"+OK 1 whqtswO00WBw418f9t5JxYwZ", "S +OK: 1 whqtswO00WBw418f9t5JxYwZ"),
        (b"uidl", b"+OK\r\n1 a\r\n..x\r\n.", "S +OK: |1 a|.x"),
        (b"CAPA", b"-ERR unknown", "S -ERR: unknown"),
        (b"AUTH", b"+OK\r\nPLAIN\r\n.", "S +OK: |PLAIN"),
        (b"LANG", b"+OK\r\nen English\r\n.", "S +OK: |en English"),
        (b"LANG fr", b"+OK fr la langue", "S +OK: fr la langue"),
        (b"UTF8", b"+OK UTF8 enabled", "S +OK: UTF8 enabled"),
        (b"RPOP lee", b"-ERR no", "S -ERR: no"),
        (b"XTND XMIT", b"-ERR no", "S -ERR: no"),
        (b"RETR 9", b"-ERR no such message", "S -ERR: no such message"),
        (b"DELE 1", b"+OK", "S +OK: "),
        (b"RSET", b"+ok reset", "S +OK: reset"),
        (b"NOOP", b"-err [SYS/TEMP] busy", "S -ERR: [SYS/TEMP] busy"),
    ],
)
def test_what_follows_the_first_line(command: bytes, answer: bytes, said: str) -> None:
    """H163, H170: and the next command is understood whatever came before."""
    dialogue = talk(
        GREETING, ("C", command + b"\r\n"), ("S", answer + b"\r\n"), ("C", b"STAT\r\n"), ("S", b"+OK 0 0\r\n")
    )
    assert short(dialogue)[2:] == [said, "C STAT: STAT", "S +OK: 0 0"]


def test_top_and_the_same_message_twice() -> None:
    """H168: top and the same message twice."""
    dialogue = talk(
        GREETING, ("C", b"TOP 1 0\r\nRETR 1\r\nRETR 1\r\n"),
        ("S", b"+OK\r\nFrom: a@b\r\n\r\n.\r\n+OK\r\n" + STUFFED + b"+OK\r\n" + STUFFED),
    )  # fmt: skip
    assert [(each.how, each.size_bytes) for each in dialogue.contents] == [("TOP", 13), ("RETR", 41), ("RETR", 41)]
    assert dialogue.contents[1].sha256 == dialogue.contents[2].sha256


def test_pipelined() -> None:
    """H163: pipelined."""
    dialogue = talk(
        GREETING,
        ("C", b"LIST\r\nRETR 1\r\nUIDL 1\r\nRETR 2\r\nCAPA\r\nQUIT\r\n"),
        ("S", b"+OK\r\n1 41\r\n.\r\n+OK\r\n" + STUFFED + b"+OK 1 x\r\n-ERR gone\r\n+OK\r\nTOP\r\n.\r\n+OK bye\r\n"),
    )
    assert pairs(dialogue) == [
        (None, ["+OK"]), ("LIST", ["+OK"]), ("RETR", ["+OK"]), ("UIDL", ["+OK"]),
        ("RETR", ["-ERR"]), ("CAPA", ["+OK"]), ("QUIT", ["+OK"]),
    ]  # fmt: skip
    said = short(dialogue)
    assert said[said.index("S +OK: ") + 1] == "RETR 41 whole"
    assert not any(line.startswith("!") for line in said)


def test_content_stands_right_behind_its_reply_even_when_commands_come_meanwhile() -> None:
    half = len(STUFFED) // 2
    dialogue = talk(
        GREETING, ("C", b"RETR 1\r\n"), ("S", b"+OK\r\n" + STUFFED[:half]), ("C", b"QUIT\r\n"), ("S", STUFFED[half:])
    )
    assert short(dialogue)[2:] == ["S +OK: ", "RETR 41 whole", "C QUIT: QUIT"]


def test_size_that_differs_is_named_and_the_body_wins() -> None:
    """H165: size that differs is named and the body wins."""
    dialogue = talk(GREETING, ("C", b"RETR 1\r\n"), ("S", b"+OK 120 octets\r\n" + STUFFED))
    assert dialogue.contents[0].size_bytes == 41
    violation = dialogue.events[-1]
    assert isinstance(violation, Violation)
    assert (violation.code, violation.detail) == ("size-mismatch", "120 octets were announced, 41 came")


def test_retr_refused_and_retr_without_a_body() -> None:
    """H164: retr refused and retr without a body."""
    assert short(talk(GREETING, ("C", b"RETR 1\r\n"), ("S", b"+OK 41 octets\r\n")))[2:] == ["S +OK: 41 octets"]
    dialogue = talk(GREETING, ("C", b"RETR 1\r\n"), ("S", b"+OK\r\n"), ("C", b"NOOP\r\n"), ("S", b"+OK there\r\n"))
    assert pairs(dialogue) == [(None, ["+OK"]), ("RETR", ["+OK"]), ("NOOP", ["+OK"])]


def test_capture_that_ends_inside_a_message() -> None:
    """H164: capture that ends inside a message."""
    dialogue = talk(GREETING, ("C", b"RETR 1\r\n"), ("S", b"+OK 41 octets\r\n" + STUFFED[:20]), how="open")
    assert short(dialogue)[2:] == ["S +OK: 41 octets", "RETR 20 partial"]


def test_dots_that_end_nothing() -> None:
    """H162: dots that end nothing."""
    body = b"From: a@b\r\n\r\nx\n.\ny\n.\r\nz\r\n"
    dialogue = talk(GREETING, ("C", b"RETR 1\r\n"), ("S", b"+OK\r\n" + body + b".\r\n"))
    assert dialogue.contents[0].kept == body
    assert short(dialogue).count("! end-of-data-variant") == 2


@pytest.mark.parametrize(
    ("line", "shown", "login"),
    [
        (b"PASS secret", "PASS ********", Login("USER", None, True, (2, 3))),
        (b"pass  two words \xff", "pass ********", Login("USER", None, True, (2, 3))),
        (b"PASS ", "PASS ", Login("USER", None, True, (2, 3))),
        (b"APOP mrose c4c9334bac560ecc979e58001b3e22fb", "APOP mrose ********", Login("APOP", "mrose", True, (2, 3))),
        (b"AUTH PLAIN AGxlZQBsZWU=", "AUTH PLAIN ********", Login("PLAIN", "lee", True, (2, 3))),
        (b"AUTH hunter2", "AUTH ********", Login("?", None, True, (2, 3))),
    ],
)
def test_secrets_in_commands(line: bytes, shown: str, login: Login) -> None:
    """H167: secrets in commands."""
    dialogue = talk(GREETING, ("C", line + b"\r\n"), ("S", b"+OK\r\n"))
    assert short(dialogue)[1].partition(": ")[2] == shown
    assert dialogue.logins == [login]


def test_user_refused_and_password_refused() -> None:
    dialogue = talk(
        GREETING, ("C", b"USER lee\r\n"), ("S", b"-ERR who\r\n"),
        ("C", b"USER kim\r\n"), ("S", b"+OK\r\n"), ("C", b"PASS x\r\n"), ("S", b"-ERR [AUTH] no\r\n"),
    )  # fmt: skip
    assert dialogue.logins == [Login("USER", "lee", False, (2, 3)), Login("USER", "kim", False, (4, 6, 7))]


def test_login_that_nobody_answers() -> None:
    assert talk(("C", b"USER kim\r\nPASS x\r\n")).logins == [Login("USER", "kim", None, (1,))]


def test_sasl_exchanges() -> None:
    """H167: sasl exchanges."""
    dialogue = talk(
        GREETING,
        ("C", b"AUTH LOGIN\r\n"), ("S", b"+ VXNlcm5hbWU6\r\n"), ("C", b"bGVl\r\n"), ("S", b"+ UGFzc3dvcmQ6\r\n"),
        ("C", b"QUIT\r\n"), ("S", b"-ERR no\r\n"),
        ("C", b"AUTH PLAIN\r\n"), ("S", b"+ \r\n"), ("C", b"*\r\n"), ("S", b"-ERR cancelled\r\n"),
        ("C", b"AUTH PLAIN\r\n"), ("S", b"+\r\n"), ("C", b"AGxlZQBsZWU=\r\n"), ("S", b"+OK in\r\n"),
        ("C", b"QUIT\r\n"), ("S", b"+OK\r\n"),
    )  # fmt: skip
    assert pairs(dialogue) == [
        (None, ["+OK"]),
        ("AUTH", ["+", "+", "-ERR"]),
        ("AUTH", ["+", "-ERR"]),
        ("AUTH", ["+", "+OK"]),
        ("QUIT", ["+OK"]),
    ]
    assert [line for line in short(dialogue) if line.startswith("C ...")] == [
        "C ... ********", "C ... ********", "C ... *", "C ... ********",
    ]  # fmt: skip
    assert dialogue.logins == [
        Login("LOGIN", "lee", False, (2, 3, 4, 5, 6, 7)),
        Login("PLAIN", None, False, (8, 9, 10, 11)),
        Login("PLAIN", "lee", True, (12, 13, 14, 15)),
    ]
    assert dialogue.turns[1].replies[0].outcome is Outcome.MORE
    assert [len(turn.continuations) for turn in dialogue.turns] == [0, 2, 1, 1, 0]


def test_responses_stay_secret_when_the_server_was_not_captured_or_refused() -> None:
    for server in ((), (("S", b"-ERR no such mechanism\r\n"),)):
        dialogue = talk(
            ("C", b"AUTH LOGIN\r\n"), *server, ("C", b"bGVl\r\n"), ("C", b"c2VjcmV0\r\n"), ("C", b"QUIT\r\n")
        )
        assert [line for line in short(dialogue) if line.startswith("C")] == [
            "C AUTH: AUTH LOGIN", "C ... ********", "C ... ********", "C QUIT: QUIT",
        ]  # fmt: skip


def test_broken_base64_is_named_once() -> None:
    dialogue = talk(
        GREETING, ("C", b"AUTH LOGIN\r\n"), ("S", b"+ x\r\n"), ("C", b"###\r\n"), ("S", b"+ x\r\n"), ("C", b"#\r\n")
    )
    assert short(dialogue).count("! bad-base64") == 1


def test_server_only() -> None:
    """H169: messages are known by the header behind +OK, lists by anything else; a lone +OK is one line."""
    dialogue = talk(
        GREETING, ("S", b"+OK\r\n"), ("S", b"+OK in\r\n"), ("S", b"+OK\r\n1 41\r\n.\r\n"), ("S", b"+OK 41 octets\r\n"),
        ("S", STUFFED), ("S", b"-ERR no\r\n+OK bye\r\n"),
    )  # fmt: skip
    assert short(dialogue)[1:] == [
        "S +OK: ", "S +OK: in", "S +OK: |1 41", "S +OK: 41 octets", "RETR 41 whole", "S -ERR: no", "S +OK: bye",
    ]  # fmt: skip
    assert dialogue.contents[0].kept == MAIL


def test_client_only() -> None:
    """H169: client only."""
    dialogue = talk(("C", b"USER a\r\nPASS b\r\nLIST\r\nRETR 1\r\nQUIT\r\n"))
    assert short(dialogue) == [
        "C USER: USER a",
        "C PASS: PASS ********",
        "C LIST: LIST",
        "C RETR: RETR 1",
        "C QUIT: QUIT",
    ]


def test_pending_commands_are_limited() -> None:
    """H169: pending commands are limited."""
    assert short(talk(("C", b"NOOP\r\n" * 3000))) == ["C NOOP: NOOP"] * 3000
    dialogue = talk(GREETING, ("C", b"NOOP\r\n" * 1500), ("S", b"+OK\r\n" * 1500))
    assert len([turn for turn in dialogue.turns if turn.command and turn.replies]) == 1000
    assert "! too-many-pending-commands" in short(dialogue)


def test_more_answers_than_commands() -> None:
    dialogue = talk(
        GREETING, ("C", b"NOOP\r\n"), ("S", b"+OK\r\n+OK again\r\n"), ("C", b"STAT\r\n"), ("S", b"+OK 0 0\r\n")
    )
    assert pairs(dialogue) == [(None, ["+OK"]), ("NOOP", ["+OK"]), (None, ["+OK"]), ("STAT", ["+OK"])]
    assert short(dialogue).count("! unmatched-reply") == 1


def test_command_before_the_greeting() -> None:
    dialogue = talk(("C", b"USER kim\r\n"), GREETING, ("S", b"+OK\r\n"))
    assert pairs(dialogue) == [("USER", ["+OK"]), (None, ["+OK"])]
    assert "! early-talker" in short(dialogue)


def test_capture_that_begins_after_the_greeting() -> None:
    dialogue = talk(("C", b"STAT\r\n"), ("S", b"+OK 1 41\r\n"), ("C", b"LIST\r\n"), ("S", b"+OK\r\n1 41\r\n.\r\n"))
    assert pairs(dialogue) == [("STAT", ["+OK"]), ("LIST", ["+OK"])]


def test_capture_that_begins_inside_a_message() -> None:
    dialogue = talk(("S", b"some text\r\nof a mail\r\n.\r\n"), ("C", b"DELE 1\r\n"), ("S", b"+OK gone\r\n"))
    assert short(dialogue) == ["! bad-reply", "C DELE: DELE 1", "S +OK: gone"]
    assert pairs(dialogue) == [("DELE", ["+OK"])]


def test_hole_in_a_message() -> None:
    begin, end = ("S", b"+OK\r\nFrom: a@b\r\n\r\nx"), ("S", b"y\r\n.\r\n")
    dialogue = talk(GREETING, ("C", b"RETR 1\r\n"), begin, ("S", 10), end, ("C", b"STAT\r\n"), ("S", b"+OK 1 41\r\n"))
    content = dialogue.contents[0]
    assert (content.complete, content.size_bytes, content.holes) == (False, 27, ((14, 10),))
    assert pairs(dialogue)[1:] == [("RETR", ["+OK"]), ("STAT", ["+OK"])]


def test_hole_over_the_end_of_a_message() -> None:
    dialogue = talk(GREETING, ("C", b"RETR 1\r\n"), ("S", b"+OK\r\nFrom: a@b\r\n\r\nx"), ("S", 5), ("C", b"STAT\r\n"),
                    ("S", b"+OK 1 41\r\n"), ("C", b"LIST\r\n"), ("S", b"+OK\r\n1 41\r\n.\r\n"))  # fmt: skip
    assert [(each.complete, each.size_bytes) for each in dialogue.contents] == [(False, 19)]
    assert short(dialogue)[-1] == "S +OK: |1 41"
    assert pairs(dialogue)[-1] == ("LIST", ["+OK"])


def test_hole_over_the_end_of_a_list() -> None:
    dialogue = talk(
        GREETING, ("C", b"LIST\r\n"), ("S", b"+OK\r\n1 41\r\n"), ("S", 5), ("C", b"STAT\r\n"), ("S", b"+OK 1 41\r\n")
    )
    assert [line for line in short(dialogue) if line.startswith("S")][1:] == ["S +OK: |1 41", "S +OK: 1 41"]


def test_hole_over_a_reply_and_certainty_afterwards() -> None:
    dialogue = talk(
        GREETING, ("C", b"USER a\r\n"), ("C", b"PASS b\r\n"), ("S", 5), ("S", b"+OK in\r\n"),
        ("C", b"STAT\r\n"), ("S", b"+OK 1 41\r\n"), ("C", b"LIST\r\n"), ("S", b"+OK\r\n1 41\r\n.\r\n"),
    )  # fmt: skip
    assert ("USER", ["+OK"]) not in pairs(dialogue)
    assert pairs(dialogue)[-1] == ("LIST", ["+OK"])
    assert not any(line.startswith("!") for line in short(dialogue))


def test_hole_over_a_command() -> None:
    dialogue = talk(GREETING, ("C", 8), ("S", b"+OK\r\n" + STUFFED), ("C", b"QUIT\r\n"), ("S", b"+OK bye\r\n"))
    assert [each.kept for each in dialogue.contents] == [MAIL]
    assert pairs(dialogue)[-1] == ("QUIT", ["+OK"])


def test_stls() -> None:
    """H170: stls."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00"
    dialogue = talk(
        GREETING, ("C", b"STLS\r\n"), ("S", b"+OK Begin TLS\r\n"), ("C", hello), ("S", b"\x16\x03\x03xx+OK\r\n")
    )
    assert short(dialogue)[1:] == ["C STLS: STLS", "S +OK: Begin TLS", "dark from 4"]
    assert dialogue.encryption is Encryption.STARTTLS


def test_stls_refused_and_commands_behind_it() -> None:
    """H170: stls refused and commands behind it."""
    dialogue = talk(GREETING, ("C", b"STLS\r\nSTAT\r\n"), ("S", b"-ERR no\r\n"), ("S", b"+OK 0 0\r\n"))
    assert short(dialogue)[1:] == ["C STLS: STLS", "S -ERR: no", "C STAT: STAT", "S +OK: 0 0"]
    assert dialogue.encryption is Encryption.NO


def test_commands_injected_before_tls() -> None:
    dialogue = talk(GREETING, ("C", b"STLS\r\nUSER mallory\r\n"), ("S", b"+OK go\r\n"), ("C", b"\x16\x03\x01"))
    assert short(dialogue)[1:] == ["C STLS: STLS", "S +OK: go", "! plaintext-after-starttls", "dark from 4"]
    violation = dialogue.events[3]
    assert isinstance(violation, Violation)
    assert violation.detail.endswith(": 'USER mallory'")


def test_password_sent_behind_stls_is_not_shown() -> None:
    dialogue = talk(
        GREETING, ("C", b"STLS\r\nPASS canary\r\nY2FuYXJ5\r\n"), ("S", b"+OK go\r\n"), ("C", b"\x16\x03\x01")
    )
    violation = dialogue.events[3]
    assert isinstance(violation, Violation)
    assert violation.detail.endswith(": 'PASS ********, ********'")


SECRETS = (
    b"USER kim\r\nPASS a long canary\r\nAUTH PLAIN\r\nY2FuYXJ5\r\nAUTH LOGIN Y2FuYXJ5\r\nY2FuYXJ5\r\n"
    b"APOP kim 00canary\r\nQUIT\r\n"
)


@pytest.mark.parametrize("server", [b"", b"+OK\r\n+OK\r\n+ \r\n-ERR\r\n+ \r\n-ERR\r\n"])
def test_no_hole_uncovers_a_secret(server: bytes) -> None:
    for start in range(len(SECRETS) - 20):
        for missing in (1, 3, 8, 20):
            pieces = [("C", SECRETS[:start]), ("C", missing), ("C", SECRETS[start + missing :])]
            told = " ".join(short(talk(GREETING, ("S", server), *pieces)))
            assert "nary" not in told, (start, missing)
            assert "YXJ5" not in told, (start, missing)


def test_answers_injected_before_tls() -> None:
    dialogue = talk(GREETING, ("C", b"STLS\r\n"), ("S", b"+OK go\r\n+OK injected\r\n"), ("C", b"\x16\x03\x01"))
    assert short(dialogue)[1:] == ["C STLS: STLS", "S +OK: go", "! plaintext-after-starttls-reply", "dark from 4"]


def test_clear_text_instead_of_tls() -> None:
    dialogue = talk(GREETING, ("C", b"STLS\r\n"), ("S", b"+OK go\r\n"), ("C", b"STAT\r\n"), ("S", b"+OK 0 0\r\n"))
    assert short(dialogue)[2:] == ["S +OK: go", "! plaintext-instead-of-tls", "C STAT: STAT", "S +OK: 0 0"]
    assert dialogue.encryption is Encryption.NO


def test_stls_with_only_the_client_captured() -> None:
    assert short(talk(("C", b"STLS\r\n"), ("C", b"\x16\x03\x01\x02")))[1:] == ["dark from 2"]


def test_stls_with_a_hole_where_tls_begins() -> None:
    dialogue = talk(GREETING, ("C", b"STLS\r\n"), ("S", b"+OK go\r\n"), ("C", 300), ("C", b"\x17\x03\x03abc\r\n"))
    assert short(dialogue)[3:] == ["dark from 4"]


def test_junk_lines() -> None:
    dialogue = talk(GREETING, ("C", b"\r\n  stat\n\x00\xff\r\n"), ("S", b"what\r\n+OK\r\n"))
    assert [line for line in short(dialogue) if line.startswith("C")] == [
        "C : ",
        "C STAT:   stat",
        "C \x00\\xff: \x00\xff",
    ]
    assert [line for line in short(dialogue) if line.startswith("!")] == [
        "! bare-line-feed", "! space-before-command", "! null-octet", "! bad-reply",
    ]  # fmt: skip


def test_list_that_never_ends_is_capped() -> None:
    """H166: list that never ends is capped."""
    dialogue = talk(GREETING, ("C", b"LIST\r\n"), ("S", b"+OK\r\n"), *[("S", b"1 41\r\n" * 10_000)] * 10)
    reply = dialogue.events[-1]
    assert isinstance(reply, Reply)
    assert 50_000 < len(reply.lines) < 65_000
    assert "! reply-too-long" in short(dialogue)


def test_message_without_a_line_end() -> None:
    """H166: message without a line end."""
    dialogue = talk(GREETING, ("C", b"RETR 1\r\n"), ("S", b"+OK\r\n"), *[("S", b"a" * 2**20)] * 70)
    content = dialogue.contents[0]
    assert (content.size_bytes, content.kept_all, content.complete) == (70 * 2**20, False, False)
    assert len(content.kept) <= 64 * 1024 * 1024


CLIENT = b"CAPA\r\nUSER kim\r\nPASS kim\r\nLIST\r\nRETR 1\r\nTOP 1 0\r\nQUIT\r\n"
SERVER = (
    b"+OK ready\r\n+OK\r\nTOP\r\n.\r\n+OK\r\n+OK in\r\n+OK\r\n1 41\r\n.\r\n+OK 41 octets\r\n" + STUFFED
    + b"+OK\r\nFrom: a@b\r\n\r\n.\r\n+OK bye\r\n"
)  # fmt: skip


def test_cut_at_every_place() -> None:
    expected = short(talk(("S", SERVER[:11]), ("C", CLIENT), ("S", SERVER[11:])))
    for at in range(12, len(SERVER)):
        assert short(talk(("S", SERVER[:11]), ("C", CLIENT), ("S", SERVER[11:at]), ("S", SERVER[at:]))) == expected
    for at in range(1, len(CLIENT)):
        assert short(talk(("S", SERVER[:11]), ("C", CLIENT[:at]), ("C", CLIENT[at:]), ("S", SERVER[11:]))) == expected


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, len(SERVER) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(SERVER))
)
def test_damaged_octets(changes: list[tuple[int, int]], cut: int) -> None:
    server = bytearray(SERVER)
    for at, octet in changes:
        server[at] = octet
    dialogue = talk(
        ("S", bytes(server[:11])), ("C", CLIENT), ("S", bytes(server[11:cut])), ("S", 3), ("S", bytes(server[cut:]))
    )
    assert [event for event in dialogue.events if isinstance(event, Content)] == dialogue.contents
    assert not any("kim" in line for line in short(dialogue) if line.startswith("C PASS"))


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from("CS"), st.one_of(st.binary(max_size=30), st.integers(1, 9))), max_size=10))
def test_any_octets(pieces: list[tuple[str, bytes | int]]) -> None:
    dialogue = talk(*pieces)
    assert [event for event in dialogue.events if isinstance(event, Content)] == dialogue.contents


SAID = "+OK|-ERR|+ |.|From: x|RETR 1|LIST|AUTH PLAIN|AUTH LOGIN|STLS|QUIT|PASS x|="
PLAUSIBLE: list[bytes | int] = [*(line.encode() + b"\r\n" for line in SAID.split("|")), b"\x16\x03", b"+O", 7]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from("CS"), st.sampled_from(PLAUSIBLE)), max_size=25))
def test_any_order_of_plausible_pieces(pieces: list[tuple[str, bytes | int]]) -> None:
    dialogue = talk(*pieces)
    replies = [event for event in dialogue.events if isinstance(event, Reply)]
    paired = [reply for turn in dialogue.turns for reply in turn.replies]
    assert sorted(map(id, replies)) == sorted(map(id, paired))
