"""Two cells of the table: what happened, and how it ended."""

from __future__ import annotations

import pytest

from mailtrace.explain.summary import ended, happened, result, together
from mailtrace.model import ClosedHow, Conversation, Encryption, Flags, Lookup, Transaction, TransactionOutcome
from tests.explain.making import CLIENT, SERVER, Talk, lookup, mail, resolver


def smtp() -> Talk:
    """Return a greeted SMTP conversation."""
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(4, 0.1, "220", "x ESMTP")
    return talk


def test_one_mail_with_refused_recipients() -> None:
    talk = smtp()
    talk.transaction("lee@naver.com", {"kim@daum.net": "250", "nobody@daum.net": "550"}, None, "250", "43Q1")
    conversation = talk.conversation()
    assert happened(conversation) == "lee@naver.com -> kim@daum.net"
    assert result(conversation) == "accepted as 43Q1"


def test_many_recipients_are_counted() -> None:
    talk = smtp()
    talk.transaction("", {f"{name}@b.c": "250" for name in "abcde"}, None, "250")
    assert happened(talk.conversation()) == "<> -> a@b.c, b@b.c, c@b.c and 2 more"
    assert result(talk.conversation()) == "accepted"


def test_a_refused_mail_tells_the_words_of_the_refusal() -> None:
    talk = smtp()
    talk.command(5, 0.2, "RCPT TO:<x@b.c>")
    talk.reply(6, 0.3, "550", "5.1.1 user unknown")
    talk.command(7, 0.4, "QUIT")
    talk.reply(8, 0.5, "221", "bye")
    talk.transaction("lee@naver.com", {"x@b.c": "550"}, None, "550")
    assert happened(talk.conversation()) == "lee@naver.com -> x@b.c"
    assert result(talk.conversation()) == "refused: 550 5.1.1 user unknown"


def test_a_greylisted_mail_is_refused_for_now() -> None:
    talk = smtp()
    talk.command(5, 0.2, "RCPT TO:<x@b.c>")
    talk.reply(6, 0.3, "450", "4.2.0 Greylisted")
    talk.transaction("lee@naver.com", {"x@b.c": "450"}, None, "450")
    assert result(talk.conversation()) == "refused for now: 450 4.2.0 Greylisted"


def test_several_mails_are_counted() -> None:
    talk = smtp()
    for status in ("250", "250", "550"):
        talk.transaction("a@b.c", {"d@e.f": "250"}, None, status)
    assert happened(talk.conversation()) == "3 mails, the first a@b.c -> d@e.f"
    assert result(talk.conversation()) == "2 accepted, 1 refused"


def test_where_the_envelope_was_not_seen_the_header_tells() -> None:
    talk = smtp()
    talk.data(5, 0.2, CLIENT, 30)
    content = talk.content("DATA", (5,), b"x")
    talk.dialogue.transactions.append(Transaction(None, [], content, None, None, TransactionOutcome.UNKNOWN))
    conversation = talk.conversation()
    assert happened(conversation, [mail(7, content)]) == "lee@naver.com -> kim@daum.net (by the header)"
    assert happened(conversation) == "(sender not seen) -> (no recipient)"
    assert result(conversation) == "the deciding answer was not captured"


def test_conversations_without_mail() -> None:
    talk = smtp()
    talk.command(5, 0.2, "EHLO a.b")
    talk.command(6, 0.3, "VRFY root")
    talk.closed = ClosedHow.FIN
    assert happened(talk.conversation()) == "no mail: EHLO, VRFY"
    assert result(talk.conversation()) == "closed"
    talk.dialogue.encryption = Encryption.STARTTLS
    assert (happened(talk.conversation()), result(talk.conversation())) == (
        "STARTTLS, then encrypted (TLS)",
        "encrypted",
    )
    silent = Talk("unknown")
    silent.handshake(1, 0.0)
    assert happened(silent.conversation()) == "connected, nothing said"
    assert result(silent.conversation()) == "still open when the capture ends"


@pytest.mark.parametrize(
    ("asked", "told", "end"),
    [
        (
            lookup((1, 2), 0, "MX", "daum.net", answers=("10 mail.daum.net.",)),
            "MX daum.net -> 10 mail.daum.net",
            "answered",
        ),
        (
            lookup((1, 2), 0, "AAAA", "daum.net", nodata=True),
            "AAAA daum.net -> no such record (NODATA)",
            "no such record (NODATA)",
        ),
        (lookup((1, 2), 0, "A", "x.y", "NXDOMAIN"), "A x.y -> NXDOMAIN", "no such name (NXDOMAIN)"),
        (lookup((1,), 0, "A", "x.y", None, duration=None), "A x.y -> no answer", "no answer"),
        (
            lookup((1, 2), 0, "A", "4.3.2.1.bl.example", "NXDOMAIN"),
            "A 4.3.2.1.bl.example -> NXDOMAIN",
            "not listed (NXDOMAIN)",
        ),
        (lookup((1, 2), 0, "A", "x.y", "REFUSED"), "A x.y -> REFUSED", "REFUSED"),
        (
            lookup((1, 2), 0, "TXT", "k.example", answers=('"' + "x" * 80 + '"',)),
            'TXT k.example -> "' + "x" * 59 + "...",
            "answered",
        ),
    ],
)
def test_lookups(asked: Lookup, told: str, end: str) -> None:
    conversation = resolver(1, asked)
    assert (happened(conversation), result(conversation)) == (told, end)


def test_lookups_told_together_are_counted() -> None:
    group = [
        resolver(number, lookup((number, number + 10), 0, "A", f"{number}.example", rcode, answers=answers))
        for number, rcode, answers in ((1, "NOERROR", ("192.0.2.1",)), (2, "NXDOMAIN", ()), (3, "NXDOMAIN", ()))
    ]
    group.append(resolver(4, lookup((4, 14), 0, "A", "4.example", "NXDOMAIN")))
    assert together(group, []).endswith("A 3.example -> NXDOMAIN; 1 more")
    assert ended(group).says == "1 answered, 3 no such name (NXDOMAIN)"


def ident(*replies: str) -> Conversation:
    """Return an ident conversation with these answers; without any, the connection was refused."""
    talk = Talk("ident", port=113)
    talk.packet(1, 0.0, CLIENT, Flags.SYN)
    if not replies:
        talk.packet(2, 0.1, SERVER, Flags.RST | Flags.ACK)
    for number, said in enumerate(replies, 4):
        talk.reply(number, 0.2, "+", said)
    return talk.conversation()


def test_ident() -> None:
    assert happened(ident()) == "asks 10.0.0.2 who is calling"
    assert result(ident()) == "refused (RST)"
    assert result(ident("25 , 40000 : USERID : UNIX : lee")) == "answered"
