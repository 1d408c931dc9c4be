"""Sentences on why a step came late."""

from __future__ import annotations

DELAYS: dict[str, str] = {
    "late.greeting": (
        "It comes {late} s after the connection opened. What the server did meanwhile is not in this capture: DNS "
        "lookups and a pause on purpose are the usual reasons."
    ),
    "late.greeting.sendmail": (
        "It comes {late} s after the connection opened. Nothing in the capture explains that: most likely it is "
        "Sendmail's pause on purpose (FEATURE(greet_pause)), which catches clients that talk too early."
    ),
    "late.greeting.unseen": (
        "It comes {late} s after the connection opened. Nothing in the capture explains that, but it is as long as "
        "programs wait for an answer that does not come: most likely the server asked ident or DNS elsewhere."
    ),
    "late.greeting.sum": "It comes {late} s after the connection opened, which adds up so: {parts}.",
    "late.greeting.parts": (
        "Its last line comes {late} s after the first. The client has to wait for it: who talks in between is no mail "
        "server but a spam program in a hurry (Postfix calls this test postscreen)."
    ),
    "late.greeting.lookup": "It comes {late} s late, because the server waited for step {step}.",
    "late.greeting.ident": (
        "It comes {late} s late because of step {step}: the server waited for the ident answer that never came."
    ),
    "late.greeting.ident-and-pause": (
        "It comes {late} s late because of step {step}: Sendmail waits {ident} s for ident. The other {rest} s are "
        "most likely its greeting pause (FEATURE(greet_pause)), which catches clients that talk too early."
    ),
    "late.greeting.pause": (
        "It comes {late} s after the connection opened. Step {step} is not the reason, it was over at once: most "
        "likely this is Sendmail's greeting pause (FEATURE(greet_pause)), which catches clients that talk too early."
    ),
    "late.greeting.not-ident": (
        "It comes {late} s after the connection opened. Step {step} is not the reason, it was over at once: most "
        "likely the server pauses on purpose to catch clients that talk too early, or asks DNS elsewhere."
    ),
    "late.took.all": "The {pause} s before it are the time step {step} took.",
    "late.took.most": "Of the {pause} s before it, step {step} took {took} s.",
    "late.close": "{name} waited {pause} s before that.",
    "late.client": "The server had to wait {pause} s for it: {client} took its time.",
    "late.reply": "{server} took {pause} s to answer.",
    "late.login-refused": (
        "{server} took {pause} s to refuse. Servers answer a failed login late, most of them on purpose: so nobody "
        "can try many passwords in a short time."
    ),
    "late.reply.content": "{server} took {pause} s to decide: it stores the mail and may check it.",
    "late.typing": (
        "Of the {pause} s before it, {took} s are those in which step {step} was typed, key by key: a person was at "
        "work."
    ),
    "late.delayed-ack": (
        "Of the {pause} s before it, most passed because one side kept back its last octets until the other "
        "acknowledged the ones before, and the other waited for more to acknowledge at once (delayed ACK)."
    ),
    "late.window": "Most of the {pause} s before it, the receiver had no room for more, and the sender had to wait.",
    "late.tls": "Most of the {pause} s before it are the time that both sides took to agree on TLS.",
    "late.idle": "For {pause} s before it, nothing was asked for.",
    "late.took.again": (
        "Step {step} took most of the {pause} s before it, because packets got lost and one had to be sent again "
        "(packet {packet})."
    ),
    "late.network": (
        "Of the {pause} s before it, the way to the other side and back alone takes about {took} s, as the handshake "
        "shows."
    ),
}
