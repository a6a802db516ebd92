"""The pages of the ledger: found by filters, corrected, deleted and undone; wallets; transfers to be linked."""

import re
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolios import services
from portfolios.models import ImportBatch, Portfolio, Transaction, Wallet
from portfolios.selectors import check_invariants, get_cash, get_facts
from tests.portfolios.factories import NOW, make_investor, make_portfolio, record

D = Decimal


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def portfolio(alice):
    return make_investor(alice)


@pytest.fixture
def site(alice, as_user):
    return as_user(alice)


def url(portfolio, part=""):
    return f"/portfolios/{portfolio.id}/{part}"


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def form_of(answer):
    """Return what a browser would send of a page's form as it stands, empty fields included."""
    form = answer.context["form"]
    values = {field.html_name: field.value() for field in form}
    return {name: "" if value is None else value for name, value in values.items() if value is not False}


def test_filters_narrow_together(site, portfolio, alice):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    batch = ImportBatch.objects.create(
        portfolio=portfolio, wallet=cold, file_name="trades.csv", digest="0", token="t", requested_by=alice,
        requested_at=NOW,
    )  # fmt: skip
    record(portfolio, "deposit", "1", "bitcoin", wallet=cold, at="2024-03-03", note="the third of March")
    made = record(portfolio, "deposit", "1", "ethereum", at="2024-03-04", external_id="tx-4", note="the fourth")
    gone = record(portfolio, "deposit", "1", "ethereum", at="2024-03-05", note="a mistake")
    services.void_transaction(voided=gone, now=NOW)
    Transaction.objects.filter(id=made.pk).update(batch=batch)

    def notes(query):
        page = text(site.get(url(portfolio, f"transactions/?{query}")))
        return [note for note in ("the third of March", "the fourth", "a mistake") if note in page]

    assert notes("asset=bitcoin") == notes(f"wallet={cold.pk}") == notes("q=THIRD") == ["the third of March"]
    assert notes("q=tx-4") == notes(f"batch={batch.pk}") == notes("since=2024-03-04&to=2024-03-04") == ["the fourth"]
    assert notes("in_force=no") == ["a mistake"]
    assert notes("in_force=yes&kind=deposit") == ["the third of March", "the fourth"]


def test_days_of_a_filter_are_the_readers_own(site, portfolio):
    record(portfolio, "deposit", "1", "bitcoin", at="2024-03-03 20:00", note="on the fourth in Tokyo")
    session = site.session
    session["time_zone"] = "Asia/Tokyo"
    session.save()

    assert "on the fourth in Tokyo" in text(site.get(url(portfolio, "transactions/?since=2024-03-04&to=2024-03-04")))
    assert "No transaction here" in text(site.get(url(portfolio, "transactions/?since=2024-03-03&to=2024-03-03")))


def test_a_delete_is_undone_from_its_message(site, portfolio):
    made = record(portfolio, "deposit", "7", note="back again")

    told = site.post(url(portfolio, f"transactions/{made.id}/void/"), follow=True)
    undo = re.search(rf'action="({url(portfolio)}transactions/{made.id}/restore/)"', told.content.decode())
    assert undo is not None
    undone = site.post(undo[1], follow=True)

    made.refresh_from_db()
    assert "It counts again." in text(undone)
    assert made.voided_at is None
    assert "Undo" not in text(site.get(url(portfolio, f"transactions/?deleted={made.id}")))


def test_an_undo_that_no_longer_fits_says_why(site, portfolio):
    gone = record(portfolio, "withdrawal", "6000")
    services.void_transaction(voided=gone, now=NOW)
    record(portfolio, "withdrawal", "6000", at="2024-03-03")

    answer = site.post(url(portfolio, f"transactions/{gone.id}/restore/"), follow=True)

    assert "It stays deleted. “Main exchange account” would be 2000 USD short on 2024-03-03" in text(answer)


