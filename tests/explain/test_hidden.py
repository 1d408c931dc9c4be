"""Secrets are hidden in the octets of every packet that covers a part of them."""

from __future__ import annotations

from mailtrace.explain.hidden import Frame, Payload, hidden, packets_with_secrets
from mailtrace.model import Command, Conversation, Dialogue, Flags
from tests.explain.making import CLIENT, SERVER, START_NS, Talk, resolver
from tests.explain.making import lookup as asked

HEADER = bytes(54)
PORTS = (40000, 25)
LOGIN = b"AUTH PLAIN AGxlZQBsZWU="
SECRET = (11, 23)


def frame(number: int, payload: bytes, fragment: bool = False) -> Frame:
    """Return a frame with headers of 54 octets."""
    return Frame(number, HEADER + payload, 1, fragment)


def payload(octets: bytes, ports: tuple[int, int] = PORTS) -> Payload:
    """Return what such a frame carries."""
    return Payload(ports, octets, len(HEADER))


def split(*pieces: bytes, secrets: tuple[tuple[int, int], ...] = (SECRET,), line: bytes = LOGIN) -> Conversation:
    """Return a conversation whose client sends a line in pieces, as packets 5, 6 ..."""
    talk = Talk()
    talk.packet(5 - 1, 0, CLIENT, Flags.SYN)
    for number, piece in enumerate(pieces, 5):
        talk.data(number, 0, CLIENT, len(piece))
    numbers = tuple(range(5, 5 + len(pieces)))
    command = Command("AUTH", line, 5, numbers[-1], START_NS, numbers, secrets)
    talk.dialogue = Dialogue(events=[command])
    return talk.conversation()


def test_in_one_packet() -> None:
    line = LOGIN + b"\r\n"
    conversation = split(line)
    assert packets_with_secrets(conversation) == {5}
    assert hidden(frame(5, line), conversation, [], {5: payload(line)}) == ((65, 77),)


def test_in_pieces() -> None:
    """Each packet hides its part; the one before and the one after hide nothing."""
    pieces = (b"AUTH ", b"PLAIN AGxl", b"ZQBs", b"ZWU=\r\n", b"QUIT\r\n")
    conversation = split(*pieces)
    payloads = {number: payload(piece) for number, piece in enumerate(pieces, 5)}
    found = [hidden(frame(number, piece), conversation, [], payloads) for number, piece in enumerate(pieces, 5)]
    assert found == [(), ((60, 64),), ((54, 58),), ((54, 58),), ()]


def test_typed_sign_by_sign() -> None:
    pieces = [bytes([octet]) for octet in LOGIN + b"\r\n"]
    conversation = split(*pieces)
    payloads = {number: payload(piece) for number, piece in enumerate(pieces, 5)}
    hides = [bool(hidden(frame(number, piece), conversation, [], payloads)) for number, piece in enumerate(pieces, 5)]
    assert [at for at, hiding in enumerate(hides) if hiding] == list(range(11, 23))


def test_two_lines_of_which_one_is_secret() -> None:
    octets = b"NOOP\r\n" + LOGIN + b"\r\nQUIT\r\n"
    conversation = split(octets)
    assert hidden(frame(5, octets), conversation, [], {5: payload(octets)}) == ((71, 83),)


def test_the_same_line_twice_is_hidden_twice() -> None:
    octets = (LOGIN + b"\r\n") * 2
    assert hidden(frame(5, octets), split(octets), [], {5: payload(octets)}) == ((65, 77), (90, 102))


def test_a_repeat_hides_what_the_first_hid() -> None:
    line = LOGIN + b"\r\n"
    talk = Talk()
    talk.packet(4, 0, CLIENT, Flags.SYN)
    talk.data(5, 0, CLIENT, len(line))
    talk.packet(9, 0, CLIENT, Flags.ACK, len(line), back=len(line))
    talk.dialogue = Dialogue(events=[Command("AUTH", LOGIN, 5, 5, START_NS, (5,), (SECRET,))])
    assert hidden(frame(9, line), talk.conversation(), [], {5: payload(line), 9: payload(line)}) == ((65, 77),)


