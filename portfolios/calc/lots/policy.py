"""The choices that lots depend on. A method and a scope hold from a day on; the switches hold throughout."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from typing import Literal

Method = Literal["fifo", "lifo", "hifo", "average", "specific", "s104"]
Scope = Literal["wallet", "portfolio"]
METHODS: tuple[Method, ...] = ("fifo", "lifo", "hifo", "average", "specific", "s104")
SCOPES: tuple[Scope, ...] = ("wallet", "portfolio")
TERM_RULES = ("us", "de", "days", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """When a gain is long: `us` after the anniversary's day, `de` more than a year, `days` more than so many days.

    `none`: no match has a term. Days are counted in the zone of the policy.
    """

    rule: Literal["us", "de", "days", "none"] = "us"
    days: int | None = None

    def __post_init__(self) -> None:
        if self.rule not in TERM_RULES:
            raise ValueError(f"{self.rule} is no rule for terms; there are {', '.join(TERM_RULES)}.")
        if self.rule == "days" and self.days is None:
            raise ValueError("The rule `days` says how many.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A method and a scope, for what leaves on `first` or later; the first span's day is ignored."""

    first: date
    method: Method
    scope: Scope

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"{self.method} is no method; there are {', '.join(METHODS)}.")
        if self.scope not in SCOPES:
            raise ValueError(f"{self.scope} is no scope; there are {', '.join(SCOPES)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All choices. `spans` are in the order of days, at least one.

    `buy_fee`: in the basis or ignored. `sell_fee`: off the proceeds or ignored. `transfer_fee`: a disposal at market
    value, or added to the basis of what arrives (a fee in another coin is then a disposal whose value is added).
    """

    spans: Sequence[Span]
    term: Term = Term()
    buy_fee: Literal["basis", "ignore"] = "basis"
    sell_fee: Literal["proceeds", "ignore"] = "proceeds"
    transfer_fee: Literal["disposal", "basis"] = "disposal"
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        days = [span.first for span in self.spans[1:]]
        if not self.spans or days != sorted(set(days)):
            raise ValueError("A policy has at least one span, and each later one begins on a later day.")
