"""Tax lots: exact matching of what left with what had come, under every method, with no database."""

from portfolios.calc.lots.engine import work_out
from portfolios.calc.lots.happenings import Fee, Happening, Key
from portfolios.calc.lots.outcomes import Disposal, Income, Lot, Match, Outcome, Removal, Shortfall
from portfolios.calc.lots.policy import METHODS, SCOPES, Method, Policy, Scope, Span, Term

__all__ = [
    "METHODS", "SCOPES", "Disposal", "Fee", "Happening", "Income", "Key", "Lot", "Match", "Method", "Outcome", "Policy",
    "Removal", "Scope", "Shortfall", "Span", "Term", "work_out",
]  # fmt: skip
