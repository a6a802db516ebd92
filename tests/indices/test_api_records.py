"""The public API of what an index decided and did: reviews, rebalances, rules, corrections."""

from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from rest_framework.test import APIClient

from indices.calc.carryover import EventInputs, carry_over
from indices.calc.composition import compose
from indices.calc.execution import ExecutionInputs, fix
from indices.calc.inputs import ReviewInputs
from indices.calc.rules import describe
from indices.models import Index, Methodology, Rebalance, Restatement, Review
from indices.services import run_window
from market.models import AssetEvent
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_days, price_flat

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)
DAYS = (NEXT - EVE).days
SWAPPED = NEXT + timedelta(days=2)


@pytest.fixture
def ran():
    """Run two reviews, the second of which takes d in for c, and a migration of b to e, two for one."""
    coins = {make_coin(name): close for name, close in (("a", "100"), ("b", "50"), ("c", "10"))}
    price_flat(coins, EVE, SWAPPED)
    price_days(make_coin("d"), EVE, ["9"] * (DAYS - 1) + ["12"] * 5)
    new = make_coin("e")
    price_days(new, SWAPPED, ["25"])
    old = next(asset for asset in coins if asset.id == "b")
    AssetEvent.objects.create(
        asset=old, kind="migration", treatment="convert", effective_day=SWAPPED, new_asset=new, ratio=Decimal(2),
        note="A new contract.", status="approved", author=make_user(email="author@example.com"),
        approver=make_user(email="approver@example.com"), approved_at=AT,
    )  # fmt: skip
    index = make_index()
    result = run_window(start=FIRST, end=SWAPPED, at=AT)
    assert result.problems == []
    return index


def get(url: str, status: int = 200):
    """Ask without a login."""
    response = APIClient().get(f"/api/v1/indices/test/{url}")
    assert response.status_code == status, response.content
    return response.json()


def digest(text: str) -> str:
    """Return the SHA-256 as a client works it out."""
    return sha256(text.encode()).hexdigest()


def test_reviews_come_with_their_days_state_and_what_came_of_them(ran):
    second, first = get("reviews/")["results"]
    rebalance = Rebalance.objects.get(effective_day=NEXT)
    review = Review.objects.get(effective_day=NEXT)

    assert (first["status"], first["cutoff_day"], first["effective_day"]) == ("superseded", "2022-12-31", "2023-01-01")
    assert second == {
        "id": review.pk,
        "kind": "reconstitution",
        "status": "effective",
        "reason": "",
        "methodology": 1,
        "cutoff_day": "2023-01-31",
        "cutoff_at": "2023-02-02T00:00:00Z",
        "announce_day": "2023-02-01",
        "effective_day": "2023-02-01",
        "computed_at": "2024-01-01T00:00:00Z",
        "approved_at": "2024-01-01T00:00:00Z",
        "exposure": "1",
        "volatility_exposure": "1",
        "snapshot_hash": review.snapshot_hash,
        "rebalance": rebalance.pk,
    }


def test_a_review_has_a_line_for_every_asset_with_its_figures_and_its_reason(ran):
    review = Review.objects.get(effective_day=NEXT)

    told = get(f"reviews/{review.pk}/")

    # Market caps 1000, 500 and 120 of 1620; c with 100 is fourth of three.
    same = {"metrics": {}, "is_sleeve": False, "median_volume": "10000000", "age_days": 31}
    weight = "0.074074074074"
    assert [line["asset"] for line in told["lines"]] == ["a", "b", "d", "c"]
    assert told["lines"][2] == same | {
        "asset": "d", "symbol": "D", "name": "D", "rank": 3, "market_cap": "120",
        "is_incumbent": False, "is_selected": True, "reason": "auto_in",
        "reason_in_words": "Among the first ranks", "detail": "Rank 3, within the first 3.",
        "raw_weight": weight, "base_weight": weight, "weight": weight,
    }  # fmt: skip
    assert told["lines"][3] == same | {
        "asset": "c", "symbol": "C", "name": "C", "rank": 4, "market_cap": "100",
        "is_incumbent": True, "is_selected": False, "reason": "below_buffer",
        "reason_in_words": "Ranked too low", "detail": "Rank 4, and 3 are held. It leaves.",
        **dict.fromkeys(("raw_weight", "base_weight", "weight")),
    }  # fmt: skip
    assert {name: told[name] for name in told if name != "lines"} == get("reviews/")["results"][0]


