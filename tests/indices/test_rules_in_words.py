"""The methodology as prose: every rule that says something is told, every rule that says nothing is silent."""

import pytest

from indices.calc.rules import Rules, describe
from indices.models import Index
from indices.services.presets import PRESETS
from tests.indices.factories import PLAIN
from tests.indices.rulebooks import CUT, FIELDS, FULL

# What each field changes in the rulebook that uses it.
CHANGES = {
    "sectors": ["defi", "ai"],
    "token_types": [],
    "exclude": [],
    "jurisdictions_out": ["US"],
    "min_age_days": 0,
    "min_price": "0",
    "liquidity_enter": "9000000",
    "liquidity_stay": "1",
    "market_cap_enter": "90000000",
    "market_cap_stay": "80000000",
    "traded_ratio_enter": "0.003",
    "traded_ratio_stay": "0.002",
    "diligence_enter": "4",
    "diligence_stay": "2",
    "streak": 2,
    "rank_by": "liquidity",
    "rank_days": 60,
    "count": 19,
    "enter": 15,
    "keep": 25,
    "min_count": 9,
    "risk_days": 90,
    "shrinkage": "0",
    "tilt": "diligence",
    "tilt_strength": "0.4",
    "cap": "0.2",
    "cap_largest": "0.3",
    "cap_relaxes": False,
    "floor": "0.004",
    "drop_below": "0.007",
    "sector_cap": "0.6",
    "turnover_limit": "0.4",
    "quorum": 1,
    "ballot_days": 1,
    "schedule": "monthly",
    "rebalance_schedule": None,
    "recap_schedule": None,
    "roll": "preceding",
    "cutoff_lead_days": 6,
    "announce_lead_days": 1,
    "band_absolute": "0.06",
    "band_relative": None,
    "band_lower": "0.5",
    "band_upper": "0.7",
    "band_aggregate": None,
    "rebalance_to": "target",
    "vol_high": "1.3",
    "vol_low": "0.7",
    "vol_exposure": "0",
    "cooldown_days": 6,
    "max_triggers": 1,
    "signals": "recorded",
    "gate": "trend",
    "gate_neutral": "0.7",
    "gate_bear": "0",
    "trend_fast": 31,
    "trend_slow": 140,
    "signal_hold": 1,
    "signal_min_days": 0,
    "residual": "stable",
    "sleeve": ["dai"],
    "proceeds": "survivors",
    "fee": "0.003",
    "half_spread": "0.002",
    "impact": "0",
    "notional": "1000000",
    "blend": FULL["blend"] | {"cap": "0.3", "sqrt_cap": "0.1"},
}
CHANGES_OF_CUT = {"scheme": "inverse_volatility", "alpha": "0", "cap_flexible": False, "vol_target": "0.5"} | {
    "vol_deadband": "0.1"
}

