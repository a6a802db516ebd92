"""Recorded signals and ballots in the admin: written once, corrected by a later record, never changed."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from indices.models import Ballot, Signal, Vote
from market.models import Asset
from tests.factories import make_asset, make_user
from tests.indices.factories import make_index
from tests.indices.reviewing import staff

pytestmark = pytest.mark.django_db

NOW = datetime(2023, 1, 10, 9, tzinfo=UTC)
SIGNALS = "/admin/indices/signal/"
FORM = {"universe": "real", "asset": "bitcoin", "day": "2023-01-09", "value": "bull", "source": "desk"}


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    """Leave the second factor to the tests of accounts."""
    settings.STAFF_NEEDS_MFA = False


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def curator(db):
    make_asset("bitcoin")
    return staff("curator@example.com", "curator")


def test_a_signal_is_recorded_with_who_and_when_by_the_server(as_user, curator):
    stranger = make_user(email="other@example.com")
    sent = FORM | {"recorded_at_0": "2020-01-01", "recorded_at": "2020-01-01", "recorded_by": stranger.pk}

    response = as_user(curator).post(f"{SIGNALS}add/", sent)

    signal = Signal.objects.get()
    assert response.status_code == 302
    assert (signal.asset_id, signal.universe, signal.day, signal.value) == ("bitcoin", "real", date(2023, 1, 9), "bull")
    assert (signal.recorded_at, signal.recorded_by, signal.source) == (NOW, curator, "desk")


def test_a_later_record_corrects_and_the_first_stays(as_user, curator):
    client = as_user(curator)
    client.post(f"{SIGNALS}add/", FORM)
    with time_machine.travel(NOW.replace(hour=10), tick=False):
        client.post(f"{SIGNALS}add/", FORM | {"value": "bear"})

    assert list(Signal.objects.order_by("recorded_at").values_list("value", flat=True)) == ["bull", "bear"]


def test_without_an_asset_it_is_about_the_market(as_user, curator):
    as_user(curator).post(f"{SIGNALS}add/", FORM | {"asset": "", "universe": "simulated"})

    assert list(Signal.objects.filter(asset=None).values_list("universe", flat=True)) == ["simulated"]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"day": "2023-01-11"}, "day", "a day up to today"),
        ({"day": "0001-01-01"}, "day", "not before 3 January 2009"),
        ({"source": ""}, "source", "required"),
        ({"value": "moon"}, "value", "valid choice"),
        ({"asset": "no-such"}, "asset", "valid choice"),
        ({"asset": "euro"}, "asset", "Choose a crypto asset."),
        ({"asset": "sim-x"}, "universe", "belongs to the other market"),
        ({"universe": "simulated"}, "universe", "belongs to the other market"),
        ({"universe": ""}, "universe", "required"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(as_user, curator, change, field, words):
    make_asset("sim-x", simulated=True)
    Asset.objects.get_or_create(id="euro", defaults={"symbol": "EUR", "name": "Euro", "kind": "fiat"})

    response = as_user(curator).post(f"{SIGNALS}add/", FORM | change)

    assert words in response.context["adminform"].form.errors[field][0]
    assert not Signal.objects.exists()


def test_nobody_changes_or_deletes_a_signal(as_user, curator):
    client = as_user(make_user(email="root@example.com", is_staff=True, is_superuser=True))
    client.post(f"{SIGNALS}add/", FORM)
    signal = Signal.objects.get()

    assert client.get(f"{SIGNALS}{signal.pk}/change/").status_code == 200
    assert client.post(f"{SIGNALS}{signal.pk}/change/", FORM | {"value": "bear"}).status_code == 403
    assert client.post(f"{SIGNALS}{signal.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Signal.objects.get().value == "bull"


def test_only_curators_record(as_user, curator):
    approver = staff("approver@example.com", "approver")

    assert as_user(approver).get(SIGNALS).status_code == 200
    assert as_user(approver).post(f"{SIGNALS}add/", FORM).status_code == 403


def test_the_list_is_filtered_and_takes_few_queries(as_user, curator, django_assert_max_num_queries):
    client = as_user(curator)
    for change in ({}, {"asset": "", "value": "bear"}, {"day": "2023-01-08"}):
        client.post(f"{SIGNALS}add/", FORM | change)

    with django_assert_max_num_queries(16):
        html = client.get(SIGNALS).content.decode()
    shown = {
        query: len(client.get(f"{SIGNALS}?{query}").context["cl"].result_list)
        for query in ("about=market", "about=asset", "about=x", "value=bull", "source=desk", "q=bitcoin")
    }

    assert "Bitco" in html.title()
    assert shown == {
        "about=market": 1,
        "about=asset": 2,
        "about=x": 3,
        "value=bull": 2,
        "source=desk": 3,
        "q=bitcoin": 2,
    }


def test_ballots_show_how_many_voted_and_not_who(as_user, curator):
    voter = make_user(email="voter@example.com")
    ballot = Ballot.objects.create(
        index=make_index(), cutoff_day=date(2023, 1, 31), opens_at=NOW, closes_at=NOW.replace(day=31), quorum=2
    )
    Vote.objects.create(ballot=ballot, user=voter, asset_id="bitcoin", cast_at=NOW)
    client = as_user(curator)

    pages = [client.get(f"/admin/indices/ballot/{end}") for end in ("", f"{ballot.pk}/change/")]

    assert [page.status_code for page in pages] == [200, 200]
    assert '<td class="field-voters">1</td>' in pages[0].content.decode()
    assert not any("voter@example.com" in page.content.decode() for page in pages)
    assert client.get("/admin/indices/ballot/add/").status_code == 403
