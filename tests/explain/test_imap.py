"""IMAP is told as what happens to folders and mails; every expected sentence is written out here."""

from __future__ import annotations

import pytest

from mailtrace.explain.imap.search import conditions
from mailtrace.explain.imap.syntax import values
from mailtrace.explain.imap.words import flags_shown, folder_shown, item_shown, mails_shown, parts_shown
from mailtrace.explain.summary import happened, result
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import ClosedHow, Message, Step, StepKind
from tests.explain.making import CLIENT, SERVER, analysis, mail
from tests.explain.makingimap import ImapTalk, logged_in

SENT = "&vPSwuNO4ycDVaA-"
"""The folder of sent mails, as the lab's client and server wrote it."""


def told(talk: ImapTalk, *messages: Message) -> tuple[Step, ...]:
    """Return the steps of a conversation."""
    (walkthrough,) = walkthroughs(analysis(talk.conversation(), messages=messages))
    return walkthrough.steps


def answered(command: str, *replies: str, tag: str = "a1") -> tuple[Step, Step]:
    """Return the steps of a command and of its answer, which comes in one packet."""
    talk = logged_in()
    talk.asks(5, 0.1, f"{tag} {command}")
    for at, reply in enumerate(replies):
        talk.says(6, 0.2, *reply.split("\r\n"), to=tag, new=not at)
    steps = told(talk)
    return steps[2], steps[3]


def test_a_login_with_literals() -> None:
    """From the lab's truth log: each literal waits for the server's plus, and the password is masked."""
    talk = ImapTalk()
    talk.handshake(1, 0.0)
    talk.says(4, 0.01, "* OK [CAPABILITY IMAP4rev1 IDLE STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.")
    talk.asks(5, 0.02, "a002 LOGIN {3}")
    talk.says(6, 0.03, "+ OK", to="a002")
    talk.goes_on(7, 0.04, "a002", "lee {3}", ((4, 7),))
    talk.says(8, 0.05, "+ OK", to="a002")
    talk.goes_on(9, 0.06, "a002", "lee", ((0, 3),))
    talk.says(10, 0.07, "a002 OK Logged in")
    talk.login("LOGIN", "lee", True, (5, 7, 9, 10))
    steps = told(talk)
    assert [step.says for step in steps[1:]] == [
        ("* OK [CAPABILITY IMAP4rev1 IDLE STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.",),
        ("a002 LOGIN {3}",),
        ("+ OK",),
        ("lee ********",),
        ("+ OK",),
        ("********",),
        ("a002 OK Logged in",),
    ]
    assert steps[1].means == (
        "The IMAP server is ready; the client must log in first. The server can: STARTTLS (the connection can be "
        "encrypted); IDLE (news are told at once); AUTH (the client can log in, by PLAIN); 1 more."
    )
    assert steps[2].means.startswith("The client logs in as lee and sends the password, readable in the capture for ")
    assert "{3} announces a literal: the next 3 octets belong to the command" in steps[2].means
    assert "The client puts a tag of its choice (a002) before each command" in steps[2].means
    assert steps[3].means == "The server asks for the octets that were announced."
    assert steps[4].means == (
        "The octets that were announced, hidden here: a password may be among them. At its end 3 octets more are "
        "announced."
    )
    assert steps[7].means == "The password is right: lee is logged in."
    assert [step.source for step in steps[2:5]] == [
        "RFC 9051 section 6.2.3",
        "RFC 9051 section 7.6",
        "RFC 9051 section 4.3",
    ]


def test_greetings() -> None:
    """Logged in already, and turned away."""
    assert "no password is asked for" in told(logged_in())[1].means
    talk = ImapTalk()
    talk.handshake(1, 0.0)
    talk.says(4, 0.01, "* BYE too many connections")
    assert told(talk)[1].means == "The server does not serve this client and closes the connection."


