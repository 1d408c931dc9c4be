"""What drawings are made of: a sheet that takes text, lines and boxes and becomes an SVG document.

SVG of the simplest kind, so that every program can show it: attributes for everything, no ids, nothing from elsewhere.
Colours are tones with a meaning. They are written for light paper; the style of the document only says which others
dark screens use, so what is printed is always light. All text passes `safe` and is escaped here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from xml.sax.saxutils import escape

from mailtrace.reports.ladder.measure import Font
from mailtrace.reports.safe import safe

SANS = (
    "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans',"
    " 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans CJK KR', NanumGothic, sans-serif"
)
EQUAL = (
    "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono',"
    " D2Coding, 'Noto Sans Mono CJK KR', NanumGothicCoding, 'Malgun Gothic', monospace"
)
"""Fonts by name, those with Korean letters last: what the first do not have is taken from them."""

LINE_HEIGHT = 1.28
"""From one line of text to the next, in parts of its size."""


class Tone(Enum):
    """What a colour means: its name, and how it looks on light paper and on a dark screen."""

    PAPER = ("paper", "#ffffff", "#0d1117")
    INK = ("ink", "#1f2328", "#e6edf3")
    FAINT = ("faint", "#59636e", "#9198a1")
    RULE = ("rule", "#b7c0c9", "#4a525b")
    SHADE = ("shade", "#eef2f6", "#1b222b")
    CLIENT = ("client", "#0a58a8", "#79b8ff")
    SERVER = ("server", "#176a33", "#7ed385")
    LOOKUP = ("lookup", "#7a35b0", "#d6a0ff")
    MAIL = ("mail", "#00656c", "#6ed3e0")
    WAIT = ("wait", "#8a5000", "#e8c15a")
    BAD = ("bad", "#b42318", "#ff9a90")

    @property
    def label(self) -> str:
        """The word for it in class names."""
        return self.value[0]

    @property
    def light(self) -> str:
        """The colour on paper."""
        return self.value[1]

    @property
    def dark(self) -> str:
        """The colour on a dark screen."""
        return self.value[2]


def _rules() -> str:
    fills = (f"svg.mt-figure .mt-f-{tone.label}{{fill:{tone.dark}}}" for tone in Tone)
    strokes = (f"svg.mt-figure .mt-s-{tone.label}{{stroke:{tone.dark}}}" for tone in Tone)
    return f"@media screen and (prefers-color-scheme:dark){{{''.join((*fills, *strokes))}}}"


STYLE = _rules()


def number(value: float) -> str:
    """Return a length as SVG writes it: at most one decimal, so that a figure is the same everywhere."""
    return f"{value:.1f}".removesuffix(".0")


class Sheet:
    """Paper to draw on."""

    def __init__(self, width: float, title: str, description: str) -> None:
        self.width = width
        self._title = title
        self._description = description
        self._drawn: list[str] = []

    def text(
        self,
        x: float,
        baseline: float,
        lines: Sequence[str],
        font: Font,
        tone: Tone = Tone.INK,
        anchor: str = "start",
    ) -> None:
        """Write lines of text one below the other; `x` is where they start, end or have their `middle`."""
        style = f' font-family="{EQUAL}"' if font.equal else ""
        style += ' font-weight="bold"' if font.bold else ""
        style += f' text-anchor="{anchor}"' if anchor != "start" else ""
        for at, line in enumerate(lines):
            y = baseline + at * font.size * LINE_HEIGHT
            self._drawn.append(
                f'<text class="mt-f-{tone.label}" x="{number(x)}" y="{number(y)}" font-size="{number(font.size)}"'
                f' fill="{tone.light}"{style}>{escape(safe(line))}</text>'
            )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, tone: Tone, *, dash: str = "", thick: float = 1.4
    ) -> None:
        """Draw a line."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._drawn.append(
            f'<line class="mt-s-{tone.label}" x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
            f' stroke="{tone.light}" stroke-width="{thick}"{dashed}/>'
        )

    def path(self, points: str, tone: Tone, *, filled: bool = False, thick: float = 1.4, dash: str = "") -> None:
        """Draw a path, given as SVG writes it."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        look = (
            f'class="mt-f-{tone.label}" fill="{tone.light}"'
            if filled
            else f'class="mt-s-{tone.label}" fill="none" stroke="{tone.light}" stroke-width="{thick}"{dashed}'
        )
        self._drawn.append(f'<path {look} d="{points}"/>')

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: Tone = Tone.PAPER,
        edge: Tone | None = None,
        *,
        round_: float = 0,
        dash: str = "",
    ) -> None:
        """Draw a box, with an edge if that has a tone."""
        outline = f' stroke="{edge.light}" stroke-width="1.4"' if edge is not None else ""
        outline += f' stroke-dasharray="{dash}"' if dash else ""
        classes = f"mt-f-{fill.label}" + (f" mt-s-{edge.label}" if edge is not None else "")
        corners = f' rx="{number(round_)}"' if round_ else ""
        self._drawn.append(
            f'<rect class="{classes}" x="{number(x)}" y="{number(y)}" width="{number(width)}"'
            f' height="{number(height)}" fill="{fill.light}"{outline}{corners}/>'
        )

    def head(self, x: float, y: float, along: tuple[float, float], tone: Tone) -> None:
        """Draw the head of an arrow that ends at a point; `along` is its direction, of length 1."""
        dx, dy = along
        back_x, back_y = x - 9 * dx, y - 9 * dy
        left, right = (back_x - 4 * dy, back_y + 4 * dx), (back_x + 4 * dy, back_y - 4 * dx)
        corners = " L".join(f"{number(px)} {number(py)}" for px, py in ((x, y), left, right))
        self.path(f"M{corners} Z", tone, filled=True)

    def cross(self, x: float, y: float, tone: Tone) -> None:
        """Draw a cross: something ended here, or was refused."""
        self.path(
            f"M{number(x - 5)} {number(y - 5)} L{number(x + 5)} {number(y + 5)}"
            f" M{number(x - 5)} {number(y + 5)} L{number(x + 5)} {number(y - 5)}",
            tone,
            thick=2.2,
        )

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Let what is drawn meanwhile belong together; `title` is shown to who points at it, '' for none."""
        self._drawn.append(f"<g><title>{escape(safe(title))}</title>" if title else "<g>")
        yield
        self._drawn.append("</g>")

    def document(self, height: float) -> str:
        """Return everything as a document of its own."""
        size = f'width="{number(self.width)}" height="{number(height)}"'
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="mt-figure" {size}'
            f' viewBox="0 0 {number(self.width)} {number(height)}" role="img" font-family="{SANS}">'
            f"<title>{escape(safe(self._title))}</title><desc>{escape(safe(self._description))}</desc>"
            f"<style>{STYLE}</style>"
            f'<rect class="mt-f-{Tone.PAPER.label}" width="{number(self.width)}" height="{number(height)}"'
            f' fill="{Tone.PAPER.light}"/>'
        )
        return "\n".join([head, *self._drawn, "</svg>", ""])


def letters(font: Font, lines: Iterable[str]) -> float:
    """Return how high lines of text are together."""
    return font.size * LINE_HEIGHT * sum(1 for _ in lines)
