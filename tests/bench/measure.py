"""What one run of a command costs, and what the machine adds to it."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one whole process: `wall_s` and `cpu_s` (user and system) in seconds, `peak_mb` of resident memory."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run(command: list[str]) -> Cost:
    """Run a command to its end, output thrown away. Raises: `RuntimeError` when it fails.

    The peak of memory counts this process too where it is larger, so nothing heavy may be imported here.
    """
    began = time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode} of {' '.join(command)}")
    scale = 1 << 20 if platform.system() == "Darwin" else 1 << 10
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


class Noise:
    """How evenly the machine works: a fixed piece of work, timed again and again between the measurements."""

    def __init__(self) -> None:
        self.load = os.getloadavg()
        self.times: list[float] = []

    def sample(self) -> None:
        """Do the piece of work once."""
        began = time.monotonic()
        sum(number * number for number in range(2_000_000))
        self.times.append(time.monotonic() - began)

    def statement(self) -> str:
        """Return the machine and its noise in a sentence or two."""
        least, middle, most = min(self.times), median(self.times), max(self.times)
        before, after = self.load[0], os.getloadavg()[0]
        return (
            f"Machine: {os.cpu_count()} x {_processor()}, Python {platform.python_version()}, {_tshark_version()}. "
            f"A fixed piece of work took {least:.2f} s at best, {middle:.2f} s in the median and {most:.2f} s at worst "
            f"between the rounds; load average {before:.1f} before and {after:.1f} after."
        )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processor")


def _tshark_version() -> str:
    out = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True).stdout
    return out.partition(".\n")[0].replace("TShark (Wireshark) ", "tshark ").partition(" (")[0]
