"""Analyses made by hand for the tests of reports: one ordinary submission, and one with any text in every field."""

from __future__ import annotations

from mailtrace.explain.listing import ListingRow
from mailtrace.model import (
    Analysis,
    CaptureInfo,
    ClosedHow,
    Command,
    Confidence,
    Content,
    Continuation,
    Conversation,
    Dialogue,
    Direction,
    Endpoint,
    Evidence,
    EvidenceKind,
    Gap,
    GapReason,
    Hop,
    HopKind,
    Host,
    Journey,
    JourneyOutcome,
    Login,
    Lookup,
    Message,
    MessagePart,
    Note,
    Outcome,
    Packet,
    Person,
    Received,
    Recipient,
    RecipientOutcome,
    Reply,
    Side,
    Step,
    StepKind,
    StreamKey,
    TimeShare,
    TimeTable,
    Transaction,
    TransactionOutcome,
    Transport,
    Turn,
    Violation,
    Walkthrough,
)

START_NS = 1_714_096_678_924_021_000  # 2024-04-26T01:57:58.924021Z
MS = 1_000_000


def command(verb: str, line: bytes, packet: int, secrets: tuple[tuple[int, int], ...] = ()) -> Command:
    """Return a command that one packet carried, as many milliseconds after the start as its number."""
    at = min(len(line), len(verb) + 1)
    return Command(verb, line, at, packet, START_NS + packet * MS, (packet,), secrets)


def reply(status: str, line: bytes, packet: int, outcome: Outcome = Outcome.GOOD, enhanced: str | None = None) -> Reply:
    """Return a reply of one line that one packet carried."""
    return Reply(status, outcome, (line,), packet, START_NS + packet * MS, (packet,), enhanced)


def packets(*numbers: int) -> tuple[Packet, ...]:
    """Return packets of the client, a millisecond apart by number."""
    return tuple(Packet(number, START_NS + number * MS, Side.CLIENT, 0x10, 0, 0, 0) for number in numbers)


def conversation(id_: int, dialogue: Dialogue, numbers: tuple[int, ...], protocol: str = "smtp") -> Conversation:
    """Return a finished conversation of 192.168.111.130 with 192.168.111.100."""
    key = StreamKey(Endpoint("192.168.111.130", 41428), Endpoint("192.168.111.100", 25), Transport.TCP)
    return Conversation(id_, protocol, key, 0, packets(*numbers), dialogue, True, ClosedHow.FIN)


SOURCE = b"From: =?utf-8?b?7J2064Sk7J2067KE?= <lee@naver.com>\r\nSubject: test\r\n\r\n\xed\x99\x95\xec\x9d\xb8 \xff\r\n"


def submission() -> Analysis:
    """Return one mail handed in after a login with a password: conversation 1, message 1, lookup 1."""
    content = Content("DATA", SOURCE, 413, "ab" * 32, (9, 10), START_NS + 9 * MS, START_NS + 10 * MS, True)
    content.message = 1
    turns = [
        Turn(None, [reply("220", b"mail.naver.com ESMTP", 4)]),
        Turn(
            command("AUTH", b"AUTH PLAIN AGxlZQBsZWU=", 5, ((11, 23),)),
            [reply("235", b"2.7.0 ok", 6, enhanced="2.7.0")],
            [Continuation(b"bGVl", 5, START_NS + 5 * MS, (5,), ((0, 4),))],
        ),
        Turn(command("MAIL", b"MAIL FROM:<lee@naver.com>", 7), [reply("250", b"2.1.0 Sender ok", 8)]),
    ]
    recipients = [Recipient("kim@daum.net", True, "250", 8), Recipient("no@daum.net", False, "550", 8)]
    transaction = Transaction(
        "lee@naver.com", recipients, content, "250", "43Q1vx0G007503", TransactionOutcome.ACCEPTED
    )
    gap = Gap(Side.SERVER, 12, GapReason.LOST, 9, START_NS + 9 * MS)
    bare = Violation("bare-line-feed", Side.CLIENT, 10, START_NS + 10 * MS, "a line ended with LF alone")
    dialogue = Dialogue(
        events=[turns[1].command, gap, bare, content],  # type: ignore[list-item]
        turns=turns,
        transactions=[transaction],
        logins=[Login("PLAIN", "lee", True, (5, 6))],
        contents=[content],
    )
    message = Message(
        id=1,
        conversation=1,
        direction=Direction.SUBMITTED,
        content=content,
        message_id="<a@naver.com>",
        subject="확인 바람",
        from_=(Person("이네이버", "lee@naver.com"),),
        to=(Person("", "kim@daum.net"),),
        cc=(),
        date="Fri, 26 Apr 2024 10:57:59 +0900",
        headers=(("Subject", "확인 바람"),),
        received=(Received("client", "mail.naver.com", "ESMTP", "43Q", None),),
        parts=(MessagePart("1", "text/plain", "utf-8", None, 9, "cd" * 32, "확인"),),
        queue_id="43Q1vx0G007503",
    )
    lookup = Lookup(
        name="daum.net",
        type="MX",
        rcode="NOERROR",
        answers=("10 mail.daum.net.",),
        packets=(2, 3),
        start_ns=START_NS + 2 * MS,
        duration_ns=300_000,
        message_id=0x1234,
        id=1,
        conversation=2,
        caused_by=1,
        client="192.168.111.130",
        server="192.168.111.100",
    )
    asked = conversation(2, Dialogue(lookups=[lookup]), (2, 3), "dns")
    asked.caused_by = 1
    info = CaptureInfo(["lab.pcapng"], 10, 900, START_NS + MS, START_NS + 10 * MS, ["ethernet"])
    hosts = [Host("192.168.111.100", ("serverA", "mail.naver.com"), ("mta",)), Host("192.168.111.130", (), ("client",))]
    return Analysis(info, hosts, [conversation(1, dialogue, (1, 4, 5, 6, 7, 8, 9, 10)), asked], [message], [lookup])


