"""WordprocessingML from plain text: runs, paragraphs, tables and the few fields that a report has.

Every text is escaped here, and stands in `w:t` alone: nothing that was said on a wire can become a field, a link or
markup. What XML cannot hold is shown as the replacement character. Source: ECMA-376 part 1, section 17.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)

_ONE_LINE = str.maketrans("\t\n\r", "   ")

_NO_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""

BREAK, TAB = "<w:r><w:br/></w:r>", "<w:r><w:tab/></w:r>"


def held(text: str) -> str:
    """Return text on one line, with what XML cannot hold replaced; not escaped yet."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text.translate(_ONE_LINE))


def plain(text: str) -> str:
    """Return text as it stands in XML, in an element or between double quotes."""
    return escape(held(text), {'"': "&quot;"})


def run(text: str, style: str = "", *, colour: str = "", bold: bool = False) -> str:
    """Return text in one look; `style` is the name of a character style, `colour` six hexadecimal digits."""
    look = f'<w:rStyle w:val="{style}"/>' if style else ""
    look += "<w:b/>" if bold else ""
    look += f'<w:color w:val="{colour}"/>' if colour else ""
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{plain(text)}</w:t></w:r>'


def lines(texts: Iterable[str], style: str = "") -> str:
    """Return lines of text, one below the other."""
    return BREAK.join(run(text, style) for text in texts)


def paragraph(style: str, content: str = "", *, look: str = "") -> str:
    """Return a paragraph; `content` are runs, `look` more of its properties, in the order of the schema."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{look}</w:pPr>{content}</w:p>'


def beside(colour: str, wash: str) -> str:
    """Return the look of a paragraph that has a coloured edge on its left, and a wash below its letters."""
    return (
        f'<w:pBdr><w:left w:val="single" w:sz="18" w:space="5" w:color="{colour}"/></w:pBdr>'
        f'<w:shd w:val="clear" w:color="auto" w:fill="{wash}"/>'
    )


def field(code: str, shown: str, style: str = "") -> str:
    """Return a field, with what it shows until it is worked out anew. `code` is ours, never from a wire."""
    return f'<w:fldSimple w:instr=" {code} ">{run(shown, style)}</w:fldSimple>'


def link(bookmark: str, content: str) -> str:
    """Return runs that lead to a place in the document."""
    return f'<w:hyperlink w:anchor="{bookmark}" w:history="1">{content}</w:hyperlink>'


def marked(bookmark: str, number: int, content: str) -> str:
    """Return runs that links lead to; `number` is unique in the document."""
    start = f'<w:bookmarkStart w:id="{number}" w:name="{bookmark}"/>'
    return f'{start}{content}<w:bookmarkEnd w:id="{number}"/>'


def cell(width: int, content: str, *, fill: str = "") -> str:
    """Return a cell of paragraphs, its width in twentieths of a point."""
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr>{content}</w:tc>'


def row(cells: Iterable[str], *, head: bool = False, whole: bool = True) -> str:
    """Return a row; a head is repeated on every page, what is `whole` is not broken between two."""
    look = ("<w:cantSplit/>" if whole else "") + ("<w:tblHeader/>" if head else "")
    return f"<w:tr>{f'<w:trPr>{look}</w:trPr>' if look else ''}{''.join(cells)}</w:tr>"


def table(style: str, widths: Sequence[int], rows: Iterable[str], *, head: bool = False) -> str:
    """Return a table of rows; `head`: its first row is one."""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/><w:tblLook w:val="{"0020" if head else "0000"}" w:firstRow="{int(head)}"'
        ' w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def picture(relation: str, number: int, width: int, height: int, name: str, alternative: str) -> str:
    """Return a run with a picture of the package; sizes in English metric units, `number` unique in the document."""
    known = f'id="{number}" name="{plain(name)}" descr="{plain(alternative)}"'
    size = f'cx="{width}" cy="{height}"'
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/><wp:docPr {known}/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
        f"<pic:nvPicPr><pic:cNvPr {known}/><pic:cNvPicPr/></pic:nvPicPr>"
        f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
