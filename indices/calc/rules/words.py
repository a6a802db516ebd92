"""The methodology as prose: one sentence a rule, written from the live parameters."""

from indices.calc.rules.figures import count_of, enumeration, percent, plain, usd
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
_ROLLS = {Roll.FOLLOWING: "the Monday after", Roll.PRECEDING: "the Friday before"}
_PARTS = {
    BlendPart.CAP: "market cap",
    BlendPart.SQRT_CAP: "the square root of market cap",
    BlendPart.EQUAL: "equal parts",
    BlendPart.LIQUIDITY: "median value traded over 90 days",
    BlendPart.INVERSE_VOLATILITY: "the inverse of volatility",
    BlendPart.EQUAL_RISK: "equal contributions to risk",
    BlendPart.SHARPE: "the Sharpe ratio",
    BlendPart.VOTES: "votes",
}
_SIGNS = {SignalSource.TREND: "trend", SignalSource.RECORDED: "recorded signal"}


def describe(rules: Rules) -> list[str]:
    """Return the methodology in plain words, one sentence a rule; what a rule does not say is not told."""
    words = [
        *_universe(rules),
        *_screens(rules),
        *_ranking(rules),
        *_weights(rules),
        *_limits(rules),
        *_calendar(rules),
        *_drift(rules),
        *_volatility(rules),
        _pause(rules),
        *_signals(rules),
        *_freed(rules),
        *_costs(rules),
    ]
    return [sentence for sentence in words if sentence]


def _universe(rules: Rules) -> list[str]:
    sectors = enumeration([SECTOR_NAMES.get(name, name) for name in rules.sectors])
    noun = "sector" if len(rules.sectors) == 1 else "sectors"
    excluded = enumeration([EXCLUSIONS[name] for name in EXCLUSIONS if name in rules.exclude])
    return [
        f"Assets of the {noun} {sectors} may enter." if sectors else "Assets of every sector may enter.",
        f"Only tokens of the type {enumeration(rules.token_types, 'or')} may enter." if rules.token_types else "",
        f"Kept out: {excluded}." if excluded else "",
        f"Kept out by jurisdiction: {enumeration(rules.jurisdictions_out)}." if rules.jurisdictions_out else "",
    ]


def _screens(rules: Rules) -> list[str]:
    pairs = (
        ("median value traded a day over 90 days", usd, rules.liquidity_enter, rules.liquidity_stay),
        ("market cap", usd, rules.market_cap_enter, rules.market_cap_stay),
        ("value traded a day over market cap", percent, rules.traded_ratio_enter, rules.traded_ratio_stay),
        ("due-diligence score of 1 to 5", plain, rules.diligence_enter, rules.diligence_stay),
    )
    return [
        f"An asset has had a price for {count_of(rules.min_age_days, 'day')} or more." if rules.min_age_days else "",
        f"Its price is at least {usd(rules.min_price)}." if rules.min_price else "",
        *(_pair(what, write(enter), write(stay) if stay else "") for what, write, enter, stay in pairs if enter),
        f"A newcomer has passed all this at {rules.streak} reviews in a row." if rules.streak > 1 else "",
    ]


def _pair(what: str, enter: str, stay: str) -> str:
    if enter == stay:
        return f"Its {what} is at least {enter}."
    return f"Its {what} is at least {enter} to enter{f' and {stay} to stay' if stay else ', and any to stay'}."


def _ranking(rules: Rules) -> list[str]:
    ranks = {
        RankBy.MARKET_CAP: "market cap",
        RankBy.MOMENTUM: f"their return over {rules.rank_days} days",
        RankBy.SHARPE: f"their Sharpe ratio over {rules.rank_days} days",
        RankBy.LIQUIDITY: "median value traded over 90 days",
        RankBy.VOTES: "the votes of the community",
    }
    opens = f"A ballot opens {count_of(rules.ballot_days, 'day')} before each cut-off and closes with it"
    voters = f"with fewer than {count_of(rules.quorum, 'voter')} the basket before stays in force"
    return [
        f"Eligible assets are ranked by {ranks[rules.rank_by]}.",
        f"{opens}; each user has one vote, and {voters}." if rules.counts_votes else "",
        _size(rules),
        f"With fewer than {count_of(rules.min_count, 'eligible asset')} the basket before stays in force.",
    ]


def _size(rules: Rules) -> str:
    if rules.count in {rules.enter, rules.keep}:
        return f"The basket holds the first {count_of(rules.count, 'rank')}."
    first = f"the first {count_of(rules.enter, 'rank')} {'is' if rules.enter == 1 else 'are'} in, " * bool(rules.enter)
    stays = f"a constituent stays down to rank {rules.keep} while there is room"
    return f"The basket holds {rules.count} assets: {first}{stays}, and the next best fill what is left."


