"""What writers for paper share: widths of columns, the table of contents, the bar of waits."""

from __future__ import annotations

from pytest import approx

from mailtrace.reports.document import Column, Document, Kind, Section, Share, StepItem, Table, Verbatim, Waits
from mailtrace.reports.writers import paper


def table(*rows: tuple[str, ...], kinds: tuple[Kind, ...]) -> Table:
    """Return a table whose heads are short."""
    return Table("x", "x", tuple(Column("H", kind) for kind in kinds), rows)


def test_columns_share_the_width() -> None:
    shares = paper.column_shares(table(("a", "b " * 400), kinds=(Kind.TEXT, Kind.TEXT)), 60)
    assert sum(shares) == approx(1)
    assert shares[0] < 0.1
    assert shares[1] > 0.9


def test_numbers_and_labels_get_what_they_need() -> None:
    numbers = table(("1234567890", "word " * 100), kinds=(Kind.NUMBER, Kind.TEXT))
    room = paper.column_shares(numbers, 60)[0] * 60
    assert room > 10 * 0.605 * 0.95  # ten digits of equal width, a little smaller than the text around


def test_what_does_not_fit_is_made_smaller_together() -> None:
    shares = paper.column_shares(table(tuple("x" * 40 for _ in range(12)), kinds=(Kind.LABEL,) * 12), 40)
    assert shares == approx([1 / 12] * 12)


def test_a_table_without_rows_has_columns_all_the_same() -> None:
    assert sum(paper.column_shares(table(kinds=(Kind.TEXT, Kind.CODE)), 60)) == approx(1)


def test_contents_leave_out_what_would_fill_pages() -> None:
    many = tuple(Section(f"M{number}", f"m{number}") for number in range(41))
    few = (Section("F", "f"),)
    document = Document("T", "", "en", (), (Section("A", "a", (), many), Section("B", "b", (), few)), "mailtrace 1")
    assert [(level, section.heading) for level, section in paper.listed(document)] == [(1, "A"), (1, "B"), (2, "F")]


def test_many_short_lines_stand_in_two_columns() -> None:
    lines = tuple(str(number) for number in range(17))
    assert paper.halves(Verbatim("", lines, short=True)) == [lines[:9], lines[9:]]
    assert paper.halves(Verbatim("", lines)) == [lines]
    assert paper.halves(Verbatim("", lines[:5], short=True)) == [lines[:5]]


def test_a_source_stays_on_its_line() -> None:
    assert paper.together("RFC 5321 4.2, RFC 7435 3") == "RFC\xa05321\xa04.2, RFC\xa07435\xa03"


def test_the_bar_is_drawn_in_the_order_of_time() -> None:
    late = Share("a", "x", "", "", "", "", ((5_000, 10_000),))
    early = Share("b", "x", "", "", "", "", ((0, 4_990), (4_990, 5_000)))
    drawn = paper.bar(Waits("w", "1 s", (), (late, early)))
    assert drawn.index('x="0.0"') < drawn.index('x="359.3"') < drawn.index('x="360.0"')
    assert drawn.count("<text") == 2  # a part too narrow for its letter has none
    assert ">b</text>" in drawn


def test_steps_have_the_colour_of_their_side_or_of_their_kind() -> None:
    def look(kind: str, side: str) -> paper.Look:
        return paper.step_look(StepItem(1, kind, side, "", "", "", "", "", "", (), False, "", ""))

    assert look("command", "client") != look("reply", "server")
    assert look("trouble", "client") == look("trouble", "server") == paper.BAD
