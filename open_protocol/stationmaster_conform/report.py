"""The report for people: markdown that is read as plain text just as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stationmaster_base.times import Instant, to_iso
from stationmaster_conform.clauses import text_of
from stationmaster_conform.verdict import Complaint, Result, Verdict

__all__ = ["Subject", "line_of", "markdown", "summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who was tried: a client or a hub, under which identity, at which version and level, where, and when."""

    what: str
    identity: str
    version: str
    level: str
    where: str
    at: Instant


def line_of(verdict: Verdict) -> str:
    """One line, as it stands on the screen while the kit plays."""
    text = f"{verdict.result.upper():14}  {verdict.scenario:22}  {verdict.title}  ({verdict.seconds:.1f} s)"
    if verdict.complaint is not None:
        complaint = verdict.complaint
        text += f"\n{'':16}clause {complaint.clause}: expected {complaint.expected}; came {complaint.came}"
    if verdict.reason:
        text += f"\n{'':16}{verdict.reason}"
    return text


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many of each."""
    counts = {result: sum(verdict.result is result for verdict in verdicts) for result in Result}
    return ", ".join(f"{count} {result}" for result, count in counts.items())


def markdown(subject: Subject, verdicts: Sequence[Verdict]) -> str:
    """The whole report."""
    return "\n".join(_lines(subject, verdicts)) + "\n"


def _lines(subject: Subject, verdicts: Sequence[Verdict]) -> Iterator[str]:
    failed = [verdict for verdict in verdicts if verdict.result is Result.FAIL]
    yield f"# Conformance of the {subject.what} `{subject.identity}`"
    yield ""
    yield f"- Verdict: **{'does not conform' if failed else 'conforms'}** ({summary(verdicts)})"
    yield f"- Where: {subject.where}"
    yield f"- Version of the protocol: {subject.version or 'none was agreed'}"
    if subject.level:
        yield f"- Level: {subject.level}"
    yield f"- When: {to_iso(subject.at)}"
    yield ""
    yield "| result | scenario | what | clauses | seconds |"
    yield "| --- | --- | --- | --- | --- |"
    for verdict in verdicts:
        name = f"`{verdict.scenario}`"
        yield (
            f"| {verdict.result} | {name} | {verdict.title} | {', '.join(verdict.clauses)} | {verdict.seconds:.1f} |"
        )
    for verdict in failed:
        if verdict.complaint is not None:
            yield from _failure(verdict, verdict.complaint)
    reasons = [verdict for verdict in verdicts if verdict.reason]
    if reasons:
        yield ""
        yield "## Not applicable"
        yield ""
        for verdict in reasons:
            yield f"- `{verdict.scenario}`: {verdict.reason}."
    yield ""
    yield "## Clauses"
    yield ""
    cited = dict.fromkeys(clause for verdict in verdicts for clause in (*verdict.clauses, *_broken(verdict)))
    for clause in cited:
        yield f"- {clause}: {text_of(clause)}"


def _broken(verdict: Verdict) -> tuple[str, ...]:
    return () if verdict.complaint is None else (verdict.complaint.clause,)


def _failure(verdict: Verdict, complaint: Complaint) -> Iterator[str]:
    yield ""
    yield f"## Failed: `{verdict.scenario}`, {verdict.title}"
    yield ""
    yield f"- Clause {complaint.clause}: {text_of(complaint.clause)}"
    if complaint.sent:
        yield f"- Sent: {_inline(complaint.sent)}"
    yield f"- Came: {_inline(complaint.came)}"
    yield f"- Expected: {_inline(complaint.expected)}"
    yield ""
    yield "The last messages, → from the kit, ← to it:"
    yield ""
    yield "```text"
    yield from verdict.transcript
    yield "```"


def _inline(text: str) -> str:
    return f"`{text}`" if text.startswith("<") and "`" not in text else text
