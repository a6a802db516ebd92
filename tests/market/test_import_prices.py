"""Import of prices: good files in, bad files out as a whole, the same file twice is one."""

import gzip
import json
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings, strategies as st

from market.models import SOURCE_LAG, Asset, AssetAlias, DailyPrice, SourceRun, close_of
from market.services import BadFileError, CannotReviseError, import_prices, revise_price
from tests.factories import make_asset
from tests.market.factories import HEADER, NOW, day, soon_after, write_csv

pytestmark = pytest.mark.django_db
GOOD = "2023-03-01,bitcoin,BTC,23000.5,440000000000,20000000000"


def refuse(path, *, at=NOW):
    """Import a bad file and return its faults as text, having checked that nothing was written."""
    with pytest.raises(BadFileError) as caught:
        import_prices(files=[path], at=at)
    assert not DailyPrice.objects.exists()
    assert not Asset.objects.exists()
    assert not SourceRun.objects.exists()
    return str(caught.value)


def test_a_row_becomes_a_price_with_all_its_digits(tmp_path):
    path = write_csv(tmp_path, "2023-03-01,bitcoin,BTC,12345678901234567890.123456789012345678,1,0.000000000000000001")

    result = import_prices(files=[path], at=NOW)

    price = DailyPrice.objects.get()
    assert (result.rows_read, result.rows_new, result.assets_new) == (1, 1, 1)
    assert str(price.close) == "12345678901234567890.123456789012345678"
    assert price.volume == Decimal("1e-18")
    assert (price.asset.symbol, price.asset.name, price.asset.simulated) == ("BTC", "Bitcoin", False)


@pytest.mark.parametrize("name", ["prices.csv", "prices.csv.gz", "gzip_without_the_name"])
def test_plain_and_gzip_files_are_told_apart_by_content(tmp_path, name):
    path = write_csv(tmp_path, GOOD, name=name)
    if "." not in name:
        path.write_bytes(gzip.compress(path.read_bytes()))

    assert import_prices(files=[path], at=NOW).rows_new == 1


def test_columns_come_in_any_order_after_a_byte_order_mark_and_strangers_are_named(tmp_path):
    path = tmp_path / "excel.csv"
    path.write_bytes(
        "Volume, price,note,symbol,coin_id,date,market_cap\r\n5,2.5,hello,BTC,bitcoin,2023-03-01,\r\n".encode(
            "utf-8-sig"
        )
    )

    result = import_prices(files=[path], at=NOW)

    price = DailyPrice.objects.get()
    assert result.ignored_columns == ["note"]
    assert (price.close, price.volume, price.market_cap) == (Decimal("2.5"), Decimal(5), None)


@pytest.mark.parametrize("cap", ["", "0", "0.0", "0e5"])
def test_a_market_cap_of_zero_is_unknown_and_counted(tmp_path, cap):
    result = import_prices(files=[write_csv(tmp_path, f"2023-03-01,bitcoin,BTC,1,{cap},")], at=NOW)

    price = DailyPrice.objects.get()
    assert (price.market_cap, price.volume) == (None, None)
    assert result.rows_without_market_cap == 1
    assert result.findings == {"zero_cap": 1}


def test_more_than_18_decimals_are_rounded_half_to_even_and_counted(tmp_path):
    path = write_csv(
        tmp_path,
        "2023-03-01,a,A,0.0000000000000000125,,",
        "2023-03-02,a,A,0.0000000000000000135,,",
        "2023-03-03,a,A,2,,",
    )

    result = import_prices(files=[path], at=NOW)

    closes = list(DailyPrice.objects.order_by("day").values_list("close", flat=True))
    assert closes == [Decimal("12e-18"), Decimal("14e-18"), Decimal(2)]
    assert result.values_rounded == 2


