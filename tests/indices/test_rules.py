"""Methodology parameters: read strictly, refused with the field and the words, written back exactly."""

from dataclasses import MISSING, fields
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from indices.calc.rules import EXCLUSIONS, SECTORS, Rules, RulesError
from indices.calc.rules.figures import count_of, enumeration, percent, plain, usd
from indices.models import Index
from indices.services.presets import PRESETS
from market.models import Classification
from tests.indices.factories import PLAIN, make_rules
from tests.indices.rulebooks import CUT, FIELDS, FULL

D = Decimal


@pytest.mark.parametrize("universe", Index.Universe)
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_params_read_back_to_equal_rules(preset, universe):
    rules = preset.rules_in(universe)

    assert Rules.from_params(rules.to_params()) == rules


@pytest.mark.parametrize("params", [FULL, CUT], ids=["full", "cut"])
def test_rules_that_use_every_field_are_written_as_they_were_read(params):
    assert Rules.from_params(params).to_params() == params


def test_the_two_rulebooks_of_these_tests_use_every_field():
    defaults = {field.name: field.default for field in fields(Rules) if field.default is not MISSING}
    full, cut = Rules.from_params(FULL), Rules.from_params(CUT)

    same = [name for name, value in defaults.items() if getattr(full, name) == value == getattr(cut, name)]

    assert same == []
    assert set(FULL) == set(CUT) == set(FIELDS)


def test_params_of_before_the_engine_still_read():
    old = {
        "sectors": ["layer1"],
        "exclude": ["stable", "wrapped", "pegged", "security", "exchange", "meme", "privacy"],
        "min_age_days": 90,
        "liquidity_enter": "5000000",
        "liquidity_stay": "3000000",
        "count": 10,
        "enter": 8,
        "keep": 12,
        "min_count": 5,
        "alpha": "0.5",
        "cap": "0.4",
        "floor": None,
        "schedule": "quarterly",
        "cutoff_lead_days": 1,
    }

    rules = Rules.from_params(old)

    assert (rules.count, rules.alpha, rules.cap, rules.floor) == (10, D("0.5"), D("0.4"), None)
    assert not rules.has_triggers
    assert not rules.has_sleeve
    assert not rules.counts_votes
    assert Rules.from_params(rules.to_params()) == rules


@given(
    whole=st.integers(min_value=1, max_value=10**18 - 1),
    step=st.integers(min_value=0, max_value=10**12 - 1),
)
def test_numbers_keep_every_digit(whole, step):
    written = f"{whole}.{step:012}"

    rules = make_rules(notional=written)

    assert rules.notional == D(written)
    assert Rules.from_params(rules.to_params()).notional == D(written)


def test_whole_numbers_and_zeros_at_the_end_are_written_short():
    rules = make_rules(cap="0.400000000000000", liquidity_enter=5_000_000)

    assert rules.to_params()["cap"] == "0.4"
    assert rules.to_params()["liquidity_enter"] == "5000000"


BLENDED = {"scheme": "blend", "blend": {"cap": "0.5", "equal": "0.5"}}
TRIGGERED = {"band_absolute": "0.05", "cooldown_days": 5, "max_triggers": 2}
PARKED = {"sleeve": ["usd-coin"]}


