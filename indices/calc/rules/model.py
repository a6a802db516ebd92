"""The rules of an index as they stand in a methodology."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Self

from indices.calc.rules.checks import check
from indices.calc.rules.errors import RulesError
from indices.calc.rules.names import Proceeds, RankBy, RebalanceTo, Residual, Scheme, SignalSource, Tilt
from indices.calc.rules.reading import READERS, Blend, to_json
from indices.calc.schedules import Roll, Schedule

LEAST_LOOKBACK = 120
SLACK = 10
REQUIRED = ("count", "enter", "keep", "min_count", "schedule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a methodology says. Money in USD, shares as fractions of 1.

    Of a pair `_enter` is for newcomers and `_stay` for constituents; 0 screens nothing.

    sectors, token_types : those admitted; empty admits all
    exclude : keys of EXCLUSIONS that keep an asset out
    jurisdictions_out : jurisdictions that keep an asset out
    min_age_days : days since an asset's first price; min_price : close at the cut-off
    liquidity_* : median value traded a day over 90 days
    market_cap_* : market cap at the cut-off; traded_ratio_* : median value traded over market cap
    diligence_* : mean due-diligence score, 1 to 5
    streak : reviews in a row, this one included, that a newcomer has passed every screen
    rank_by, rank_days : what orders eligible assets; days looked back by momentum and Sharpe
    count, enter, keep : size of the basket, rank that enters at once, rank down to which a constituent stays
    min_count : fewer eligible assets leave the old basket in force
    scheme, alpha, blend : where weights come from; alpha of the cap family; shares of the parts of a blend
    risk_days, shrinkage : days of the covariance, and how far it is shrunk towards its diagonal
    tilt, tilt_strength : factor that leans weights, and how much
    cap, floor : limits of one weight; None is no limit. cap_largest : a different cap for the largest
    cap_flexible : the cap of an asset is the mean of the cap and its weight now
    cap_relaxes : with too few assets for the cap, 1 / n is the cap
    drop_below : assets whose weight is below are dropped and the rest is weighed again
    sector_cap : limit of the weights of one sector together
    turnover_limit : most one-way turnover of one rebalance
    quorum, ballot_days : fewest voters; days that a ballot is open before the cut-off
    schedule : when constituents are chosen anew; rebalance_schedule : when weights are set anew; recap_schedule : when
        only what breaks a limit is cut back; roll : where a day goes that falls on a weekend
    cutoff_lead_days, announce_lead_days : days from the cut-off and from the announcement to the effective day
    band_absolute, band_relative, band_lower, band_upper, band_aggregate : drift that fires a trigger; see
        indices.calc.triggers. rebalance_to : back to the targets or only to the edge of the band
    vol_high, vol_low, vol_exposure : annual volatility above which the exposure is cut to `vol_exposure`, and below
        which it is restored
    vol_target, vol_deadband : annual volatility aimed at, and the change of exposure that is too small to act on
    cooldown_days, max_triggers : least days between two triggers, most of them in a calendar month
    signals, gate : where signals of assets and of the market come from; gate_neutral, gate_bear : exposure then
    trend_fast, trend_slow : days of the two means of a trend; signal_hold, signal_min_days : closes that a signal has
        held, and days since the last switch, before it counts
    residual, sleeve : where freed weight goes; ids of the stablecoins that hold it, or of bitcoin
    proceeds : who takes what a delisted constituent leaves: the survivors in proportion, or the sleeve
    fee, half_spread, impact, notional : cost of a unit traded, of crossing the spread, of the square root of trade
        over value traded; USD that follow the index
    """

    sectors: tuple[str, ...] = ()
    token_types: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ("stable", "wrapped", "pegged", "security")
    jurisdictions_out: tuple[str, ...] = ()
    min_age_days: int = 90
    min_price: Decimal = Decimal(0)
    liquidity_enter: Decimal = Decimal(5_000_000)
    liquidity_stay: Decimal = Decimal(3_000_000)
    market_cap_enter: Decimal = Decimal(0)
    market_cap_stay: Decimal = Decimal(0)
    traded_ratio_enter: Decimal = Decimal(0)
    traded_ratio_stay: Decimal = Decimal(0)
    diligence_enter: Decimal = Decimal(0)
    diligence_stay: Decimal = Decimal(0)
    streak: int = 1
    rank_by: RankBy = RankBy.MARKET_CAP
    rank_days: int = 90
    count: int
    enter: int
    keep: int
    min_count: int
    scheme: Scheme = Scheme.CAP
    alpha: Decimal = Decimal(1)
    blend: Blend = ()
    risk_days: int = 90
    shrinkage: Decimal = Decimal("0.1")
    tilt: Tilt = Tilt.NONE
    tilt_strength: Decimal = Decimal(0)
    cap: Decimal | None = None
    cap_largest: Decimal | None = None
    cap_flexible: bool = False
    cap_relaxes: bool = False
    floor: Decimal | None = None
    drop_below: Decimal | None = None
    sector_cap: Decimal | None = None
    turnover_limit: Decimal | None = None
    quorum: int = 10
    ballot_days: int = 7
    schedule: Schedule
    rebalance_schedule: Schedule | None = None
    recap_schedule: Schedule | None = None
    roll: Roll = Roll.NONE
    cutoff_lead_days: int = 1
    announce_lead_days: int = 0
    band_absolute: Decimal | None = None
    band_relative: Decimal | None = None
    band_lower: Decimal | None = None
    band_upper: Decimal | None = None
    band_aggregate: Decimal | None = None
    rebalance_to: RebalanceTo = RebalanceTo.TARGET
    vol_high: Decimal | None = None
    vol_low: Decimal | None = None
    vol_exposure: Decimal = Decimal(0)
    vol_target: Decimal | None = None
    vol_deadband: Decimal = Decimal("0.1")
    cooldown_days: int = 0
    max_triggers: int = 0
    signals: SignalSource = SignalSource.NONE
    gate: SignalSource = SignalSource.NONE
    gate_neutral: Decimal = Decimal("0.5")
    gate_bear: Decimal = Decimal(0)
    trend_fast: int = 20
    trend_slow: int = 100
    signal_hold: int = 1
    signal_min_days: int = 0
    residual: Residual = Residual.STABLE
    sleeve: tuple[str, ...] = ()
    proceeds: Proceeds = Proceeds.SURVIVORS
    fee: Decimal = Decimal("0.001")
    half_spread: Decimal = Decimal("0.0005")
    impact: Decimal = Decimal(0)
    notional: Decimal = Decimal(1_000_000)

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        check(self)

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Read a methodology's JSON; what it leaves out keeps its default.

        Raises RulesError that names the field.
        """
        if not isinstance(params, Mapping):
            raise RulesError("params", "are an object with one entry for each rule.")
        known = {field.name: field.type for field in fields(cls)}
        for name in params:
            if name not in known:
                raise RulesError(str(name), "is not a rule.")
        read = {name: READERS[known[name]](name, value) for name, value in params.items()}
        missing = [name for name in REQUIRED if name not in read]
        if missing:
            raise RulesError(missing[0], "is missing.")
        return cls(**read)

    def to_params(self) -> dict[str, Any]:
        """Return the JSON that `from_params` reads back to equal rules."""
        return {field.name: to_json(getattr(self, field.name)) for field in fields(self)}

    @property
    def has_drift_bands(self) -> bool:
        """Tell whether drift may fire a rebalance between reviews."""
        return self.band_aggregate is not None or any(band is not None for band in self.bands.values())

    @property
    def bands(self) -> Mapping[str, float | None]:
        """The bands of each asset by name, fractions of 1, as `calc.triggers` takes them; None is no band."""
        bands = (self.band_absolute, self.band_relative, self.band_lower, self.band_upper)
        figures = (None if band is None else float(band) for band in bands)
        return dict(zip(("absolute", "relative", "lower", "upper"), figures, strict=True))

    @property
    def watches_volatility(self) -> bool:
        """Tell whether volatility sets the exposure, between reviews too."""
        return self.vol_high is not None or self.vol_target is not None

    @property
    def has_triggers(self) -> bool:
        """Tell whether anything but the calendar may rebalance it."""
        return self.has_drift_bands or self.watches_volatility

    @property
    def has_sleeve(self) -> bool:
        """Tell whether signals, a gate, volatility, or scores that may all be 0 can leave weight over."""
        is_signalled = self.signals != SignalSource.NONE or self.gate != SignalSource.NONE
        return is_signalled or self.watches_volatility or self.scheme == Scheme.SHARPE

    @property
    def scores(self) -> frozenset[str]:
        """The scheme that scores come from, and the parts of a blend."""
        return frozenset({self.scheme.value, *(part.value for part, _ in self.blend)})

    @property
    def counts_votes(self) -> bool:
        """Tell whether a ballot is held for each review."""
        return self.rank_by == RankBy.VOTES or "votes" in self.scores

    @property
    def settling_days(self) -> int:
        """Days before a cut-off from which on signals are followed, so that hysteresis has forgotten where it began."""
        return 60 + 2 * (self.signal_hold + self.signal_min_days)

    @property
    def lookback_days(self) -> int:
        """Days of closes before a cut-off that these rules may look at."""
        needs = [LEAST_LOOKBACK, self.risk_days + SLACK]
        looks_at_rank_days = self.rank_by in {RankBy.MOMENTUM, RankBy.SHARPE} or self.tilt != Tilt.NONE
        if looks_at_rank_days or "sharpe" in self.scores:
            needs.append(self.rank_days + SLACK)
        if SignalSource.TREND in {self.signals, self.gate}:
            needs.append(self.trend_slow + self.settling_days + SLACK)
        return max(needs)