def test_a_repeat_cut_otherwise() -> None:
    """The last eight octets and the line end again: all of the eight are secret."""
    line = LOGIN + b"\r\n"
    talk = Talk()
    talk.packet(4, 0, CLIENT, Flags.SYN)
    talk.data(5, 0, CLIENT, len(line))
    talk.packet(9, 0, CLIENT, Flags.ACK, 10, back=10)
    talk.dialogue = Dialogue(events=[Command("AUTH", LOGIN, 5, 5, START_NS, (5,), (SECRET,))])
    conversation = talk.conversation()
    assert hidden(frame(9, line[-10:]), conversation, [], {5: payload(line), 9: payload(line[-10:])}) == ((54, 62),)


def test_what_cannot_be_found_again_is_hidden_whole() -> None:
    """Compressed, or changed on the way: the line is not among the octets."""
    conversation = split(b"compressed")
    assert hidden(frame(5, b"compressed"), conversation, [], {5: payload(b"compressed")}) == ((54, 64),)


def test_missing_payloads_hide_the_whole_packet() -> None:
    line = LOGIN + b"\r\n"
    assert hidden(frame(5, line), split(line), [], {}) == ((0, len(HEADER) + len(line)),)


def test_put_together_from_fragments() -> None:
    line = LOGIN + b"\r\n"
    joined = Payload(PORTS, line, None)
    assert hidden(frame(5, b"the end"), split(line), [], {5: joined}) == ((0, 61),)


def test_the_server_and_others_hide_nothing() -> None:
    talk = Talk()
    talk.handshake(1, 0)
    talk.data(5, 0, CLIENT, len(LOGIN) + 2)
    talk.data(6, 0, SERVER, 10)
    talk.dialogue = Dialogue(events=[Command("AUTH", LOGIN, 5, 5, START_NS, (5,), (SECRET,))])
    conversation = talk.conversation()
    payloads = {5: payload(LOGIN + b"\r\n"), 6: payload(b"235 2.0.0 ok")}
    assert hidden(frame(6, b"235 2.0.0 ok"), conversation, [], payloads) == ()
    dns = resolver(2, asked((8, 9), 0, "A", "naver.com"))
    assert hidden(frame(8, b"x"), dns, [conversation], {8: payload(b"x")}) == ()


def test_encrypted_lines_are_hidden_by_their_encryption() -> None:
    talk = Talk()
    talk.handshake(1, 0)
    talk.dark(3, 0, "starttls")
    talk.command(5, 0.1, LOGIN.decode(), (SECRET,))
    conversation = talk.conversation()
    assert packets_with_secrets(conversation) == frozenset()
    assert hidden(frame(5, b"\x17\x03\x03 dark"), conversation, [], {5: payload(b"\x17\x03\x03 dark")}) == ()


def test_a_packet_of_no_conversation_between_the_same_ports() -> None:
    """Seen a second time at another interface, for instance."""
    line = LOGIN + b"\r\n"
    others = [split(line)]
    assert hidden(frame(99, line), None, others, {99: payload(line, (25, 40000))}) == ((54, 79),)
    assert hidden(frame(99, b"other"), None, others, {99: payload(b"other", (1, 2))}) == ()


def test_a_packet_of_no_conversation_that_quotes_a_secret() -> None:
    """As ICMP errors do."""
    others = [split(LOGIN + b"\r\n")]
    assert hidden(frame(99, b"\x03\x04" + LOGIN), None, others, {}) == ((67, 79),)
    assert hidden(frame(99, b"nothing"), None, others, {}) == ()


def test_a_fragment_hides_all_when_there_are_secrets() -> None:
    part = frame(99, b"some", fragment=True)
    assert hidden(part, None, [split(LOGIN + b"\r\n")], {}) == ((0, 58),)
    assert hidden(part, None, [split(b"NOOP\r\n", secrets=(), line=b"NOOP")], {}) == ()
