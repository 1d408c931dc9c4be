"""What a command does in each state (G154), unusual commands (G155, G156), and a small model of SMTP to agree with."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mailtrace.model import Closed, Command, Data, Encryption, Side, TransactionOutcome, Transport
from mailtrace.protocols.smtp.session import SmtpSession
from tests.protocols.said import C, S, Said, codes, told
from tests.protocols.smtp.talk import ENVELOPE, GOODBYE, GREETED, talk

CONTENT: tuple[Said, ...] = ((C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, b"x\r\n.\r\n"), (S, b"250 Ok\r\n"))
STATES: dict[str, tuple[Said, ...]] = {
    "connected": GREETED[:1],
    "greeted": GREETED,
    "mail": (*GREETED, *ENVELOPE[:2]),
    "rcpt": (*GREETED, *ENVELOPE),
    "data refused": (*GREETED, *ENVELOPE, (C, b"DATA\r\n"), (S, b"554 no\r\n")),
}
MAIL, RCPT, DATA = b"MAIL FROM:<x@y>", b"RCPT TO:<z@y>", b"DATA"
AGREED = {"connected": b"", "greeted": MAIL, "mail": RCPT, "rcpt": RCPT + DATA, "data refused": MAIL}
"""What a server agrees to in each state besides what it always does. Source: RFC 5321 section 4.1.4."""

OPEN, ABORTED, REFUSED = "a@b -> nobody | aborted", "a@b -> c@d 250 | aborted", "a@b -> c@d 250 | rejected 554"
EXPECTED: dict[str, dict[bytes, list[str]]] = {
    "connected": {
        b"HELO a": [], b"EHLO a": [], b"RSET": [], b"NOOP": [], b"VRFY a": [], b"QUIT": [],
        MAIL: ["x@y -> nobody | rejected 503"], RCPT: [], DATA: [],
    },
    "greeted": {
        b"HELO a": [], b"EHLO a": [], b"RSET": [], b"NOOP": [], b"VRFY a": [], b"QUIT": [],
        MAIL: ["x@y -> nobody | aborted"], RCPT: [], DATA: [],
    },
    "mail": {
        b"HELO a": [OPEN], b"EHLO a": [OPEN], b"RSET": [OPEN], b"NOOP": [OPEN], b"VRFY a": [OPEN], b"QUIT": [OPEN],
        MAIL: [OPEN], RCPT: ["a@b -> z@y 250 | aborted"], DATA: [OPEN],
    },
    "rcpt": {
        b"HELO a": [ABORTED], b"EHLO a": [ABORTED], b"RSET": [ABORTED], b"NOOP": [ABORTED], b"VRFY a": [ABORTED],
        b"QUIT": [ABORTED], MAIL: [ABORTED],
        RCPT: ["a@b -> c@d 250, z@y 250 | aborted"], DATA: ["a@b -> c@d 250 | accepted 250"],
    },
    "data refused": {
        b"HELO a": [REFUSED], b"EHLO a": [REFUSED], b"RSET": [REFUSED], b"NOOP": [REFUSED], b"VRFY a": [REFUSED],
        b"QUIT": [REFUSED], MAIL: [REFUSED, "x@y -> nobody | aborted"], RCPT: [REFUSED], DATA: [REFUSED],
    },
}  # fmt: skip
CELLS = [(state, command) for state, row in EXPECTED.items() for command in row]


def _answer(state: str, command: bytes) -> list[Said]:
    """What a server says to a command in a state, and what follows a DATA that it agrees to."""
    if command == b"DATA" and state == "rcpt":
        return [(S, b"354 go\r\n"), (C, b"x\r\n.\r\n"), (S, b"250 Ok\r\n")]
    refused = command in (MAIL, RCPT, DATA) and command not in AGREED[state]
    return [(S, b"503 bad sequence\r\n" if refused else b"250 Ok\r\n")]


@pytest.mark.parametrize(("state", "command"), CELLS)
def test_g154_a_command_in_a_state(state: str, command: bytes) -> None:
    """G154: one cell of the table of RFC 5321 section 4.1.4; afterwards the next commands are understood."""
    dialogue = talk(*STATES[state], (C, command + b"\r\n"), *_answer(state, command), *GOODBYE, (C, "fin"))
    assert [line.removeprefix("transaction: ") for line in told(dialogue, "transaction")] == EXPECTED[state][command]
    assert codes(dialogue) == []
    verb = command.split(b" ")[0].decode()
    assert [turn.command.verb for turn in dialogue.turns[-2:] if turn.command is not None] == [verb, "QUIT"]
    assert told(dialogue, "turn: QUIT")[-1] == "turn: QUIT -> 221"


@pytest.mark.parametrize(
    "command",
    [
        b"FROB x", b"ETRN example.org", b"VRFY kim", b"EXPN staff", b"HELP", b"XEXCH50 500 2", b"TURN", b"ATRN x",
        b"NOOP " + b"x" * 4096, b"SEND FROM:<a@b>", b"XCLIENT NAME=x", b"BURL imap://x LAST", b"\xff\xfe",
    ],
)  # fmt: skip
def test_g155_unusual_commands_desynchronise_nothing(command: bytes) -> None:
    """G155: refused or not understood, they are shown, and the mail in progress goes on."""
    said = [(C, command + b"\r\n"), (S, b"502 not here\r\n")]
    dialogue = talk(
        *GREETED, *ENVELOPE, *said, (C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, b"x\r\n.\r\n"), (S, b"250 Ok\r\n")
    )
    asked = [event for event in dialogue.events if isinstance(event, Command)]
    assert (asked[-2].line, asked[-1].verb) == (command, "DATA")
    if not command.startswith(b"BURL"):  # a refusal of the last piece decides
        assert told(dialogue, "transaction") == ["transaction: a@b -> c@d 250 | accepted 250"]
    assert dialogue.contents[0].kept == b"x\r\n"


def test_g155_binary_counts_of_exchange() -> None:
    """G155: XEXCH50 sends counted octets upon 354, which are no commands."""
    octets = b"\0\x01QUIT\r\nDATA\r\n.\r\n"
    said = [
        (C, b"XEXCH50 %d 2\r\n" % len(octets)),
        (S, b"354 send\r\n"),
        (C, octets[:5]),
        (C, octets[5:]),
        (S, b"200 ok\r\n"),
    ]
    dialogue = talk(
        *GREETED, *ENVELOPE, *said, (C, b"DATA\r\n"), (S, b"354 go\r\n"), (C, b"x\r\n.\r\n"), (S, b"250 Ok\r\n")
    )
    verbs = [event.verb for event in dialogue.events if isinstance(event, Command)]
    assert verbs == ["EHLO", "MAIL", "RCPT", "XEXCH50", "DATA"]
    assert told(dialogue, "turn: XEXCH50", "turn: DATA") == ["turn: XEXCH50 -> 354 200", "turn: DATA -> 354 250"]
    assert told(dialogue, "transaction") == ["transaction: a@b -> c@d 250 | accepted 250"]


@pytest.mark.parametrize("before", [b"", b"BDAT 3\r\nabc"])
def test_g155_burl_ends_a_mail(before: bytes) -> None:
    """G155: the server fetches the content, or the rest of it, elsewhere; its answer decides. RFC 4468."""
    said: list[Said] = [(C, before), (S, b"250 Ok\r\n")] if before else []
    last = [(C, b"BURL imap://kim@x/INBOX;uid=1 LAST\r\n"), (S, b"250 2.0.0 Ok: queued as ABCDEF\r\n")]
    dialogue = talk(*GREETED, *ENVELOPE, *said, *last, *ENVELOPE, *GOODBYE, (C, "fin"))
    assert told(dialogue, "transaction") == [
        "transaction: a@b -> c@d 250 | accepted 250 ABCDEF",
        "transaction: a@b -> c@d 250 | aborted",
    ]
    assert [(one.kept, one.complete) for one in dialogue.contents] == ([(b"abc", False)] if before else [])


@pytest.mark.parametrize("verb", [b"TURN", b"ATRN example.org"])
def test_g155_after_changed_roles_nothing_is_made_up(verb: bytes) -> None:
    """G155: the server now says commands and the client answers; that is named, and not read the wrong way round."""
    said = [(C, verb + b"\r\n"), (S, b"250 ok\r\n"), (C, b"220 x\r\n"), (S, b"EHLO y\r\n"), (C, b"250 x\r\n")]
    dialogue = talk(*GREETED, *said)
    assert [event.line for event in dialogue.events if isinstance(event, Command)] == [b"EHLO a", verb]
    assert codes(dialogue) == ["roles-turned"]
    assert dialogue.encryption is Encryption.NO


@pytest.mark.parametrize(
    ("line", "verb", "faults"),
    [
        (b"mail from:<a@b>", "MAIL", []),
        (b"MaIl FrOm:<a@b>", "MAIL", []),
        (b"  MAIL FROM:<a@b>", "MAIL", ["space-before-command"]),
        (b"\tMAIL FROM:<a@b>", "MAIL", ["space-before-command"]),
        (b"MAIL FROM : <a@b>", "MAIL", ["space-in-path"]),
        (b"MAIL FROM: <a@b>", "MAIL", ["space-in-path"]),
        (b"MAIL\tFROM:<a@b>", "MAIL", []),
        (b"MAIL  FROM:<a@b>", "MAIL", []),
        (b"MAIL FROM:a@b", "MAIL", []),
        (b"MAIL FROM <a@b>", "MAIL", ["bad-path"]),
        (b"MAIL FROM:<a@b", "MAIL", ["bad-path"]),
    ],
)
def test_g156_tolerated_spellings(line: bytes, verb: str, faults: list[str]) -> None:
    """G156: mixtures of case, leading space, tabs, space around the colon: understood and named."""
    dialogue = talk(*GREETED, (C, line + b"\r\n"), (S, b"250 Ok\r\n"), *ENVELOPE[2:], *GOODBYE)
    asked = [event for event in dialogue.events if isinstance(event, Command)]
    assert (asked[1].verb, asked[1].line, codes(dialogue)) == (verb, line, faults)
    assert [one.sender for one in dialogue.transactions] == [None if "bad-path" in faults else "a@b"]


BODIES = [b"", b"x\r\n", b"QUIT\r\nDATA\r\n", b"MAIL FROM:<t@x>\r\n"]


class Reference(RuleBasedStateMachine):
    """A client and a server that keep to the rules; the session must see what the model of both knows."""

    def __init__(self) -> None:
        super().__init__()
        self.session = SmtpSession(Transport.TCP)
        self.packet = 0
        self.mails: list[tuple[str, list[tuple[str, bool]], str]] = []  # sender, recipients, outcome
        self.commands: list[bytes] = []
        self.bodies: list[bytes] = []
        self.open = False
        self.say(S, b"220 mx ESMTP\r\n")
        self.ask(b"EHLO a", b"250 mx\r\n")

    def say(self, side: Side, octets: bytes) -> None:
        """One segment."""
        self.packet += 1
        self.session.feed(Data(side, octets, self.packet, self.packet))

    def ask(self, line: bytes, reply: bytes) -> None:
        """A command and its answer."""
        self.commands.append(line)
        self.say(C, line + b"\r\n")
        self.say(S, reply)

    def _end(self, outcome: str) -> None:
        if self.open:
            self.mails[-1] = (*self.mails[-1][:2], outcome)
            self.open = False

    @property
    def _accepted(self) -> bool:
        return self.open and any(taken for _, taken in self.mails[-1][1])

    @rule(verb=st.sampled_from([b"EHLO b", b"HELO b", b"RSET"]))
    def reset(self, verb: bytes) -> None:
        """Drops what is open."""
        self.ask(verb, b"250 Ok\r\n")
        recipients = self.mails[-1][1] if self.open else []
        self._end("rejected" if recipients and not self._accepted else "aborted")

    @rule(taken=st.booleans())
    def mail(self, taken: bool) -> None:
        """Opens a transaction, unless one is open: that one stays, and there is no other."""
        if self.open or not taken:
            self.ask(b"MAIL FROM:<s%d@x>" % len(self.mails), b"503 no\r\n")
            self.mails += [] if self.open else [(f"s{len(self.mails)}@x", [], "rejected")]
            return
        self.ask(b"MAIL FROM:<s%d@x>" % len(self.mails), b"250 Ok\r\n")
        self.mails.append((f"s{len(self.mails)}@x", [], "open"))
        self.open = True

    @precondition(lambda self: self.open)
    @rule(taken=st.booleans())
    def rcpt(self, taken: bool) -> None:
        """Adds a recipient."""
        self.ask(b"RCPT TO:<r@x>", b"250 Ok\r\n" if taken else b"550 no\r\n")
        self.mails[-1][1].append(("r@x", taken))

    @precondition(lambda self: self._accepted)
    @rule(
        body=st.sampled_from([b"", b"x\r\n", b"QUIT\r\nDATA\r\n", b"MAIL FROM:<t@x>\r\n"]),
        code=st.sampled_from([250, 451, 554]),
    )
    def data(self, body: bytes, code: int) -> None:
        """Sends a message."""
        self.ask(b"DATA", b"354 go\r\n")
        self.say(C, body + b".\r\n")
        self.say(S, b"%d x\r\n" % code)
        self.bodies.append(body)
        self._end({250: "accepted", 451: "deferred", 554: "rejected"}[code])

    @precondition(lambda self: self._accepted)
    @rule(body=st.sampled_from([b"", b".\r\n", b"\r\n.\r\nQUIT\r\n"]))
    def chunk(self, body: bytes) -> None:
        """Sends a message in one chunk, whole with its command."""
        self.commands.append(b"BDAT %d LAST" % len(body))
        self.say(C, self.commands[-1] + b"\r\n" + body)
        self.say(S, b"250 Ok\r\n")
        self.bodies.append(body)
        self._end("accepted")

    @rule(verb=st.sampled_from([b"NOOP", b"VRFY a", b"HELP", b"FROB"]))
    def other(self, verb: bytes) -> None:
        """Changes nothing."""
        self.ask(verb, b"250 Ok\r\n")

    @invariant()
    def agrees(self) -> None:
        """After each step commands, messages and decided mails are those of the model."""
        dialogue = self.session.dialogue
        asked = [event for event in dialogue.events if isinstance(event, Command)]
        assert [command.line for command in asked] == self.commands
        assert all(command.certain for command in asked)
        assert [content.kept for content in dialogue.contents] == self.bodies
        seen = [
            (each.sender, [(one.address, one.accepted) for one in each.recipients], each.outcome.value)
            for each in sorted(dialogue.transactions, key=lambda each: each.sender or "")
        ]
        expected = sorted((mail for mail in self.mails), key=lambda mail: mail[0])
        assert [each[:2] for each in seen] == [each[:2] for each in expected]
        assert [each[2] for each in seen] == [each[2] if each[2] != "open" else "unknown" for each in expected]
        assert codes(dialogue) == []

    def teardown(self) -> None:
        """The connection ends: what is open is aborted, unless all its recipients were refused."""
        self.session.feed(Closed(C, "fin", self.packet + 1, self.packet + 1))
        self.session.finish()
        outcomes = [each.outcome for each in self.session.dialogue.transactions]
        assert TransactionOutcome.UNKNOWN not in outcomes


TestReference = Reference.TestCase
TestReference.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
