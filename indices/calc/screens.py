"""The screens that an asset passes or fails: what it is, then its figures; the first failure is the reason."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from indices.calc.inputs import Candidate
from indices.calc.rules import EXCLUSIONS, SECTOR_NAMES, RankBy, Rules


@dataclass(frozen=True, slots=True)
class Failure:
    """The screen that failed, and the words for it."""

    screen: str
    detail: str


def failure_of(candidate: Candidate, rules: Rules, *, is_incumbent: bool, asks_streak: bool) -> Failure | None:
    """Return the first screen that an asset fails; None when it passes all.

    asks_streak : False while the index has no basket yet; nobody could have passed before
    """
    failure = failed_kind(candidate, rules) or failed_figures(candidate, rules, is_incumbent=is_incumbent)
    if failure or is_incumbent or not asks_streak or candidate.passed_before + 1 >= rules.streak:
        return failure
    return Failure("streak", f"Passed {candidate.passed_before + 1} reviews in a row; {rules.streak} to enter.")


def failed_kind(candidate: Candidate, rules: Rules) -> Failure | None:
    """Screen by what the asset is, whatever its figures."""
    if candidate.sector is None:
        return Failure("unclassified", "Not classified on the cut-off day.")
    return _kept_out(candidate, rules) or _not_admitted(candidate, rules)


def _kept_out(candidate: Candidate, rules: Rules) -> Failure | None:
    for flag in EXCLUSIONS:
        if flag in rules.exclude and flag in candidate.flags:
            return Failure(flag, f"This index keeps out {EXCLUSIONS[flag]}.")
    if candidate.jurisdiction and candidate.jurisdiction in rules.jurisdictions_out:
        return Failure("jurisdiction", f"Its jurisdiction is {candidate.jurisdiction}.")
    return None


def _not_admitted(candidate: Candidate, rules: Rules) -> Failure | None:
    if rules.sectors and candidate.sector not in rules.sectors:
        return Failure("sector", f"Its sector is {SECTOR_NAMES.get(candidate.sector or '', candidate.sector)}.")
    if rules.token_types and candidate.token_type not in rules.token_types:
        return Failure("token_type", f"Its token type is {candidate.token_type or 'unknown'}.")
    if not candidate.admitted:
        return Failure("not_admitted", "Its classification keeps it out of every index.")
    return None


def failed_figures(candidate: Candidate, rules: Rules, *, is_incumbent: bool) -> Failure | None:
    """Screen by the asset's figures at the cut-off."""
    if candidate.age_days < rules.min_age_days:
        return Failure("age", f"Priced for {candidate.age_days} days; {rules.min_age_days} are needed.")
    if candidate.close is None:
        return Failure("stale_price", f"No price on the cut-off day; the last is of {candidate.last_priced_day}.")
    if candidate.close < rules.min_price:
        return Failure("price", f"Price ${candidate.close.normalize():f}; ${rules.min_price:f} is needed.")
    if candidate.market_cap is None:
        return Failure("market_cap", "Its market cap on the cut-off day is unknown.")
    return _failed_pairs(candidate, rules, is_incumbent=is_incumbent) or _unranked(candidate, rules)


def _failed_pairs(candidate: Candidate, rules: Rules, *, is_incumbent: bool) -> Failure | None:
    for name, figure, words in _FIGURES:
        needed: Decimal = getattr(rules, f"{name}_{'stay' if is_incumbent else 'enter'}")
        known = figure(candidate)
        if needed and (known is None or known < needed):
            shown = "unknown" if known is None else words.format(known)
            to_do = "stay" if is_incumbent else "enter"
            screen = "size" if name == "market_cap" else name
            return Failure(screen, f"{_TITLES[name]} {shown}; {words.format(needed)} to {to_do}.")
    return None


def _unranked(candidate: Candidate, rules: Rules) -> Failure | None:
    """Refuse an asset whose figure to rank by is not known."""
    figures = {RankBy.MOMENTUM: candidate.momentum, RankBy.SHARPE: candidate.sharpe}
    if rules.rank_by in figures and figures[rules.rank_by] is None:
        return Failure("history", f"Too few closes in the {rules.rank_days} days that its rank looks at.")
    return None


def _traded(candidate: Candidate) -> Decimal:
    return Decimal(candidate.median_volume or 0)


def _traded_ratio(candidate: Candidate) -> Decimal | None:
    return _traded(candidate) / candidate.market_cap if candidate.market_cap else None


_FIGURES: tuple[tuple[str, Callable[[Candidate], Decimal | None], str], ...] = (
    ("liquidity", _traded, "${:,.0f} a day"),
    ("market_cap", lambda candidate: candidate.market_cap, "${:,.0f}"),
    ("traded_ratio", _traded_ratio, "{:.2%}"),
    ("diligence", lambda candidate: candidate.diligence, "{:.2f}"),
)
_TITLES = {
    "liquidity": "Median value traded",
    "market_cap": "Market cap",
    "traded_ratio": "Value traded over market cap",
    "diligence": "Due-diligence score",
}
