"""Methodology parameters: read strictly, written back exactly, told in words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from indices.calc.rules import EXCLUSIONS, SECTORS, Rules, RulesError, Schedule, describe, effective_days
from indices.services.presets import PRESETS
from market.models import Classification
from tests.indices.factories import PLAIN, make_rules


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_params_read_back_to_equal_rules(preset):
    assert Rules.from_params(preset.rules.to_params()) == preset.rules


def test_numbers_keep_every_digit():
    rules = make_rules(cap="0.400000000001", liquidity_enter=5_000_000)

    assert rules.cap == Decimal("0.400000000001")
    assert rules.to_params()["cap"] == "0.400000000001"
    assert rules.to_params()["liquidity_enter"] == "5000000"


@pytest.mark.parametrize(
    ("params", "field", "words"),
    [
        ({"colour": 1}, "colour", "is not a rule"),
        ({"count": "10"}, "count", "whole number"),
        ({"count": True}, "count", "whole number"),
        ({"count": 0}, "count", "between 1 and 500"),
        ({"enter": 4}, "enter", "between 0 and the count"),
        ({"keep": 2}, "keep", "at least the count"),
        ({"min_count": 4}, "min_count", "between 1 and the count"),
        ({"alpha": "0.7"}, "alpha", "1, 0.5 or 0"),
        ({"alpha": 0.5}, "alpha", "written as a string"),
        ({"alpha": "x"}, "alpha", "is a number"),
        ({"alpha": "NaN"}, "alpha", "at most 18 digits"),
        ({"liquidity_enter": "1e400"}, "liquidity_enter", "at most 18 digits"),
        ({"cap": "0"}, "cap", "above 0"),
        ({"cap": "0.3"}, "cap", "cannot make up the whole"),
        ({"floor": "1"}, "floor", "below 1"),
        ({"floor": "0.4"}, "floor", "more than the whole"),
        ({"count": 5, "keep": 5, "cap": "0.2", "floor": "0.21"}, "floor", "more than the whole"),
        ({"count": 4, "keep": 5, "cap": "0.25", "floor": "0.25"}, None, ""),
        ({"count": 2, "enter": 2, "cap": "0.5", "floor": "0.5"}, None, ""),
        ({"liquidity_stay": "1"}, "liquidity_stay", "between 0 and"),
        ({"min_age_days": -1}, "min_age_days", "between 0 and 3650"),
        ({"cutoff_lead_days": 0}, "cutoff_lead_days", "between 1 and 28"),
        ({"sectors": "defi"}, "sectors", "list of names"),
        ({"sectors": ["sport"]}, "sectors", "'sport' is none of"),
        ({"exclude": [1]}, "exclude", "list of names"),
        ({"exclude": ["tall"]}, "exclude", "'tall' is none of"),
        ({"schedule": "weekly"}, "schedule", "monthly or quarterly"),
    ],
)
def test_a_wrong_rule_is_named(params, field, words):
    if field is None:
        Rules.from_params(PLAIN | params)
        return

    with pytest.raises(RulesError, match=words) as caught:
        Rules.from_params(PLAIN | params)

    assert caught.value.field == field


@pytest.mark.parametrize("name", ["count", "enter", "keep", "min_count", "alpha", "schedule"])
def test_a_missing_rule_is_named(name):
    with pytest.raises(RulesError, match="is missing"):
        Rules.from_params({key: value for key, value in PLAIN.items() if key != name})


def test_rules_are_an_object():
    with pytest.raises(RulesError, match="are an object"):
        Rules.from_params(["count"])  # type: ignore[arg-type] # what a hand-made JSON may hold


def test_sectors_are_those_of_the_market():
    assert set(SECTORS) == set(Classification.Sector.values)


def test_the_methodology_reads_as_prose():
    top_10 = PRESETS[0].rules

    words = describe(top_10)

    assert len(words) == 11
    assert words[0] == "Assets of every sector may enter."
    assert words[1].startswith("Kept out: stablecoins, wrapped and staked assets, assets pegged to another,")
    assert (
        words[3] == "Its median value traded a day over 90 days is at least $5,000,000 to enter and $3,000,000 to stay."
    )
    assert words[5].startswith(
        "The basket holds 10 assets: the first 8 ranks are in, a constituent stays down to rank 12"
    )
    assert words[7:9] == [
        "Weights are set in proportion to market cap.",
        "Each weight is at most 40% and at least 1%; what a limit cuts off goes to the others in proportion.",
    ]
    assert words[9].endswith("first day of each month. It is set from what was known at the close of the day before.")


def test_rules_that_say_nothing_are_not_told():
    words = " ".join(describe(replace(make_rules(), exclude=(), sectors=("layer1", "rwa"), cutoff_lead_days=3)))

    assert words.startswith("Assets of the sector layer 1, real-world assets may enter. Eligible assets are ranked")
    assert "at the close 3 days before" in words
    assert "Each weight" not in words


def test_monthly_and_quarterly_effective_days():
    start, end = date(2022, 11, 2), date(2023, 4, 1)

    assert list(effective_days(Schedule.MONTHLY, start, end)) == [
        date(2022, 12, 1), date(2023, 1, 1), date(2023, 2, 1), date(2023, 3, 1), date(2023, 4, 1),
    ]  # fmt: skip
    assert list(effective_days(Schedule.QUARTERLY, start, end)) == [date(2023, 1, 1), date(2023, 4, 1)]
    assert list(effective_days(Schedule.MONTHLY, date(2023, 4, 1), date(2023, 4, 1))) == [date(2023, 4, 1)]


def test_every_exclusion_has_its_words():
    assert all(words for words in EXCLUSIONS.values())
