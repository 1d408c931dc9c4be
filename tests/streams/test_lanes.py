"""The same addresses and ports in two VLANs or tunnels: two conversations where they are two, one where it is one."""

from __future__ import annotations

from pathlib import Path

from tests.streams.net import CLIENT, SERVER, SMTP, Net, Said, altered, conversations, talk

OTHER: Said = (
    (SERVER, b"220 mx.example.com ESMTP\r\n"),
    (CLIENT, b"EHLO other.example.net\r\n"),
    (SERVER, b"250 mx.example.com\r\n"),
    (CLIENT, b"QUIT\r\n"),
    (SERVER, b"221 Bye\r\n"),
)


def greetings(report: dict[str, object]) -> list[str]:
    """Return the first line of each conversation's greeting."""
    found = []
    for conversation in report["conversations"]:  # type: ignore[attr-defined]
        found.append(conversation["turns"][0]["replies"][0]["lines"][0])
    return found


def test_c68_two_networks_with_the_same_addresses_at_once(tmp_path: Path) -> None:
    """Packet by packet in turns, in VLAN 10 and VLAN 20."""
    net = Net()
    for one, other in zip(talk(25, seed=1).whole(SMTP), talk(25, seed=2).whole(OTHER), strict=True):
        net.add(altered(one, 10), altered(other, 20))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, list(range(1, 23, 2))), ("smtp", 25, list(range(2, 23, 2)))]
    assert greetings(report) == ["mx.example.org ESMTP", "mx.example.com ESMTP"]
    assert all(each["complete"] for each in report["conversations"])


def test_c68_the_second_network_appears_later_and_in_the_middle(tmp_path: Path) -> None:
    """One runs untagged alone for a while, then packets of another, without its start, come between."""
    one, other = talk(25, seed=1).whole(SMTP), talk(25, seed=2).whole(OTHER)
    net = Net()
    net.add(*one[:6])
    for mine, theirs in zip(one[6:], other[3:8], strict=True):
        net.add(altered(theirs, 20), mine)
    report = net.told(tmp_path)
    assert conversations(report) == [
        ("smtp", 25, [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16]),
        ("smtp", 25, [7, 9, 11, 13, 15]),
    ]
    assert [each["complete"] for each in report["conversations"]] == [True, False]


def test_each_direction_in_a_vlan_of_its_own_is_one_conversation(tmp_path: Path) -> None:
    net, smtp = Net(), talk(25)
    sides = [CLIENT, SERVER, CLIENT, *(side for side, _ in SMTP), CLIENT, SERVER, CLIENT]
    for frame, side in zip(smtp.whole(SMTP), sides, strict=True):
        net.add(altered(frame, 10 + side))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 25, list(range(1, 12)))]
    assert report["conversations"][0]["complete"]


def test_c72_copies_in_another_lane_of_which_some_are_missing_are_one_conversation(tmp_path: Path) -> None:
    """A mirror of a trunk and of a port behind it: each shows some packets that the other lost."""
    net = Net()
    for number, frame in enumerate(talk(25).whole(SMTP)):
        if number % 3:
            net.add(frame)
        if number % 3 != 1:
            net.add(altered(frame, 10), interface=1, after_ns=5_000)
    report = net.told(tmp_path)
    ((protocol, _, packets),) = conversations(report)
    assert protocol == "smtp"
    assert len(packets) == 11
    assert report["conversations"][0]["complete"]
    assert report["capture"]["counters"] == {"duplicate packet": 3}


def test_c68_e111_ports_used_again_in_two_lanes(tmp_path: Path) -> None:
    """Both networks use their ports a second time: four conversations."""
    net = Net()
    for seed in (1, 3):
        for one, other in zip(talk(25, seed=seed).whole(SMTP), talk(25, seed=seed + 1).whole(OTHER), strict=True):
            net.add(altered(one, 10), altered(other, 20))
    report = net.told(tmp_path)
    assert [len(packets) for _, _, packets in conversations(report)] == [11, 11, 11, 11]
    assert greetings(report) == ["mx.example.org ESMTP", "mx.example.com ESMTP"] * 2


def test_c68_two_networks_on_nobodys_port(tmp_path: Path) -> None:
    net = Net()
    for one, other in zip(talk(31_337, seed=1).whole(SMTP), talk(31_337, seed=2).whole(OTHER), strict=True):
        net.add(altered(one, 10), altered(other, 20))
    report = net.told(tmp_path)
    assert conversations(report) == [("smtp", 31_337, list(range(1, 23, 2))), ("smtp", 31_337, list(range(2, 23, 2)))]


def test_more_lanes_than_any_network_has(tmp_path: Path) -> None:
    """A stream whose packets are in 200 VLANs, at random numbers: 64 are told apart, the others counted."""
    net = Net()
    for vlan in range(200):
        net.add(altered(talk(25, seed=vlan).send(CLIENT, b"NOOP\r\n"), vlan + 1))
    report = net.told(tmp_path)
    assert [packets for _, _, packets in conversations(report)] == [[number] for number in range(1, 65)]
    assert report["capture"]["counters"] == {"in too many lanes": 136}
