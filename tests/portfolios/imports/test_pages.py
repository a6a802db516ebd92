"""The pages of imports: a file comes in, is asked about, looked at, written and taken back."""

import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolios.importers.formats import FORMATS
from portfolios.models import AssetChoice, ImportBatch, ImportRow, Transaction
from portfolios.selectors import get_cash
from tests.portfolios.factories import NOW
from tests.portfolios.imports.browsing import COINBASE, bring, make_owned, send, text, url, work


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def portfolio(alice):
    return make_owned(alice)


@pytest.fixture
def site(alice, as_user):
    return as_user(alice)


def test_a_file_goes_from_upload_to_the_ledger_and_back(site, portfolio):
    page = bring(site, portfolio, COINBASE)

    questions = text(site.get(page))
    assert "“BTC”, in one row" in questions
    assert "“UNI”, in 2 rows" in questions
    assert "Uniswap (UNI) · id uniswap · no price known" in questions

    site.post(page, {"do": "answer", "asset_0": "uniswap", "asset_1": "bitcoin"})
    assert "Being read" in text(site.get(page))
    work()
    preview = text(site.get(page))
    assert "New 3 of 3 rows" in preview
    assert "Buy 0.0025 BTC for 98.51 USD, fee 1.49 USD" in preview
    assert "Receive as income 0.1 UNI at 10 USD each" in preview
    assert Transaction.objects.count() == 1

    site.post(page, {"do": "commit"})
    work()
    result = text(site.get(page))
    assert "3 transactions imported" in result
    assert f"?batch={ImportBatch.objects.get().pk}" in site.get(page).content.decode()
    # 1000 - 98.51 - 1.49 - 5.00
    assert get_cash(portfolio=portfolio) == 895

    assert "count no longer" in text(site.get(f"{page}undo/"))
    site.post(f"{page}undo/")
    work()
    assert "This import was taken back" in text(site.get(page))
    assert get_cash(portfolio=portfolio) == 1000


def test_the_same_form_sent_twice_is_one_import(site, portfolio):
    first = send(site, portfolio, COINBASE, token="same")
    second = send(site, portfolio, COINBASE, token="same")

    assert first["Location"] == second["Location"]
    assert ImportBatch.objects.count() == 1


def test_a_commit_sent_twice_writes_once(site, portfolio):
    page = bring(site, portfolio, COINBASE)
    site.post(page, {"do": "answer", "asset_0": "uniswap", "asset_1": "bitcoin"})
    work()

    for _ in range(2):
        site.post(page, {"do": "commit"})
    work()
    site.post(page, {"do": "commit"})
    work()

    assert Transaction.objects.count() == 4


def test_the_same_file_again_is_there_already(site, portfolio):
    page = bring(site, portfolio, COINBASE)
    site.post(page, {"do": "answer", "asset_0": "uniswap", "asset_1": "bitcoin"})
    work()
    site.post(page, {"do": "commit"})
    work()

    again = text(site.get(bring(site, portfolio, COINBASE)))

    assert "New 0 of 3 rows" in again
    assert "Already there 3" in again
    assert "Nothing is new" in again


def test_of_several_assets_none_is_chosen_unless_one_is_suggested_as_such(site, portfolio):
    page = bring(site, portfolio, COINBASE)

    html = site.get(page).content.decode()

    assert "suggested" not in html
    assert not re.search(r'name="asset_\d+"[^>]*\schecked', html)


def test_rows_of_a_symbol_may_be_left_out_or_be_of_an_asset_that_is_named(site, portfolio):
    page = bring(site, portfolio, COINBASE)

    site.post(page, {"do": "answer", "asset_0": "-", "asset_1": "", "other_1": "bitcoin"})
    work()

    assert dict(AssetChoice.objects.values_list("code", "asset")) == {"UNI": None, "BTC": "bitcoin"}
    assert ImportBatch.objects.get().counts["skipped"] == 2


@pytest.mark.parametrize(
    ("named", "words"),
    [("no such thing", "No asset here has this id"), ("uni", "Several assets are called so")],
)
def test_an_asset_that_cannot_be_told_is_refused_at_its_field(site, portfolio, named, words):
    page = bring(site, portfolio, COINBASE)

    answer = site.post(page, {"do": "answer", "asset_0": "uniswap", "other_0": named})

    assert answer.status_code == 422
    assert words in text(answer)
    assert ImportBatch.objects.get().status == "done"


def test_a_symbol_may_mean_something_else_later(site, portfolio):
    page = bring(site, portfolio, COINBASE)
    site.post(page, {"do": "answer", "asset_0": "unicorn", "asset_1": "bitcoin"})
    work()

    site.post(page, {"do": "answer", "code": "UNI", "meaning": "uniswap"})
    work()

    assert "Buy 0.5 UNI" in text(site.get(page))
    assert ImportRow.objects.get(line=6).facts["asset"] == "uniswap"


def test_a_zone_is_asked_for_with_examples_and_nothing_is_chosen(site, portfolio):
    content = "Date(UTC),Coin,Network,Amount,Address,TXID,Status\n".replace("(UTC)", "") + (
        "2024-03-02 10:00:00,BTC,BTC,1,x,y,Completed\n"
    )

    page = bring(site, portfolio, content)

    html = site.get(page).content.decode()
    assert "In which time zone are times such as “2024-03-02 10:00:00”?" in text(site.get(page))
    assert '<option value="" selected>Choose</option>' in html


