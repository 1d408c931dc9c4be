"""Captures of other projects that are odd on purpose: none breaks the analysis, and what is odd about each is named."""

from __future__ import annotations

from pathlib import Path

import pytest

import mailtrace
from mailtrace.errors import UnreadableInput
from mailtrace.model import Analysis, Gap, Mark, Violation
from mailtrace.reports.json import render as render_json
from tests.support import ROOT, shared

PUBLIC = ROOT.parent / "shared" / "captures" / "public"
CAPTURES = sorted(
    path.relative_to(PUBLIC).as_posix() for path in PUBLIC.rglob("*") if path.suffix in (".pcap", ".pcapng")
) or ["absent"]

NAMED = {
    "zeek/trunc/ip4-trunc.pcap": "damaged ip header",
    "zeek/trunc/ip6-trunc.pcap": "damaged ip header",
    "zeek/trunc/ip6-ext-trunc.pcap": "frame cut short",
    "zeek/trunc/trunc-hdr.pcap": "frame cut short",
    "zeek/trunc/ipv4-internally-truncated-header.pcap": "damaged ip header",
    "zeek/trunc/ipv4-truncated-broken-header.pcap": "damaged ip header",
    "zeek/trunc/mpls-6in6-6in6-4in6-trunc.pcap": "damaged ip header",
    "zeek/trunc/ip-discarder-truncated-tcp-oob.pcapng": "damaged tcp header",
    "zeek/ipv4/fragmented-1.pcap": "fragment-refused",
    "zeek/ipv4/fragmented-2.pcap": "fragment-refused",
    "zeek/ipv4/fragmented-3.pcap": "fragment-missing",
    "zeek/ipv4/fragmented-4.pcap": "fragment-conflict",
    "zeek/ipv4/fragmented-syn.pcap": "ip fragment",
    "zeek/dns/conn-count-too-large.pcap": "several-questions",
    "zeek/dns/dns-invalid-names.pcap": "bad-name",
    "zeek/dns/dns-edns-bad-length.pcap": "bad-option",
    "zeek/dns/loc-invalid-length.pcap": "bad-record",
    "zeek/dns/svcb-port-malformed.pcap": "bad-record",
    "zeek/dns/svcb-alpn-malformed-len-too-long.pcap": "bad-record",
    "zeek/dns/svcb-alpn-malformed-len-too-short.pcap": "bad-record",
    "zeek/dns/proto255.pcap": "ip protocol 255",
    "zeek/smtp-mail-transactions-invalid.pcap": "early-talker",
    "zeek/smtp/smtp-bdat-gap.pcap": "gap",
    "zeek/tcp/truncated-header.pcap": "gap",
    "zeek/smtp.pcap": Mark.RETRANSMISSION.value,
    "zeek/pop3/pop3.pcap": Mark.RETRANSMISSION.value,
    "OISF/smtp-bug-5981.pcap": Mark.OVERLAP_CONFLICT.value,
    "seladb/frag_with_padding.pcap": "ip fragment",
    "seladb/ip4_fragments.pcap": "ip fragment",
    "seladb/ip6_fragments.pcap": "ip fragment",
    "seladb/microsecs_big_endian.pcap": "link type 253",
    "the-tcpdump-group/pcap-invalid-version-1.pcap": "strange-version",
    "the-tcpdump-group/linktype-reserved-field-not-zero.pcap": "reserved-bits",
    "the-tcpdump-group/shb-option-too-long.pcapng": "damaged-block",
}
"""What is odd about a capture: the code of a note or violation, a counter, a mark of a packet, or a gap."""


def _named(analysis: Analysis) -> set[str]:
    """Return all that an analysis names."""
    names = {note.code for note in analysis.capture.notes} | set(analysis.capture.counters)
    for conversation in analysis.conversations:
        names |= {packet.mark.value for packet in conversation.packets}
        names |= {event.code for event in conversation.dialogue.events if isinstance(event, Violation)}
        names |= {"gap" for event in conversation.dialogue.events if isinstance(event, Gap)}
    return names


def _analysis(name: str) -> Analysis | None:
    """Return the analysis of a capture, None where it is refused in one line."""
    path: Path = shared("captures/public/" + name)
    try:
        return mailtrace.analyze(path)
    except UnreadableInput as refusal:
        assert "\n" not in str(refusal)
        return None


@pytest.mark.parametrize("name", CAPTURES)
def test_every_capture_is_analysed(name: str) -> None:
    analysis = _analysis(name)
    if analysis is not None:
        assert render_json(analysis).startswith(b"{")


@pytest.mark.parametrize("name", NAMED)
def test_what_is_odd_is_named(name: str) -> None:
    analysis = _analysis(name)
    assert analysis is not None
    assert NAMED[name] in _named(analysis)
    if NAMED[name].startswith(("damaged ", "frame cut")):
        (note,) = (note.message for note in analysis.capture.notes if note.code == "unreadable-packets")
        assert NAMED[name] in note
