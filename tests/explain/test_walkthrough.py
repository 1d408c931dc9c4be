"""A whole conversation becomes numbered steps: report A of 2008, written down by hand from its table."""

from __future__ import annotations

from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Analysis, Flags, Mark, StepKind
from tests.explain.making import CLIENT, SERVER, Talk, analysis, at, lookup, mail, resolver


def report_a() -> Analysis:
    """The 24 packets of the report: the server's ident question is never answered."""
    talk = Talk(client="192.168.1.2", server="192.168.10.2")
    talk.packet(1, 0.0, CLIENT, Flags.SYN)
    talk.packet(2, 0.000489, SERVER, Flags.SYN | Flags.ACK)
    talk.ack(3, 0.000516, CLIENT)
    talk.reply(6, 5.019184, "220", "localhost.localdomain ESMTP Sendmail 8.11.2/8.11.2; Sun, 16 Nov 2008")
    talk.command(7, 5.020233, "HELO SOFT4")
    talk.ack(8, 5.020891, SERVER)
    talk.reply(9, 5.021, "250", "localhost.localdomain Hello [192.168.1.2], pleased to meet you")
    talk.command(10, 5.021864, "MAIL FROM: <pchero@ac.kr>")
    talk.reply(11, 5.026819, "250", "2.1.0 <pchero@ac.kr>... Sender ok", enhanced="2.1.0")
    talk.command(12, 5.027118, "RCPT TO: <pchero@kongju.ac.kr>")
    talk.reply(13, 5.030691, "250", "2.1.5 <pchero@kongju.ac.kr>... Recipient ok", enhanced="2.1.5")
    talk.command(14, 5.030977, "DATA")
    talk.reply(15, 5.031451, "354", 'Enter mail, end with "." on a line by itself')
    talk.data(16, 5.032039, CLIENT, 1230)
    talk.ack(17, 5.066130, SERVER)
    talk.data(18, 5.066176, CLIENT, 5)
    talk.ack(19, 5.066493, SERVER)
    content = talk.content("DATA", (16, 18), b"x" * 1230 + b"\r\n")
    message = mail(1, content, sender=("", "pchero@ac.kr"), to="pchero@kongju.ac.kr", subject="tes")
    talk.reply(20, 5.073116, "250", "2.0.0 mag8q5r02536 Message accepted for delivery", enhanced="2.0.0")
    talk.transaction("pchero@ac.kr", {"pchero@kongju.ac.kr": "250"}, content, "250", "mag8q5r02536")
    talk.command(21, 5.073471, "QUIT")
    talk.reply(22, 5.075051, "221", "2.0.0 localhost.localdomain closing connection", enhanced="2.0.0")
    talk.fin(23, 5.075248, CLIENT)
    talk.fin(24, 5.079851, SERVER)
    ident = Talk("ident", "192.168.10.2", "192.168.1.2", 113, number=2)
    ident.packet(4, 0.025137, CLIENT, Flags.SYN)
    ident.packet(5, 3.015414, CLIENT, Flags.SYN, mark=Mark.RETRANSMISSION, back=1)
    ident.caused_by = 1
    return analysis(talk.conversation(), ident.conversation(), messages=(message,))


def test_every_packet_of_report_a_stands_in_its_step() -> None:
    (told,) = walkthroughs(report_a())
    assert [(step.packets, step.acks) for step in told.steps] == [
        ((1, 2, 3), ()),
        ((4, 5), ()),
        ((6,), ()),
        ((7,), (8,)),
        ((9,), ()),
        ((10,), ()),
        ((11,), ()),
        ((12,), ()),
        ((13,), ()),
        ((14,), ()),
        ((15,), ()),
        ((16, 18), (17, 19)),
        ((20,), ()),
        ((21,), ()),
        ((22,), ()),
        ((23, 24), ()),
    ]
    assert [step.number for step in told.steps] == list(range(1, 17))


def test_report_a_is_told_by_what_happened_and_how_it_ended() -> None:
    (told,) = walkthroughs(report_a())
    assert told.conversations == (1,)
    assert told.summary == "pchero@ac.kr -> pchero@kongju.ac.kr"
    assert told.result == "accepted as mag8q5r02536"


