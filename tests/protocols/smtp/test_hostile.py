"""Hostile and faulty SMTP, item by item of the acceptance list (G136 to G161); dialogues hold what they can show."""

from __future__ import annotations

import gc
import time
import tracemalloc

import pytest

from mailtrace.model import Command, Data, Reply, Side, TransactionOutcome, Transport, Violation, masked, wire_text
from mailtrace.protocols.smtp.session import SmtpSession
from tests.protocols.said import C, S, Said, codes, told
from tests.protocols.smtp.talk import ASKED, ENVELOPE, GOODBYE, GREETED, talk

VARIANTS = {
    b"\n.\n": "<LF>.<LF>",
    b"\n.\r": "<LF>.<CR>",
    b"\n.\r\n": "<LF>.<CR><LF>",
    b"\r.\r": "<CR>.<CR>",
    b"\r.\r\n": "<CR>.<CR><LF>",
    b"\r.\n": "<CR>.<LF>",
    b"\r\n.\n": "<CR><LF>.<LF>",
    b"\r\n.\r": "<CR><LF>.<CR>",
    b"\r\n.\r\r\n": "<CR><LF>.<CR><CR><LF>",
    b"\r\r\n.\r\r\n": "<CR><CR><LF>.<CR><CR><LF>",
    b"\r\n\0.\r\n": "<CR><LF><NUL>.<CR><LF>",
    b"\r\n.\0\r\n": "<CR><LF>.<NUL><CR><LF>",
    b"\n\0.\r\n": "<LF><NUL>.<CR><LF>",
}
SMUGGLED = b"MAIL FROM:<admin@b>\r\nRCPT TO:<victim@d>\r\nDATA\r\nSubject: evil\r\n\r\n..x\r\n"
TAKEN = b"250 Ok\r\n250 Ok\r\n354 go\r\n250 2.0.0 Ok: queued as ABCDEF\r\n"
SECOND = "transaction: admin@b -> victim@d 250 | accepted 250 ABCDEF"


