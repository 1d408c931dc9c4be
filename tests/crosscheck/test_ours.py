"""Our own analysis as facts."""

from __future__ import annotations

from mailtrace.crosscheck.facts import Fact, Kind
from mailtrace.crosscheck.ours import our_facts
from tests.explain.making import Talk, analysis, lookup, mail, resolver


def test_a_submission() -> None:
    talk = Talk()
    talk.handshake(1, 0)
    talk.reply(4, 0.1, "220", "ready")
    talk.command(5, 0.2, "MAIL FROM:<lee@naver.com>")
    talk.data(6, 0.3, talk.packets[0].side, 20)
    content = talk.content("DATA", (6,), b"Subject: x\r\n\r\nhello\r\n")
    content.sha256 = "0123456789abcdef" * 4
    assert our_facts(analysis(talk.conversation(), messages=(mail(1, content),))) == [
        Fact(Kind.CONVERSATION, 0, "smtp", (1, 2, 3, 4, 5, 6)),
        Fact(Kind.REPLY, 0, "220", (4,)),
        Fact(Kind.COMMAND, 0, "MAIL", (5,)),
        Fact(Kind.MESSAGE, 0, "<1@naver.com>", (6,), ("21 octets, SHA-256 0123456789abcdef",)),
    ]


def test_a_lookup_tells_its_answer_in_words_and_as_a_number() -> None:
    asked = lookup((7, 8), 0, "MX", "Daum.net", answers=("20 b.daum.net.", "10 a.daum.net."))
    assert our_facts(analysis(resolver(1, asked))) == [
        Fact(
            Kind.LOOKUP,
            None,
            "daum.net MX",
            (7, 8),
            ("NOERROR (10 a.daum.net, 20 b.daum.net)", "NOERROR, 2 records"),
        )
    ]


def test_an_unanswered_lookup() -> None:
    (fact,) = our_facts(analysis(resolver(1, lookup((7,), 0, "A", ".", rcode=None))))
    assert (fact.says, fact.details[0]) == (". A", "no answer")


def test_what_tshark_does_not_dissect_is_left_out() -> None:
    talk = Talk("ident", port=113)
    talk.handshake(1, 0)
    assert our_facts(analysis(talk.conversation())) == []


def test_what_is_not_whole_is_no_mail_and_updates_are_no_lookups() -> None:
    talk = Talk()
    talk.handshake(1, 0)
    talk.data(4, 0.1, talk.packets[0].side, 20)
    content = talk.content("DATA", (4,), b"hello\r\n")
    content.complete = False
    update = lookup((7, 8), 0, "SOA", "naver.com")
    update.opcode = "UPDATE"
    found = our_facts(analysis(talk.conversation(), resolver(2, update), messages=(mail(1, content),)))
    assert [fact.kind for fact in found] == [Kind.CONVERSATION]
