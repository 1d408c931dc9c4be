"""Rules about what a mail carries: charsets that lie, file names that deceive, structures that are read two ways."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtrace.findings.facts import Mail
from mailtrace.findings.mail_headers import called, defect, is_news
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import MAILS
from mailtrace.mail.charsets import MISLABELLED, NOT_IN_CHARSET, UNKNOWN_CHARSET
from mailtrace.mail.encodedwords import BROKEN_WORD, SPLIT_CHARACTER
from mailtrace.mail.headers import NO_BLANK_LINE
from mailtrace.mail.leaves import OTHER_READING
from mailtrace.mail.mime import BOUNDARY_MISSING, BOUNDARY_UNUSED, ENCODED_MULTIPART, OTHER_PARTS, UNTERMINATED
from mailtrace.mail.parameters import DIFFERENT_READINGS
from mailtrace.model import Severity
from mailtrace.model.language import said

PROGRAMS = frozenset(
    (
        *("exe", "scr", "com", "pif", "bat", "cmd", "msi", "msp", "cpl", "dll", "jar", "hta", "lnk", "reg", "apk"),
        *("js", "jse", "vbs", "vbe", "wsf", "wsh", "ps1", "psm1", "vb", "sct", "application", "gadget", "inf"),
    )
)
"""Ends of names that Windows runs when one clicks on them."""

DOCUMENTS = frozenset(
    (
        *("pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "hwp", "hwpx", "txt", "rtf", "csv", "html", "htm"),
        *("jpg", "jpeg", "png", "gif", "bmp", "mp3", "mp4", "avi", "zip", "rar", "7z", "eml"),
    )
)
"""Ends of names that people take for harmless."""

BROKEN = {
    BROKEN_WORD: "encoded word broken",
    SPLIT_CHARACTER: "character split between encoded words",
    BOUNDARY_MISSING: "boundary missing",
    BOUNDARY_UNUSED: "boundary never used",
    UNTERMINATED: "multipart not closed",
    OTHER_READING: "base64 other reading",
    OTHER_PARTS: "parts when decoded",
    ENCODED_MULTIPART: "transfer encoding on multipart",
    DIFFERENT_READINGS: "parameter readings differ",
}
"""What is wrong with how a mail is written, in a few words."""

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of text. Source: Unicode Standard Annex 9 section 2."""

_END = re.compile(r"\.([A-Za-z0-9]{1,11})[\s.]*\Z")


def _told(mail: Mail, what: str = "") -> Seen:
    return seen(mail.packets, subject=called(mail), what=what)


def _detail(mail: Mail, code: str) -> str:
    """Return what a defect is about."""
    return defect(mail, code).partition(": ")[2]


def _files(mail: Mail) -> list[str]:
    """Return the names of the files that a mail carries."""
    names = [part.filename for part in mail.message.parts if part.filename]
    return names + [file.filename for file in mail.message.embedded]


def _ends(name: str) -> tuple[str, str]:
    """Return the last two ends of a file's name, in lower case: `pdf` and `exe` of `bill.pdf   .exe`."""
    last = _END.search(name)
    if last is None:
        return "", ""
    before = _END.search(name[: last.start()])
    return before[1].lower() if before else "", last[1].lower()


@rule(
    "MAIL021", Severity.WARNING, MAILS, "A text of the mail {subject} is not in the charset that it declares ({what})"
)
def charset_mislabelled(mail: Mail) -> Iterator[Seen]:
    """A part or a header declares one charset, and its octets are certainly of another.

    Why: Programs that believe the label show garbage, such as black squares in place of Hangul.

    Mend: Correct the label in the program that writes the mail: Content-Type: text/plain; charset=utf-8.

    Not when: The octets fit the label, or nothing is declared.

    Source: RFC 2046 section 4.1.2.
    """
    if is_news(mail, lambda each: defect(each, MISLABELLED)):
        yield _told(mail, _detail(mail, MISLABELLED))


