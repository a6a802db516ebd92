"""Approved rules are announced with notice, or in an emergency by two; the night puts them into force."""

from datetime import timedelta

import pytest

from indices.models import Index, Level, Review
from indices.services import (
    CannotAnnounceError,
    CannotApproveError,
    CannotRetireError,
    preview_review,
    retire_index,
    run_window,
)
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_flat
from tests.indices.versions import announce, approve, approved, draft, make_approver, refuses, replayed, row

pytestmark = pytest.mark.django_db

TODAY = AT.date()
ONE_DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@pytest.fixture
def approver(db):
    """Make Bob, who may approve."""
    return make_approver("bob@example.com")


@pytest.fixture
def carol(db):
    """Make Carol, who may approve too."""
    return make_approver("carol@example.com")


@pytest.fixture
def index():
    """Make a draft index without rules."""
    return Index.objects.create(slug="new", name="New", kind="thematic", tier="satellite")


# Announcing


@pytest.mark.parametrize("is_replayed", [False, True])
def test_what_is_not_approved_is_not_announced(is_replayed, index, alice):
    methodology = draft(index, alice)
    if is_replayed:
        replayed(methodology, alice)

    refuses(methodology, CannotAnnounceError, "Version 1 is not approved yet", lambda: announce(methodology))


def test_announcing_twice_is_announcing_once(index, alice, approver):
    methodology = announce(approved(index, alice, approver))
    before = row(methodology)

    again = announce(methodology, at=AT + ONE_DAY)

    assert again.announced_at == AT
    assert row(methodology) == before


def test_a_later_version_has_seven_days_of_notice(alice, approver):
    index = make_index()
    early = approved(index, alice, approver, effective_from=TODAY + WEEK - ONE_DAY)
    in_time = approved(index, alice, approver, effective_from=TODAY + WEEK)

    refuses(
        early, CannotAnnounceError, "less than 7 days of notice; choose 2024-01-08 or later", lambda: announce(early)
    )

    assert announce(in_time).status == "announced"


def test_two_versions_do_not_begin_on_one_day(alice, approver):
    index = make_index()
    first = approved(index, alice, approver, effective_from=TODAY + WEEK)
    second = approved(index, alice, approver, effective_from=TODAY + WEEK)
    announce(first)

    refuses(second, CannotAnnounceError, "Another version is in force from 2024-01-08", lambda: announce(second))


def test_a_later_version_has_a_first_day(alice, approver):
    index = make_index()
    methodology = approved(index, alice, approver)

    refuses(methodology, CannotAnnounceError, "Give the day", lambda: announce(methodology))


@pytest.mark.parametrize("status", ["computed", "effective", "rejected"])
def test_a_version_begins_after_every_review_that_is_drawn_up(status, alice, approver):
    index = make_index()
    Review.objects.create(
        index=index,
        methodology=index.methodologies.get(),
        cutoff_day=TODAY,
        cutoff_at=AT,
        announce_day=TODAY + 2 * WEEK,
        effective_day=TODAY + 2 * WEEK,
        status=status,
        computed_at=AT,
    )
    on_the_day = approved(index, alice, approver, effective_from=TODAY + 2 * WEEK)
    after = approved(index, alice, approver, effective_from=TODAY + 2 * WEEK + ONE_DAY)

    refuses(on_the_day, CannotAnnounceError, "A review up to 2024-01-15 is drawn up", lambda: announce(on_the_day))

    assert announce(after).status == "announced"


def test_a_retired_index_has_no_next_version(alice, approver):
    index = make_index()
    retire_index(index_id=index.id, day=TODAY)
    methodology = approved(index, alice, approver, effective_from=TODAY + WEEK)

    refuses(methodology, CannotAnnounceError, "Test is retired", lambda: announce(methodology))


# Emergencies


def test_an_emergency_needs_two_people_and_neither_replay_nor_notice(alice, approver, carol):
    index = make_index()
    methodology = draft(index, alice, effective_from=TODAY + ONE_DAY, emergency_reason="An exchange was hacked")

    first = approve(methodology, approver)
    assert (first.status, first.approver, first.second_approver) == ("draft", approver, None)
    refuses(methodology, CannotAnnounceError, "not approved yet", lambda: announce(methodology))

    second = approve(methodology, carol)
    assert (second.status, second.approver, second.second_approver) == ("approved", approver, carol)
    assert announce(methodology).status == "announced"


def test_the_same_person_is_not_two(index, alice, approver):
    methodology = draft(index, alice, emergency_reason="A hack")
    approve(methodology, approver)

    assert approve(methodology, approver).status == "draft"


