"""Connected exchanges: the key stays encrypted, what came waits in an import, and a failure moves no cursor."""

from datetime import timedelta

import pytest

from portfolios.models import ExchangeConnection, ImportBatch, Portfolio
from portfolios.services import connections
from portfolios.services.connections.sealing import UnreadableKeyError, seal, unseal
from portfolios.services.errors import CannotConnectError
from portfolios.sources.base import Keys
from tests.portfolios.factories import NOW, make_portfolio
from tests.portfolios.sources.exchange import KEYS, serve
from tests.portfolios.sources.test_kraken import entry, paged

pytestmark = pytest.mark.django_db


@pytest.fixture
def exchange(settings):
    with serve() as running:
        settings.EXCHANGE_PROXY_URL = running.url
        settings.EXCHANGE_PATIENCE = 0.001
        yield running


@pytest.fixture
def portfolio(alice) -> Portfolio:
    return make_portfolio(alice)


def connect(portfolio, **overrides):
    facts = {
        "portfolio": portfolio, "wallet": portfolio.wallets.get(), "exchange": "kraken", "label": "Mine", "keys": KEYS,
        "by": portfolio.owner, "at": NOW,
    } | overrides  # fmt: skip
    return connections.connect_exchange(**facts)


def kraken(permissions=("query-funds", "query-ledger"), **entries):
    """Answer like Kraken, for a key with these permissions and a ledger with these entries."""
    ledger = paged(entries)

    def answer(path, params):
        if path.endswith("GetApiKeyInfo"):
            return {"error": [], "result": {"permissions": list(permissions)}}
        return ledger(path, params)

    return answer


def test_a_key_is_kept_encrypted_and_told_to_nobody(portfolio):
    connection = connect(portfolio)

    kept = bytes(ExchangeConnection.objects.values_list("secret", flat=True).get())
    assert KEYS.key.encode() not in kept
    assert KEYS.secret.encode() not in kept
    assert unseal(bytes(connection.secret)) == KEYS
    assert KEYS.secret not in repr(KEYS)


def test_a_key_outlives_a_retired_secret_and_not_a_lost_one(settings):
    sealed = seal(KEYS)
    old = settings.SECRET_KEY

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new secret of the server", [old]
    assert unseal(sealed) == KEYS

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(UnreadableKeyError, match="connect the exchange again"):
        unseal(sealed)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"exchange": "mtgox"}, "exchange"),
        ({"label": " "}, "label"),
        ({"keys": Keys(key="short", secret="long enough")}, "key"),
        ({"keys": Keys(key="long enough", secret="line\nbreak")}, "secret"),
        ({"exchange": "binance", "keys": Keys(key="long enough", secret="long enough")}, "markets"),
        ({"keys": Keys(key="long enough", secret="long enough", markets=("btc-usdt",))}, "markets"),
    ],
)
def test_what_is_no_connection_is_refused_at_its_field(portfolio, wrong, field):
    with pytest.raises(CannotConnectError) as refusal:
        connect(portfolio, **wrong)

    assert refusal.value.field == field
    assert not ExchangeConnection.objects.exists()


def test_a_connection_goes_into_a_wallet_of_its_own_portfolio(portfolio, bob):
    other = make_portfolio(bob)

    with pytest.raises(CannotConnectError, match="no part of this portfolio"):
        connect(portfolio, wallet=other.wallets.get())


def test_what_came_waits_in_an_import_and_the_cursor_has_moved(portfolio, exchange):
    exchange.answer = kraken(L1=entry(1), L2=entry(2))
    connection = connect(portfolio)

    connections.run_requested_pulls(at=NOW)

    connection.refresh_from_db()
    batch = ImportBatch.objects.get()
    assert (batch.portfolio, batch.connection, batch.status) == (portfolio, connection, "waiting")
    assert bytes(batch.file.content).decode().count("\n") == 3
    assert (connection.status, connection.scope) == ("done", "read")
    assert connection.synced_at - NOW < timedelta(seconds=1)
    assert connection.cursor["ledger"] == "2024-03-10T12:00:00+00:00"
    assert connection.message == "2 new records wait in an import."


