"""Import of classifications: dated, idempotent, all rows or none."""

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from market.models import Asset, Classification, DataFinding
from market.services import BadFileError, import_classifications
from tests.factories import make_asset, make_price
from tests.market.factories import NOW, day, write_csv

pytestmark = pytest.mark.django_db
HEADER = "coin_id,symbol,name,sector,dacs_like,token_type,cap_tier,jurisdiction,launch_year,default_eligible,note"
BITCOIN = "bitcoin,BTC,Bitcoin,payments,Currency,currency,large,global,2009,1,"
TETHER = "tether,USDT,Tether,stablecoin,Stablecoin,stablecoin,large,El Salvador,2014,0,sleeve asset only"
WRAPPED = "wrapped-bitcoin,WBTC,Wrapped Bitcoin,wrapped,Digitization,utility,large,global,2019,0,wrapped"


def load(folder, *rows, **options):
    """Import rows of the given shape."""
    return import_classifications(file=write_csv(folder, *rows, header=HEADER, name="c.csv"), at=NOW, **options)


def refuse(folder, *rows, **options):
    """Import bad rows and return the faults, having checked that nothing was written."""
    before = (Asset.objects.count(), list(Classification.objects.values()))
    with pytest.raises(BadFileError) as caught:
        load(folder, *rows, **options)
    assert before == (Asset.objects.count(), list(Classification.objects.values()))
    return str(caught.value)


def test_a_row_classifies_an_asset_and_creates_it_without_prices(tmp_path):
    result = load(tmp_path, BITCOIN)

    item = Classification.objects.get()
    assert (result.assets_new, result.classifications_new) == (1, 1)
    assert (item.asset.symbol, item.asset.name) == ("BTC", "Bitcoin")
    assert (item.sector, item.token_type, item.launch_year) == ("payments", "currency", 2009)
    assert (item.valid_from, item.valid_to, item.is_eligible) == (date(2009, 1, 3), None, True)
    assert result.ignored_columns == ["dacs_like", "cap_tier"]


@pytest.mark.parametrize(
    ("row", "flags"),
    [
        (BITCOIN, (False, False, False, True)),
        (TETHER, (True, False, True, False)),
        (WRAPPED, (False, True, True, False)),
    ],
)
def test_flags_follow_from_sector_and_token_type(tmp_path, row, flags):
    load(tmp_path, row)

    item = Classification.objects.get()
    assert (item.is_stable, item.is_wrapped, item.is_pegged, item.is_eligible) == flags


def test_rows_without_an_id_are_skipped_and_named(tmp_path):
    result = load(tmp_path, ",FET,Fetch,ai,,utility,,,2019,1,", BITCOIN, ",,Nameless,ai,,utility,,,,1,")

    assert (result.rows_read, result.skipped) == (3, ["FET", "row 4"])
    assert Asset.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (BITCOIN.replace("payments", "cheese"), 'row 2, sector: "cheese" is not one of payments, layer1'),
        (BITCOIN.replace(",currency", ",coupon"), 'row 2, token_type: "coupon" is not one of currency'),
        (BITCOIN.replace("2009", "last"), 'row 2, launch_year: "last" is not a year'),
        (BITCOIN.replace("2009", "1066"), 'row 2, launch_year: "1066" is not a year'),
        (BITCOIN.replace(",1,", ",yes,"), 'row 2, default_eligible: "yes" is neither 1'),
        (BITCOIN.replace("BTC", ""), "row 2, symbol: is empty"),
        (BITCOIN.replace("global", "x" * 61), "row 2, jurisdiction:"),
        (BITCOIN + "x" * 201, "row 2, note:"),
        (f"{BITCOIN}\n{BITCOIN}", "row 3, coin_id: bitcoin is in row 2"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(tmp_path, row, message):
    assert f"c.csv, {message}" in refuse(tmp_path, row, TETHER)


def test_assets_of_the_simulated_market_are_refused(tmp_path):
    make_asset("bitcoin", simulated=True)

    assert "bitcoin is simulated; only real coins come here" in refuse(tmp_path, BITCOIN)


def test_the_same_file_again_changes_nothing(tmp_path):
    load(tmp_path, BITCOIN, TETHER)
    before = list(Classification.objects.values())

    again = load(tmp_path, BITCOIN, TETHER)

    assert (again.classifications_new, again.classifications_corrected, again.classifications_unchanged) == (0, 0, 2)
    assert list(Classification.objects.values()) == before


def test_a_later_day_closes_what_was_and_opens_what_is(tmp_path):
    load(tmp_path, BITCOIN)

    result = load(tmp_path, BITCOIN.replace("payments", "rwa"), valid_from=day(0))

    old, new = Classification.objects.order_by("valid_from")
    assert (old.sector, old.valid_to) == ("payments", day(0))
    assert (new.sector, new.valid_from, new.valid_to) == ("rwa", day(0), None)
    assert result.classifications_new == 1


def test_other_facts_from_the_same_day_on_are_a_correction(tmp_path):
    load(tmp_path, BITCOIN)

    result = load(tmp_path, BITCOIN.replace("payments", "rwa"))

    assert Classification.objects.get().sector == "rwa"
    assert result.classifications_corrected == 1


def test_history_is_not_rewritten_from_before_the_open_classification(tmp_path):
    load(tmp_path, BITCOIN, valid_from=day(9))

    message = refuse(tmp_path, BITCOIN.replace("payments", "rwa"), TETHER, valid_from=day(8))

    assert "row 2, coin_id: bitcoin is classified from 2023-03-10 on; give a later --valid-from" in message


def test_the_name_follows_the_file_and_the_symbol_follows_the_prices(tmp_path):
    make_asset("bitcoin", symbol="XBT", name="bitcoin")

    load(tmp_path, BITCOIN)

    asset = Asset.objects.get()
    assert (asset.symbol, asset.name) == ("XBT", "Bitcoin")


def test_pegs_are_checked_as_soon_as_it_is_known_what_is_stable(tmp_path):
    make_price(make_asset("tether"), day(0), "0.9")

    load(tmp_path, TETHER)

    assert DataFinding.objects.get().kind == "peg_break"


def test_the_command_prints_one_json_object(tmp_path, capsys):
    path = write_csv(tmp_path, BITCOIN, ",FET,Fetch,ai,,utility,,,2019,1,", header=HEADER)

    call_command("import_classifications", str(path), "--format", "json", "--valid-from", "2020-01-01")

    summary = json.loads(capsys.readouterr().out)
    assert (summary["classifications_new"], summary["skipped"]) == (1, ["FET"])
    assert summary["valid_from"] == "2020-01-01"


def test_the_command_says_in_words_what_came_in(tmp_path, capsys):
    call_command(
        "import_classifications", str(write_csv(tmp_path, BITCOIN, ",FET,Fetch,ai,,utility,,,2019,1,", header=HEADER))
    )

    text = capsys.readouterr().out
    assert "1 new, 0 corrected, 0 unchanged, valid from 2009-01-03; 1 assets are new." in text
    assert "Skipped, no coin_id: FET." in text
    assert "Ignored columns: dacs_like, cap_tier." in text


def test_the_command_fails_with_the_faults(tmp_path):
    with pytest.raises(CommandError, match="row 2, sector"):
        call_command(
            "import_classifications", str(write_csv(tmp_path, BITCOIN.replace("payments", "x"), header=HEADER))
        )
