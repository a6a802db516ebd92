"""The form of a methodology: every rule as a field, percents as percents, and what is wrong beside its field."""

from dataclasses import fields
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from indices.admin.layout import GROUPS, fieldsets_for, names_of
from indices.calc.rules import BlendPart, Rules
from indices.forms import START, MethodologyForm, rules_as_initial
from indices.forms.fields import NamesField, PercentField
from indices.forms.methodology import rules_as_params
from indices.models import Index
from indices.services.presets import PRESETS
from tests.factories import make_asset, make_classification
from tests.indices.factories import FIRST, make_coin, make_index, make_rules
from tests.indices.rulebooks import CUT, FULL

pytestmark = pytest.mark.django_db

D = Decimal
BLEND = {f"blend_{part.value}" for part in BlendPart}


@pytest.fixture
def index():
    """Make an index without rules, and the stablecoins of its market."""
    for asset_id in ("usd-coin", "tether"):
        make_coin(asset_id, is_stable=True)
    return Index.objects.create(slug="new", name="New", kind="thematic", tier="satellite")


def posted(index, rules=START, /, **overrides):
    """Return what a browser sends when it is shown rules and these fields are changed."""
    shown = MethodologyForm(initial=rules_as_initial(rules))
    values = {field.html_name: field.value() for field in shown}
    changed = values | {"index": index.pk} | overrides
    return {name: value for name, value in changed.items() if value is not None and value is not False}


def form(index, rules=START, /, **overrides):
    """Return the form as sent."""
    return MethodologyForm(posted(index, rules, **overrides))


def errors_of(index, rules=START, /, **overrides):
    """Return the errors of the form as sent."""
    sent = form(index, rules, **overrides)
    assert not sent.is_valid()
    return {name: " ".join(words) for name, words in sent.errors.items()}


# All rules there and back


def test_every_rule_has_a_field_and_every_field_its_place():
    wanted = {field.name for field in fields(Rules)} - {"blend"} | BLEND
    placed = [name for group in GROUPS for name in names_of(group)]

    assert set(MethodologyForm.base_fields) == wanted | {"index", "effective_from", "emergency_reason"}
    assert sorted(placed) == sorted(wanted)


@pytest.mark.parametrize(
    "rules",
    [Rules.from_params(FULL), Rules.from_params(CUT), START, *(p.rules_in(Index.Universe.REAL) for p in PRESETS)],
    ids=["full", "cut", "start", *(preset.slug for preset in PRESETS)],
)
def test_rules_that_are_shown_and_sent_are_the_same_rules(rules, index):
    sent = form(index, rules)

    assert sent.is_valid(), sent.errors
    assert sent.rules == rules


def test_what_is_sent_as_it_was_shown_has_not_changed(index):
    rules = Rules.from_params(FULL)
    sent = MethodologyForm(posted(index, rules), initial=rules_as_initial(rules) | {"index": index.pk})

    assert sent.changed_data == []


def test_percents_are_typed_and_shown_as_percents(index):
    sent = form(index, cap="12.5", fee="0.05", turnover_limit="", cap_relaxes="on")

    assert sent.is_valid(), sent.errors
    assert (sent.rules.cap, sent.rules.fee, sent.rules.turnover_limit) == (D("0.125"), D("0.0005"), None)
    assert MethodologyForm(initial={"cap": D("0.125")})["cap"].value() == "12.5"
    assert rules_as_params(sent.cleaned_data)["cap"] == "0.125"


@given(units=st.integers(min_value=0, max_value=10**12))
def test_a_percent_keeps_every_digit(units):
    field = PercentField("Cap")
    share = D(units).scaleb(-12)

    assert field.clean(field.prepare_value(share)) == share
    assert not field.has_changed(share, field.prepare_value(share))


@pytest.mark.parametrize("typed", ["1e400", "1e999999999", "-1e999999999", "NaN", "Infinity", "0.00000000001"])
def test_a_percent_of_no_size_is_refused_and_breaks_nothing(typed, index):
    assert errors_of(index, cap=typed)["cap"]
    assert errors_of(index, notional=typed if typed != "0.00000000001" else "0.0000000000001")["notional"]


def test_names_are_typed_with_commas(index):
    field = NamesField("Names")

    assert field.clean(" US, CH ,,US") == ("US", "CH")
    assert field.clean("") == ()
    assert field.prepare_value(("US", "CH")) == "US, CH"
    assert field.prepare_value("US,CH") == "US,CH"
    assert "at most 1000 characters" in errors_of(index, jurisdictions_out="x" * 1001)["jurisdictions_out"]


def test_the_parts_of_a_blend_are_a_percent_each(index):
    sent = form(index, scheme="blend", blend_sqrt_cap="75", blend_liquidity="25", blend_cap="0")

    assert sent.is_valid(), sent.errors
    assert sent.rules.blend == ((BlendPart.SQRT_CAP, D("0.75")), (BlendPart.LIQUIDITY, D("0.25")))


def test_there_may_be_no_calendar_but_that_of_new_baskets(index):
    sent = form(index, schedule="quarterly", rebalance_schedule="", recap_schedule="monthly")

    assert sent.is_valid(), sent.errors
    assert (sent.rules.rebalance_schedule, sent.rules.recap_schedule) == (None, "monthly")
    assert errors_of(index, schedule="") == {"schedule": "This field is required."}


