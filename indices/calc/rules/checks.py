"""Rules that contradict each other, or themselves, found before anybody runs them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from indices.calc.rules.errors import RulesError
from indices.calc.rules.figures import count_of, percent, plain
from indices.calc.rules.names import (
    ALPHAS,
    EXCLUSIONS,
    SECTOR_EXCLUSIONS,
    SECTORS,
    TOKEN_TYPES,
    Proceeds,
    RebalanceTo,
    Residual,
    Scheme,
    SignalSource,
    Tilt,
)

if TYPE_CHECKING:
    from indices.calc.rules.model import Rules

Problems = Iterator[RulesError]

WHOLE = (
    ("min_age_days", 0, 3650), ("count", 1, 500), ("streak", 1, 12), ("rank_days", 7, 730), ("risk_days", 60, 730),
    ("quorum", 1, 1_000_000), ("ballot_days", 1, 60), ("cutoff_lead_days", 1, 28), ("cooldown_days", 0, 365),
    ("max_triggers", 0, 31), ("trend_fast", 2, 200), ("trend_slow", 3, 400), ("signal_hold", 1, 60),
    ("signal_min_days", 0, 180),
)  # fmt: skip
SHARES = ("shrinkage", "drop_below", "band_lower", "vol_exposure", "vol_deadband", "gate_neutral", "gate_bear", "floor")
SHARES_ABOVE_0 = ("cap", "cap_largest", "sector_cap", "turnover_limit", "band_absolute", "band_aggregate")
ABOVE_0 = ("band_relative", "band_upper", "vol_high", "vol_low", "vol_target", "notional")
STRONGEST_TILT = 10
NOT_BELOW_0 = ("min_price", "tilt_strength", "impact", "fee", "half_spread")
PAIRS = {
    "liquidity": "the value that a newcomer needs",
    "market_cap": "the market cap that a newcomer needs",
    "traded_ratio": "the ratio that a newcomer needs",
    "diligence": "the score that a newcomer needs",
}
BEST_SCORE = 5
MOST_COST = Decimal("0.5")
LONGEST_LEAD_OF_A_WEEK = 6


def check(rules: "Rules") -> None:
    """Raise RulesError for the first rule that cannot hold; it carries the others."""
    problems = [problem for part in _PARTS for problem in part(rules)]
    if problems:
        first, *others = problems
        raise RulesError(first.field, first.message, also=tuple(others))


def _names(rules: "Rules") -> Problems:
    for name, allowed in (("sectors", SECTORS), ("token_types", TOKEN_TYPES), ("exclude", tuple(EXCLUSIONS))):
        for value in getattr(rules, name):
            if value not in allowed:
                yield RulesError(name, f"{value!r} is none of {', '.join(allowed)}.")
    if rules.sectors and all(SECTOR_EXCLUSIONS.get(sector) in rules.exclude for sector in rules.sectors):
        yield RulesError("sectors", "are all kept out by another rule: nothing may ever enter.")


def _whole_numbers(rules: "Rules") -> Problems:
    for name, least, most in WHOLE:
        if not least <= getattr(rules, name) <= most:
            yield RulesError(name, f"is between {least} and {most}, not {getattr(rules, name)}.")


def _shares(rules: "Rules") -> Problems:
    for name in SHARES:
        share = getattr(rules, name)
        if share is not None and not 0 <= share <= 1:
            yield RulesError(name, f"is between 0% and 100%, not {percent(share)}.")
    for name in SHARES_ABOVE_0:
        share = getattr(rules, name)
        if share is not None and not 0 < share <= 1:
            yield RulesError(name, f"is above 0% and at most 100%, not {percent(share)}.")


def _signs(rules: "Rules") -> Problems:
    for name in ABOVE_0:
        number = getattr(rules, name)
        if number is not None and number <= 0:
            yield RulesError(name, "is above 0.")
    for name in NOT_BELOW_0:
        if getattr(rules, name) < 0:
            yield RulesError(name, "is not below 0.")


def _pairs(rules: "Rules") -> Problems:
    for name, words in PAIRS.items():
        if not 0 <= getattr(rules, f"{name}_stay") <= getattr(rules, f"{name}_enter"):
            yield RulesError(f"{name}_stay", f"is between 0 and {words}.")
    if rules.diligence_enter > BEST_SCORE:
        yield RulesError("diligence_enter", f"is a score up to {BEST_SCORE}, not {plain(rules.diligence_enter)}.")


def _ranks(rules: "Rules") -> Problems:
    if not 0 <= rules.enter <= rules.count:
        yield RulesError("enter", f"is between 0 and the count of {rules.count}, not {rules.enter}.")
    if rules.keep < rules.count:
        yield RulesError("keep", f"is at least the count of {rules.count}, not {rules.keep}.")
    if not 1 <= rules.min_count <= rules.count:
        yield RulesError("min_count", f"is between 1 and the count of {rules.count}, not {rules.min_count}.")


def _scores(rules: "Rules") -> Problems:
    if rules.alpha not in ALPHAS:
        yield RulesError("alpha", f"is 1, 0.5 or 0, not {plain(rules.alpha)}.")
    if rules.blend and rules.scheme != Scheme.BLEND:
        yield RulesError("blend", "has parts; they count only where weights are set by a blend.")
    if rules.scheme == Scheme.BLEND:
        shares = [share for _, share in rules.blend]
        if min(shares, default=Decimal(0)) <= 0 or sum(shares) != 1:
            yield RulesError(
                "blend", f"has parts above 0% that sum to 100%, not to {percent(sum(shares, Decimal(0)))}."
            )
    if (rules.tilt == Tilt.NONE) != (rules.tilt_strength == 0):
        yield RulesError("tilt_strength", "is above 0 with a tilt, and 0 without.")
    if rules.tilt_strength > STRONGEST_TILT:
        yield RulesError("tilt_strength", f"is at most {STRONGEST_TILT}, not {rules.tilt_strength}.")


def _bending_caps(rules: "Rules") -> Problems:
    if rules.cap is None:
        for name in ("cap_largest", "cap_flexible", "cap_relaxes"):
            if getattr(rules, name):
                yield RulesError(name, "goes with a largest weight, and none is given.")
    elif rules.cap_largest is not None:
        if rules.cap_largest < rules.cap:
            yield RulesError("cap_largest", f"is at least the {percent(rules.cap)} of the others.")
        if rules.cap_flexible:
            yield RulesError("cap_flexible", "goes with one cap for all, not with another one for the largest.")


def _room(rules: "Rules") -> Problems:
    """Find limits that even as many assets as there can be do not obey."""
    count, cap, floor = rules.count, rules.cap, rules.floor
    if cap is not None and not rules.cap_relaxes and (rules.cap_largest or cap) + cap * (count - 1) < 1:
        yield RulesError("cap", f"{count_of(count, 'asset')} of at most {percent(cap)} each cannot make up the whole.")
    if floor is not None and floor * count > 1:
        yield RulesError(
            "floor", f"{count_of(count, 'asset')} of at least {percent(floor)} each are more than the whole."
        )
    if floor is not None and cap is not None and floor > cap:
        yield RulesError("floor", f"is at most the largest weight of {percent(cap)}, not {percent(floor)}.")
    sectors = len(rules.sectors or SECTORS)
    if rules.sector_cap is not None and rules.sector_cap * sectors < 1:
        words = f"{count_of(sectors, 'sector')} of at most {percent(rules.sector_cap)} each cannot make up the whole."
        yield RulesError("sector_cap", words)


def _dropping(rules: "Rules") -> Problems:
    if not rules.drop_below:
        return
    if rules.floor is not None and rules.drop_below <= rules.floor:
        yield RulesError("drop_below", f"is above the smallest weight of {percent(rules.floor)}, or drops nothing.")
    if rules.cap is not None and rules.drop_below > rules.cap:
        yield RulesError("drop_below", f"is at most the largest weight of {percent(rules.cap)}, or drops everything.")


def _calendar(rules: "Rules") -> Problems:
    lead = rules.cutoff_lead_days
    if not 0 <= rules.announce_lead_days < lead:
        words = (
            f"is between 0 and {lead - 1}, below the {lead} from cut-off to effect: a basket is announced once known."
        )
        yield RulesError("announce_lead_days", words)
    if lead > LONGEST_LEAD_OF_A_WEEK and "weekly" in {rules.schedule, rules.rebalance_schedule, rules.recap_schedule}:
        yield RulesError("cutoff_lead_days", "is at most 6 with a weekly calendar: one basket waits at a time.")


def _volatility(rules: "Rules") -> Problems:
    high, low = rules.vol_high, rules.vol_low
    if (high is None) != (low is None):
        yield RulesError("vol_low" if low is None else "vol_high", "is missing: cutting and restoring go together.")
    if high is not None and low is not None and low >= high:
        yield RulesError("vol_low", f"is below the {percent(high)} at which the exposure is cut, not {percent(low)}.")
    if high is not None and rules.vol_target is not None:
        yield RulesError("vol_target", "or a volatility at which the exposure is cut: one of them sets it, not both.")
    if high is not None and rules.vol_exposure == 1:
        yield RulesError("vol_exposure", "is below 100%, or nothing is cut.")


def _triggers(rules: "Rules") -> Problems:
    if rules.has_triggers:
        for name in ("cooldown_days", "max_triggers"):
            if getattr(rules, name) < 1:
                yield RulesError(name, "is at least 1 where drift or volatility may trigger.")
    if rules.rebalance_to == RebalanceTo.EDGE and all(band is None for band in rules.bands.values()):
        yield RulesError("rebalance_to", "the edge of a band needs a band for each asset, and none is given.")


def _sleeve(rules: "Rules") -> Problems:
    if rules.trend_fast >= rules.trend_slow:
        yield RulesError("trend_fast", f"is shorter than the {rules.trend_slow} days of the slow mean.")
    if rules.gate_bear > rules.gate_neutral:
        yield RulesError("gate_bear", f"is at most the {percent(rules.gate_neutral)} held while neutral.")
    if rules.residual == Residual.REDISTRIBUTE and rules.signals == SignalSource.NONE:
        yield RulesError("residual", "goes to the other constituents only where signals of assets set it free.")
    if (rules.has_sleeve or rules.proceeds == Proceeds.SLEEVE) and not rules.sleeve:
        yield RulesError("sleeve", "is empty: weight that is set free needs somewhere to go.")
    if rules.residual == Residual.BTC and len(rules.sleeve) > 1:
        yield RulesError("sleeve", "is bitcoin alone where freed weight goes to bitcoin.")


def _costs(rules: "Rules") -> Problems:
    if rules.fee + rules.half_spread >= MOST_COST:
        yield RulesError("fee", f"and half the spread are below {percent(MOST_COST)} together.")


_PARTS = (
    _names, _whole_numbers, _shares, _signs, _pairs, _ranks, _scores, _bending_caps, _room, _dropping, _calendar,
    _volatility, _triggers, _sleeve, _costs,
)  # fmt: skip