@pytest.mark.parametrize(
    ("params", "field", "words"),
    [
        ({"colour": 1}, "colour", "is not a rule"),
        ({"count": "10"}, "count", "whole number"),
        ({"count": True}, "count", "whole number"),
        ({"cap_relaxes": "yes"}, "cap_relaxes", "true or false"),
        ({"alpha": 0.5}, "alpha", "written as a string"),
        ({"alpha": True}, "alpha", "written as a string"),
        ({"alpha": "x"}, "alpha", "is a number"),
        ({"alpha": "NaN"}, "alpha", "at most 18 digits"),
        ({"cap": "0.1234567890123"}, "cap", "12 after the point"),
        ({"notional": "1000000000000000000"}, "notional", "at most 18 digits"),
        ({"liquidity_enter": "1e400"}, "liquidity_enter", "at most 18 digits"),
        ({"sectors": "defi"}, "sectors", "list of names"),
        ({"exclude": [1]}, "exclude", "list of names"),
        ({"sleeve": [" "]}, "sleeve", "list of names"),
        ({"schedule": "daily"}, "schedule", "weekly, monthly or quarterly, not 'daily'"),
        ({"schedule": None}, "schedule", "weekly, monthly or quarterly"),
        ({"recap_schedule": "daily"}, "recap_schedule", "weekly, monthly or quarterly"),
        ({"roll": "up"}, "roll", "none, following or preceding"),
        ({"rank_by": "colour"}, "rank_by", "market_cap, momentum, sharpe, liquidity or votes"),
        ({"scheme": "colour"}, "scheme", "votes or blend"),
        ({"tilt": "colour"}, "tilt", "low_volatility or diligence"),
        ({"signals": "colour"}, "signals", "none, trend or recorded"),
        ({"residual": "colour"}, "residual", "stable, redistribute or btc"),
        ({"rebalance_to": "colour"}, "rebalance_to", "target or edge"),
        ({"proceeds": "colour"}, "proceeds", "survivors or sleeve"),
        ({"blend": ["cap"]}, "blend", "an object of parts and their shares"),
        ({"blend": {"colour": "1"}}, "blend", "'colour' is none of cap, sqrt_cap"),
        ({"blend": {"cap": 0.5}}, "blend", "written as a string"),
    ],
)
def test_what_cannot_be_read_is_named(params, field, words):
    refuses(params, field, words)