def test_what_the_server_can_is_explained_once_and_then_compared() -> None:
    talk = logged_in()
    for number, named in enumerate(("IMAP4rev1 STARTTLS AUTH=PLAIN", "IMAP4rev1 MOVE", "IMAP4rev1 MOVE"), 5):
        talk.asks(2 * number, number, f"a{number} CAPABILITY")
        talk.says(2 * number + 1, number, f"* CAPABILITY {named}", to=f"a{number}")
        talk.says(2 * number + 1, number, f"a{number} OK", new=False)
    steps = told(talk)
    assert steps[3].means.startswith("The server can: STARTTLS (the connection can be encrypted); AUTH (the client ")
    assert steps[5].means == (
        "Now the server can more: MOVE (mails can be moved in one step). The list is shorter than before: STARTTLS and "
        "AUTH=PLAIN no longer needed or offered."
    )
    assert steps[7].means.startswith("It can the same as before.")


def test_a_folder_is_opened() -> None:
    asked, opened = answered(
        "SELECT INBOX",
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
        "* OK [PERMANENTFLAGS (\\Answered \\*)] Flags permitted.",
        "* 4 EXISTS",
        "* 4 RECENT",
        "* OK [UNSEEN 1] First unseen.",
        "* OK [UIDVALIDITY 1795320148] UIDs valid",
        "* OK [UIDNEXT 5] Predicted next UID",
        "a1 OK [READ-WRITE] Select completed.",
    )
    assert asked.means.startswith("The client opens the folder INBOX.")
    assert len(opened.says) == 8
    assert opened.means == (
        "INBOX is open for reading and writing. The folder holds 4 mails. 4 mails arrived since somebody last opened "
        "it. The first unread one is mail 1. UIDs are numbers that a mail keeps from one session to the next, as long "
        "as UIDVALIDITY stays 1795320148. The next mail will get the UID 5. The flags of this folder: answered, "
        "flagged, deleted, read and a draft. Lines that begin with * bring what was asked for; the line with the tag "
        "a1 says that this was all."
    )
    assert opened.source == "RFC 9051 section 6.3.2"


def test_folder_names_are_decoded() -> None:
    asked, made = answered(f'CREATE "{SENT}"', "a1 OK Create completed.")
    assert asked.says == (f'a1 CREATE "{SENT}"',)
    assert asked.means.startswith(
        f"The client makes a new folder: 보낸편지함. {SENT} is how 보낸편지함 is written on the wire: in modified UTF-7"
    )
    assert made.means == "The folder 보낸편지함 is there now."
    _, listed = answered(
        'LIST "" "*"',
        f'* LIST (\\NoInferiors \\Sent) "/" {SENT}',
        '* LIST (\\HasNoChildren) "/" INBOX',
        "a1 OK List completed.",
    )
    assert listed.means.startswith("2 folders: 보낸편지함 (sent mail) and INBOX.")
    _, listed = answered('LIST "" ""', '* LIST (\\Noselect) "/" ""', "a1 OK")
    assert listed.means.startswith("Between the levels of folder names stands /.")
    _, status = answered(
        f'STATUS "{SENT}" (MESSAGES UNSEEN)', f"* STATUS {SENT} (UNSEEN 1 MESSAGES 3)", "a1 OK Status completed."
    )
    assert status.means.startswith("보낸편지함: 3 mails and 1 unread.")


def test_a_fetched_mail_is_one_step() -> None:
    talk = logged_in()
    talk.asks(5, 0.1, "a1 FETCH 1 BODY[]")
    talk.says(6, 0.2, "* 1 FETCH (FLAGS (\\Seen \\Recent) BODY[] {57}", ")", to="a1")
    content = talk.content("FETCH", (6,), b"y\r\n" * 19)
    talk.says(6, 0.2, "a1 OK Fetch completed.", new=False)
    asked, fetched = told(talk, mail(1, content, sender=("김다음", "kim@daum.net"), subject="첫째"))[2:4]
    assert asked.means.startswith(
        "The client asks for mail 1 as a whole. Without PEEK, fetching also marks it as read."
    )
    assert (fetched.kind, fetched.packets) == (StepKind.CONTENT, (6,))
    assert fetched.says == (
        "* 1 FETCH (FLAGS (\\Seen \\Recent) BODY[] {57}",
        'the mail: From 김다음 <kim@daum.net>, Subject "첫째", text/plain, 57 octets',
        "To: kim@daum.net",
        "    hello",
        "(19 lines, ended by the count of octets)",
        ")",
        "a1 OK Fetch completed.",
    )
    assert fetched.means.startswith("Mail 1: read and new here. The mail itself: headers, an empty line, the body.")


