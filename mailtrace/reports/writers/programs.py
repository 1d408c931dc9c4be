"""Programs of others that make a PDF: Chromium of a page, LibreOffice of a file for word processors.

Each is given one file in a folder of its own, a profile that is as new and ends with it, and a time to be done in. It
meets no network: the files refer to nothing, and Chromium is told besides that no name leads anywhere.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

PRINTING_SECONDS = 300
"""How long a program may take: the first start of either is slow, and so is a report of hundreds of pages."""

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
OFFICES = ("soffice", "libreoffice")
"""By which names the programs go, the best known first."""

SNAP_FOLDER = Path("snap", "chromium", "common")
"""Below the user's home: all that a Chromium which came as a snap may read and write."""

ALONE = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
"""Chromium without a window, and without anything but the page."""

AS_ROOT = "--no-sandbox"
"""Without it Chromium does not start for root. The page has no script and is not allowed any."""


class Printer(Struct, frozen=True):
    """A program that makes a PDF: where it is, and of which format it makes one."""

    path: str
    format: str


def printers() -> list[Printer]:
    """Return the programs that are here, the one whose PDF looks best first."""
    found = (("html", _found(CHROMIUMS)), ("docx", _found(OFFICES)))
    return [Printer(path, format) for format, path in found if path is not None]


def _found(names: Iterable[str]) -> str | None:
    return next((path for path in map(shutil.which, names) if path is not None), None)


def printed(printer: Printer, write: Callable[[Path], None]) -> bytes | None:
    """Return what a program makes of the file that `write` writes to the path given; None where it makes no PDF."""
    with _folder(printer) as folder:
        source, made = folder / f"report.{printer.format}", folder / "report.pdf"
        write(source)
        _run(_command(printer, source, made, folder / "profile"), folder)
        octets = made.read_bytes() if made.is_file() else b""
    return octets if octets.startswith(b"%PDF-") else None


@contextmanager
def _folder(printer: Printer) -> Iterator[Path]:
    """Give a folder that the program may use, for as long as it needs it."""
    snap = Path.home() / SNAP_FOLDER
    inside = snap if "snap" in Path(printer.path).parts and snap.is_dir() else None
    with TemporaryDirectory(prefix="mailtrace-", dir=inside, ignore_cleanup_errors=True) as name:
        yield Path(name)


def _command(printer: Printer, source: Path, made: Path, profile: Path) -> list[str]:
    if printer.format == "html":
        root = [AS_ROOT] if os.geteuid() == 0 else []
        output = ["--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={made}"]
        return [printer.path, *ALONE, *root, f"--user-data-dir={profile}", *output, source.as_uri()]
    options = [f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nolockcheck"]
    return [printer.path, *options, "--convert-to", "pdf", "--outdir", str(made.parent), str(source)]


def _run(command: Sequence[str], folder: Path) -> None:
    """Run a program until it is done, or its time is over; then it ends with all its children."""
    with suppress(OSError):
        child = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            child.wait(PRINTING_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
