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
    "late.greeting.lookup": "It comes {late} s late, because the server waited for step {step}.",
    "late.greeting.ident": (
        "It comes {late} s late because of step {step}: the server waited for the ident answer that never came."
    ),
    "late.greeting.ident-and-pause": (
        "It comes {late} s late because of step {step}: Sendmail waits 5 s for ident. The other {rest} s are most "
        "likely its greeting pause (FEATURE(greet_pause)), which catches clients that talk too early."
    ),
    "late.greeting.pause": (
        "It comes {late} s after the connection opened. Step {step} is not the reason, it was over at once: most "
        "likely this is Sendmail's greeting pause (FEATURE(greet_pause)), which catches clients that talk too early."
    ),
    "late.greeting.not-ident": (
        "It comes {late} s after the connection opened. Step {step} is not the reason, it was over at once: most "
        "likely the server pauses on purpose to catch clients that talk too early, or asks DNS elsewhere."
    ),
    "late.took": "The {pause} s before it are the time step {step} took.",
    "late.close": "{name} waited {pause} s before that.",
    "late.client": "The server had to wait {pause} s for it: {client} took its time.",
    "late.reply": "{server} took {pause} s to answer.",
    "late.reply.content": "{server} took {pause} s to decide: it stores the mail and may check it.",
    "late.took.again": (
        "Step {step} took most of the {pause} s before it, because octets had to be sent again (packet {packet})."
    ),
    "late.network": (
        "Of the {pause} s before it, the way to the other side and back alone takes about {way} s, as the handshake "
        "shows."
    ),
}
