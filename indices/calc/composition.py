"""From what is known at a cut-off to a basket: screens, ranks, weights, exposure, and a reason for every asset."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from indices.calc.exposure import Exposed, expose
from indices.calc.inputs import Candidate, ReviewInputs, ReviewKind
from indices.calc.reweighting import TOLERANCE, reweigh
from indices.calc.rules import RankBy, Rules
from indices.calc.screens import Failure, failure_of
from indices.calc.selection import RankReason, explain_ranks
from indices.calc.weighing import CannotWeighError, weigh

SLEEVE = "sleeve"
ZERO = Decimal(0)
_SCORES_ANEW = {ReviewKind.RECONSTITUTION, ReviewKind.EXTRAORDINARY, ReviewKind.REBALANCE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one asset; weights are fractions of 1, None where it is neither chosen nor in the sleeve.

    `raw_weight` is by score alone, `base_weight` after limits and its own signal, `weight` after the exposure.
    """

    candidate: Candidate
    is_incumbent: bool
    reason: str
    detail: str = ""
    rank: int | None = None
    is_selected: bool = False
    is_sleeve: bool = False
    metrics: Mapping[str, str] = field(default_factory=dict)
    raw_weight: Decimal | None = None
    base_weight: Decimal | None = None
    weight: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A verdict for every asset; `problem` says in words why no basket came of it, or is empty.

    Without a problem the weights of all verdicts sum to exactly 1; exposures are fractions of 1.
    """

    verdicts: Sequence[Verdict]
    problem: str = ""
    exposure: Decimal | None = None
    volatility_exposure: Decimal | None = None


def compose(inputs: ReviewInputs) -> Composition:
    """Judge every candidate and weigh those chosen.

    Too few eligible assets, no ballot, or limits that cannot be obeyed give the verdicts without weights and a
    `problem`.
    """
    verdicts = judge(inputs)
    chosen = [verdict.candidate for verdict in verdicts if verdict.is_selected]
    try:
        _check_count(verdicts, chosen, inputs)
        if inputs.kind in {ReviewKind.RECONSTITUTION, ReviewKind.EXTRAORDINARY}:
            weighed = weigh(chosen, inputs)
            raw: Mapping[str, Decimal] = weighed.raw
            exposed = expose(weighed.base, inputs)
        else:
            raw, exposed = reweigh(chosen, inputs)
    except CannotWeighError as error:
        return Composition(verdicts=[_left_out(verdict) for verdict in verdicts], problem=str(error))
    return Composition(
        verdicts=_weighted(verdicts, raw, exposed, inputs.kind),
        exposure=exposed.exposure,
        volatility_exposure=exposed.volatility_exposure,
    )


def judge(inputs: ReviewInputs) -> list[Verdict]:
    """Return a verdict for every candidate, without weights: those ranked in order, then the others.

    Where constituents are not chosen anew they are held, and everybody else is not looked at.
    """
    if inputs.kind in {ReviewKind.RECONSTITUTION, ReviewKind.EXTRAORDINARY}:
        return _chosen_anew(inputs)
    return [_held(c, inputs) if c.asset_id in inputs.incumbents else _not_held(c, inputs) for c in inputs.candidates]


def may_be_held(inputs: ReviewInputs) -> list[str]:
    """Return the ids whose history and signals a review needs: the chosen, and what is held now."""
    chosen = [verdict.candidate.asset_id for verdict in judge(inputs) if verdict.is_selected]
    return sorted({*chosen, *inputs.incumbents})


def _chosen_anew(inputs: ReviewInputs) -> list[Verdict]:
    rules, incumbents = inputs.rules, inputs.incumbents
    failures = {
        c.asset_id: failure_of(
            c, rules, is_incumbent=c.asset_id in incumbents, asks_streak=rules.streak > 1 and bool(inputs.current)
        )
        for c in inputs.candidates
    }
    eligible = sorted((c for c in inputs.candidates if failures[c.asset_id] is None), key=_rank_key(inputs))
    reasons = explain_ranks(
        [c.asset_id for c in eligible], incumbents, count=rules.count, enter=rules.enter, keep=rules.keep
    )
    verdicts = [_ranked(c, rank, reasons[c.asset_id], inputs) for rank, c in enumerate(eligible, start=1)]
    failed = ((candidate, failures[candidate.asset_id]) for candidate in inputs.candidates)
    return verdicts + [_failed(candidate, failure, inputs) for candidate, failure in failed if failure]


def _ranked(candidate: Candidate, rank: int, reason: RankReason, inputs: ReviewInputs) -> Verdict:
    return Verdict(
        candidate=candidate,
        is_incumbent=candidate.asset_id in inputs.incumbents,
        reason=str(reason),
        detail=_rank_in_words(rank, reason, inputs.rules, is_incumbent=candidate.asset_id in inputs.incumbents),
        rank=rank,
        is_selected=reason != RankReason.BELOW_BUFFER,
        metrics=_metrics(candidate, inputs, passed=True),
    )


def _failed(candidate: Candidate, failure: Failure, inputs: ReviewInputs) -> Verdict:
    return Verdict(
        candidate=candidate,
        is_incumbent=candidate.asset_id in inputs.incumbents,
        reason=f"ineligible:{failure.screen}",
        detail=failure.detail,
        metrics=_metrics(candidate, inputs, passed=failure.screen == "streak"),
    )


def _held(candidate: Candidate, inputs: ReviewInputs) -> Verdict:
    words = {
        ReviewKind.REBALANCE: "Held; its weight is set anew.",
        ReviewKind.RECAP: "Held.",
        ReviewKind.TRIGGER: f"Held. {inputs.fired}",
    }
    return Verdict(
        candidate=candidate,
        is_incumbent=True,
        reason="held",
        detail=words[inputs.kind][:200],
        is_selected=True,
        metrics=_metrics(candidate, inputs, passed=True),
    )


def _not_held(candidate: Candidate, inputs: ReviewInputs) -> Verdict:
    words = {ReviewKind.REBALANCE: "rebalance", ReviewKind.RECAP: "re-cap", ReviewKind.TRIGGER: "trigger"}
    detail = f"Not held before; a {words[inputs.kind]} takes nobody in."
    return Verdict(candidate=candidate, is_incumbent=False, reason="not_held", detail=detail)


def _check_count(verdicts: Sequence[Verdict], chosen: Sequence[Candidate], inputs: ReviewInputs) -> None:
    rules = inputs.rules
    if rules.counts_votes and inputs.votes is None and inputs.kind in _SCORES_ANEW:
        raise CannotWeighError("No ballot was held that reached its quorum; the basket before stays.")
    if inputs.kind in {ReviewKind.RECONSTITUTION, ReviewKind.EXTRAORDINARY}:
        eligible = sum(1 for verdict in verdicts if verdict.rank is not None)
        if eligible < rules.min_count:
            raise CannotWeighError(f"{eligible} eligible assets, fewer than the {rules.min_count} needed.")
    elif silent := [candidate.asset_id for candidate in chosen if candidate.close is None]:
        raise CannotWeighError(f"No price on the cut-off day of {', '.join(silent)}; the basket before stays.")
    elif not chosen:
        raise CannotWeighError("There is no basket yet whose weights could be set anew.")


def _left_out(verdict: Verdict) -> Verdict:
    if not verdict.is_selected:
        return verdict
    return replace(verdict, is_selected=False, detail=f"{verdict.detail} No basket came of this review.")


def _weighted(
    verdicts: Sequence[Verdict], raw: Mapping[str, Decimal], exposed: Exposed, kind: ReviewKind
) -> list[Verdict]:
    """Give the chosen verdicts their weights, and the sleeve its own."""
    weighted = []
    for verdict in verdicts:
        asset_id = verdict.candidate.asset_id
        parked = exposed.sleeve.get(asset_id)
        if verdict.is_selected:
            base = exposed.base.get(asset_id, ZERO)
            changed = replace(
                verdict,
                raw_weight=raw.get(asset_id),
                base_weight=base,
                weight=exposed.weights.get(asset_id, ZERO) + (parked or ZERO),
                detail=_with_weight(verdict.detail, raw.get(asset_id, ZERO), base, exposed, kind),
            )
        elif parked:
            changed = _in_sleeve(verdict, parked)
        else:
            changed = verdict
        weighted.append(changed)
    return weighted


def _with_weight(detail: str, raw: Decimal, base: Decimal, exposed: Exposed, kind: ReviewKind) -> str:
    """Return the words of a verdict with what became of its weight."""
    if kind == ReviewKind.RECAP:
        took = "takes its share of what was cut off others" if base > raw + TOLERANCE else "its weight stays"
        return f"Held; {'cut back to a limit' if base < raw - TOLERANCE else took}."
    if not base:
        return f"{detail} Its score or its signal leaves it no weight."
    return detail if exposed.exposure else f"{detail} The exposure is 0%: all is in the sleeve."


def _in_sleeve(verdict: Verdict, weight: Decimal) -> Verdict:
    close = verdict.candidate.close
    price = f"{close.normalize():f}" if close is not None else "unknown"
    return Verdict(
        candidate=verdict.candidate,
        is_incumbent=verdict.is_incumbent,
        reason=SLEEVE,
        detail=f"Holds what signals and exposure set free, at its market price of ${price}.",
        is_sleeve=True,
        metrics=verdict.metrics,
        weight=weight,
    )


def _rank_key(inputs: ReviewInputs) -> Callable[[Candidate], tuple[Decimal, float, str]]:
    """Return the key by which candidates sort, best first; equal figures by value traded over 30 days, then by id."""
    votes = inputs.votes or {}
    figures: dict[RankBy, Callable[[Candidate], Decimal | float | None]] = {
        RankBy.MARKET_CAP: lambda c: c.market_cap,
        RankBy.MOMENTUM: lambda c: c.momentum,
        RankBy.SHARPE: lambda c: c.sharpe,
        RankBy.LIQUIDITY: lambda c: c.median_volume,
        RankBy.VOTES: lambda c: Decimal(votes.get(c.asset_id, 0)),
    }
    figure = figures[inputs.rules.rank_by]
    return lambda c: (-Decimal(figure(c) or 0), -(c.recent_volume or c.median_volume or 0.0), c.asset_id)


def _metrics(candidate: Candidate, inputs: ReviewInputs, *, passed: bool) -> dict[str, str]:
    """Return the further figures that the rules look at, as text."""
    found: dict[str, object | None] = {
        "momentum": candidate.momentum,
        "sharpe": candidate.sharpe,
        "volatility": candidate.volatility,
        "diligence": candidate.diligence,
        "votes": None if inputs.votes is None else inputs.votes.get(candidate.asset_id, 0),
        "signal": inputs.signals.get(candidate.asset_id),
        "streak": (candidate.passed_before + 1 if passed else 0) if inputs.rules.streak > 1 else None,
    }
    return {
        name: f"{value:.6g}" if isinstance(value, float) else str(value)
        for name, value in found.items()
        if value is not None
    }


def _rank_in_words(rank: int, reason: RankReason, rules: Rules, *, is_incumbent: bool) -> str:
    out = f"and {rules.count} are held."
    if rank <= rules.count:
        out = f"yet constituents down to rank {rules.keep} go first and take the {rules.count} places."
    words = {
        RankReason.AUTO_IN: f"within the first {rules.enter}.",
        RankReason.KEPT_BY_BUFFER: f"held before and within {rules.keep}.",
        RankReason.TOPPED_UP: "the best of those left.",
        RankReason.BELOW_BUFFER: f"{out}{' It leaves.' if is_incumbent else ''}",
    }
    return f"Rank {rank}, {words[reason]}"
