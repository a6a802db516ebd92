"""The curators' door: draft, preview, publish by a second person."""

from datetime import timedelta

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import Permission

from indices.models import Index, Level, Methodology, Rebalance, Review, ReviewLine
from indices.services import run_window, save_draft
from tests.factories import make_user
from tests.indices.factories import AT, FIRST, NEXT, make_coin, make_index, make_rules, price_flat

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)
FORM = {
    "effective_from": "",
    "sectors": ["layer1"],
    "exclude": ["stable", "wrapped"],
    "min_age_days": "90",
    "liquidity_enter": "5000000",
    "liquidity_stay": "3000000",
    "count": "10",
    "enter": "8",
    "keep": "12",
    "min_count": "5",
    "alpha": "0.5",
    "cap": "25",
    "floor": "",
    "schedule": "quarterly",
    "cutoff_lead_days": "1",
}


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    """Leave the second factor to the tests of accounts."""
    settings.STAFF_NEEDS_MFA = False


@pytest.fixture
def curator(alice):
    """Alice, who may write everything but publish nothing."""
    alice.is_staff = True
    alice.save()
    wanted = Permission.objects.filter(content_type__app_label="indices").exclude(codename="publish_methodology")
    alice.user_permissions.set(wanted)
    return alice


@pytest.fixture
def approver(bob):
    """Bob, who may do all that."""
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(content_type__app_label="indices"))
    return bob


@pytest.fixture
def index():
    """Define an index that has no rules yet."""
    return Index.objects.create(slug="new", name="New", kind="thematic", tier="satellite")


def post_draft(client, index, **overrides):
    """Send the form of a new draft."""
    return client.post("/admin/indices/methodology/add/", FORM | {"index": index.pk} | overrides)


def publish(client, methodology):
    """Run the publish action on one draft."""
    chosen = {"action": "publish", "_selected_action": [methodology.pk]}
    return client.post("/admin/indices/methodology/", chosen, follow=True)


def test_the_form_becomes_rules(as_user, curator, index):
    response = post_draft(as_user(curator), index)

    methodology = Methodology.objects.get()
    assert response.status_code == 302
    assert (methodology.version, methodology.author, methodology.status) == (1, curator, "draft")
    assert methodology.params == {
        "sectors": ["layer1"],
        "exclude": ["stable", "wrapped"],
        "min_age_days": 90,
        "liquidity_enter": "5000000",
        "liquidity_stay": "3000000",
        "count": 10,
        "enter": 8,
        "keep": 12,
        "min_count": 5,
        "alpha": "0.5",
        "cap": "0.25",
        "floor": None,
        "schedule": "quarterly",
        "cutoff_lead_days": 1,
    }


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("enter", "11", "is between 0 and the count of 10, not 11."),
        ("cap", "5", "10 assets of at most 5.00% each cannot make up the whole."),
        ("cap", "1e400", "at most 18 digits"),
        ("floor", "11", "more than the whole"),
        ("liquidity_stay", "6000000", "the value that a newcomer needs"),
        ("alpha", "2", "Select a valid choice"),
        ("sectors", ["sport"], "Select a valid choice"),
        ("min_age_days", "", "This field is required."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(as_user, curator, index, field, value, words):
    response = post_draft(as_user(curator), index, **{field: value})

    assert response.status_code == 200
    assert words in response.context["adminform"].form.errors[field][0]
    assert not Methodology.objects.exists()


def test_a_draft_opens_with_its_rules_and_is_rewritten(as_user, curator, index):
    client = as_user(curator)
    post_draft(client, index)
    draft = Methodology.objects.get()
    url = f"/admin/indices/methodology/{draft.pk}/change/"

    opened = client.get(url).context["adminform"].form
    client.post(url, FORM | {"cap": "40", "floor": "1"})

    draft.refresh_from_db()
    assert (opened["cap"].value(), opened["alpha"].value(), opened["sectors"].value()) == ("25", "0.5", ["layer1"])
    assert (draft.params["cap"], draft.params["floor"], draft.version) == ("0.4", "0.01", 1)


def test_a_draft_that_cannot_be_read_opens_empty(as_user, curator, index):
    broken = Methodology.objects.create(index=index, version=1, params={"count": "ten"})
    client = as_user(curator)

    assert client.get(f"/admin/indices/methodology/{broken.pk}/change/").status_code == 200
    assert "whole number" in client.get(f"/admin/indices/methodology/{broken.pk}/preview/").content.decode()


def test_the_author_cannot_publish(as_user, approver, index):
    client = as_user(approver)
    post_draft(client, index)

    response = publish(client, Methodology.objects.get())

    assert "a second person publishes it" in response.content.decode()
    assert Methodology.objects.get().status == "draft"


def test_a_curator_is_not_offered_to_publish(as_user, curator, approver, index):
    draft = save_draft(index_id=index.pk, rules=make_rules(), effective_from=None, author=approver)

    publish(as_user(curator), draft)

    assert Methodology.objects.get().status == "draft"


def test_a_second_person_publishes_and_nobody_changes_it_then(as_user, curator, approver, index):
    post_draft(as_user(curator), index)
    draft = Methodology.objects.get()

    response = publish(as_user(approver), draft)

    index.refresh_from_db()
    assert "New v1 is published." in response.content.decode()
    assert index.status == "active"
    url = f"/admin/indices/methodology/{draft.pk}/change/"
    assert "quarterly" in as_user(curator).get(url).content.decode()
    assert as_user(curator).post(url, FORM).status_code == 403
    assert as_user(curator).post(f"/admin/indices/methodology/{draft.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_preview_gives_every_reason_and_writes_nothing(as_user, curator):
    coins = {make_coin("a"): "3", make_coin("b"): "2", make_coin("c", sector="memecoin"): "1"}
    price_flat(coins, EVE, NEXT)
    index = make_index(make_rules(exclude=["meme"]))
    url = f"/admin/indices/methodology/{index.methodologies.get().pk}/preview/"

    html = as_user(curator).get(f"{url}?cutoff_day=2023-01-15").content.decode()

    assert "60.00%" in html
    assert "This index keeps out memecoins." in html
    assert "Weights are set in proportion to market cap." in html
    assert not Review.objects.exists()
    assert not ReviewLine.objects.exists()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?cutoff_day=2023-02-30", "Enter a valid date."),
        ("?cutoff_day=%00", "Enter a valid date."),
        ("?cutoff_day=0001-01-01", "Enter a day before today"),
        ("?cutoff_day=2010-01-01", "No asset had a price by then."),
        ("?cutoff_day=9999-12-31", "Enter a day before today"),
        ("", "No basket would come of it."),
    ],
)
def test_a_preview_of_an_odd_day_says_so(as_user, curator, query, words):
    index = make_index()

    response = as_user(curator).get(f"/admin/indices/methodology/{index.methodologies.get().pk}/preview/{query}")

    assert words in response.content.decode()


