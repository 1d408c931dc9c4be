"""The protocols mailtrace understands, one row each; the order is the order in which they are asked."""

from mailtrace.protocols import dns, ident, imap, pop3, smtp, tls
from mailtrace.protocols.base import ProtocolRow

PROTOCOLS: tuple[ProtocolRow, ...] = (smtp.ROW, pop3.ROW, imap.ROW, tls.ROW, dns.ROW, ident.ROW)

__all__ = ["PROTOCOLS"]
