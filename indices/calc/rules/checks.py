"""Rules that contradict each other, or themselves, found before anybody runs them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from indices.calc.rules.errors import RulesError
from indices.calc.rules.names import ALPHAS, EXCLUSIONS, SECTORS, TOKEN_TYPES, Proceeds, RankBy, Residual, Scheme, Tilt

if TYPE_CHECKING:
    from indices.calc.rules.model import Rules

WHOLE = (
    ("min_age_days", 0, 3650), ("count", 1, 500), ("streak", 1, 12), ("rank_days", 7, 730), ("risk_days", 60, 730),
    ("quorum", 1, 1_000_000), ("ballot_days", 1, 60), ("cutoff_lead_days", 1, 28), ("cooldown_days", 0, 365),
    ("max_triggers", 0, 31), ("trend_fast", 2, 200), ("trend_slow", 3, 400), ("signal_hold", 1, 60),
    ("signal_min_days", 0, 180),
)  # fmt: skip
SHARES = (
    "shrinkage", "drop_below", "turnover_limit", "band_absolute", "band_lower", "band_aggregate", "vol_exposure",
    "vol_deadband", "gate_neutral", "gate_bear",
)  # fmt: skip
POSITIVE = ("band_relative", "band_upper", "vol_high", "vol_low", "vol_target", "notional")
NOT_NEGATIVE = ("min_price", "tilt_strength", "impact")
PAIRS = {
    "liquidity": "the value that a newcomer needs",
    "market_cap": "the market cap that a newcomer needs",
    "traded_ratio": "the ratio that a newcomer needs",
    "diligence": "the score that a newcomer needs",
}


def check(rules: "Rules") -> None:
    """Raise RulesError for the first rule that cannot hold."""
    for problem in _problems(rules):
        raise problem


def _problems(rules: "Rules") -> Iterator[RulesError]:
    yield from _names(rules)
    yield from _numbers(rules)
    yield from _ranks(rules)
    yield from _weights(rules)
    yield from _limits(rules)
    yield from _calendar(rules)
    yield from _triggers(rules)
    yield from _sleeve(rules)


def _names(rules: "Rules") -> Iterator[RulesError]:
    for name, allowed in (("sectors", SECTORS), ("token_types", TOKEN_TYPES), ("exclude", tuple(EXCLUSIONS))):
        for value in getattr(rules, name):
            if value not in allowed:
                yield RulesError(name, f"{value!r} is none of {', '.join(allowed)}.")


def _numbers(rules: "Rules") -> Iterator[RulesError]:
    for name, least, most in WHOLE:
        if not least <= getattr(rules, name) <= most:
            yield RulesError(name, f"is between {least} and {most}, not {getattr(rules, name)}.")
    for name in SHARES:
        share = getattr(rules, name)
        if share is not None and not 0 <= share <= 1:
            yield RulesError(name, f"is a share between 0 and 1, not {share}.")
    for name in POSITIVE:
        number = getattr(rules, name)
        if number is not None and number <= 0:
            yield RulesError(name, f"is above 0, not {number}.")
    for name in NOT_NEGATIVE:
        if getattr(rules, name) < 0:
            yield RulesError(name, f"is not negative, unlike {getattr(rules, name)}.")
    for name, words in PAIRS.items():
        if not 0 <= getattr(rules, f"{name}_stay") <= getattr(rules, f"{name}_enter"):
            yield RulesError(f"{name}_stay", f"is between 0 and {words}.")
    if rules.diligence_enter > 5:
        yield RulesError("diligence_enter", f"is a score up to 5, not {rules.diligence_enter}.")
    if not 0 <= rules.fee + rules.half_spread < Decimal("0.5") or min(rules.fee, rules.half_spread) < 0:
        yield RulesError("fee", "and half_spread are not negative, and below 0.5 together.")


def _ranks(rules: "Rules") -> Iterator[RulesError]:
    if not 0 <= rules.enter <= rules.count:
        yield RulesError("enter", f"is between 0 and the count of {rules.count}, not {rules.enter}.")
    if rules.keep < rules.count:
        yield RulesError("keep", f"is at least the count of {rules.count}, not {rules.keep}.")
    if not 1 <= rules.min_count <= rules.count:
        yield RulesError("min_count", f"is between 1 and the count of {rules.count}, not {rules.min_count}.")


def _weights(rules: "Rules") -> Iterator[RulesError]:
    if rules.alpha not in ALPHAS:
        yield RulesError("alpha", f"is 1, 0.5 or 0, not {rules.alpha}.")
    if (rules.scheme == Scheme.BLEND) != bool(rules.blend):
        yield RulesError("blend", "goes with the scheme `blend`, and with no other.")
    if rules.blend and (sum(share for _, share in rules.blend) != 1 or min(share for _, share in rules.blend) <= 0):
        yield RulesError("blend", "has shares above 0 that sum to 1.")
    if (rules.tilt == Tilt.NONE) != (rules.tilt_strength == 0):
        yield RulesError("tilt_strength", "is above 0 with a tilt, and 0 without.")
    if rules.cap_largest is not None and rules.cap is None:
        yield RulesError("cap_largest", "goes beside a cap for the others.")
    if (rules.cap_flexible or rules.cap_relaxes) and rules.cap is None:
        yield RulesError("cap", "is missing: a cap that bends needs one.")
    if rules.rank_by == RankBy.MARKET_CAP and rules.scheme == Scheme.VOTES:
        yield RulesError("rank_by", "is votes where weights come from votes.")


def _limits(rules: "Rules") -> Iterator[RulesError]:
    for name in ("cap", "cap_largest", "sector_cap"):
        limit = getattr(rules, name)
        if limit is not None and not 0 < limit <= 1:
            yield RulesError(name, f"is above 0 and at most 1, not {limit}.")
    if rules.floor is not None and not 0 <= rules.floor < 1:
        yield RulesError("floor", f"is at least 0 and below 1, not {rules.floor}.")
    if rules.turnover_limit == 0:
        yield RulesError("turnover_limit", "is above 0: nothing would ever change.")
    if rules.cap is not None and not rules.cap_relaxes:
        largest = max(rules.cap, rules.cap_largest or rules.cap)
        if largest + rules.cap * (rules.count - 1) < 1:
            yield RulesError("cap", f"{rules.count} assets of at most {rules.cap:.2%} each cannot make up the whole.")
    if rules.floor is not None and rules.floor * rules.count > 1:
        yield RulesError("floor", f"{rules.count} assets of at least {rules.floor:.2%} each are more than the whole.")
    if rules.floor is not None and rules.cap is not None and rules.floor > rules.cap:
        yield RulesError("floor", f"is above the cap of {rules.cap:.2%}.")
    if rules.sector_cap is not None and rules.sectors and rules.sector_cap * len(rules.sectors) < 1:
        yield RulesError(
            "sector_cap",
            f"{len(rules.sectors)} sectors of at most {rules.sector_cap:.2%} each cannot make up the whole.",
        )


def _calendar(rules: "Rules") -> Iterator[RulesError]:
    if not 0 <= rules.announce_lead_days < rules.cutoff_lead_days:
        yield RulesError(
            "announce_lead_days",
            f"is below the {rules.cutoff_lead_days} days from cut-off to effect: what is announced is known first.",
        )
    if rules.cutoff_lead_days > 6 and "weekly" in {rules.schedule, rules.rebalance_schedule, rules.recap_schedule}:
        yield RulesError("cutoff_lead_days", "is at most 6 with a weekly calendar: one basket waits at a time.")


def _triggers(rules: "Rules") -> Iterator[RulesError]:
    if (rules.vol_high is None) != (rules.vol_low is None):
        yield RulesError("vol_low", "and vol_high go together.")
    if rules.vol_high is not None and rules.vol_low is not None and rules.vol_low >= rules.vol_high:
        yield RulesError("vol_low", f"is below vol_high, which is {rules.vol_high}.")
    if rules.vol_high is not None and rules.vol_target is not None:
        yield RulesError("vol_target", "or vol_high sets the exposure, not both.")
    if rules.has_triggers and rules.cooldown_days < 1:
        yield RulesError("cooldown_days", "is at least 1 where drift or volatility may trigger.")
    if rules.has_triggers and rules.max_triggers < 1:
        yield RulesError("max_triggers", "is at least 1 a month where drift or volatility may trigger.")


def _sleeve(rules: "Rules") -> Iterator[RulesError]:
    if rules.trend_fast >= rules.trend_slow:
        yield RulesError("trend_fast", f"is shorter than trend_slow, which is {rules.trend_slow}.")
    if rules.gate_bear > rules.gate_neutral:
        yield RulesError("gate_bear", f"is at most gate_neutral, which is {rules.gate_neutral}.")
    if (rules.has_sleeve or rules.proceeds == Proceeds.SLEEVE) and not rules.sleeve:
        yield RulesError("sleeve", "is empty: freed weight needs somewhere to go.")
    if rules.residual == Residual.BTC and len(rules.sleeve) > 1:
        yield RulesError("sleeve", "is bitcoin alone where the residual goes to bitcoin.")
