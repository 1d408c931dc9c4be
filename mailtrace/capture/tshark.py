"""tshark, asked through pyshark for what it sees in a capture: the second opinion that `crosscheck` compares with.

pyshark starts tshark, cuts its XML into packets and hands them over one by one, some hundred a second: only packets
with mail or DNS are asked for, and only those layers of them. tshark gets its best chance: TCP segments are put in
order before they are dissected, and packets that errors quote do not count.

Some of pyshark's ways are kept out. It would make an event loop by calls that later Pythons lack: it gets one. It would
read a `config.ini` in the current directory, which could name any program as tshark: it is told where things are. It
would end tshark before that can say how it went: tshark is waited for, and ended only when it is silent for too long.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct

from mailtrace.errors import UnreadableInput

LAYERS = ("tcp", "smtp", "pop", "imap", "dns", "imf")
"""Layers whose fields are asked for, in tshark's names."""

KEPT = frozenset({*LAYERS, "tls"})

DISPLAY_FILTER = "smtp || pop || imap || dns || tls.handshake.type == 1"
"""Packets of mail and DNS, and the first of every TLS session."""

PREFERENCES = {
    "tcp.desegment_tcp_streams": "TRUE",
    "tcp.reassemble_out_of_order": "TRUE",
    "smtp.desegment_lines": "TRUE",
    "smtp.desegment_data": "TRUE",
    "gui.max_export_objects": "1000000",
}
"""What the user may have set otherwise."""

QUOTED = ("--disable-protocol", "icmp", "--disable-protocol", "icmpv6")
"""Errors quote packets of a connection, and tshark would take the quotes for packets of it."""

SILENCE_SECONDS = 600
"""A tshark that gives no packet for so long is taken for stuck; gigabytes without any mail take it a few minutes."""

DYING_SECONDS = 60
"""How long tshark may take to tell its version, or to end once all its packets are read; a busy machine is slow."""

FAILED_AT_ONCE = 1
"""Stands for the exit code of a tshark that ended before it could be asked."""

VERSION = re.compile(r"\b\d+\.\d+\.\d+\b")

HOW_TO_INSTALL = "install it with `apt install tshark`, or Wireshark from wireshark.org"


class Layer(Struct, frozen=True):
    """One protocol in one packet; `fields` are tshark's texts for each field, in order, by tshark's name."""

    name: str
    fields: Mapping[str, tuple[str, ...]]

    def first(self, field: str) -> str | None:
        """Return the first text of a field, None where there is none."""
        return self.fields.get(field, (None,))[0]


class Dissection(Struct, frozen=True):
    """One packet as tshark sees it; `stream` is its number for the TCP connection, None where it is not TCP."""

    number: int
    stream: int | None
    layers: tuple[Layer, ...]


def read_with_tshark(
    path: str,
    packet: Callable[[Dissection], None],
    mail: Callable[[bytes], None],
    *,
    keylog: bytes | None = None,
    decode_as: Mapping[int, str] | None = None,
) -> str | None:
    """Hand over what tshark sees of mail and DNS in a capture file; return its complaint when it did not end well.

    `packet` gets each packet in order, then `mail` the octets of each mail that tshark exports. `keylog` are keys in
    the format of SSLKEYLOGFILE; `decode_as` gives protocols, in tshark's names, by TCP port.
    Raises: `UnreadableInput` when tshark or pyshark is missing, or cannot read the capture.
    """
    tshark, _ = find_tshark()
    pyshark = _pyshark()
    with TemporaryDirectory(prefix="mailtrace-") as folder, asyncio.Runner() as runner:
        mails, preferences = Path(folder, "mails"), dict(PREFERENCES)
        mails.mkdir()
        if keylog is not None:
            keys = Path(folder, "keys")
            keys.write_bytes(keylog)
            preferences["tls.keylog_file"] = str(keys)
        capture = pyshark.FileCapture(
            path,
            keep_packets=False,
            display_filter=DISPLAY_FILTER,
            eventloop=runner.get_loop(),
            tshark_path=tshark,
            override_prefs=preferences,
            decode_as={f"tcp.port=={port}": protocol for port, protocol in (decode_as or {}).items()},
            custom_parameters=["-J", " ".join(LAYERS), "--export-objects", f"imf,{mails}", *QUOTED],
        )
        count, complaint = runner.run(_read(capture, packet))
        if complaint and not count:
            raise UnreadableInput(f"tshark cannot read {path}: {complaint}")
        for each in mails.iterdir():
            mail(each.read_bytes())
    return complaint