@pytest.mark.parametrize("variant", VARIANTS)
def test_g136_only_crlf_dot_crlf_ends_a_message(variant: bytes) -> None:
    """G136: the variant is named octet by octet; one reply shows one message."""
    dialogue = talk(*ASKED, (C, b"Subject: x\r\n\r\nhi" + variant + SMUGGLED + b".\r\n"), (S, b"250 Ok\r\n"), *GOODBYE)
    named = [event for event in dialogue.events if isinstance(event, Violation)]
    assert [(one.code, one.detail) for one in named] == [("end-of-data-variant", VARIANTS[variant])]
    assert [(one.complete, one.as_server_read) for one in dialogue.contents] == [(True, False)]
    assert told(dialogue, "transaction") == ["transaction: a@b -> c@d 250 | accepted 250"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_g136_more_replies_show_what_the_server_read(variant: bytes) -> None:
    """G136: the second reading is built beside the first and marked."""
    sent = b"Subject: x\r\n\r\nhi" + variant + SMUGGLED + b".\r\n"
    dialogue = talk(*ASKED, (C, sent), (S, b"250 Ok: queued as 123456\r\n" + TAKEN), *GOODBYE)
    first, second = dialogue.contents
    assert (first.complete, first.as_server_read) == (True, False)
    assert first.kept.endswith(b"MAIL FROM:<admin@b>\r\nRCPT TO:<victim@d>\r\nDATA\r\nSubject: evil\r\n\r\n.x\r\n")
    assert (second.kept, second.complete, second.as_server_read) == (b"Subject: evil\r\n\r\n.x\r\n", True, True)
    assert second.packets == (10,)
    assert told(dialogue, "transaction") == ["transaction: a@b -> c@d 250 | accepted 250 123456", SECOND]
    smuggled = next(event for event in dialogue.events if isinstance(event, Violation) and event.side is S)
    assert (smuggled.code, smuggled.packet) == ("unmatched-reply", 11) or smuggled.code == "smuggled-message"
    detail = next(e.detail for e in dialogue.events if isinstance(e, Violation) and e.code == "smuggled-message")
    assert detail == (
        f"as the server read it, {VARIANTS[variant]} ended the mail, and what follows was one more: "
        "from admin@b to victim@d, accepted"
    )


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(
            [(C, b"hi\n.\r\n" + SMUGGLED), (S, b"250 Ok\r\n"), (C, b".\r\n"), (S, TAKEN), *GOODBYE],
            id="the first reply comes before the end",
        ),
        pytest.param(
            [(C, b"hi\n.\r\n" + SMUGGLED + b".\r\nQUIT\r\n"), (S, b"250 Ok\r\n" + TAKEN + b"221 Bye\r\n")],
            id="the client goes on at once",
        ),
        pytest.param(
            [(C, b"hi\n.\r\n"), (S, b"250 Ok\r\n"), (C, SMUGGLED[:40]), (C, SMUGGLED[40:] + b".\r\n"), (S, TAKEN)],
            id="in several segments",
        ),
        pytest.param(
            [(C, b"hi\n.\r\n" + SMUGGLED + b"\n.\r\n.\r\n"), (S, b"250 Ok\r\n" + TAKEN + b"500 what\r\n"), *GOODBYE],
            id="the smuggled message ends in the same way",
        ),
        pytest.param(
            [(C, b"hi\n.\r\n" + SMUGGLED + b"\n.\r\n"), (S, b"250 Ok\r\n" + TAKEN), (C, "fin")],
            id="the true end never comes",
        ),
    ],
)
def test_g136_however_the_server_answers(said: list[Said]) -> None:
    """G136: however replies and the end of the strict reading lie to each other."""
    dialogue = talk(*ASKED, *said)
    assert SECOND in told(dialogue, "transaction")
    assert [one.as_server_read for one in dialogue.contents].count(True) == 1
    assert dialogue.contents == [event for event in dialogue.events if event in dialogue.contents]


def test_g136_replies_that_do_not_fit_show_nothing() -> None:
    """G136: too many replies alone prove no second message, nor does one that was refused."""
    for replies in (b"250 Ok\r\n" * 5, b"250 Ok\r\n250 Ok\r\n250 Ok\r\n354 go\r\n550 no\r\n"):
        dialogue = talk(*ASKED, (C, b"hi\n.\r\n" + SMUGGLED + b".\r\n"), (S, replies), *GOODBYE)
        assert [one.as_server_read for one in dialogue.contents] == [False]


@pytest.mark.parametrize("pieces", [2, 3, 4, 5])
def test_g138_the_end_of_data_in_several_segments(pieces: int) -> None:
    """G138: CRLF.CRLF in two to five segments ends the message, and what follows is a command."""
    end = [b"\r\n.\r\n"[at : at + 1] for at in range(pieces - 1)] + [b"\r\n.\r\n"[pieces - 1 :]]
    dialogue = talk(*ASKED, (C, b"x"), *[(C, octet) for octet in end], (S, b"250 Ok\r\n"), *GOODBYE)
    assert [(one.kept, one.complete) for one in dialogue.contents] == [(b"x\r\n", True)]
    assert told(dialogue, "command")[-1] == "command: QUIT"


