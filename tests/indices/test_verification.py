"""`verify_rebalance`: whatever is changed behind the engine's back is found and named."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indices.calc.canonical import digest
from indices.models import Holding, Rebalance, Review, ReviewLine
from indices.services import run_window, verify_rebalances
from market.models import AssetEvent
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_days

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)
DAY = timedelta(days=1)
MIDDLE = date(2023, 1, 15)


@pytest.fixture
def index():
    """Run an index through a review, a delisting and the next review."""
    make_user(email="author@example.com")
    a, b, c, d = make_coin("a"), make_coin("b"), make_coin("c"), make_coin("d")
    price_days(a, EVE, ["100"] * 10 + ["130"] * 30, supply=10)
    price_days(b, EVE, ["50"] * 40, supply=10)
    price_days(c, EVE, ["10"] * 40, supply=49)
    price_days(d, EVE, ["1"] * 40, supply=48)
    make_event(c)
    index = make_index(make_rules(fee="0.001", sectors=["layer1"]))
    result = run_window(start=FIRST, end=NEXT + 5 * DAY, at=AT)
    assert result.problems == []
    return index


def make_event(asset):
    """Let an asset leave at its last close in the middle of January."""
    AssetEvent.objects.create(
        asset=asset,
        kind="delisting",
        treatment="last",
        effective_day=MIDDLE,
        note="Halted.",
        status="approved",
        author=make_user(email="one@example.com"),
        approver=make_user(email="two@example.com"),
        approved_at=AT,
    )


def told() -> list[str]:
    """Verify everything and return the steps and places of what failed."""
    failures = verify_rebalances().failures
    return [f"{f.effective_day} {f.finding.step}, {f.finding.place}" for f in failures]


def newest() -> Rebalance:
    """Return the newest basket."""
    return Rebalance.objects.current().reverse()[0]


def test_what_the_night_wrote_follows_from_its_inputs(index):
    found = verify_rebalances()

    assert (found.rebalances, found.reviews, found.failures) == (3, 2, [])
    assert (found.unrecorded_rebalances, found.unrecorded_reviews) == (0, 0)


def test_one_basket_is_verified_by_its_id(index):
    Rebalance.objects.filter(effective_day=FIRST).update(turnover=Decimal("0.5"))

    assert verify_rebalances(rebalance_id=newest().pk).failures == []
    assert verify_rebalances(rebalance_id=Rebalance.objects.get(effective_day=FIRST).pk).failures != []


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"divisor": Decimal(7)}, "divisor"),
        ({"turnover": Decimal("0.25")}, "turnover"),
        ({"cost": Decimal("0.25")}, "cost"),
        ({"net_factor": Decimal("0.5")}, "net_factor"),
        ({"theta": Decimal("0.5")}, "theta"),
        ({"level": Decimal(1)}, "level"),
    ],
)
def test_a_changed_figure_of_a_basket_is_named(index, fields, place):
    Rebalance.objects.filter(pk=newest().pk).update(**fields)

    assert told() == [f"{NEXT} result, result_hash", f"{NEXT} result, {place}"]


@pytest.mark.parametrize(
    "fields",
    [
        {"units": Decimal(6)},
        {"weight": Decimal("0.1")},
        {"price": Decimal(3)},
        {"capped_supply": Decimal(12)},
    ],
)
def test_a_changed_figure_of_a_holding_is_named_with_its_asset(index, fields):
    Holding.objects.filter(rebalance=newest(), asset="b").update(**fields)

    assert told() == [f"{NEXT} result, result_hash", f"{NEXT} result, lines[b].{next(iter(fields))}"]


def test_a_holding_that_was_deleted_is_named(index):
    Holding.objects.filter(rebalance=newest(), asset="b").delete()

    assert f"{NEXT} result, lines[b]" in told()


def test_the_figures_expected_and_found_are_told(index):
    rebalance = Rebalance.objects.get(effective_day=FIRST)
    held = rebalance.holdings.get(asset="b")
    Holding.objects.filter(pk=held.pk).update(units=held.units + 1)

    words = str(verify_rebalances().failures[1])

    assert words.startswith(f"test 2023-01-01 (rebalance {rebalance.pk}, version 1): result, lines[b].units: expected ")
    assert words.endswith(f"{held.units.normalize():f}, found {(held.units + 1).normalize():f}")


def test_changed_inputs_do_not_have_their_digest(index):
    rebalance = newest()
    changed = rebalance.inputs.replace('"fee":"0.001"', '"fee":"0.002"')
    assert changed != rebalance.inputs
    Rebalance.objects.filter(pk=rebalance.pk).update(inputs=changed)

    assert told() == [f"{NEXT} inputs, run_hash", f"{NEXT} result, cost"]


def test_changed_inputs_with_a_digest_made_to_fit_do_not_give_the_basket(index):
    rebalance = newest()
    changed = rebalance.inputs.replace('"fee":"0.001"', '"fee":"0.002"')
    Rebalance.objects.filter(pk=rebalance.pk).update(inputs=changed, run_hash=digest(changed))

    assert told() == [f"{NEXT} result, cost"]


def test_inputs_in_another_form_are_not_the_stored_text(index):
    rebalance = newest()
    changed = rebalance.inputs.replace('"fee":"0.001"', '"fee":"0.0010"')
    Rebalance.objects.filter(pk=rebalance.pk).update(inputs=changed, run_hash=digest(changed))

    assert told() == [f"{NEXT} inputs, fee"]


@pytest.mark.parametrize("garbage", ["garbage", "{}", "[]", '{"effective_day":"never"}', "null"])
def test_inputs_that_cannot_be_read_are_a_failure_and_no_crash(index, garbage):
    Rebalance.objects.update(inputs=garbage, run_hash=digest(garbage))
    Review.objects.update(inputs=garbage, snapshot_hash=digest(garbage))

    failed = [f.finding for f in verify_rebalances().failures if f.finding.expected.startswith("inputs from which")]

    assert len(failed) == 5


@pytest.mark.parametrize("hash_field", ["run_hash", "result_hash"])
def test_a_changed_digest_is_named(index, hash_field):
    Rebalance.objects.filter(pk=newest().pk).update(**{hash_field: "0" * 64})

    assert f"{NEXT} {'inputs' if hash_field == 'run_hash' else 'result'}, {hash_field}" in told()


def test_the_chain_is_broken_where_the_digest_before_is_another(index):
    Rebalance.objects.filter(pk=newest().pk).update(prev_hash="0" * 64)

    assert told() == [f"{NEXT} inputs, prev_hash", f"{NEXT} chain, prev_hash"]


def test_the_first_basket_has_nothing_before_it(index):
    Rebalance.objects.filter(effective_day=FIRST).update(prev_hash="0" * 64)

    assert f"{FIRST} chain, prev_hash" in told()


def test_a_basket_taken_out_of_the_chain_is_missed_by_the_next(index):
    Rebalance.objects.filter(effective_day=MIDDLE).delete()

    assert told() == [f"{NEXT} chain, prev_hash"]


def test_a_moved_effective_day_is_named(index):
    Rebalance.objects.filter(pk=newest().pk).update(effective_day=NEXT + DAY)

    assert told() == [f"{NEXT + DAY} inputs, effective_day"]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"reason": "auto_out"}, "reason"),
        ({"detail": "Because."}, "detail"),
        ({"rank": 9}, "rank"),
        ({"market_cap": Decimal(1)}, "market_cap"),
        ({"metrics": {"votes": "3"}}, "metrics.votes"),
        ({"base_weight": Decimal("0.2")}, "base_weight"),
    ],
)
def test_a_changed_verdict_is_named_with_its_asset(index, fields, place):
    ReviewLine.objects.filter(review__effective_day=NEXT, asset="a").update(**fields)

    assert told() == [f"{NEXT} verdicts, lines[a].{place}"]


def test_a_verdict_that_was_deleted_is_named(index):
    ReviewLine.objects.filter(review__effective_day=NEXT, asset="d").delete()

    assert f"{NEXT} verdicts, lines[d]" in told()


def test_weights_that_were_not_decided_are_named_twice(index):
    line = ReviewLine.objects.get(review__effective_day=NEXT, asset="a")
    assert line.weight is not None
    ReviewLine.objects.filter(pk=line.pk).update(weight=line.weight - Decimal("0.01"))

    assert told() == [f"{NEXT} targets, a", f"{NEXT} verdicts, lines[a].weight"]


def test_a_changed_snapshot_is_named(index):
    review = Review.objects.get(effective_day=NEXT)
    Review.objects.filter(pk=review.pk).update(inputs=review.inputs.replace('"gate":null', '"gate":1'))

    assert f"{NEXT} review, snapshot_hash" in told()


def test_an_event_that_was_changed_after_its_approval_is_named(index):
    AssetEvent.objects.update(treatment="zero")

    assert told() == [f"{MIDDLE} event, treatment"]


def test_what_is_older_than_stored_inputs_is_counted_and_no_failure(index):
    Rebalance.objects.filter(effective_day=FIRST).update(inputs="", run_hash="")
    Review.objects.filter(effective_day=NEXT).update(inputs="")

    found = verify_rebalances()

    assert (found.rebalances, found.unrecorded_rebalances) == (2, 1)
    assert (found.reviews, found.unrecorded_reviews) == (0, 1)
    assert found.failures == []


def test_many_baskets_take_as_many_queries_as_one(index):
    with CaptureQueriesContext(connection) as one:
        verify_rebalances(rebalance_id=newest().pk)

    with CaptureQueriesContext(connection) as all_of_them:
        verify_rebalances()

    # The one is looked up first.
    assert len(all_of_them) <= len(one)


def test_the_command_says_what_it_worked_out(index, capsys):
    call_command("verify_rebalance", "--all")

    assert capsys.readouterr().out == (
        "3 rebalances and 2 reviews worked out again, 0 differences. "
        "Recorded before inputs were kept: 0 rebalances, 0 reviews.\n"
    )


def test_the_command_ends_with_1_and_names_each_difference(index, capsys):
    Rebalance.objects.filter(effective_day=FIRST).update(divisor=Decimal(7))

    with pytest.raises(SystemExit) as ended:
        call_command("verify_rebalance", "--all", "--index", "test")

    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert "test 2023-01-01 (rebalance " in out
    assert "result, divisor: expected 1.99, found 7\n" in out


def test_the_report_comes_as_json_too(index, capsys):
    ReviewLine.objects.filter(review__effective_day=NEXT, asset="a").update(reason="x")

    with pytest.raises(SystemExit):
        call_command("verify_rebalance", "--all", "--format", "json")

    report = json.loads(capsys.readouterr().out)
    assert (report["rebalances"], report["reviews"], report["unrecorded_reviews"]) == (3, 2, 0)
    assert report["failures"] == [
        {
            "rebalance_id": newest().pk,
            "index": "test",
            "effective_day": "2023-02-01",
            "version": 1,
            "step": "verdicts",
            "place": "lines[a].reason",
            "expected": "auto_in",
            "found": "x",
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["999999"], "There is no rebalance 999999."),
        (["999999", "--index", "test"], "There is no rebalance 999999 of test."),
        (["--all", "--index", "other"], "There is no index other."),
        ([], "Give the id of a rebalance, or --all."),
        (["1", "--all"], "Give the id of a rebalance, or --all."),
    ],
)
def test_the_command_says_what_it_cannot_find(index, arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("verify_rebalance", *arguments)
