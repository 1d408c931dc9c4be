"""A silence belongs to whoever ends it; what is between the packets of one line or mail is its own."""

from __future__ import annotations

from mailtrace.explain.waits import waits
from mailtrace.model import Command, Continuation, Conversation, Encryption, Flags, Outcome, Reply, Turn
from tests.explain.making import CLIENT, SERVER, Talk, at
from tests.explain.waits.tiling import told


def greeted() -> Talk:
    """Return a connection opened and greeted by packet 4."""
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(4, 0.1, "220", "x ESMTP")
    return talk


def test_an_ordinary_mail() -> None:
    talk = greeted()
    talk.command(5, 0.3, "EHLO a.b")
    talk.reply(6, 0.6, "250", "hello")
    talk.command(7, 0.7, "DATA")
    talk.reply(8, 0.8, "354", "go on")
    talk.data(9, 1.0, CLIENT, 1000)
    talk.data(10, 1.4, CLIENT, 1000)
    talk.content("DATA", (9, 10), b"x")
    talk.reply(11, 3.4, "250", "taken")
    talk.command(12, 3.5, "QUIT")
    talk.reply(13, 3.6, "221", "bye")
    talk.fin(14, 3.8, SERVER)
    talk.fin(15, 3.9, CLIENT)
    assert told(talk.conversation())[1:] == [
        ("greeting", 0.1, "", (3, 4)),
        ("client", 0.2, "EHLO", (4, 5)),
        ("server", 0.3, "EHLO", (5, 6)),
        ("client", 0.1, "DATA", (6, 7)),
        ("server", 0.1, "DATA", (7, 8)),
        ("client", 0.2, "mail", (8, 9)),
        ("transfer", 0.4, "mail", (9, 10)),
        ("server", 2.0, "mail", (10, 11)),
        ("client", 0.1, "QUIT", (11, 12)),
        ("server", 0.1, "QUIT", (12, 13)),
        ("tear-down", 0.3, "", (13, 14, 15)),
    ]


def test_pipelined_commands_wait_for_the_server_one_after_the_other() -> None:
    talk = greeted()
    talk.command(5, 0.2, "MAIL FROM:<a@b.c>")
    talk.command(5, 0.2, "RCPT TO:<d@e.f>", new=False)
    talk.reply(6, 0.4, "250", "ok")
    talk.reply(7, 0.9, "250", "ok")
    assert told(talk.conversation())[3:] == [("server", 0.2, "MAIL", (5, 6)), ("server", 0.5, "RCPT", (6, 7))]


def test_a_person_types_a_line_key_by_key() -> None:
    talk = greeted()
    for index in range(6):
        talk.data(5 + index, 1.0 + 0.2 * index, CLIENT, 1 if index < 4 else 2)
    talk.command(10, 2.0, "HELO", new=False)
    talk.dialogue.turns[-1].command = Command("HELO", b"HELO", 4, 10, at(2.0), (5, 6, 7, 8, 9, 10))
    talk.reply(11, 2.1, "250", "hello")
    assert told(talk.conversation())[2:] == [
        ("client", 0.9, "HELO", (4, 5)),
        ("typing", 1.0, "HELO", (5, 10)),
        ("server", 0.1, "HELO", (10, 11)),
    ]


def test_a_greeting_in_parts() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.data(4, 0.1, SERVER, 30)
    talk.data(5, 6.1, SERVER, 30)
    talk.dialogue.turns.append(Turn(None, [Reply("220", Outcome.GOOD, (b"a", b"b"), 5, at(6.1), (4, 5))]))
    assert told(talk.conversation())[1:] == [("greeting", 0.1, "", (3, 4)), ("greeting-in-parts", 6.0, "", (4, 5))]