def find_tshark() -> tuple[str, str]:
    """Return where tshark is and its version. Raises: `UnreadableInput` when it is missing or does not run."""
    path = shutil.which("tshark")
    if path is None:
        raise UnreadableInput(f"the second opinion needs tshark, which is not here: {HOW_TO_INSTALL}")
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, stdin=subprocess.DEVNULL, timeout=DYING_SECONDS, check=True
        )
        return path, VERSION.findall(said.stdout.decode("utf-8", "replace"))[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        raise UnreadableInput(f"{path} does not tell its version: is it tshark? Or {HOW_TO_INSTALL}") from None


def _pyshark() -> Any:
    try:
        import pyshark  # type: ignore[import-untyped]
        from pyshark import config
    except ImportError as error:
        raise UnreadableInput(f"the second opinion needs pyshark ({error}): `pip install pyshark`") from None
    config.fp_config_path = config.pyshark_config_path
    return pyshark


async def _read(capture: Any, packet: Callable[[Dissection], None]) -> tuple[int, str | None]:
    """Hand over the packets; return how many there were, and what tshark complains of in the end."""
    count = 0

    def keep(dissected: Any) -> None:
        nonlocal count
        count += 1
        packet(_dissection(dissected))

    reading = asyncio.create_task(capture.packets_from_tshark(keep, close_tshark=False))
    try:
        known = -1
        while not reading.done() and known < count:
            known = count
            await asyncio.wait({reading}, timeout=SILENCE_SECONDS)
        if not reading.done():
            return count, f"it said nothing for {SILENCE_SECONDS} seconds"
        error = reading.exception()
        if error is not None and type(error).__module__.split(".")[0] not in ("pyshark", "lxml"):
            raise error
        return count, await _ending(capture) or (str(error) if error else None)
    finally:
        reading.cancel()
        await _end(capture)


async def _ending(capture: Any) -> str | None:
    """Wait for tshark to end; return its last words where it did not end well."""
    code = FAILED_AT_ONCE
    for process in capture._running_processes:  # none when it ended before pyshark took note of it
        try:
            code = await asyncio.wait_for(process.wait(), DYING_SECONDS)
        except TimeoutError:
            return "it did not end"
    await asyncio.gather(*capture._stderr_handling_tasks)
    return (capture._last_error_line or f"exit code {code}").removeprefix("tshark: ") if code else None


async def _end(capture: Any) -> None:
    """End what is still running, and leave pyshark nothing to clean up: it would, when the loop is closed already."""
    running: list[Process] = list(capture._running_processes)
    capture._running_processes.clear()
    for process in running:
        if process.returncode is None:
            process.kill()
    for process in running:
        await process.wait()


def _dissection(packet: Any) -> Dissection:
    """Keep the text of the fields of one of pyshark's packets."""
    layers = tuple(Layer(layer.layer_name, _fields(layer)) for layer in packet.layers if layer.layer_name in KEPT)
    stream = next((layer.first("tcp.stream") for layer in layers if layer.name == "tcp"), None)
    return Dissection(int(packet.number), None if stream is None else int(stream), layers)


def _fields(layer: Any) -> dict[str, tuple[str, ...]]:
    """Return the texts of a layer's fields by name; fields without a name are headings."""
    named = {name: field.all_fields for name, field in layer._all_fields.items() if name}
    return {name: tuple(each.show for each in some if each.show is not None) for name, some in named.items()}