def steps(text: str, kinds: tuple[StepKind, ...] = tuple(StepKind)) -> tuple[Step, ...]:
    """Return one step of each kind that says `text` everywhere."""
    return tuple(
        Step(
            number=number,
            kind=kind,
            packets=(number,),
            acks=(number + 100,),
            offset_ns=number * MS,
            since_ns=MS,
            side=Side(number % 2),
            speaker=text,
            listener=text,
            says=(text, "second", "third", text),
            means=text,
            source=text,
        )
        for number, kind in enumerate(kinds, 1)
    )


def filled(text: str) -> tuple[Analysis, list[Walkthrough], list[ListingRow]]:
    """Return an analysis, walkthroughs and packet rows with `text` in every field that can hold text from outside."""
    raw = text.encode("utf-8", "surrogatepass")
    content = Content(text, raw, len(raw), text, (3,), START_NS, START_NS, True)
    content.message = 1
    turn = Turn(
        Command(text, raw, 0, 1, START_NS, (1,)),
        [Reply(text, Outcome.NO, (raw, raw), 2, START_NS, (2,), text)],
        [Continuation(raw, 1, START_NS, (1,))],
    )
    transaction = Transaction(text, [Recipient(text, True, text, 1)], content, text, text, TransactionOutcome.ACCEPTED)
    lookup = Lookup(
        name=text,
        type=text,
        rcode=text,
        answers=(text,),
        packets=(2, 3),
        start_ns=START_NS,
        duration_ns=1,
        message_id=1,
        authority=(text,),
        additional=(text,),
        client=text,
        server=text,
        id=1,
        conversation=2,
        class_=text,
        opcode=text,
    )
    violation = Violation(text, Side.CLIENT, 1, START_NS, text)
    dialogue = Dialogue(
        events=[violation, *turn.replies, content],
        turns=[turn],
        transactions=[transaction],
        logins=[Login(text, text, True, (1,))],
        contents=[content],
    )
    key = StreamKey(Endpoint(text, 1), Endpoint(text + "x", 25), Transport.TCP)
    conversations = [
        Conversation(number, protocol, key, 0, packets(1, 2, 3), inner, True, ClosedHow.FIN)
        for number, (protocol, inner) in enumerate(
            [("smtp", dialogue), ("dns", Dialogue(lookups=[lookup])), ("pop3", dialogue), (text, Dialogue())], 1
        )
    ]
    person = Person(text, text)
    message = Message(
        id=1,
        conversation=1,
        direction=Direction.SUBMITTED,
        content=content,
        message_id=text,
        subject=text,
        from_=(person,),
        to=(person,),
        cc=(person,),
        date=text,
        headers=((text, text),),
        received=(Received(text, text, text, text, text),),
        parts=(MessagePart(text, text, text, text, 1, text, text, disposition=text),),
        queue_id=text,
        defects=(text,),
    )
    info = CaptureInfo([text], 3, 300, START_NS, START_NS, [text], [Note(text, text, (1,), True)], {text: 1})
    hosts = [Host(text, (text,), (text,)), Host(text + "x", (text,), (text,))]
    times = TimeTable(5, (TimeShare(text, text, 5, (1,), Confidence.LIKELY, ((0, 5),)),), (text,))
    told = [
        Walkthrough((1,), text, text, text, steps(text), times=times),
        Walkthrough((9,), text, text, text, (), (text,)),
        Walkthrough((1,), text, text, text, steps(text), (text, text), journey=1),
    ]
    hop = Hop(
        HopKind.RELAYED, 1, 1, text, text + "x", START_NS, (text,), text, text, 0,
        (Evidence(EvidenceKind.BODY, text, (1,)),), 50, (text,), (1,), (2,), (1, 2, 3),
    )  # fmt: skip
    outcomes = (RecipientOutcome(text, JourneyOutcome.BOUNCED, text, 0),)
    journey = Journey(1, text, text, text, outcomes, (hop, hop), JourneyOutcome.BOUNCED, (1,), 2, (text,))
    rows = [ListingRow(1, 0, text, text, text, 60, text), ListingRow(2, None, text, text, text, 60, text)]
    return Analysis(info, hosts, conversations, [message], [lookup], [journey]), told, rows
