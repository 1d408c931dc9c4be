"""The Info text of a TCP packet: `41428 → 25 [SYN] Seq=0 Win=64240 Len=0 MSS=1460`."""

from __future__ import annotations

from mailtrace.packets.dissect import TcpHeader
from mailtrace.packets.tcpoptions import options_text
from mailtrace.streams.tcpmarks import TcpView

FLAG_NAMES = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE", "Reserved", "Reserved", "Reserved")
"""Names of the twelve bits, lowest first. Source: RFC 9293 section 3.1, RFC 9768 section 3.1.1."""

HEADER_BYTES = 20
CUT = "[Packet size limited during capture]"


def tcp_info(view: TcpView, header: TcpHeader) -> str:
    """Return the text of one packet, marks first."""
    parts = [*view.marks, f"{header.source_port} → {header.destination_port}", f"[{flag_names(header.flags)}]"]
    parts.append(f"Seq={view.sequence}")
    if view.acknowledged is not None:
        parts.append(f"Ack={view.acknowledged}")
    parts.append(f"Win={view.window}")
    if header.header_bytes < HEADER_BYTES:
        text = " ".join(parts)
        return f"{text}, bogus TCP header length ({header.header_bytes}, must be at least {HEADER_BYTES})"
    if header.flags & 0x20:
        parts.append(f"Urg={header.urgent}")
    if header.length is not None:
        parts.append(f"Len={header.length}")
    text = " ".join(parts) + options_text(header.options, view.sack_base)
    return text + CUT if header.options_cut else text


def flag_names(flags: int) -> str:
    """Return the names of the bits that are set, as Wireshark lists them."""
    names = dict.fromkeys(name for bit, name in enumerate(FLAG_NAMES) if flags >> bit & 1)
    return ", ".join(names) if names else "<None>"
