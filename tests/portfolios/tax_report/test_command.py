"""The command itself: where it runs, what it refuses, what it says aloud, and its three forms."""

import csv
import os
import subprocess
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portfolios.importers.canonical import COLUMNS
from tests.portfolios.tax_report.files import report, row, said, write

ROOT = Path(__file__).resolve().parents[3]
BOUGHT_AND_SOLD = [
    row("2024-01-01", "buy", "BTC", "1", "100", external_id="b"),
    row("2024-02-01", "sell", "BTC", "1", "150", external_id="s"),
]


def start(arguments, tmp_path, **streams):
    """Start the command as a process of its own whose database is a port on which nobody listens."""
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "DATA_DIR": str(tmp_path / "var"), "SECRET_KEY": "x",
        "PYTHONUNBUFFERED": "",
    }  # fmt: skip
    command = [sys.executable, "manage.py", "tax_report", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, **streams)


def run(arguments, tmp_path):
    """Run the command to its end."""
    process = start(arguments, tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def test_it_needs_no_database(tmp_path):
    done = run([str(write(tmp_path, BOUGHT_AND_SOLD)), "--format", "csv"], tmp_path)

    assert done.returncode == 0, done.stderr
    assert b"disposal,s,2024-02-01T00:00:00Z,sell,BTC" in done.stdout
    assert done.stderr == b""


def test_a_row_that_cannot_be_read_is_exit_code_2_and_no_report(tmp_path):
    bad = [*BOUGHT_AND_SOLD, row("2024-02-02", "sell", "BTC", "many", "150")]

    done = run([str(write(tmp_path, bad))], tmp_path)

    assert (done.returncode, done.stdout) == (2, b"")
    assert "line 4, column quantity: “many” is not a number" in done.stderr.decode()


def test_it_reads_standard_input(monkeypatch, tmp_path):
    content = write(tmp_path, BOUGHT_AND_SOLD).read_bytes()
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(content)))
    out = StringIO()

    call_command("tax_report", "-", stdout=out)

    assert "Gain           50.00" in out.getvalue()


