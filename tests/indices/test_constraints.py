"""What the database itself refuses of an index, whatever code writes it: each constraint by its name."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from indices.models import (
    Ballot,
    Holding,
    Index,
    Level,
    Methodology,
    Rebalance,
    Restatement,
    Review,
    ReviewLine,
    Signal,
    Vote,
)
from tests.factories import make_asset, make_user
from tests.indices.factories import AT, FIRST, NEXT, make_index

pytestmark = pytest.mark.django_db

D = Decimal
ONE_DAY = timedelta(days=1)
EVE, LATER = FIRST - ONE_DAY, AT + ONE_DAY
ALICE, BOB, CAROL = "alice", "bob", "carol"
PUBLIC = {"status": "announced", "approved_at": AT, "announced_at": AT}


@dataclass
class Case:
    """A constraint's model, a row that is there before, one that is taken and those that are refused."""

    model: type[models.Model]
    taken: dict[str, Any]
    refused: list[dict[str, Any]]
    before: dict[str, Any] | None = field(default=None)


ONE: dict[str, Any] = {"review": "review", "asset": "a"}
HELD = {"units": D(1), "weight": D(1), "price": D(1000), "capped_supply": D(10)}
EMERGENCY: dict[str, Any] = {"kind": "extraordinary", "status": "approved", "reason": "A hack", "approver": ALICE} | {
    "second_approver": BOB
}
ALONE: dict[str, Any] = {"second_approver": None}

