"""How the lab's clients speak: one call at a time, with what was said written down."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from maillab.calls import ImapCall, Pop3Call, Record, SmtpCall
from maillab.machines import SERVER_A, LabError

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Both ends of a connection: the client's, and the server's, which the test plays."""
    client, server = socket.socketpair()
    yield client, server
    client.close()
    server.close()


def record() -> Record:
    """An empty record."""
    return Record("lee", ("192.168.111.130", 40000), ("192.168.111.100", 25))


def test_a_reply_of_several_lines_is_read_to_its_end(ends: Ends) -> None:
    ends[1].sendall(b"250-mail.naver.com\r\n250-SIZE\r\n250 HELP\r\n354 go\r\n")
    call = SmtpCall(ends[0], "lee", SERVER_A, record())
    assert call.hear(250) == "250 HELP"
    assert call.hear(354) == "354 go"


def test_another_code_than_expected_ends_the_scenario(ends: Ends) -> None:
    ends[1].sendall(b"550 5.1.1 User unknown\r\n")
    call = SmtpCall(ends[0], "lee", SERVER_A, record())
    with pytest.raises(LabError, match=r"lee heard '550 5.1.1 User unknown' from serverA, and not 250"):
        call.ask("RCPT TO:<ghost@naver.com>", 250)


def test_a_server_that_hangs_up_ends_the_scenario(ends: Ends) -> None:
    ends[1].close()
    with pytest.raises(LabError, match="serverA said no more to lee"):
        SmtpCall(ends[0], "lee", SERVER_A, record()).hear(220)


def test_dots_at_the_beginning_of_lines_are_doubled(ends: Ends) -> None:
    SmtpCall(ends[0], "lee", SERVER_A, record()).send_dotted(b"..\r\na.b\r\n.c\r\n")
    assert ends[1].recv(100) == b"...\r\na.b\r\n..c\r\n.\r\n"


def test_a_mail_without_an_octet_is_a_dot_alone(ends: Ends) -> None:
    SmtpCall(ends[0], "lee", SERVER_A, record()).send_dotted(b"")
    assert ends[1].recv(100) == b".\r\n"


def test_lines_said_together_are_one_segment_and_one_entry(ends: Ends) -> None:
    said = record()
    SmtpCall(ends[0], "lee", SERVER_A, said).say("RSET", "QUIT")
    assert ends[1].recv(100) == b"RSET\r\nQUIT\r\n"
    assert [(who, octets) for _, who, octets in said.lines] == [("C", b"RSET\r\nQUIT\r\n")]


def test_what_is_heard_is_written_down_line_by_line(ends: Ends) -> None:
    said = record()
    ends[1].sendall(b"+OK 2 messages:\r\n1 120\r\n2 98\r\n.\r\n")
    assert Pop3Call(ends[0], "kim", SERVER_A, said).ask_for_lines("LIST") == ["1 120", "2 98"]
    assert [octets for _, who, octets in said.lines if who == "S"] == [
        b"+OK 2 messages:\r\n",
        b"1 120\r\n",
        b"2 98\r\n",
        b".\r\n",
    ]


def test_imap_waits_for_the_answer_to_its_own_tag(ends: Ends) -> None:
    ends[1].sendall(b"* 4 EXISTS\r\na001 OK done\r\n* BYE\r\na002 BAD what?\r\n")
    call = ImapCall(ends[0], "lee", SERVER_A, record())
    assert call.ask("NOOP") == ["* 4 EXISTS", "a001 OK done"]
    with pytest.raises(LabError, match="and not a002 OK"):
        call.ask("FOO")


def test_answers_to_imap_commands_may_come_in_any_order(ends: Ends) -> None:
    ends[1].sendall(b"a002 OK\r\n* 1 FETCH (FLAGS ())\r\na001 OK\r\n+ next\r\n")
    call = ImapCall(ends[0], "lee", SERVER_A, record())
    call.hear_all(["a001", "a002"])
    assert call.line() == "+ next"
