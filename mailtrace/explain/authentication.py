"""What is told of SPF, DKIM, ARC and DMARC where a mail or its refusal is shown; nothing where nothing is known."""

from __future__ import annotations

from bisect import bisect_right

from mailtrace.explain.draft import Scene
from mailtrace.explain.texts import text
from mailtrace.model import Authentication, Dmarc, Message, Outcome, Reply, Transaction, Verdict

MAX_SIGNATURES = 3
"""Signatures told of one mail; the results for machines have all."""

MAX_CLAIMS = 3
"""Headers told of one mail that claim something else."""

_REFUSING = (Verdict.FAIL, Verdict.SOFTFAIL, Verdict.PERMERROR)


def authentication_means(scene: Scene, message: Message) -> list[str]:
    """Return sentences on what was found of a mail, none where the capture has nothing about it."""
    if scene.judge is None:
        return []
    found = scene.judge.message(message, scene.conversation)
    sentences = []
    if found.spf.result is not Verdict.UNKNOWN:
        sentences.append(_told("spf", found.spf.result, found.spf.because))
    sentences += [_told("dkim", each.result, each.because) for each in found.dkim[:MAX_SIGNATURES]]
    if found.arc.result is not Verdict.NONE:
        sentences.append(_told("arc", found.arc.result, found.arc.because))
    sentences += [*_dmarc(found.dmarc), *_claims(found)]
    return [scene.once("authentication.what"), *sentences] if sentences else []


def _told(method: str, result: Verdict, because: str) -> str:
    return text(f"authentication.{method}", result=result.value, because=because)


def _dmarc(dmarc: Dmarc) -> list[str]:
    if dmarc.result in (Verdict.UNKNOWN, Verdict.NONE, Verdict.PERMERROR):
        return []
    key = "authentication.dmarc.policy" if dmarc.result is Verdict.FAIL and dmarc.policy else "authentication.dmarc"
    return [text(key, result=dmarc.result.value, because=dmarc.because, policy=dmarc.policy)]


def _claims(found: Authentication) -> list[str]:
    """Tell the headers that say something else than the capture."""
    wrong = [claim for claim in found.claims if claim.agrees is False]
    return [
        text(
            "authentication.claim",
            header=claim.header,
            server=claim.by or text("authentication.nobody"),
            method=claim.method,
            claimed=claim.result,
        )
        for claim in wrong[:MAX_CLAIMS]
    ]


def refusal_means(scene: Scene, reply: Reply) -> list[str]:
    """Return at most one sentence on a refusal of a sender that the captured records explain."""
    if scene.judge is None or reply.outcome not in (Outcome.LATER, Outcome.NO):
        return []
    transactions = scene.conversation.dialogue.transactions
    at = bisect_right(transactions, reply.packet, key=_first_packet) - 1
    if at < 0 or reply.packet not in transactions[at].packets or transactions[at].content is not None:
        return []
    found = scene.judge.refused(transactions[at], scene.conversation)
    listed = [check.because for check in found.checks if check.kind == "blocklist" and check.good is False]
    if listed:
        return [text("authentication.listed", because=listed[0])]
    spf = found.spf
    if spf.result in _REFUSING:
        return [text("authentication.refused", result=spf.result.value, because=spf.because)]
    return []


def _first_packet(transaction: Transaction) -> int:
    return transaction.packets[0] if transaction.packets else 0