@rule("MAIL022", Severity.WARNING, MAILS, "A text of the mail {subject} has octets that {what} does not know")
def octets_not_in_charset(mail: Mail) -> Iterator[Seen]:
    """A part or a header has octets that do not exist in the charset it declares, and no other charset fits for sure.

    Why: Single letters are shown as question marks or boxes. The text was damaged, or the label is wrong.

    Mend: Correct the program that writes the mail; UTF-8 has all letters.

    Not when: The octets are certainly of another charset (MAIL021).

    Source: RFC 2046 section 4.1.2.
    """
    if is_news(mail, lambda each: defect(each, NOT_IN_CHARSET)):
        yield _told(mail, _detail(mail, NOT_IN_CHARSET))


@rule("MAIL023", Severity.WARNING, MAILS, "The mail {subject} declares a charset that nobody knows: {what}")
def charset_unknown(mail: Mail) -> Iterator[Seen]:
    """A part or a header declares a charset that does not exist.

    Why: Each program guesses, and some show nothing.

    Mend: Correct the program that writes the mail: use utf-8.

    Not when: The name is an old or unusual spelling of a charset that exists.

    Source: RFC 2046 section 4.1.2, RFC 2978.
    """
    if is_news(mail, lambda each: defect(each, UNKNOWN_CHARSET)):
        yield _told(mail, _detail(mail, UNKNOWN_CHARSET))


@rule("MAIL024", Severity.WARNING, MAILS, "An encoded header of the mail {subject} is broken ({what})")
def encoded_word_broken(mail: Mail) -> Iterator[Seen]:
    """An encoded word of a header does not end, holds what it may not, or is cut in the middle of a letter.

    Why: Many programs show the code itself, or boxes where a letter was cut in two. Korean subjects suffer most, since
    each letter has two or three octets.

    Mend: Correct the program that writes the mail: each encoded word must hold whole letters.

    Not when: Encoded words follow one another and each is whole.

    Source: RFC 2047 section 5.
    """
    codes = (BROKEN_WORD, SPLIT_CHARACTER)
    if is_news(mail, lambda each: defect(each, *codes)):
        yield _told(mail, said(BROKEN[defect(mail, *codes).partition(":")[0]]))


@rule(
    "MAIL025",
    Severity.ERROR,
    MAILS,
    "The file {what} in the mail {subject} is a program that pretends to be a document",
)
def attachment_with_double_extension(mail: Mail) -> Iterator[Seen]:
    """A file's name ends like a document's and then like a program's: bill.pdf.exe, or with many spaces in between.

    Why: Windows hides the last end by default, so that people see bill.pdf and run a program by opening it.

    Mend: Refuse or quarantine such mail, and let Windows show the ends of names.
        postfix: /name=.*\\.(pdf|doc)\\s*\\.exe/ REJECT in mime_header_checks
        rspamd: the module mime_types

    Not when: The last end is no program's (archive.tar.gz), or there is only one.

    Source: RFC 2183 section 5.
    """
    for name in _files(mail):
        before, last = _ends(name)
        if last in PROGRAMS and before in DOCUMENTS and is_news(mail, _has_double_extension):
            yield _told(mail, name)
            return


def _has_double_extension(mail: Mail) -> bool:
    return any(before in DOCUMENTS and last in PROGRAMS for before, last in map(_ends, _files(mail)))


@rule("MAIL026", Severity.WARNING, MAILS, "The mail {subject} carries a program: {what}")
def program_attached(mail: Mail) -> Iterator[Seen]:
    """A file in a mail has a name that Windows runs when one clicks on it.

    Why: This is how malware is sent. Honest programs are hardly ever sent by mail.

    Mend: Refuse or quarantine such mail; send a link, or an archive with a password agreed on.
        postfix: /name=.*\\.(exe|scr|js)/ REJECT in mime_header_checks
        rspamd: the module mime_types

    Not when: The file pretends to be a document (MAIL025), or is an archive, into which mailtrace does not look.

    Source: RFC 2183 section 5.
    """
    for name in _files(mail):
        before, last = _ends(name)
        if last in PROGRAMS and before not in DOCUMENTS and is_news(mail, _has_program):
            yield _told(mail, name)
            return


