"""SMTP is told by what each command and answer means at its place."""

from __future__ import annotations

from mailtrace.explain.smtpsyntax import is_full_name, parameters, path
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Message, Step, StepKind
from tests.explain.making import CLIENT, SERVER, Talk, analysis, mail


def told(talk: Talk, *messages: Message, show_secrets: bool = False) -> tuple[Step, ...]:
    """Return the steps of one conversation."""
    (walkthrough,) = walkthroughs(analysis(talk.conversation(), messages=messages), show_secrets=show_secrets)
    return walkthrough.steps


def opened(port: int = 25) -> Talk:
    """Return a conversation that stands and was greeted by packet 4."""
    talk = Talk(port=port)
    talk.handshake(1, 0.0)
    talk.reply(4, 0.01, "220", "mail.daum.net ESMTP Postfix")
    return talk


def test_ehlo_asks_for_extensions_and_the_answer_explains_them() -> None:
    talk = opened()
    talk.command(5, 0.02, "EHLO client")
    talk.reply(6, 0.03, "250", "mail.daum.net Hello", "PIPELINING", "SIZE 60000", "AUTH PLAIN LOGIN", "VERB", "HELP")
    hello, answer = told(talk)[-2:]
    assert "asks for the list of extensions" in hello.means
    assert '"client" is no full domain name' in hello.means
    assert answer.says == (
        "250-mail.daum.net Hello",
        "250-PIPELINING",
        "250-SIZE 60000",
        "250-AUTH PLAIN LOGIN",
        "250-VERB",
        "250 HELP",
    )
    assert "PIPELINING (several commands may be sent without waiting for each answer)" in answer.means
    assert "SIZE (mails up to 60,000 octets are taken)" in answer.means
    assert "AUTH (the client can log in, by PLAIN and LOGIN)" in answer.means
    assert "VERB" not in answer.means
    assert "STARTTLS is not among them" in answer.means


def test_a_full_name_in_the_hello_needs_no_remark() -> None:
    talk = opened()
    talk.command(5, 0.02, "EHLO mail.naver.com")
    assert "full domain name" not in told(talk)[-1].means
    assert is_full_name("[192.168.1.2]")
    assert not is_full_name("localhost")


def test_parameters_of_mail_and_rcpt_are_explained() -> None:
    talk = opened()
    talk.command(5, 0.02, "MAIL FROM:<lee@naver.com> SIZE=578 BODY=8BITMIME SMTPUTF8 X-OWN=1")
    talk.reply(6, 0.03, "250", "ok")
    talk.command(7, 0.04, "RCPT TO:<kim@daum.net> NOTIFY=FAILURE")
    sender, _, recipient = told(talk)[-3:]
    assert "its sender is lee@naver.com" in sender.means
    assert "about 578 octets" in sender.means
    assert "8BITMIME" in sender.means
    assert "X-OWN is a parameter that mailtrace does not know." in sender.means
    assert "Recipient of this mail: kim@daum.net." in recipient.means
    assert "report to the sender on FAILURE" in recipient.means


def test_the_null_sender_is_a_bounce() -> None:
    talk = opened()
    talk.command(5, 0.02, "MAIL FROM:<> SIZE=10")
    assert "it is a bounce" in told(talk)[-1].means


def test_paths_and_parameters() -> None:
    assert path('FROM:<"a>b"@c.d> SIZE=1 AUTH=<>') == '"a>b"@c.d'
    assert parameters('FROM:<"a>b"@c.d> SIZE=1 AUTH=<>') == [("SIZE", "1"), ("AUTH", "<>")]
    assert path("TO: kim@daum.net NOTIFY=NEVER") == "kim@daum.net"
    assert parameters("TO: kim@daum.net NOTIFY=NEVER") == [("NOTIFY", "NEVER")]
    assert path("FROM:<open") == "open"


def test_pipelined_commands_and_their_answers_are_steps_that_share_a_packet() -> None:
    talk = opened()
    talk.command(5, 0.02, "RCPT To:<kim@daum.net>")
    talk.command(5, 0.02, "DATA", new=False)
    talk.reply(6, 0.03, "250", "2.1.5 ok", enhanced="2.1.5")
    talk.reply(6, 0.03, "354", "go ahead", new=False)
    talk.ack(7, 0.04, CLIENT)
    steps = told(talk)[-4:]
    assert [(step.packets, step.acks) for step in steps] == [((5,), ()), ((5,), ()), ((6,), ()), ((6,), (7,))]
    assert "in one packet with the command before it" in steps[1].means
    assert "in one packet with the one before it" in steps[3].means
    assert "PIPELINING" not in steps[0].means