def test_imap_idle_is_nobodys_wait() -> None:
    talk = Talk("imap")
    talk.handshake(1, 0.0)
    talk.reply(4, 0.1, "+OK", "hello")
    talk.command(5, 0.2, "IDLE")
    turn = talk.dialogue.turns[-1]
    talk.reply(6, 0.3, "354", "idling")
    talk.data(7, 60.0, SERVER, 20)
    turn.replies.append(Reply("EXISTS", Outcome.GOOD, (b"1 EXISTS",), 7, at(60), (7,)))
    talk.data(8, 90.0, CLIENT, 6)
    turn.continuations.append(Continuation(b"DONE", 8, at(90), (8,)))
    talk.data(9, 90.5, SERVER, 20)
    turn.replies.append(Reply("OK", Outcome.GOOD, (b"done",), 9, at(90.5), (9,)))
    assert told(talk.conversation())[3:] == [
        ("server", 0.1, "IDLE", (5, 6)),
        ("idle", 89.7, "IDLE", (6, 7, 8)),
        ("server", 0.5, "IDLE", (8, 9)),
    ]


def test_a_question_nobody_answers_is_the_servers() -> None:
    talk = greeted()
    talk.command(5, 0.2, "DATA")
    talk.packet(6, 300.2, CLIENT, Flags.RST)
    assert told(talk.conversation())[-1] == ("server", 300.0, "DATA", (5, 6))


def test_who_leaves_a_silent_client_ends_an_idle_time() -> None:
    talk = greeted()
    talk.fin(5, 60.1, SERVER)
    talk.fin(6, 60.2, CLIENT)
    assert told(talk.conversation())[-2:] == [("idle", 60.0, "", (4, 5)), ("tear-down", 0.1, "", (5, 6))]


def test_what_cannot_be_read_is_told_by_who_speaks() -> None:
    talk = Talk("unknown")
    talk.handshake(1, 0.0)
    for number, seconds, side in ((4, 1.0, CLIENT), (5, 1.1, CLIENT), (6, 3.1, SERVER), (7, 3.2, CLIENT)):
        talk.data(number, seconds, side, 100)
    assert told(talk.conversation())[1:] == [
        ("client", 1.0, "", (3, 4)),
        ("transfer", 0.1, "", (4, 5)),
        ("server", 2.0, "", (5, 6)),
        ("client", 0.1, "", (6, 7)),
    ]


def test_what_was_said_alone_tiles_too_where_packets_are_not_known() -> None:
    talk = greeted()
    talk.command(5, 0.3, "EHLO a.b")
    talk.reply(6, 0.6, "250", "hello")
    talk.dialogue.encryption = Encryption.STARTTLS
    talk.data(7, 9.6, SERVER, 10)
    whole = talk.conversation()
    brief = Conversation(
        1, "smtp", whole.key, 0, (whole.packets[0], whole.packets[-1]), whole.dialogue, True, whole.closed,
        numbers=whole.numbers,
    )  # fmt: skip
    assert [(each.kind.value, round(each.duration_ns / 1e9, 3), each.packets) for each in waits(brief)] == [
        ("greeting", 0.1, (1, 4)),
        ("client", 0.2, (4, 5)),
        ("server", 0.3, (5, 6)),
        ("encrypted", 9.0, (6, 7)),
    ]


def test_where_packets_are_not_known_answers_behind_each_other_are_one_wait() -> None:
    """An IMAP server that tells of a thousand mails would fill the results for machines otherwise."""
    talk = greeted()
    talk.command(5, 0.2, "FETCH")
    turn = talk.dialogue.turns[-1]
    turn.replies += [Reply("FETCH", Outcome.GOOD, (b"x",), 6 + n, at(0.3 + n / 100), (6 + n,)) for n in range(50)]
    talk.data(60, 1.0, SERVER, 10)
    turn.replies.append(Reply("OK", Outcome.GOOD, (b"done",), 60, at(1.0), (60,)))
    whole = talk.conversation()
    brief = Conversation(
        1, "imap", whole.key, 0, (whole.packets[0], whole.packets[-1]), whole.dialogue, True, whole.closed,
        numbers=whole.numbers,
    )  # fmt: skip
    assert [(each.kind.value, round(each.duration_ns / 1e9, 3)) for each in waits(brief)][2:] == [("server", 0.8)]