def test_each_of_several_mails_has_its_step() -> None:
    talk = logged_in()
    talk.asks(5, 0.1, "a1 FETCH 1:2 BODY.PEEK[]")
    messages = []
    for number in (1, 2):
        talk.says(5 + number, 0.2, f"* {number} FETCH (BODY[] {{3}}", ")", to="a1")
        messages.append(mail(number, talk.content("FETCH", (5 + number,), b"y\r\n"), subject=f"mail {number}"))
    talk.says(7, 0.2, "a1 OK", new=False)
    steps = told(talk, *messages)
    assert [step.kind for step in steps[3:]] == [StepKind.CONTENT, StepKind.CONTENT]
    assert steps[3].says[1].endswith('Subject "mail 1", text/plain, 3 octets')
    assert steps[4].says[-1] == "a1 OK"


def test_fetched_headers_are_decoded_in_place() -> None:
    asked, fetched = answered(
        "UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)])",
        "* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[HEADER.FIELDS (FROM SUBJECT)] {80}\r\n"
        "From: =?utf-8?b?6rmA64uk7J2M?= <kim@daum.net>\r\nSubject: =?utf-8?b?7LKr7Ke4?=\r\n\r\n)",
        "a1 OK Fetch completed.",
    )
    assert asked.means.startswith(
        "The client asks for the flags and the headers FROM and SUBJECT of all mails. PEEK says: without marking it "
        "as read."
    )
    assert fetched.says == (
        "* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[HEADER.FIELDS (FROM SUBJECT)] {80}",
        "    From: 김다음 <kim@daum.net>",
        "    Subject: 첫째",
        ")",
        "a1 OK Fetch completed.",
    )
    assert fetched.means.startswith("Mail 1: read, UID 1.")


def test_of_a_long_answer_the_beginning_and_the_end_are_shown() -> None:
    flags = [f"* {number} FETCH (FLAGS (\\Seen))" for number in range(1, 41)]
    _, fetched = answered("FETCH 1:* FLAGS", *flags, "a1 OK Fetch completed.")
    assert fetched.says == (*flags[:24], "(and 16 lines more)", "a1 OK Fetch completed.")
    assert fetched.means.startswith("Answers about 40 mails.")


def test_envelopes_and_structures_are_told_in_words() -> None:
    """From the lab's truth log, shortened."""
    _, fetched = answered(
        "FETCH 1 (FLAGS RFC822.SIZE ENVELOPE)",
        '* 1 FETCH (FLAGS (\\Recent) RFC822.SIZE 597 ENVELOPE ("Sun, 22 Nov 2026 12:01:00 +0900" '
        '"=?utf-8?b?7LKr7Ke4?=" (("=?utf-8?b?6rmA64uk7J2M?=" NIL "kim" "daum.net")) NIL NIL '
        '((NIL NIL "lee" "naver.com")) NIL NIL NIL "<imap1.lab@naver.com>"))',
        "a1 OK Fetch completed.",
    )
    assert "(cut, 237 characters in all)" in fetched.says[0]
    assert fetched.says[1:] == (
        '    mail 1: unread and new here, 597 octets, "첫째", from 김다음 <kim@daum.net>, to lee@naver.com',
        "a1 OK Fetch completed.",
    )
    structure = values(
        b'(("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 25 1)("image" "png" NIL NIL NIL "base64" 120 NIL '
        b'("attachment" ("filename*" "utf-8\'\'%EA%B7%B8%EB%A6%BC.png"))) "mixed" ("boundary" "x"))'
    )
    assert parts_shown(structure[0]) == "text/plain + image/png (그림.png)"