CASES = {
    "base_value_is_positive": Case(Index, {}, [{"base_value": D(0)}, {"base_value": D(-1)}]),
    "a_retired_index_has_its_day": Case(Index, {"status": "retired", "retired_on": FIRST}, [{"status": "retired"}]),
    "methodology_version_once": Case(Methodology, {"version": 2}, [{"version": 1}]),
    "methodology_version_from_one": Case(Methodology, {"version": 2}, [{"version": 0}]),
    "one_public_methodology_a_day": Case(
        Methodology,
        PUBLIC | {"version": 3, "effective_from": FIRST},
        [PUBLIC | {"version": 3, "effective_from": NEXT, "status": status} for status in Methodology.PUBLIC],
        before=PUBLIC | {"effective_from": NEXT},
    ),
    "one_public_methodology_from_the_start": Case(Methodology, PUBLIC | {"effective_from": NEXT}, [PUBLIC]),
    "one_effective_methodology": Case(
        Methodology,
        PUBLIC | {"version": 3, "effective_from": FIRST},
        [PUBLIC | {"version": 3, "effective_from": FIRST, "status": "effective"}],
        before=PUBLIC | {"effective_from": NEXT, "status": "effective"},
    ),
    "the_approver_is_not_the_author": Case(
        Methodology, {"author": ALICE, "approver": BOB}, [{"author": ALICE, "approver": ALICE}]
    ),
    "the_approver_did_not_compute": Case(
        Methodology, {"computed_by": ALICE, "approver": BOB}, [{"computed_by": ALICE, "approver": ALICE}]
    ),
    "the_second_approver_is_a_third_person": Case(
        Methodology,
        {"author": ALICE, "approver": BOB, "second_approver": CAROL},
        [
            {"second_approver": CAROL},
            {"approver": BOB, "second_approver": BOB},
            {"author": ALICE, "approver": BOB, "second_approver": ALICE},
            {"computed_by": ALICE, "approver": BOB, "second_approver": ALICE},
        ],
    ),
    "approved_has_its_instant": Case(
        Methodology,
        {"status": "approved", "approved_at": AT},
        [
            {"status": "approved"},
            {"status": "announced", "announced_at": AT, "effective_from": NEXT},
            {"status": "draft", "approved_at": AT},
            {"status": "computed", "approved_at": AT},
        ],
    ),
    "an_emergency_has_two_approvers": Case(
        Methodology,
        PUBLIC | {"effective_from": NEXT, "emergency_reason": "A hack", "approver": ALICE, "second_approver": BOB},
        [PUBLIC | {"effective_from": NEXT, "emergency_reason": "A hack", "approver": ALICE}],
    ),
    "announced_has_its_instant": Case(
        Methodology, PUBLIC | {"effective_from": NEXT}, [PUBLIC | {"effective_from": NEXT, "announced_at": None}]
    ),
    "one_review_a_cutoff": Case(
        Review, {"kind": "extraordinary", "status": "draft"}, [{"status": "rejected"}], before={}
    ),
    "one_waiting_review_an_index": Case(
        Review,
        {"cutoff_day": EVE - ONE_DAY, "status": "needs_review"},
        [{"cutoff_day": EVE - ONE_DAY, "status": status} for status in ("computed", "approved", "announced")],
        before={"status": "computed"},
    ),
    "cutoff_then_announcement_then_effect": Case(
        Review,
        {"announce_day": FIRST, "effective_day": FIRST},
        [{"cutoff_day": FIRST}, {"announce_day": NEXT + ONE_DAY}, {"effective_day": FIRST - ONE_DAY}],
    ),
    "computed_has_its_instant": Case(Review, {"status": "draft", "computed_at": None}, [{"computed_at": None}]),
    "review_approver_did_not_compute": Case(
        Review, {"requested_by": ALICE, "approver": BOB}, [{"requested_by": ALICE, "approver": ALICE}]
    ),
    "second_review_approver_is_a_third_person": Case(
        Review,
        EMERGENCY | {"requested_by": CAROL},
        [{"second_approver": BOB}, EMERGENCY | {"second_approver": ALICE}, EMERGENCY | {"requested_by": BOB}],
    ),
    "extraordinary_needs_two_approvers_and_a_reason": Case(
        Review,
        EMERGENCY,
        [
            EMERGENCY | {"reason": ""},
            *(EMERGENCY | ALONE | {"status": s} for s in ("approved", "announced", "effective", "superseded")),
        ],
    ),
    "asset_once_a_review": Case(ReviewLine, ONE | {"asset": "b"}, [ONE], before=ONE),
    "line_weight_in_zero_one": Case(
        ReviewLine, ONE | {"weight": D(0)}, [ONE | {"weight": D("1.000000000001")}, ONE | {"weight": D("-0.1")}]
    ),
    "a_selected_asset_has_a_weight": Case(
        ReviewLine, ONE | {"is_selected": True, "weight": D(1)}, [ONE | {"is_selected": True}]
    ),
    "rebalance_version_once": Case(
        Rebalance,
        {"review": "later", "version": 2, "superseded_at": AT},
        [{"review": "later", "superseded_at": AT}],
        before={},
    ),
    "one_current_rebalance_a_turn": Case(
        Rebalance, {"review": "later", "sequence": 1}, [{"review": "later", "version": 2}], before={}
    ),
    "a_review_takes_effect_once": Case(
        Rebalance, {"sequence": 1, "review": "later"}, [{"sequence": 1}], before={}
    ),
    "a_rebalance_has_one_origin": Case(
        Rebalance, {}, [{"kind": "event"}, {"review": None}, {"kind": "event", "review": None}]
    ),
    "level_and_divisor_positive": Case(Rebalance, {}, [{"level": D(0)}, {"divisor": D(0)}, {"net_factor": D(0)}]),
    "turnover_in_zero_one": Case(Rebalance, {"turnover": D(1)}, [{"turnover": D("1.1")}, {"turnover": D("-0.1")}]),
    "cost_in_zero_one": Case(Rebalance, {"cost": D("0.99")}, [{"cost": D(1)}, {"cost": D("-0.1")}]),
    "theta_in_zero_one": Case(Rebalance, {"theta": D("0.25")}, [{"theta": D("1.1")}, {"theta": D("-0.1")}]),
    "asset_once_a_rebalance": Case(Holding, {"asset": "b"}, [{}], before={}),
    "units_price_and_supply_positive": Case(
        Holding,
        {"price": D(0), "weight": D(0)},  # the child of a fork before its first close
        [{"units": D(0)}, {"capped_supply": D(0)}, {"price": D(0)}, {"weight": D(0)}, {"price": D(-1)}],
    ),
    "holding_weight_in_zero_one": Case(Holding, {}, [{"weight": D("1.1")}]),
    "level_version_once": Case(
        Level, {"version": 2, "superseded_at": AT}, [{"superseded_at": AT}], before={}
    ),
    "one_current_level_a_day": Case(Level, {"day": NEXT}, [{"version": 2}], before={}),
    "level_is_positive": Case(Level, {}, [{"gross": D(0), "net": None}, {"gross": D(-1), "net": None}]),
    "net_is_at_most_gross": Case(
        Level, {"net": D(1000)}, [{"net": D("1000.000000000000000001")}, {"net": D(0)}, {"net": D(-1)}]
    ),
    "only_a_suspended_level_has_no_number": Case(
        Level,
        {"gross": None, "net": None, "status": "suspended"},
        [{"gross": None, "net": None}, {"status": "suspended"}],
    ),
    "restatement_approver_is_another_person": Case(
        Restatement, {"status": "approved", "approver": BOB}, [{"status": "approved", "approver": ALICE}]
    ),
    "a_restatement_is_approved_first": Case(
        Restatement, {"status": "rejected"}, [{"status": status} for status in ("approved", "done", "failed")]
    ),
    "a_restatement_has_its_cause": Case(Restatement, {}, [{"cause": ""}]),
    "one_asset_signal_an_instant": Case(
        Signal, {"asset": "a", "recorded_at": LATER}, [{"asset": "a"}], before={"asset": "a"}
    ),
    "one_market_signal_an_instant": Case(Signal, {"universe": "simulated"}, [{}], before={}),
    "a_signal_has_its_source": Case(Signal, {}, [{"source": ""}]),
    "one_ballot_a_review": Case(Ballot, {"cutoff_day": NEXT}, [{}], before={}),
    "a_ballot_closes_after_it_opens": Case(Ballot, {}, [{"closes_at": AT}]),
    "a_quorum_is_one_or_more": Case(Ballot, {}, [{"quorum": 0}]),
    "one_vote_a_user": Case(Vote, {"user": BOB}, [{"asset": "b"}], before={}),
}  # fmt: skip