PROSE = """
Assets of the sectors DeFi, AI and layer 1 may enter. Only tokens of the type utility or currency may enter. Kept out:
stablecoins and memecoins. Kept out by jurisdiction: US and CH. An asset has had a price for 180 days or more. Its
price is at least $0.01. Its median value traded a day over 90 days is at least $8,000,000. Its market cap is at least
$100,000,000 to enter and $80,000,000.5 to stay. Its value traded a day over market cap is at least 0.2% to enter, and
any to stay. Its due-diligence score of 1 to 5 is at least 3.5 to enter and 3 to stay. A newcomer has passed all this
at 3 reviews in a row. Eligible assets are ranked by their Sharpe ratio over 120 days. A ballot opens 5 days before
each cut-off and closes with it; each user has one vote, and with fewer than 25 voters the basket before stays in
force. The basket holds 20 assets: the first 16 ranks are in, a constituent stays down to rank 24 while there is room,
and the next best fill what is left. With fewer than 10 eligible assets the basket before stays in force. Weights are
set as a blend: 10% by market cap, 30% by the square root of market cap, 10% by equal parts, 25% by median value
traded over 90 days, 5% by the inverse of volatility, 10% by equal contributions to risk, 5% by the Sharpe ratio and
5% by votes. Volatility is that of daily returns over 150 days. Risk is the covariance of daily returns over 150 days
with correlations shrunk by 20%. The Sharpe ratio is over 120 days; one of 0 or less gives no weight. Weights lean
towards a low volatility over 120 days, with a strength of 0.3. Each weight is at most 15% (25% for the largest) and
at least 0.5%; what a limit cuts off goes to the others in proportion. With too few assets for that limit, equal
weights are the limit. Assets that would weigh less than 0.6% are dropped. One sector weighs at most 50%. A rebalance
turns over at most 30% of the index, one way; one that would turn over more goes part of the way. A new basket takes
effect at the close of the first day of January, April, July and October. Weights are set anew, with the same
constituents, at the close of the first day of each month. Weights that have grown past a limit are cut back at the
close of each Monday. A day on a weekend moves to the Monday after. All this is set from what was known at the close 5
days before. It is announced 3 days before it takes effect. Between the days of the calendar the basket holds units,
so weights drift with prices. When a weight is off its target by more than 5% of the index, by more than 50% of the
target, downwards by more than 40% of the target or upwards by more than 60% of the target, or when more than 20% of
the index has to change hands to be on target, weights go back to the edge of the band at the next close. Above an
annual volatility of 120% the share held at risk is cut to 25%, until volatility is below 80%. That volatility is of
the last 150 days, where newer days count for more. Such changes between the days of the calendar are at most 2 in a
month, 5 days apart or more. Each asset is held in full while its trend is bull, by half in neutral and not at all in
bear. The share held at risk is 100% while the recorded signal of the market is bull, 60% in neutral and 10% in bear.
A trend is bull while the close and its mean of 30 days are above the mean of 150 days, bear while both are below, and
neutral otherwise. A new signal counts once it has held for 3 closes and the last switch is 10 days ago or more.
Weight that signals of assets set free goes to the other constituents in proportion within the largest weight; the
rest goes to stablecoins in equal parts, each at its market price: usd-coin and tether. What a delisted constituent
leaves goes to usd-coin and tether until the next review. Trades are estimated to cost 0.3% of what is traded: a fee
of 0.2% and half a spread of 0.1%. With $2,000,000 that follow the index, a trade as large as the value traded in a
day costs 10% more, a smaller one less by the square root. The net level pays these costs, the gross level does not.
"""


def told(params):
    """Return the prose of rules as one text."""
    return " ".join(describe(Rules.from_params(params)))


def test_a_rulebook_that_uses_every_rule_reads_as_this():
    assert told(FULL) == " ".join(PROSE.split())
    assert len(describe(Rules.from_params(FULL))) == 45


def test_rules_that_say_nothing_are_not_told():
    bare = PLAIN | {"exclude": [], "fee": "0", "half_spread": "0", "min_count": 1}

    assert describe(Rules.from_params(bare)) == [
        "Assets of every sector may enter.",
        "Eligible assets are ranked by market cap.",
        "The basket holds the first 3 ranks.",
        "With fewer than 1 eligible asset the basket before stays in force.",
        "Weights are set in proportion to market cap.",
        "A new basket takes effect at the close of the first day of each month.",
        "All this is set from what was known at the close of the day before.",
        "Between the days of the calendar the basket holds units, so weights drift with prices.",
        "What a delisted constituent leaves goes to the others in proportion until the next review.",
        "Trades are taken to cost nothing: net and gross level are the same.",
    ]


@pytest.mark.parametrize(("name", "value"), CHANGES.items())
def test_a_rule_that_says_something_is_told(name, value):
    assert told(FULL | {name: value}) != told(FULL)


@pytest.mark.parametrize(("name", "value"), CHANGES_OF_CUT.items())
def test_a_rule_of_another_kind_is_told(name, value):
    assert told(CUT | {name: value}) != told(CUT)


def test_every_rule_is_among_those_told():
    assert CHANGES.keys() | CHANGES_OF_CUT.keys() == set(FIELDS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rank_days", 200),
        ("risk_days", 200),
        ("shrinkage", "0.3"),
        ("quorum", 99),
        ("ballot_days", 9),
        ("vol_exposure", "0.4"),
        ("vol_deadband", "0.2"),
        ("cooldown_days", 9),
        ("max_triggers", 9),
        ("gate_neutral", "0.9"),
        ("gate_bear", "0.1"),
        ("trend_fast", 30),
        ("trend_slow", 200),
        ("signal_hold", 9),
        ("signal_min_days", 9),
        ("residual", "btc"),
        ("sleeve", ["usd-coin"]),
        ("notional", "9"),
        ("floor", "0"),
        ("drop_below", "0"),
        ("min_price", "0.00"),
    ],
)
def test_a_rule_without_a_say_is_silent(name, value):
    assert told(PLAIN | {name: value}) == told(PLAIN)


