"""Sentences about connections and their troubles, and what every walkthrough needs."""

from __future__ import annotations

TRANSPORT: dict[str, str] = {
    "list": "{most} and {last}",
    "uncertain": "It follows a hole, so it may also be a line of a mail whose beginning is missing.",
    "more-lines": "(and {lines} more)",
    "empty-line": "(an empty line)",
    "cut-line": "{start}... (cut, {length} in all)",
    "title": "{protocol} conversation {ids}: {client} -> {server}",
    "title.group": "{protocol} conversations {ids}: {client} -> {server}",
    "connect.opened": "TCP connection to port {port} ({service}) opened",
    "connect.opened.meaning": "The three-way handshake, SYN, SYN+ACK, ACK: both sides are there and can now talk.",
    "connect.no-syn": "The client's SYN, which began the handshake, was not captured.",
    "connect.no-syn-ack": "The server's SYN+ACK was not captured: perhaps only one direction was.",
    "connect.no-ack": "The client's ACK, which would end the handshake, is not in the capture.",
    "connect.repeated": "The SYN was sent {times} (again after {delays} s), because no answer came at first.",
    "connect.tried": "The client tried {times}.",
    "connect.refused": "TCP connection to port {port} ({service}) refused",
    "connect.refused.meaning": (
        "{server} answers the SYN with RST: the host is there, but no service listens on this port, or a firewall "
        "says no for it."
    ),
    "connect.unanswered": "TCP connection to port {port} ({service}) not answered",
    "connect.unanswered.meaning": (
        "{server} says nothing at all: the host is down, the way to it is broken, or a firewall throws the packets "
        "away silently (a port that is only closed would answer RST)."
    ),
    "connect.midstream": "connection to port {port} ({service}) already open: the capture starts in the middle of it",
    "connect.midstream.meaning": "The handshake was not captured, so what was said before is not known.",
    "close.both": "connection closed: first by {first}, then by {second}",
    "close.both.meaning": "Each side sends FIN, which says: I have nothing more to send. Then the connection is over.",
    "close.one": "connection closed by {first}",
    "close.one.meaning": "FIN says: I have nothing more to send. The FIN of {second} is not in the capture.",
    "close.half": "{first} closes its side of the connection",
    "close.half.meaning": "FIN says: I have nothing more to send. {second} can still send, and does.",
    "close.rest": "{first} closes its side too",
    "close.rest.meaning": "With FIN from both sides the connection is over.",
    "close.reset": "connection closed by {first}; {second} answers with RST",
    "close.reset.meaning": (
        "{first} closes in order (FIN); {second} drops the connection at once (RST): it had no more use for it, or "
        "data came after it had closed."
    ),
    "close.broken": "connection broken off by {first}",
    "close.broken.meaning": "RST ends the connection at once; what was still under way is lost.",
    "close.too-late": "{first} answers with RST",
    "close.too-late.meaning": "{first} had closed already: nobody is there any more for what came after that.",
    "close.with-octets": "The FIN comes in the packet of the last words.",
    "close.broken-late": "connection closed, then broken off, by {first}",
    "close.broken-late.meaning": "{first} sends FIN, and then RST instead of waiting for the other side to close.",
    "close.no-quit": "Nobody said {goodbye}: {name} hangs up in the middle of the dialogue.",
    "proxy.client": (
        "A proxy has opened this connection for somebody else, and says so before all else (PROXY protocol, version "
        "{version}): the true client is {client}, which called {server}."
    ),
    "proxy.itself": (
        "A proxy has opened this connection and says so before all else (PROXY protocol, version {version}); it "
        "names no client: it speaks for itself, as for a check of health, or does not know."
    ),
    "proxy.detail": "({name}: {value})",
    "gap": "({octets} missing from the capture)",
    "gap.meaning": "What they said is not known; the story goes on where the capture does.",
    "violation": "This breaks the rules of the protocol; mailtrace goes on as well as it can.",
    "unread": "({client} from the client and {server} from the server, not told in detail)",
    "unread.meaning": "They are part of no command, answer or mail that mailtrace understands.",
    "keep-alive": "(keep-alive: {probes} without new data)",
    "keep-alive.meaning": "Nothing is said for a long time, so TCP asks whether the other side is still there.",
    "repeat": "(packet {again} sends octets of packet {original} again, {delay} s later)",
    "repeat.other": "(packet {again} sends other octets in the place of those of packet {original}, {delay} s later)",
    "repeat.first": "(packet {original} sent octets of packet {again} again, which came {delay} s later)",
    "repeats": "({packets} sent octets again that had been sent before)",
    "pipelined.together": (
        "It comes in one packet with the command before it, without waiting for the answer (PIPELINING)."
    ),
    "pipelined.apart": "The client does not wait for the answer to what it sent before (PIPELINING).",
    "fault": "({fault})",
    "replies.together": "This answer comes in one packet with the one before it.",
    "pipelined.mail": "It comes in one packet with the end of the mail, without waiting for the answer (PIPELINING).",
    "connect.granted-again": (
        "The SYN+ACK was sent {times}, because the ACK for it got lost on its way or came too late."
    ),
    "title.unknown": "Connection {ids}: {client} -> {server}",
    "connect.tries": "(tried {times})",
    "more-parts": "(and {parts} more)",
}