@pytest.mark.parametrize(
    ("params", "field", "words"),
    [
        ({"sectors": ["sport"]}, "sectors", "'sport' is none of payments"),
        ({"token_types": ["coin"]}, "token_types", "'coin' is none of currency"),
        ({"exclude": ["tall"]}, "exclude", "'tall' is none of stable"),
        ({"sectors": ["stablecoin", "wrapped"]}, "sectors", "nothing may ever enter"),
        ({"min_age_days": -1}, "min_age_days", "between 0 and 3650, not -1"),
        ({"count": 0}, "count", "between 1 and 500, not 0"),
        ({"streak": 13}, "streak", "between 1 and 12"),
        ({"rank_days": 6}, "rank_days", "between 7 and 730"),
        ({"risk_days": 59}, "risk_days", "between 60 and 730"),
        ({"quorum": 0}, "quorum", "between 1 and 1000000"),
        ({"ballot_days": 61}, "ballot_days", "between 1 and 60"),
        ({"cutoff_lead_days": 0}, "cutoff_lead_days", "between 1 and 28"),
        ({"cooldown_days": 366}, "cooldown_days", "between 0 and 365"),
        ({"max_triggers": 32}, "max_triggers", "between 0 and 31"),
        ({"trend_fast": 1}, "trend_fast", "between 2 and 200"),
        ({"trend_slow": 401}, "trend_slow", "between 3 and 400"),
        ({"signal_hold": 0}, "signal_hold", "between 1 and 60"),
        ({"signal_min_days": 181}, "signal_min_days", "between 0 and 180"),
        ({"shrinkage": "1.1"}, "shrinkage", "between 0% and 100%, not 110%"),
        ({"drop_below": "-0.01"}, "drop_below", "between 0% and 100%, not -1%"),
        ({"band_lower": "1.1"} | TRIGGERED, "band_lower", "between 0% and 100%"),
        ({"vol_exposure": "1.1"}, "vol_exposure", "between 0% and 100%"),
        ({"vol_deadband": "2"}, "vol_deadband", "between 0% and 100%"),
        ({"gate_neutral": "1.1"}, "gate_neutral", "between 0% and 100%"),
        ({"gate_bear": "-0.1"}, "gate_bear", "between 0% and 100%"),
        ({"floor": "-0.1"}, "floor", "between 0% and 100%"),
        ({"cap": "0", "cap_relaxes": True}, "cap", "above 0% and at most 100%, not 0%"),
        ({"cap": "0.5", "cap_largest": "1.1"}, "cap_largest", "above 0% and at most 100%"),
        ({"sector_cap": "1.2"}, "sector_cap", "above 0% and at most 100%"),
        ({"turnover_limit": "0"}, "turnover_limit", "above 0% and at most 100%"),
        (TRIGGERED | {"band_absolute": "0"}, "band_absolute", "above 0% and at most 100%"),
        (TRIGGERED | {"band_aggregate": "0"}, "band_aggregate", "above 0% and at most 100%"),
        (TRIGGERED | {"band_relative": "0"}, "band_relative", "is above 0."),
        (TRIGGERED | {"band_upper": "0"}, "band_upper", "is above 0."),
        (TRIGGERED | PARKED | {"vol_target": "0"}, "vol_target", "is above 0."),
        (TRIGGERED | PARKED | {"vol_high": "1", "vol_low": "0"}, "vol_low", "is above 0."),
        (TRIGGERED | PARKED | {"vol_high": "0", "vol_low": "-1"}, "vol_high", "is above 0."),
        ({"notional": "0"}, "notional", "is above 0."),
        ({"min_price": "-1"}, "min_price", "is not below 0."),
        ({"tilt_strength": "-1", "tilt": "momentum"}, "tilt_strength", "is not below 0."),
        ({"impact": "-1"}, "impact", "is not below 0."),
        ({"fee": "-0.1"}, "fee", "is not below 0."),
        ({"half_spread": "-0.1"}, "half_spread", "is not below 0."),
        ({"fee": "0.3", "half_spread": "0.2"}, "fee", "half the spread are below 50% together"),
        ({"liquidity_stay": "1"}, "liquidity_stay", "between 0 and the value that a newcomer needs"),
        ({"market_cap_stay": "-1"}, "market_cap_stay", "the market cap that a newcomer needs"),
        ({"traded_ratio_stay": "1"}, "traded_ratio_stay", "the ratio that a newcomer needs"),
        ({"diligence_enter": "3", "diligence_stay": "4"}, "diligence_stay", "the score that a newcomer needs"),
        ({"diligence_enter": "5.1"}, "diligence_enter", "a score up to 5, not 5.1"),
        ({"enter": 4}, "enter", "between 0 and the count of 3, not 4"),
        ({"keep": 2}, "keep", "at least the count of 3, not 2"),
        ({"min_count": 4}, "min_count", "between 1 and the count of 3, not 4"),
        ({"alpha": "0.7"}, "alpha", "is 1, 0.5 or 0, not 0.7"),
        ({"blend": {"cap": "1"}}, "blend", "only where weights are set by a blend"),
        ({"scheme": "blend"}, "blend", "sum to 100%, not to 0%"),
        (BLENDED | {"blend": {"cap": "0.5", "equal": "0.4"}}, "blend", "sum to 100%, not to 90%"),
        (BLENDED | {"blend": {"cap": "1", "equal": "0"}}, "blend", "parts above 0%"),
        ({"tilt": "momentum"}, "tilt_strength", "above 0 with a tilt, and 0 without"),
        ({"tilt_strength": "0.5"}, "tilt_strength", "above 0 with a tilt, and 0 without"),
        ({"tilt": "momentum", "tilt_strength": "11"}, "tilt_strength", "is at most 10, not 11."),
        ({"cap_largest": "0.5"}, "cap_largest", "goes with a largest weight, and none is given"),
        ({"cap_flexible": True}, "cap_flexible", "goes with a largest weight"),
        ({"cap_relaxes": True}, "cap_relaxes", "goes with a largest weight"),
        ({"cap": "0.5", "cap_largest": "0.4"}, "cap_largest", "at least the 50% of the others"),
        ({"cap": "0.4", "cap_largest": "0.5", "cap_flexible": True}, "cap_flexible", "one cap for all"),
        ({"cap": "0.3"}, "cap", "3 assets of at most 30% each cannot make up the whole"),
        ({"cap": "0.3", "cap_largest": "0.39"}, "cap", "cannot make up the whole"),
        ({"floor": "0.4"}, "floor", "3 assets of at least 40% each are more than the whole"),
        ({"floor": "0.31", "cap": "0.3", "cap_relaxes": True}, "floor", "at most the largest weight of 30%, not 31%"),
        ({"sector_cap": "0.4", "sectors": ["defi", "ai"]}, "sector_cap", "2 sectors of at most 40% each"),
        ({"sector_cap": "0.07"}, "sector_cap", "14 sectors of at most 7% each cannot make up the whole"),
        ({"floor": "0.02", "drop_below": "0.02"}, "drop_below", "above the smallest weight of 2%, or drops nothing"),
        ({"cap": "0.4", "drop_below": "0.41"}, "drop_below", "at most the largest weight of 40%"),
        ({"announce_lead_days": 1}, "announce_lead_days", "between 0 and 0, below the 1 from cut-off to effect"),
        ({"announce_lead_days": -1}, "announce_lead_days", "between 0 and 0"),
        ({"schedule": "weekly", "cutoff_lead_days": 7}, "cutoff_lead_days", "at most 6 with a weekly calendar"),
        ({"recap_schedule": "weekly", "cutoff_lead_days": 7}, "cutoff_lead_days", "at most 6"),
        (TRIGGERED | PARKED | {"vol_high": "1"}, "vol_low", "cutting and restoring go together"),
        (TRIGGERED | PARKED | {"vol_low": "1"}, "vol_high", "cutting and restoring go together"),
        (TRIGGERED | PARKED | {"vol_high": "1", "vol_low": "1"}, "vol_low", "below the 100% at which the exposure"),
        (TRIGGERED | PARKED | {"vol_high": "2", "vol_low": "1", "vol_target": "1"}, "vol_target", "not both"),
        (TRIGGERED | PARKED | {"vol_high": "2", "vol_low": "1", "vol_exposure": "1"}, "vol_exposure", "is below 100%"),
        (TRIGGERED | {"cooldown_days": 0}, "cooldown_days", "at least 1 where drift or volatility may trigger"),
        (TRIGGERED | {"max_triggers": 0}, "max_triggers", "at least 1 where drift or volatility may trigger"),
        ({"rebalance_to": "edge"}, "rebalance_to", "a band for each asset, and none is given"),
        ({"trend_fast": 100}, "trend_fast", "shorter than the 100 days of the slow mean"),
        ({"gate_bear": "0.6"}, "gate_bear", "at most the 50% held while neutral"),
        (
            {"gate": "trend", "residual": "redistribute"} | PARKED,
            "residual",
            "only where signals of assets set it free",
        ),
        ({"signals": "trend"}, "sleeve", "is empty"),
        ({"gate": "recorded"}, "sleeve", "is empty"),
        ({"scheme": "sharpe"}, "sleeve", "is empty"),
        (TRIGGERED | {"vol_target": "0.5"}, "sleeve", "is empty"),
        ({"proceeds": "sleeve"}, "sleeve", "is empty"),
        ({"gate": "trend", "residual": "btc", "sleeve": ["a", "b"]}, "sleeve", "is bitcoin alone"),
    ],
)
def test_what_contradicts_is_named(params, field, words):
    refuses(params, field, words)