def _weights(rules: Rules) -> list[str]:
    blend = enumeration([f"{percent(share)} by {_PARTS[part]}" for part, share in rules.blend])
    schemes = {
        Scheme.CAP: ALPHAS[rules.alpha],
        Scheme.LIQUIDITY: "in proportion to median value traded over 90 days",
        Scheme.INVERSE_VOLATILITY: "in inverse proportion to volatility",
        Scheme.EQUAL_RISK: "so that each asset contributes the same risk",
        Scheme.SHARPE: "in proportion to the Sharpe ratio",
        Scheme.VOTES: "in proportion to votes",
        Scheme.BLEND: f"as a blend: {blend}",
    }
    tilts = {
        Tilt.MOMENTUM: f"a high return over {rules.rank_days} days",
        Tilt.SHARPE: f"a high Sharpe ratio over {rules.rank_days} days",
        Tilt.LIQUIDITY: "a high median value traded over 90 days",
        Tilt.LOW_VOLATILITY: f"a low volatility over {rules.rank_days} days",
        Tilt.DILIGENCE: "a high due-diligence score",
    }
    return [
        f"Weights are set {schemes[rules.scheme]}.",
        *_windows(rules),
        f"Weights lean towards {tilts[rules.tilt]}, with a strength of {plain(rules.tilt_strength)}."
        if rules.tilt in tilts
        else "",
    ]


def _windows(rules: Rules) -> list[str]:
    shrunk = f" with correlations shrunk by {percent(rules.shrinkage)}" if rules.shrinkage else ""
    return [
        f"Volatility is that of daily returns over {rules.risk_days} days."
        if "inverse_volatility" in rules.scores
        else "",
        f"Risk is the covariance of daily returns over {rules.risk_days} days{shrunk}."
        if "equal_risk" in rules.scores
        else "",
        f"The Sharpe ratio is over {rules.rank_days} days; one of 0 or less gives no weight."
        if "sharpe" in rules.scores
        else "",
    ]


def _limits(rules: Rules) -> list[str]:
    largest = f" ({percent(rules.cap_largest)} for the largest)" if rules.cap_largest is not None else ""
    limits = [f"at most {percent(rules.cap)}{largest}"] if rules.cap is not None else []
    limits += [f"at least {percent(rules.floor)}"] if rules.floor else []
    part = "one that would turn over more goes part of the way"
    return [
        f"Each weight is {enumeration(limits)}; what a limit cuts off goes to the others in proportion."
        if limits
        else "",
        "The most that an asset may weigh is halfway between that and the weight it has." if rules.cap_flexible else "",
        "With too few assets for that limit, equal weights are the limit." if rules.cap_relaxes else "",
        f"Assets that would weigh less than {percent(rules.drop_below)} are dropped." if rules.drop_below else "",
        f"One sector weighs at most {percent(rules.sector_cap)}." if rules.sector_cap is not None else "",
        f"A rebalance turns over at most {percent(rules.turnover_limit)} of the index, one way; {part}."
        if rules.turnover_limit is not None
        else "",
    ]


def _calendar(rules: Rules) -> list[str]:
    lead, announced = rules.cutoff_lead_days, rules.announce_lead_days
    cutoff = "of the day before" if lead == 1 else f"{lead} days before"
    calendars = {rules.schedule, rules.rebalance_schedule, rules.recap_schedule} - {None, Schedule.WEEKLY}
    return [
        f"A new basket takes effect at the close of {_DAYS[rules.schedule]}.",
        f"Weights are set anew, with the same constituents, at the close of {_DAYS[rules.rebalance_schedule]}."
        if rules.rebalance_schedule
        else "",
        f"Weights that have grown past a limit are cut back at the close of {_DAYS[rules.recap_schedule]}."
        if rules.recap_schedule
        else "",
        f"A day on a weekend moves to {_ROLLS[rules.roll]}." if calendars and rules.roll in _ROLLS else "",
        f"All this is set from what was known at the close {cutoff}.",
        f"It is announced {count_of(announced, 'day')} before it takes effect." if announced else "",
        "Between the days of the calendar the basket holds units, so weights drift with prices.",
    ]