def test_weekly_days_are_no_days_of_a_weekend():
    weekly = PLAIN | {"schedule": "weekly"}

    assert told(weekly | {"roll": "following"}) == told(weekly)
    assert "moves to the Friday before" in told(weekly | {"roll": "preceding", "recap_schedule": "monthly"})


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"sectors": ["defi"]}, "Assets of the sector DeFi may enter."),
        ({"sectors": ["layer1", "rwa"]}, "Assets of the sectors layer 1 and real-world assets may enter."),
        ({"min_age_days": 1}, "An asset has had a price for 1 day or more."),
        ({"rank_by": "momentum"}, "Eligible assets are ranked by their return over 90 days."),
        ({"rank_by": "votes"}, "Eligible assets are ranked by the votes of the community."),
        ({"rank_by": "votes", "quorum": 1}, "fewer than 1 voter the basket"),
        ({"count": 1, "enter": 1, "keep": 1, "min_count": 1}, "The basket holds the first 1 rank."),
        ({"keep": 9}, "The basket holds the first 3 ranks."),
        ({"enter": 1, "keep": 4}, "The basket holds 3 assets: the first 1 rank is in, a constituent stays"),
        ({"enter": 0, "keep": 4}, "The basket holds 3 assets: a constituent stays down to rank 4 while there is room"),
        ({"alpha": "0.5"}, "Weights are set in proportion to the square root of market cap."),
        ({"alpha": "0"}, "Weights are set equally."),
        ({"scheme": "liquidity"}, "Weights are set in proportion to median value traded over 90 days."),
        ({"scheme": "inverse_volatility"}, "Weights are set in inverse proportion to volatility. Volatility is that"),
        ({"scheme": "equal_risk"}, "Weights are set so that each asset contributes the same risk. Risk is the"),
        ({"scheme": "equal_risk", "shrinkage": "0"}, "Risk is the covariance of daily returns over 90 days."),
        ({"scheme": "sharpe", "sleeve": ["dai"]}, "When no asset has a score above 0, the whole weight is set free."),
        ({"scheme": "votes"}, "Weights are set in proportion to votes."),
        ({"tilt": "momentum", "tilt_strength": "1"}, "Weights lean towards a high return over 90 days, with a"),
        ({"tilt": "sharpe", "tilt_strength": "1"}, "Weights lean towards a high Sharpe ratio over 90 days"),
        ({"tilt": "liquidity", "tilt_strength": "1"}, "Weights lean towards a high median value traded over 90 days"),
        ({"tilt": "diligence", "tilt_strength": "1"}, "Weights lean towards a high due-diligence score"),
        ({"cap": "0.5"}, "Each weight is at most 50%; what"),
        ({"floor": "0.1"}, "Each weight is at least 10%; what"),
        ({"cap": "0.5", "cap_flexible": True}, "halfway between that and the weight it has."),
        ({"cutoff_lead_days": 3, "announce_lead_days": 1}, "It is announced 1 day before it takes effect."),
        (
            {"band_aggregate": "0.1", "cooldown_days": 3, "max_triggers": 1},
            "When more than 10% of the index has to change hands to be on target, weights go back to their targets at",
        ),
        (
            {"band_aggregate": "0.1", "cooldown_days": 3, "max_triggers": 1},
            "Such changes between the days of the calendar are at most one in a month, 3 days apart or more.",
        ),
        (
            {"vol_target": "0.4", "cooldown_days": 1, "max_triggers": 2, "sleeve": ["dai"]},
            "so that the annual volatility of the index is about 40%; a change of 10% or less is not made.",
        ),
        ({"gate": "trend", "sleeve": ["dai"]}, "The trend of the market is that of bitcoin"),
        ({"gate": "trend", "residual": "btc", "sleeve": ["bitcoin"]}, "Weight that is set free goes to bitcoin."),
        (
            {"signals": "recorded", "residual": "redistribute", "sleeve": ["dai"]},
            "goes to the other constituents in proportion; the rest goes to stablecoins",
        ),
        ({"signals": "recorded", "sleeve": ["dai"]}, "while its recorded signal is bull"),
        (
            {"gate": "recorded", "sleeve": ["dai"], "signal_hold": 2},
            "A new signal counts once it has held for 2 closes.",
        ),
        (
            {"gate": "recorded", "sleeve": ["dai"], "signal_min_days": 1},
            "A new signal counts once the last switch is 1 day ago or more.",
        ),
        ({"fee": "0", "half_spread": "0", "impact": "0.1"}, "Trades are estimated to cost 0% of what is traded"),
    ],
)
def test_words_fit_the_numbers(params, sentence):
    assert sentence in told(PLAIN | params)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_every_preset_reads_as_sentences(preset):
    sentences = describe(preset.rules_in(Index.Universe.REAL))

    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in sentences)
    assert len(set(sentences)) == len(sentences)
