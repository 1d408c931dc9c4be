"""Reports for word processors: read back by python-docx, and looked at as XML."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree

import docx
import pytest
from docx.document import Document as Read

from mailtrace.errors import UnreadableInput
from mailtrace.reports.document import Column, Document, Figure, Kind, Paragraph, Section, Table
from mailtrace.reports.writers.word import blocks, write
from tests.reports.hostile import ELSEWHERE, PAYLOADS
from tests.reports.writers.specimen import SVG, specimen

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

FIELDS = (r"SEQ (Table|Figure) \\\* ARABIC", r"PAGEREF _Toc\d{8} \\h", "PAGE", "NUMPAGES")
"""The fields that a report has, and no others."""

ATTACKS = (
    *PAYLOADS,
    f'HYPERLINK "http://{ELSEWHERE}/"',
    "{ DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe }",
    "</w:t></w:r><w:fldSimple w:instr=' DDEAUTO x '/>",
    '" w:anchor="x"><w:br/>',
)


def written(document: Document) -> bytes:
    """Return the octets of a file."""
    out = BytesIO()
    write(document, out)
    return out.getvalue()


def read(document: Document) -> Read:
    """Return what python-docx reads of the file."""
    return docx.Document(BytesIO(written(document)))


def of(*blocks_: object, title: str = "T") -> Document:
    """Return a document of one section."""
    return Document(title, "", "en", (), (Section("S", "s", blocks_),), "mailtrace 1")  # type: ignore[arg-type]


def part(document: Document, name: str = "word/document.xml") -> ElementTree.Element:
    """Return a part of the package as XML."""
    with zipfile.ZipFile(BytesIO(written(document))) as package:
        return ElementTree.fromstring(package.read(name))


def test_headings_are_real_headings() -> None:
    inner = Section("Deep", "d", (), (Section("Deeper", "e", (), (Section("Deepest", "f"),)),))
    document = Document("Title of it", "Lee", "en", (), (Section("Part", "p", (), (inner,)),), "mailtrace 1")
    styles = [(each.style.name, each.text) for each in read(document).paragraphs if each.style is not None]
    assert styles[:2] == [("Title", "Title of it"), ("Subtitle", "Lee")]
    assert [each for each in styles if each[0].startswith("Heading")] == [
        ("Heading 1", "Part"),
        ("Heading 2", "Deep"),
        ("Heading 3", "Deeper"),
        ("Heading 4", "Deepest"),
    ]


def test_contents_are_there_and_lead_to_their_sections() -> None:
    document = Document("T", "", "en", (), (Section("One", "one"), Section("Two", "two")), "mailtrace 1")
    entries = [each.text for each in read(document).paragraphs if each.style and each.style.name == "toc 1"]
    assert [entry.strip() for entry in entries] == ["One", "Two"]
    body = part(document)
    places = {each.get(f"{W}name") for each in body.iter(f"{W}bookmarkStart")}
    assert [each.get(f"{W}anchor") for each in body.iter(f"{W}hyperlink")] == ["_Toc00000001", "_Toc00000002"]
    assert places == {"_Toc00000001", "_Toc00000002"}


def test_a_section_alone_needs_no_contents() -> None:
    assert "Contents" not in [each.text for each in read(of(Paragraph("x"))).paragraphs]


def test_tables_have_numbered_captions_and_heads_on_every_page() -> None:
    columns = (Column("No.", Kind.NUMBER), Column("Info", Kind.CODE))
    first = Table("packets", "The packets", columns, (("1", "SYN"), ("2", "ACK")))
    second = Table("hosts", "The hosts", columns, (("3", "x"),), more="12 more")
    document = of(first, second)
    body = read(document)
    captions = [each.text for each in body.paragraphs if each.style and each.style.name == "Table Caption"]
    assert captions == ["Table   The packets", "Table   The hosts"]  # python-docx leaves fields out
    numbers = [each for each in part(document).iter(f"{W}fldSimple") if "SEQ Table" in each.get(f"{W}instr", "")]
    assert ["".join(each.itertext()) for each in numbers] == ["1", "2"]
    assert [[cell.text for cell in row.cells] for row in body.tables[0].rows] == [
        ["No.", "Info"],
        ["1", "SYN"],
        ["2", "ACK"],
    ]
    heads = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in part(document).iter(f"{W}tr")]
    assert heads == [True, False, False, True, False]
    assert "12 more" in [each.text for each in body.paragraphs]


def test_tables_are_as_wide_as_the_text() -> None:
    columns = tuple(Column(f"Column {number}", Kind.TEXT) for number in range(9))
    table = Table("x", "", columns, (("a" * 500, *("b" for _ in range(8))),))
    grid = [int(each.get(f"{W}w", "0")) for each in part(of(table)).iter(f"{W}gridCol")]
    assert sum(grid) == 9638  # 170 mm in twentieths of a point
    assert min(grid) > 400


def test_a_picture_is_described_and_captioned() -> None:
    document = of(Figure("Who calls whom", 'two hosts & an "arrow"', SVG))
    body = part(document)
    (known,) = [each for each in body.iter() if each.tag.endswith("}docPr")]
    assert known.get("descr") == 'two hosts & an "arrow"'
    captions = [each.text for each in read(document).paragraphs if each.style and each.style.name == "Picture Caption"]
    assert captions == ["Figure   Who calls whom"]
    with zipfile.ZipFile(BytesIO(written(document))) as package:
        assert [name for name in package.namelist() if name.startswith("word/media/")] == ["word/media/image1.png"]


def test_where_nothing_draws_the_figure_is_told_in_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(svg: str) -> bytes:
        raise UnreadableInput("no library")

    monkeypatch.setattr(blocks, "png", broken)
    texts = [each.text for each in read(of(Figure("F", "what it shows", SVG, "", ("A -> B", "B -> A")))).paragraphs]
    assert "A -> B\nB -> A" in texts
    assert "what it shows" in [each.text for each in read(of(Figure("F", "what it shows", SVG))).paragraphs]


def test_korean_has_a_korean_font_and_who_wrote_it_is_known() -> None:
    document = Document("메일 보고서", "이", "ko", (), (Section("개요", "s", (Paragraph("안녕"),)),), "mailtrace 1")
    facts = read(document).core_properties
    assert (facts.title, facts.author, facts.language) == ("메일 보고서", "이", "ko")
    styles = part(document, "word/styles.xml")
    fonts = styles.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}rFonts")
    language = styles.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    assert fonts is not None
    assert language is not None
    assert fonts.get(f"{W}eastAsia") == "Malgun Gothic"
    assert language.get(f"{W}eastAsia") == "ko-KR"


def test_the_paper_is_a4() -> None:
    section = read(of(Paragraph("x"))).sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)


@pytest.mark.parametrize("attack", ATTACKS)
def test_n231_texts_are_only_texts(attack: str) -> None:
    """No field, link, or element comes of a text, wherever it stands."""
    body = part(specimen(attack))
    plain = part(specimen("plain"))
    assert [each.tag for each in body.iter()] == [each.tag for each in plain.iter()]
    for each in body.iter(f"{W}fldSimple"):
        assert any(re.fullmatch(f" {known} ", each.get(f"{W}instr", "")) for known in FIELDS)
    assert not list(body.iter(f"{W}instrText"))
    for each in body.iter(f"{W}hyperlink"):
        assert set(each.attrib) == {f"{W}anchor", f"{W}history"}


def test_n231_nothing_refers_to_the_outside() -> None:
    attack = f"http://{ELSEWHERE}/i"
    with zipfile.ZipFile(BytesIO(written(specimen(attack)))) as package:
        relations = b"".join(package.read(name) for name in package.namelist() if name.endswith(".rels"))
        body = package.read("word/document.xml")
    assert attack.encode() in body
    assert b"TargetMode" not in relations
    assert ELSEWHERE.encode() not in relations


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, 0x85, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1FFFE])
def test_n238_what_xml_cannot_hold_breaks_nothing(code: int) -> None:
    assert "before" in "".join(part(specimen(f"before{chr(code)}after")).itertext())


def test_n240_the_same_document_gives_the_same_octets() -> None:
    document = specimen("한글 & <x>")
    assert written(document) == written(document)


def test_n240_nothing_in_it_has_a_date() -> None:
    with zipfile.ZipFile(BytesIO(written(specimen()))) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        facts = package.read("docProps/core.xml")
    assert b"created" not in facts
    assert b"modified" not in facts
