"""The methodology as prose: one sentence a rule, written from the live parameters."""

from decimal import Decimal

from indices.calc.rules.model import Rules
from indices.calc.rules.names import (
    ALPHAS,
    EXCLUSIONS,
    SECTOR_NAMES,
    BlendPart,
    Proceeds,
    RankBy,
    RebalanceTo,
    Residual,
    Scheme,
    SignalSource,
    Tilt,
)
from indices.calc.schedules import Roll, Schedule

_DAYS = {
    Schedule.WEEKLY: "each Monday",
    Schedule.MONTHLY: "the first day of each month",
    Schedule.QUARTERLY: "the first day of January, April, July and October",
}
_ROLLS = {
    Roll.NONE: "",
    Roll.FOLLOWING: " A day on a weekend moves to the Monday after.",
    Roll.PRECEDING: " A day on a weekend moves to the Friday before.",
}
_PARTS = {
    BlendPart.CAP: "market cap",
    BlendPart.SQRT_CAP: "the root of market cap",
    BlendPart.EQUAL: "equal parts",
    BlendPart.LIQUIDITY: "value traded",
    BlendPart.INVERSE_VOLATILITY: "the inverse of volatility",
    BlendPart.EQUAL_RISK: "equal contributions to risk",
    BlendPart.SHARPE: "the Sharpe ratio",
    BlendPart.VOTES: "votes",
}
_TILTS = {
    Tilt.MOMENTUM: "momentum",
    Tilt.SHARPE: "the Sharpe ratio",
    Tilt.LIQUIDITY: "value traded",
    Tilt.LOW_VOLATILITY: "low volatility",
    Tilt.DILIGENCE: "the due-diligence score",
}


def describe(rules: Rules) -> list[str]:
    """Return the methodology in plain words, one sentence a rule; what a rule does not say is not told."""
    words = [
        *_universe(rules),
        *_screens(rules),
        *_ranking(rules),
        *_weights(rules),
        *_calendar(rules),
        *_triggers(rules),
        *_sleeve(rules),
        "What a delisted constituent leaves goes to the stablecoins of the sleeve until the next review."
        if rules.proceeds == Proceeds.SLEEVE
        else "",
        f"Trades are estimated to cost {_percent(rules.fee + rules.half_spread)} of what is traded"
        f"{', more for trades that are large beside the value traded' if rules.impact else ''}; "
        "the net level pays for them, the gross level does not.",
    ]
    return [sentence for sentence in words if sentence]


def _universe(rules: Rules) -> list[str]:
    sectors = ", ".join(SECTOR_NAMES.get(name, name) for name in rules.sectors)
    excluded = ", ".join(EXCLUSIONS[name] for name in EXCLUSIONS if name in rules.exclude)
    return [
        f"Assets of the sector {sectors} may enter." if sectors else "Assets of every sector may enter.",
        f"Only tokens of the type {', '.join(rules.token_types)}." if rules.token_types else "",
        f"Kept out: {excluded}." if excluded else "",
        f"Kept out by jurisdiction: {', '.join(rules.jurisdictions_out)}." if rules.jurisdictions_out else "",
    ]


def _screens(rules: Rules) -> list[str]:
    return [
        f"An asset has had a price for {rules.min_age_days} days or more." if rules.min_age_days else "",
        f"Its price is at least ${rules.min_price.normalize():f}." if rules.min_price else "",
        _pair("median value traded a day over 90 days", _usd(rules.liquidity_enter), _usd(rules.liquidity_stay))
        if rules.liquidity_enter
        else "",
        _pair("market cap", _usd(rules.market_cap_enter), _usd(rules.market_cap_stay))
        if rules.market_cap_enter
        else "",
        _pair(
            "value traded a day over market cap", _percent(rules.traded_ratio_enter), _percent(rules.traded_ratio_stay)
        )
        if rules.traded_ratio_enter
        else "",
        _pair("due-diligence score", f"{rules.diligence_enter:f} of 5", f"{rules.diligence_stay:f}")
        if rules.diligence_enter
        else "",
        f"A newcomer has passed at {rules.streak} reviews in a row." if rules.streak > 1 else "",
    ]


def _pair(what: str, enter: str, stay: str) -> str:
    return f"Its {what} is at least {enter} to enter and {stay} to stay."


def _ranking(rules: Rules) -> list[str]:
    ranks = {
        RankBy.MARKET_CAP: "market cap",
        RankBy.MOMENTUM: f"their return over {rules.rank_days} days",
        RankBy.SHARPE: f"their Sharpe ratio over {rules.rank_days} days",
        RankBy.LIQUIDITY: "median value traded over 90 days",
        RankBy.VOTES: "the votes of the community",
    }
    ballot = (
        f"A ballot opens {rules.ballot_days} days before each cut-off; every user has one vote, and with fewer than "
        f"{rules.quorum} voters the basket before stays in force."
    )
    return [
        f"Eligible assets are ranked by {ranks[rules.rank_by]}.",
        ballot if rules.counts_votes else "",
        f"The basket holds {rules.count} assets: the first {rules.enter} ranks are in, a constituent stays down to "
        f"rank {rules.keep} while there is room, and the next best fill what is left.",
        f"With fewer than {rules.min_count} eligible assets the basket before stays in force.",
    ]