def test_a_closed_standard_input_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(CommandError, match="Standard input is closed"):
        call_command("tax_report", "-")


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path):
    path = write(tmp_path, BOUGHT_AND_SOLD * 2000)  # more than a pipe holds
    process = start([str(path)], tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    with process:
        assert process.stdout.readline().startswith(b"Amounts in USD")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_an_error_in_words(tmp_path):
    with Path("/dev/full").open("wb") as full:
        process = start([str(write(tmp_path, BOUGHT_AND_SOLD))], tmp_path, stdout=full, stderr=subprocess.PIPE)
        _, said_aloud = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said_aloud == b"CommandError: The report cannot be written: No space left on device.\n"


def refusal(folder, rows, **options):
    """Return why the command refuses these rows; it refuses with exit code 2."""
    with pytest.raises(CommandError) as caught:
        report(folder, rows, **options)
    assert caught.value.returncode == 2
    return str(caught.value)


def test_every_bad_row_is_named_at_once(tmp_path):
    rows = [
        row("2024-01-01", "bought", "BTC", "1", "100"),
        row("2024-01-01", "buy", "", "1", "100"),
        row("2024-01-01T00:00:00", "buy", "BTC", "1", "100"),
        row("2024-01-01", "buy", "BTC", "1", "-100"),
    ]

    words = refusal(tmp_path, rows)

    assert "line 2, column kind: “bought”" in words
    assert "line 3, column asset: The cell is empty" in words
    assert "line 4, column timestamp: “2024-01-01T00:00:00” names no time zone" in words
    assert "line 5, column price: “-100” is below 0" in words


def test_of_many_bad_rows_the_first_fifty_are_named(tmp_path):
    words = refusal(tmp_path, [row("2024-01-01", "buy", "BTC", "0")] * 60)

    assert "line 51, column quantity" in words
    assert "line 52, column quantity" not in words
    assert words.endswith("… and 10 more.")


def test_another_header_is_refused_with_the_columns(tmp_path):
    path = tmp_path / "trades.csv"
    path.write_text("date,what\n2024-01-01,nothing\n")

    with pytest.raises(CommandError) as caught:
        call_command("tax_report", str(path))

    assert caught.value.returncode == 2
    assert ", ".join(COLUMNS) in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.csv” cannot be read: No such file"):
        call_command("tax_report", str(tmp_path / "nowhere.csv"))


def test_a_file_that_is_too_large_is_refused_without_reading_all_of_it(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.truncate(10**12)  # a hole of a terabyte

    with pytest.raises(CommandError, match="MB are read at most"):
        call_command("tax_report", str(path))


def test_several_currencies_are_refused_with_their_lines(tmp_path):
    rows = [
        row("2024-01-01", "buy", "BTC", "1", "100"),
        row("2024-01-02", "buy", "BTC", "1", "100", currency="EUR"),
        row("2024-01-03", "sell", "BTC", "1", "150", fee="1", fee_asset="EUR"),
    ]

    words = refusal(tmp_path, rows)

    assert "EUR: lines 3, 4; USD: lines 2, 4." in words
    assert "One currency a report" in words


def test_cash_that_moves_by_itself_is_no_second_currency(tmp_path):
    rows = [
        row("2024-01-01", "deposit", "EUR", "1000", "1", fee="2", currency="EUR"),
        row("2024-01-02", "swap", "EUR", "100", received_asset="USD", received_quantity="110"),
        *BOUGHT_AND_SOLD,
    ]

    found = report(tmp_path, rows)

    assert (found["currency"], found["totals"]["gain"]) == ("USD", "50")
    assert [one["asset"] for one in found["disposals"]] == ["BTC"]


def test_cash_for_a_coin_written_as_a_swap_is_valued_by_the_cash(tmp_path):
    rows = [
        row("2024-01-01", "swap", "EUR", "100", received_asset="BTC", received_quantity="0.5", fee="1"),
        row("2024-01-02", "swap", "BTC", "0.5", received_asset="EUR", received_quantity="120", fee="2"),
    ]

    found = report(tmp_path, [one | {"fee_asset": "EUR"} for one in rows])

    # 120 less 2, less 100 and 1.
    assert (found["currency"], found["totals"]["gain"]) == ("EUR", "17")


@pytest.mark.parametrize("kind", ["income", "airdrop", "fork"])
def test_income_without_a_price_takes_one_of_its_day_and_says_so(tmp_path, kind):
    rows = [
        row("2024-01-01T08:00:00Z", "buy", "ETH", "1", "2000"),
        row("2024-01-01T12:00:00Z", kind, "ETH", "0.1", external_id="r"),
        row("2024-01-01T18:00:00Z", "buy", "ETH", "1", "2100"),
    ]

    found = report(tmp_path, rows)

    assert found["income"][0]["value"] == "200"
    (warning,) = found["warnings"]
    assert warning.startswith(f"r: {kind} of 0.1 ETH has no price of its own. It is valued at 2000 USD a unit")
    assert warning.endswith("the price of line 2 on the same UTC day.")
    assert found["is_complete"] is True


def test_income_without_any_price_is_unknown_and_never_nothing_in_silence(tmp_path):
    # The price of the next day, and what a deposit had cost, are prices of something else.
    rows = [
        row("2024-01-01", "income", "ETH", "0.1", external_id="r"),
        row("2024-01-01", "deposit", "ETH", "1", "900"),
        row("2024-01-02", "buy", "ETH", "1", "2000"),
    ]

    found = report(tmp_path, rows)

    assert found["income"][0]["value"] is None
    assert [lot["is_unpriced"] for lot in found["lots"]] == [True, False, False]
    assert found["totals"]["unknown"] == 1
    assert found["is_complete"] is False
    assert any(text.startswith("r: ") and "unknown" in text for text in found["warnings"])


def test_a_sale_of_unknown_value_has_no_gain(tmp_path):
    rows = [row("2024-01-01", "buy", "ETH", "1", "100"), row("2024-01-02", "sell", "ETH", "1")]

    found = report(tmp_path, rows)

    assert (found["disposals"][0]["proceeds"], found["disposals"][0]["gain"]) == (None, None)
    assert (found["totals"]["cost"], found["totals"]["unknown"]) == ("0", 1)


def test_interest_in_another_currency_is_left_out_with_a_warning(tmp_path):
    rows = [*BOUGHT_AND_SOLD, row("2024-03-01", "income", "EUR", "5", external_id="i")]

    found = report(tmp_path, rows)

    assert found["income"][0]["value"] is None
    assert "i: 5 EUR of income are left out" in found["warnings"][0]


def test_interest_in_the_currency_of_the_report_counts(tmp_path):
    assert report(tmp_path, [row("2024-03-01", "income", "USD", "5")])["totals"]["income"] == "5"


def test_without_an_id_the_line_stands_in(tmp_path):
    rows = [row("2024-01-01", "buy", "BTC", "1", "100"), row("2024-02-01", "sell", "BTC", "1", "150")]

    (disposal,) = report(tmp_path, rows)["disposals"]

    assert (disposal["external_id"], disposal["matches"][0]["acquired_external_id"]) == ("line 3", "line 2")


def test_an_asset_in_two_spellings_is_one_and_that_is_said(tmp_path):
    rows = [row("2024-01-01", "buy", "btc", "1", "100"), row("2024-02-01", "sell", "BTC", "1", "150")]

    found = report(tmp_path, rows)

    assert found["totals"]["gain"] == "50"
    assert found["warnings"] == ["Counted as one asset: btc (line 2), BTC (line 3)."]


def test_what_leaves_for_nothing_is_listed_apart(tmp_path):
    rows = [
        row("2024-01-01", "buy", "BTC", "3", "100"),
        row("2024-02-01", "withdrawal", "BTC", "1", external_id="out"),
        row("2024-02-02", "gift_out", "BTC", "1", external_id="gift"),
        row("2024-02-03", "loss", "BTC", "1", external_id="lost"),
    ]

    found = report(tmp_path, rows)

    assert [(one["external_id"], one["cost"]) for one in found["removals"]] == [("out", "100"), ("gift", "100")]
    assert [(one["external_id"], one["proceeds"], one["gain"]) for one in found["disposals"]] == [("lost", "0", "-100")]


def test_a_year_is_asked_for_by_its_start(tmp_path):
    rows = [
        row("2023-01-01", "buy", "BTC", "3", "100"),
        row("2024-04-05T22:30:00Z", "sell", "BTC", "1", "150", external_id="before"),  # 23:30 in London
        row("2024-04-05T23:30:00Z", "sell", "BTC", "1", "250", external_id="after"),
    ]

    found = report(tmp_path, rows, year=2024, year_starts="04-06", zone="Europe/London")

    assert [one["external_id"] for one in found["disposals"]] == ["after"]
    assert (found["year"], found["totals"]["gain"]) == (2024, "150")
    assert "of the whole history" in found["notes"][0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"term": "days:"}, "days:365"),
        ({"term": "fr"}, "no rule of terms"),
        ({"zone": "Mars/Olympus"}, "“Mars/Olympus” is no time zone"),
        ({"zone": "../passwd"}, "“../passwd” is no time zone"),
        ({"year_starts": "02-30"}, "--year-starts"),
    ],
)
def test_an_option_that_means_nothing_is_refused(tmp_path, options, words):
    assert words in refusal(tmp_path, BOUGHT_AND_SOLD, **options)


