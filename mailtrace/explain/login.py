"""Logins in several lines (SASL), the same in SMTP and POP3: what the server asks for, what the client answers."""

from __future__ import annotations

import binascii

from mailtrace.explain.draft import Scene
from mailtrace.explain.texts import meaning, text
from mailtrace.model import Continuation, Dialogue, Login, Reply, wire_text
from mailtrace.protocols.sasl import proof_span
from mailtrace.protocols.smtp.words import MECHANISMS

MAX_CHALLENGE_OCTETS = 200
"""Of a challenge that is shown as text; longer ones are made for programs."""


def challenge_means(reply: Reply) -> str:
    """Explain a challenge, in plain text where it is plain text in base64. Source: RFC 4954 section 4."""
    if reply.lines and proof_span(reply.lines[0]):
        return text("auth.proof")
    said = challenge_text(reply)
    return text("auth.challenge.text", said=said) if said else text("auth.challenge")


def challenge_text(reply: Reply) -> str:
    """Return a challenge decoded, '' where it is empty, no base64 or not printable."""
    encoded = reply.lines[0].strip() if reply.lines else b""
    if len(encoded) > MAX_CHALLENGE_OCTETS:
        return ""
    try:
        said = wire_text(binascii.a2b_base64(encoded))
    except binascii.Error:
        return ""
    return said if said.isprintable() else ""


def mechanism_means(mechanism: str, scene: Scene, packet: int) -> str:
    """Explain a login by a SASL mechanism, and that TLS hides it where it does."""
    word = MECHANISMS.get(mechanism)
    begun = text("auth.begin", mechanism=mechanism, how=meaning(word) if word else text("auth.unknown-mechanism"))
    return begun if scene.on_the_wire(packet) else f"{begun} {text('auth.inside')}"


def response_means(continuation: Continuation, scene: Scene) -> str:
    """Explain a response by the challenge before it; a user name is told, a password is not."""
    dialogue = scene.conversation.dialogue
    if continuation.line.strip() == b"*":
        return text("auth.cancelled")
    asked = _challenge_before(continuation, dialogue).lower()
    if asked.startswith("user"):
        login = _login_with(continuation.packet, dialogue)
        return text("auth.user", user=login.user) if login and login.user else text("auth.user-unknown")
    if not asked.startswith("pass"):
        return text("auth.continued")
    return text("auth.password" if scene.on_the_wire(continuation.packet) else "auth.password.inside")


def _challenge_before(continuation: Continuation, dialogue: Dialogue) -> str:
    """Return what the last challenge before a response asked for, '' where that is not known."""
    for turn in dialogue.turns:
        for index, response in enumerate(turn.continuations):
            if response is continuation and index < len(turn.replies):
                return challenge_text(turn.replies[index])
    return ""


def _login_with(packet: int, dialogue: Dialogue) -> Login | None:
    found = [login for login in dialogue.logins if packet in login.packets]
    return found[0] if found else None
