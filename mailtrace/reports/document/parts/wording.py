"""Small things that several parts of a report say."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.model import Conversation
from mailtrace.model.language import said


def arrows(text: str) -> str:
    """Return a text of ours with its arrows as one sign."""
    return text.replace(" -> ", " → ")


def left_out(count: int, shown: int) -> str:
    """Return what is to be said below a table of which only the first `shown` of `count` rows are there, or ''."""
    if count <= shown:
        return ""
    return said(LEFT_OUT, shown=f"{shown:,}", count=f"{count:,}")


LEFT_OUT = "Only the first {shown} of {count} are shown here."


def wireshark_filter(group: Sequence[Conversation]) -> str:
    """Return the display filter with which Wireshark shows the packets of conversations told together.

    Streams of TCP have the numbers that Wireshark gives them. Lookups over UDP are found by host and port, since the
    numbers of UDP streams depend on what else Wireshark counts.
    """
    streams = dict.fromkeys(each.tcp_stream for each in group if each.tcp_stream is not None)
    found = [f"tcp.stream eq {number}" for number in streams]
    asked: dict[tuple[str, str], dict[int, None]] = {}
    for each in group:
        if each.tcp_stream is None:
            client, server = each.key.client, each.key.server
            asked.setdefault((client.host, server.host), {})[client.port] = None
    for hosts, ports in asked.items():
        field = f"{group[0].key.transport.value}.port"
        at = f"{field} == {next(iter(ports))}" if len(ports) == 1 else f"{field} in {{{', '.join(map(str, ports))}}}"
        found.append(" && ".join([*(f"{'ipv6' if ':' in host else 'ip'}.addr == {host}" for host in hosts), at]))
    return " || ".join(found if len(found) == 1 else (f"({each})" for each in found))