def refuses(params, field, words):
    """Read plain rules with these, and want one error with its field and words."""
    with pytest.raises(RulesError) as caught:
        Rules.from_params(PLAIN | params)

    assert str(caught.value) == f"{caught.value.field}: {caught.value.message}"
    assert words in {error.field: error.message for error in (caught.value, *caught.value.also)}.get(field, "")


@pytest.mark.parametrize(
    "params",
    [
        {"count": 4, "enter": 4, "keep": 5, "cap": "0.25", "floor": "0.25"},
        {"count": 2, "enter": 2, "cap": "0.5", "floor": "0.5"},
        {"cap": "0.3", "cap_largest": "0.4"},
        {"cap": "0.1", "cap_relaxes": True},
        {"sector_cap": "0.5", "sectors": ["defi", "ai"]},
        {"sectors": ["memecoin", "defi"], "exclude": ["meme"]},
        {"fee": "0.3", "half_spread": "0.199999999999"},
        {"schedule": "weekly", "cutoff_lead_days": 6, "announce_lead_days": 5},
        {"scheme": "votes"},
        {"enter": 0, "streak": 12, "diligence_enter": "5", "diligence_stay": "5"},
    ],
)
def test_rules_at_the_edge_hold(params):
    assert Rules.from_params(PLAIN | params).to_params().items() >= params.items()


