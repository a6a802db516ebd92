"""The curators' door to rules: drafts as forms, announced rules as prose, previews, and edits that come too late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from indices.calc.rules import Rules
from indices.forms import START
from indices.models import Index, Methodology, Review, ReviewLine
from indices.services import save_draft
from tests.indices.curating import LIST, make_staff, page_of, typed
from tests.indices.factories import FIRST, NEXT, make_coin, make_index, make_rules, price_flat
from tests.indices.versions import announce, approve, approved, draft, replayed

pytestmark = pytest.mark.django_db

EVE = FIRST - timedelta(days=1)


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


# Drafting


def test_the_form_becomes_rules(as_user, curator, index):
    sent = typed(index=index.pk, sectors=["layer1"], alpha="0.5", cap="25", schedule="quarterly")

    response = as_user(curator).post(f"{LIST}add/", sent)

    methodology = Methodology.objects.get()
    assert response.status_code == 302
    assert (methodology.version, methodology.author, methodology.status) == (1, curator, "draft")
    assert methodology.params["cap"] == "0.25"
    assert Rules.from_params(methodology.params) == Rules.from_params(
        START.to_params() | {"sectors": ["layer1"], "alpha": "0.5", "cap": "0.25", "schedule": "quarterly"}
    )


def test_what_is_wrong_is_shown_and_nothing_is_written(as_user, curator, index):
    response = as_user(curator).post(f"{LIST}add/", typed(index=index.pk, cap="5", gate="trend"))

    html = response.content.decode()
    assert response.status_code == 200
    assert "10 assets of at most 5% each cannot make up the whole." in html
    assert "is empty: weight that is set free needs somewhere to go." in html
    assert "<summary>" not in html  # what is wrong may be anywhere, so nothing is folded
    assert not Methodology.objects.exists()


def test_a_draft_opens_with_its_rules_and_is_rewritten(as_user, curator, index):
    methodology = draft(index, curator, rules=make_rules(cap="0.4", alpha="0.5", sectors=["layer1"]))
    client = as_user(curator)

    opened = client.get(page_of(methodology)).context["adminform"].form
    client.post(page_of(methodology), typed(cap="40", floor="1", emergency_reason="A hack"))

    methodology.refresh_from_db()
    assert (opened["cap"].value(), opened["alpha"].value(), opened["sectors"].value()) == ("40", "0.5", ["layer1"])
    assert (methodology.params["cap"], methodology.params["floor"], methodology.version) == ("0.4", "0.01", 1)
    assert (methodology.emergency_reason, methodology.index) == ("A hack", index)


def test_a_draft_that_cannot_be_read_opens_as_a_new_one_and_says_why(as_user, curator, index):
    broken = Methodology.objects.create(index=index, version=1, params={"count": "ten"})
    client = as_user(curator)

    assert client.get(page_of(broken)).context["adminform"].form["count"].value() == START.count
    assert "whole number" in client.get(f"{LIST}{broken.pk}/preview/").content.decode()


def test_a_new_version_starts_from_the_rules_in_force(as_user, curator):
    index = make_index(make_rules(count=7, keep=7, enter=7, gate="trend", sleeve=["tether"]))
    index.methodologies.update(status="effective")
    index.methodologies.create(
        version=2,
        params=make_rules(count=9, keep=9).to_params(),
        status="announced",
        approved_at=timezone.now(),
        announced_at=timezone.now(),
        effective_from=NEXT,
    )
    client = as_user(curator)

    response = client.get(f"{LIST}add/?index={index.pk}")

    opened = response.context["adminform"].form
    assert (opened["index"].value(), opened["count"].value(), opened["gate"].value()) == (str(index.pk), 7, "trend")
    folded = {str(each.name) for each in response.context["adminform"] if each.is_collapsible}
    assert "Triggers" in folded
    assert "Signals and sleeve" not in folded


@pytest.mark.parametrize("query", ["", "?index=", "?index=0", "?index=x", "?index=%00"])
def test_without_rules_to_start_from_the_form_has_its_own(query, as_user, curator):
    opened = as_user(curator).get(f"{LIST}add/{query}").context["adminform"].form

    assert opened["count"].value() == START.count


def test_an_index_without_announced_rules_starts_anew(as_user, curator, index):
    draft(index, curator, rules=make_rules(count=5, keep=5))

    opened = as_user(curator).get(f"{LIST}add/?index={index.pk}").context["adminform"].form

    assert (opened["index"].value(), opened["count"].value()) == (str(index.pk), START.count)


def test_drafts_are_deleted_and_announced_versions_are_not(as_user, curator, index, approver):
    first, second = draft(index, curator), announce(approved(index, curator, approver))
    client = as_user(curator)

    client.post(f"{LIST}{first.pk}/delete/", {"post": "yes"})

    assert client.post(f"{LIST}{second.pk}/delete/", {"post": "yes"}).status_code == 403
    assert list(Methodology.objects.all()) == [second]


# Edits that come too late


@pytest.mark.parametrize("stage", ["computed", "approved"])
def test_an_edit_says_that_replay_and_approval_are_void(stage, as_user, curator, approver, index):
    methodology = draft(index, curator)
    replayed(methodology, curator)
    if stage == "approved":
        approve(methodology, approver)

    html = as_user(curator).post(page_of(methodology), typed(cap="40"), follow=True).content.decode()

    methodology.refresh_from_db()
    assert "It is a draft again: its replay and approval are void." in html
    assert (methodology.status, methodology.approver, methodology.params["cap"]) == ("draft", None, "0.4")


def test_an_edit_of_a_draft_warns_of_nothing(as_user, curator, index):
    methodology = draft(index, curator)

    assert "void" not in as_user(curator).post(page_of(methodology), typed(), follow=True).content.decode()


def test_an_edit_after_the_announcement_is_refused_in_words(as_user, curator, approver, index):
    methodology = announce(approved(index, curator, approver))

    response = as_user(curator).post(page_of(methodology), typed(cap="40"), follow=True)

    html = response.content.decode()
    assert response.redirect_chain == [(page_of(methodology), 302)]
    assert "Version 1 is announced and stays as it is; start a new draft." in html
    methodology.refresh_from_db()
    assert methodology.params["cap"] is None


def test_an_announcement_while_somebody_saves_is_found_too(as_user, curator, approver, index, monkeypatch):
    methodology = approved(index, curator, approver)

    def announced_meanwhile(**fields):
        announce(methodology)
        return save_draft(**fields)

    monkeypatch.setattr("indices.services.save_draft", announced_meanwhile)
    html = as_user(curator).post(page_of(methodology), typed(cap="40"), follow=True).content.decode()

    methodology.refresh_from_db()
    assert "announced and stays as it is" in html
    assert methodology.params["cap"] is None


# Reading


def test_announced_rules_are_shown_in_words_and_as_they_are_stored(approver, as_user):
    methodology = make_index(make_rules(jurisdictions_out=["<b>"])).methodologies.get()

    page = as_user(approver).get(page_of(methodology)).content.decode()

    assert "<li>Eligible assets are ranked by market cap.</li>" in page
    assert "<li>Kept out by jurisdiction: &lt;b&gt;.</li>" in page
    assert "&quot;schedule&quot;: &quot;monthly&quot;" in page
    assert "a preset" in page

    Methodology.objects.filter(pk=methodology.pk).update(params={"count": "many"})
    broken = as_user(approver).get(page_of(methodology))
    assert "whole number" in broken.content.decode()


def test_old_versions_of_a_draft_are_read_as_prose(as_user, curator, index):
    methodology = draft(index, curator, rules=make_rules(cap="0.4"))
    draft(index, curator, methodology_id=methodology.pk, rules=make_rules(cap="0.5"))
    first = methodology.history.order_by("history_id").first()
    client = as_user(curator)

    listed = client.get(f"{LIST}{methodology.pk}/history/").content.decode()
    shown = client.get(f"{LIST}{methodology.pk}/history/{first.history_id}/").content.decode()

    assert "Edited by alice@example.com." in listed
    assert "Each weight is at most 40%" in shown
    assert "id_cap" not in shown


def test_the_list_shows_how_far_each_has_come_in_few_queries(
    as_user, curator, approver, index, django_assert_max_num_queries
):
    for _ in range(4):
        approved(index, curator, approver)
    client = as_user(curator)

    with django_assert_max_num_queries(14):
        html = client.get(LIST).content.decode()

    assert html.count("Approved</td>") == 4


def test_curators_are_led_to_a_replay_and_everybody_to_its_results(as_user, curator, approver, index):
    methodology = draft(index, curator)

    mine, others = (as_user(person).get(page_of(methodology)).content.decode() for person in (curator, approver))

    assert f"/admin/analytics/backtest/add/?methodology={methodology.pk}" in mine
    assert "/admin/analytics/backtest/add/" not in others
    assert f"/admin/analytics/backtest/?methodology={methodology.pk}" in others


def test_a_preview_gives_every_reason_and_writes_nothing(as_user, curator):
    coins = {make_coin("a"): "3", make_coin("b"): "2", make_coin("c", sector="memecoin"): "1"}
    price_flat(coins, EVE, NEXT)
    index = make_index(make_rules(exclude=["meme"]))
    url = f"{LIST}{index.methodologies.get().pk}/preview/"

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

    response = as_user(curator).get(f"{LIST}{index.methodologies.get().pk}/preview/{query}")

    assert words in response.content.decode()


def test_a_preview_of_rules_with_a_sleeve_shows_it(as_user, curator):
    coins = {make_coin("a"): "3", make_coin("b"): "2", make_coin("usd-coin", is_stable=True): "1"}
    price_flat(coins, EVE, NEXT)
    index = make_index()
    methodology = draft(index, curator, rules=make_rules(scheme="sharpe", rank_days=7, sleeve=["usd-coin"]))

    html = as_user(curator).get(f"{LIST}{methodology.pk}/preview/?cutoff_day=2023-01-31").content.decode()

    assert "Holds what signals and exposure set free" in html
    assert "100.00%" in html
