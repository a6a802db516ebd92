"""Stage 1 of the night: what a source gives comes in, what it fails to give costs nothing else."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from market.models import Asset, AssetAlias, Classification, DailyPrice, DataFinding, SourceRun, close_of
from market.services import refresh_market, seed_simulated_market
from market.sources import registry
from market.sources.base import BadSourceDataError, SourceAsset, SourcePrice, SourceProblem, SourceUnavailableError
from tests.factories import make_asset, make_price
from tests.market.factories import NOW, day, soon_after

pytestmark = pytest.mark.django_db
ANCHOR = date(2022, 1, 1)


class Provider:
    """A source that says what a test tells it to."""

    name = "provider"
    simulated = False

    def __init__(self, rows=(), *, problems=(), error=None):
        self.rows, self.problems, self.error = rows, problems, error
        self.asked = None

    def list_assets(self):
        """List one coin."""
        yield SourceAsset(id="bitcoin", symbol="BTC", name="Bitcoin")

    def fetch_prices(self, asset_ids, start, end, *, report):
        """Give the rows, report the problems, then fail if told to."""
        self.asked = (list(asset_ids), start, end)
        yield from self.rows
        for problem in self.problems:
            report(problem)
        if self.error:
            raise self.error


def price(offset, close, *, asset_id="bitcoin", symbol="BTC"):
    """Make a row of the provider."""
    return SourcePrice(asset_id, symbol, "Bitcoin", day(offset), Decimal(close), None, Decimal(5))


@pytest.fixture
def use(monkeypatch, settings):
    """Return a function that makes a provider the configured source."""

    def configure(provider):
        monkeypatch.setitem(registry.SOURCES, provider.name, lambda: provider)
        settings.MARKET_SOURCE = provider.name
        return provider

    return configure


def test_a_market_without_assets_takes_those_that_the_source_lists(use):
    provider = use(Provider([price(0, "23000.5")]))

    result = refresh_market(start=day(0), end=day(0), at=soon_after(0))

    stored = DailyPrice.objects.get()
    assert (result.rows_new, result.rows_revised, result.problems) == (1, 0, [])
    assert provider.asked == (["bitcoin"], day(0), day(0))
    assert (stored.asset_id, stored.close, stored.source) == ("bitcoin", Decimal("23000.5"), "provider")
    assert SourceRun.objects.get().status == "done"


def test_a_market_with_assets_asks_for_those_alone(use):
    provider = use(Provider())
    make_asset("ethereum")
    make_asset("sim-a", simulated=True)
    make_asset("eur", kind=Asset.Kind.FIAT)

    refresh_market(start=day(0), end=day(0), at=soon_after(0))

    assert provider.asked[0] == ["ethereum"]


def test_the_same_window_again_changes_nothing_and_other_numbers_revise(use):
    use(Provider([price(0, "1"), price(1, "2")]))
    refresh_market(start=day(0), end=day(1), at=soon_after(1))

    again = refresh_market(start=day(0), end=day(1), at=soon_after(2))
    use(Provider([price(0, "1"), price(1, "3")]))
    revised = refresh_market(start=day(0), end=day(1), at=soon_after(3))

    assert (again.rows_new, again.rows_revised) == (0, 0)
    assert (revised.rows_new, revised.rows_revised) == (0, 1)
    assert list(SourceRun.objects.order_by("id").values_list("rows_unchanged", flat=True)) == [0, 2, 1]


@pytest.mark.parametrize("error", [SourceUnavailableError("down"), BadSourceDataError("gibberish")])
def test_a_source_that_fails_costs_only_what_it_did_not_give(use, error):
    make_price(make_asset("bitcoin", symbol="BTC"), day(0), "1")
    use(Provider([price(1, "2")], error=error))

    result = refresh_market(start=day(1), end=day(2), at=soon_after(2))

    run = SourceRun.objects.get()
    assert result.problems == [f"provider: {error}"]
    assert (run.status, run.message, run.rows_new) == ("failed", f"provider: {error}", 1)
    assert list(DailyPrice.objects.order_by("day").values_list("close", flat=True)) == [1, 2]


def test_refused_values_are_problems_and_findings(use):
    make_asset("bitcoin", symbol="BTC")
    problems = [SourceProblem("bitcoin", day(0), "price: zero"), SourceProblem("gone", None, "unknown")]
    use(Provider(problems=problems))

    result = refresh_market(start=day(0), end=day(0), at=soon_after(0))
    refresh_market(start=day(0), end=day(0), at=soon_after(1))

    finding = DataFinding.objects.get()
    assert result.problems == ["bitcoin, 2023-03-01: price: zero", "gone, all days: unknown"]
    assert (finding.kind, finding.first_day, finding.detail) == ("rejected", day(0), "price: zero")


def test_days_that_are_not_over_are_not_asked_for(use):
    provider = use(Provider())

    refresh_market(start=day(0), end=day(5), at=soon_after(2))
    refresh_market(start=day(3), end=day(5), at=soon_after(2))

    assert provider.asked[1:] == (day(0), day(2))
    assert SourceRun.objects.count() == 1


def test_a_new_symbol_of_the_source_is_shown_and_the_old_one_kept(use):
    make_price(make_asset("bitcoin", symbol="XBT"), day(0), "1")
    use(Provider([price(1, "2")]))

    refresh_market(start=day(1), end=day(1), at=soon_after(1))

    assert Asset.objects.get().symbol == "BTC"
    assert AssetAlias.objects.get().code == "XBT"


def test_a_night_without_a_source_only_looks_for_oddities(settings):
    settings.MARKET_SOURCE = "none"
    asset = make_asset("a")
    make_price(asset, day(0), "1")
    make_price(asset, day(2), "1", volume=1)

    result = refresh_market(start=day(0), end=day(2), at=NOW)

    assert (result.rows_new, result.problems) == (0, [])
    assert DataFinding.objects.get().kind == "gap"
    assert not SourceRun.objects.exists()


def test_an_unknown_source_is_a_problem_and_no_crash(settings):
    settings.MARKET_SOURCE = "oracle"

    (problem,) = refresh_market(start=day(0), end=day(0), at=NOW).problems

    assert "there is no source 'oracle'" in problem


@pytest.fixture
def seeded(settings):
    """Load a season of the simulated market."""
    settings.MARKET_SOURCE = "simulated"
    return seed_simulated_market(anchor=ANCHOR, end=date(2022, 2, 15), at=datetime(2022, 2, 16, 6, tzinfo=UTC))


def test_the_simulated_market_is_labelled_and_classified(seeded):
    assets = Asset.objects.all()

    assert seeded.rows_new == DailyPrice.objects.count() > 1_500
    assert assets.count() == Classification.objects.count() == 60
    assert not assets.filter(simulated=False).exists()
    assert set(DailyPrice.objects.values_list("source", flat=True).distinct()) == {"simulated"}
    assert Classification.objects.filter(is_stable=True).exists()
    assert Classification.objects.exclude(jurisdiction="").exists()


def test_seeding_again_adds_only_what_is_missing(seeded):
    again = seed_simulated_market(anchor=ANCHOR, end=date(2022, 2, 16), at=datetime(2022, 2, 17, 6, tzinfo=UTC))

    assert again.rows_revised == 0
    assert again.rows_new == DailyPrice.objects.filter(day=date(2022, 2, 16)).count()


def test_the_night_goes_on_where_the_seed_ended(settings):
    settings.MARKET_SOURCE = "simulated"
    end = date(2022, 1, 10)
    seed_simulated_market(end=end, at=close_of(end))

    result = refresh_market(start=date(2022, 1, 10), end=date(2022, 1, 11), at=close_of(date(2022, 1, 11)))

    assert (result.rows_revised, result.problems) == (0, [])
    assert result.rows_new == DailyPrice.objects.filter(day=date(2022, 1, 11)).count() > 0
    assert not DailyPrice.objects.filter(day=date(2022, 1, 11), reconstructed=True).exists()
