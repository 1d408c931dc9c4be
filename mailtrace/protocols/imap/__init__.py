"""IMAP (RFC 9051, RFC 3501): how a person reads and keeps mail on a server, folder by folder."""

from __future__ import annotations

from mailtrace.protocols.base import ProtocolRow
from mailtrace.protocols.imap.recognise import recognise
from mailtrace.protocols.imap.session import ImapSession

ROW = ProtocolRow(
    name="imap",
    tcp_ports=frozenset({143}),
    udp_ports=frozenset(),
    session=ImapSession,
    recognise=recognise,
    tls_ports=frozenset({993}),
)