def test_neither_author_nor_replayer_is_one_of_the_two(index, alice, approver, carol):
    methodology = draft(index, carol, emergency_reason="A hack")
    replayed(methodology, approver)
    dan = make_user(email="dan@example.com", is_superuser=True)
    approve(methodology, dan)

    refuses(methodology, CannotApproveError, "edited it last", lambda: approve(methodology, carol))
    refuses(methodology, CannotApproveError, "had it replayed", lambda: approve(methodology, approver))


def test_both_of_the_two_approve_once_and_no_third_does(index, alice, approver, carol):
    methodology = draft(index, alice, emergency_reason="A hack")
    approve(methodology, approver)
    approve(methodology, carol)
    dan = make_user(email="dan@example.com", is_superuser=True)
    before = row(methodology)

    approve(methodology, carol)
    assert row(methodology) == before
    refuses(methodology, CannotApproveError, "already", lambda: approve(methodology, dan))


def test_without_a_reason_there_is_no_emergency(index, alice, approver):
    methodology = draft(index, alice, emergency_reason="")

    refuses(methodology, CannotApproveError, "Replay it first", lambda: approve(methodology, approver))


# The night


def test_the_night_puts_versions_into_force_in_the_order_of_their_days():
    coins = {make_coin("a"): "3", make_coin("b"): "2", make_coin("c"): "1"}
    price_flat(coins, FIRST - ONE_DAY, NEXT + timedelta(days=40))
    index = make_index(make_rules())
    # The third version was needed before the second one begins.
    for version, start in ((2, "2023-03-01"), (3, "2023-02-01")):
        index.methodologies.create(
            version=version,
            params=make_rules(cap="0.5").to_params(),
            status="announced",
            approved_at=AT,
            announced_at=AT,
            effective_from=start,
        )

    def statuses():
        return dict(index.methodologies.values_list("version", "status"))

    run_window(start=FIRST, end=FIRST, at=AT)
    assert statuses() == {1: "effective", 2: "announced", 3: "announced"}
    run_window(start=FIRST, end=NEXT, at=AT)
    assert statuses() == {1: "superseded", 2: "announced", 3: "effective"}
    assert run_window(start=FIRST, end=NEXT + timedelta(days=28), at=AT).problems == []
    assert statuses() == {1: "superseded", 2: "effective", 3: "superseded"}


# Retiring and looking ahead


def test_a_retired_index_keeps_its_record_and_runs_no_more():
    coins = {make_coin("a"): "1", make_coin("b"): "2"}
    price_flat(coins, FIRST - ONE_DAY, NEXT)
    index = make_index()
    run_window(start=FIRST, end=FIRST, at=AT)

    retire_index(index_id=index.id, day=FIRST)
    retire_index(index_id=index.id, day=NEXT)
    run_window(start=FIRST, end=NEXT, at=AT)

    index.refresh_from_db()
    assert (index.status, index.retired_on) == ("retired", FIRST)
    assert Level.objects.count() == 1


def test_a_draft_cannot_retire(index):
    with pytest.raises(CannotRetireError, match="never ran"):
        retire_index(index_id=index.id, day=FIRST)


def test_a_preview_is_what_the_night_would_find_and_writes_nothing():
    coins = {make_coin("a"): "3", make_coin("b"): "2", make_coin("c"): "1"}
    price_flat(coins, FIRST - ONE_DAY, NEXT)
    index = make_index(make_rules(count=2, enter=1, keep=3))
    run_window(start=FIRST, end=FIRST, at=AT)

    preview = preview_review(index=index, rules=make_rules(alpha="0"), cutoff_day=NEXT - ONE_DAY, at=AT)

    assert [(v.candidate.asset_id, v.is_incumbent, v.reason) for v in preview.verdicts] == [
        ("a", True, "auto_in"),
        ("b", True, "auto_in"),
        ("c", False, "auto_in"),
    ]
    assert preview.problem == ""
    assert Review.objects.count() == 1


def test_the_first_version_has_no_day(index, alice, approver):
    methodology = approved(index, alice, approver, effective_from=TODAY + WEEK)

    refuses(methodology, CannotAnnounceError, "in force from the start", lambda: announce(methodology))


def test_nobody_announces_for_the_far_future(alice, approver):
    methodology = approved(make_index(), alice, approver, effective_from=TODAY + 731 * ONE_DAY)

    refuses(methodology, CannotAnnounceError, "within two years", lambda: announce(methodology))
