"""POP3 is told as what happens to the mailbox: opened, listed, fetched, deleted or left."""

from __future__ import annotations

from mailtrace.explain.summary import happened, result
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import MessagePart, StepKind
from tests.explain.making import CLIENT, SERVER, Talk, analysis, mail


def session() -> Talk:
    """Return a POP3 conversation with a login."""
    talk = Talk("pop3", port=110)
    talk.handshake(1, 0.0)
    talk.reply(4, 0.01, "+OK", "Dovecot ready. <1896.697170952@dbc.mtview.ca.us>")
    talk.command(5, 0.02, "USER kim")
    talk.reply(6, 0.03, "+OK")
    talk.command(7, 0.04, "PASS kim", ((5, 8),))
    talk.reply(8, 0.05, "+OK", "Logged in.")
    talk.login("USER", "kim", True, (5, 7, 8))
    return talk


def test_a_login_in_clear_is_masked_and_named() -> None:
    (told,) = walkthroughs(analysis(session().conversation()))
    assert [step.says[0] for step in told.steps[1:]] == [
        "+OK Dovecot ready. <1896.697170952@dbc.mtview.ca.us>",
        "USER kim",
        "+OK",
        "PASS ********",
        "+OK Logged in.",
    ]
    assert "APOP" in told.steps[1].means
    assert "readable in the capture for everybody" in told.steps[4].means
    assert told.steps[4].source == "RFC 1939 section 7"


def test_a_fetched_mail_is_one_step_with_the_answer_that_announced_it() -> None:
    talk = session()
    talk.command(9, 0.06, "LIST")
    talk.reply(10, 0.07, "+OK", "2 messages:", "1 1245", "2 844")
    talk.command(11, 0.08, "RETR 2")
    talk.reply(12, 0.09, "+OK", "844 octets")
    talk.data(13, 0.1, SERVER, 400)
    content = talk.content("RETR", (12, 13), b"y\r\n" * 19)
    converted = "from base64 to 8bit by mail.daum.net id 43Q1w1lW007636"
    message = mail(
        1,
        content,
        sender=("이네이버", "lee@naver.com"),
        text="Lee가 Kim에게 보내는 메시지 확인 바람",
        headers=(("X-MIME-Autoconverted", converted), ("Content-Transfer-Encoding", "8bit")),
    )
    talk.command(14, 0.11, "QUIT")
    talk.reply(15, 0.12, "+OK", "Logging out.")
    conversation = talk.conversation()
    (told,) = walkthroughs(analysis(conversation, messages=(message,)))
    listing, fetched, goodbye = told.steps[7], told.steps[9], told.steps[10]
    assert listing.says == ("+OK 2 messages:", "1 1245", "2 844")
    assert "2 mails in the mailbox" in listing.means
    assert (fetched.kind, fetched.packets) == (StepKind.CONTENT, (12, 13))
    assert fetched.says == (
        "+OK 844 octets",
        'the mail: From 이네이버 <lee@naver.com>, Subject "test", text/plain, 57 octets',
        "To: kim@daum.net",
        "Content-Transfer-Encoding: 8bit",
        f"X-MIME-Autoconverted: {converted}",
        "    Lee가 Kim에게 보내는 메시지 확인 바람",
        "(19 lines, ended by a line with a single dot)",
    )
    assert "A DKIM signature over the body" in fetched.means
    assert "Fetching does not remove it" in fetched.means
    assert "Mail 2 was fetched but not marked with DELE: it stays on the server." in goodbye.means
    assert happened(conversation) == "login kim, 2 messages listed, 1 fetched"
    assert result(conversation) == "left on the server"


def test_several_mails_that_stay() -> None:
    talk = session()
    for number in (1, 2):
        talk.command(7 + 2 * number, number / 10, f"RETR {number}")
        talk.reply(8 + 2 * number, number / 10 + 0.01, "+OK")
    talk.command(13, 0.3, "QUIT")
    (told,) = walkthroughs(analysis(talk.conversation()))
    assert "Mails 1 and 2 were fetched but not marked with DELE: they stay on the server." in told.steps[-1].means


def test_deletion_takes_effect_with_quit_only() -> None:
    talk = session()
    talk.command(9, 0.06, "DELE 1")
    talk.reply(10, 0.07, "+OK", "Marked to be deleted.")
    talk.command(11, 0.08, "QUIT")
    talk.reply(12, 0.09, "+OK", "Logging out, messages deleted.")
    talk.command(13, 0.1, "QUIT")
    conversation = talk.conversation()
    (told,) = walkthroughs(analysis(conversation))
    assert "still there until QUIT" in told.steps[6].means
    assert "deletes what was marked: mail 1" in told.steps[8].means
    assert "a second time" in told.steps[10].means
    assert result(conversation) == "1 deleted"


