"""Each known fault of tshark explains what it causes, and nothing else."""

from __future__ import annotations

from hashlib import sha256

from mailtrace.crosscheck.facts import Difference, Fact, Kind
from mailtrace.crosscheck.faults import KNOWN_FAULTS, explained
from mailtrace.model import Content, Conversation
from tests.explain.making import CLIENT, SERVER, Talk, lookup, resolver


def fault(difference: Difference, *conversations: Conversation) -> str | None:
    """Return the name of the fault that explains a difference."""
    (case,) = explained([difference], conversations)
    return case.fault.name if case.fault else None


def ours(kind: Kind, says: str, *packets: int) -> Difference:
    """Return a difference that only we see."""
    return Difference(Fact(kind, 0, says, packets), None)


def theirs(kind: Kind, says: str, *packets: int) -> Difference:
    """Return a difference that only tshark sees."""
    return Difference(None, Fact(kind, 0, says, packets))


def smtp(port: int = 25) -> Talk:
    """Return an SMTP conversation with its greeting."""
    talk = Talk(port=port)
    talk.handshake(1, 0)
    talk.reply(4, 0.1, "220", "ready")
    return talk


def submission(kept: bytes) -> tuple[Conversation, Content]:
    """Return a mail handed in with DATA, in packets 7 and 8."""
    talk = smtp()
    talk.command(5, 0.2, "DATA")
    talk.reply(6, 0.3, "354", "go on")
    talk.data(7, 0.4, CLIENT, len(kept))
    talk.data(8, 0.5, CLIENT, 3)
    return talk.conversation(), talk.content("DATA", (7, 8), kept)


def shown(kept: bytes, octets: bytes) -> str | None:
    """Return the fault that explains why tshark shows `octets` for the mail `kept`."""
    conversation, _ = submission(kept)
    words = f"{len(octets)} octets, SHA-256 {sha256(octets).hexdigest()[:16]}"
    mail = Fact(Kind.MESSAGE, 0, "<1@x>", (7, 8), ("ours",))
    return fault(Difference(mail, Fact(Kind.MESSAGE, 0, "<1@x>", (8,), ("other", words))), conversation)


def test_names_are_unique_and_texts_are_sentences() -> None:
    names = [each.name for each in KNOWN_FAULTS]
    assert len(set(names)) == len(names)
    assert all(each.says.endswith(".") for each in KNOWN_FAULTS)


def test_the_last_line_end_is_left_out() -> None:
    assert shown(b"a: b\r\n\r\nhello\r\n", b"a: b\r\n\r\nhello") == "last-line-end"
    assert shown(b"a: b\r\n\r\nhello\r\n", b"a: b\r\n\r\nhello\r") == "last-line-end"
    assert shown(b"a: b\r\n\r\nhello\r\n", b"a: b\r\n\r\nhell") is None


def test_dots_are_kept() -> None:
    kept = b".one\r\ntwo\r\n..three\r\n"
    assert shown(kept, b"..one\r\ntwo\r\n...three\r\n") == "dots-kept"
    assert shown(kept, b"..one\r\ntwo\r\n...three") == "dots-kept"
    assert shown(kept, b"..one\r\ntwo\r\n..three\r\n") is None


def test_bdat_loses_what_follows() -> None:
    talk = smtp()
    talk.command(5, 0.2, "MAIL FROM:<a@b>")
    talk.command(6, 0.3, "BDAT 3 LAST")
    talk.command(7, 0.4, "QUIT")
    conversation = talk.conversation()
    assert fault(ours(Kind.COMMAND, "QUIT", 7), conversation) == "bdat-is-data-for-ever"
    assert fault(theirs(Kind.MESSAGE, "", 7), conversation) == "bdat-is-data-for-ever"
    assert fault(ours(Kind.COMMAND, "MAIL", 5), conversation) is None
    assert fault(ours(Kind.REPLY, "250", 7), conversation) is None


def test_refused_data() -> None:
    talk = smtp()
    talk.command(5, 0.2, "DATA")
    talk.reply(6, 0.3, "503", "no recipients")
    talk.command(7, 0.4, "RSET")
    assert fault(ours(Kind.COMMAND, "RSET", 7), talk.conversation()) == "refused-data-is-data"
    assert fault(theirs(Kind.MESSAGE, "", 9, 7), talk.conversation()) == "refused-data-is-data"
    accepted, _ = submission(b"hello\r\n")
    assert fault(ours(Kind.COMMAND, "RSET", 9), accepted) is None


def test_commands_beside_a_mail() -> None:
    talk = smtp()
    talk.command(5, 0.2, "DATA")
    talk.data(6, 0.3, CLIENT, 30)
    talk.content("DATA", (6,), b"hello\r\n")
    talk.command(6, 0.3, "QUIT", new=False)
    assert fault(ours(Kind.COMMAND, "QUIT", 6), talk.conversation()) == "command-beside-mail"
    assert fault(ours(Kind.COMMAND, "DATA", 5), talk.conversation()) is None


def test_empty_mail() -> None:
    conversation, _ = submission(b"")
    assert fault(ours(Kind.MESSAGE, "", 7, 8), conversation) == "empty-mail"
    conversation, _ = submission(b"x\r\n")
    assert fault(ours(Kind.MESSAGE, "", 7, 8), conversation) is None


