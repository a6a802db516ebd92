"""The way to a provider: paced, retried, bounded, and never led elsewhere."""

import pytest

from market.sources.base import BadSourceDataError, SourceUnavailableError
from market.sources.coingecko import CoinGeckoSource
from tests.market.provider import BITCOIN, MARKETS, NOW, Answer, Time, fetch, make_source, serve


def test_calls_keep_two_seconds_apart(provider):
    timing = Time()

    fetch(make_source(provider, timing=timing))

    assert timing.naps == [2.0]


def test_a_provider_that_asks_for_a_pause_gets_it(provider):
    provider.answers[MARKETS].insert(0, Answer(status=429, headers={"Retry-After": "7"}))
    timing = Time()

    rows, _ = fetch(make_source(provider, timing=timing))

    assert len(rows) == 4
    assert timing.naps[0] == 7.0


def test_a_pause_that_is_not_said_lasts_a_minute(provider):
    provider.answers[MARKETS].insert(0, Answer(status=429, headers={"Retry-After": "Fri, 20 Nov 2026 10:00:00 GMT"}))
    timing = Time()

    fetch(make_source(provider, timing=timing))

    assert timing.naps[0] == 60.0


def test_a_pause_of_an_hour_is_not_waited_for(provider):
    provider.answers[MARKETS] = [Answer(status=429, headers={"Retry-After": "3600"})]

    with pytest.raises(SourceUnavailableError, match="429: too many calls, wait 3600 s"):
        fetch(make_source(provider))

    assert len(provider.asked) == 1


def test_a_server_error_is_tried_again(provider):
    provider.answers[BITCOIN].insert(0, Answer(status=500))

    rows, problems = fetch(make_source(provider))

    assert len(rows) == 4
    assert problems == []


def test_a_server_error_that_stays_is_told_after_four_attempts(provider):
    provider.answers[MARKETS] = [Answer(status=503)]

    with pytest.raises(SourceUnavailableError, match=r"/coins/markets answered 503"):
        fetch(make_source(provider))

    assert len(provider.asked) == 4


def test_silence_runs_into_the_timeout(provider):
    provider.answers[MARKETS] = [Answer(pause=0.3)]

    with pytest.raises(SourceUnavailableError, match=r"could not be read \(ReadTimeout\)"):
        fetch(make_source(provider, timeouts=(1.0, 0.05)))


def test_a_broken_off_answer_is_tried_again(provider):
    provider.answers[BITCOIN].insert(0, Answer(b"[[1", announced=500))

    rows, _ = fetch(make_source(provider))

    assert len(rows) == 4


def test_an_answer_that_drips_for_ever_is_given_up(provider):
    provider.answers[MARKETS] = [Answer(b" " * 200_000)]
    ticks = iter(range(0, 100_000, 50))

    with pytest.raises(SourceUnavailableError, match="took longer than 60 s"):
        fetch(make_source(provider, clock=lambda: float(next(ticks))))


def test_nobody_listening_is_told_with_the_address(provider):
    with serve() as gone:
        url = gone.url

    with pytest.raises(SourceUnavailableError, match=r"127\.0\.0\.1.*could not be read \(ConnectionError\)"):
        fetch(CoinGeckoSource(base_url=url, sleep=lambda _: None, now=lambda: NOW))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_at_once_and_never_shown(provider, status):
    provider.answers[MARKETS] = [Answer(status=status)]

    with pytest.raises(SourceUnavailableError, match="API key") as caught:
        fetch(make_source(provider, api_key="CG-secret"))

    assert "CG-secret" not in str(caught.value)
    assert len(provider.asked) == 1


def test_a_redirect_is_not_followed(provider):
    provider.answers[MARKETS] = [Answer(status=302, headers={"Location": "http://169.254.169.254/latest/"})]

    with pytest.raises(SourceUnavailableError, match=r"redirect to 'http://169\.254\.169\.254/latest/'.*not followed"):
        fetch(make_source(provider))

    assert len(provider.asked) == 1


def test_ten_megabytes_are_not_read(provider):
    provider.answers[BITCOIN] = [Answer(b"[" + b" " * 10_000_000 + b"]")]

    with pytest.raises(BadSourceDataError, match="more than 1,000,000 bytes"):
        fetch(make_source(provider))


@pytest.mark.parametrize(
    "body",
    [b"<html>captive portal</html>", b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"prices": [[0, ' + b"9" * 5000 + b"]]}"],
)
def test_garbage_is_told_and_gives_no_price(provider, body):
    provider.answers[BITCOIN] = [Answer(body)]

    with pytest.raises(BadSourceDataError, match="not JSON"):
        fetch(make_source(provider))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.coingecko.com/api/v3",
        "http://169.254.169.254/",
        "http://127.0.0.1@evil.example/",
        "https://user:pass@api.coingecko.com",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https://",
        "https://api.coingecko.com/?x=1",
        "",
    ],
)
def test_a_key_is_never_sent_to_an_unsafe_address(url):
    with pytest.raises(SourceUnavailableError, match="is refused"):
        CoinGeckoSource(base_url=url)


def test_the_key_is_not_in_what_a_debugger_or_log_prints():
    source = CoinGeckoSource(api_key="CG-secret")

    assert "CG-secret" not in repr(source._client)
