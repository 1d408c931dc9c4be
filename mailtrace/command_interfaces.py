"""What `mailtrace interfaces` does: list where can be captured, and say how this user may do it."""

from __future__ import annotations

from mailtrace.command import DONE
from mailtrace.live.dumpcap import find_dumpcap, may_capture
from mailtrace.live.interfaces import NetworkInterface, read_interfaces
from mailtrace.live.opening import REMEDIES
from mailtrace.live.privileges import may_open_sockets, ordinary_identity
from mailtrace.model.language import said
from mailtrace.packets.carriers import link_name
from mailtrace.reports.layout import aligned
from mailtrace.reports.safe import safe

HOW_TO_CAPTURE = "To capture on one: mailtrace live -i {name}; on all that are up: mailtrace live"

INTERFACE_TITLES = ("Interface", "State", "Frames", "Addresses")


def list_interfaces() -> int:
    """Print the interfaces of this machine, and return the exit code."""
    found = read_interfaces()
    rows = [tuple(said(each) for each in INTERFACE_TITLES), *map(_row, found)]
    for line in aligned(rows):
        print(line)
    usable = [each for each in found if each.is_up and each.link_type is not None]
    if usable:
        print(f"\n{_permission(usable[0])}")
        print(said(HOW_TO_CAPTURE, name=safe(usable[0].name)))
    return DONE


def _row(interface: NetworkInterface) -> tuple[str, ...]:
    if interface.link_type is None:
        frames = said("cannot be read")
    else:
        frames = said("loopback") if interface.is_loopback else link_name(interface.link_type)
    state = said("down" if not interface.is_up else "up" if interface.is_running else "up, no cable")
    return safe(interface.name), state, frames, ", ".join(interface.addresses)


def _permission(interface: NetworkInterface) -> str:
    """Say whether and how this user may capture."""
    if may_open_sockets():
        return said("You may capture. mailtrace gives up all privileges before it reads a packet.")
    path = find_dumpcap(ordinary_identity())
    if path is not None and may_capture(path, interface):
        return said("You may capture, by dumpcap. mailtrace itself needs no privileges.")
    return said("You may not capture: {remedies}.", remedies=said(REMEDIES))
