"""From what is known of every asset at a cut-off to a basket: screens, ranks, weights, and a reason for each asset."""

from collections.abc import Sequence, Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import numpy as np

from indices.calc.rules import EXCLUSIONS, SECTOR_NAMES, Rules
from indices.calc.selection import RankReason, explain_ranks
from indices.calc.weighting import InfeasibleLimitsError, cap_family_scores, quantise_weights, water_fill


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One asset at a cut-off. Money in USD; `flags` are keys of EXCLUSIONS; None is unknown.

    `close` and `market_cap` are those of the cut-off day; `median_volume` is the median value traded a day over 90
    days; `admitted` is the curators' own switch.
    """

    asset_id: str
    sector: str | None
    flags: frozenset[str]
    admitted: bool
    close: Decimal | None
    market_cap: Decimal | None
    median_volume: float | None
    age_days: int
    last_priced_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one asset; weights are fractions of 1, None where it is not held."""

    candidate: Candidate
    is_incumbent: bool
    reason: str
    detail: str = ""
    rank: int | None = None
    raw_weight: Decimal | None = None
    weight: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A verdict for every asset; `problem` says in words why no basket came of it, or is empty."""

    verdicts: Sequence[Verdict]
    problem: str = ""


def compose(candidates: Sequence[Candidate], incumbents: AbstractSet[str], rules: Rules) -> Composition:
    """Judge every candidate and weigh those selected.

    Ranks go by market cap, then by median value traded, then by id. Too few eligible assets, or limits that they
    cannot obey, give the verdicts without weights and a `problem`.
    """
    failures = {
        candidate.asset_id: _failure(candidate, rules, is_incumbent=candidate.asset_id in incumbents)
        for candidate in candidates
    }
    eligible = sorted((c for c in candidates if failures[c.asset_id] is None), key=_rank_key)
    reasons = explain_ranks(
        [c.asset_id for c in eligible], incumbents, count=rules.count, enter=rules.enter, keep=rules.keep
    )
    verdicts = [
        Verdict(
            candidate=candidate,
            is_incumbent=candidate.asset_id in incumbents,
            reason=str(reasons[candidate.asset_id]),
            detail=_rank_in_words(rank, reasons[candidate.asset_id], rules),
            rank=rank,
        )
        for rank, candidate in enumerate(eligible, start=1)
    ]
    for candidate in candidates:
        if failure := failures[candidate.asset_id]:
            screen, detail = failure
            is_incumbent = candidate.asset_id in incumbents
            reason = f"ineligible:{screen}"
            verdicts.append(Verdict(candidate=candidate, is_incumbent=is_incumbent, reason=reason, detail=detail))
    if len(eligible) < rules.min_count:
        return Composition(
            verdicts=verdicts, problem=f"{len(eligible)} eligible assets, fewer than the {rules.min_count} needed."
        )
    return _weigh(verdicts, rules)


def _weigh(verdicts: list[Verdict], rules: Rules) -> Composition:
    """Give the selected verdicts, which stand among the first, their weights."""
    held = [place for place, verdict in enumerate(verdicts) if _is_selected(verdict)]
    caps = np.array([float(verdicts[place].candidate.market_cap or 0) for place in held])
    scores = cap_family_scores(caps, alpha=float(rules.alpha))
    try:
        weights = quantise_weights(water_fill(scores, cap=_float(rules.cap), floor=_float(rules.floor)))
    except InfeasibleLimitsError as error:
        return Composition(verdicts=verdicts, problem=f"{len(held)} assets cannot obey the {error.limit}. {error}")
    if not all(weights):
        return Composition(verdicts=verdicts, problem="A weight is too small to be written with 12 decimals.")
    raw = quantise_weights(scores / scores.sum())
    for place, raw_weight, weight in zip(held, raw, weights, strict=True):
        verdicts[place] = replace(verdicts[place], raw_weight=raw_weight, weight=weight)
    return Composition(verdicts=verdicts)


def _is_selected(verdict: Verdict) -> bool:
    return verdict.rank is not None and verdict.reason != RankReason.BELOW_BUFFER


def _rank_key(candidate: Candidate) -> tuple[Decimal, float, str]:
    return -(candidate.market_cap or Decimal(0)), -(candidate.median_volume or 0.0), candidate.asset_id


def _failure(candidate: Candidate, rules: Rules, *, is_incumbent: bool) -> tuple[str, str] | None:
    """Return the first screen that the asset fails and the words for it; None when it passes all."""
    return _failed_kind(candidate, rules) or _failed_figures(candidate, rules, is_incumbent=is_incumbent)


def _failed_kind(candidate: Candidate, rules: Rules) -> tuple[str, str] | None:
    """Screen by what the asset is."""
    if candidate.sector is None:
        return "unclassified", "Not classified on the cut-off day."
    for flag in EXCLUSIONS:
        if flag in rules.exclude and flag in candidate.flags:
            return flag, f"This index keeps out {EXCLUSIONS[flag]}."
    if rules.sectors and candidate.sector not in rules.sectors:
        return "sector", f"Its sector is {SECTOR_NAMES.get(candidate.sector, candidate.sector)}."
    if not candidate.admitted:
        return "not_admitted", "Its classification keeps it out of every index."
    return None


def _failed_figures(candidate: Candidate, rules: Rules, *, is_incumbent: bool) -> tuple[str, str] | None:
    """Screen by the asset's figures at the cut-off."""
    needed = rules.liquidity_stay if is_incumbent else rules.liquidity_enter
    traded = candidate.median_volume or 0.0
    if candidate.age_days < rules.min_age_days:
        return "age", f"Priced for {candidate.age_days} days; {rules.min_age_days} are needed."
    if candidate.close is None:
        return "stale_price", f"No price on the cut-off day; the last is of {candidate.last_priced_day}."
    if candidate.market_cap is None:
        return "market_cap", "Its market cap on the cut-off day is unknown."
    if Decimal(traded) < needed:
        return (
            "liquidity",
            f"Median value traded ${traded:,.0f} a day; ${needed:,.0f} to {'stay' if is_incumbent else 'enter'}.",
        )
    return None


def _rank_in_words(rank: int, reason: RankReason, rules: Rules) -> str:
    words = {
        RankReason.AUTO_IN: f"within the first {rules.enter}.",
        RankReason.KEPT_BY_BUFFER: f"held before and within {rules.keep}.",
        RankReason.TOPPED_UP: "the best of those left.",
        RankReason.BELOW_BUFFER: f"and {rules.count} are held.",
    }
    return f"Rank {rank}, {words[reason]}"


def _float(limit: Decimal | None) -> float | None:
    return None if limit is None else float(limit)