@pytest.mark.parametrize("status", ["draft", "computed", "approved", "rejected"])
def test_a_review_that_is_not_announced_is_not_there(ran, status):
    review = Review.objects.get(effective_day=FIRST)
    Review.objects.filter(pk=review.pk).update(status=status)

    assert [row["effective_day"] for row in get("reviews/")["results"]] == ["2023-02-01"]
    get(f"reviews/{review.pk}/", status=404)


def test_what_belongs_to_another_index_is_not_there(ran):
    other = Index.objects.create(slug="other", name="Other", kind="risk", tier="core", status="active")
    review, rebalance = Review.objects.first(), Rebalance.objects.first()
    assert review
    assert rebalance
    Review.objects.filter(pk=review.pk).update(index=other)
    Rebalance.objects.filter(pk=rebalance.pk).update(index=other)

    get(f"reviews/{review.pk}/", status=404)
    get(f"rebalances/{rebalance.pk}/", status=404)


def test_rebalances_are_a_chain_of_digests_the_newest_first(ran):
    swapped, second, first = get("rebalances/")["results"]

    assert (first["kind"], first["effective_day"], first["turnover"], first["prev_hash"]) == (
        "review", "2023-01-01", "0", "",
    )  # fmt: skip
    assert second["prev_hash"] == first["result_hash"]
    assert swapped["prev_hash"] == second["result_hash"]
    assert swapped["review"] is None
    assert swapped["event"] == {
        "kind": "migration",
        "treatment": "convert",
        "asset": "b",
        "new_asset": "e",
        "effective_day": "2023-02-03",
        "ratio": "2",
        "price": None,
        "note": "A new contract.",
    }


def test_a_rebalance_tells_its_level_turnover_and_cost(ran):
    rebalance = Rebalance.objects.get(effective_day=NEXT)

    told = next(row for row in get("rebalances/")["results"] if row["id"] == rebalance.pk)

    # 12/162 of d is bought, for it all of c is sold and a little of a and b; 0.15% of what is traded, both ways, is
    # paid out of what is left: V = 1 - 0.0015 x (12/162 V + (1 - 150/162 V)), as everything but d is sold down.
    bought = Decimal(12) / 162
    left = (1 - Decimal("0.0015")) / (1 + Decimal("0.0015") * (bought - (1 - bought)))
    assert told["turnover"] == "0.074074074074"
    assert Decimal(told["cost"]) == pytest.approx(1 - left, abs=Decimal("1e-11"))
    assert Decimal(told["net_factor"]) == pytest.approx(left, abs=Decimal("1e-11"))
    assert (told["level"], told["theta"], told["version"], told["sequence"]) == ("1000", None, 1, 0)
    assert (told["run_hash"], told["result_hash"]) == (rebalance.run_hash, rebalance.result_hash)


def test_a_bundle_is_enough_to_compute_the_basket_of_a_review_again(ran):
    rebalance = Rebalance.objects.get(effective_day=NEXT)

    told = get(f"rebalances/{rebalance.pk}/")
    bundle = told["bundle"]
    lines = get(f"reviews/{told['review']}/")

    assert digest(bundle["inputs"]) == told["run_hash"]
    assert digest(bundle["result"]) == told["result_hash"]
    assert digest(bundle["review_inputs"]) == lines["snapshot_hash"]
    assert fix(ExecutionInputs.from_text(bundle["inputs"])).to_text() == bundle["result"]
    verdicts = compose(ReviewInputs.from_text(bundle["review_inputs"])).verdicts
    weights = {line["asset"]: line["weight"] for line in lines["lines"] if line["weight"]}
    assert weights == {v.candidate.asset_id: str(v.weight.normalize()) for v in verdicts if v.weight}
    assert [(row["asset"], row["weight"], row["price"]) for row in told["holdings"]] == [
        ("a", "0.617283950617", "100"),
        ("b", "0.308641975309", "50"),
        ("d", "0.074074074074", "12"),
    ]


def test_a_bundle_of_an_event_has_no_review(ran):
    told = get(f"rebalances/{Rebalance.objects.get(kind='event').pk}/")
    before = get(f"rebalances/{Rebalance.objects.get(effective_day=NEXT).pk}/")
    units = {row["asset"]: Decimal(row["units"]) for row in before["holdings"]}

    assert told["bundle"]["review_inputs"] is None
    assert carry_over(EventInputs.from_text(told["bundle"]["inputs"])).to_text() == told["bundle"]["result"]
    assert {row["asset"]: Decimal(row["units"]) for row in told["holdings"]} == {
        "a": units["a"],
        "e": units["b"] * 2,
        "d": units["d"],
    }