@pytest.mark.parametrize("missing", [1, 3, 5, 40])
def test_g138_the_end_of_data_in_a_hole(missing: int) -> None:
    """G138: the reply tells that it came; the next mail but one is certain."""
    mail = (*ENVELOPE, (C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, b"y\r\n.\r\n"), (S, b"250 Ok: queued as ABCDEF\r\n"))
    dialogue = talk(*ASKED, (C, b"x\r\n"), (C, missing), (S, b"250 Ok\r\n"), *mail, *mail, *GOODBYE)
    assert [one.complete for one in dialogue.contents] == [False, True, True]
    assert [one.outcome for one in dialogue.transactions] == [TransactionOutcome.ACCEPTED] * 3
    commands = [event for event in dialogue.events if isinstance(event, Command)]
    assert all(command.certain for command in commands[-4:])


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"..\r\n", b".\r\n"),
        (b"..x\r\n", b".x\r\n"),
        (b".x\r\n", b"x\r\n"),
        (b"...\r\n", b"..\r\n"),
        (b"a\r\n..\r\n\r\n", b"a\r\n.\r\n\r\n"),
        (b"a.\r\n", b"a.\r\n"),
        (b"", b""),
    ],
)
def test_g139_dots_are_unstuffed_once(sent: bytes, message: bytes) -> None:
    """G139: of each line its first dot, once; a lone dot as the very first line ends an empty message."""
    dialogue = talk(*ASKED, (C, sent + b".\r\n"), (S, b"250 Ok\r\n"), *GOODBYE)
    assert [(one.kept, one.complete) for one in dialogue.contents] == [(message, True)]
    assert told(dialogue, "command")[-1] == "command: QUIT"


@pytest.mark.parametrize(
    ("octets", "fault"),
    [(b"NOOP x\n", "bare-line-feed"), (b"NOOP \rx\r\n", "bare-carriage-return"), (b"NOOP \0x\r\n", "null-octet")],
)
def test_g140_odd_octets_in_commands_and_replies(octets: bytes, fault: str) -> None:
    """G140: in a command, in a reply, in a message: named where it is a line, kept everywhere."""
    dialogue = talk(*GREETED, (C, octets), (S, octets.replace(b"NOOP", b"250")), *GOODBYE)
    sides = [(event.code, event.side) for event in dialogue.events if isinstance(event, Violation)]
    assert sides == [(fault, C), (fault, S)]
    command = next(event for event in dialogue.events if isinstance(event, Command) and event.verb == "NOOP")
    reply = [event for event in dialogue.events if isinstance(event, Reply)][-2]
    kept = octets.removesuffix(b"\n").removesuffix(b"\r")
    assert (command.line, reply.lines) == (kept, (kept[5:],))
    body = talk(*ASKED, (C, octets + b"\r\n.\r\n"), (S, b"250 Ok\r\n")).contents[0]
    assert (body.kept, body.complete) == (octets + b"\r\n", True)


@pytest.mark.parametrize("side", [C, S])
def test_g141_g142_a_line_of_140_kib(side: Side) -> None:
    """G141, G142: its beginning is kept, the rest skipped up to the next line end, and nothing behind it is lost."""
    long = b"NOOP " + b"x" * 140_000 + b"\r\n" if side is C else b"250 " + b"x" * 140_000 + b"\r\n"
    said = [(side, long[at : at + 1400]) for at in range(0, len(long), 1400)]
    asked = said if side is C else [(C, b"NOOP\r\n")]
    answered = said if side is S else [(S, b"250 Ok\r\n")]
    dialogue = talk(*GREETED, *asked, *answered, *GOODBYE)
    assert codes(dialogue) == ["line-too-long"]
    assert told(dialogue, "turn: NOOP", "turn: QUIT") == ["turn: NOOP -> 250", "turn: QUIT -> 221"]
    kept = max(len(e.line) for e in dialogue.events if isinstance(e, Command)) if side is C else 0
    kept = kept or max(len(e.lines[0]) + 4 for e in dialogue.events if isinstance(e, Reply))
    assert kept == 8192


@pytest.mark.parametrize("side", [C, S])
def test_g141_g142_a_line_that_never_ends_costs_no_memory(side: Side) -> None:
    """G141, G142: 20 MB without a line end."""
    fed = SmtpSession(Transport.TCP)
    fed.feed(Data(S, b"220 mx ESMTP\r\n", 1, 1))
    fed.feed(Data(C, b"NOOP\r\n", 2, 2))
    piece = b"x" * 20_000
    tracemalloc.start()
    for packet in range(3, 1003):
        fed.feed(Data(side, bytes(piece), packet, packet))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000


