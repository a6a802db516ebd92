"""Rules are edited by one person, replayed, and approved by another."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from indices.models import Index, Methodology
from indices.services import (
    CannotAnnounceError,
    CannotApproveError,
    CannotDraftError,
    mark_computed,
    reject_methodology,
)
from indices.services.governance import fingerprint
from tests.indices.factories import AT, NEXT, PLAIN, make_index, make_rules
from tests.indices.versions import announce, approve, approved, draft, make_approver, refuses, replayed, row

pytestmark = pytest.mark.django_db

ONE_DAY = timedelta(days=1)


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


# From the draft to the announcement


def test_a_version_goes_from_draft_to_announced(index, alice, approver):
    methodology = draft(index, alice)
    assert (methodology.status, methodology.author, methodology.version) == ("draft", alice, 1)

    replayed(methodology, alice)
    methodology.refresh_from_db()
    assert (methodology.status, methodology.computed_by, methodology.computed_at) == ("computed", alice, AT)

    methodology = approve(methodology, approver)
    assert (methodology.status, methodology.approver, methodology.approved_at) == ("approved", approver, AT)
    index.refresh_from_db()
    assert index.status == "draft"

    methodology = announce(methodology)
    assert (methodology.status, methodology.announced_at) == ("announced", AT)
    index.refresh_from_db()
    assert index.status == "active"


def test_every_step_stands_in_the_history_with_its_words(index, alice, approver):
    methodology = approved(index, alice, approver)
    reject_methodology(methodology_id=methodology.id, approver=approver, reason="The cap is missing.")

    said = methodology.history.order_by("history_id").values_list("status", "history_change_reason")

    assert list(said) == [
        ("draft", "Edited by alice@example.com."),
        ("computed", "Replayed for alice@example.com."),
        ("approved", "Approved by bob@example.com."),
        ("draft", "Sent back by bob@example.com. The cap is missing."),
    ]


def test_versions_count_up(alice):
    index = make_index()

    assert [draft(index, alice).version, draft(index, alice).version] == [2, 3]


# Editing


@pytest.mark.parametrize("stage", ["computed", "approved"])
def test_any_edit_voids_replay_and_approval(stage, index, alice, approver, carol):
    methodology = draft(index, alice)
    replayed(methodology, alice)
    if stage == "approved":
        approve(methodology, approver)

    edited = draft(index, carol, methodology_id=methodology.id)

    edited.refresh_from_db()
    assert edited.pk == methodology.pk
    assert (edited.status, edited.author) == ("draft", carol)
    assert (edited.computed_by, edited.computed_at, edited.approver, edited.approved_at) == (None, None, None, None)
    refuses(edited, CannotAnnounceError, "not approved yet", lambda: announce(edited))


def test_an_edit_voids_the_first_approval_of_an_emergency(index, alice, approver, carol):
    methodology = draft(index, alice, emergency_reason="A hack")
    approve(methodology, approver)

    draft(index, alice, methodology_id=methodology.id, emergency_reason="A hack")

    assert approve(methodology, carol).status == "draft"


def test_an_announced_version_is_never_edited(index, alice, approver):
    methodology = announce(approved(index, alice, approver))

    refuses(
        methodology,
        CannotDraftError,
        "Version 1 is announced and stays as it is; start a new draft.",
        lambda: draft(index, alice, methodology_id=methodology.id),
    )


@pytest.mark.parametrize("status", ["announced", "effective", "superseded"])
def test_nor_is_one_that_is_or_was_in_force(status, alice):
    index = make_index()
    methodology = index.methodologies.get()
    Methodology.objects.filter(pk=methodology.pk).update(status=status)

    refuses(methodology, CannotDraftError, "stays as it is", lambda: draft(index, alice, methodology_id=methodology.id))


# Replaying


def test_a_replay_counts_for_exactly_the_rules_that_it_replayed(index, alice):
    methodology = draft(index, alice)
    old = methodology.params
    draft(index, alice, methodology_id=methodology.id, rules=make_rules(cap="0.5"))

    assert not mark_computed(methodology_id=methodology.id, params=old, by=alice, at=AT)

    methodology.refresh_from_db()
    assert (methodology.status, methodology.computed_by) == ("draft", None)


def test_the_first_replay_counts_so_that_an_approver_may_look_again(index, alice, approver):
    methodology = draft(index, alice)
    replayed(methodology, alice)

    replayed(methodology, approver)

    methodology.refresh_from_db()
    assert methodology.computed_by == alice
    assert approve(methodology, approver).status == "approved"


def test_a_replay_changes_nothing_of_an_approved_or_announced_version(index, alice, approver):
    methodology = approved(index, alice, approver)
    for step in (lambda: None, lambda: announce(methodology)):
        step()
        before = row(methodology)
        assert not mark_computed(methodology_id=methodology.id, params=methodology.params, by=alice, at=AT)
        assert row(methodology) == before


def test_a_replay_of_an_emergency_voids_its_first_approval(index, alice, approver, carol):
    methodology = draft(index, alice, emergency_reason="A hack")
    approve(methodology, approver)

    replayed(methodology, carol)

    methodology.refresh_from_db()
    assert methodology.approver is None
    refuses(methodology, CannotApproveError, "had it replayed", lambda: approve(methodology, carol))


# Approving


def test_the_author_cannot_approve(index, approver, carol):
    methodology = draft(index, approver)
    replayed(methodology, carol)

    refuses(methodology, CannotApproveError, "edited it last cannot approve", lambda: approve(methodology, approver))


def test_whoever_wrote_last_is_the_author(index, alice, approver, carol):
    methodology = draft(index, approver)
    draft(index, alice, methodology_id=methodology.id)
    replayed(methodology, alice)

    assert approve(methodology, approver).approver == approver


def test_whoever_had_it_replayed_cannot_approve(index, alice, approver):
    methodology = draft(index, alice)
    replayed(methodology, approver)

    refuses(methodology, CannotApproveError, "had it replayed cannot approve", lambda: approve(methodology, approver))


def test_approving_needs_the_permission(index, alice, bob):
    methodology = draft(index, alice)
    replayed(methodology, alice)

    refuses(methodology, CannotApproveError, "needs the permission", lambda: approve(methodology, bob))


def test_what_was_not_replayed_is_not_approved(index, alice, approver):
    methodology = draft(index, alice)

    refuses(methodology, CannotApproveError, "Replay it first", lambda: approve(methodology, approver))


def test_unreadable_rules_are_not_approved(index, alice, approver):
    methodology = draft(index, alice)
    replayed(methodology, alice)
    Methodology.objects.update(params=PLAIN | {"count": -1})

    refuses(methodology, CannotApproveError, "count: is between 1 and 500", lambda: approve(methodology, approver))


def test_approving_twice_is_approving_once(index, alice, approver):
    methodology = approved(index, alice, approver)
    before = row(methodology)

    again = approve(methodology, approver, at=AT + ONE_DAY)

    assert again.approved_at == AT
    assert row(methodology) == before


def test_one_approval_is_enough(index, alice, approver, carol):
    methodology = approved(index, alice, approver)

    refuses(methodology, CannotApproveError, "approved by bob@example.com already", lambda: approve(methodology, carol))


def test_what_was_edited_since_somebody_looked_is_not_approved(index, alice, approver):
    methodology = draft(index, alice)
    replayed(methodology, alice)
    seen = fingerprint(methodology)
    edited = draft(index, alice, methodology_id=methodology.id, rules=make_rules(cap="0.5"))
    replayed(edited, alice)

    refuses(edited, CannotApproveError, "edited since you opened it", lambda: approve(edited, approver, seen=seen))
    refuses(edited, CannotApproveError, "edited since you opened it", lambda: approve(edited, approver, seen=""))

    assert approve(edited, approver, seen=fingerprint(edited)).status == "approved"


def test_the_fingerprint_is_of_rules_day_and_reason(index, alice):
    first = draft(index, alice)
    prints = {
        fingerprint(first),
        fingerprint(draft(index, alice, rules=make_rules(cap="0.5"))),
        fingerprint(draft(index, alice, effective_from=NEXT)),
        fingerprint(draft(index, alice, emergency_reason="A hack")),
    }

    assert len(prints) == 4
    assert fingerprint(draft(index, alice)) == fingerprint(first)


def test_an_announced_version_is_not_approved_again(index, alice, approver, carol):
    methodology = announce(approved(index, alice, approver))

    refuses(methodology, CannotApproveError, "announced already", lambda: approve(methodology, carol))


# Sending back


def test_sending_back_makes_a_draft_of_it_again(index, alice, approver):
    methodology = approved(index, alice, approver)

    sent = reject_methodology(methodology_id=methodology.id, approver=approver)

    sent.refresh_from_db()
    assert (sent.status, sent.author) == ("draft", alice)
    assert (sent.computed_by, sent.computed_at, sent.approver, sent.approved_at) == (None, None, None, None)


def test_an_emergency_with_one_approval_can_be_sent_back(index, alice, approver, carol):
    methodology = draft(index, alice, emergency_reason="A hack")
    approve(methodology, approver)

    assert reject_methodology(methodology_id=methodology.id, approver=carol).approver is None


def test_sending_back_needs_the_permission(index, alice, approver):
    methodology = approved(index, alice, approver)

    refuses(
        methodology,
        CannotApproveError,
        "needs the permission",
        lambda: reject_methodology(methodology_id=methodology.id, approver=alice),
    )


def test_neither_a_draft_nor_an_announced_version_is_sent_back(index, alice, approver):
    def send_back():
        reject_methodology(methodology_id=methodology.id, approver=approver)

    methodology = draft(index, alice)
    refuses(methodology, CannotApproveError, "nothing to send back", send_back)

    methodology = announce(approved(index, alice, approver))
    refuses(methodology, CannotApproveError, "announced and stays as it is", send_back)


# The database itself


@pytest.mark.parametrize("person", ["author", "computed_by"])
def test_the_database_itself_refuses_self_approval(person, index, alice, approver):
    methodology = draft(index, alice)
    replayed(methodology, approver)

    with pytest.raises(IntegrityError), transaction.atomic():
        Methodology.objects.filter(pk=methodology.pk).update(approver=alice if person == "author" else approver)
