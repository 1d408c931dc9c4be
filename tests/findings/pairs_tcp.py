"""Scenes for the rules of TCP."""

from __future__ import annotations

from tests.findings.pair import Pair
from tests.findings.smtp_scenes import ENDS, GREETED, begun, sent


def cut_to(size: int) -> str:
    """Return a mail whose first two packets of 1,460 octets are sent again in packets of a size, and some more."""
    octets, full = "x" * 4 * size, 1460
    sent = [octets[:full], octets[full : 2 * full]]
    again = [octets[at : at + size] for at in range(0, 4 * size, size)]
    pieces = [f"C| {sent[0]}", f"C| {sent[1]}", ".. 0.3", f"C^ {2 * full}", *(f"C| {each}" for each in again)]
    return begun() + "\n".join([*pieces, "C| \\r\\n.\\r\\n", "S: 250 Ok"]) + ENDS


BODY = "C| Subject: x\\r\\n\\r\\n\n"

PAIRS = (
    Pair(
        "TCP001",
        seen=GREETED + "C: NOOP\n.. 0.3\nC+\nS: 250 Ok" + ENDS,
        says="10.0.0.1 sent some packets again, since they or their acknowledgements were lost or late: 1 of 5",
        packets=(8,),
        alike=GREETED + "C: NOOP\n.. 0.3\nC: NOOP\nS: 250 Ok\nS: 250 Ok" + ENDS,
    ),
    Pair(
        "TCP002",
        seen=GREETED + "C: NOOP\n.. 0.3\nC+\n.. 0.6\nC+\n.. 1.2\nC+\n.. 2.4\nC+\nS: 250 Ok" + ENDS,
        says="10.0.0.1 had to send 4 of its 8 packets again: the path loses or delays many",
        packets=(8, 9, 10, 11),
        alike=GREETED + "C: NOOP\n.. 0.3\nC+\n.. 0.6\nC+\n.. 1.2\nC+\nS: 250 Ok" + ENDS,
    ),
    Pair(
        "TCP003",
        seen=begun() + "C~ Subject: x\nC: Second line\nC=\nC: .\nS: 250 Ok" + ENDS,
        says="Packets of 10.0.0.1 arrived in another order than they were sent: 1",
        packets=(14,),
        alike=begun()
        + "C? Subject: x\nC: Second line\n.. 0.3\nC^ 25\nC| Subject: x\\r\\nSecond line\\r\\n\n"
        + "C: .\nS: 250 Ok"
        + ENDS,
    ),
    Pair(
        "TCP004",
        seen=begun() + "C: To: kim@example.org\nC^ 21\nC: To: lee@example.org\nC: .\nS: 250 Ok" + ENDS,
        says="10.0.0.1 sent the same octets twice with different contents",
        packets=(14,),
        alike=begun() + "C: To: kim@example.org\n.. 0.3\nC^ 21\nC: To: kim@example.org\nC: .\nS: 250 Ok" + ENDS,
    ),
    Pair(
        "TCP005",
        seen=begun()
        + BODY
        + ".. 0.4\nC! probe\nS! ack\n.. 0.8\nC! probe\nS! ack\nC| Hi\\r\\n.\\r\\n\nS: 250 Ok"
        + ENDS,
        says="mx.example.org seems to have had no room for more: "
        "10.0.0.1 probed it 2 times over 0.80 s before it went on",
        packets=(14, 16),
        alike=begun() + BODY + ".. 20\nC! probe\nS! ack\n.. 20\nC! probe\nS! ack\nC| Hi\\r\\n.\\r\\n\nS: 250 Ok" + ENDS,
    ),
    Pair(
        "TCP006",
        seen=begun() + BODY + "S! rst",
        says="mx.example.org broke off the connection to 10.0.0.1 with a reset before all was said",
        packets=(14,),
        alike=sent() + "C! rst",
    ),
    Pair(
        "TCP007",
        seen="== 10.0.0.1 10.0.0.2:25 bare\nC! syn\n.. 1\nC! syn\nS! synack\nC! ack" + GREETED + ENDS,
        says="10.0.0.1 had to ask mx.example.org 2 times for a connection, which took 1.00 s",
        packets=(1, 2, 3, 4),
        alike="== 10.0.0.1 10.0.0.2:25 bare\nC! syn\nS! synack\n.. 1\nS! synack\nC! ack" + GREETED + ENDS,
    ),
    Pair(
        "TCP008",
        seen="== 10.0.0.1 10.0.0.2:25 bare\nC! syn\nS! rst",
        says="10.0.0.2 refused the connection of 10.0.0.1 to port 25",
        packets=(1, 2),
        alike="== 10.0.0.1 10.0.0.2:113 bare\nC! syn\nS! rst",
    ),
    Pair(
        "TCP009",
        seen="== 10.0.0.1 10.0.0.2:25 bare\nC! syn\n.. 1\nC! syn\n.. 2\nC! syn\n--",
        says="10.0.0.2 never answered when 10.0.0.1 asked for a connection to port 25: 3 tries in 3.00 s",
        packets=(1, 2, 3),
        alike="== 10.0.0.1 10.0.0.2:113 bare\nC! syn\n.. 1\nC! syn\n.. 2\nC! syn\n--",
    ),
    Pair(
        "TCP010",
        seen=begun() + BODY + "C? This line is lost\nS! ack\nC: Hi\nC: .\nS: 250 Ok" + ENDS,
        says="19 octets of 10.0.0.1 are missing from the capture although mx.example.org got them",
        packets=(21,),
        alike=begun() + BODY + "C: This line is here\nS! ack\nC: Hi\nC: .\nS: 250 Ok" + ENDS,
    ),
    Pair(
        "TCP011",
        seen=begun() + BODY + "C? This line is lost\nC: Hi\n--",
        says="19 octets of 10.0.0.1 were never seen, and mx.example.org did not acknowledge them",
        packets=(14,),
        alike=begun() + BODY + "C: This line is here\nC: Hi\n--",
    ),
    Pair(
        "TCP012",
        seen="""
            == 10.0.0.1 10.0.0.2:25 bare
            C! syn
            C! ack
            C: EHLO client.example.net
            C: MAIL FROM:<a@example.net>
            C: QUIT
            --
        """,
        says="The capture has only what 10.0.0.1 sent to 10.0.0.2, and nothing of the way back",
        packets=(2, 5),
        alike="== 10.0.0.1 10.0.0.2:25 bare\nC! syn\n.. 1\nC! syn\n--",
    ),
    Pair(
        "TCP013",
        seen="== 10.0.0.1 10.0.0.2:25 bare\nC: NOOP\nS: 250 Ok" + ENDS,
        says="The capture begins in the middle of the connection of 10.0.0.1 to 10.0.0.2",
        packets=(1,),
        alike=GREETED + ENDS,
    ),
    Pair(
        "TCP014",
        seen=GREETED + "C: NOOP\n--",
        says="The capture ends before the connection of 10.0.0.1 to mx.example.org does",
        packets=(7,),
        alike=GREETED + "C: NOOP",
    ),
    Pair(
        "TCP015",
        seen=GREETED + "C! stray\nC: NOOP\nS: 250 Ok" + ENDS,
        says="A reset in the name of 10.0.0.1 does not fit into the connection: it may be forged",
        packets=(7,),
        alike=GREETED + "C: NOOP\nS: 250 Ok\nC! rst",
    ),
    Pair(
        "TCP016",
        seen="== 10.0.0.1 10.0.0.2:25\n.. 20",
        says="10.0.0.2 accepted the connection of 10.0.0.1 to port 25 and said nothing",
        packets=(1, 6),
        alike="== 10.0.0.1 10.0.0.2:25",
    ),
    Pair(
        "TCP017",
        seen=cut_to(1452),
        says="Packets of 10.0.0.1 with 1,460 octets seem to have been too large for the path: what was in them was "
        "sent again in 3 packets of at most 1,452",
        packets=(13, 14, 15, 16, 17),
        alike=cut_to(1460),
    ),
)
