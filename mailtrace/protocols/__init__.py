"""The protocols mailtrace understands, one row each; the order is the order in which they are asked."""

from mailtrace.protocols import dns, imap, smtp, tls
from mailtrace.protocols.base import ProtocolRow

PROTOCOLS: tuple[ProtocolRow, ...] = (smtp.ROW, imap.ROW, tls.ROW, dns.ROW)

__all__ = ["PROTOCOLS"]
