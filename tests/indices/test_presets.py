"""The preset indices: made once, of the right market, under the right slugs."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from indices.calc.rules import Rules, describe
from indices.models import Index, Methodology, Review
from indices.services import load_presets
from indices.services.presets import PRESETS, SLEEVES
from market.models import Classification
from market.services import seed_simulated_market
from tests.factories import make_asset, make_price
from tests.indices.factories import AT, FIRST

pytestmark = pytest.mark.django_db

SLUGS = [
    "ai", "community-10", "defi", "gaming", "layer-1", "memecoin-equal", "regime-100", "risk-balanced-15", "rwa",
    "signal-defi", "top-10-cap", "top-25-sqrt",
]  # fmt: skip


def priced(*, simulated: bool):
    """Give one universe a price."""
    asset = make_asset("sim-a" if simulated else "a", simulated=simulated)
    make_price(asset, FIRST, "1")


def review(index: Index) -> None:
    """Give an index a record."""
    Review.objects.create(
        index=index,
        methodology=index.methodologies.get(),
        cutoff_day=FIRST,
        cutoff_at=AT,
        announce_day=FIRST + timedelta(days=1),
        effective_day=FIRST + timedelta(days=1),
        status="needs_review",
        computed_at=AT,
        snapshot_hash="0" * 64,
    )


def test_the_command_makes_all_and_says_so(capsys):
    call_command("load_presets")
    first = capsys.readouterr().out
    call_command("load_presets")

    assert first.count("Made ") == 12
    assert capsys.readouterr().out == "All presets are there; nothing to make.\n"
    assert list(Index.objects.active().values_list("slug", flat=True)) == SLUGS
    assert Methodology.objects.filter(status="announced", version=1).count() == 12


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_every_preset_reads_back_and_has_its_words(preset):
    for universe in Index.Universe:
        rules = preset.rules_in(universe)

        assert Rules.from_params(rules.to_params()) == rules
        assert describe(rules)


def test_the_sleeves_are_stablecoins_of_their_market():
    seed_simulated_market(anchor=FIRST, end=FIRST, at=AT)

    stable = Classification.objects.filter(is_stable=True).values_list("asset_id", flat=True)

    assert set(SLEEVES[Index.Universe.SIMULATED]) <= set(stable)


def test_without_prices_they_are_of_the_real_market():
    load_presets(at=AT)

    assert set(Index.objects.values_list("universe", flat=True)) == {"real"}


def test_with_simulated_prices_alone_they_are_simulated():
    priced(simulated=True)

    load_presets(at=AT)

    assert set(Index.objects.values_list("universe", flat=True)) == {"simulated"}


def test_real_indices_take_over_the_slugs_of_simulated_ones_with_a_record():
    priced(simulated=True)
    for index in load_presets(at=AT):
        review(index)
    priced(simulated=False)

    made = load_presets(at=AT)
    again = load_presets(at=AT)

    # Nine of them were simulated before; AI, gaming and real-world assets are new.
    assert (len(made), again) == (12, [])
    assert Index.objects.filter(universe="simulated").count() == 9
    assert sorted(Index.objects.filter(universe="real").values_list("slug", flat=True)) == SLUGS
    assert Index.objects.get(slug="simulated-defi", universe="simulated").name == "DeFi (simulated)"


@pytest.mark.parametrize("first", [True, False])
def test_indices_without_a_record_go_over_to_the_market_that_has_prices(first):
    if first:
        priced(simulated=True)
    load_presets(at=AT)
    priced(simulated=not first)

    assert len(load_presets(at=AT)) == (3 if first else 0)
    assert set(Index.objects.values_list("universe", flat=True)) == {"real" if first else "simulated"}
    sleeve = Methodology.objects.get(index__slug="regime-100").params["sleeve"]
    assert sleeve == (["usd-coin", "tether"] if first else ["sim-plumb-usd", "sim-level-usd"])


def test_real_indices_with_a_record_stay_when_only_simulated_prices_are_left():
    for index in load_presets(at=AT):
        review(index)
    priced(simulated=True)

    assert load_presets(at=AT) == []
    assert set(Index.objects.values_list("universe", flat=True)) == {"real"}