def test_what_came_of_an_event_is_held_without_a_review_of_its_own(ran):
    told = get("constituents/")
    came = next(row for row in told["constituents"] if row["asset"] == "e")

    assert told["effective_day"] == "2023-02-03"
    assert told["chosen_by"] == told["weighed_by"] == Review.objects.get(effective_day=NEXT).pk
    assert (came["target_weight"], came["reason"], came["reason_in_words"]) == (None, "", "Came of an event")
    assert {row["asset"]: row["target_weight"] for row in told["constituents"]}["d"] == "0.074074074074"


def test_a_replaced_rebalance_is_told_when_all_versions_are_asked_for(ran):
    old = Rebalance.objects.get(kind="event")
    Rebalance.objects.filter(pk=old.pk).update(superseded_at=AT)
    new = Rebalance.objects.get(pk=old.pk)
    new.pk, new.version, new.superseded_at = None, 2, None
    new.save()

    in_force = get("rebalances/")["results"]
    every = get("rebalances/?versions=all")["results"]

    assert [(row["id"], row["version"]) for row in every[:2]] == [(new.pk, 2), (old.pk, 1)]
    assert in_force == [every[0], *every[2:]]
    assert get(f"rebalances/{old.pk}/")["superseded_at"] == "2024-01-01T00:00:00Z"


def test_the_announced_rules_are_told_as_parameters_and_prose(ran):
    rules = make_rules(count=5, keep=5)
    states = [("announced", date(2023, 6, 1)), ("draft", None), ("computed", None), ("approved", date(2023, 9, 1))]
    for version, (status, day) in enumerate(states, start=2):
        Methodology.objects.create(
            index=ran,
            version=version,
            params=rules.to_params(),
            status=status,
            effective_from=day,
            approved_at=AT if status in {"announced", "approved"} else None,
            announced_at=AT if status == "announced" else None,
        )

    told = get("methodology/")

    assert (told["current"], told["next"]) == (1, 2)
    assert [(row["version"], row["status"], row["effective_from"]) for row in told["versions"]] == [
        (1, "effective", None),
        (2, "announced", "2023-06-01"),
    ]
    assert told["versions"][1]["params"] == rules.to_params()
    assert told["versions"][1]["prose"] == describe(rules)


def test_rules_that_nobody_can_read_have_no_prose(ran):
    Methodology.objects.update(params={"count": "many"})

    assert get("methodology/")["versions"][0]["prose"] == []


def test_corrections_are_on_the_ledger_once_they_are_approved(ran):
    asker, approver = make_user(email="asks@example.com"), make_user(email="approves@example.com")
    made = {
        status: Restatement.objects.create(
            index=ran,
            first_day=FIRST,
            last_day=NEXT,
            cause=f"A {status} one",
            status=status,
            requested_by=asker,
            requested_at=AT,
            approver=approver,
            approved_at=AT,
            done_at=AT + timedelta(minutes=1),
            levels_changed=3,
            largest_change=Decimal("0.025"),
        )
        for status in ("requested", "approved", "rejected", "failed", "done")
    }

    done, approved = get("restatements/")["results"]
    assert approved["status"] == "approved"
    assert done == {
        "id": made["done"].pk,
        "first_day": "2023-01-01",
        "last_day": "2023-02-01",
        "cause": "A done one",
        "status": "done",
        "requested_at": "2024-01-01T00:00:00Z",
        "approved_at": "2024-01-01T00:00:00Z",
        "done_at": "2024-01-01T00:01:00Z",
        "levels_changed": 3,
        "largest_change": "0.025",
    }


def test_every_list_and_every_record_takes_a_fixed_number_of_queries(ran, django_assert_num_queries):
    review = Review.objects.get(effective_day=NEXT)
    basket, event = Rebalance.objects.get(effective_day=NEXT), Rebalance.objects.get(kind="event")
    wanted = {
        "reviews/": 3,
        f"reviews/{review.pk}/": 3,
        "rebalances/": 3,
        f"rebalances/{basket.pk}/": 3,
        f"rebalances/{event.pk}/": 3,
        "methodology/": 2,
        "restatements/": 2,
    }

    for url, queries in wanted.items():
        with django_assert_num_queries(queries):
            get(url)


def test_records_come_by_the_page(ran):
    page = get("reviews/?page_size=1&page=2")

    assert (page["count"], len(page["results"]), page["next"]) == (2, 1, None)
    assert get("rebalances/?page=3", status=404)["errors"][0]["code"] == "not_found"