def test_g142_a_million_continuation_lines() -> None:
    """G142: streamed; the first thousand lines are kept, and the fact that there were more is told."""
    fed = SmtpSession(Transport.TCP)
    fed.feed(Data(S, b"220 mx ESMTP\r\n", 1, 1))
    fed.feed(Data(C, b"HELP\r\n", 2, 2))
    lines = b"250-x\r\n" * 2000
    for packet in range(3, 503):
        fed.feed(Data(S, lines, packet, packet))
    fed.feed(Data(S, b"250 end\r\n", 503, 503))
    reply = fed.dialogue.turns[-1].replies[0]
    assert (len(reply.lines), reply.packet, codes(fed.dialogue)) == (1000, 503, ["reply-too-long"])


@pytest.mark.parametrize(
    ("sent", "statuses", "faults"),
    [
        (b"250-a\r\n550 b\r\n", ["550"], ["reply-code-changed"]),
        (b"250-a\r\n550-b\r\n250 c\r\n", ["250"], ["reply-code-changed", "reply-code-changed"]),
        (b"250\r\n", ["250"], []),
        (b"2505\r\n250 Ok\r\n", ["250"], ["bad-reply"]),
        (b"25\r\n250 Ok\r\n", ["250"], ["bad-reply"]),
        (b"Ok\r\n250 Ok\r\n", ["250"], ["bad-reply"]),
        (b"2x0 Ok\r\n250 Ok\r\n", ["250"], ["bad-reply"]),
        (b"\r\n250 Ok\r\n", ["250"], ["bad-reply"]),
        (b"999 Ok\r\n250 Ok\r\n", ["250"], ["bad-reply"]),
        (b" Ok\r\n250 Ok\r\n", ["250"], ["bad-reply"]),
        (b"250-a\r\n", [], []),
    ],
)
def test_g143_replies_with_odd_codes(sent: bytes, statuses: list[str], faults: list[str]) -> None:
    """G143: codes that change, no space, too long, letters, missing: the last line's code counts."""
    dialogue = talk(*GREETED, (C, b"NOOP\r\n"), (S, sent))
    noop = dialogue.turns[-1]
    assert ([reply.status for reply in noop.replies], codes(dialogue)) == (statuses, faults)


@pytest.mark.parametrize(
    ("said", "turns", "faults"),
    [
        ([(C, b"NOOP\r\n"), (S, b"250 a\r\n250 b\r\n")], ["NOOP -> 250", "(none) -> 250"], ["unmatched-reply"]),
        ([(C, b"NOOP\r\nNOOP\r\n"), (S, b"250 a\r\n")], ["NOOP -> 250", "NOOP ->"], []),
        ([(S, b"421 idle\r\n")], ["(none) -> 421"], []),
        ([(C, b"NOOP\r\n"), (S, b"421 bye\r\n")], ["NOOP -> 421"], []),
        ([(C, b"NOOP\r\n"), (S, b"250 a\r\n"), (S, b"421 bye\r\n")], ["NOOP -> 250", "(none) -> 421"], []),
    ],
)
def test_g144_more_and_fewer_replies_than_commands(said: list[Said], turns: list[str], faults: list[str]) -> None:
    """G144: 421 may come unasked; what answers nothing is listed as unmatched."""
    dialogue = talk(*GREETED, *said)
    assert ([line[6:] for line in told(dialogue, "turn")[2:]], codes(dialogue)) == (turns, faults)


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ([(C, "rst")], TransactionOutcome.ABORTED),
        ([(S, "rst")], TransactionOutcome.ABORTED),
        ([(C, "fin")], TransactionOutcome.ABORTED),
        ([(C, "open"), (S, "open")], TransactionOutcome.UNKNOWN),
        ([], TransactionOutcome.UNKNOWN),
    ],
)
def test_g146_a_message_that_is_cut_short(end: list[Said], outcome: TransactionOutcome) -> None:
    """G146: by RST, by FIN, by the end of the capture: what came is kept, and is not complete."""
    dialogue = talk(*ASKED, (C, b"Subject: x\r\n\r\nhalf a l"), *end)
    assert [(one.kept, one.complete) for one in dialogue.contents] == [(b"Subject: x\r\n\r\nhalf a l", False)]
    assert dialogue.transactions[0].outcome is outcome


