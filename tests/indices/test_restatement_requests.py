"""Who may ask for a restatement, and who decides."""

import pytest
from django.contrib.auth.models import Group

from indices.services import (
    CannotRestateError,
    approve_restatement,
    reject_restatement,
    request_restatement,
    run_approved_restatements,
)
from tests.factories import make_user
from tests.indices.factories import FIRST, NEXT, make_index
from tests.indices.restating import (
    DAY,
    EVE,
    LAST,
    LATER,
    make_member,
    market,
    run,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator():
    """Make a curator: may ask for restatements."""
    return make_member("curator")


@pytest.fixture
def approver():
    """Make an approver: may approve them."""
    return make_member("approver")


@pytest.mark.parametrize(
    ("first_day", "cause", "words"),
    [
        (EVE, "Typo.", "has levels from 2023-01-01 to 2023-03-05"),
        (LAST + DAY, "Typo.", "choose a day among them"),
        (NEXT, "  ", "Say what was wrong"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(curator, first_day, cause, words):
    market()
    index = make_index()
    run()

    with pytest.raises(CannotRestateError, match=words):
        request_restatement(index_id=index.pk, first_day=first_day, cause=cause, by=curator, at=LATER)


def test_an_index_without_levels_has_nothing_to_restate(curator):
    with pytest.raises(CannotRestateError, match="no level yet"):
        request_restatement(index_id=make_index().pk, first_day=FIRST, cause="Typo.", by=curator, at=LATER)


def test_asking_deciding_and_rejecting_need_their_permissions(curator, approver):
    market()
    index = make_index()
    run()
    nobody = make_user(email="nobody@example.com")
    asked = request_restatement(index_id=index.pk, first_day=NEXT, cause="Typo.", by=curator, at=LATER)

    with pytest.raises(CannotRestateError, match="needs the permission to add"):
        request_restatement(index_id=index.pk, first_day=NEXT, cause="Typo.", by=approver, at=LATER)
    with pytest.raises(CannotRestateError, match="needs the permission to approve"):
        approve_restatement(restatement_id=asked.pk, approver=nobody, at=LATER)
    with pytest.raises(CannotRestateError, match="needs the permission to approve"):
        reject_restatement(restatement_id=asked.pk, approver=curator, at=LATER)


def test_whoever_asked_cannot_approve(curator):
    market()
    index = make_index()
    run()
    curator.groups.add(Group.objects.get(name="approver"))
    asked = request_restatement(index_id=index.pk, first_day=NEXT, cause="Typo.", by=curator, at=LATER)

    with pytest.raises(CannotRestateError, match="another person does"):
        approve_restatement(restatement_id=asked.pk, approver=curator, at=LATER)
    assert run_approved_restatements(at=LATER) == []


def test_what_was_rejected_is_not_carried_out(curator, approver):
    market()
    index = make_index()
    run()
    asked = request_restatement(index_id=index.pk, first_day=NEXT, cause="Typo.", by=curator, at=LATER)

    once = reject_restatement(restatement_id=asked.pk, approver=approver, at=LATER)
    twice = reject_restatement(restatement_id=asked.pk, approver=approver, at=LATER + DAY)

    assert (once.status, once.message) == ("rejected", f"Rejected on {LATER.date()} by approver@example.com.")
    assert twice.message == once.message
    with pytest.raises(CannotRestateError, match="decided already: rejected"):
        approve_restatement(restatement_id=asked.pk, approver=approver, at=LATER)
    assert run_approved_restatements(at=LATER) == []


def test_approving_twice_changes_nothing(curator, approver):
    market()
    index = make_index()
    run()
    asked = request_restatement(index_id=index.pk, first_day=NEXT, cause="Typo.", by=curator, at=LATER)
    approve_restatement(restatement_id=asked.pk, approver=approver, at=LATER)

    again = approve_restatement(restatement_id=asked.pk, approver=approver, at=LATER + DAY)

    assert again.approved_at == LATER
    with pytest.raises(CannotRestateError, match="decided already: approved"):
        reject_restatement(restatement_id=asked.pk, approver=approver, at=LATER)
