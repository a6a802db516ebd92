"""Versions of rules for tests, through the services that people use."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from indices.models import Index, Methodology
from indices.services import announce_methodology, approve_methodology, mark_computed, save_draft
from indices.services.governance import fingerprint
from tests.factories import make_user
from tests.indices.factories import AT, make_rules


def make_approver(email: str = "approver@example.com") -> User:
    """Make somebody who may approve."""
    user = make_user(email=email)
    user.groups.add(Group.objects.get(name="approver"))
    return user


def draft(index, author, **overrides):
    """Save a draft of plain rules."""
    return save_draft(
        **{"index_id": index.id, "rules": make_rules(), "effective_from": None, "author": author} | overrides
    )


def replayed(methodology, by):
    """Note a replay of exactly a version's rules."""
    assert mark_computed(methodology_id=methodology.id, params=methodology.params, by=by, at=AT)


def approve(methodology, by, **options):
    """Approve a version as it is stored now, or as it was `seen`."""
    seen = fingerprint(Methodology.objects.get(pk=methodology.pk))
    return approve_methodology(**{"methodology_id": methodology.id, "approver": by, "at": AT, "seen": seen} | options)


def announce(methodology, at=AT):
    """Announce a version."""
    return announce_methodology(methodology_id=methodology.id, at=at)


def approved(index, author, by, **overrides):
    """Take a version from the draft to its approval."""
    methodology = draft(index, author, **overrides)
    replayed(methodology, author)
    return approve(methodology, by)


def row(methodology):
    """Return a version as it is stored, and how often it was written."""
    stored = Methodology.objects.filter(pk=methodology.pk).values().get()
    return (
        stored,
        methodology.history.count(),
        Index.objects.values_list("status", flat=True).get(pk=methodology.index_id),
    )


def refuses(methodology, error, words, call):
    """Want a refusal with these words, and nothing written."""
    before = row(methodology)

    with pytest.raises(error, match=words):
        call()

    assert row(methodology) == before
