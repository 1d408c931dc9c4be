"""The benchmark: every target of speed and memory, measured against tshark on the same file in the same run.

    python -m tests.bench.run                      # everything, some minutes on a quiet machine
    python -m tests.bench.run --scale 0.1 --rounds 3 --only mail,stages
    python -m tests.bench.run --write              # and put the figures into README.md

Each round runs mailtrace and tshark one after the other, in turn which comes first, so that a slow minute of the
machine hits both; the ratio is taken pair by pair. A target holds when the median of the pairs does.
"""

from __future__ import annotations

import argparse
import compileall
import datetime
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from tests.bench.measure import ROOT, Cost, Noise, run

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures: written by run.py --write -->\n", "<!-- end of figures -->\n"
SIZES = {"mixed": 1_400_000, "mail": 540_000, "small": 200}
MAILTRACE = [sys.executable, "-m", "mailtrace"]


@dataclass(frozen=True, slots=True)
class Target:
    """mailtrace against tshark: at least `ratio` times as fast, with at most `memory_mb`."""

    name: str
    capture: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    ratio: float
    memory_mb: int | None


TARGETS = (
    Target("mixed", "mixed", ("--format", "jsonl"), ("-n", "-Y", "smtp or dns"), 6, 300),
    Target("mail", "mail", ("--format", "jsonl"), ("-T", "ek", "-Y", "smtp or imf or dns"), 8, 400),
    Target("small", "small", (), ("-n",), 0.5, None),
)
HELP_SECONDS = 0.3
LINEAR_RATIO = 2.2
STAGES = ("start", "read", "decode", "understand")


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure and how often; captures are made in `cache`."""

    only: frozenset[str]
    rounds: int
    scale: float
    suffix: str
    cache: Path
    noise: Noise

    def capture(self, kind: str, share: float = 1.0) -> Path:
        """Return a capture of a kind, made when it is not there yet."""
        packets = SIZES[kind] if kind == "small" else int(SIZES[kind] * self.scale * share)
        path = self.cache / f"{kind}-{packets}{self.suffix}"
        if not path.exists():
            made = path.with_name("part-" + path.name)
            command = [sys.executable, "-m", "tests.bench.generate", kind, str(made), "--packets", str(packets)]
            run(command)
            made.replace(path)
        return path


def main() -> int:
    """Measure what was asked for; the exit code is 1 where a target does not hold."""
    options, keep, write = _options()
    compileall.compile_dir(ROOT / "mailtrace", quiet=1)  # as any first run leaves it, even where Python may not write
    sections = {"targets": _targets, "help": _help, "linear": _linear, "stages": _stages}
    parts, held = [], True
    with _cleared(options.cache, keep):
        for section, measure in sections.items():
            wanted = section in options.only or (section == "targets" and options.only & set(SIZES))
            if wanted:
                lines, good = measure(options)
                held &= good
                parts.append("\n".join(lines))
                print(parts[-1], end="\n\n", flush=True)
    print(options.noise.statement())
    if write:
        _write(parts, options)
    return 0 if held else 1


def _options() -> tuple[Options, bool, bool]:
    parser = argparse.ArgumentParser(description="Measure mailtrace against tshark.")
    parser.add_argument("--only", default="mixed,mail,small,help,linear,stages", help="some of these, with commas")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs after one to warm up")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size, to try something quickly")
    parser.add_argument("--format", choices=("pcap", "pcapng"), default="pcap", help="format of the captures")
    parser.add_argument("--cache", type=Path, default=None, help="where captures are made (1.5 GB)")
    parser.add_argument("--keep", action="store_true", help="keep the captures for the next run")
    parser.add_argument("--write", action="store_true", help="write the figures into README.md")
    given = parser.parse_args()
    cache = given.cache or Path(tempfile.gettempdir()) / "mailtrace-bench"
    only = frozenset(given.only.split(","))
    options = Options(only, given.rounds, given.scale, f".{given.format}", cache, Noise())
    return options, given.keep, given.write


@contextmanager
def _cleared(cache: Path, keep: bool) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for path in [] if keep else [each for kind in SIZES for each in cache.glob(f"*{kind}-*.pcap*")]:
            path.unlink()


def _paired(ours: list[str], theirs: list[str], options: Options) -> tuple[list[Cost], list[Cost]]:
    """Run both once to warm up, then `rounds` times in turn."""
    run(ours), run(theirs)
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for number in range(options.rounds):
        options.noise.sample()
        for which in (0, 1) if number % 2 else (1, 0):
            costs[which].append(run((ours, theirs)[which]))
    return costs


def _wall(costs: list[Cost]) -> str:
    times = [cost.wall_s for cost in costs]
    return f"{min(times):.2f} / {median(times):.2f}"


def _cpu_s(costs: list[Cost]) -> float:
    return median(cost.cpu_s for cost in costs)


def _peak_mb(costs: list[Cost]) -> float:
    return max(cost.peak_mb for cost in costs)


def _holds(good: bool) -> str:
    return "yes" if good else "**no**"


def _targets(options: Options) -> tuple[list[str], bool]:
    lines = [
        "| capture | mailtrace, s (best / median) | CPU s | peak MB | tshark, s (best / median) | CPU s | peak MB "
        "| faster by, pair by pair | median | by CPU | must be | holds |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    all_good = True
    for target in TARGETS:
        if target.name not in options.only:
            continue
        path = str(options.capture(target.capture))
        ours, theirs = _paired(
            [*MAILTRACE, "analyze", path, *target.ours], ["tshark", "-r", path, *target.theirs], options
        )
        ratios = [their.wall_s / our.wall_s for our, their in zip(ours, theirs, strict=True)]
        good = median(ratios) >= target.ratio and (target.memory_mb is None or _peak_mb(ours) <= target.memory_mb)
        all_good &= good
        limit = f", <= {target.memory_mb} MB" if target.memory_mb else ""
        lines.append(
            f"| {target.name} | {_wall(ours)} | {_cpu_s(ours):.2f} | {_peak_mb(ours):.0f} "
            f"| {_wall(theirs)} | {_cpu_s(theirs):.2f} | {_peak_mb(theirs):.0f} "
            f"| {' '.join(f'{ratio:.2f}' for ratio in ratios)} | {median(ratios):.2f} "
            f"| {_cpu_s(theirs) / _cpu_s(ours):.2f} | >= {target.ratio:g}{limit} | {_holds(good)} |"
        )
    return lines, all_good


def _help(options: Options) -> tuple[list[str], bool]:
    run([*MAILTRACE, "--help"])
    costs = [run([*MAILTRACE, "--help"]) for _ in range(options.rounds)]
    good = median(cost.wall_s for cost in costs) <= HELP_SECONDS
    return [f"`--help`: {_wall(costs)} s (best / median), must be <= {HELP_SECONDS} s: {_holds(good)}"], good


def _linear(options: Options) -> tuple[list[str], bool]:
    lines = ["| capture | n packets, s (best / median) | 2n, s | ratio pair by pair | median | must be | holds |"]
    lines.append("|---|---|---|---|---|---|---|")
    all_good = True
    for kind in ("mixed", "mail"):
        half, whole = options.capture(kind, 0.5), options.capture(kind)
        commands = [[*MAILTRACE, "analyze", str(path), "--format", "jsonl"] for path in (half, whole)]
        one, two = _paired(commands[0], commands[1], options)
        ratios = [second.wall_s / first.wall_s for first, second in zip(one, two, strict=True)]
        good = median(ratios) <= LINEAR_RATIO
        all_good &= good
        lines.append(
            f"| {kind} | {_wall(one)} | {_wall(two)} | {' '.join(f'{ratio:.2f}' for ratio in ratios)} "
            f"| {median(ratios):.2f} | <= {LINEAR_RATIO} | {_holds(good)} |"
        )
    return lines, all_good


def _stages(options: Options) -> tuple[list[str], bool]:
    """CPU seconds by stage, best of the rounds: a stage costs what its run takes more than the one before."""
    lines = ["| capture, CPU s | " + " | ".join(STAGES) + " | write | all |", "|---" * (len(STAGES) + 3) + "|"]
    for kind in ("mixed", "mail"):
        path = str(options.capture(kind))
        commands = [[sys.executable, "-m", "tests.bench.stages", stage, path] for stage in STAGES]
        commands.append([*MAILTRACE, "analyze", path, "--format", "jsonl"])
        best = [min(run(command).cpu_s for _ in range(options.rounds)) for command in commands]
        steps = [best[0], *(later - earlier for earlier, later in pairwise(best))]
        lines.append(f"| {kind} | " + " | ".join(f"{step:.2f}" for step in steps) + f" | {best[-1]:.2f} |")
    return lines, True


def _write(parts: list[str], options: Options) -> None:
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    when = datetime.datetime.now(datetime.UTC).date().isoformat()
    size = "full size" if options.scale == 1 else f"{options.scale:g} of the full size"
    head = f"Measured on {when}, {size}, {options.rounds} rounds.\n\n{options.noise.statement()}\n"
    figures = "\n\n".join([head.rstrip(), *parts])
    README.write_text(f"{before}{BEGIN}\n{figures}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(str(error))
