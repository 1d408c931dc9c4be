"""Rules of POP3 about the mails in the mailbox: whether they come whole, and whether they stay."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Broken, Talk, answered
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import talks, violations
from mailtrace.model import ClosedHow, Content, Outcome, Severity, Turn
from mailtrace.protocols.pop3.grammar import parse_number
from mailtrace.protocols.pop3.marks import marked

POP3 = talks("pop3")


@rule(
    "POP006",
    Severity.WARNING,
    violations("size-mismatch", protocols=("pop3",)),
    "{server} sent a mail of another size than it had announced",
)
def retrieved_size_wrong(broken: Broken) -> Iterator[Seen]:
    """The server announced a number of octets behind RETR, and sent another number.

    Why: Programs that count instead of looking for the final dot wait forever, or cut the mail. Mostly the server
    counts line ends as one octet, or something between both changes the mail.

    Mend: Update the server, or switch off the filter that rewrites mails while they are fetched.

    Not when: The server announces nothing, or part of the mail was not captured.

    Source: RFC 1939 section 5, RFC 1939 section 11.
    """
    yield seen(broken.packets, server=broken.talk.server)


@rule(
    "POP007",
    Severity.WARNING,
    POP3,
    "{server} listed mail {number} with {listed} octets and sent {sent}",
)
def listed_size_wrong(talk: Talk) -> Iterator[Seen]:
    """LIST told another size of a mail than the mail had when it was fetched.

    Why: Programs show the size, ask before they fetch a large mail, or reserve the room. The server must tell the exact
    number of octets as they are transmitted.

    Mend: Update the server; with mbox or Maildir files the cached sizes may be stale.
        dovecot: pop3_fast_size_lookups = no
        dovecot 2.3: maildir_broken_filename_sizes = yes

    Not when: Part of the mail was not captured, or the mail was not listed before.

    Source: RFC 1939 section 5, RFC 1939 section 11.
    """
    sizes: dict[int, tuple[int, int]] = {}
    for turn, number, content in mail_exchanges(talk):
        if content is None:
            sizes.update(_listing(turn))
        elif number in sizes and content.how == "RETR" and content.complete and sizes[number][0] != content.size_bytes:
            size, packet = sizes[number]
            yield seen(
                (packet, content.packet), server=talk.server, number=number, listed=size, sent=content.size_bytes
            )


@rule("POP008", Severity.INFO, POP3, "{client} fetched mail and left it on {server} (mails: {count})")
def mails_left_on_the_server(talk: Talk) -> Iterator[Seen]:
    """Mails were fetched and not deleted: they stay in the mailbox.

    Why: Nothing is wrong with it: other programs can still fetch them. But the mailbox grows until it is full, and who
    gets at the account can read them all.

    Mend: If it is not wanted, switch off "leave messages on server" in the mail program.

    Not when: The mails were deleted, or the session did not end with QUIT, so that nothing could have been.

    Source: RFC 1939 section 8.
    """
    contents = [content for content in talk.conversation.dialogue.contents if content.how == "RETR"]
    if not contents or not ended_with_quit(talk):
        return
    kept = {
        number: content for _, number, content in mail_exchanges(talk) if content is not None and content.how == "RETR"
    }
    for number in marked_mails(talk):
        kept.pop(number, None)
    if kept:
        packets = [content.packet for content in kept.values()]
        yield seen(packets, client=talk.client, server=talk.server, count=len(kept))


@rule("POP009", Severity.INFO, POP3, "{client} deleted mail from the mailbox on {server} (mails: {count})")
def mails_deleted_from_the_server(talk: Talk) -> Iterator[Seen]:
    """Mails were marked by DELE, and QUIT deleted them.

    Why: From now on the only copy is the one that the client has. A mail program on another device will never see them.

    Mend: If it is not wanted, switch on "leave messages on server" in the mail program, or use IMAP.

    Not when: RSET took the marks back, or the session did not end with QUIT.

    Source: RFC 1939 section 6.
    """
    marks = marked_mails(talk)
    if marks and ended_with_quit(talk):
        yield seen(marks.values(), client=talk.client, server=talk.server, count=len(marks))


@rule(
    "POP011",
    Severity.WARNING,
    POP3,
    "{client} marked mail for deletion on {server} and was gone without QUIT: nothing is deleted (mails: {count})",
)
def deletions_lost(talk: Talk) -> Iterator[Seen]:
    """Mails were marked by DELE, but the session ended without QUIT, so that the server forgets the marks.

    Why: The next session sees the same mails again, and the user gets them twice.

    Mend: Let the client say QUIT; where a firewall or a time-out ends the session, mend that.

    Not when: The session went on when the capture ended, part of it is missing, or RSET took the marks back.

    Source: RFC 1939 section 6.
    """
    marks = marked_mails(talk)
    conversation = talk.conversation
    said = any(turn.command is not None and turn.command.verb == "QUIT" for turn in talk.commands)
    if marks and not said and conversation.complete and conversation.closed is not ClosedHow.OPEN:
        packets = (*marks.values(), talk.packets[-1])
        yield seen(packets, client=talk.client, server=talk.server, count=len(marks))


@rule("POP012", Severity.WARNING, POP3, "{server} did not give out mail {number}: {answer}")
def retrieval_refused(talk: Talk) -> Iterator[Seen]:
    """The server answered -ERR to RETR, TOP or DELE.

    Why: The mail stays where it is, and mostly the client stops there, so that those behind it do not come either. The
    client has wrong numbers, or the server cannot read its own files.

    Mend: Look into the server's log; a damaged mailbox can be repaired.
        dovecot: doveadm force-resync -u USER INBOX

    Not when: The client asks for more than there is only to learn whether the server knows TOP.

    Source: RFC 1939 section 5.
    """
    for turn in talk.commands:
        command = turn.command
        if command is None or command.verb not in ("RETR", "DELE") or not turn.replies:
            continue
        reply, number = turn.replies[-1], parse_number(command.line[command.argument_at :])
        if reply.outcome is Outcome.NO:
            yield seen((command.packet, reply.packet), server=talk.server, number=number, answer=answered(reply))


@rule(
    "POP013",
    Severity.WARNING,
    POP3,
    "The connection to {server} ended in the middle of mail {number}, after {octets} octets",
)
def retrieval_broken_off(talk: Talk) -> Iterator[Seen]:
    """The connection ended while a mail was being fetched.

    Why: The client has half a mail and has to fetch it again; if it never gets further, one large mail blocks all
    others.

    Mend: Look for the side that ended it: a time-out of the client, a limit of the server, or the network between both.

    Not when: The connection went on when the capture ended, or packets in the middle are missing from the capture.

    Source: RFC 1939 section 3.
    """
    conversation = talk.conversation
    if conversation.closed in (ClosedHow.OPEN, ClosedHow.IDLE) or not conversation.complete:
        return
    for _, number, content in mail_exchanges(talk):
        if content is not None and not content.complete and not content.holes:
            packets = (content.packet, talk.packets[-1])
            yield seen(packets, server=talk.server, number=number, octets=content.size_bytes)


def mail_exchanges(talk: Talk) -> Iterator[tuple[Turn, int, Content | None]]:
    """Yield the exchanges about mails, each with the number of its mail (0: none) and the mail that came, if any."""
    turns = [turn for turn in talk.commands if turn.command and turn.command.verb in ABOUT_MAILS and turn.replies]
    contents = list(talk.conversation.dialogue.contents)
    for place, turn in enumerate(turns):
        command = turn.command
        number = parse_number(command.line[command.argument_at :].split(b" ")[0]) if command is not None else 0
        came = None
        if contents and command is not None and command.verb in ("RETR", "TOP") and _is_good(turn):
            later = next((each.replies[0].packet for each in turns[place + 1 :] if _is_good(each)), None)
            if later is None or contents[0].packets[:1] <= (later,):  # else it is one that begins behind that answer
                came = contents.pop(0)
        yield turn, number, came


ABOUT_MAILS = ("LIST", "RETR", "TOP", "STAT", "DELE")
"""Commands that tell of mails, or ask for them."""


def _is_good(turn: Turn) -> bool:
    return turn.replies[0].outcome is Outcome.GOOD


def _listing(turn: Turn) -> dict[int, tuple[int, int]]:
    """Return the sizes that the answer to LIST tells, by number of the mail, each with the packet that tells it."""
    command, reply = turn.command, turn.replies[0]
    if command is None or command.verb != "LIST" or reply.outcome is not Outcome.GOOD:
        return {}
    lines = reply.lines[1:] or reply.lines[:1]
    pairs = (line.split()[:2] for line in lines)
    return {
        parse_number(pair[0]): (parse_number(pair[1]), reply.packet)
        for pair in pairs
        if len(pair) == 2 and parse_number(pair[0])
    }


def marked_mails(talk: Talk) -> dict[int, int]:
    """Return the mails that are marked for deletion at the end, each with the packet that marked it."""
    return marked(talk.commands)


def ended_with_quit(talk: Talk) -> bool:
    """Tell whether the session ended with QUIT, and the server agreed."""
    said = (turn for turn in talk.commands if turn.command is not None and turn.command.verb == "QUIT")
    return any(reply.outcome is Outcome.GOOD for turn in said for reply in turn.replies)
