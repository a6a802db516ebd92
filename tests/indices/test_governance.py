"""Two people put rules into force; a review can be seen before anything is written."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError

from indices.models import Index, Level, Methodology, Review
from indices.services import (
    CannotDraftError,
    CannotPublishError,
    CannotRetireError,
    preview_review,
    publish_methodology,
    retire_index,
    run_window,
    save_draft,
)
from tests.indices.factories import AT, FIRST, NEXT, PLAIN, make_coin, make_index, make_rules, price_flat

pytestmark = pytest.mark.django_db


@pytest.fixture
def approver(bob):
    """Bob, who may publish."""
    bob.user_permissions.add(Permission.objects.get(codename="publish_methodology"))
    return bob


@pytest.fixture
def index():
    """Make a draft index without rules."""
    return Index.objects.create(slug="new", name="New", kind="thematic", tier="satellite")


def draft(index, author, **overrides):
    """Save a draft of plain rules."""
    return save_draft(
        **{"index_id": index.id, "rules": make_rules(), "effective_from": None, "author": author} | overrides
    )


def test_publishing_freezes_the_rules_and_starts_the_index(index, alice, approver):
    methodology = draft(index, alice)

    published = publish_methodology(methodology_id=methodology.id, approver=approver, at=AT)
    again = publish_methodology(methodology_id=methodology.id, approver=approver, at=AT + timedelta(days=1))

    index.refresh_from_db()
    assert (published.status, published.approver, published.published_at) == ("published", approver, AT)
    assert again.published_at == AT
    assert index.status == "active"
    with pytest.raises(CannotDraftError, match="Version 1 is published"):
        draft(index, alice, methodology_id=methodology.id)


def test_the_author_cannot_approve(index, approver):
    methodology = draft(index, approver)

    with pytest.raises(CannotPublishError, match="a second person"):
        publish_methodology(methodology_id=methodology.id, approver=approver, at=AT)

    methodology.refresh_from_db()
    assert methodology.status == "draft"


def test_whoever_wrote_last_is_the_author(index, alice, approver):
    methodology = draft(index, alice)
    draft(index, approver, methodology_id=methodology.id)

    with pytest.raises(CannotPublishError, match="a second person"):
        publish_methodology(methodology_id=methodology.id, approver=approver, at=AT)


def test_the_database_itself_refuses_self_approval(index, alice):
    methodology = draft(index, alice)

    with pytest.raises(IntegrityError):
        Methodology.objects.filter(pk=methodology.pk).update(approver=alice)


def test_publishing_needs_the_permission(index, alice, bob):
    methodology = draft(index, alice)

    with pytest.raises(CannotPublishError, match="needs the permission"):
        publish_methodology(methodology_id=methodology.id, approver=bob, at=AT)


def test_unreadable_rules_are_not_published(index, alice, approver):
    methodology = draft(index, alice)
    Methodology.objects.update(params=PLAIN | {"count": -1})

    with pytest.raises(CannotPublishError, match="count: is between 1 and 500"):
        publish_methodology(methodology_id=methodology.id, approver=approver, at=AT)


@pytest.mark.parametrize(
    ("start", "words"),
    [(None, "Give the day"), (FIRST, "choose a later day"), (NEXT + timedelta(days=40), "choose a different day")],
)
def test_a_second_version_starts_on_a_free_day_after_the_last_review(start, words, alice, approver):
    index = make_index()
    index.methodologies.create(
        version=2,
        params=make_rules().to_params(),
        status="published",
        published_at=AT,
        effective_from=NEXT + timedelta(days=40),
    )
    Review.objects.create(
        index=index,
        methodology=index.methodologies.get(version=1),
        cutoff_day=FIRST,
        cutoff_at=AT,
        effective_day=NEXT,
        status="needs_review",
        computed_at=AT,
        snapshot_hash="0" * 64,
    )
    methodology = draft(index, alice, effective_from=start)

    with pytest.raises(CannotPublishError, match=words):
        publish_methodology(methodology_id=methodology.id, approver=approver, at=AT)


def test_a_second_version_is_published_for_a_later_day(alice, approver):
    index = make_index()
    methodology = draft(index, alice, effective_from=NEXT)

    publish_methodology(methodology_id=methodology.id, approver=approver, at=AT)

    index.refresh_from_db()
    assert index.status == "active"
    assert index.methodologies.filter(status="published").count() == 2


def test_versions_count_up(alice):
    index = make_index()

    assert [draft(index, alice).version, draft(index, alice).version] == [2, 3]


def test_a_retired_index_keeps_its_record_and_runs_no_more(alice, approver):
    coins = {make_coin("a"): "1", make_coin("b"): "2"}
    price_flat(coins, FIRST - timedelta(days=1), NEXT)
    index = make_index()
    run_window(start=FIRST, end=FIRST, at=AT)

    retire_index(index_id=index.id, day=FIRST)
    retire_index(index_id=index.id, day=NEXT)
    run_window(start=FIRST, end=NEXT, at=AT)

    index.refresh_from_db()
    assert (index.status, index.retired_on) == ("retired", FIRST)
    assert Level.objects.count() == 1
    methodology = draft(index, alice)
    with pytest.raises(CannotPublishError, match="is retired"):
        publish_methodology(methodology_id=methodology.id, approver=approver, at=AT)


def test_a_draft_cannot_retire(index):
    with pytest.raises(CannotRetireError, match="never ran"):
        retire_index(index_id=index.id, day=FIRST)


def test_a_preview_is_what_the_night_would_find_and_writes_nothing():
    coins = {make_coin("a"): "3", make_coin("b"): "2", make_coin("c"): "1"}
    price_flat(coins, FIRST - timedelta(days=1), NEXT)
    index = make_index(make_rules(count=2, enter=1, keep=3))
    run_window(start=FIRST, end=FIRST, at=AT)

    preview = preview_review(index=index, rules=make_rules(alpha="0"), cutoff_day=NEXT - timedelta(days=1), at=AT)

    assert [(v.candidate.asset_id, v.is_incumbent, v.reason) for v in preview.verdicts] == [
        ("a", True, "auto_in"),
        ("b", True, "auto_in"),
        ("c", False, "auto_in"),
    ]
    assert preview.problem == ""
    assert Review.objects.count() == 1
