"""The curators' door to indices, and to what the night wrote: that is read only."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from indices.models import Index, Level, Rebalance
from indices.services import run_window
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, price_flat
from tests.indices.versions import approved

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)
NEW = {"name": "Made", "slug": "made", "summary": "", "kind": "equal", "tier": "core", "universe": "real"} | {
    "base_value": "1000",
    "base_date": "",
}


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    """Leave the second factor to the tests of accounts."""
    settings.STAFF_NEEDS_MFA = False


@pytest.fixture
def curator(alice):
    """Alice, who curates."""
    alice.is_staff = True
    alice.save()
    alice.groups.add(Group.objects.get(name="curator"))
    return alice


@pytest.fixture
def approver(bob):
    """Bob, who approves."""
    bob.is_staff = True
    bob.save()
    bob.groups.add(Group.objects.get(name="approver"))
    return bob


def test_indices_are_made_and_retired(as_user, curator):
    client = as_user(curator)
    client.post("/admin/indices/index/add/", NEW)
    made, running = Index.objects.get(slug="made"), make_index()

    chosen = {"action": "retire", "_selected_action": [made.pk, running.pk]}
    html = client.post("/admin/indices/index/", chosen, follow=True).content.decode()

    running.refresh_from_db()
    assert (made.status, made.auto_approve) == ("draft", False)
    assert running.status == "retired"
    assert "Test is retired." in html
    assert "Made is a draft that never ran" in html


def test_reviews_take_effect_by_themselves_only_where_somebody_ticked_that(as_user, curator):
    client = as_user(curator)

    client.post("/admin/indices/index/add/", NEW | {"auto_approve": "on"})

    index = Index.objects.get(slug="made")
    page = client.get(f"/admin/indices/index/{index.pk}/change/").content.decode()
    assert "Reviews take effect by themselves" in page
    assert "a person approves each one before its close" in page
    client.post(f"/admin/indices/index/{index.pk}/change/", NEW)
    assert [version.auto_approve for version in index.history.order_by("history_id")] == [True, False]


def test_a_base_date_before_the_first_block_is_refused(as_user, curator):
    response = as_user(curator).post("/admin/indices/index/add/", NEW | {"base_date": "0001-01-01"})

    assert "not before 3 January 2009" in response.content.decode()
    assert not Index.objects.exists()


def test_an_index_leads_to_its_versions_and_to_a_new_one(as_user, curator, approver):
    index = make_index()
    url = f"/admin/indices/index/{index.pk}/change/"

    page, approvers = (as_user(person).get(url).content.decode() for person in (curator, approver))

    assert f"/admin/indices/methodology/add/?index={index.pk}" in page
    assert f"/admin/indices/methodology/?index__id__exact={index.pk}" in page
    assert "/admin/indices/methodology/add/" not in approvers
    assert as_user(approver).post(url, NEW).status_code == 403


def test_an_index_with_a_record_keeps_its_base_and_is_not_deleted(as_user, curator):
    coins = {make_coin("a"): "3", make_coin("b"): "2"}
    price_flat(coins, EVE, NEXT)
    index = make_index()
    run_window(start=FIRST, end=NEXT, at=AT)
    client = as_user(curator)

    page = client.get(f"/admin/indices/index/{index.pk}/change/")

    assert "base_date" not in page.context["adminform"].form.fields
    assert client.post(f"/admin/indices/index/{index.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", [Level, Rebalance])
def test_what_the_night_wrote_is_read_only_and_listed_in_few_queries(
    model, as_user, curator, django_assert_max_num_queries
):
    coins = {make_coin("a"): "3", make_coin("b"): "2"}
    price_flat(coins, EVE, NEXT)
    make_index()
    run_window(start=FIRST, end=NEXT, at=AT)
    client = as_user(curator)
    url = f"/admin/indices/{model._meta.model_name}"
    row = model.objects.latest("pk")

    with django_assert_max_num_queries(16):
        assert client.get(f"{url}/").status_code == 200
    assert client.get(f"{url}/{row.pk}/change/").status_code == 200
    assert client.get(f"{url}/add/").status_code == 403
    assert client.post(f"{url}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"universe": "simulated"}, "draft"),
        ({"base_value": "100"}, "draft"),
        ({"base_date": "2023-01-03"}, "draft"),
        ({"auto_approve": "on"}, "draft"),
        ({"summary": "Other words."}, "approved"),
    ],
)
def test_an_index_of_another_base_needs_its_rules_replayed_and_approved_again(
    as_user, curator, approver, changes, status
):
    client = as_user(curator)
    client.post("/admin/indices/index/add/", NEW)
    index = Index.objects.get()
    methodology = approved(index, curator, approver)

    client.post(f"/admin/indices/index/{index.pk}/change/", NEW | changes)

    methodology.refresh_from_db()
    is_void = status == "draft"
    assert methodology.status == status
    assert (methodology.approver, methodology.computed_by) == ((None, None) if is_void else (approver, curator))


def test_what_an_announced_index_is_stays_and_only_an_approver_lets_it_approve_itself(as_user, curator, approver):
    index = make_index()
    Index.objects.update(auto_approve=False)
    url = f"/admin/indices/index/{index.pk}/change/"
    asked = NEW | {"base_value": "7", "universe": "simulated", "base_date": "2023-01-03", "auto_approve": "on"}
    before = (index.slug, index.universe, index.base_value, index.base_date)

    assert as_user(curator).get(url).status_code == 200
    as_user(curator).post(url, asked)
    index.refresh_from_db()
    assert (index.name, index.auto_approve) == ("Made", False)
    curator.groups.add(Group.objects.get(name="approver"))
    as_user(curator).post(url, asked)

    index.refresh_from_db()
    assert index.auto_approve
    assert (index.slug, index.universe, index.base_value, index.base_date) == before
