"""What is asked of a tax report, in the words of the command line and of requests."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from typing import Literal

from portfolios.calc.lots.policy import Method, Policy, Scope, Span, Term

# The methods that one report can be asked under; lots chosen one by one belong to the ledger of a portfolio.
ASKED_METHODS: tuple[Method, ...] = ("fifo", "lifo", "hifo", "average", "s104")
BY_US_RULE = Term()
POOLS_ALL = "Under the UK rules all wallets are one pool: the scope is the portfolio, whatever was asked."
_DAYS = re.compile(r"days:(\d{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """One method and one scope for all the time there is, and the switches; see `Policy` for what they mean.

    `scope` None: each wallet by itself, or the portfolio where the method knows nothing else.
    """

    method: Method = "fifo"
    scope: Scope | None = None
    term: Term = BY_US_RULE
    transfer_fee: Literal["disposal", "basis"] = "disposal"
    sell_fee: Literal["proceeds", "ignore"] = "proceeds"
    buy_fee: Literal["basis", "ignore"] = "basis"
    zone: tzinfo = UTC

    def policy(self) -> Policy:
        """Return the policy of these choices."""
        scope: Scope = "portfolio" if self.method == "s104" else self.scope or "wallet"
        return Policy(
            spans=[Span(first=date.min, method=self.method, scope=scope)],
            term=self.term,
            buy_fee=self.buy_fee,
            sell_fee=self.sell_fee,
            transfer_fee=self.transfer_fee,
            zone=self.zone,
        )

    def notes(self) -> Sequence[str]:
        """Say where the report is not what was asked."""
        return [POOLS_ALL] if self.method == "s104" and self.scope == "wallet" else []


def parse_term(text: str) -> Term:
    """Read `us`, `de`, `none` or `days:365`; raises ValueError with words for who wrote it."""
    if text == "us":
        return Term(rule="us")
    if text == "de":
        return Term(rule="de")
    if text == "none":
        return Term(rule="none")
    found = _DAYS.fullmatch(text)
    if found is None:
        raise ValueError(f"“{text[:40]}” is no rule of terms. Choose us, de, none, or a number of days as days:365.")
    return Term(rule="days", days=int(found[1]))
