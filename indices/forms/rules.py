"""All rules as fields in a curator's words, in the groups in which they are shown."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from indices.calc.rules import (
    ALPHAS,
    EXCLUSIONS,
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
from indices.forms.fields import NamesField, PercentField, boxes, choice, decimal, limit, switch, whole
from market.models import Classification

RANKS: dict[RankBy, Any] = {
    RankBy.MARKET_CAP: _("Market cap"),
    RankBy.MOMENTUM: _("Return"),
    RankBy.SHARPE: _("Sharpe ratio"),
    RankBy.LIQUIDITY: _("Value traded"),
    RankBy.VOTES: _("Votes of the community"),
}
SCHEMES: dict[Scheme, Any] = {
    Scheme.CAP: _("Market cap"),
    Scheme.LIQUIDITY: _("Value traded"),
    Scheme.INVERSE_VOLATILITY: _("Inverse of volatility"),
    Scheme.EQUAL_RISK: _("Equal contributions to risk"),
    Scheme.SHARPE: _("Sharpe ratio"),
    Scheme.VOTES: _("Votes of the community"),
    Scheme.BLEND: _("A blend"),
}
PARTS: dict[BlendPart, Any] = {
    BlendPart.CAP: _("Blend: market cap, %"),
    BlendPart.SQRT_CAP: _("Blend: square root of market cap, %"),
    BlendPart.EQUAL: _("Blend: equal parts, %"),
    BlendPart.LIQUIDITY: _("Blend: value traded, %"),
    BlendPart.INVERSE_VOLATILITY: _("Blend: inverse of volatility, %"),
    BlendPart.EQUAL_RISK: _("Blend: equal contributions to risk, %"),
    BlendPart.SHARPE: _("Blend: Sharpe ratio, %"),
    BlendPart.VOTES: _("Blend: votes, %"),
}
TILTS: dict[Tilt, Any] = {
    Tilt.NONE: _("None"),
    Tilt.MOMENTUM: _("High return"),
    Tilt.SHARPE: _("High Sharpe ratio"),
    Tilt.LIQUIDITY: _("High value traded"),
    Tilt.LOW_VOLATILITY: _("Low volatility"),
    Tilt.DILIGENCE: _("High due-diligence score"),
}
CALENDARS: dict[Schedule, Any] = {
    Schedule.WEEKLY: _("Each Monday"),
    Schedule.MONTHLY: _("First day of each month"),
    Schedule.QUARTERLY: _("First day of January, April, July, October"),
}
ROLLS: dict[Roll, Any] = {
    Roll.NONE: _("Stays where it is"),
    Roll.FOLLOWING: _("Moves to the Monday after"),
    Roll.PRECEDING: _("Moves to the Friday before"),
}
SOURCES: dict[SignalSource, Any] = {
    SignalSource.NONE: _("None"),
    SignalSource.TREND: _("Trend of closes"),
    SignalSource.RECORDED: _("Recorded signals"),
}
RESIDUALS: dict[Residual, Any] = {
    Residual.STABLE: _("Stablecoins"),
    Residual.REDISTRIBUTE: _("The other constituents, the rest to stablecoins"),
    Residual.BTC: _("Bitcoin"),
}
DISTANCES: dict[RebalanceTo, Any] = {
    RebalanceTo.TARGET: _("To the targets"),
    RebalanceTo.EDGE: _("To the edge of the band"),
}
HEIRS: dict[Proceeds, Any] = {
    Proceeds.SURVIVORS: _("The others in proportion"),
    Proceeds.SLEEVE: _("The sleeve"),
}
NO_CALENDAR = [("", _("None"))]


def _words(table: dict[Any, Any]) -> list[tuple[str, Any]]:
    return [(str(value), words) for value, words in table.items()]


def _part(part: BlendPart) -> PercentField:
    return PercentField(PARTS[part], required=False)


class UniverseFields(forms.Form):
    """Which assets."""

    sectors = boxes(_("Sectors"), Classification.Sector.choices, _("None ticked: every sector may enter."))
    exclude = boxes(_("Kept out"), list(EXCLUSIONS.items()))
    min_age_days = whole(_("Days since the first price"))
    liquidity_enter = decimal(_("Value traded a day to enter, USD"), _("Median over 90 days."))
    liquidity_stay = decimal(_("Value traded a day to stay, USD"))
    token_types = boxes(_("Token types"), Classification.TokenType.choices, _("None ticked: every type may enter."))
    jurisdictions_out = NamesField(_("Jurisdictions kept out"))
    min_price = decimal(_("Lowest price, USD"))
    market_cap_enter = decimal(_("Market cap to enter, USD"), _("0: no such screen."))
    market_cap_stay = decimal(_("Market cap to stay, USD"))
    traded_ratio_enter = PercentField(_("Value traded over market cap to enter, %"), _("0: no such screen."))
    traded_ratio_stay = PercentField(_("Value traded over market cap to stay, %"))
    diligence_enter = decimal(_("Due-diligence score to enter"), _("1 to 5; 0: no such screen."))
    diligence_stay = decimal(_("Due-diligence score to stay"))
    streak = whole(_("Reviews passed in a row to enter"), _("The one that admits it included."))


class SizeFields(forms.Form):
    """How many."""

    rank_by = choice(_("Ranked by"), _words(RANKS))
    rank_days = whole(_("Days of return and Sharpe ratio"), _("Where ranks, weights or the tilt look at them."))
    count = whole(_("Assets held"))
    enter = whole(_("Ranks that enter at once"))
    keep = whole(_("Rank down to which a constituent stays"))
    min_count = whole(_("Fewest eligible assets"), _("With fewer the basket before stays in force."))
    quorum = whole(_("Fewest voters"), _("Where votes count; with fewer the basket before stays in force."))
    ballot_days = whole(_("Days that a ballot is open"), _("Where votes count; it closes with the cut-off."))


class WeightFields(forms.Form):
    """How much of each; one percent for each part of a blend."""

    scheme = choice(_("Weights by"), _words(SCHEMES))
    alpha = choice(_("Market cap counts"), _words(ALPHAS), _("Where weights go by market cap."))
    risk_days = whole(_("Days of volatility and covariance"))
    shrinkage = PercentField(_("Correlations shrunk by, %"), _("Where weights go by equal contributions to risk."))
    tilt = choice(_("Lean towards"), _words(TILTS))
    tilt_strength = decimal(_("Strength of the lean"), _("0 without one."))
    blend_cap = _part(BlendPart.CAP)
    blend_sqrt_cap = _part(BlendPart.SQRT_CAP)
    blend_equal = _part(BlendPart.EQUAL)
    blend_liquidity = _part(BlendPart.LIQUIDITY)
    blend_inverse_volatility = _part(BlendPart.INVERSE_VOLATILITY)
    blend_equal_risk = _part(BlendPart.EQUAL_RISK)
    blend_sharpe = _part(BlendPart.SHARPE)
    blend_votes = _part(BlendPart.VOTES)


class LimitFields(forms.Form):
    """Limits of weights and of change."""

    cap = limit(_("Largest weight, %"))
    floor = limit(_("Smallest weight, %"))
    sector_cap = limit(_("Largest weight of one sector, %"))
    turnover_limit = limit(_("Largest turnover of a rebalance, %"), _("One way. Empty: no limit."))
    cap_largest = limit(_("Another limit for the largest, %"), _("Empty: the same for all."))
    cap_flexible = switch(_("Limit halfway between the largest weight and the weight now"))
    cap_relaxes = switch(_("With too few assets for the largest weight, equal weights"))
    drop_below = limit(_("Drop assets below, %"), _("Empty: none is dropped."))


class CalendarFields(forms.Form):
    """When."""

    schedule = choice(_("New basket"), _words(CALENDARS))
    rebalance_schedule = choice(_("New weights, same assets"), NO_CALENDAR + _words(CALENDARS))
    recap_schedule = choice(_("Cut back to the limits"), NO_CALENDAR + _words(CALENDARS))
    roll = choice(_("A day on a weekend"), _words(ROLLS))
    cutoff_lead_days = whole(_("Days from cut-off to effect"))
    announce_lead_days = whole(_("Days from announcement to effect"), _("Fewer than from the cut-off."))


class TriggerFields(forms.Form):
    """What acts between the days of the calendar."""

    band_absolute = limit(_("Drift in % of the index"), _("Empty: none. 5: a target of 20% is left at 15% or 25%."))
    band_relative = limit(_("Drift in % of the target"), _("Empty: none. 50: a target of 20% is left at 10% or 30%."))
    band_lower = limit(_("Drift downwards in % of the target"), _("Empty: none."))
    band_upper = limit(_("Drift upwards in % of the target"), _("Empty: none."))
    band_aggregate = limit(_("Drift of the whole basket, %"), _("Half the sum of all drifts. Empty: none."))
    rebalance_to = choice(_("Weights go back"), _words(DISTANCES))
    vol_target = limit(_("Volatility aimed at, % a year"), _("Empty: none."))
    vol_deadband = PercentField(_("Change of exposure that is left, %"), _("Where a volatility is aimed at."))
    vol_high = limit(_("Volatility at which exposure is cut, % a year"), _("Empty: it is not."))
    vol_low = limit(_("Volatility at which it is restored, % a year"), _("Empty: it is not."))
    vol_exposure = PercentField(_("Exposure when cut, %"))
    cooldown_days = whole(_("Days between two such changes"), _("At least 1 with any of the above."))
    max_triggers = whole(_("Such changes in a month"), _("At least 1 with any of the above."))


class SleeveFields(forms.Form):
    """Signals, the market's gate, and where freed weight goes."""

    signals = choice(
        _("Signals of assets"), _words(SOURCES), _("Bull holds all of the weight, neutral half, bear none.")
    )
    gate = choice(_("Signal of the market"), _words(SOURCES), _("Bull holds everything."))
    gate_neutral = PercentField(_("Exposure while the market is neutral, %"))
    gate_bear = PercentField(_("Exposure while the market is bear, %"))
    trend_fast = whole(_("Days of the fast mean"), _("Where a trend is looked at."))
    trend_slow = whole(_("Days of the slow mean"))
    signal_hold = whole(_("Closes that a signal has held before it counts"))
    signal_min_days = whole(_("Days since the last switch before it counts"))
    residual = choice(_("Freed weight goes to"), _words(RESIDUALS))
    sleeve = NamesField(_("Assets of the sleeve"), _("Ids with commas: usd-coin, tether. For bitcoin its id alone."))
    proceeds = choice(_("What a delisted asset leaves goes to"), _words(HEIRS))


class CostFields(forms.Form):
    """What trades are estimated to cost."""

    fee = PercentField(_("Fee, % of what is traded"))
    half_spread = PercentField(_("Half the spread, %"))
    impact = PercentField(
        _("Impact, %"), _("Of a trade as large as the value traded in a day; a smaller one by the square root.")
    )
    notional = decimal(_("Taken to follow the index, USD"), _("Where impact counts."))