def test_a_preview_is_for_curators(as_user, alice):
    alice.is_staff = True
    alice.save()
    index = make_index()

    response = as_user(alice).get(f"/admin/indices/methodology/{index.methodologies.get().pk}/preview/")

    assert response.status_code == 403


def test_indices_are_made_and_retired(as_user, curator):
    client = as_user(curator)
    new = {"name": "Made", "slug": "made", "summary": "", "kind": "equal", "tier": "core", "universe": "real"}
    client.post("/admin/indices/index/add/", new | {"base_value": "1000", "base_date": ""})
    made, running = Index.objects.get(slug="made"), make_index()

    chosen = {"action": "retire", "_selected_action": [made.pk, running.pk]}
    html = client.post("/admin/indices/index/", chosen, follow=True).content.decode()

    running.refresh_from_db()
    assert running.status == "retired"
    assert "Test is retired." in html
    assert "Made is a draft that never ran" in html


def test_a_base_date_before_the_first_block_is_refused(as_user, curator, index):
    url = f"/admin/indices/index/{index.pk}/change/"

    response = as_user(curator).post(
        url, {"name": "New", "slug": "new", "base_value": "1000", "base_date": "0001-01-01"}
    )

    assert "not before 3 January 2009" in response.content.decode()


def test_what_the_night_wrote_is_read_only_and_listed_in_few_queries(as_user, curator, django_assert_max_num_queries):
    coins = {make_coin("a"): "3", make_coin("b"): "2"}
    price_flat(coins, EVE, NEXT)
    index = make_index()
    run_window(start=FIRST, end=NEXT, at=AT)
    client = as_user(curator)

    for model in (Level, Rebalance, Review):
        name = model._meta.model_name
        with django_assert_max_num_queries(16):
            assert client.get(f"/admin/indices/{name}/").status_code == 200
        row = model.objects.latest("pk")
        assert client.get(f"/admin/indices/{name}/{row.pk}/change/").status_code == 200
        assert client.get(f"/admin/indices/{name}/add/").status_code == 403
        assert client.post(f"/admin/indices/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    page = client.get(f"/admin/indices/index/{index.pk}/change/")
    assert "base_date" not in page.context["adminform"].form.fields


def test_a_superuser_may_approve_what_others_wrote(as_user, curator, index):
    post_draft(as_user(curator), index)
    root = make_user(email="root@example.com", is_staff=True, is_superuser=True)

    publish(as_user(root), Methodology.objects.get())

    assert Methodology.objects.get().approver == root
    assert site.is_registered(Methodology)


def test_published_rules_are_shown_in_words_and_as_they_are_stored(approver, as_user):
    index = make_index()
    methodology = index.methodologies.get()
    page = as_user(approver).get(f"/admin/indices/methodology/{methodology.pk}/change/").content.decode()

    assert "<li>Eligible assets are ranked by market cap.</li>" in page
    assert "As stored" in page

    Methodology.objects.filter(pk=methodology.pk).update(params={"count": "many"})
    broken = as_user(approver).get(f"/admin/indices/methodology/{methodology.pk}/change/")

    assert broken.status_code == 200
    assert "is missing" in broken.content.decode() or "whole number" in broken.content.decode()
