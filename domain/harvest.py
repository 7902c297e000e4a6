"""The progress of a harvest."""

from dataclasses import dataclass, replace
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Span:
    """A range of days on which records last changed, both ends included. Without `until` it is open."""

    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class HarvestPosition:
    """The point from which an unfinished harvest continues.

    `asked` is the span of the command. `span` is the part of it that is requested from the source.
    `began` is the source's date in its first response. `reached` is the last day of the pages kept. If pages come in
    order, all days before it are complete.
    """

    asked: Span
    span: Span
    began: date
    reached: date | None = None
    in_order: bool = True
    token: str | None = None
    token_expires: datetime | None = None

    def after(self, page: "PagePlace") -> "HarvestPosition":
        """Returns the position after a page has been kept."""
        ordered = self.in_order and page.in_order
        if page.first is not None and self.reached is not None:
            ordered = ordered and page.first >= self.reached
        reached = page.last or self.reached
        return replace(self, reached=reached, in_order=ordered, token=page.token, token_expires=page.token_expires)

    def remaining(self) -> Span:
        """Returns the span to request after the token has expired.

        It starts at the last day reached, which may be incomplete.
        """
        return Span(self.reached, self.span.until) if self.in_order and self.reached else self.span


@dataclass(frozen=True, slots=True)
class PagePlace:
    """The position of a page: its first and last day, whether its days rise, and the token for the next page."""

    first: date | None
    last: date | None
    in_order: bool
    token: str | None
    token_expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class HarvestState:
    """The record of one selection of papers: the span that is complete, and the position of an unfinished harvest."""

    covered: Span | None = None
    position: HarvestPosition | None = None

    def span_to_ask(self, asked: Span) -> Span | None:
        """Returns the part of a span that is not covered, or None if all of it is.

        The part starts at the last covered day, which may be incomplete.
        """
        covered = self.covered
        if covered is None or covered.until is None or not covered.since <= asked.since <= covered.until:
            return asked
        if asked.until is not None and asked.until < covered.until:
            return None
        return Span(covered.until, asked.until)

    def finished(self, position: HarvestPosition) -> "HarvestState":
        """Returns the state after all papers of a position's span have been kept."""
        asked_until = position.asked.until
        until = min(asked_until, position.began) if asked_until else position.began
        done = Span(position.asked.since, until)
        covered = self.covered
        if covered is None or covered.until is None or done.since > covered.until or until < covered.since:
            return HarvestState(done)
        return HarvestState(Span(min(done.since, covered.since), max(until, covered.until)))


@dataclass(frozen=True, slots=True)
class HarvestCounts:
    """The numbers of papers that a harvest added, updated and deleted."""

    new: int = 0
    updated: int = 0
    deleted: int = 0