def test_the_greeting_of_report_a_waits_for_ident() -> None:
    (told,) = walkthroughs(report_a())
    ident, greeting = told.steps[1], told.steps[2]
    assert ident.kind is StepKind.IDENT
    assert (ident.speaker, ident.listener) == ("192.168.10.2", "192.168.1.2")
    assert "the SYN is repeated after 3 s" in ident.means
    assert ident.source == "RFC 1413 section 2"
    assert greeting.offset_ns == 5_019_184_000
    assert greeting.since_ns == 5_019_184_000 - 25_137_000
    assert "4.99 s late because of step 2" in greeting.means
    assert "greet_pause" not in greeting.means


def test_the_hello_of_report_a_is_the_old_one() -> None:
    (told,) = walkthroughs(report_a())
    assert told.steps[3].says == ("HELO SOFT4",)
    assert "the old way" in told.steps[3].means
    assert "no extensions" in told.steps[3].means


def test_the_mail_of_report_a_is_one_step_in_two_packets() -> None:
    (told,) = walkthroughs(report_a())
    content = told.steps[11]
    assert content.kind is StepKind.CONTENT
    assert content.says[0] == 'the mail: From pchero@ac.kr, Subject "tes", text/plain, 1,232 octets'
    assert "Packets 16, 18 carry one mail" in content.means
    assert "mag8q5r02536" in told.steps[12].means


def test_names_stand_in_every_step() -> None:
    made = report_a()
    named = analysis(
        *made.conversations,
        messages=tuple(made.messages),
        names={"192.168.1.2": "client", "192.168.10.2": "server"},
    )
    (told,) = walkthroughs(named)
    assert {step.speaker for step in told.steps} == {"client", "server"}


def test_one_conversation_can_be_asked_for() -> None:
    (told,) = walkthroughs(report_a(), conversation=2)
    assert told.conversations == (2,)
    assert told.result == "no answer"
    assert walkthroughs(report_a(), conversation=9) == []


def test_protocols_can_be_chosen_and_a_dependent_alone_is_told_alone() -> None:
    told = walkthroughs(report_a(), protocols=frozenset({"ident"}))
    assert [walkthrough.conversations for walkthrough in told] == [(2,)]


def test_lookups_without_a_mail_conversation_are_told_together() -> None:
    made = analysis(
        resolver(1, lookup((1, 2), 0.0, "MX", "naver.com", answers=("10 mx1.naver.com.", "20 mx2.naver.com."))),
        resolver(2, lookup((3, 4), 1.0, "MX", "daum.net", answers=("10 mail.daum.net.",))),
        resolver(3, lookup((5, 6), 2.0, "MX", "example.org", answers=("0 .",))),
    )
    (told,) = walkthroughs(made)
    assert told.conversations == (1, 2, 3)
    assert [step.packets for step in told.steps] == [(1, 2), (3, 4), (5, 6)]
    assert told.steps[0].says == ("MX naver.com? 10 mx1.naver.com., 20 mx2.naver.com.",)
    assert "mx1.naver.com first" in told.steps[0].means
    assert "Mail for daum.net goes to mail.daum.net." in told.steps[1].means
    assert "takes no mail at all" in told.steps[2].means


def test_lookups_stand_inside_the_conversation_where_they_happened() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(4, 0.1, "220", "mail.daum.net ESMTP")
    talk.command(5, 0.2, "MAIL FROM:<lee@naver.com>")
    talk.reply(8, 0.3, "250", "ok")
    asked = lookup((6, 7), 0.21, "AAAA", "naver.com", nodata=True, caused_by=1)
    other = lookup((20, 21), 9.0, "A", "example.org", answers=("192.0.2.1",))
    told = walkthroughs(analysis(talk.conversation(), resolver(2, asked), resolver(3, other)))
    assert [w.conversations for w in told] == [(1,), (3,)]
    assert [step.packets for step in told[0].steps] == [(1, 2, 3), (4,), (5,), (6, 7), (8,)]
    step = told[0].steps[3]
    assert step.kind is StepKind.LOOKUP
    assert step.speaker == "10.0.0.2"
    assert step.side is SERVER
    assert "NODATA" in step.means
    assert "no error" in step.means
    assert told[0].steps[4].since_ns == at(0.3) - at(0.21)