def test_a_refusal_for_now_and_one_for_good() -> None:
    talk = opened()
    talk.command(5, 0.02, "RCPT TO:<a@b.c>")
    talk.reply(6, 0.03, "450", "4.2.0 Greylisted, see postgrey", enhanced="4.2.0")
    talk.command(7, 0.04, "RCPT TO:<nobody@b.c>")
    talk.reply(8, 0.05, "550", "5.1.1 user unknown", enhanced="5.1.1")
    talk.command(9, 0.06, "DATA")
    talk.reply(10, 0.07, "503", "no recipients")
    steps = told(talk)
    assert "tries again later" in steps[-5].means
    assert "greylisting" in steps[-5].means
    assert "refused for good" in steps[-3].means
    assert "Code 5.1.1: no such mailbox." in steps[-3].means
    assert steps[-1].means == "The server refuses: commands in the wrong order."


def test_a_refused_greeting_and_an_unasked_421() -> None:
    talk = Talk()
    talk.handshake(1, 0.0)
    talk.reply(4, 0.01, "554", "no SMTP here")
    talk.reply(5, 0.02, "421", "too slow")
    steps = told(talk)
    assert "does not serve this client" in steps[1].means
    assert "without being asked" in steps[2].means


def test_secrets_of_a_login_are_masked_and_told_on_demand() -> None:
    talk = opened()
    talk.command(5, 0.02, "AUTH LOGIN")
    talk.reply(6, 0.03, "334", "VXNlcm5hbWU6")
    talk.continuation(7, 0.04, "bGVl", ((0, 4),))
    talk.reply(8, 0.05, "334", "UGFzc3dvcmQ6")
    talk.continuation(9, 0.06, "c2VjcmV0", ((0, 8),))
    talk.reply(10, 0.07, "235", "2.7.0 ok")
    auth = talk.dialogue.turns[-1]
    auth.continuations += [event for event in talk.dialogue.events if type(event).__name__ == "Continuation"]
    talk.login("LOGIN", "lee", True, (5, 7, 9, 10))
    steps = told(talk)
    assert [step.says for step in steps[-6:]] == [
        ("AUTH LOGIN",),
        ("334 VXNlcm5hbWU6",),
        ("********",),
        ("334 UGFzc3dvcmQ6",),
        ("********",),
        ("235 2.7.0 ok",),
    ]
    assert 'in plain text: "Username:"' in steps[-5].means
    assert steps[-4].means == "The client answers with the user name, lee."
    assert "the password" in steps[-2].means
    assert steps[-1].means == "The login of lee is accepted."
    assert not any("c2VjcmV0" in line for step in steps for line in step.says)
    assert told(talk, show_secrets=True)[-2].says == ("c2VjcmV0",)


def test_a_mail_in_counted_pieces_is_told_at_its_last_piece() -> None:
    talk = opened()
    talk.command(5, 0.02, "BDAT 40")
    talk.data(6, 0.03, CLIENT, 40)
    talk.reply(7, 0.04, "250", "40 octets")
    talk.command(8, 0.05, "BDAT 20 LAST")
    content = talk.content("BDAT", (6, 8), b"Subject: x\r\n\r\n" + b"y" * 46)
    talk.reply(9, 0.06, "250", "queued as 7B39")
    talk.transaction("a@b.c", {"d@e.f": "250"}, content, "250", "7B39")
    steps = told(talk, mail(1, content, subject="x"))[-4:]
    assert [step.packets for step in steps] == [(5, 6), (7,), (8,), (9,)]
    assert "has this piece" in steps[1].means
    assert steps[2].kind is StepKind.CONTENT
    assert steps[2].says[:2] == (
        "BDAT 20 LAST",
        'the mail: From lee@naver.com, Subject "x", text/plain, 60 octets',
    )
    assert "came in 2 pieces" in steps[2].means
    assert "queue id 7B39" in steps[3].means


