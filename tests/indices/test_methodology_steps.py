"""A person's clicks take a version from its draft to its announcement, and the wrong person's do not."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from indices.models import Index, Methodology
from indices.services.governance import fingerprint
from tests.factories import make_user
from tests.indices.curating import LIST, act, buttons, make_staff, page_of, step, typed
from tests.indices.factories import make_index, make_rules
from tests.indices.versions import approve, approved, draft, make_approver, replayed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    """Leave the second factor to the tests of accounts."""
    settings.STAFF_NEEDS_MFA = False


@pytest.fixture
def curator(db):
    """Make Alice, who drafts and announces."""
    return make_staff("alice@example.com", "curator")


@pytest.fixture
def approver(db):
    """Make Bob, who approves."""
    return make_staff("bob@example.com", "approver")


@pytest.fixture
def index():
    """Define an index that has no rules yet."""
    return Index.objects.create(slug="new", name="New", kind="thematic", tier="satellite")


def test_a_version_goes_all_the_way_by_clicks(as_user, curator, approver, index):
    as_user(curator).post(f"{LIST}add/", typed(index=index.pk))
    methodology = Methodology.objects.get()
    assert "It waits for a replay" in as_user(curator).get(page_of(methodology)).content.decode()
    replayed(methodology, curator)

    seen = as_user(approver).get(page_of(methodology)).content.decode()
    assert buttons(seen) == {"approve", "send_back"}
    assert "It waits for the approval of somebody" in seen
    done = step(as_user(approver), methodology, "approve", seen=fingerprint(methodology))
    assert "New v1: your approval is on record." in done
    assert buttons(done) == {"send_back"}

    waiting = as_user(curator).get(page_of(methodology)).content.decode()
    assert buttons(waiting) == {"announce"}
    assert "It waits to be announced, 7 days or more before it is in force." in waiting
    done = step(as_user(curator), methodology, "announce")
    assert "New v1 is announced and stays as it is." in done
    assert buttons(done) == set()
    methodology.refresh_from_db()
    index.refresh_from_db()
    assert (methodology.status, index.status) == ("announced", "active")


def test_sending_back_takes_a_reason_that_the_author_reads(as_user, curator, approver, index):
    methodology = approved(index, curator, approver)

    done = step(as_user(approver), methodology, "send_back", reason="Show the cap <b>first</b>")

    assert "New v1 is a draft again." in done
    page = as_user(curator).get(page_of(methodology)).content.decode()
    assert "Sent back by bob@example.com. Show the cap &lt;b&gt;first&lt;/b&gt;" in page
    methodology.refresh_from_db()
    assert methodology.status == "draft"


def test_the_page_says_who_did_what(as_user, curator, approver, index):
    carol = make_approver("carol@example.com")
    methodology = draft(index, curator, emergency_reason="An exchange was hacked")
    page = as_user(approver).get(page_of(methodology)).content.decode()
    assert "An emergency: it waits for two people" in page
    assert buttons(page) == {"approve"}

    approve(methodology, approver)
    approve(methodology, carol)

    page = as_user(curator).get(page_of(methodology)).content.decode()
    assert "bob@example.com, carol@example.com" in page
    assert "An exchange was hacked" in page
    assert "alice@example.com" in page


def test_what_changes_against_the_version_in_force_is_shown(as_user, approver, curator):
    index = make_index(make_rules(cap="0.4"))
    changed = draft(index, curator, rules=make_rules(cap="0.5"))
    same = draft(index, curator, rules=make_rules(cap="0.4"))
    client = as_user(approver)

    page = client.get(page_of(changed)).content.decode()
    assert "Against version 1" in page
    assert "<del>Each weight is at most 40%; what a limit cuts off goes to the others in proportion.</del>" in page
    assert "<ins>Each weight is at most 50%; what a limit cuts off goes to the others in proportion.</ins>" in page
    assert "The rules are the same." in client.get(page_of(same)).content.decode()
    assert "Against version" not in client.get(page_of(index.methodologies.get(version=1))).content.decode()


def test_who_edited_it_cannot_approve_it(as_user, index):
    both = make_staff("both@example.com", "curator")
    both.groups.add(Group.objects.get(name="approver"))
    methodology = draft(index, both)
    replayed(methodology, make_approver("carol@example.com"))
    client = as_user(both)

    assert buttons(client.get(page_of(methodology)).content.decode()) == {"send_back"}
    html = step(client, methodology, "approve")

    assert "New v1: Whoever edited it last cannot approve it; a second person does." in html
    methodology.refresh_from_db()
    assert (methodology.status, methodology.approver) == ("computed", None)


def test_who_had_it_replayed_cannot_approve_it(as_user, index, curator, approver):
    methodology = draft(index, curator)
    replayed(methodology, approver)
    client = as_user(approver)

    assert buttons(client.get(page_of(methodology)).content.decode()) == {"send_back"}
    html = step(client, methodology, "approve")

    assert "Whoever had it replayed cannot approve it; another person does." in html


def test_what_was_edited_since_the_page_was_opened_is_not_approved(as_user, index, curator, approver):
    methodology = draft(index, curator)
    replayed(methodology, curator)
    seen = fingerprint(methodology)
    replayed(draft(index, curator, methodology_id=methodology.pk, rules=make_rules(cap="0.5")), curator)

    for stale in (seen, ""):
        html = step(as_user(approver), methodology, "approve", seen=stale)
        assert "It was edited since you opened it; look at it again." in html

    methodology.refresh_from_db()
    assert methodology.status == "computed"


@pytest.mark.parametrize("name", ["approve", "send_back"])
def test_a_curator_neither_approves_nor_sends_back(name, as_user, curator, index):
    methodology = draft(index, make_user(email="dan@example.com"))
    replayed(methodology, methodology.author)
    client = as_user(curator)

    assert buttons(client.get(page_of(methodology)).content.decode()) == set()
    assert client.post(f"{LIST}{methodology.pk}/{name}/step/").status_code == 403
    act(client, methodology, name)

    methodology.refresh_from_db()
    assert methodology.status == "computed"


def test_an_approver_neither_edits_nor_announces(as_user, curator, approver, index):
    methodology = approved(index, curator, approver)
    client = as_user(approver)

    page = client.get(page_of(methodology))

    assert "Eligible assets are ranked by market cap." in page.content.decode()
    assert buttons(page.content.decode()) == {"send_back"}
    assert client.post(page_of(methodology), typed()).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{methodology.pk}/announce/step/").status_code == 403
    act(client, methodology, "announce")
    methodology.refresh_from_db()
    assert methodology.status == "approved"


def test_other_staff_see_and_do_nothing(as_user, curator, index):
    methodology = draft(index, curator)
    client = as_user(make_user(email="dan@example.com", is_staff=True))

    for url in (LIST, page_of(methodology), f"{LIST}{methodology.pk}/preview/"):
        assert client.get(url).status_code == 403
    for name in ("approve", "send_back", "announce"):
        assert client.post(f"{LIST}{methodology.pk}/{name}/step/").status_code == 403


def test_steps_are_posts_of_known_names_on_known_versions(as_user, approver, curator, index):
    methodology = draft(index, curator)
    client = as_user(approver)

    assert client.get(f"{LIST}{methodology.pk}/approve/step/").status_code == 405
    assert client.post(f"{LIST}{methodology.pk}/publish/step/").status_code == 404
    assert client.post(f"{LIST}0/approve/step/").status_code == 404


def test_actions_do_the_same_on_the_list(as_user, curator, approver, index):
    methodology = draft(index, curator)

    replayed(methodology, curator)
    assert "is a draft again" in act(as_user(approver), methodology, "send_back")
    replayed(methodology, curator)
    approve(methodology, approver)
    assert "is announced and stays as it is" in act(as_user(curator), methodology, "announce")
    assert "New v1 is announced" in act(as_user(curator), methodology, "announce")
    assert "announced already" in step(as_user(approver), methodology, "approve")


def test_nothing_is_approved_from_the_list(as_user, curator, approver, index):
    methodology = draft(index, curator)
    replayed(methodology, curator)
    client = as_user(approver)

    assert '<option value="approve">' not in client.get(LIST).content.decode()
    act(client, methodology, "approve")

    methodology.refresh_from_db()
    assert (methodology.status, methodology.approver) == ("computed", None)


def test_what_cannot_be_announced_says_why(as_user, curator, approver):
    index = make_index()
    tomorrow = timezone.now().date() + timedelta(days=1)
    methodology = approved(index, curator, approver, effective_from=tomorrow)

    html = step(as_user(curator), methodology, "announce")

    assert "with less than 7 days of notice" in html
    methodology.refresh_from_db()
    assert methodology.status == "approved"


def test_a_superuser_may_approve_what_others_wrote(as_user, curator, index):
    methodology = draft(index, curator)
    replayed(methodology, curator)
    root = make_user(email="root@example.com", is_staff=True, is_superuser=True)

    step(as_user(root), methodology, "approve")

    methodology.refresh_from_db()
    assert methodology.approver == root
