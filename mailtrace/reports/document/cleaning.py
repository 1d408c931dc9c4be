"""Makes all texts of a document safe at once, so that nobody who writes a part of it can forget one."""

from __future__ import annotations

from typing import Any, cast

from msgspec import Struct

from mailtrace.reports.document.blocks import AS_IT_IS, Document
from mailtrace.reports.safe import safe


def cleaned(document: Document) -> Document:
    """Return the document with every text passed through the sanitiser; what is `AS_IT_IS` stays so."""
    return cast(Document, _clean(document))


def _clean(value: Any) -> Any:
    """Return a text, or a block or tuple of them, made safe. Blocks lie as deep as sections do, and those are ours."""
    match value:
        case str():
            return safe(value.expandtabs())
        case tuple():
            return tuple(map(_clean, value))
        case Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            return type(value)(**{name: each if name in AS_IT_IS else _clean(each) for name, each in fields.items()})
    return value