def test_pop3_mails_and_logins() -> None:
    talk = Talk("pop3", port=110)
    talk.handshake(1, 0)
    talk.reply(4, 0.1, "+OK", "ready")
    talk.command(5, 0.2, "AUTH PLAIN")
    talk.reply(6, 0.3, "+", "")
    talk.continuation(7, 0.4, "AGxlZQBsZWU=", ((0, 12),))
    talk.command(8, 0.5, "RETR 1")
    talk.data(9, 0.6, SERVER, 40)
    talk.content("RETR", (9,), b"Subject: x\r\n\r\n")
    conversation = talk.conversation()
    assert fault(ours(Kind.MESSAGE, "<1@x>", 9), conversation) == "retr-in-pieces"
    assert fault(theirs(Kind.MESSAGE, "", 9), conversation) == "retr-in-pieces"
    assert fault(theirs(Kind.COMMAND, "AGXLZQBSZWU=", 7), conversation) == "login-is-mail"
    assert fault(ours(Kind.REPLY, "+", 6), conversation) == "login-is-mail"
    assert fault(theirs(Kind.MESSAGE, "", 6), conversation) == "login-is-mail"
    assert fault(ours(Kind.REPLY, "+OK", 4), conversation) is None
    assert fault(theirs(Kind.COMMAND, "NOOP", 8), conversation) is None


def test_smtp_logins() -> None:
    talk = Talk("smtp", port=25)
    talk.handshake(1, 0)
    talk.reply(4, 0.1, "220", "ready")
    talk.command(5, 0.2, "AUTH LOGIN")
    talk.reply(6, 0.3, "334", "VXNlcm5hbWU6")
    talk.continuation(7, 0.4, "bGVl", ((0, 4),))
    talk.command(8, 0.5, "QUIT")
    conversation = talk.conversation()
    assert fault(theirs(Kind.COMMAND, "BGVL", 7), conversation) == "response-is-command"
    assert fault(theirs(Kind.COMMAND, "NOOP", 8), conversation) is None
    assert fault(ours(Kind.COMMAND, "QUIT", 8), conversation) is None


def test_imap_literals_and_pieces() -> None:
    talk = Talk("imap", port=143)
    talk.handshake(1, 0)
    talk.command(4, 0.1, "a1 LOGIN {3}")
    talk.continuation(5, 0.2, "lee {3}", ((0, 3),))
    talk.command(6, 0.3, "a2 NOOP")
    talk.command(7, 0.4, "a3 APPEND x {5}")
    talk.data(8, 0.5, CLIENT, 5)
    talk.content("APPEND", (8,), b"a: b\n")
    conversation = talk.conversation()
    assert fault(theirs(Kind.COMMAND, "{3}", 5), conversation) == "literal-is-request"
    assert fault(theirs(Kind.COMMAND, "B", 8), conversation) == "literal-is-request"
    assert fault(theirs(Kind.COMMAND, "NOOP", 6), conversation) is None
    assert fault(ours(Kind.MESSAGE, "<1@x>", 8), conversation) == "append-is-no-mail"
    assert fault(theirs(Kind.MESSAGE, "<1@x>", 6), conversation) is None


def test_other_ports() -> None:
    conversation = smtp(port=2525).conversation()
    assert fault(ours(Kind.CONVERSATION, "smtp", 1, 2, 3), conversation) == "port-decides"
    assert fault(ours(Kind.REPLY, "220", 4), conversation) == "port-decides"
    assert fault(ours(Kind.REPLY, "220", 4), smtp().conversation()) is None


def test_questions_asked_again() -> None:
    again = resolver(1, lookup((5, 9, 10), 0, "A", "naver.com", retries=1))
    once = resolver(1, lookup((5, 10), 0, "A", "naver.com"))
    difference = Difference(None, Fact(Kind.LOOKUP, None, "naver.com A", (9, 10)))
    assert fault(difference, again) == "asked-again"
    assert fault(difference, once) is None


def test_a_difference_in_no_conversation_is_not_explained() -> None:
    (case,) = explained([theirs(Kind.COMMAND, "MAIL", 99)], [smtp().conversation()])
    assert (case.conversation, case.fault) == (None, None)


def test_a_broken_record() -> None:
    broken = resolver(1, lookup((1, 2), 0, "HTTPS", "example.com", answers=(r"\# 3 000100",)))
    assert fault(Difference(None, Fact(Kind.LOOKUP, None, "example.com HTTPS", (2,))), broken) == "broken-record"
    whole = resolver(1, lookup((1, 2), 0, "A", "example.com", answers=("192.0.2.1",)))
    assert fault(Difference(None, Fact(Kind.LOOKUP, None, "example.com A", (2,))), whole) is None


def test_a_mail_with_a_hole() -> None:
    conversation, content = submission(b"hello\r\n")
    assert fault(theirs(Kind.MESSAGE, "", 8), conversation) is None
    content.complete = False
    assert fault(theirs(Kind.MESSAGE, "", 8), conversation) == "hole-is-passed-over"