def test_nothing_new_makes_no_import(portfolio, exchange):
    exchange.answer = kraken()
    connect(portfolio)

    connections.run_requested_pulls(at=NOW)

    assert not ImportBatch.objects.exists()
    assert ExchangeConnection.objects.get().message == "Nothing new."


def test_a_failed_page_moves_no_cursor_and_is_tried_again_after_a_day(portfolio, exchange):
    whole = kraken(L1=entry(1))
    exchange.answer = lambda path, params: 503 if path.endswith("Ledgers") else whole(path, params)
    connection = connect(portfolio)

    connections.run_requested_pulls(at=NOW)

    connection.refresh_from_db()
    assert (connection.status, connection.cursor, connection.synced_at) == ("failed", {}, None)
    assert "tried again within a day" in connection.message

    exchange.answer = whole
    assert connections.run_requested_pulls(at=NOW + timedelta(hours=23)) == 0
    assert connections.run_requested_pulls(at=NOW + timedelta(hours=25)) == 1
    connection.refresh_from_db()
    assert connection.status == "done"


def test_a_key_that_may_withdraw_is_erased_and_never_used(portfolio, exchange):
    exchange.answer = kraken(permissions=["query-ledger", "withdraw-funds"], L1=entry(1))
    connection = connect(portfolio)

    connections.run_requested_pulls(at=NOW)

    connection.refresh_from_db()
    assert (connection.is_active, bytes(connection.secret), connection.status) == (False, b"", "failed")
    assert "withdraw-funds" in connection.message
    assert exchange.asked("Ledgers") == []
    assert connections.run_requested_pulls(at=NOW + timedelta(days=2)) == 0
    with pytest.raises(CannotConnectError, match="with another"):
        connections.request_pull(connection=connection, at=NOW)


def test_asked_for_twice_is_read_once(portfolio, exchange):
    exchange.answer = kraken(L1=entry(1))
    connection = connect(portfolio)

    connections.request_pull(connection=connection, at=NOW)

    assert connections.run_requested_pulls(at=NOW) == 1
    assert connections.run_requested_pulls(at=NOW) == 0
    assert ImportBatch.objects.count() == 1


def test_read_anew_begins_at_the_beginning(portfolio, exchange):
    exchange.answer = kraken(L1=entry(1))
    connection = connect(portfolio)
    connections.run_requested_pulls(at=NOW)

    connections.read_anew(connection=connection, at=NOW)
    connections.run_requested_pulls(at=NOW + timedelta(minutes=1))

    assert ImportBatch.objects.count() == 2


def test_a_connection_goes_and_what_came_through_it_stays(portfolio, exchange):
    exchange.answer = kraken(L1=entry(1))
    connection = connect(portfolio)
    connections.run_requested_pulls(at=NOW)

    connections.disconnect_exchange(connection=connection)

    assert not ExchangeConnection.objects.exists()
    assert ImportBatch.objects.get().connection is None


def test_the_page_takes_a_key_and_never_shows_it_again(portfolio, as_user):
    client = as_user(portfolio.owner)
    address = f"/portfolios/{portfolio.pk}/connections/"
    wallet = portfolio.wallets.get()
    sent = {"exchange": "kraken", "label": "Mine", "wallet": wallet.pk, "key": KEYS.key, "secret": KEYS.secret}

    answer = client.post(address, sent, follow=True)
    again = client.post(address, sent)

    assert unseal(bytes(ExchangeConnection.objects.get().secret)).key == KEYS.key
    assert KEYS.key not in answer.content.decode() + again.content.decode()
    assert again.status_code == 422
    assert "There is a connection" in again.content.decode()


def test_the_buttons_read_and_disconnect(portfolio, exchange, as_user):
    exchange.answer = kraken()
    connection = connect(portfolio)
    connections.run_requested_pulls(at=NOW)
    client, address = as_user(portfolio.owner), f"/portfolios/{portfolio.pk}/connections/{connection.pk}/"

    client.post(address, {"do": "pull"})
    connection.refresh_from_db()
    assert connection.status == "waiting"

    client.post(address, {"do": "end"})
    assert not ExchangeConnection.objects.exists()