def test_a_piece_of_a_mail_is_called_that() -> None:
    talk = logged_in()
    talk.asks(5, 0.1, "a1 FETCH 2 BODY.PEEK[]<0.100>")
    talk.says(6, 0.2, "* 2 FETCH (BODY[]<0> {12}", ")", to="a1")
    talk.content("FETCH", (6,), b"From: a@b\r\nT").complete = False
    talk.says(6, 0.2, "a1 OK", new=False)
    asked, fetched = told(talk)[2:4]
    assert asked.means.startswith("The client asks for 100 octets of mail 2, from octet 0 on: a piece of the mail.")
    assert fetched.says == (
        "* 2 FETCH (BODY[]<0> {12}",
        "a piece of a mail: 12 octets",
        "    From: a@b",
        "    T",
        ")",
        "a1 OK",
    )
    assert fetched.means.startswith("Only a piece of the mail was asked for.")


def test_flags_copies_moves_and_removal() -> None:
    asked, stored = answered("STORE 3 +FLAGS (\\Deleted)", "* 3 FETCH (FLAGS (\\Deleted))", "a1 OK Store completed.")
    assert asked.means.startswith(
        "The client marks mail 3 as deleted. A mail marked as deleted is still there: only EXPUNGE or CLOSE removes it."
    )
    assert stored.means.startswith("Mail 3 is now: unread and deleted.")
    asked, _ = answered("STORE 1,3:5 -FLAGS.SILENT (\\Seen $Forwarded)", "a1 OK")
    assert asked.means.startswith(
        "The client takes off the mails 1 and 3 to 5 the mark read and forwarded. It does not want to be told the new "
        "flags (SILENT)."
    )
    asked, gone = answered("EXPUNGE", "* 3 EXPUNGE", "a1 OK Expunge completed.")
    assert asked.means.startswith("The client asks to remove for good what is marked as deleted.")
    assert gone.means.startswith("Mail 3 is gone. The numbers of those behind it go down by one.")
    asked, copied = answered(f'COPY 2 "{SENT}"', "a1 OK [COPYUID 1795320148 2 1] Copy completed.")
    assert asked.means.startswith("The client copies mail 2 into the folder 보낸편지함.")
    assert copied.means == "Copied into the folder 보낸편지함. UIDs: 2 here became 1 there."
    asked, _ = answered("UID MOVE 7 INBOX", "a1 OK Move completed.")
    assert asked.means.startswith(
        "The client moves the mail with the UID 7 into the folder INBOX: copied there and removed here in one go."
    )


def test_a_stored_mail() -> None:
    talk = logged_in()
    talk.asks(5, 0.1, f'a1 APPEND "{SENT}" (\\Seen) "22-Nov-2026 12:09:00 +0900" {{57}}')
    talk.says(6, 0.2, "+ OK", to="a1")
    talk.data(7, 0.3, CLIENT, 59)
    content = talk.content("APPEND", (7,), b"y\r\n" * 19)
    talk.says(8, 0.4, "a1 OK [APPENDUID 1795320148 2] Append completed.")
    steps = told(talk, mail(1, content))
    assert steps[2].means.startswith(
        "The client stores a mail of its own in the folder 보낸편지함: usually the copy of a mail it sent, or a draft. "
        "It will be marked as read. Its date of arrival is set to 22-Nov-2026 12:09:00 +0900."
    )
    assert steps[3].means == "The server asks for the mail."
    assert (steps[4].kind, steps[4].side, steps[4].source) == (StepKind.CONTENT, CLIENT, "RFC 9051 section 6.3.12")
    assert steps[4].says[-1] == "(19 lines, ended by the count of octets)"
    assert steps[5].means == "The mail is in the folder 보낸편지함 now. There it has got the UID 2."


def test_waiting_for_news_is_nobodys_delay() -> None:
    """Two seconds pass until a mail comes; the folder held three before."""
    talk = logged_in()
    talk.asks(5, 0.1, "a1 SELECT INBOX")
    talk.says(6, 0.1, "* 3 EXISTS", to="a1")
    talk.says(6, 0.1, "a1 OK", new=False)
    talk.asks(7, 0.2, "a2 IDLE")
    talk.says(8, 0.3, "+ idling", to="a2")
    talk.says(9, 2.4, "* 4 EXISTS", to="a2")
    talk.says(9, 2.4, "* 1 RECENT", to="a2", new=False)
    talk.goes_on(10, 4.0, "a2", "DONE")
    talk.says(11, 4.1, "a2 OK Idle completed.")
    steps = told(talk)
    assert [step.means for step in steps[5:]] == [
        "The server agrees: from now on it tells by itself what happens in the folder, until the client says DONE.",
        "A mail has arrived: the folder holds 4 mails now.",
        "The client ends the waiting.",
        "The waiting is over.",
    ]
    assert steps[6].says == ("* 4 EXISTS", "* 1 RECENT")