def test_a_correction_begins_with_what_was_said(site, portfolio):
    made = record(
        portfolio, "buy", "0.1", "bitcoin", price="40000.5", fee="2", at="2024-03-05 10:11:12.123456", note="first",
        external_id="tx",
    )  # fmt: skip

    page = site.get(url(portfolio, f"transactions/{made.id}/correct/"))
    fields = form_of(page) | {"quantity": "0.2"}
    done = site.post(url(portfolio, f"transactions/{made.id}/correct/"), fields, follow=True)

    right = Transaction.objects.get(supersedes=made)
    facts = get_facts(transaction=right)
    assert (fields["price"], fields["fee"], fields["note"]) == ("40000.5", "2", "first")
    assert (facts["quantity"], facts["price"], facts["fee"], right.at) == (D("0.2"), D("40000.5"), D(2), made.at)
    assert "Versions" in text(done)
    assert check_invariants(portfolio=portfolio) == []


def test_a_correction_sent_twice_is_one(site, portfolio):
    made = record(portfolio, "deposit", "5", "bitcoin")
    address = url(portfolio, f"transactions/{made.id}/correct/")
    fields = form_of(site.get(address)) | {"quantity": "6"}

    answers = [site.post(address, fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Transaction.objects.filter(supersedes=made).count() == 1


def test_a_correction_may_change_the_kind(site, portfolio):
    made = record(portfolio, "deposit", "5", "bitcoin", note="was a reward")
    address = url(portfolio, f"transactions/{made.id}/correct/?kind=income")

    assert site.post(address, form_of(site.get(address))).status_code == 302

    right = Transaction.objects.get(supersedes=made)
    assert (right.kind, right.note) == ("income", "was a reward")


@pytest.mark.parametrize("keeps", [True, False])
def test_named_lots_are_kept_if_one_likes(site, portfolio, keeps):
    lot = record(portfolio, "deposit", "1", "bitcoin")
    sold = record(portfolio, "sell", "1", "bitcoin", price="5", at="2024-03-02", lots=[(lot.pk, D(1))])
    address = url(portfolio, f"transactions/{sold.id}/correct/")
    fields = form_of(site.get(address)) | {"price": "6"}
    if not keeps:
        del fields["keep_lots"]

    site.post(address, fields)

    right = Transaction.objects.get(supersedes=sold)
    assert right.lot_choices.count() == keeps
    assert "Lots that were named" in text(site.get(url(portfolio, f"transactions/{sold.id}/")))


def test_what_was_corrected_already_is_not_corrected_again(site, portfolio):
    made = record(portfolio, "deposit", "5", "bitcoin")
    address = url(portfolio, f"transactions/{made.id}/correct/")
    fields = form_of(site.get(address))
    site.post(address, fields | {"quantity": "6"})

    answer = site.post(address, fields | {"quantity": "7", "token": "another"})

    assert answer.status_code == 422
    assert "correct the one that took its place" in text(answer)


def test_one_transaction_is_shown_with_every_digit(site, portfolio):
    made = record(
        portfolio, "deposit", "123456789.123456789123456789", "bitcoin", external_id="tx-1", note="all of it",
        fee="0.000000000000000001", fee_asset="bitcoin",
    )  # fmt: skip

    page = text(site.get(url(portfolio, f"transactions/{made.id}/")))

    assert "+123,456,789.123456789123456789" in page
    assert "−0.000000000000000001" in page
    assert "tx-1" in page
    assert "all of it" in page


def test_a_trade_in_euro_is_recorded(site, portfolio):
    record(portfolio, "deposit", "100", "eur")
    fields = {
        "at": "2024-03-05T10:00", "asset": "bitcoin", "quantity": "0.002", "amount": "95", "currency": "eur",
        "rate": "1.1", "fee": "5", "fee_asset": "", "wallet": portfolio.wallets.get().id, "token": "t",
    }  # fmt: skip

    answer = site.post(url(portfolio, "transactions/new/?kind=buy"), fields)

    assert answer.status_code == 302
    made = Transaction.objects.get(token="t")
    assert list(made.entries.order_by("id").values_list("asset", "quantity", "price")) == [
        ("bitcoin", D("0.002"), D(52250)),
        ("eur", D(-95), D("1.1")),
        ("eur", D(-5), D("1.1")),
    ]


def test_a_fiat_currency_is_deposited_that_nobody_had_before(site, portfolio):
    fields = {
        "at": "2024-03-05T10:00",
        "asset": "chf",
        "quantity": "5",
        "wallet": portfolio.wallets.get().id,
        "token": "t",
    }

    assert site.post(url(portfolio, "transactions/new/?kind=deposit"), fields).status_code == 302
    assert Transaction.objects.get(token="t").entries.get().asset.name == "Swiss franc"


def test_wallets_are_shown_changed_and_taken_away(site, portfolio):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    main = portfolio.wallets.order_by("id")[0]

    page = text(site.get(url(portfolio, "wallets/")))
    changed = site.post(url(portfolio, f"wallets/{cold.pk}/"), {"name": "Safe", "kind": "multisig"})
    taken = site.post(url(portfolio, f"wallets/{cold.pk}/"), {"name": main.name, "kind": "multisig"})
    kept = site.post(url(portfolio, f"wallets/{main.pk}/delete/"))
    gone = site.post(url(portfolio, f"wallets/{cold.pk}/delete/"))

    assert "Hardware wallet · your own keys · $0.00" in page
    assert "Exchange · keys held by somebody else · $10,000.00" in page
    assert [answer.status_code for answer in (changed, taken, kept, gone)] == [302, 422, 422, 302]
    assert list(Wallet.objects.filter(portfolio=portfolio)) == [main]


def test_a_pair_is_linked_from_its_row(site, portfolio):
    cold = services.add_wallet(portfolio=portfolio, name="Cold", kind="hardware")
    record(portfolio, "deposit", "1", "bitcoin")
    sent = record(portfolio, "withdrawal", "1", "bitcoin", at="2024-03-02 10:00")
    came = record(portfolio, "deposit", "0.999", "bitcoin", at="2024-03-02 11:00", wallet=cold)
    ids = {"withdrawal": sent.pk, "deposit": came.pk}

    assert "0.001 BITCO" in text(site.get(url(portfolio, "transfers/")))
    done = site.post(url(portfolio, "transfers/"), ids, follow=True)
    refused = site.post(url(portfolio, "transfers/"), {"withdrawal": came.pk, "deposit": sent.pk})

    assert "No pair found" in text(done)
    assert Transaction.objects.get(kind="transfer").voided_at is None
    assert refused.status_code == 422
    assert site.post(url(portfolio, "transfers/"), {"withdrawal": "x", "deposit": ""}).status_code == 422


def test_a_portfolio_is_deleted_by_its_name(site, portfolio):
    assert site.post(url(portfolio, "delete/"), {"name": "Short run"}).status_code == 422
    assert get_cash(portfolio=portfolio) == 10000

    assert "The portfolio is deleted" in text(site.post(url(portfolio, "delete/"), {"name": "Long run"}, follow=True))
    assert not Portfolio.objects.exists()


def test_what_is_anothers_is_neither_shown_nor_changed(portfolio, alice, bob, as_user):
    mine = make_portfolio(bob)
    stranger = as_user(bob)
    made, wallet = portfolio.transactions.get(), portfolio.wallets.get()
    parts = [f"transactions/{made.id}/{step}" for step in ("", "correct/", "void/", "restore/")]
    parts += [f"wallets/{wallet.id}/", f"wallets/{wallet.id}/delete/"]

    answers = [
        getattr(stranger, method)(url(owned, part))
        for owned in (portfolio, mine)
        for part in parts
        for method in ("get", "post")
    ]

    assert {answer.status_code for answer in answers} <= {404, 405}
    ids = {"withdrawal": made.pk, "deposit": made.pk}
    assert stranger.post(url(mine, "transfers/"), ids).status_code == 404


def test_pages_cost_the_same_however_much_there_is(site, portfolio):
    def cost(part):
        with CaptureQueriesContext(connection) as asked:
            assert site.get(url(portfolio, part)).status_code == 200
        return len(asked)

    def grow(number):
        wallet = services.add_wallet(portfolio=portfolio, name=f"Wallet {number}", kind="software")
        record(portfolio, "deposit", "2", "bitcoin", at=f"2024-03-0{number}")
        record(portfolio, "withdrawal", "1", "bitcoin", at=f"2024-03-0{number} 12:00")
        record(portfolio, "deposit", "1", "bitcoin", at=f"2024-03-0{number} 13:00", wallet=wallet)

    grow(1)
    parts = ["wallets/", "transactions/", "transfers/", f"transactions/{portfolio.transactions.first().id}/"]
    site.get(url(portfolio))
    before = [cost(part) for part in parts]
    for number in range(2, 6):
        grow(number)

    assert [cost(part) for part in parts] == before
    assert max(before) <= 20
