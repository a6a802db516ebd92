"""The nightly command: what it runs, what it says, what it refuses."""

import json
import re

import pytest
import time_machine
from django.core.management import CommandError, call_command

from analytics.models import NightlyRun, Valuation
from tests.analytics.factories import NOW, day, make_night, price
from tests.factories import make_asset
from tests.portfolios.factories import make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def test_without_dates_it_runs_what_is_missing(capsys):
    call_command("nightly")
    call_command("nightly")

    out = capsys.readouterr().out
    assert list(NightlyRun.objects.values_list("day", "status")) == [(day("03-09"), "done")]
    assert re.search(r"1 night in [0-9.]+ s: 1 done\.", out)
    assert "Nothing is missing up to 2024-03-09." in out


def test_one_night(capsys):
    call_command("nightly", "--date", "2024-03-05")

    assert list(NightlyRun.objects.values_list("day", flat=True)) == [day("03-05")]


def test_a_range_shows_its_progress(capsys):
    call_command("nightly", "--from", "2024-02-28", "--to", "2024-03-02")

    assert NightlyRun.objects.count() == 4
    assert "2024-03-02" in capsys.readouterr().err


def test_json_says_what_became_of_it(capsys, settings):
    settings.MARKET_SOURCE = "nowhere"

    call_command("nightly", "--date", "2024-03-05", "--format", "json")

    summary = json.loads(capsys.readouterr().out)
    assert summary["nights"] == 1
    assert summary["statuses"] == {"partial": 1}
    assert "MARKET_SOURCE" in summary["problems"]["2024-03-05"]


def test_problems_stand_on_the_error_stream(capsys, settings):
    settings.MARKET_SOURCE = "nowhere"

    call_command("nightly", "--date", "2024-03-05")

    captured = capsys.readouterr()
    assert "1 partly done" in captured.out
    assert "2024-03-05: Market data:" in captured.err


def test_it_values_again_what_the_ledger_changed(alice):
    make_night(day("03-09"))
    price(make_asset("coin"), day("03-01"), "10")
    record(make_portfolio(alice), "gift_in", "2", "coin", at="2024-03-08 08:00")

    call_command("nightly")

    assert Valuation.objects.count() == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--date", "yesterday"], "'yesterday' is not a date as YYYY-MM-DD."),
        (["--date", "2024-02-30"], "'2024-02-30' is not a date"),
        (["--from", "2024-03-05", "--to", "2024-03-04"], "--to 2024-03-04 is before --from 2024-03-05."),
        (["--from", "2024-03-05"], "A range needs both --from and --to."),
        (["--to", "2024-03-05"], "A range needs both"),
        (["--date", "2024-03-05", "--to", "2024-03-05"], "Give either --date, or --from and --to."),
        (["--date", "2024-03-10"], "2024-03-10 has not closed yet: the last night that can be run is 2024-03-09"),
        (["--from", "1999-01-01", "--to", "2024-01-01"], "1999-01-01 is before the first market day, 2009-01-03."),
    ],
)
def test_bad_dates_are_refused_in_words(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("nightly", *arguments)

    assert NightlyRun.objects.count() == 0


def test_it_waits_for_another_process_and_then_goes_on(capsys, monkeypatch):
    """The other process ends while the command waits."""
    run = make_night(day("03-09"), "running")
    NightlyRun.objects.filter(id=run.id).update(claim="elsewhere:1:token")
    monkeypatch.setattr("time.sleep", lambda _seconds: NightlyRun.objects.update(status="done"))

    call_command("nightly")

    captured = capsys.readouterr()
    assert "is being run by another process" in captured.err
    assert "Nothing is missing" in captured.out


def test_a_night_that_fails_as_a_whole_ends_with_an_error(monkeypatch):
    def fail(**_days):
        raise OSError("no disk")

    monkeypatch.setattr("market.services.refresh_market", fail)
    monkeypatch.setattr("indices.services.run_window", fail)
    monkeypatch.setattr("analytics.services.nights.due_portfolios", fail)

    with pytest.raises(OSError, match="no disk"):
        call_command("nightly", "--date", "2024-03-05")

    assert NightlyRun.objects.get().status == "failed"


def test_silence_can_be_asked_for(capsys):
    call_command("nightly", "--date", "2024-03-05", verbosity=0)

    assert capsys.readouterr().err == ""