def test_answers_in_another_order_are_explained_by_their_tags() -> None:
    """From the lab's truth log: three commands in one packet, answered the other way round."""
    talk = logged_in()
    talk.asks(5, 0.1, "a23 NOOP")
    talk.asks(5, 0.1, "a24 FETCH 1 FLAGS", new=False)
    talk.asks(5, 0.1, "a25 STATUS INBOX (MESSAGES)", new=False)
    talk.says(6, 0.2, "* 1 FETCH (FLAGS (\\Flagged \\Seen))", to="a24")
    talk.says(6, 0.2, "* STATUS INBOX (MESSAGES 3)", to="a25", new=False)
    for line in ("a25 OK Status completed.", "a24 OK Fetch completed.", "a23 OK NOOP completed."):
        talk.says(6, 0.2, line, new=False)
    steps = told(talk)
    assert "It comes in one packet with the command before it" in steps[3].means
    assert [step.says for step in steps[5:]] == [
        ("* 1 FETCH (FLAGS (\\Flagged \\Seen))",),
        ("* STATUS INBOX (MESSAGES 3)", "a25 OK Status completed."),
        ("a24 OK Fetch completed.",),
        ("a23 OK NOOP completed.",),
    ]
    assert "The tag a25 says which command this answers: several were waiting" in steps[6].means
    assert "The tag a24 says which command this answers." in steps[7].means
    assert steps[8].means.startswith("The server is still there.")


def test_searches_in_words() -> None:
    talk = logged_in()
    talk.asks(5, 0.1, "a1 SEARCH CHARSET UTF-8 SUBJECT {6}")
    talk.says(6, 0.2, "+ OK", to="a1")
    talk.goes_on(7, 0.3, "a1", "둘째")
    talk.says(8, 0.4, "* SEARCH 2", to="a1")
    talk.says(8, 0.4, "a1 OK Search completed.", new=False)
    steps = told(talk)
    assert steps[2].means.startswith('The client searches the folder for mails that are: with "둘째" in the subject.')
    assert steps[5].means.startswith("Found: mail 2.")
    assert answered("SEARCH UNSEEN", "* SEARCH", "a1 OK")[1].means.startswith("Nothing was found.")
    assert answered("SEARCH ALL", '* ESEARCH (TAG "a1") UID COUNT 17', "a1 OK")[1].means.startswith("Found: 17 mails.")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (b"ALL", ""),
        (b'UNSEEN OR FROM "a" TO "b" NOT SEEN', 'unread, (from "a" or to "b") and not read'),
        (b"NOT (SEEN FLAGGED) 1:5", "not (read and flagged) and the mails 1 to 5"),
        (b"RETURN (COUNT) LARGER 500 X-UNKNOWN", "larger than 500 octets and X-UNKNOWN"),
        (b'HEADER "Message-ID" "<1@x>"', 'with "<1@x>" in the header Message-ID'),
        (b"OR NOT", ""),
        (b"(" * 90 + b"SEEN", ""),
    ],
)
def test_search_keys(keys: bytes, words: str) -> None:
    assert conditions(values(keys)) == words


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("BODY.PEEK[]<0.2048>", "the whole mail, only 2,048 octets from octet 0 on"),
        ("BODY[2.MIME]", "the MIME headers of part 2"),
        ("BODY[1.2.HEADER]", "the headers of the mail in part 1.2"),
        ("BODY[HEADER.FIELDS.NOT (RECEIVED)]", "all headers but RECEIVED"),
        ("BINARY.SIZE[3]", "the decoded size of part 3"),
        ("RFC822.SIZE", "the sizes"),
        ("X-OWN", "X-OWN"),
    ],
)
def test_what_is_fetched(item: str, words: str) -> None:
    assert item_shown(item) == words


