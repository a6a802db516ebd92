"""The demo: complete, safe to repeat, and never in the way of other data. And the server's refusals."""

import json
import socket
import stat
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import User
from analytics import services
from analytics.management.demo_state import DemoState
from analytics.management.progress import ProgressBar
from analytics.management.ready import describe_demo
from analytics.models import NightlyRun, Valuation
from analytics.services import demo, demo_trades
from indices.models import Level
from portfolios.models import Lot, LotMark, Order, Portfolio, Transaction
from portfolios.selectors import check_invariants
from tests.analytics.factories import day, price
from tests.factories import make_asset

pytestmark = pytest.mark.django_db

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.MARKET_SOURCE = "simulated"


def test_the_demo_is_made_once_and_the_night_completes_it(monkeypatch, capsys):
    """A shorter one: two months of contributions on indices of four months."""
    monkeypatch.setattr(demo, "INDEX_DAYS", 120)
    monkeypatch.setattr(demo, "MONTHS", 2)

    call_command("seed_demo")

    portfolio = Portfolio.objects.get(name=demo.PORTFOLIO)
    assert portfolio.owner.email == "investor@example.com"
    assert User.objects.filter(is_staff=True).count() == 3
    assert NightlyRun.objects.get().status == "pending"
    orders, rows, levels = Order.objects.count(), Transaction.objects.count(), Level.objects.count()
    assert orders == 3 * Transaction.objects.filter(portfolio=portfolio, kind="deposit").count()
    coins = Portfolio.objects.get(name=demo_trades.NAME)
    assert Lot.objects.filter(portfolio=coins).exists()
    assert not LotMark.objects.exists()
    assert check_invariants(portfolio=coins) == []
    passwords = DemoState.load().passwords
    assert User.objects.get(email=demo.INVESTOR).check_password(passwords[demo.INVESTOR])

    # A start that was cut short goes on: nothing twice, no password changed.
    DemoState(passwords).save()
    call_command("seed_demo")
    call_command("seed_demo")
    assert "The demo is there." in capsys.readouterr().out
    assert (Order.objects.count(), Transaction.objects.count(), Level.objects.count()) == (orders, rows, levels)

    services.replay_missing(until=YESTERDAY, at=datetime.now(UTC))
    assert NightlyRun.objects.get().status == "done"
    assert Valuation.objects.filter(portfolio=portfolio).latest("day").day == YESTERDAY
    words = "\n".join(describe_demo(passwords))
    assert passwords[demo.INVESTOR] in words
    assert "(simulated market)" in words
    assert "VaR 95%" in words


def test_the_curator_drafts_and_the_approver_approves(as_user):
    demo.make_people(dict.fromkeys(demo.PEOPLE, "secret"))
    curator, approver = (User.objects.get(email=email) for email in (demo.CURATOR, demo.APPROVER))

    pages = [
        "indices/index/", "indices/methodology/", "indices/review/", "indices/rebalance/", "indices/level/",
        "market/dailyprice/", "market/datafinding/", "market/assetevent/", "analytics/backtest/",
    ]  # fmt: skip
    for person in (curator, approver):
        client = as_user(person)
        assert {client.get(f"/admin/{page}").status_code for page in pages} == {200}
    assert as_user(curator).get("/admin/indices/methodology/add/").status_code == 200
    assert as_user(approver).get("/admin/indices/methodology/add/").status_code == 403
    for name in ("indices.approve_methodology", "indices.approve_review", "market.approve_assetevent"):
        assert not curator.has_perm(name)
        assert approver.has_perm(name)


def test_the_groups_have_every_right_that_they_name():
    migration = import_module("analytics.migrations.0003_groups")

    for name, granted in (("curator", migration.CURATOR), ("approver", migration.APPROVER)):
        named = {(app, pattern.format(model)) for (app, model), patterns in granted.items() for pattern in patterns}
        held = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
        assert set(held) == named


def test_the_logins_are_for_the_eyes_of_the_owner(tmp_path):
    DemoState.load().save()

    file = tmp_path / "demo-logins.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    stored = json.loads(file.read_text())
    assert set(stored["passwords"]) == set(demo.PEOPLE)
    assert len(set(stored["passwords"].values())) == 4


@pytest.mark.parametrize("what", ["user", "prices"])
def test_a_database_in_use_gets_no_demo(what, alice, capsys):
    if what == "prices":
        alice.delete()
        price(make_asset("bitcoin"), day("03-01"), "1")

    call_command("seed_demo")

    assert "in use" in capsys.readouterr().out
    assert Portfolio.objects.count() == 0


def test_without_a_demo_there_is_nothing_to_say():
    assert describe_demo({}) == []


def test_changed_logins_are_not_shown():
    demo.make_people(dict.fromkeys(demo.PEOPLE, "first"))
    portfolio = Portfolio.objects.create(owner=User.objects.get(email=demo.INVESTOR), name="New")

    lines = describe_demo(dict.fromkeys(demo.PEOPLE, "second"))

    assert "second" not in " ".join(lines)
    assert f"{portfolio.name}: not valued yet" in lines


def test_a_taken_port_is_refused_before_anything_starts():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CommandError, match=f"Port {port} cannot be used"):
            call_command("serve", "--port", str(port))


def test_a_port_that_is_none_is_refused():
    with pytest.raises(CommandError, match="Port 99999 cannot be used"):
        call_command("serve", "--port", "99999")


def test_a_bar_redraws_its_line_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = ProgressBar(sys.stderr)

    bar.show(0.5, "half")
    bar.end()

    assert capsys.readouterr().err == "\r\033[K" + "█" * 14 + "░" * 14 + "  50%  half\n"