def _drift(rules: Rules) -> list[str]:
    bands = (
        (rules.band_absolute, "by more than {} of the index"),
        (rules.band_relative, "by more than {} of the target"),
        (rules.band_lower, "downwards by more than {} of the target"),
        (rules.band_upper, "upwards by more than {} of the target"),
    )
    drifts = [words.format(percent(band)) for band, words in bands if band is not None]
    whens = [f"a weight is off its target {enumeration(drifts, 'or')}"] if drifts else []
    if rules.band_aggregate is not None:
        whens.append(f"more than {percent(rules.band_aggregate)} of the index has to change hands to be on target")
    back = "to their targets" if rules.rebalance_to == RebalanceTo.TARGET else "to the edge of the band"
    return [f"When {', or when '.join(whens)}, weights go back {back} at the next close."] if whens else []


def _volatility(rules: Rules) -> list[str]:
    sentence = ""
    if rules.vol_target is not None:
        sentence = (
            "The share held at risk, at most 100%, is set so that the annual volatility of the index is about "
            f"{percent(rules.vol_target)}; a change of {percent(rules.vol_deadband)} or less is not made."
        )
    if rules.vol_high is not None and rules.vol_low is not None:
        sentence = (
            f"Above an annual volatility of {percent(rules.vol_high)} the share held at risk is cut to "
            f"{percent(rules.vol_exposure)}, until volatility is below {percent(rules.vol_low)}."
        )
    window = f"That volatility is of the last {rules.risk_days} days, where newer days count for more."
    return [sentence, window] if sentence else []


def _pause(rules: Rules) -> str:
    if not rules.has_triggers:
        return ""
    apart = f", {count_of(rules.cooldown_days, 'day')} apart or more"
    most = f"at most {rules.max_triggers} in a month" if rules.max_triggers > 1 else "at most one in a month"
    return f"Such changes between the days of the calendar are {most}{apart}."


def _signals(rules: Rules) -> list[str]:
    used = {rules.signals, rules.gate} - {SignalSource.NONE}
    means = f"the close and its mean of {rules.trend_fast} days"
    held = f"it has held for {count_of(rules.signal_hold, 'close')}" if rules.signal_hold > 1 else ""
    waited = f"the last switch is {count_of(rules.signal_min_days, 'day')} ago or more"
    counts = enumeration([words for words in (held, waited if rules.signal_min_days else "") if words])
    asset, market = _SIGNS.get(rules.signals), _SIGNS.get(rules.gate)
    return [
        f"Each asset is held in full while its {asset} is bull, by half in neutral and not at all in bear."
        if asset
        else "",
        f"The share held at risk is 100% while the {market} of the market is bull, {percent(rules.gate_neutral)} in "
        f"neutral and {percent(rules.gate_bear)} in bear."
        if market
        else "",
        f"A trend is bull while {means} are above the mean of {rules.trend_slow} days, bear while both are below, "
        "and neutral otherwise."
        if SignalSource.TREND in used
        else "",
        "The trend of the market is that of bitcoin, or of what stands for it in a simulated market."
        if rules.gate == SignalSource.TREND
        else "",
        f"A new signal counts once {counts}." if used and counts else "",
    ]


def _freed(rules: Rules) -> list[str]:
    ids = enumeration(rules.sleeve)
    coins = f"stablecoins in equal parts, each at its market price: {ids}"
    within = " within the largest weight" if rules.cap is not None else ""
    places = {
        Residual.STABLE: f"Weight that is set free goes to {coins}.",
        Residual.REDISTRIBUTE: "Weight that signals of assets set free goes to the other constituents in proportion"
        f"{within}; the rest goes to {coins}.",
        Residual.BTC: f"Weight that is set free goes to {ids}.",
    }
    takes = "the others in proportion" if rules.proceeds == Proceeds.SURVIVORS else ids
    return [
        "When no asset has a score above 0, the whole weight is set free." if rules.scheme == Scheme.SHARPE else "",
        places[rules.residual] if rules.has_sleeve else "",
        f"What a delisted constituent leaves goes to {takes} until the next review.",
    ]


def _costs(rules: Rules) -> list[str]:
    fixed = f"a fee of {percent(rules.fee)} and half a spread of {percent(rules.half_spread)}"
    if not rules.fee + rules.half_spread + rules.impact:
        return ["Trades are taken to cost nothing: net and gross level are the same."]
    return [
        f"Trades are estimated to cost {percent(rules.fee + rules.half_spread)} of what is traded: {fixed}.",
        f"With {usd(rules.notional)} that follow the index, a trade as large as the value traded in a day costs "
        f"{percent(rules.impact)} more, a smaller one less by the square root."
        if rules.impact
        else "",
        "The net level pays these costs, the gross level does not.",
    ]