def test_a_mark_without_quit_deletes_nothing() -> None:
    talk = session()
    talk.command(9, 0.06, "DELE 1")
    talk.reply(10, 0.07, "+OK")
    assert result(talk.conversation()) == "1 marked but not deleted: no QUIT"


def test_marks_that_were_taken_back_delete_nothing() -> None:
    talk = session()
    for number, line, answer in (
        (9, "DELE 1", "+OK"), (11, "DELE 1", "-ERR"), (13, "RSET", "+OK"), (15, "RETR 2", "+OK"), (17, "QUIT", "+OK"),
    ):  # fmt: skip
        talk.command(number, number / 100, line)
        talk.reply(number + 1, number / 100, answer)
    assert "delet" not in happened(talk.conversation())
    assert result(talk.conversation()) == "left on the server"


def test_of_marks_only_those_count_that_are_there_in_the_end() -> None:
    talk = session()
    for number, line in ((9, "DELE 1"), (11, "RSET"), (13, "DELE 2"), (15, "DELE 3"), (17, "QUIT")):
        talk.command(number, number / 100, line)
        talk.reply(number + 1, number / 100, "+OK")
    assert happened(talk.conversation()).endswith("2 marked for deletion")
    assert result(talk.conversation()) == "2 deleted"


def test_capabilities_are_explained_once_and_then_compared() -> None:
    talk = session()
    talk.command(9, 0.06, "CAPA")
    talk.reply(10, 0.07, "+OK", "", "TOP", "USER")
    talk.command(11, 0.08, "CAPA")
    talk.reply(12, 0.09, "+OK", "", "TOP")
    talk.command(13, 0.1, "CAPA")
    talk.reply(14, 0.11, "+OK", "", "TOP")
    (told,) = walkthroughs(analysis(talk.conversation()))
    assert "TOP (headers alone can be fetched)" in told.steps[7].means
    assert told.steps[9].means == "The list is shorter than before: USER no longer needed or offered."
    assert told.steps[11].means == "The same list as before."


def test_a_refused_login_with_its_code() -> None:
    talk = Talk("pop3", port=110)
    talk.handshake(1, 0.0)
    talk.reply(4, 0.01, "+OK", "ready")
    talk.command(5, 0.02, "PASS x", ((5, 6),))
    talk.reply(6, 0.03, "-ERR", "[AUTH] no")
    talk.login("USER", "kim", False, (5, 6))
    conversation = talk.conversation()
    (told,) = walkthroughs(analysis(conversation))
    assert told.steps[-1].means == "The login is refused (-ERR). [AUTH]: user or password is wrong."
    assert result(conversation) == "refused: -ERR [AUTH] no"


def test_attachments_and_html_are_named_not_quoted() -> None:
    talk = session()
    talk.command(9, 0.06, "RETR 1")
    talk.reply(10, 0.07, "+OK")
    content = talk.content("RETR", (10,), b"")
    parts = (
        MessagePart("1", "text/plain", "utf-8", None, 5, "", "hello"),
        MessagePart("2", "text/html", "utf-8", None, 20, "", "<b>hello</b>"),
        MessagePart("3", "application/zip", None, "x.zip", 1234, "0123456789abcdef" * 4, None),
    )
    (told,) = walkthroughs(analysis(talk.conversation(), messages=(mail(1, content, parts=parts),)))
    says = told.steps[-1].says
    assert says[1].endswith("text/plain + text/html + application/zip, 0 octets")
    assert says[3:7] == (
        "part 1: text/plain, 5 octets",
        "    hello",
        "part 2: text/html, 20 octets",
        'part 3: attachment "x.zip", application/zip, 1,234 octets, sha256 0123456789abcdef...',
    )


def test_another_service_on_the_port_is_named() -> None:
    talk = Talk("imap", port=110)
    talk.handshake(1, 0.0)
    talk.data(4, 0.1, SERVER, 60)
    talk.data(5, 0.2, CLIENT, 20)
    talk.violation(4, 0.1, SERVER, "wrong-port", "IMAP on port 110 (POP3)")
    (told,) = walkthroughs(analysis(talk.conversation()))
    assert told.steps[1].says == ("IMAP on port 110 (POP3)",)
    assert told.steps[1].means == "Each protocol has ports of its own: a mistake in the setup, or on purpose."
    assert told.summary == "IMAP on port 110 (POP3): 80 octets exchanged"
