"""Which source the settings choose."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from market.sources.coingecko import CoinGeckoSource
from market.sources.registry import get_source
from market.sources.simulated import DEFAULT_SEED, SimulatedSource


def test_the_settings_name_the_source(settings):
    settings.MARKET_SOURCE = "simulated"

    source = get_source()

    assert source
    assert source.name == "simulated"


def test_the_simulated_source_takes_its_seed_from_the_settings(settings):
    settings.MARKET_SOURCE = "simulated"
    settings.MARKET_SEED = 7

    source = get_source()

    assert isinstance(source, SimulatedSource)
    assert source.seed == 7


def test_the_setting_and_the_market_agree_on_the_default_seed(settings):
    assert settings.MARKET_SEED == DEFAULT_SEED


def test_coingecko_takes_key_and_address_from_the_settings(settings):
    settings.MARKET_SOURCE = "coingecko"
    settings.COINGECKO_API_KEY = "CG-secret"
    settings.COINGECKO_URL = "https://gecko.example/api/"

    source = get_source()

    assert isinstance(source, CoinGeckoSource)
    assert not source.simulated
    assert source._client.base_url == "https://gecko.example/api"
    assert source._client.headers == {"x-cg-demo-api-key": "CG-secret"}


def test_without_a_source_prices_come_by_import_only(settings):
    settings.MARKET_SOURCE = "none"

    assert get_source() is None


def test_an_unknown_source_is_refused_with_the_known_ones(settings):
    settings.MARKET_SOURCE = "oracle"

    with pytest.raises(
        ImproperlyConfigured, match=r"no source 'oracle'\. Set it to one of: coingecko, none, simulated"
    ):
        get_source()
