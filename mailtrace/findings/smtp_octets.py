"""Rules of SMTP: octets and line ends that mail must not have, and what it has without having asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Broken, Talk
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.smtp import offered
from mailtrace.findings.subjects import talks, violations
from mailtrace.model import Content, Severity, Side
from mailtrace.model.remarks import remark

TEXT_LINE_OCTETS = 998
"""Octets of a line of a mail, its end not counted. Source: RFC 5321 section 4.5.3.1.6."""

EIGHT_BIT = {"8BITMIME", "BINARYMIME", "SMTPUTF8"}
"""Extensions with which a server takes octets above 127 in mails."""

SMTP = talks("smtp")


def _who(talk: Talk, side: Side) -> str:
    return talk.server if side is Side.SERVER else talk.client


def _contents(talk: Talk, *how: str) -> Iterator[Content]:
    """Yield the mails of a conversation that were sent in one of these ways and are no second reading."""
    for content in talk.conversation.dialogue.contents:
        if content.how in how and not content.as_server_read:
            yield content


def _lines_at_fault(talk: Talk, code: str, octet: bytes) -> Iterator[tuple[Side, tuple[int, ...]]]:
    """Yield who sent CR or LF alone, and the packets: in commands and replies, and within mails."""
    for side in Side:
        packets = [each.packet for each in talk.violations.get(code, ()) if each.side is side]
        if side is Side.CLIENT:
            mails = _contents(talk, "DATA")
            faulty = [each for each in mails if each.kept.count(octet) != each.kept.count(b"\r\n")]
            packets += [packet for each in faulty for packet in each.packets]
        if packets:
            yield side, tuple(dict.fromkeys(packets))


@rule("SMTP012", Severity.WARNING, SMTP, "{who} ended lines with LF alone instead of CRLF")
def bare_line_feed(talk: Talk) -> Iterator[Seen]:
    """Lines ended with a line feed alone; SMTP knows CRLF only.

    Why: Servers differ in what they make of it: some refuse the connection, some correct it, some take it for a line
    end and some do not. That is what SMTP smuggling builds on, and a signature over the mail may break.

    Mend: Correct the program that writes the mail or speaks SMTP: each line ends with CR and LF.
        postfix: smtpd_forbid_bare_newline = normalize (3.9 or newer) corrects what comes in
        sendmail: 8.17.1.9 and newer refuse with 421 4.5.0

    Not when: The mail came in counted pieces (BDAT), which may hold any octets.

    Source: RFC 5321 section 2.3.8.
    """
    for side, packets in _lines_at_fault(talk, "bare-line-feed", b"\n"):
        yield seen(packets, who=_who(talk, side))


@rule("SMTP013", Severity.WARNING, SMTP, "{who} sent CR without LF behind it")
def bare_carriage_return(talk: Talk) -> Iterator[Seen]:
    """A carriage return stands alone within a line, or ends one: SMTP has it only together with a line feed.

    Why: What one program takes for a line end is text for the next, so that they disagree about where a header, a line
    or the mail ends.

    Mend: Correct the program that writes the mail: each line ends with CR and LF, and neither stands alone.

    Not when: The mail came in counted pieces (BDAT), which may hold any octets.

    Source: RFC 5321 section 2.3.8.
    """
    for side, packets in _lines_at_fault(talk, "bare-carriage-return", b"\r"):
        yield seen(packets, who=_who(talk, side))


@rule("SMTP014", Severity.WARNING, SMTP, "{who} sent NUL octets, which SMTP does not allow")
def null_octet(talk: Talk) -> Iterator[Seen]:
    """An octet of value zero was sent in a command, a reply or a mail.

    Why: Programs written in C take it for the end of the text: what stands behind it is seen by some and not by others,
    filters and virus scanners among them.

    Mend: Correct the program that writes the mail; binary contents must be encoded (base64).
        postfix: message_reject_characters = \\0

    Not when: The octets were not captured (a hole is no NUL), or the mail came in counted pieces (BDAT) as
    BODY=BINARYMIME.

    Source: RFC 5321 section 2.3.1, RFC 5322 section 3.5.
    """
    for side in Side:
        packets = [each.packet for each in talk.violations.get("null-octet", ()) if each.side is side]
        if side is Side.CLIENT:
            whole = [each for each in _contents(talk, "DATA") if not each.holes and b"\0" in each.kept]
            packets += [packet for each in whole for packet in each.packets]
        if packets:
            yield seen(dict.fromkeys(packets), who=_who(talk, side))


@rule(
    "SMTP015", Severity.WARNING, SMTP, "A mail of {client} has lines longer than 998 octets; the longest has {longest}"
)
def overlong_line(talk: Talk) -> Iterator[Seen]:
    """Lines of a mail are longer than the 998 octets that every server has to take.

    Why: Servers may refuse such a mail, or break the lines: then the text changes, and a DKIM signature with it.

    Mend: Let the program that writes the mail encode it (quoted-printable or base64), or break the lines itself.
        postfix: smtp_line_length_limit = 998 breaks them when sending

    Not when: A line has exactly 998 octets and CRLF, or the mail came in counted pieces (BDAT).

    Source: RFC 5321 section 4.5.3.1.6, RFC 5322 section 2.1.1.
    """
    for content in _contents(talk, "DATA"):
        if not content.holes and _has_long_line(content.kept):
            longest = max(len(line.removesuffix(b"\r")) for line in content.kept.split(b"\n"))
            if longest > TEXT_LINE_OCTETS:
                yield seen(content.packets, client=talk.client, longest=longest)


def _has_long_line(octets: bytes) -> bool:
    """Tell whether there may be a line that is too long: each look ahead finds the last line end in its reach."""
    at, reach = 0, TEXT_LINE_OCTETS + 2
    while at + reach <= len(octets):
        end = octets.rfind(b"\n", at, at + reach)
        if end < 0:
            return True
        at = end + 1
    return False


@rule(
    "SMTP035",
    Severity.WARNING,
    violations("dot-not-doubled", protocols=("smtp",)),
    "A mail of {client} has lines that begin with a dot, and the dot was not doubled: {server} takes it away",
)
def dot_not_doubled(broken: Broken) -> Iterator[Seen]:
    """A line of the mail begins with a dot, and the client sent it as it is instead of with two dots.

    Why: The receiver takes the first dot of every line away, since it stands for doubling: the text changes, and a DKIM
    signature over it breaks. If such a line has nothing but the dot, the mail ends there.

    Mend: Correct the program that sends: it has to put a dot before every line that begins with one.

    Not when: The line begins with two dots or more, or the mail came in counted pieces (BDAT), which need no doubling.

    Source: RFC 5321 section 4.5.2.
    """
    yield seen(broken.packets, client=broken.talk.client, server=broken.talk.server)


@rule(
    "SMTP016",
    Severity.WARNING,
    violations("line-too-long", "reply-too-long", protocols=("smtp",)),
    "{who} sent a command or a reply that is longer than any server or client has to take",
)
def overlong_command(broken: Broken) -> Iterator[Seen]:
    """A command line or a reply is so long that it was only kept in part.

    Why: A command has at most 512 octets (more with extensions). Longer ones are refused, or meant to break a program.

    Mend: Look at who speaks here: it may be no mail program. Servers limit the length of lines by themselves.
        postfix: line_length_limit = 2048

    Not when: It is a line of a mail (SMTP015), or the long response of a login.

    Source: RFC 5321 section 4.5.3.1.4, RFC 5321 section 4.5.3.1.5.
    """
    for side in Side:
        packets = [each.packet for each in broken.violations if each.side is side]
        if packets:
            yield seen(dict.fromkeys(packets), who=_who(broken.talk, side))


@rule(
    "SMTP017",
    Severity.WARNING,
    SMTP,
    "{client} sent a mail with octets above 127, but {server} did not offer 8BITMIME",
)
def eight_bit_not_offered(talk: Talk) -> Iterator[Seen]:
    """A mail with octets beyond ASCII was sent to a server that did not say that it takes such mail.

    Why: The server may strip the eighth bit, which destroys every letter beyond ASCII, or refuse the mail.

    Mend: Let the client encode the mail (quoted-printable or base64) where 8BITMIME is not offered; or update the
    server.
        postfix: disable_mime_output_conversion = no
        sendmail: define(`confEIGHT_BIT_HANDLING', `mimefy')dnl

    Not when: 8BITMIME was offered, even if the client did not declare BODY=8BITMIME; or no answer to EHLO was captured.

    Source: RFC 6152 section 3, RFC 5321 section 2.3.1.
    """
    for content in _contents(talk, "DATA", "BDAT"):
        if content.kept.isascii() or not content.packets:
            continue
        keywords = offered(talk, content.packets[0])
        if keywords is not None and not EIGHT_BIT & set(keywords):
            yield seen(content.packets, client=talk.client, server=talk.server)


@rule(
    "SMTP018",
    Severity.WARNING,
    violations("eight-bit-in-command", protocols=("smtp",)),
    "{client} sent a command with letters beyond ASCII without asking for SMTPUTF8",
)
def eight_bit_in_command(broken: Broken) -> Iterator[Seen]:
    """An address or another argument has octets above 127, and the mail was not announced as international.

    Why: Which letters are meant is not defined then; servers refuse the command, or damage the address.

    Mend: Use a client that knows SMTPUTF8, and a server that offers it; domains can be written in ASCII (xn--...).
        postfix: smtputf8_enable = yes
        exim: smtputf8_advertise_hosts = *

    Not when: MAIL FROM carries the parameter SMTPUTF8.

    Source: RFC 6531 section 3.4, RFC 5321 section 2.4.
    """
    yield seen(broken.packets, client=broken.talk.client)


@rule(
    "SMTP019",
    Severity.WARNING,
    violations("bad-chunk-size", "data-mixed-with-bdat", protocols=("smtp",)),
    "{client} used BDAT against its rules: {how}",
)
def chunks_misused(broken: Broken) -> Iterator[Seen]:
    """The size of a counted piece (BDAT) cannot be read, or one mail was sent by BDAT and DATA both.

    Why: Client and server no longer agree on which octets are the mail and which are commands.

    Mend: Correct the client; until then the server can stop offering CHUNKING.
        postfix: smtpd_discard_ehlo_keywords = chunking
        exim: chunking_advertise_hosts =

    Not when: A piece has the size 0, or BDAT 0 LAST ends the mail: both are allowed.

    Source: RFC 3030 section 2.
    """
    how = ", ".join(dict.fromkeys(remark(each.detail) for each in broken.violations))
    yield seen(broken.packets, client=broken.talk.client, how=how)