def _has_program(mail: Mail) -> bool:
    return any(last in PROGRAMS for _, last in map(_ends, _files(mail)))


@rule(
    "MAIL027",
    Severity.ERROR,
    MAILS,
    "The name of a file in the mail {subject} turns the direction of its letters: {what}",
)
def file_name_turns_direction(mail: Mail) -> Iterator[Seen]:
    """A file's name has characters that make letters run backwards: what is shown as `photo-exe.jpg` ends with .exe.

    Why: People see the end of a picture and run a program.

    Mend: Refuse or quarantine such mail. mailtrace shows the characters by their names.

    Not when: The name is in Arabic or Hebrew, whose letters turn by themselves.

    Source: RFC 8264 section 4.2.
    """
    turned = _turned(mail)
    if turned and is_news(mail, _turned):
        yield _told(mail, turned[0])


def _turned(mail: Mail) -> list[str]:
    return [name for name in _files(mail) if not TURNING.isdisjoint(name)]


@rule(
    "MAIL028",
    Severity.WARNING,
    MAILS,
    "The parts of the mail {subject} are not put together as they should be ({what})",
)
def multipart_broken(mail: Mail) -> Iterator[Seen]:
    """A mail says that it has several parts, and the boundary between them is missing, never used, or not closed.

    Why: Programs show the raw text, or hide attachments; filters may not find them.

    Mend: Correct the program that writes the mail, or whatever cut it on its way.

    Not when: The mail was not captured to its end.

    Source: RFC 2046 section 5.1.1.
    """
    codes = (BOUNDARY_MISSING, BOUNDARY_UNUSED, UNTERMINATED)
    if mail.message.content.complete and is_news(mail, lambda each: defect(each, *codes)):
        yield _told(mail, said(BROKEN[defect(mail, *codes).partition(":")[0]]))


@rule("MAIL029", Severity.WARNING, MAILS, "Programs read the mail {subject} in different ways ({what})")
def read_in_two_ways(mail: Mail) -> Iterator[Seen]:
    """A mail is written so that two programs find different contents in it.

    Why: A virus scanner can be shown one file, and the reader another: a way past filters.

    Mend: Refuse or quarantine such mail.

    Not when: The structure is merely broken (MAIL028), or a file's name is given in ASCII and in full, with the same
    end.

    Source: RFC 2045 section 6.4, RFC 2045 section 6.8, RFC 2231 section 3.
    """
    told = _readings(mail)
    if told and is_news(mail, _readings):
        yield _told(mail, said(BROKEN[told[0].partition(":")[0]]))


def _readings(mail: Mail) -> list[str]:
    """Return the defects by which a mail can be read in two ways.

    A name that is given twice, once in ASCII and once in full, is usual: it deceives only if another kind of file is
    meant. Source: RFC 2231 section 3, RFC 6266 section 4.3.
    """
    found = []
    for each in mail.message.defects:
        code, _, detail = each.partition(": ")
        parameter, _, other = detail.partition(": ")
        if code in (OTHER_READING, OTHER_PARTS, ENCODED_MULTIPART):
            found.append(each)
        elif code == DIFFERENT_READINGS:
            ends = {_ends(name)[1] for name in _files(mail)}
            if parameter not in ("name", "filename") or _ends(other)[1] not in ends:
                found.append(each)
    return found


@rule("MAIL030", Severity.INFO, MAILS, "The text of the mail {subject} begins without an empty line behind the headers")
def empty_line_missing(mail: Mail) -> Iterator[Seen]:
    """There is no empty line between headers and text, so that the first line which is no header begins the text.

    Why: Programs disagree on where the headers end; some throw the first lines away. Typical of mails typed by hand.

    Mend: Put an empty line behind the last header.

    Not when: The mail has headers and no text.

    Source: RFC 5322 section 2.1.
    """
    if is_news(mail, lambda each: each.message.content.complete and defect(each, NO_BLANK_LINE)):
        yield _told(mail)
