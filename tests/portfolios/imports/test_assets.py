"""T36: what a code means is known or asked, and never guessed from its ticker."""

from datetime import date
from decimal import Decimal

import pytest

from market.models import Asset, AssetAlias
from portfolios import services
from portfolios.models import AssetChoice
from portfolios.services import imports
from tests.factories import make_asset, make_price
from tests.portfolios.factories import NOW, make_portfolio
from tests.portfolios.imports.files import balances, canonical, commit, row_of, run, upload, verdicts

MAIN = "Main exchange account"
ROWS = ("2024-03-01 deposit FARM 2", "2024-03-02 deposit FARM 3", "2024-03-03 deposit usd 10")


@pytest.fixture
def portfolio(alice):
    small, large = make_asset("a-farm", symbol="FARM"), make_asset("harvest", symbol="Farm")
    make_price(small, date(2024, 3, 9), "1", market_cap=Decimal(1_000))
    make_price(large, date(2024, 3, 9), "1", market_cap=Decimal(5_000_000))
    return make_portfolio(alice)


def test_a_ticker_is_asked_for_with_the_largest_asset_suggested_and_none_taken(portfolio):
    batch = upload(portfolio, canonical(*ROWS))

    assert (batch.status, batch.step) == ("done", "questions")
    assert batch.questions == [
        {
            "key": "asset",
            "code": "FARM",
            "rows": 2,
            "candidates": [
                {"id": "harvest", "symbol": "Farm", "name": "Harvest", "is_suggested": True},
                {"id": "a-farm", "symbol": "FARM", "name": "A-Farm", "is_suggested": False},
            ],
        }
    ]
    assert not batch.rows.exists()


def test_a_ticker_of_one_asset_alone_is_asked_for_too(portfolio):
    make_asset("pancake", symbol="CAKE")

    batch = upload(portfolio, canonical("2024-03-01 deposit CAKE 2"))

    assert [one["id"] for one in batch.questions[0]["candidates"]] == ["pancake"]


def test_the_answer_counts_for_all_rows_and_for_the_next_file(portfolio):
    batch = upload(portfolio, canonical(*ROWS))

    imports.answer_import(batch=batch, by=portfolio.owner, at=NOW, asset_choices={"FARM": "a-farm"})
    assert verdicts(run(batch)) == ["new"] * 3
    commit(batch)
    later = upload(portfolio, canonical("2024-03-04 deposit FARM 1"))

    assert balances(portfolio) == {(MAIN, "a-farm"): "5", (MAIN, "usd"): "10"}
    assert verdicts(later) == ["new"]


def test_rows_of_a_code_can_be_left_out(portfolio):
    batch = upload(portfolio, canonical(*ROWS))

    imports.answer_import(batch=batch, by=portfolio.owner, at=NOW, asset_choices={"FARM": None})
    run(batch)

    assert verdicts(batch) == ["skipped", "skipped", "new"]
    assert row_of(batch, 1).reason == "Rows of “FARM” are left out, as you have said."


def test_a_code_that_stays_open_makes_errors_of_its_rows_alone(portfolio):
    batch = upload(portfolio, canonical(*ROWS))

    imports.answer_import(batch=batch, by=portfolio.owner, at=NOW)
    run(batch)

    assert verdicts(batch) == ["error", "error", "new"]
    assert row_of(batch, 1).column == "asset"
    assert "nobody has said yet which asset “FARM” is" in row_of(batch, 1).reason.lower().replace("farm", "FARM")
    assert row_of(batch, 1).facts["asset"] == "FARM"
    assert [question["code"] for question in batch.questions] == ["FARM"]


def test_an_answer_can_be_changed_while_the_preview_is_looked_at(portfolio):
    batch = upload(portfolio, canonical(*ROWS))
    imports.answer_import(batch=batch, by=portfolio.owner, at=NOW, asset_choices={"FARM": None})
    run(batch)

    imports.answer_import(batch=batch, by=portfolio.owner, at=NOW, asset_choices={"FARM": "harvest"})
    run(batch)

    assert verdicts(batch) == ["new"] * 3
    assert AssetChoice.objects.get().asset_id == "harvest"


def test_the_id_of_an_asset_is_itself(portfolio):
    assert verdicts(upload(portfolio, canonical("2024-03-01 deposit a-farm 2"))) == ["new"]


def test_an_id_in_other_letters_is_no_id(portfolio):
    assert upload(portfolio, canonical("2024-03-01 deposit A-FARM 2")).step == "questions"


def test_a_fiat_currency_is_known_by_its_code(portfolio):
    batch = commit(upload(portfolio, canonical("2024-03-01 deposit EUR 2")))

    assert balances(portfolio) == {(MAIN, "eur"): "2"}
    assert Asset.objects.get(id="eur").kind == "fiat"
    assert batch.step == "committed"


def test_what_a_source_called_an_asset_counts_on_its_days_alone(portfolio):
    AssetAlias.objects.create(
        source="canonical", code="FARM", asset_id="a-farm", valid_from=date(2020, 1, 1), valid_to=date(2024, 3, 2)
    )
    AssetAlias.objects.create(source="canonical", code="FARM", asset_id="harvest", valid_from=date(2024, 3, 2))
    AssetAlias.objects.create(source="kraken", code="BOND", asset_id="harvest", valid_from=date(2020, 1, 1))

    batch = upload(portfolio, canonical(*ROWS))

    assert [row_of(batch, number).facts["asset"] for number in (1, 2)] == ["a-farm", "harvest"]
    # Another source's word for it says nothing.
    assert upload(portfolio, canonical("2024-03-01 deposit BOND 2")).step == "questions"


def test_a_day_before_the_first_alias_is_asked_for(portfolio):
    AssetAlias.objects.create(source="canonical", code="FARM", asset_id="harvest", valid_from=date(2024, 3, 2))

    batch = upload(portfolio, canonical(*ROWS))

    assert (batch.step, batch.questions[0]["rows"]) == ("questions", 1)


def test_the_owners_word_counts_before_all_others(portfolio):
    AssetAlias.objects.create(source="canonical", code="FARM", asset_id="harvest", valid_from=date(2020, 1, 1))
    AssetChoice.objects.create(owner=portfolio.owner, source="canonical", code="FARM", asset_id="a-farm", chosen_at=NOW)

    batch = upload(portfolio, canonical(*ROWS))

    assert row_of(batch, 1).facts["asset"] == "a-farm"


def test_what_another_owner_said_means_nothing_here(portfolio, bob):
    AssetChoice.objects.create(owner=bob, source="canonical", code="FARM", asset_id="a-farm", chosen_at=NOW)

    assert upload(portfolio, canonical(*ROWS)).step == "questions"


def test_an_asset_that_there_is_not_is_refused(portfolio):
    batch = upload(portfolio, canonical(*ROWS))

    with pytest.raises(services.CannotImportError, match="no asset has the id 'nothing'"):
        imports.answer_import(batch=batch, by=portfolio.owner, at=NOW, asset_choices={"FARM": "nothing"})

    batch.refresh_from_db()
    assert (batch.status, batch.step) == ("done", "questions")


def test_looking_up_many_codes_takes_few_queries(portfolio, django_assert_max_num_queries):
    rows = [f"2024-03-01 deposit COIN{number} 1" for number in range(300)]
    batch = upload(portfolio, canonical(rows[0]))

    imports.answer_import(batch=batch, by=portfolio.owner, at=NOW)
    content = canonical(*rows)
    with django_assert_max_num_queries(60):
        asked = upload(portfolio, content)

    assert len(asked.questions) == 100
