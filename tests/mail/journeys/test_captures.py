"""Journeys in captures of real servers, against the servers' own logs (`*.maillog`, `*.eximlog`) beside them."""

from __future__ import annotations

from pathlib import Path

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.model import Analysis, EvidenceKind, Journey
from tests.mail.journeys.post import KIM, LEE, A, B, fates, shape
from tests.support import SAMPLES, shared


def read(path: Path, keylog: Path | None = None) -> Analysis:
    """Return all that is in a capture."""
    return analyze_files(Analyzer([str(path)], keylog=keylog.read_bytes() if keylog else None))


def way(journey: Journey) -> list[tuple[str, str, str | None]]:
    """Return from host to host the way of a mail, and the numbers under which the servers had it."""
    return [(hop.sender, hop.receiver, hop.queue_id) for hop in journey.hops]


def test_the_two_journeys_of_the_lab_and_back() -> None:
    there, back = read(SAMPLES / "03-lab-journey.pcapng").journeys
    assert there.message_id == "<a84b8cfb564e117b3628faa74fa40a4fb695bbef.camel@naver.com>"
    assert way(there) == [(LEE, A, "6AM3qXPe000073"), (A, B, "6AM3qZ0l000117"), (B, KIM, None)]
    assert fates(there) == {"kim@daum.net": "fetched"}
    assert back.message_id == "<op.2mtbsekxnak22s@desktop-oeju5p7.localdomain>"
    assert way(back) == [(KIM, B, "6AM3qkPq000124"), (B, A, "6AM3qlIb000076"), (A, LEE, None)]
    assert fates(back) == {"lee@naver.com": "fetched"}
    for journey in (there, back):
        assert [hop.before for hop in journey.hops] == [None, 0, 1]
        assert [{each.kind for each in hop.evidence} for hop in journey.hops[1:]] == [set(EvidenceKind)] * 2
        assert [hop.score for hop in journey.hops] == [100, 100, 100]
        assert [change.partition(":")[0] for change in journey.hops[2].changes] == [
            *("header added", "header changed"),
            f"body re-encoded from {'base64' if journey is there else 'Base64'} to 8bit",
        ]


def test_every_lookup_and_ident_call_of_the_lab_has_its_hop() -> None:
    analysis = read(SAMPLES / "03-lab-journey.pcapng")
    there, back = analysis.journeys
    assert [hop.lookups for hop in there.hops] == [(1, 2), (3, 4, 5, 6, 7), ()]
    assert [hop.lookups for hop in back.hops] == [(8, 9, 10, 11, 12), (13, 14, 15, 16, 17, 18), ()]
    assert [hop.idents for hop in (*there.hops, *back.hops)] == [(2,), (7,), (), (15,), (27,), ()]
    assert there.lookups + back.lookups == tuple(range(1, 19))


def test_the_rebuilt_report() -> None:
    there, back = read(SAMPLES / "02-report-2024.pcapng").journeys
    assert way(there) == [(LEE, A, "43Q1vx0G007503"), (A, B, "43Q1w1lW007636"), (B, KIM, None)]
    assert way(back) == [(KIM, B, "43Q1wvqQ007664"), (B, A, "43Q1wwYr007507"), (A, LEE, None)]
    assert [fates(each) for each in (there, back)] == [{"kim@daum.net": "fetched"}, {"lee@naver.com": "fetched"}]


def test_a_hop_within_tls_is_found_by_what_the_next_server_wrote() -> None:
    keylog = shared("captures/lab/03-starttls.keys")
    *others, last = read(shared("captures/lab/03-starttls.pcapng"), keylog).journeys
    assert [shape(each) for each in others] == [
        [("submitted", submission, None), ("relayed", relay, 0)] for submission, relay in ((1, 14), (15, 31), (24, 50))
    ]
    assert way(last)[:2] == [(LEE, A, "6AM3wX2T000260"), (A, B, "6AM3wYMf000254")]
    assert shape(last)[:2] == [("submitted", 51, None), ("relayed", 74, 0)]
    assert shape(last)[2:] == [("retrieved", number, 1) for number in range(81, 86)]
    assert {each.kind for each in last.hops[1].evidence} == {EvidenceKind.RECEIVED, EvidenceKind.TIME}


def test_mails_stored_fetched_and_handed_in_by_imap() -> None:
    found = {each.message_id: each for each in read(SAMPLES / "08-imap.pcapng").journeys}
    assert {name: each.outcome.value for name, each in found.items()} == {
        "<imap1.lab@naver.com>": "fetched",
        "<imap9.lab@naver.com>": "delivered",
        "<imap10.lab@naver.com>": "delivered",
        "<imap11.lab@naver.com>": "accepted",
    }
    assert way(found["<imap1.lab@naver.com>"]) == [(KIM, "mail.naver.com", "6AM42Pst000339"), (A, LEE, None)]


def test_a_lossy_network_joins_as_well() -> None:
    journeys = read(SAMPLES / "06-lab-lossy.pcapng").journeys
    assert [[queue for _, _, queue in way(each)] for each in journeys] == [
        ["6AM4FPZD000742", "6AM4FUZF000425", None],
        ["6AM4FqK6000431", "6AM4Fruh000745", None],
        ["6AM4GATS000753", "6AM4GLo1000434", None],
    ]
    assert journeys[2].hops[1].changes == ("header added: Received, Date",)


def test_many_mails_of_one_connection() -> None:
    journeys = read(SAMPLES / "05-lab-chunking.pcapng").journeys
    fetched = {each.message_id: way(each)[0][2] for each in journeys if each.hops[-1].kind.value == "retrieved"}
    assert len(fetched) == 17
    assert (fetched["<m01.chunk@naver.com>"], fetched["<m17.chunk@naver.com>"]) == ("7B39D25A684", "95A4425A0BD")
    assert fetched[None] == "94B9C25A068"
    broken_off = [each for each in journeys if each.outcome.value == "deferred"]
    assert [shape(each) for each in broken_off] == [[("deferred", number, None)] for number in (1, 5)]
    (refused,) = [each for each in journeys if each.outcome.value == "rejected"]
    assert [(hop.conversation, hop.status) for hop in refused.hops] == [(16, "521")], "BDAT abc, by the server's log"
    (report,) = [each for each in journeys if each.reports]
    assert report.message_id == "<20261122041225.8CC3225A0BC@mail.nate.com>"
    assert (report.hops[0].sender, report.hops[0].receiver) == ("mail.nate.com", "mail.nate.com")
    assert journeys[(report.reports or 0) - 1].message_id == "<m05.chunk@naver.com>"


def test_what_exim_accepted_and_refused() -> None:
    journeys = read(SAMPLES / "07-lab-dnsauth.pcapng").journeys
    assert [(each.message_id, each.outcome.value) for each in journeys] == [
        ("<dnsauth.1@naver.com>", "fetched"),
        ("<dnsauth.2@naver.com>", "fetched"),
        ("<dnsauth.3@naver.com>", "rejected"),
        ("<dnsauth.4@naver.com>", "fetched"),
        ("<dnsauth.5@naver.com>", "fetched"),
        (None, "rejected"),
        (None, "rejected"),
    ]
