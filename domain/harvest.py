"""How far a harvest has come."""

from dataclasses import dataclass, replace
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Span:
    """Days of last changes, both ends included; without `until`, up to today."""

    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class HarvestPosition:
    """Where an unfinished harvest goes on.

    `asked` is the span of the command and `span` what of it the source is asked for. `began` is the source's day of its
    first answer, and `reached` the last day of the pages kept: earlier days are whole where pages come in order.
    """

    asked: Span
    span: Span
    began: date
    reached: date | None = None
    in_order: bool = True
    token: str | None = None
    token_expires: datetime | None = None

    def after(self, page: "PagePlace") -> "HarvestPosition":
        """The position once a page has been kept."""
        ordered = self.in_order and page.in_order
        if page.first is not None and self.reached is not None:
            ordered = ordered and page.first >= self.reached
        reached = page.last or self.reached
        return replace(self, reached=reached, in_order=ordered, token=page.token, token_expires=page.token_expires)

    def remaining(self) -> Span:
        """What to ask for once the token holds no longer: from the last day reached on, which may be incomplete."""
        return Span(self.reached, self.span.until) if self.in_order and self.reached else self.span


@dataclass(frozen=True, slots=True)
class PagePlace:
    """What a page says of its place: its first and last day, whether its days rise, and what asks for the next page."""

    first: date | None
    last: date | None
    in_order: bool
    token: str | None
    token_expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class HarvestState:
    """What is recorded of one selection of papers: the span that is complete, and an unfinished harvest's position."""

    covered: Span | None = None
    position: HarvestPosition | None = None

    def span_to_ask(self, asked: Span) -> Span | None:
        """What of a span is not covered, from the last covered day on, which may be incomplete; None for nothing."""
        covered = self.covered
        if covered is None or covered.until is None or not covered.since <= asked.since <= covered.until:
            return asked
        if asked.until is not None and asked.until < covered.until:
            return None
        return Span(covered.until, asked.until)

    def finished(self, position: HarvestPosition) -> "HarvestState":
        """The state once everything of a position's span is kept."""
        asked_until = position.asked.until
        until = min(asked_until, position.began) if asked_until else position.began
        done = Span(position.asked.since, until)
        covered = self.covered
        if covered is None or covered.until is None or done.since > covered.until or until < covered.since:
            return HarvestState(done)
        return HarvestState(Span(min(done.since, covered.since), max(until, covered.until)))


@dataclass(frozen=True, slots=True)
class HarvestCounts:
    """How many papers a harvest added, replaced by other content, and removed."""

    new: int = 0
    updated: int = 0
    deleted: int = 0