def test_what_is_missing_is_said_on_standard_error_too(tmp_path):
    rows = [row("2024-01-01", "sell", "BTC", "1", "150", external_id="s")]

    for form in ("json", "csv", "table"):
        out, err = said(tmp_path, rows, format=form)
        assert "This report is incomplete" in err
        assert "no lot was there" in out


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "'=1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_of_a_csv_is_a_formula_and_numbers_stay_numbers(tmp_path, text):
    rows = [
        row("2024-01-01", "buy", "BTC", "1", "200", wallet="'" + text, external_id="'" + text),
        row("2024-02-01", "sell", "BTC", "1", "150", wallet="'" + text),
    ]

    out, _ = said(tmp_path, rows, format="csv")

    lines = list(csv.DictReader(StringIO(out)))
    texts = [cell for line in lines for name, cell in line.items() if name not in {"proceeds", "cost", "gain"}]
    assert [cell for cell in texts if cell.startswith(("=", "+", "-", "@"))] == []
    assert lines[0]["wallet"] == "'" + text
    assert lines[0]["gain"] == "-50"


def test_a_table_is_aligned_and_rounded_half_up_to_cents(tmp_path):
    # 0.015 is up to 0.02, half away from zero below it as well.
    rows = [
        row("2024-01-01", "buy", "BTC", "2", "1.000"),
        row("2024-02-01", "sell", "BTC", "1", "1.015", external_id="up"),
        row("2024-02-02", "sell", "BTC", "1", "0.985", external_id="down"),
    ]

    out, err = said(tmp_path, rows)

    lines = out.splitlines()
    header = next(line for line in lines if "Proceeds" in line)
    up, down = (next(line for line in lines if line.startswith(f"  {name}")) for name in ("up", "down"))
    edge = header.index("Gain") + len("Gain")
    assert (up[:edge].split()[-1], down[:edge].split()[-1]) == ("0.02", "-0.02")
    assert err == ""


def test_a_table_moves_no_cursor(tmp_path):
    out, _ = said(tmp_path, [row("2024-01-01", "buy", "BTC", "1", "1", external_id="\x1b[2Jgone")])

    assert "\x1b" not in out


def test_a_file_without_rows_gives_a_report_of_nothing(tmp_path):
    found = report(tmp_path, [])

    assert (found["disposals"], found["lots"], found["is_complete"]) == ([], [], True)