BODY = b"Hi\r\n.\r\nQUIT\r\n"


@pytest.mark.parametrize("cut", [1, 5, 13, 14, 15])
def test_g147_a_chunk_ends_by_its_count_alone(cut: int) -> None:
    """G147: it may hold what ends DATA, however it is cut."""
    sent = b"BDAT 13 LAST\r\n" + BODY
    dialogue = talk(*GREETED, *ENVELOPE, (C, sent[:cut]), (C, sent[cut:]), (S, b"250 Ok\r\n"), *GOODBYE)
    assert [(one.kept, one.complete) for one in dialogue.contents] == [(BODY, True)]
    assert told(dialogue, "turn: BDAT", "turn: QUIT") == ["turn: BDAT -> 250", "turn: QUIT -> 221"]


@pytest.mark.parametrize(
    "size", [b"-1", b"18446744073709551616", b"9223372036854775808", b"+5", b"0x10", b"", b"1e3", b"5 LASTS", b"5 5 5"]
)
def test_g147_sizes_that_are_none(size: bytes) -> None:
    """G147: negative, 2^64, signed, hexadecimal, missing: named, and the next line is a command."""
    dialogue = talk(*GREETED, *ENVELOPE, (C, b"BDAT " + size + b"\r\n"), (S, b"501 what\r\n"), *GOODBYE)
    assert codes(dialogue) == ["bad-chunk-size"]
    assert told(dialogue, "turn: BDAT", "turn: QUIT") == ["turn: BDAT -> 501", "turn: QUIT -> 221"]
    assert dialogue.contents == []


@pytest.mark.parametrize(
    ("said", "contents", "transactions"),
    [
        pytest.param(
            [(C, b"BDAT 3\r\nabcBDAT 0 LAST\r\n"), (S, b"250 Ok\r\n250 Ok: queued as ABCDEF\r\n"), *GOODBYE],
            ["DATA", [(b"abc", True)]],
            ["a@b -> c@d 250 | accepted 250 ABCDEF"],
            id="0 LAST",
        ),
        pytest.param(
            [(C, b"BDAT 3\r\nabc"), (S, b"250 Ok\r\n"), *GOODBYE, (C, "fin")],
            ["", [(b"abc", False)]],
            ["a@b -> c@d 250 | aborted"],
            id="LAST forgotten",
        ),
        pytest.param(
            [(C, b"BDAT 3\r\nabcRSET\r\n"), (S, b"250 Ok\r\n250 Ok\r\n"), *GOODBYE],
            ["", [(b"abc", False)]],
            ["a@b -> c@d 250 | aborted"],
            id="RSET between",
        ),
        pytest.param(
            [(C, b"BDAT 3\r\nabcBDAT 3 LAST\r\ndef"), (S, b"452 full\r\n503 no transaction\r\n"), *GOODBYE],
            ["", [(b"abcdef", True)]],
            ["a@b -> c@d 250 | deferred 452"],
            id="after a failed one",
        ),
        pytest.param(
            [(C, b"BDAT 9 LAST\r\nab"), (C, 4), (C, b"ghi"), (S, b"250 Ok\r\n"), *GOODBYE],
            ["", [(b"ab\0\0\0\0ghi", False)]],
            ["a@b -> c@d 250 | accepted 250"],
            id="a hole inside is skipped by count",
        ),
        pytest.param(
            [(C, b"BDAT 3\r\nabcDATA\r\n"), (S, b"250 Ok\r\n503 mixed\r\n"), *GOODBYE],
            ["data-mixed-with-bdat", [(b"abc", False)]],
            ["a@b -> c@d 250 | unknown"],
            id="DATA after it",
        ),
    ],
)
def test_g147_chunks_in_other_orders(
    said: list[Said], contents: tuple[str, list[tuple[bytes, bool]]], transactions: list[str]
) -> None:
    """G147: 0 LAST, LAST forgotten, RSET between, after a failed chunk, a hole inside, mixed with DATA."""
    dialogue = talk(*GREETED, *ENVELOPE, *said)
    assert [(one.kept, one.complete) for one in dialogue.contents] == contents[1]
    assert [line.removeprefix("transaction: ") for line in told(dialogue, "transaction")] == transactions
    assert told(dialogue, "turn: QUIT") == ["turn: QUIT -> 221"]
    assert codes(dialogue) == [code for code in (contents[0],) if code == "data-mixed-with-bdat"]


