"""Why lookups and ident calls happened: both reports' cases by hand, hard ones, and every one of three lab captures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

import mailtrace
from mailtrace.mail.causes import Candidate, about, best_cause, candidate, ident_cause, score
from mailtrace.model import (
    ClosedHow,
    Command,
    Conversation,
    Dialogue,
    Encryption,
    Endpoint,
    Lookup,
    Outcome,
    Packet,
    Reply,
    Side,
    StreamKey,
    TlsFacts,
    Transport,
    Turn,
    WentDark,
)
from tests.support import SAMPLES, shared

LEE, KIM, SERVER_A, SERVER_B = "192.168.111.130", "192.168.111.133", "192.168.111.100", "192.168.111.200"

Line = tuple[float, str]
"""Second and what was said: a client's command, or a server's reply when it starts with a digit."""


def ns(seconds: float) -> int:
    """Return seconds as nanoseconds."""
    return round(seconds * 1e9)


def talk(
    number: int, client: str, server: str, said: Iterable[Line], *, start: float, end: float,
    ports: tuple[int, int] = (41428, 25), protocol: str = "smtp",
) -> Conversation:  # fmt: skip
    """Return a conversation of these lines; replies answer the oldest command that still waits."""
    turns: list[Turn] = []
    for second, line in said:
        text = line.encode()
        if text[:1].isdigit() and protocol == "smtp":
            reply = Reply(line[:3], Outcome.GOOD, (text[4:],), 0, ns(second), (0,))
            waiting = next((turn for turn in turns if not turn.replies or turn.replies[-1].status == "354"), None)
            if waiting is None:
                turns.append(waiting := Turn(None))
            waiting.replies.append(reply)
        else:
            verb = "QUERY" if protocol == "ident" else line.split(" ")[0].upper()
            at = 0 if protocol == "ident" else len(verb) + 1
            turns.append(Turn(Command(verb, text, at, 0, ns(second), (0,))))
    packets = (Packet(1, ns(start), Side.CLIENT, 2, 0, 0, 0), Packet(2, ns(end), Side.SERVER, 1, 0, 0, 0))
    key = StreamKey(Endpoint(client, ports[0]), Endpoint(server, ports[1]), Transport.TCP)
    return Conversation(number, protocol, key, 0, packets, Dialogue(turns=turns), True, ClosedHow.FIN)


def ask(client: str, second: float, kind: str, name: str, *answers: str) -> Lookup:
    """Return a lookup by `client`."""
    return Lookup(name, kind, "NOERROR", answers, (1, 2), ns(second), 1000, 1, client=client, server="192.168.111.53")


def ident(client: str, server: str, second: float, query: str | None = None) -> Conversation:
    """Return an ident conversation, refused or answered."""
    said = [(second, query)] if query else []
    return talk(99, client, server, said, start=second, end=second + 0.1, ports=(45315, 113), protocol="ident")


SUBMISSION = talk(
    1, LEE, SERVER_A, start=32.924, end=34.0115,
    said=[(33.9298, "220 mail.naver.com ESMTP"), (33.9316, "EHLO client"), (33.9318, "250 mail.naver.com Hello"),
          (33.9322, "MAIL FROM:<lee@naver.com>"), (33.9327, "250 ok"), (33.9528, "RCPT TO:<kim@daum.net>"),
          (33.9537, "250 ok"), (33.954, "DATA"), (33.9541, "354 go"), (34.0107, "250 accepted"), (34.011, "QUIT"),
          (34.0112, "221 bye")],
)  # fmt: skip
"""Lee submits in the 2024 report: frames 65-102."""

RELAY = talk(
    2, SERVER_A, SERVER_B, start=34.0106, end=35.02, ports=(58842, 25),
    said=[(35.0, "220 mail.daum.net ESMTP"), (35.001, "EHLO mail.naver.com"), (35.002, "250 mail.daum.net Hello"),
          (35.003, "MAIL From:<lee@naver.com> SIZE=578"), (35.005, "250 ok"), (35.006, "RCPT To:<kim@daum.net>"),
          (35.006, "DATA"), (35.008, "250 ok"), (35.008, "354 go"), (35.01, "250 accepted"), (35.011, "QUIT"),
          (35.012, "221 bye")],
)  # fmt: skip
"""Server A relays it."""

REPLY = talk(
    3, KIM, SERVER_B, start=85.5, end=91.5523, ports=(52580, 25),
    said=[(91.53, "220 mail.daum.net ESMTP"), (91.536759, "EHLO desktop"), (91.536912, "250 Hello"),
          (91.53713, "MAIL FROM:<kim@daum.net>"), (91.53794, "250 ok"), (91.538186, "RCPT TO:<lee@naver.com>"),
          (91.538979, "250 ok"), (91.539174, "DATA"), (91.539308, "354 go"), (91.544672, "250 accepted"),
          (91.551803, "QUIT"), (91.552001, "221 bye")],
)  # fmt: skip
"""Kim replies: up to frame 330."""

RELAYED_REPLY = talk(
    4, SERVER_B, SERVER_A, start=91.544629, end=92.6141, ports=(46954, 25),
    said=[(92.548928, "220 mail.naver.com ESMTP"), (92.54919, "EHLO mail.daum.net"), (92.549371, "250 Hello"),
          (92.549792, "MAIL From:<kim@daum.net>"), (92.550369, "250 ok"), (92.55065, "RCPT To:<lee@naver.com>"),
          (92.55065, "DATA"), (92.551502, "250 ok"), (92.551502, "354 go"), (92.612669, "250 accepted")],
)  # fmt: skip
"""Server B relays the reply: frames 318-354."""


def candidate_of(conversation: Conversation) -> Candidate:
    return candidate(conversation, about(conversation))


ALL = [candidate_of(each) for each in (SUBMISSION, RELAY, REPLY, RELAYED_REPLY)]


@pytest.mark.parametrize(
    ("call", "cause"),
    [
        (ident(SERVER_A, LEE, 32.925918), 1),  # frames 68-69
        (ident(SERVER_A, SERVER_B, 91.546197), 4),  # frames 322-323
        (ident(SERVER_A, LEE, 32.925918, "41428 , 25"), 1),
        (ident(SERVER_A, LEE, 32.925918, "41429 , 25"), None),  # the query names another connection
        (ident(LEE, SERVER_A, 32.925918), None),  # the wrong way around
        (ident(SERVER_A, LEE, 32.9), None),  # before the connection
        (ident(SERVER_A, LEE, 63.0), None),  # long after it
    ],
)
def test_ident_calls_of_the_2024_report(call: Conversation, cause: int | None) -> None:
    assert ident_cause(call, ALL) == cause


def test_the_ident_call_of_the_2008_report() -> None:
    mail = talk(1, "192.168.1.2", "192.168.10.2", [], start=0.0, end=5.079851, ports=(3577, 25))
    call = talk(
        2, "192.168.10.2", "192.168.1.2", [], start=0.025137, end=3.015414, ports=(32807, 113), protocol="ident"
    )
    assert ident_cause(call, [candidate_of(mail)]) == 1


def test_of_two_connections_the_one_opened_last_before_is_asked_about_unless_ports_tell() -> None:
    first = talk(5, LEE, SERVER_A, [], start=10.0, end=20.0, ports=(1001, 25))
    second = talk(6, LEE, SERVER_A, [], start=11.0, end=20.0, ports=(1002, 25))
    assert ident_cause(ident(SERVER_A, LEE, 11.01), [candidate_of(first), candidate_of(second)]) == 6
    assert ident_cause(ident(SERVER_A, LEE, 10.5), [candidate_of(first), candidate_of(second)]) == 5
    assert ident_cause(ident(SERVER_A, LEE, 11.01, " 1001 ,25 "), [candidate_of(first), candidate_of(second)]) == 5


@pytest.mark.parametrize(
    ("lookup", "cause"),
    [
        (ask(LEE, 33.930268, "PTR", "130.111.168.192.in-addr.arpa"), 1),  # frames 72-75
        (ask(SERVER_B, 35.0035, "AAAA", "naver.com"), 2),
        (ask(SERVER_B, 35.0065, "AAAA", "daum.net."), 2),
        (ask(SERVER_B, 91.537449, "AAAA", "daum.net"), 3),  # frames 303-304
        (ask(SERVER_B, 91.538388, "AAAA", "naver.com"), 3),  # frames 308-309
        (ask(SERVER_B, 91.538388, "A", "naver.com", SERVER_A), 3),  # within RCPT, though B connects there 6 ms later
        (ask(SERVER_B, 91.543, "MX", "naver.com", "10 mail.naver.com."), 4),  # after the content: to relay it
        (ask(SERVER_B, 91.5435, "A", "mail.naver.com", SERVER_A), 4),
        (ask(SERVER_B, 91.5433, "AAAA", "mail.naver.com"), 4),
        (ask(SERVER_B, 91.5434, "AAAA", "mail.naver.com.daum.net"), 4),  # with a search domain behind
        (ask(SERVER_A, 92.0, "PTR", "200.111.168.192.in-addr.arpa"), 4),
        (ask(SERVER_A, 92.0, "A", "200.111.168.192.bl.example"), 4),  # a block list
        (ask(SERVER_A, 92.5500, "TXT", "sel._domainkey.daum.net"), 4),
        (ask(SERVER_A, 92.5800, "TXT", "_dmarc.daum.net"), 4),
        (ask(SERVER_A, 92.5900, "TXT", "spf.unrelated.example"), 4),  # a reply is owed and nobody else is asked
        (ask(LEE, 33.94, "A", "www.example.org"), None),  # the user's browser
        (ask(LEE, 400.0, "MX", "daum.net"), None),  # a student's nslookup
        (ask("192.168.111.7", 33.94, "MX", "daum.net"), None),  # another host
        (ask(SERVER_A, 20.0, "PTR", "130.111.168.192.in-addr.arpa"), None),  # before the client came
    ],
)
def test_lookups_of_the_2024_report(lookup: Lookup, cause: int | None) -> None:
    assert best_cause(lookup, ALL) == cause
    assert best_cause(lookup, list(reversed(ALL))) == cause


def test_time_alone_decides_nothing_when_two_conversations_compete() -> None:
    said = [(1.0, "220 x"), (1.1, "EHLO c")]
    first = talk(1, LEE, SERVER_A, said, start=0.5, end=3.0, ports=(1001, 25))
    second = talk(2, KIM, SERVER_A, said, start=0.6, end=3.0, ports=(1002, 25))
    lookup = ask(SERVER_A, 2.0, "TXT", "spf.unrelated.example")
    assert best_cause(lookup, [candidate_of(first)]) == 1
    assert best_cause(lookup, [candidate_of(first), candidate_of(second)]) is None


def test_time_alone_is_nothing_while_the_client_has_the_word() -> None:
    quiet = talk(1, LEE, SERVER_A, [(1.0, "220 x")], start=0.5, end=9.0)
    assert score(ask(SERVER_A, 5.0, "A", "www.example.org"), candidate_of(quiet)) == 0


def hidden(number: int, start: float, dark: float, end: float, port: int = 1001) -> Conversation:
    """Return a relaying of server A to server B that cannot be read from a moment on."""
    said = [(dark - 0.03, "220 mail.daum.net ESMTP"), (dark - 0.02, "EHLO mail.naver.com"), (dark - 0.01, "250 x"),
            (dark - 0.01, "STARTTLS"), (dark - 0.005, "220 ready")]  # fmt: skip
    found = talk(number, SERVER_A, SERVER_B, said, start=start, end=end, ports=(port, 25))
    found.dialogue.encryption = Encryption.STARTTLS
    found.dialogue.events.append(WentDark("starttls", 9, ns(dark)))
    return found


def test_a_server_that_is_busy_in_the_dark_does_not_ask_for_one_that_it_has_not_greeted_yet() -> None:
    dark, waiting = candidate_of(hidden(14, 22.985, 24.008, 24.149)), candidate_of(hidden(30, 24.046, 25.06, 25.196))
    assert best_cause(ask(SERVER_B, 24.078, "AAAA", "naver.com"), [dark, waiting]) == 14
    assert best_cause(ask(SERVER_B, 24.082, "AAAA", "daum.net"), [dark, waiting]) == 14
    assert best_cause(ask(SERVER_B, 24.09, "A", "unrelated.example"), [dark, waiting]) is None, "either is possible"
    assert best_cause(ask(SERVER_B, 24.054, "PTR", "100.111.168.192.in-addr.arpa"), [dark, waiting]) == 30
    assert best_cause(ask(SERVER_B, 24.17, "A", "unrelated.example"), [dark, waiting]) == 30, "the other has ended"


def test_in_the_dark_only_related_names_are_evidence_and_of_two_conversations_none() -> None:
    one, other = candidate_of(hidden(1, 1.0, 2.0, 5.0)), candidate_of(hidden(2, 1.5, 2.5, 5.0, port=1002))
    assert best_cause(ask(SERVER_B, 2.2, "MX", "naver.com"), [one, other]) == 1
    assert best_cause(ask(SERVER_B, 3.0, "MX", "naver.com"), [one, other]) is None
    assert best_cause(ask(SERVER_B, 3.0, "MX", "unrelated.example"), [one]) is None
    assert best_cause(ask(SERVER_B, 3.0, "NS", "com"), [one]) is None


def test_what_could_be_read_after_all_is_not_dark() -> None:
    opened = hidden(1, 1.0, 2.0, 5.0)
    opened.dialogue.tls = TlsFacts(decrypted=True)
    assert best_cause(ask(SERVER_B, 3.0, "MX", "naver.com"), [candidate_of(opened)]) is None


def test_a_relay_that_never_connected_belongs_to_the_submission() -> None:
    assert best_cause(ask(SERVER_A, 34.5, "MX", "daum.net"), [candidate_of(SUBMISSION)]) == 1
    assert best_cause(ask(SERVER_A, 34.5, "MX", "example.org"), [candidate_of(SUBMISSION)]) is None


def test_a_client_looks_for_its_server_before_it_connects() -> None:
    assert best_cause(ask(LEE, 32.9, "A", "smtp.example.org", SERVER_A), ALL) == 1
    assert best_cause(ask(LEE, 32.9, "AAAA", "mail.naver.com"), ALL) == 1
    assert best_cause(ask(LEE, 20.0, "A", "smtp.example.org", SERVER_A), ALL) is None


def test_odd_names_and_addresses_do_no_harm() -> None:
    odd = talk(
        1, "not an address", "", [(1.0, "220"), (1.1, "EHLO"), (1.2, "MAIL"), (1.3, "RCPT TO:<@>")], start=1, end=9
    )
    for name in ("", ".", "a" * 5000, "\ufffd", "..in-addr.arpa"):
        assert score(ask("not an address", 2.0, "PTR", name), candidate_of(odd)) >= 0
        assert score(ask("", 2.0, "PTR", name), candidate_of(odd)) >= 0


LAB_CAUSES: dict[str, dict[int | None, list[tuple[int, ...]]]] = {
    "01-lab-journey": {
        3: [(10, 11), (12, 13)],
        36: [(39, 40), (49, 50), (51, 52), (55, 56), (57, 58)],
        103: [(106, 107), (121, 122), (123, 124), (127, 128), (129, 130)],
        155: [(138, 140), (141, 142), (145, 148), (149, 150), (151, 152), (153, 154)],
    },
    "02-ident-drop": {
        1: [(4, 5), (19, 20), (21, 22), (25, 26), (27, 28)],
        53: [(36, 37), (38, 39), (40, 41), (45, 46), (47, 48), (51, 52), (56, 57), (66, 67), (68, 69),
             (72, 73), (74, 75)],
    },
    "10-dnsauth": {
        3: [(8, 9), (10, 11), (12, 13), (14, 15), (23, 24), (25, 26), (27, 28), (29, 30), (36, 37)],
        206: [(211, 212), (213, 214), (215, 216), (217, 218), (226, 227), (228, 229)],
        238: [(243, 244), (245, 246), (247, 248), (249, 250)],
        None: [(264, 265), (266, 267), (268, 269), (270, 271), (272, 273), (274, 275), (276, 277)],
    },
}  # fmt: skip
"""The packets of the lookups, by the first packet of the mail conversation they happened for."""

LAB_IDENTS = {
    "01-lab-journey": {6: 3, 41: 36, 108: 103, 158: 155},
    "02-ident-drop": {6: 1, 58: 53},
    "10-dnsauth": {6: 3, 47: 44, 88: 85, 127: 124, 168: 165, 209: 206, 241: 238},
}
"""The first packet of each ident conversation, and of the mail conversation it happened for."""


def causes_in(path: Path) -> tuple[dict[tuple[int, ...], int | None], dict[int, int | None]]:
    """Return the cause of each lookup, by its packets, and of each ident conversation, by its first packet."""
    analysis = mailtrace.analyze(str(path))
    first = {found.id: found.packets[0].number for found in analysis.conversations}
    lookups = {tuple(lookup.packets): first.get(lookup.caused_by or 0) for lookup in analysis.lookups}
    idents = [found for found in analysis.conversations if found.protocol == "ident"]
    return lookups, {found.packets[0].number: first.get(found.caused_by or 0) for found in idents}


@pytest.mark.parametrize("name", LAB_CAUSES)
def test_every_lookup_and_ident_call_of_the_lab(name: str) -> None:
    lookups, idents = causes_in(shared(f"captures/lab/{name}.pcapng"))
    for cause, packets in LAB_CAUSES[name].items():
        assert [some for some, found in lookups.items() if found == cause] == packets
    assert idents == LAB_IDENTS[name]


def test_the_ident_calls_and_mail_lookups_of_the_rebuilt_reports() -> None:
    assert causes_in(SAMPLES / "01-report-2008.pcapng")[1] == {4: 1}
    lookups, idents = causes_in(SAMPLES / "02-report-2024.pcapng")
    assert (idents[68], idents[322]) == (65, 318)
    assert lookups[(72, 73)] == lookups[(74, 75)] == 65
    assert lookups[(303, 304)] == lookups[(308, 309)] == 277