@pytest.fixture
def world():
    """Make what rows point to, and the fields of a row of each model that is in order."""
    index = make_index()
    there: dict[str, Any] = {person: make_user(email=f"{person}@example.com") for person in (ALICE, BOB, CAROL)}
    there |= {asset_id: make_asset(asset_id) for asset_id in ("a", "b")}
    fields = fields_of(index)
    for name, days in (("review", 9), ("later", 8)):
        there[name] = Review.objects.create(**fields[Review] | {"cutoff_day": FIRST - days * ONE_DAY})
    basket = fields[Rebalance] | {"effective_day": NEXT, "superseded_at": AT, "review": there["review"]}
    there["rebalance"] = Rebalance.objects.create(**basket)
    there["ballot"] = Ballot.objects.create(**fields[Ballot] | {"cutoff_day": EVE})
    return there, fields


def fields_of(index):
    """Return the fields of a row of each model; names stand for what the row points to."""
    day = {"index": index, "effective_day": FIRST}
    review = {"cutoff_day": EVE, "cutoff_at": AT, "announce_day": FIRST, "effective_day": NEXT, "computed_at": AT}
    return {
        Index: {"slug": "other", "name": "Other", "kind": "market_cap", "tier": "core"},
        Methodology: {"index": index, "version": 2, "params": {}},
        Review: review | {"index": index, "methodology": index.methodologies.get(), "status": "effective"},
        ReviewLine: {"reason": "auto_in"},
        Rebalance: day | {"review": "review", "level": D(1000), "divisor": D(1), "turnover": D(0)},
        Holding: HELD | {"rebalance": "rebalance", "asset": "a"},
        Level: {"index": index, "day": FIRST, "gross": D(1000), "net": D(999), "status": "final", "recorded_at": AT},
        Restatement: {"index": index, "first_day": FIRST, "cause": "Late", "requested_by": ALICE, "requested_at": AT},
        Signal: {"day": FIRST, "value": "bull", "source": "desk", "recorded_at": AT},
        Ballot: {"index": index, "cutoff_day": FIRST, "opens_at": AT, "closes_at": LATER, "quorum": 1},
        Vote: {"ballot": "ballot", "user": ALICE, "asset": "a", "cast_at": AT},
    }


def insert(world, model, overrides):
    """Insert past every service; names stand for what is there."""
    there, fields = world
    values = fields[model] | overrides
    keys = {each.name for each in model._meta.concrete_fields if each.is_relation}
    return model.objects.create(
        **{name: there[value] if name in keys and isinstance(value, str) else value for name, value in values.items()}
    )


def all_constraints():
    """Return every constraint of every model of the app by name."""
    found = apps.get_app_config("indices").get_models()
    return {constraint.name: constraint for model in found for constraint in model._meta.constraints}


def test_every_constraint_is_among_those_refused():
    assert set(CASES) == set(all_constraints())


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses_what_a_constraint_names_and_takes_what_is_right(name, world):
    case = CASES[name]
    if case.before is not None:
        insert(world, case.model, case.before)

    with transaction.atomic():
        insert(world, case.model, case.taken)
        transaction.set_rollback(True)
    for wrong in case.refused:
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            insert(world, case.model, wrong)
        # SQLite names the columns of a unique constraint, PostgreSQL the constraint.
        if isinstance(all_constraints()[name], models.CheckConstraint):
            assert name in str(caught.value)
        else:
            assert "unique" in str(caught.value).lower()


def test_an_index_has_a_slug_of_its_own(world):
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(world, Index, {"slug": "test"})


def test_a_second_market_signal_of_another_universe_is_no_duplicate(world):
    insert(world, Signal, {"asset": "a"})

    assert insert(world, Signal, {"asset": "b"}).pk
    assert insert(world, Signal, {}).pk