def test_a_mail_that_is_taken_back_is_told_where_it_was_sent() -> None:
    """It ends with RSET, whose step comes behind its last piece."""
    talk = opened()
    talk.command(5, 0.02, "BDAT 20")
    talk.reply(6, 0.03, "250", "20 octets")
    talk.command(7, 0.04, "RSET")
    talk.content("BDAT", (5,), b"x" * 20)
    talk.reply(8, 0.05, "250", "forgotten")
    steps = told(talk)[-4:]
    assert [step.packets for step in steps] == [(5,), (6,), (7,), (8,)]
    assert [step.says[0] for step in steps] == ["BDAT 20", "250 20 octets", "RSET", "250 forgotten"]
    assert (steps[0].kind, steps[2].kind) == (StepKind.CONTENT, StepKind.COMMAND)
    assert steps[0].says[1].startswith("the mail: ")


def test_two_mails_sent_without_waiting_get_their_own_queue_ids() -> None:
    talk = opened()
    contents = []
    for packet in (5, 7):
        talk.command(packet, packet / 100, "DATA")
        talk.data(packet + 1, packet / 100 + 0.001, CLIENT, 10)
        contents.append(talk.content("DATA", (packet + 1,), b"x\r\n"))
    for packet, queue_id, content in ((9, "AAA1", contents[0]), (10, "BBB2", contents[1])):
        talk.reply(packet, packet / 100, "354", "go ahead")
        talk.reply(packet + 10, packet / 100 + 0.5, "250", "ok")
        talk.transaction("a@b.c", {"d@e.f": "250"}, content, "250", queue_id)
    means = [step.means for step in told(talk) if step.kind is StepKind.REPLY]
    assert [("AAA1" in each, "BBB2" in each) for each in means if "queue id" in each] == [(True, False), (False, True)]


def test_header_and_envelope_are_compared() -> None:
    talk = opened()
    talk.command(5, 0.02, "MAIL FROM:<bounce@list.example>")
    talk.reply(6, 0.03, "250", "ok")
    talk.command(7, 0.04, "DATA")
    talk.reply(8, 0.05, "354", "go ahead")
    talk.data(9, 0.06, CLIENT, 30)
    content = talk.content("DATA", (9,), b"From: lee@naver.com\r\n\r\n")
    step = told(talk, mail(1, content))[-1]
    assert "The header says it comes from lee@naver.com, the envelope (MAIL) says bounce@list.example" in step.means


def test_small_faults_stand_in_their_step_and_great_ones_alone() -> None:
    talk = opened()
    talk.command(5, 0.02, "MAIL FROM: <a@b.c>")
    talk.violation(5, 0.02, CLIENT, "space-in-path", "white space stood where none may")
    talk.violation(5, 0.02, CLIENT, "bare-line-feed", "a line ended with LF alone")
    talk.violation(5, 0.02, CLIENT, "bare-line-feed", "a line ended with LF alone")
    steps = told(talk)
    assert steps[-2].says == ("MAIL FROM: <a@b.c>", "(white space stood where none may)")
    assert steps[-1].kind is StepKind.TROUBLE
    assert steps[-1].says == ("a line ended with LF alone",)
    assert "smuggle" in steps[-1].means
    assert [step.kind for step in steps].count(StepKind.TROUBLE) == 1


def test_starttls_tells_what_can_still_be_known() -> None:
    talk = opened()
    talk.command(5, 0.02, "STARTTLS")
    talk.reply(6, 0.03, "220", "2.0.0 Ready to start TLS")
    talk.data(7, 0.04, CLIENT, 517)
    talk.dark(7, 0.04, "starttls")
    talk.data(8, 0.05, SERVER, 2000)
    talk.ack(9, 0.06, CLIENT)
    talk.data(10, 0.07, CLIENT, 83)
    dark = told(talk)[-1]
    assert (dark.packets, dark.acks) == ((7, 8, 10), (9,))
    assert dark.says == ("encrypted with TLS from here: 10.0.0.1 sends 600 octets, the other side 2,000 octets",)
    assert dark.source == "RFC 3207 section 4.2"


def test_lines_of_a_mail_after_a_refused_data_are_told_as_such() -> None:
    talk = opened()
    talk.command(5, 0.02, "DATA")
    talk.reply(6, 0.03, "503", "no")
    talk.command(7, 0.04, "Hello, Alice")
    assert "looks like a line of the mail" in told(talk)[-1].means