@pytest.mark.parametrize(
    ("mail", "rcpt", "faults"),
    [
        (b"MAIL FROM:<\xea\xb9\x80@b> SMTPUTF8\r\n", b"RCPT TO:<\xec\x9d\xb4@d>\r\n", []),
        (b"MAIL FROM:<\xea\xb9\x80@b> BODY=8BITMIME smtputf8\r\n", b"RCPT TO:<\xec\x9d\xb4@d>\r\n", []),
        (b"MAIL FROM:<\xea\xb9\x80@b>\r\n", b"RCPT TO:<c@d>\r\n", ["eight-bit-in-command"]),
        (b"MAIL FROM:<a@b> BODY=BINARYMIME\r\n", b"RCPT TO:<\xb1\xe8@d>\r\n", ["eight-bit-in-command"]),
        (b"MAIL FROM:<a\xff\xfe@b>\r\n", b"RCPT TO:<\xc0\xaf@d>\r\n", ["eight-bit-in-command"] * 2),
    ],
)
def test_g148_octets_above_127(mail: bytes, rcpt: bytes, faults: list[str]) -> None:
    """G148: invalid UTF-8 and overlong forms stay as they are inside, and are shown escaped."""
    dialogue = talk(*GREETED, (C, mail), (S, b"250 Ok\r\n"), (C, rcpt), (S, b"250 Ok\r\n"), *GOODBYE)
    assert codes(dialogue) == faults
    commands = [event.line for event in dialogue.events if isinstance(event, Command)]
    assert commands[1:3] == [mail.strip(), rcpt.strip()]
    assert wire_text(b"\xc0\xaf\xff") == r"\xc0\xaf\xff"
    sender = dialogue.transactions[0].sender
    assert sender is not None
    assert sender.isprintable()


def _seconds(said: list[Said]) -> float:
    events = [Data(side, what, 1 + at, 1) for at, (side, what) in enumerate(said) if isinstance(what, bytes)]
    fed = SmtpSession(Transport.TCP)
    gc.disable()  # as the analyzer does: what other tests have left behind must not be looked through in this time
    try:
        started = time.process_time()
        for event in events:
            fed.feed(event)
        fed.finish()
        return time.process_time() - started
    finally:
        gc.enable()


def _pipelined(number: int) -> list[Said]:
    return [*GREETED, (C, b"NOOP\r\n" * number), (S, b"250 Ok\r\n" * number)]


