"""The mail itself as a step: headers decoded, parts named, the text capped, and what happened to it on the way."""

from __future__ import annotations

from mailtrace.explain.authentication import authentication_means
from mailtrace.explain.draft import Scene, shortened
from mailtrace.explain.parts import kinds, part_lines, people, remarks, report_lines, subject_shown
from mailtrace.explain.texts import counted, listed, packets, text
from mailtrace.model import Content, Message

SHOWN_HEADERS = (
    "To",
    "Cc",
    "Date",
    "Message-ID",
    "User-Agent",
    "X-Mailer",
    "Content-Transfer-Encoding",
    "X-MIME-Autoconverted",
)
"""Headers worth a line of their own, besides From and Subject, in the order they are shown."""


def message_of(scene: Scene, content: Content) -> Message | None:
    """Return the message made of a content, None where nothing could be read of it."""
    return scene.messages.get(content.message) if content.message is not None else None


def content_says(scene: Scene, content: Content) -> list[str]:
    """Return what a mail says: one line about all of it, its headers, its text, how it ended."""
    message = message_of(scene, content)
    if content.holes == ((0, content.size_bytes),):
        return [text("content.nothing", octets=counted("octets", content.size_bytes))]
    lines = [_headline(content, message)]
    if message is not None:
        lines += _headers(message)
        if message.reports is not None:
            lines += report_lines(message.reports)
        lines += part_lines(message)
    lines.append(_extent(content))
    return [shortened(line) for line in lines]


def content_means(scene: Scene, content: Content, *, in_pieces: bool = False) -> list[str]:
    """Return what is worth knowing about a mail beyond its words, most important first.

    `in_pieces` when its packets are told as pieces already.
    """
    message = message_of(scene, content)
    sentences = [scene.once("content.meaning") or text("content.another")]
    if len(content.packets) > 1 and not in_pieces:
        sentences += [text("content.pieces", packets=packets(content.packets)), scene.once("content.segments")]
    if not content.complete and not content.holes:
        sentences.append(text("content.incomplete"))
    if content.holes and content.holes[0][1] < content.size_bytes:
        missing = sum(octets for _, octets in content.holes)
        sentences.append(text("content.holes", octets=counted("octets", missing)))
    if message is not None:
        sentences += [*_about(message), *authentication_means(scene, message)]
    return sentences


def _headline(content: Content, message: Message | None) -> str:
    if message is None:
        return text("content.unread", octets=counted("octets", content.size_bytes))
    return text(
        "content.headline",
        sender=people(message.from_) or text("content.no-from"),
        subject=subject_shown(message.subject),
        outline=kinds(message),
        octets=counted("octets", content.size_bytes),
    )


def _headers(message: Message) -> list[str]:
    shown = []
    for wanted in SHOWN_HEADERS:
        if wanted in ("To", "Cc"):
            value = people(message.to if wanted == "To" else message.cc)
        else:
            value = header(message, wanted)
        if value:
            shown.append(f"{wanted}: {value}")
    hops = [f"{hop.by or '?'} ({hop.id})" if hop.id else hop.by or "?" for hop in reversed(message.received)]
    if hops:
        shown.append(text("content.route", hops=" -> ".join(hops)))
    return shown


def header(message: Message, name: str) -> str:
    """Return a header's value on one line, '' where the message has none."""
    values = [value for key, value in message.headers if key.lower() == name.lower()]
    return " ".join(values[0].split()) if values else ""


def _extent(content: Content) -> str:
    """Return how much there is and how it ended."""
    lines = counted("lines", content.kept.count(b"\n")) if content.kept_all else counted("octets", content.size_bytes)
    if content.complete:
        return text(f"content.ended.{content.how}", lines=lines)
    if content.holes:
        return text("content.gaps", lines=lines, octets=counted("octets", sum(octets for _, octets in content.holes)))
    return text("content.cut", lines=lines)


def _about(message: Message) -> list[str]:
    """Return sentences on decoding, on conversions on the way, and on attachments."""
    sentences = []
    declared = {part.charset.upper() for part in message.parts if part.charset and part.text is not None}
    charsets = sorted(declared - {"US-ASCII", "ASCII"})
    encoding = header(message, "Content-Transfer-Encoding").lower()
    if encoding in ("base64", "quoted-printable"):
        sentences.append(text("content.encoded", encoding=encoding, charsets=listed(charsets) or "US-ASCII"))
    elif charsets:
        sentences.append(text("content.charset", charsets=listed(charsets)))
    if any(part.charset_guessed for part in message.parts):
        sentences.append(text("content.guessed"))
    converted = header(message, "X-MIME-Autoconverted")
    if converted:
        sentences.append(text("content.converted", value=converted))
    files = [part.filename for part in message.parts if part.filename]
    if files:
        sentences.append(text("content.files", files=counted("attachments", len(files))))
    return sentences + remarks(message)