# What is wrong stands beside its field


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("enter", "11", "is between 0 and the count of 10, not 11."),
        ("cap", "5", "10 assets of at most 5% each cannot make up the whole."),
        ("cap", "120", "is above 0% and at most 100%, not 120%."),
        ("floor", "11", "10 assets of at least 11% each are more than the whole."),
        ("sector_cap", "7", "14 sectors of at most 7% each cannot make up the whole."),
        ("liquidity_stay", "6000000", "is between 0 and the value that a newcomer needs."),
        ("alpha", "2", "Select a valid choice"),
        ("sectors", ["sport"], "Select a valid choice"),
        ("exclude", ["tall"], "Select a valid choice"),
        ("schedule", "daily", "Select a valid choice"),
        ("min_age_days", "", "This field is required."),
        ("min_age_days", "1.5", "Enter a whole number."),
        ("count", "ten", "Enter a whole number."),
        ("cap_flexible", "on", "goes with a largest weight, and none is given."),
        ("band_relative", "50", ""),
        ("scheme", "blend", "The blend has parts above 0% that sum to 100%, not to 0%."),
        ("blend_cap", "50", ""),
        ("scheme", "sharpe", ""),
        ("effective_from", "2008-12-31", "Enter a day not before 3 January 2009."),
        ("effective_from", "soon", "Enter a valid date."),
        ("emergency_reason", "x" * 301, "at most 300 characters"),
        ("index", "0", "Select a valid choice"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(field, value, words, index):
    found = errors_of(index, **{field: value})

    elsewhere = {"band_relative": "cooldown_days", "blend_cap": "scheme", "scheme": "sleeve"}
    assert words in found.get(field if words else elsewhere[field], "nowhere")


def test_all_that_is_wrong_is_told_at_once(index):
    found = errors_of(index, count="5", enter="8", keep="4", cap="10", gate="trend")

    assert set(found) == {"enter", "keep", "cap", "sleeve"}


# The sleeve


@pytest.mark.parametrize(
    ("sleeve", "words"),
    [
        ("usd-coin, nothing, no-more", "Unknown in the market of this index: nothing, no-more."),
        ("sim-usd", "Unknown in the market of this index: sim-usd."),
        ("usd", "Unknown in the market of this index: usd."),
        ("tether, bitcoin", "Not classified as stablecoins: bitcoin."),
        ("once-stable", "Not classified as stablecoins: once-stable."),
    ],
)
def test_a_sleeve_holds_stablecoins_of_its_market(sleeve, words, index):
    make_coin("bitcoin")
    make_coin("sim-usd", is_stable=True, simulated=True)
    make_classification(make_asset("usd", kind="fiat"), is_stable=True)
    once = make_coin("once-stable", is_stable=True, valid_to=date(2022, 5, 9))
    make_classification(once, valid_from=date(2022, 5, 9))

    assert errors_of(index, gate="trend", sleeve=sleeve) == {"sleeve": words}


@pytest.mark.parametrize(
    "classification", [{"is_stable": True}, {"sector": "stablecoin"}, {"token_type": "stablecoin"}], ids=str
)
def test_what_the_engine_takes_for_a_stablecoin_may_be_in_it(classification, index):
    make_coin("dai", **classification)

    assert form(index, gate="trend", sleeve="dai").is_valid()


def test_bitcoin_alone_may_take_what_is_freed(index):
    make_coin("bitcoin")
    make_coin("ethereum")

    sent = form(index, gate="trend", residual="btc", sleeve="bitcoin")

    assert sent.is_valid(), sent.errors
    assert sent.rules.sleeve == ("bitcoin",)
    assert "is bitcoin alone" in errors_of(index, gate="trend", residual="btc", sleeve="bitcoin, ethereum")["sleeve"]


def test_a_simulated_index_has_a_sleeve_of_its_own_market(index):
    make_coin("sim-usd", is_stable=True, simulated=True)
    index.universe = "simulated"
    index.save()

    assert form(index, gate="trend", sleeve="sim-usd").is_valid()
    assert errors_of(index, gate="trend", sleeve="tether")["sleeve"] == "Unknown in the market of this index: tether."


# The first day


def test_two_versions_do_not_begin_on_one_day():
    index = make_index()
    index.methodologies.update(effective_from=FIRST)

    found = errors_of(index, effective_from=str(FIRST))

    assert found == {"effective_from": "Another version is in force from that day; choose a different one."}


def test_a_later_version_has_its_day_and_a_first_one_has_none(index):
    announced = make_index()

    assert "another version is announced" in errors_of(announced, effective_from="")["effective_from"]
    assert form(announced, effective_from="2024-06-01").is_valid()
    assert form(index, effective_from="").is_valid()
    assert "in force from the start" in errors_of(index, effective_from="2024-06-01")["effective_from"]


# What is shown


def test_names_of_jurisdictions_are_listed_and_cannot_smuggle_in_a_page(index):
    make_coin("a", jurisdiction="Malta")
    make_coin("b", jurisdiction="<script>")

    words = str(MethodologyForm().fields["jurisdictions_out"].help_text)

    assert words.endswith("as in the classifications: &lt;script&gt;, Malta.")


def test_a_group_is_folded_while_it_says_nothing_of_its_own():
    def folded(rules, **options):
        sets = fieldsets_for(rules, **{"unfolded": False} | options)
        return {str(title) for title, options in sets if "collapse" in options["classes"]}

    rare = {str(group.title) for group in GROUPS if group.is_rare}
    signalled = make_rules(gate="trend", sleeve=["tether"])

    assert folded(None) == folded(START) == rare
    assert rare - folded(signalled) == {"Signals and sleeve"}
    assert folded(Rules.from_params(FULL)) == set()
    assert folded(None, unfolded=True) == set()