def test_sets_and_flags_and_names() -> None:
    assert [mails_shown(each, uid=False) for each in ("1:*", "*", "$", "5:*")] == [
        "all mails",
        "the last mail",
        "the mails that the last search found",
        "the mails 5 to the last",
    ]
    assert mails_shown(",".join(map(str, range(1, 12))), uid=True).endswith("7, 8 and 3 more")
    assert flags_shown([], whole=True) == "unread"
    assert flags_shown(["\\Seen", "Work"]) == "read and Work"
    assert folder_shown("INBOX.&-") == "INBOX.&"
    assert folder_shown("&broken") == "&broken"


def test_refusals_and_goodbyes() -> None:
    asked, refused = answered("LOGIN lee x", "a1 NO [AUTHENTICATIONFAILED] Authentication failed.")
    assert refused.means == (
        "The login is refused. [AUTHENTICATIONFAILED]: user or password is wrong, or the login is not allowed."
    )
    asked, refused = answered("FOO bar", "a1 BAD Unknown command")
    assert asked.means.startswith("This is no IMAP command that mailtrace knows.")
    assert refused.means == "The server does not understand this, or not at this point (BAD)."
    asked, gone = answered("LOGOUT", "* BYE Logging out", "a1 OK Logout completed.")
    assert asked.means.startswith("The client says goodbye.")
    assert gone.means.startswith("The server says goodbye and closes the connection.")
    talk = logged_in()
    talk.says(5, 9.0, "* BYE Autologout; idle for too long")
    assert "The server closes the connection by itself." in told(talk)[2].means


def test_whoever_sends_words_of_the_catalogue_as_commands_breaks_nothing() -> None:
    """Names of sentences are no commands: their fields would be missing."""
    for word in ("UNSEEN", "FLAGS", "COPYUID", "NAMESPACE.are", "part.number", "EXPUNGE.is", "search.or", ""):
        asked, _ = answered(f"{word} x", f"* {word.upper()} x", "a1 OK [UNSEEN] x")
        assert asked.means.startswith("This is no IMAP command")
    for broken in ("FETCH", "FETCH (", "STORE", "COPY", "LIST", "STATUS", "APPEND", "SEARCH", "ID (", "UID", "SORT"):
        answered(broken, "* 1 FETCH", "* FETCH (BODY[", "* LIST", "* STATUS", "* NAMESPACE", "* ID", "a1 OK [")


def test_a_session_in_the_table() -> None:
    talk = logged_in()
    talk.login("LOGIN", "lee", True, (4,))
    talk.asks(5, 0.1, "a1 SELECT INBOX")
    talk.says(6, 0.2, "a1 OK")
    talk.asks(7, 0.3, "a2 FETCH 1 BODY[]")
    talk.says(8, 0.4, "* 1 FETCH (BODY[] {3}", ")", to="a2")
    talk.content("FETCH", (8,), b"y\r\n")
    talk.says(8, 0.4, "a2 OK", new=False)
    talk.asks(9, 0.5, "a3 EXPUNGE")
    talk.says(10, 0.6, "* 1 EXPUNGE", to="a3")
    talk.says(10, 0.6, "a3 OK", new=False)
    talk.asks(11, 0.7, "a4 FOO")
    talk.says(12, 0.8, "a4 BAD what")
    talk.closed = ClosedHow.FIN
    assert happened(talk.conversation()) == "login lee, opened INBOX, 1 fetched, 1 removed"
    assert result(talk.conversation()) == "closed"
    talk.asks(13, 0.9, "a5 LOGOUT")
    talk.says(14, 1.0, "a5 OK")
    assert result(talk.conversation()) == "done"


def test_hanging_up_without_logout_is_named() -> None:
    talk = logged_in()
    talk.asks(5, 0.1, "a1 NOOP")
    talk.says(6, 0.2, "a1 OK")
    talk.fin(7, 0.3, SERVER)
    assert "Nobody said LOGOUT: 10.0.0.2 hangs up in the middle of the dialogue." in told(talk)[-1].means
