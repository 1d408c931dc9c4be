"""How the parts of a mail read in a walkthrough. Numbers: acceptance list, section K."""

from __future__ import annotations

import io

import pytest

from mailtrace.explain.content import content_means, content_says
from mailtrace.explain.draft import Scene
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.mail.message import read_message
from mailtrace.mail.naming import Naming
from mailtrace.model import NO_TIME, Content, Direction, GapReason, Message
from mailtrace.reports import terminal
from tests.explain.making import CLIENT, Talk, analysis, mail


def told(octets: bytes, *holes: tuple[int, int]) -> tuple[list[str], list[str]]:
    """Return what a step says of a mail, and what it means; `holes` are places and sizes of what is missing."""
    talk = Talk("smtp")
    talk.handshake(1, 0.0)
    content = talk.content("DATA", (1,), octets)
    content.message = 1
    content.holes, content.complete = holes, not holes
    message = read_message(content, id=1, conversation=1, direction=Direction.SUBMITTED)
    scene = Scene(talk.conversation(), Naming([]), {1: message})
    return content_says(scene, content), content_means(scene, content)


def lines(*some: str) -> bytes:
    """Return lines as octets with CRLF."""
    return "".join(line + "\r\n" for line in some).encode()


NESTED = lines(
    "From: =?euc-kr?B?sei02cC9?= <kim@daum.net>", "Subject: Fwd", "Content-Type: multipart/mixed; boundary=b", "",
    "--b", "", "see below", "--b", "Content-Type: message/rfc822", "Content-Disposition: attachment", "",
    "From: Lee <lee@naver.com>", "Subject: =?utf-8?b?7ZWc6riA?=", "", "inside", "--b",
    "Content-Type: application/octet-stream", "Content-Disposition: attachment; filename*=utf-8''%ED%91%9C.exe", "",
    "MZ", "--b--",
)  # fmt: skip


def test_attachments_and_a_mail_inside() -> None:
    says, means = told(NESTED)
    assert says[1:6] == [
        "part 1: text/plain, 9 octets",
        "    see below",
        'part 2: attached mail, message/rfc822, 66 octets: From Lee <lee@naver.com>, Subject "한글"',
        "part 2.1: text/plain, 6 octets",
        "    inside",
    ]
    assert says[6] == (
        'part 3: attachment "표.exe", application/octet-stream, 2 octets, sha256 9b8db510ef42b8ed...: '
        "by its first octets a program for Windows"
    )
    assert says[0] == (
        'the mail: From 김다음 <kim@daum.net>, Subject "Fwd", text/plain + message/rfc822 + application/octet-stream, '
        f"{len(NESTED)} octets"
    )
    assert means[-1] == "An attachment is a program for Windows."


def test_a_mail_without_from_and_subject() -> None:
    says, _ = told(lines("To: kim@daum.net", "", "x"))
    assert says[0] == "the mail: From (none), Subject (none), text/plain, 23 octets"


def test_a_bounce_reads_as_one() -> None:
    says, means = told(
        lines(
            "From: MAILER-DAEMON@nate.com",
            "Content-Type: multipart/report; boundary=b",
            "",
            "--b",
            "",
            "Sorry",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mail.nate.com",
            "",
            "Final-Recipient: rfc822; kim@daum.net",
            "Action: failed",
            "Status: 5.1.1",
            "Diagnostic-Code: smtp; 550 5.1.1 User unknown",
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            "Message-ID: <1@naver.com>",
            "--b--",
        )
    )
    assert says[1] == "report: kim@daum.net could not be reached (5.1.1): 550 5.1.1 User unknown"
    assert "It is a report on the delivery of another mail, the one with the Message-ID <1@naver.com>." in means


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data", "a mail encrypted with S/MIME"),
        ("application/pkcs7-signature", "the S/MIME signature"),
        ("application/pgp-signature", "the PGP signature"),
        ("message/external-body; access-type=URL", "points to a file elsewhere, which is not fetched"),
    ],
)
def test_k211_what_a_part_is_beyond_its_type(kind: str, line: str) -> None:
    says, _ = told(lines(f"Content-Type: {kind}", "", "x"))
    assert says[1] == f"part 1: {kind.partition(';')[0]}, 3 octets: {line}"


def test_a_part_that_is_what_it_says_is_not_explained() -> None:
    says, _ = told(lines("Content-Type: application/pdf; name=a.pdf", "", "%PDF-1"))
    assert says[1].startswith('part 1: attachment "a.pdf", application/pdf, 8 octets, sha256 ')
    assert says[1].endswith("...")