BAD_ROWS = [
    ("2023-02-30,bitcoin,BTC,1,1,1", 'row 3, date: "2023-02-30" is not a day of the calendar'),
    ("01.03.2023,bitcoin,BTC,1,1,1", 'row 3, date: "01.03.2023" is not a day written as YYYY-MM-DD'),
    ("20230301,bitcoin,BTC,1,1,1", 'row 3, date: "20230301" is not a day'),
    ("1970-01-01,bitcoin,BTC,1,1,1", "row 3, date: 1970-01-01 lies before 2009-01-03"),
    ("2023-06-01,bitcoin,BTC,1,1,1", "row 3, date: 2023-06-01 has not closed yet"),
    ("9999-12-31,bitcoin,BTC,1,1,1", "row 3, date: 9999-12-31 has not closed yet"),
    (",bitcoin,BTC,1,1,1", 'row 3, date: "" is not a day'),
    ("2023-03-01,,BTC,1,1,1", "row 3, coin_id: is empty"),
    ("2023-03-01,bit\x00coin,BTC,1,1,1", "row 3, coin_id: 'bit\\x00coin' has characters that cannot be printed"),
    (f"2023-03-01,{'x' * 81},BTC,1,1,1", "row 3, coin_id:"),
    ("2023-03-01,usd,USD,1,1,1", 'row 3, coin_id: "usd" is the base currency'),
    ("2023-03-01,bitcoin,,1,1,1", "row 3, symbol: is empty"),
    ("2023-03-01,bitcoin,BTC,-5,1,1", 'row 3, price: "-5" is negative'),
    ("2023-03-01,bitcoin,BTC,0,1,1", 'row 3, price: "0" is zero'),
    ("2023-03-01,bitcoin,BTC,1e-19,1,1", 'row 3, price: "1e-19" is zero at 18 decimals'),
    ("2023-03-01,bitcoin,BTC,,1,1", 'row 3, price: "" is not a number'),
    ("2023-03-01,bitcoin,BTC,NaN,1,1", 'row 3, price: "NaN" is not a number'),
    ("2023-03-01,bitcoin,BTC,Infinity,1,1", 'row 3, price: "Infinity" is not a number'),
    ("2023-03-01,bitcoin,BTC,1_000,1,1", 'row 3, price: "1_000" is not a number'),
    ("2023-03-01,bitcoin,BTC,1e400,1,1", 'row 3, price: "1e400" has more than 20 digits before the point'),
    ("2023-03-01,bitcoin,BTC,100000000000000000000,1,1", 'row 3, price: "100000000000000000000" has more than 20'),
    ("2023-03-01,bitcoin,BTC,1,-1,1", 'row 3, market_cap: "-1" is negative'),
    ("2023-03-01,bitcoin,BTC,1,1,-1", 'row 3, volume: "-1" is negative'),
    ("2023-03-01,bitcoin,BTC,1,1,x", 'row 3, volume: "x" is not a number'),
    ("2023-03-01,bitcoin,BTC,1,1,1,1", "row 3: 7 values where the header has 6 columns"),
    ("2023-03-01,bitcoin,BTC,1", "row 3: 4 values where the header has 6 columns"),
    ('2023-03-01,bitcoin,BTC,"1" 1,1,1', "row 3: not readable as CSV"),
]


@pytest.mark.parametrize(("bad", "message"), BAD_ROWS, ids=[message for _, message in BAD_ROWS])
def test_a_bad_row_is_named_and_nothing_is_written(tmp_path, bad, message):
    path = write_csv(tmp_path, "2023-02-01,bitcoin,BTC,1,1,1", bad, "2023-02-03,bitcoin,BTC,1,1,1")

    assert f"prices.csv, {message}" in refuse(path)


def test_a_number_of_200000_digits_is_refused(tmp_path):
    assert "not readable as CSV" in refuse(write_csv(tmp_path, f"2023-03-01,bitcoin,BTC,{'9' * 200_000},1,1"))


def test_all_faults_of_a_row_and_of_all_rows_are_listed(tmp_path):
    message = refuse(write_csv(tmp_path, "2023-13-01,bitcoin,BTC,-1,x,1", GOOD, "2023-03-02,bitcoin,BTC,0,1,1"))

    assert [line.split(":")[0] for line in message.splitlines()] == [
        "prices.csv, row 2, date",
        "prices.csv, row 2, price",
        "prices.csv, row 2, market_cap",
        "prices.csv, row 4, price",
    ]


def test_only_the_first_50_faults_are_listed_and_the_others_counted(tmp_path):
    message = refuse(write_csv(tmp_path, *["2023-03-01,bitcoin,BTC,-1,1,1"] * 2, *["x,y,Z,-1,1,1"] * 30))

    assert len(message.splitlines()) == 51
    assert message.endswith("... and 13 more.")


def test_the_same_day_twice_is_refused_also_over_two_files(tmp_path):
    first = write_csv(tmp_path, GOOD, name="first.csv")
    second = write_csv(tmp_path, "2023-03-02,bitcoin,BTC,1,1,1", GOOD, name="second.csv")

    with pytest.raises(
        BadFileError, match=r"second\.csv, row 3, date: bitcoin has a row for 2023-03-01 already: first\.csv"
    ):
        import_prices(files=[first, second], at=NOW)

    assert not DailyPrice.objects.exists()


