"""The market in the admin: curated by people, prices by revision only."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from market.models import AssetAlias, AssetEvent, DailyPrice, DataFinding, DueDiligence, SourceRun
from market.services import record_diligence
from tests.factories import make_asset, make_classification, make_price, make_user
from tests.market.factories import NOW, day

pytestmark = pytest.mark.django_db
PAGES = [
    "asset", "assetalias", "assetevent", "classification", "dailyprice", "datafinding", "duediligence", "sourcerun",
]  # fmt: skip
SCORES = {"team": 5, "technology": 4, "demand": 4, "regulation": 3, "security": 5, "liquidity": 4}


@pytest.fixture(autouse=True)
def _without_second_factor(settings):
    settings.STAFF_NEEDS_MFA = False


@pytest.fixture
def curator(as_user):
    """Log in a curator who may do everything."""
    return as_user(make_user(email="curator@example.com", is_staff=True, is_superuser=True))


@pytest.fixture
def market():
    """Fill every table of the market with rows of three assets."""
    reviewer = make_user(email="reviewer@example.com")
    for asset_id in ("a", "b", "c"):
        asset = make_asset(asset_id)
        AssetAlias.objects.create(asset=asset, source="csv", code=asset_id, valid_from=day(0))
        make_classification(asset)
        make_price(asset, day(0), "10", recorded_at=NOW, superseded_at=day_after())
        make_price(asset, day(0), "11", recorded_at=day_after())
        record_diligence(
            asset_id=asset_id, reviewed_on=day(0), scores=SCORES, evidence="Docs.", reviewer=reviewer, at=NOW
        )
        AssetEvent.objects.create(
            asset=asset, kind="delisting", treatment="last", effective_day=day(0), note="Halted.", author=reviewer
        )
        DataFinding.objects.create(asset=asset, kind="gap", first_day=day(0), last_day=day(0), found_at=NOW)
        SourceRun.objects.create(source="csv", started_at=NOW)


def day_after():
    """Return an instant after NOW."""
    return NOW.replace(day=2)


@pytest.mark.parametrize("table", PAGES)
def test_every_list_takes_as_many_queries_for_many_rows_as_for_one(curator, market, table):
    url = f"/admin/market/{table}/"
    curator.get(url)

    with CaptureQueriesContext(connection) as many:
        assert curator.get(url, {"q": ""}).status_code == 200
    rows = apps.get_model("market", table)._default_manager
    DailyPrice.objects.exclude(asset="a").delete()
    AssetEvent.objects.exclude(asset="a").delete()
    rows.exclude(pk=rows.order_by("pk")[0].pk).delete()
    with CaptureQueriesContext(connection) as one:
        assert curator.get(url, {"q": ""}).status_code == 200

    assert len(many) <= len(one)


@pytest.mark.parametrize("table", PAGES)
def test_every_list_can_be_searched(curator, market, table):
    response = curator.get(f"/admin/market/{table}/", {"q": "nothing like it"})

    assert response.context["cl"].result_count == 0


@pytest.mark.parametrize("table", ["asset", "assetalias", "assetevent", "classification", "duediligence"])
def test_what_curators_keep_can_be_added(curator, table):
    assert curator.get(f"/admin/market/{table}/add/").status_code == 200


@pytest.mark.parametrize("table", ["dailyprice", "datafinding", "sourcerun"])
def test_what_nobody_types_cannot_be_added_changed_or_deleted(curator, market, table):
    model = {"dailyprice": DailyPrice, "datafinding": DataFinding, "sourcerun": SourceRun}[table]
    rows = model._default_manager
    row = rows.order_by("pk")[0]
    before = list(rows.values())

    assert curator.get(f"/admin/market/{table}/add/").status_code == 403
    assert curator.post(f"/admin/market/{table}/{row.pk}/change/", {"detail": "x"}).status_code == 403
    assert curator.post(f"/admin/market/{table}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert list(rows.values()) == before


def test_the_id_of_an_asset_is_given_once(curator, market):
    page = curator.get("/admin/market/asset/a/change/").content.decode()

    assert 'name="id"' not in page
    assert 'name="symbol"' in page


@pytest.mark.parametrize(("version", "count"), [("current", 3), ("superseded", 3), ("nonsense", 6)])
def test_prices_can_be_filtered_by_version(curator, market, version, count):
    response = curator.get(f"/admin/market/dailyprice/?version={version}")

    assert response.context["cl"].result_count == count


def test_a_correction_is_a_new_version_and_is_logged(curator, market):
    price = DailyPrice.objects.current().get(asset="a")
    assert "Revise price" in curator.get(f"/admin/market/dailyprice/{price.id}/change/").content.decode()
    assert 'value="11"' in curator.get(f"/admin/market/dailyprice/{price.id}/revise/").content.decode()

    response = curator.post(
        f"/admin/market/dailyprice/{price.id}/revise/",
        {"close": "12.000000000000000001", "market_cap": "", "volume": "0"},
        follow=True,
    )

    new = DailyPrice.objects.current().get(asset="a")
    price.refresh_from_db()
    assert (new.close, new.market_cap, new.volume) == (Decimal("12.000000000000000001"), None, Decimal(0))
    assert (new.source, new.reconstructed, price.superseded_at) == ("curator", False, new.recorded_at)
    assert "the former version is kept" in response.content.decode()
    history = curator.get(f"/admin/market/dailyprice/{new.id}/history/").content.decode()
    assert f"version {price.id} superseded" in history


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"close": "0"}, "greater than or equal to"),
        ({"close": "-1"}, "greater than or equal to"),
        ({"close": "1e400"}, "no more than 38 digits"),
        ({"close": "NaN"}, "Enter a number"),
        ({"close": "x"}, "Enter a number"),
        ({"close": "11"}, "says what the current version says"),
    ],
)
def test_a_bad_correction_is_refused_beside_its_field(curator, market, fields, message):
    price = DailyPrice.objects.current().get(asset="a")
    present = {"market_cap": price.market_cap, "volume": price.volume}

    response = curator.post(f"/admin/market/dailyprice/{price.id}/revise/", present | fields)

    assert response.status_code == 200
    assert message in response.content.decode()
    assert DailyPrice.objects.filter(asset="a").count() == 2


def test_a_superseded_version_cannot_be_corrected(curator, market):
    old = DailyPrice.objects.filter(asset="a", superseded_at__isnull=False).get()

    assert curator.get(f"/admin/market/dailyprice/{old.id}/revise/").status_code == 404
    assert "Revise price" not in curator.get(f"/admin/market/dailyprice/{old.id}/change/").content.decode()


def test_staff_without_the_right_see_prices_and_cannot_correct_them(as_user, market):
    viewer = make_user(email="viewer@example.com", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_dailyprice"))
    client = as_user(viewer)
    price = DailyPrice.objects.current().get(asset="a")

    assert client.get(f"/admin/market/dailyprice/{price.id}/change/").status_code == 200
    assert client.post(f"/admin/market/dailyprice/{price.id}/revise/", {"close": "1"}).status_code == 403


def test_strangers_are_sent_to_the_login(as_user, alice, market):
    response = as_user(alice).get("/admin/market/dailyprice/")

    assert response.status_code == 302
    assert "login" in response["Location"]


def post_diligence(client, **overrides):
    """Send the form of a review of asset a."""
    fields = {"asset": "a", "reviewed_on": "2024-05-20", "evidence": "The whitepaper.", **SCORES}
    return client.post("/admin/market/duediligence/add/", fields | overrides)


def test_due_diligence_is_recorded_by_whoever_is_logged_in(curator, market):
    with time_machine.travel(datetime(2024, 5, 21, 9, tzinfo=UTC), tick=False):
        response = post_diligence(curator, reviewer="1", recorded_at="2000-01-01")

    newest = DueDiligence.objects.filter(asset="a")[0]
    assert response.status_code == 302
    assert (newest.reviewer.email, newest.recorded_at) == ("curator@example.com", datetime(2024, 5, 21, 9, tzinfo=UTC))
    assert {aspect: getattr(newest, aspect) for aspect in DueDiligence.ASPECTS} == SCORES


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"team": "6"}, "team", "Select a valid choice"),
        ({"team": ""}, "team", "required"),
        ({"evidence": ""}, "evidence", "required"),
        ({"asset": "nothing"}, "asset", "Select a valid choice"),
        ({"reviewed_on": "2023-03-01"}, "__all__", "was reviewed on 2023-03-01; a correction is a review of a later"),
        ({"reviewed_on": "2099-01-01"}, "__all__", "lies ahead"),
    ],
)
def test_a_bad_due_diligence_is_refused_beside_its_field(curator, market, fields, field, words):
    response = post_diligence(curator, **fields)

    assert response.status_code == 200
    assert words in response.context["form"].errors[field][0]
    assert DueDiligence.objects.count() == 3


def test_scores_are_radio_buttons_and_what_is_recorded_stays(curator, market):
    form = curator.get("/admin/market/duediligence/add/?asset=a").content.decode()
    row = DueDiligence.objects.get(asset="a")

    assert form.count('type="radio" name="team"') == 5
    assert '<option value="a" selected' in form
    assert curator.get(f"/admin/market/duediligence/{row.pk}/change/").status_code == 200
    assert curator.post(f"/admin/market/duediligence/{row.pk}/change/", SCORES).status_code == 403
    assert curator.post(f"/admin/market/duediligence/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_staff_without_the_right_record_nothing(as_user, market):
    viewer = make_user(email="viewer@example.com", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_duediligence"))

    assert post_diligence(as_user(viewer)).status_code == 403


def test_the_page_of_an_asset_shows_its_newest_score_with_its_age(curator, market):
    make_asset("z")
    with time_machine.travel(datetime(2023, 3, 31, tzinfo=UTC), tick=False):
        page = curator.get("/admin/market/asset/a/change/").content.decode()
        other = curator.get("/admin/market/asset/z/change/").content.decode()

    assert "4.1667 of 5, reviewed on 2023-03-01, 30 days ago" in page
    assert "Not reviewed yet." in other
    link = "/admin/market/duediligence/?asset__id__exact=a"
    assert link in page
    assert curator.get(link).context["cl"].result_count == 1