def test_files_in_text_are_named_below_it() -> None:
    says, _ = told(lines("", "begin 644 hello.txt", '-:&5L;&\\@=V]R;&0A"@``', "`", "end"))
    assert says[-2] == 'in part 1: uuencoded file "hello.txt", 13 octets, sha256 ecf701f727d9e2d7...'


def test_guesses_and_faults_are_said() -> None:
    _, means = told(b"Subject: \xc7\xd1\xb1\xdb\r\nSubject: b\r\n\r\nx\r\n")
    assert means[-2:] == [
        "A header is in 8-bit characters that nothing declares, against the rule (RFC 2047, RFC 6532); they are read "
        "as euc-kr, which is a guess.",
        "The header subject stands there more than once: which one a mail program shows is its own choice.",
    ]


def test_a_mail_with_a_hole_has_a_mark_in_its_place() -> None:
    head = b"Subject: x\r\n\r\n"
    says, means = told(head + b"before\r\n" + bytes(1460) + b"behind\r\n", (len(head) + 8, 1460))
    assert says[1:] == [
        "    before",
        "    [... 1,460 octets were not captured ...]",
        "    behind",
        "(4 lines were captured; 1,460 octets were not)",
    ]
    assert means[-1] == "Part of the mail was not captured: 1,460 octets, in whose place there is a mark."


def test_an_attachment_with_a_hole() -> None:
    head = b"Content-Type: application/zip; name=a.zip\r\n\r\nPK\x03\x04"
    says, _ = told(head + bytes(100) + b"end", (len(head), 100))
    assert says[1].endswith("...; of that 100 octets were not captured")


def test_a_mail_of_which_nothing_was_captured_stands_where_it_was_sent() -> None:
    talk = Talk("smtp")
    talk.handshake(1, 0.0)
    talk.command(4, 0.1, "DATA")
    talk.reply(5, 0.2, "354 go")
    talk.gap(9, 0.5, CLIENT, 326, GapReason.NOT_CAPTURED)
    nothing = Content("DATA", bytes(326), 326, "", (), NO_TIME, NO_TIME, False, holes=((0, 326),), message=1)
    talk.dialogue.events.append(nothing)
    talk.dialogue.contents.append(nothing)
    talk.reply(7, 0.3, "250 ok")
    talk.command(8, 0.4, "QUIT")
    (found,) = walkthroughs(analysis(talk.conversation(), messages=(mail(1, nothing),)))
    assert [(step.says[0], step.offset_ns // 100_000_000) for step in found.steps[1:]] == [
        ("DATA", 1),
        ("354 go", 2),
        ("(326 octets missing from the capture)", 2),
        ("the mail: 326 octets, none of them captured", 2),
        ("250 ok", 3),
        ("QUIT", 4),
    ]


@pytest.mark.parametrize(
    ("sender", "word"),
    [
        ("pаypal@example.org", "pаypal"),  # a Cyrillic a
        ('"Αpple" <a@example.org>', "Αpple"),  # a Greek Alpha
        ("이네이버mail <lee@naver.com>", None),
        ("Иван <ivan@example.org>", None),
    ],
)
def test_k208_letters_that_look_alike(sender: str, word: str | None) -> None:
    _, means = told(f"From: {sender}\r\n\r\nx\r\n".encode())
    said = [each for each in means if "alphabets" in each]
    sentence = 'The sender\'s word "{}" has letters of several alphabets that look alike: it may imitate another one.'
    assert said == ([] if word is None else [sentence.format(word)])


HOSTILE = "\u202egnp.exe \u2066x\u2069 \u200b\U000e0041 Z" + "\u0301" * 50 + " \x1b[2J"


def test_k208_what_turns_text_around_hides_or_piles_up_has_visible_marks() -> None:
    talk = Talk("smtp")
    talk.handshake(1, 0.0)
    content = talk.content("DATA", (1,), b"")
    message: Message = mail(1, content, sender=(HOSTILE, "a@b"), subject=HOSTILE, text=HOSTILE)
    found = analysis(talk.conversation(), messages=(message,))
    out = io.StringIO()
    terminal.render(found, walkthroughs(found), terminal.console(out, width=100))
    text = " ".join(out.getvalue().split())
    for mark in ("⟨RLO⟩gnp.exe", "⟨LRI⟩x⟨PDI⟩", "⟨ZWSP⟩⟨U+E0041⟩", "⟨…marks⟩", "\\x1b[2J"):
        assert text.count(mark) >= 2
    assert not set("\u202e\u2066\u2069\u200b\U000e0041\x1b") & set(out.getvalue())


def test_k208_a_line_is_not_cut_between_a_letter_and_its_marks() -> None:
    says, _ = told(b"\r\n" + ("x" * 395 + "e\u0301\u0302" + "y" * 100).encode() + b"\r\n")
    assert says[1].startswith("    " + "x" * 395 + "... (cut")