def _weights(rules: Rules) -> list[str]:
    blend = ", ".join(f"{_percent(share)} by {_PARTS[part]}" for part, share in rules.blend)
    schemes = {
        Scheme.CAP: ALPHAS[rules.alpha],
        Scheme.LIQUIDITY: "in proportion to median value traded over 90 days",
        Scheme.INVERSE_VOLATILITY: f"in inverse proportion to volatility over {rules.risk_days} days",
        Scheme.EQUAL_RISK: f"so that each asset contributes the same risk, by its covariance over {rules.risk_days} "
        f"days, shrunk by {_percent(rules.shrinkage)} towards no correlation",
        Scheme.SHARPE: f"in proportion to the Sharpe ratio over {rules.rank_days} days; one of 0 or less has no weight",
        Scheme.VOTES: "in proportion to votes",
        Scheme.BLEND: f"as a blend: {blend}",
    }
    tilt = f"They lean towards {_TILTS.get(rules.tilt)}, with a strength of {rules.tilt_strength:f}."
    return [
        f"Weights are set {schemes[rules.scheme]}.",
        tilt if rules.tilt != Tilt.NONE else "",
        _limits(rules),
        "The cap of an asset is the mean of the cap and its weight now." if rules.cap_flexible else "",
        "With too few assets for the cap, equal parts are the cap." if rules.cap_relaxes else "",
        f"Assets that would weigh less than {_percent(rules.drop_below)} are dropped." if rules.drop_below else "",
        f"One sector weighs at most {_percent(rules.sector_cap)}." if rules.sector_cap is not None else "",
        f"A rebalance turns over at most {_percent(rules.turnover_limit)}, one way; then it goes part of the way."
        if rules.turnover_limit is not None
        else "",
    ]


def _limits(rules: Rules) -> str:
    if rules.cap_largest is not None and rules.cap is not None:
        limits = [f"at most {_percent(rules.cap_largest)} for the largest and {_percent(rules.cap)} for the others"]
    else:
        limits = [f"at most {_percent(rules.cap)}"] if rules.cap is not None else []
    limits += [f"at least {_percent(rules.floor)}"] if rules.floor else []
    if not limits:
        return ""
    return f"Each weight is {' and '.join(limits)}; what a limit cuts off goes to the others in proportion."


def _calendar(rules: Rules) -> list[str]:
    lead = rules.cutoff_lead_days
    cutoff = "of the day before" if lead == 1 else f"{lead} days before"
    announced = f" It is announced {rules.announce_lead_days} days before." if rules.announce_lead_days else ""
    return [
        f"A new basket takes effect at the close of {_DAYS[rules.schedule]}. It is set from what was known at the "
        f"close {cutoff}.{announced}{_ROLLS[rules.roll]}",
        f"Weights are set anew, with the same constituents, at the close of {_DAYS[rules.rebalance_schedule]}."
        if rules.rebalance_schedule
        else "",
        f"Weights that have grown past a limit are cut back at the close of {_DAYS[rules.recap_schedule]}."
        if rules.recap_schedule
        else "",
        "Between reviews the basket holds units, so weights drift with prices.",
    ]


def _triggers(rules: Rules) -> list[str]:
    bands = {
        "by more than {} of the index": rules.band_absolute,
        "by more than {} of its target": rules.band_relative,
        "by more than {} of its target downwards": rules.band_lower,
        "by more than {} of its target upwards": rules.band_upper,
    }
    drifts = [words.format(_percent(band)) for words, band in bands.items() if band is not None]
    back = "to the targets" if rules.rebalance_to == RebalanceTo.TARGET else "to the edge of the band"
    pause = f"at most {rules.max_triggers} in a month and {rules.cooldown_days} days apart"
    return [
        f"When a weight drifts {', or '.join(drifts)}, weights go back {back} at the next close." if drifts else "",
        f"When {_percent(rules.band_aggregate)} of the index would have to change hands to be on target, it does."
        if rules.band_aggregate is not None
        else "",
        _volatility(rules),
        f"Such rebalances are {pause}." if rules.has_triggers else "",
    ]


def _volatility(rules: Rules) -> str:
    if rules.vol_target is not None:
        return (
            f"Exposure is scaled so that its annual volatility is about {_percent(rules.vol_target)}, never above 100%;"
            f" changes of up to {_percent(rules.vol_deadband)} are left."
        )
    if rules.vol_high is not None and rules.vol_low is not None:
        return (
            f"Above an annual volatility of {_percent(rules.vol_high)} exposure is cut to "
            f"{_percent(rules.vol_exposure)}, until it is below {_percent(rules.vol_low)}."
        )
    return ""


def _sleeve(rules: Rules) -> list[str]:
    if not rules.has_sleeve:
        return []
    sources = {
        SignalSource.TREND: f"the trend of closes, {rules.trend_fast} against {rules.trend_slow} days",
        SignalSource.RECORDED: "recorded signals",
    }
    places = {
        Residual.STABLE: "goes to stablecoins, at their market price",
        Residual.REDISTRIBUTE: "goes to the other constituents within their limits, the rest to stablecoins",
        Residual.BTC: "goes to bitcoin",
    }
    gate = f"bull 100%, neutral {_percent(rules.gate_neutral)}, bear {_percent(rules.gate_bear)}"
    hold = f"A signal counts once it has held for {rules.signal_hold} closes"
    wait = f" and {rules.signal_min_days} days after the last switch" if rules.signal_min_days else ""
    has_signals = {rules.signals, rules.gate} != {SignalSource.NONE}
    return [
        f"Each asset holds its weight in a bull signal, half of it in neutral and none in bear, by "
        f"{sources[rules.signals]}."
        if rules.signals in sources
        else "",
        f"The market gate sets the exposure by {sources[rules.gate]}: {gate}." if rules.gate in sources else "",
        f"{hold}{wait}." if has_signals else "",
        f"Weight that is set free {places[rules.residual]}.",
    ]


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"


def _usd(amount: Decimal) -> str:
    return f"${amount:,.0f}"