def _reset(number: int) -> list[Said]:
    asked, answered = b"MAIL FROM:<a@b>\r\nRSET\r\n" * 200, b"250 Ok\r\n" * 400
    return [*GREETED, *[(C, asked), (S, answered)] * (number // 200)]


def _recipients(number: int) -> list[Said]:
    return [*GREETED, *ENVELOPE[:2], *[(C, b"RCPT TO:<c@d>\r\n" * 400), (S, b"250 Ok\r\n" * 400)] * (number // 400)]


def _lines(number: int) -> list[Said]:
    return [*GREETED, (C, b"HELP\r\n"), *[(S, b"214-x\r\n" * 500)] * (number // 500), (S, b"214 x\r\n")]


@pytest.mark.parametrize(
    ("make", "number"), [(_pipelined, 5000), (_reset, 4000), (_recipients, 6000), (_lines, 40_000)]
)
def test_g149_g150_g151_twice_as_many_take_about_twice_as_long(make, number: int) -> None:  # type: ignore[no-untyped-def]
    """G149, G150, G151, G142: commands before any reply, transactions, recipients, lines of a reply."""
    once, twice = make(number), make(2 * number)
    ratios = sorted(_seconds(twice) / _seconds(once) for _ in range(3))
    assert ratios[0] <= 2.6


def test_g150_a_hundred_thousand_transactions_hold_nothing_but_what_they_tell() -> None:
    """G150: with the dialogue emptied as it goes, memory stays where it was."""
    fed = SmtpSession(Transport.TCP)
    for event in [Data(side, what, 1, 1) for side, what in GREETED if isinstance(what, bytes)]:
        fed.feed(event)
    asked, answered = b"MAIL FROM:<a@b>\r\nRSET\r\n" * 200, b"250 Ok\r\n" * 400
    counted = 0
    for packet in range(2, 1002, 2):
        if packet == 902:
            tracemalloc.start()
        fed.feed(Data(C, asked, packet, packet))
        fed.feed(Data(S, answered, packet + 1, packet + 1))
        dialogue = fed.dialogue
        counted += len(dialogue.transactions)
        for kept in (dialogue.events, dialogue.turns, dialogue.transactions):
            kept.clear()
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert (counted, grown < 200_000) == (100_000, True)


def test_g151_recipients_of_every_form() -> None:
    """G151: 64 KB, null, with a route, quoted with everything in it, an empty local part, unreadable."""
    paths = [
        b"<" + b"x" * 65_000 + b"@d>",
        b"<>",
        b"<@a,@b:c@d>",
        rb'<"a@b>c\" d"@d>',
        b'<""@x>',
        b"<Postmaster>",
        b"none",
    ]
    said = [step for path in paths for step in ((C, b"RCPT TO:" + path + b"\r\n"), (S, b"250 Ok\r\n"))]
    dialogue = talk(*GREETED, *ENVELOPE[:2], *said, *GOODBYE)
    addresses = [one.address for one in dialogue.transactions[0].recipients]
    assert addresses == ["x" * 65_000 + "@d", "", "c@d", r'"a@b>c\" d"@d', '""@x', "Postmaster", "none"]
    assert codes(dialogue) == []


SECRET = b"c2VjcmV0"


@pytest.mark.parametrize("mechanism", [b"PLAIN", b"LOGIN", b"CRAM-MD5", b"DIGEST-MD5", b"NTLM", b"XOAUTH2", b"GSSAPI"])
@pytest.mark.parametrize("way", ["initial", "lines", "cancelled", "octets", "lost challenge", "broken", "huge"])
def test_g152_logins_in_every_way(mechanism: bytes, way: str) -> None:
    """G152: what is secret is never shown, and commands follow again, certain."""
    ask, more = (C, b"AUTH " + mechanism + b"\r\n"), (S, b"334 \r\n")
    said: list[Said] = {
        "initial": [(C, b"AUTH " + mechanism + b" " + SECRET + b"\r\n")],
        "lines": [ask, more, (C, SECRET + b"\r\n"), more, (C, SECRET + b"\r\n")],
        "cancelled": [ask, more, (C, b"*\r\n")],
        "octets": [ask, more, *[(C, bytes([octet])) for octet in SECRET + b"\r\n"]],
        "lost challenge": [ask, (S, 6), (C, SECRET + b"\r\n")],
        "broken": [ask, more, (C, b"!" + SECRET + b"!\r\n")],
        "huge": [ask, more, *[(C, SECRET * 1000)] * 128, (C, b"\r\n")],
    }[way]
    dialogue = talk(*GREETED, *said, (S, b"535 no\r\n"), *ENVELOPE, *GOODBYE)
    assert [login.mechanism for login in dialogue.logins] == [mechanism.decode()]
    assert dialogue.logins[0].accepted in (False, None)
    assert not any("VjcmV0" in line for line in told(dialogue, ""))
    assert told(dialogue, "turn: QUIT") == ["turn: QUIT -> 221"]
    commands = [event for event in dialogue.events if isinstance(event, Command)]
    assert [command.verb for command in commands[-3:]] == ["MAIL", "RCPT", "QUIT"]
    assert commands[-1].certain
    assert ("bad-base64" in codes(dialogue)) == (way == "broken")


@pytest.mark.parametrize("line", [b"hunter2", b"lee hunter2", b"PASS hunter2", b"dXNlcgBodW50ZXIy"])
def test_g153_a_password_in_the_wrong_place(line: bytes) -> None:
    """G153: sent as a command after a failed login it is masked whole."""
    dialogue = talk(*GREETED, (C, b"AUTH LOGIN\r\n"), (S, b"535 no\r\n"), (C, line + b"\r\n"), (S, b"500 what\r\n"))
    shown = [masked(event.line, event.secrets) for event in dialogue.events if isinstance(event, Command)]
    assert b"hunter2" not in b"".join(shown)
    assert b"dXNlcgBodW50ZXIy" not in b"".join(shown)


def test_p256_a_password_is_no_name_where_the_name_is_missing() -> None:
    """P256: AUTH LOGIN, whose first response fell into a hole of the capture; the second is the password, hunter2."""
    lost = len(b"bGVl\r\n")
    login = [(C, b"AUTH LOGIN\r\n"), (S, b"334 VXNlcm5hbWU6\r\n"), (C, lost), (S, b"334 UGFzc3dvcmQ6\r\n")]
    dialogue = talk(*GREETED, *login, (C, b"aHVudGVyMg==\r\n"), (S, b"235 ok\r\n"), *GOODBYE)
    assert [login.user for login in dialogue.logins] == [None]
    assert not any("aHVudGVyMg" in line or "hunter2" in line for line in told(dialogue, ""))


@pytest.mark.parametrize("hello", [(), GREETED], ids=["from the middle", "from the greeting"])
def test_p256_a_response_without_its_challenge_is_masked(hello: tuple[Said, ...]) -> None:
    """P256: the 334 was not captured, so that the response comes as a command; NUL lee NUL hunter2 in base64."""
    said = [(C, b"AUTH PLAIN\r\n"), (C, b"AGxlZQBodW50ZXIy\r\n"), (S, b"235 ok\r\n")]
    assert not any("AGXLZQ" in line.upper() for line in told(talk(*hello, *said, *GOODBYE), ""))


@pytest.mark.parametrize(
    "injected",
    [b"AUTH LOGIN\r\nbGVl\r\nc2VjcmV0\r\n", b"AUTH PLAIN AGxlZQBsZWU=\r\n", b"PASS secret\r\n", b"secret\r\n"],
)
def test_g152_secrets_sent_behind_starttls_are_not_shown(injected: bytes) -> None:
    """G152: the violation shows what was injected, but no line that is no known command."""
    dialogue = talk(*GREETED, (C, b"STARTTLS\r\n" + injected), (S, b"220 go\r\n"), (C, b"\x16\x03\x01"))
    (detail,) = [event.detail for event in dialogue.events if isinstance(event, Violation)]
    assert detail.endswith("********")
    for secret in ("bGVl", "c2VjcmV0", "AGxlZ", "secret"):
        assert secret not in detail