def test_a_zone_that_was_said_at_the_upload_is_not_asked_for(site, portfolio):
    content = "Date,Coin,Network,Amount,Address,TXID,Status\n2024-03-02 10:00:00,BTC,BTC,1,x,y,Completed\n"

    page = bring(site, portfolio, content, zone="Europe/Berlin")
    site.post(page, {"do": "answer", "asset_0": "bitcoin"})
    work()

    # Berlin is one hour before UTC in winter.
    assert ImportRow.objects.get().facts["timestamp"] == "2024-03-02T09:00:00+00:00"


def test_what_a_file_says_is_never_taken_for_markup(site, portfolio):
    content = COINBASE.replace("UNI", "<b>UNI</b>").replace('"Bought"', "<script>alert(1)</script>")

    page = bring(site, portfolio, content, name="<img src=x>.csv")
    html = site.get(page).content.decode()
    site.post(page, {"do": "answer", "asset_1": "bitcoin"})
    work()
    html += site.get(page).content.decode() + site.get(url(portfolio)).content.decode()

    assert "&lt;B&gt;UNI" in html
    for markup in ("<B>UNI", "<script>alert", "<img src=x"):
        assert markup not in html


def test_many_errors_need_the_owners_word(site, portfolio):
    content = COINBASE.replace("Staking Income", "Something new")
    page = bring(site, portfolio, content)
    site.post(page, {"do": "answer", "asset_0": "bitcoin", "asset_1": "uniswap"})
    work()
    assert "More than one row in five is an error" in text(site.get(page))

    refused = site.post(page, {"do": "commit"})
    site.post(page, {"do": "commit", "accept_errors": "on"})
    work()

    assert refused.status_code == 422
    assert "1 of 3 rows are errors" in text(refused)
    assert Transaction.objects.count() == 3


def test_implied_deposits_are_asked_for_in_the_preview_and_labelled(site, portfolio):
    content = COINBASE.replace("USD", "EUR").replace("$", "€")
    page = bring(site, portfolio, content)
    site.post(page, {"do": "answer", "asset_0": "uniswap", "asset_1": "bitcoin"})
    work()

    before = text(site.get(page))
    site.post(page, {"do": "answer", "imply_deposits": "on"})
    work()
    after = text(site.get(page))

    assert "Errors 2" in before
    assert "2 deposits are implied and marked as such" in after


def test_rows_are_narrowed_by_verdict_and_paged_by_their_number(site, portfolio):
    page = bring(site, portfolio, COINBASE)
    batch = ImportBatch.objects.get()
    ImportBatch.objects.update(step="preview", questions=[], counts={"rows": 120, "new": 60, "error": 60})
    ImportRow.objects.bulk_create(
        ImportRow(batch=batch, number=n, line=n + 5, verdict="error" if n % 2 else "new") for n in range(1, 121)
    )

    first = site.get(f"{page}?verdict=error").content.decode()
    second = site.get(f"{page}?verdict=error&after=99").content.decode()

    # Of 60 errors with odd numbers the first 50 end at 99.
    assert "Lines 6 to 104" in first
    assert "verdict=error&amp;after=99" in first
    assert "Lines 106 to 124" in second
    assert "before=101" in second


def test_a_page_of_rows_asks_as_much_whatever_the_size_of_the_file(site, portfolio):
    page = bring(site, portfolio, COINBASE)
    batch = ImportBatch.objects.get()
    ImportBatch.objects.update(step="preview", questions=[], counts={"rows": 60, "new": 60})

    def queries(address):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            site.get(address)
        return captured.captured_queries

    ImportRow.objects.bulk_create(ImportRow(batch=batch, number=n, line=n, verdict="new") for n in range(1, 3))
    few = queries(page)
    ImportRow.objects.bulk_create(ImportRow(batch=batch, number=n, line=n, verdict="new") for n in range(3, 501))
    many = queries(page)

    assert len(many) == len(few) <= 14
    assert not any("COUNT(" in query["sql"] for query in many)


def test_the_list_asks_as_much_for_many_imports_as_for_one(site, portfolio):
    bring(site, portfolio, COINBASE)
    with CaptureQueriesContext(connection) as one:
        site.get(url(portfolio))
    for n in range(5):
        bring(site, portfolio, COINBASE + f"x{n}")
    with CaptureQueriesContext(connection) as many:
        answer = site.get(url(portfolio))

    assert len(many) == len(one)
    assert text(answer).count("history.csv") == 6


def test_an_import_that_is_not_written_is_discarded_with_its_file(site, portfolio):
    page = bring(site, portfolio, COINBASE)

    answer = site.post(f"{page}discard/", follow=True)

    assert "Discarded" in text(answer)
    assert not ImportBatch.objects.exists()


def test_an_import_that_is_written_is_not_discarded(site, portfolio):
    page = bring(site, portfolio, COINBASE)
    site.post(page, {"do": "answer", "asset_0": "uniswap", "asset_1": "bitcoin"})
    work()
    site.post(page, {"do": "commit"})
    work()

    answer = site.post(f"{page}discard/")

    assert answer.status_code == 422
    assert "take the import back instead" in text(answer)


def test_progress_is_looked_at_every_two_seconds_until_there_is_a_result(site, portfolio):
    page = send(site, portfolio, COINBASE)["Location"]
    waiting = site.get(page).content.decode()
    work()
    done = site.get(page).content.decode()

    assert 'hx-trigger="every 2s"' in waiting
    assert "Look again" in waiting
    assert "hx-trigger" not in done


def test_where_files_come_from_is_said_of_every_format(site, portfolio):
    page = text(site.get(url(portfolio, "formats/")))

    makers = {one.name.split()[0] for one in FORMATS}
    assert {maker for maker in makers if maker not in page} == set()