BAD_FILES = {
    "empty.csv": (b"", "the file is empty"),
    "blank.csv": (b"\n\n", "the file is empty"),
    "header_only.csv": (f"{HEADER}\n".encode(), "there are no rows below the header"),
    "no_price.csv": (b"date,coin_id,symbol,market_cap,volume\n2023-03-01,a,A,1,1\n", "row 1: no column price"),
    "double.csv": (f"{HEADER},price\n{GOOD},1\n".encode(), "row 1: the header names price more than once"),
    "latin.csv": (f"{HEADER}\n2023-03-01,bitcoin,Ä,1,1,1\n".encode("latin-1"), "not UTF-8 text"),
    "wide.csv": (f"{HEADER}\n{GOOD}\n".encode("utf-16"), "not UTF-8 text"),
    "plain.csv.gz": (f"{HEADER}\n{GOOD}\n".encode(), "the name ends in .gz, the content is not gzip"),
    "cut.csv.gz": (gzip.compress(f"{HEADER}\n{GOOD}\n".encode())[:-10], "damaged gzip data"),
    "noise.csv.gz": (b"\x1f\x8b" + b"\x00" * 40, "damaged gzip data"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_by_name(tmp_path, name):
    content, message = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)

    refusal = refuse(tmp_path / name)

    assert refusal.startswith(name)
    assert message in refusal


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_what_cannot_be_opened_is_refused_by_name(tmp_path, name):
    assert "cannot be read" in refuse(tmp_path / name)


def test_a_coin_of_the_simulated_market_and_a_currency_take_no_real_prices(tmp_path):
    make_asset("sim-aurum", simulated=True)
    make_asset("eur", kind=Asset.Kind.FIAT)
    path = write_csv(tmp_path, "2023-03-01,sim-aurum,sAUR,1,1,1", "2023-03-01,eur,EUR,1,1,1")

    with pytest.raises(BadFileError) as caught:
        import_prices(files=[path], at=NOW)

    assert 'row 2, coin_id: "sim-aurum" is an asset of the simulated market' in str(caught.value)
    assert 'row 3, coin_id: "eur" is a currency' in str(caught.value)


def test_the_same_file_again_changes_nothing(tmp_path):
    path = write_csv(tmp_path, GOOD, "2023-03-02,bitcoin,BTC,1e-10,,0.5")
    import_prices(files=[path], at=NOW)
    before = list(DailyPrice.objects.values())

    again = import_prices(files=[path], at=soon_after(200))

    assert (again.rows_new, again.rows_revised, again.rows_unchanged) == (0, 0, 2)
    assert list(DailyPrice.objects.values()) == before


def test_a_changed_number_supersedes_and_both_versions_stay(tmp_path):
    later = soon_after(30)
    import_prices(files=[write_csv(tmp_path, GOOD)], at=soon_after(0))

    result = import_prices(files=[write_csv(tmp_path, GOOD.replace("23000.5", "23001"))], at=later)

    old, new = DailyPrice.objects.order_by("recorded_at")
    assert result.rows_revised == 1
    assert (old.close, old.recorded_at, old.superseded_at) == (Decimal("23000.5"), soon_after(0), later)
    assert (new.close, new.recorded_at, new.superseded_at) == (Decimal(23001), later, None)
    assert not new.reconstructed


def test_a_revision_at_the_very_instant_of_the_first_version_still_comes_after_it(tmp_path):
    import_prices(files=[write_csv(tmp_path, GOOD)], at=soon_after(0))

    import_prices(files=[write_csv(tmp_path, GOOD.replace("23000.5", "7"))], at=soon_after(0))

    assert DailyPrice.objects.current().get().close == 7


def test_a_version_that_was_superseded_meanwhile_cannot_be_corrected(tmp_path):
    import_prices(files=[write_csv(tmp_path, GOOD)], at=soon_after(0))
    seen = DailyPrice.objects.get()
    import_prices(files=[write_csv(tmp_path, GOOD.replace("23000.5", "7"))], at=soon_after(1))

    with pytest.raises(CannotReviseError, match="superseded already"):
        revise_price(price=seen, close=Decimal(8), market_cap=None, volume=None, at=soon_after(2))

    assert DailyPrice.objects.current().get().close == 7


def test_a_price_on_time_is_known_since_then_and_a_late_one_since_its_usual_time(tmp_path):
    import_prices(files=[write_csv(tmp_path, GOOD)], at=soon_after(0))
    import_prices(files=[write_csv(tmp_path, GOOD.replace("bitcoin", "late"))], at=NOW)

    on_time, late = DailyPrice.objects.order_by("asset_id")
    assert (on_time.recorded_at, on_time.reconstructed) == (soon_after(0), False)
    assert (late.recorded_at, late.reconstructed) == (close_of(day(0)) + SOURCE_LAG, True)


def test_a_new_symbol_is_shown_and_the_old_one_stays_as_a_dated_alias(tmp_path):
    import_prices(files=[write_csv(tmp_path, "2023-03-01,terra,LUNA,80,1,1")], at=NOW)

    result = import_prices(files=[write_csv(tmp_path, "2023-03-09,terra,LUNC,0.1,1,1")], at=NOW)

    alias = AssetAlias.objects.get()
    assert Asset.objects.get().symbol == "LUNC"
    assert (alias.source, alias.code, alias.valid_from, alias.valid_to) == ("csv", "LUNA", day(0), day(8))
    assert result.symbols_changed[0] == "terra: LUNA is now LUNC"


def test_older_rows_do_not_bring_an_old_symbol_back(tmp_path):
    import_prices(files=[write_csv(tmp_path, "2023-03-09,terra,LUNC,0.1,1,1")], at=NOW)

    result = import_prices(files=[write_csv(tmp_path, "2023-03-01,terra,LUNA,80,1,1")], at=NOW)

    assert Asset.objects.get().symbol == "LUNC"
    assert AssetAlias.objects.get().code == "LUNA"
    assert result.symbols_changed == ["terra: LUNA kept as an alias from 2023-03-01"]


def test_a_provider_that_relabels_its_whole_history_leaves_an_alias_until_today(tmp_path):
    import_prices(files=[write_csv(tmp_path, "2023-03-01,terra,LUNA,80,1,1")], at=NOW)

    import_prices(files=[write_csv(tmp_path, "2023-03-01,terra,LUNC,80,1,1")], at=NOW)

    assert AssetAlias.objects.get().valid_to == NOW.date()


def test_an_alias_that_already_names_another_asset_is_left_alone_and_said(tmp_path):
    rows = [f"2023-03-0{n},{coin},{symbol},1,1,1" for coin in ("a", "b") for n, symbol in ((1, "X"), (2, coin))]

    result = import_prices(files=[write_csv(tmp_path, *rows)], at=NOW)

    assert AssetAlias.objects.get().asset_id == "a"
    assert "b: X from 2023-03-01 is an alias of a already, none was added" in result.symbols_changed


def test_an_import_leaves_a_record_of_its_run(tmp_path):
    import_prices(files=[write_csv(tmp_path, GOOD)], at=NOW, source="my-file")

    run = SourceRun.objects.get()
    assert (run.source, run.status, run.detail, run.rows_new) == ("my-file", "done", "prices.csv", 1)
    assert DailyPrice.objects.get().source == "my-file"


def test_progress_goes_up_to_all_bytes(tmp_path):
    rows = [f"2020-01-01,coin{number},C,1,1,1" for number in range(2_500)]
    shares: list[float] = []

    import_prices(files=[write_csv(tmp_path, *rows)], at=NOW, progress=shares.append)

    assert shares == sorted(shares)
    assert 0 < shares[-1] <= 1


def test_the_command_prints_one_json_object(tmp_path, capsys):
    call_command("import_prices", str(write_csv(tmp_path, GOOD)), format="json")

    summary = json.loads(capsys.readouterr().out)
    assert summary["rows_new"] == 1
    assert summary["first_day"] == "2023-03-01"


def test_the_command_says_in_words_what_came_in(tmp_path, capsys):
    call_command("import_prices", str(write_csv(tmp_path, f"{GOOD},x", header=f"{HEADER},extra")))

    text = capsys.readouterr().out
    assert "1 new, 0 revised, 0 unchanged" in text
    assert "Ignored columns: extra." in text


def test_the_command_fails_with_the_faults(tmp_path):
    with pytest.raises(CommandError, match=r"Nothing was imported\. 1 errors:\nprices\.csv, row 2, price") as caught:
        call_command("import_prices", str(write_csv(tmp_path, GOOD.replace("23000.5", "-1"))))

    assert caught.value.returncode == 1


def test_the_command_draws_a_bar_on_a_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    rows = [f"2020-01-01,coin{number},C,1,1,1" for number in range(1_100)]

    call_command("import_prices", str(write_csv(tmp_path, *rows)))

    assert "%" in capsys.readouterr().err


amounts = st.decimals(min_value=Decimal("1e-18"), max_value=Decimal("1e20") - 1, places=18)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(amounts, amounts, amounts), min_size=1, max_size=20))
def test_every_digit_survives_from_the_file_to_the_database_and_back(tmp_path, numbers):
    DailyPrice.objects.all().delete()
    rows = [
        f"{day(place - 100)},bitcoin,BTC,{close:f},{cap:f},{volume:f}"
        for place, (close, cap, volume) in enumerate(numbers)
    ]

    import_prices(files=[write_csv(tmp_path, *rows)], at=NOW)

    read = DailyPrice.objects.order_by("day").values_list("close", "market_cap", "volume")
    written = [tuple(f"{value:.18f}" for value in row) for row in numbers]
    assert [tuple(f"{value:f}" for value in row) for row in read] == written