def test_all_that_contradicts_is_told_at_once():
    with pytest.raises(RulesError) as caught:
        make_rules(enter=9, keep=1, min_count=9)

    assert caught.value.field == "enter"
    assert [error.field for error in caught.value.also] == ["keep", "min_count"]


@pytest.mark.parametrize("name", ["count", "enter", "keep", "min_count", "schedule"])
def test_a_missing_rule_is_named(name):
    with pytest.raises(RulesError, match="is missing") as caught:
        Rules.from_params({key: value for key, value in PLAIN.items() if key != name})

    assert caught.value.field == name


def test_rules_are_an_object():
    with pytest.raises(RulesError, match="are an object"):
        Rules.from_params(["count"])  # type: ignore[arg-type] # what a hand-made JSON may hold


def test_names_that_come_twice_count_once():
    assert make_rules(sectors=["defi", "ai", "defi"]).sectors == ("defi", "ai")


@pytest.mark.parametrize(
    ("params", "days"),
    [
        ({}, 120),
        ({"risk_days": 300}, 310),
        ({"rank_by": "momentum", "rank_days": 200}, 210),
        ({"rank_by": "market_cap", "rank_days": 200}, 120),
        ({"tilt": "liquidity", "tilt_strength": "1", "rank_days": 200}, 210),
        ({"scheme": "sharpe", "sleeve": ["a"], "rank_days": 200}, 210),
        ({"scheme": "blend", "blend": {"cap": "0.5", "sharpe": "0.5"}, "rank_days": 200}, 210),
        # 100 days of the slow mean, 60 + 2 x (3 + 5) to forget where it began, 10 to spare
        ({"gate": "trend", "sleeve": ["a"], "signal_hold": 3, "signal_min_days": 5}, 186),
    ],
)
def test_rules_look_back_as_far_as_their_longest_window(params, days):
    assert make_rules(**params).lookback_days == days


@pytest.mark.parametrize(
    ("params", "triggers", "sleeve", "votes"),
    [
        ({}, False, False, False),
        ({"band_aggregate": "0.2", "cooldown_days": 1, "max_triggers": 1}, True, False, False),
        ({"vol_target": "0.4", "cooldown_days": 1, "max_triggers": 1, "sleeve": ["a"]}, True, True, False),
        ({"gate": "recorded", "sleeve": ["a"]}, False, True, False),
        ({"signals": "trend", "sleeve": ["a"]}, False, True, False),
        ({"scheme": "sharpe", "sleeve": ["a"]}, False, True, False),
        ({"rank_by": "votes"}, False, False, True),
        ({"scheme": "votes"}, False, False, True),
        ({"scheme": "blend", "blend": {"cap": "0.5", "votes": "0.5"}}, False, False, True),
    ],
)
def test_rules_know_what_they_need(params, triggers, sleeve, votes):
    rules = make_rules(**params)

    assert (rules.has_triggers, rules.has_sleeve, rules.counts_votes) == (triggers, sleeve, votes)


def test_sectors_are_those_of_the_market():
    assert set(SECTORS) == set(Classification.Sector.values)


def test_every_exclusion_has_its_words():
    assert all(EXCLUSIONS.values())


def test_figures_are_written_exactly():
    assert [plain(D(text)) for text in ("100", "0.50", "1E+3", "0", "0.000000000001")] == [
        "100", "0.5", "1000", "0", "0.000000000001",
    ]  # fmt: skip
    assert [percent(D(text)) for text in ("0.4", "1", "0.0005", "1.25")] == ["40%", "100%", "0.05%", "125%"]
    assert [usd(D(text)) for text in ("5000000", "0.01", "1234.50")] == ["$5,000,000", "$0.01", "$1,234.5"]
    assert [count_of(number, "day") for number in (1, 2)] == ["1 day", "2 days"]
    assert [enumeration(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
