"""The page of a proposal in the admin: what it changes and why, and its buttons."""

import json
from decimal import Decimal

import pytest
import time_machine

from indices.calc.canonical import digest
from indices.models import Index, Review, Signal
from indices.selectors.proposals import Proposal, get_proposal
from indices.services import compute_requested, reject_review
from market.models import Asset, Classification
from tests.factories import make_user
from tests.indices.factories import after, make_coin, make_index, make_rules, price_flat
from tests.indices.reviewing import EVE, FEBRUARY, JANUARY_31, LAST, WHY, ask, computed, make_reviewed, night, staff

pytestmark = pytest.mark.django_db

REVIEWS = "/admin/indices/review/"


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    """Leave the second factor to the tests of accounts."""
    settings.STAFF_NEEDS_MFA = False


@pytest.fixture(autouse=True)
def _now():
    """Stand two hours into the running day."""
    with time_machine.travel(after(LAST, hours=2), tick=False):
        yield


@pytest.fixture
def curator(db):
    return staff("curator@example.com", "curator")


@pytest.fixture
def first(db):
    return staff("first@example.com", "approver")


@pytest.fixture
def second(db):
    return staff("second@example.com", "approver")


@pytest.fixture
def index(db):
    return make_reviewed()


@pytest.fixture
def review(index, curator):
    return computed(index, curator)


def page_of(client, review: Review) -> str:
    response = client.get(f"{REVIEWS}{review.pk}/change/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def proposal_of(review: Review) -> Proposal:
    """Return what a review proposes; it is computed."""
    proposal = get_proposal(review=review)
    assert proposal
    return proposal


def post(client, review: Review, what: str, **data: str):
    return client.post(f"{REVIEWS}{review.pk}/{what}/", data, follow=True)


def test_a_proposal_says_what_it_changes(review):
    proposal = proposal_of(review)

    # From 3, 2 and 1 sixths to 3 and 2 fifths; C is sold. One way a sixth of the basket changes hands.
    third, sixth = Decimal("0.333333333333"), Decimal("0.166666666667")
    changes = [(change.asset.pk, change.what, change.before, change.after) for change in proposal.changes]
    assert changes == [
        ("a", "stays", Decimal("0.5"), Decimal("0.6")),
        ("b", "stays", third, Decimal("0.4")),
        ("c", "out", sixth, Decimal(0)),
    ]
    assert [change.difference for change in proposal.changes] == [Decimal("0.1"), Decimal("0.4") - third, -sixth]
    assert (proposal.entering, proposal.leaving) == (0, 1)
    assert proposal.turnover == sixth
    assert [(group.title, [line.asset_id for line in group.lines]) for group in proposal.groups] == [
        ("In", ["a", "b"]),
        ("Near misses", ["c"]),
    ]


def test_the_cost_is_that_of_the_rules(review):
    # 0.1% fee and 0.05% half spread of the third that is traded, bought and sold: V = 1 - 0.0015 sum |w V - w|.
    turnover = Decimal(1) / 3
    assert proposal_of(review).cost == pytest.approx(Decimal("0.0015") * turnover, rel=Decimal("0.002"))


def test_a_turnover_limit_shows_how_far_the_proposal_goes(index, curator):
    Classification.objects.update(valid_to=None)
    index.methodologies.update(params=make_rules(alpha="0", turnover_limit="0.05").to_params())
    proposal = proposal_of(computed(index, curator))

    # From 3, 2 and 1 sixths to a third each a sixth would change hands; a twentieth may: three tenths of the way.
    assert proposal.theta == pytest.approx(Decimal("0.3"), abs=Decimal("1e-9"))
    assert proposal.turnover == pytest.approx(Decimal("0.05"), abs=Decimal("1e-9"))


def test_near_misses_are_the_best_ranked_and_the_others_are_out(index, curator):
    price_flat({make_coin(f"z{number:02}"): "0.5" for number in range(14)}, EVE, LAST)
    groups = {
        group.title: [line.asset_id for line in group.lines] for group in proposal_of(computed(index, curator)).groups
    }

    assert groups["In"] == ["a", "b", "z00"]
    assert groups["Near misses"] == [f"z{number:02}" for number in range(1, 13)]
    assert groups["Out"] == ["z13", "c"]


def test_signals_gate_and_sleeve_are_told(curator):
    coins = {
        make_coin("a"): "3",
        make_coin("b"): "2",
        make_coin("usdc", sector="stablecoin", token_type="stablecoin"): "1",
    }
    price_flat(coins, EVE, FEBRUARY)
    rules = make_rules(signals="recorded", gate="recorded", sleeve=["usdc"], count=2, enter=2, keep=2)
    index = make_index(rules)
    common = {"day": EVE, "source": "desk", "recorded_at": after(EVE)}
    Signal.objects.create(asset_id="a", value="bear", **common)
    Signal.objects.create(asset_id="b", value="bull", **common)
    Signal.objects.create(value="neutral", **common)
    night(LAST)
    proposal = proposal_of(computed(index, curator))

    # A is out by its signal, the gate halves what B holds (2 of 5): the rest is parked.
    assert (proposal.gate, proposal.signals) == ("neutral", {"a": "bear", "b": "bull"})
    assert {change.asset.pk: change.after for change in proposal.changes} == {
        "usdc": Decimal("0.8"),
        "b": Decimal("0.2"),
    }
    assert "Sleeve" in [group.title for group in proposal.groups]


def test_a_constituent_without_a_line_is_named_all_the_same(index, review):
    review.lines.filter(asset="c").delete()

    assert proposal_of(review).changes[-1].asset == Asset.objects.get(pk="c")


def test_one_without_a_basket_changes_nothing_and_one_not_computed_says_nothing(index, curator):
    index.methodologies.update(params=make_rules(min_count=3).to_params())
    asked = ask(index, curator)
    nothing_yet = get_proposal(review=asked)
    compute_requested(at=after(LAST, hours=3))
    asked.refresh_from_db()
    proposal = proposal_of(asked)

    assert nothing_yet is None
    assert (proposal.changes, proposal.turnover, proposal.cost, proposal.theta) == ([], None, None, None)
    assert [group.title for group in proposal.groups] == ["Near misses"]


def test_the_page_shows_it_all_in_few_queries(as_user, first, review, django_assert_max_num_queries):
    client = as_user(first)
    with django_assert_max_num_queries(14):
        html = page_of(client, review)

    assert WHY in html
    assert "Close of 2023-01-09, as known on 2023-01-10 02:00 UTC" in html
    assert "What it changes: 0 in, 1 out" in html
    assert "+10.00%" in html
    assert "16.67% estimated at the cut-off" in html
    assert "Not classified: Not classified on the cut-off day." in html
    assert review.snapshot_hash in html
    assert "curator@example.com" in html


def test_a_proposal_that_took_effect_has_no_buttons(as_user, index):
    html = page_of(as_user(staff("both@example.com", "curator", "approver")), index.reviews.get())

    assert "when it took effect" in html
    assert "<form method" not in html.split('id="content"')[1]


def test_two_approve_by_the_button_of_the_page(as_user, first, second, review):
    seen = {"seen": review.snapshot_hash}
    once = post(as_user(first), review, "approve", **seen).content.decode()
    html = page_of(as_user(second), review)
    twice = post(as_user(second), review, "approve", **seen).content.decode()

    review.refresh_from_db()
    assert "a second approver is needed" in once
    assert "Approve as the second" in html
    assert "Test 2023-01-10: Approved." in twice
    assert (review.status, review.approver, review.second_approver) == ("announced", first, second)
    assert "Approved." in as_user(first).get(f"{REVIEWS}{review.pk}/history/").content.decode()


def test_what_was_computed_again_since_is_not_approved(as_user, first, review):
    html = post(as_user(first), review, "approve", seen="0" * 64).content.decode()

    review.refresh_from_db()
    assert "computed again since you opened it" in html
    assert review.approver is None


def test_whoever_had_it_computed_sees_why_another_approves(as_user, index):
    both = staff("both@example.com", "curator", "approver")
    review = computed(index, both)
    html = page_of(as_user(both), review)

    assert "You had it computed: another person approves it." in html
    assert f"{REVIEWS}{review.pk}/approve/" not in html
    assert "another person does" in post(as_user(both), review, "approve").content.decode()


def test_rejecting_needs_a_reason(as_user, first, review):
    client = as_user(first)

    for reason in ("", "x" * 251, "a\0b"):
        assert "Say in at most 250 characters" in post(client, review, "reject", reason=reason).content.decode()
    html = post(client, review, "reject", reason="Not now.").content.decode()

    review.refresh_from_db()
    assert "Rejected on 2023-01-10: Not now." in html
    assert review.status == "rejected"


def test_a_curator_has_it_computed_again(as_user, curator, first, review):
    reject_review(review_id=review.pk, approver=first, reason="No.", at=after(LAST, hours=3))

    html = post(as_user(curator), review, "recompute").content.decode()

    assert "To be computed again." in html
    assert "A worker computes it within seconds" in html
    assert Review.objects.get(pk=review.pk).status == "draft"


@pytest.mark.parametrize("what", ["approve", "reject", "recompute"])
def test_nothing_is_decided_by_following_a_link(as_user, first, review, what):
    assert as_user(first).get(f"{REVIEWS}{review.pk}/{what}/").status_code == 405


@pytest.mark.parametrize("what", ["approve", "reject", "recompute", "inputs"])
def test_a_review_that_is_not_there_is_404(as_user, first, index, what):
    client = as_user(first)
    ask_for = client.get if what == "inputs" else client.post

    assert (
        ask_for(f"{REVIEWS}999999/{what}/", **({} if what == "inputs" else {"data": {"reason": "x"}})).status_code
        == 404
    )


def test_a_change_page_of_nothing_goes_back_to_the_list(as_user, first, index):
    for name in ("999999", "none"):
        assert as_user(first).get(f"{REVIEWS}{name}/change/").status_code == 302


@pytest.mark.parametrize("what", ["change", "inputs"])
def test_other_staff_see_no_proposal(as_user, review, what):
    stranger = make_user(email="staff@example.com", is_staff=True)

    assert as_user(stranger).get(f"{REVIEWS}{review.pk}/{what}/").status_code == 403


@pytest.mark.parametrize("what", ["approve", "reject", "recompute"])
def test_other_staff_decide_nothing(as_user, review, what):
    stranger = make_user(email="staff@example.com", is_staff=True)

    assert as_user(stranger).post(f"{REVIEWS}{review.pk}/{what}/", {"reason": "x"}).status_code == 403
    assert Review.objects.get(pk=review.pk).status == "computed"


def test_a_curator_who_may_not_approve_is_told_so(as_user, curator, review):
    Review.objects.update(requested_by=None)

    assert "needs the permission" in post(as_user(curator), review, "approve").content.decode()


def test_the_download_is_byte_for_byte_what_the_digest_is_of(as_user, first, review, index, curator):
    response = as_user(first).get(f"{REVIEWS}{review.pk}/inputs/")

    assert digest(response.content.decode()) == review.snapshot_hash
    assert json.loads(response.content)["fired"] == WHY
    assert response["Content-Disposition"] == 'attachment; filename="test-2023-01-09-inputs.json"'
    asked = ask(index, curator)
    assert as_user(first).get(f"{REVIEWS}{asked.pk}/inputs/").status_code == 404


def test_a_curator_asks_for_an_extraordinary_review(as_user, curator, index):
    client = as_user(curator)
    form = client.get(f"{REVIEWS}add/?index={index.pk}").content.decode()
    html = client.post(f"{REVIEWS}add/", {"index": index.pk, "reason": WHY}, follow=True).content.decode()

    review = index.reviews.get(kind="extraordinary")
    assert f'<option value="{index.pk}" selected>' in form
    assert "It is computed within seconds" in html
    assert (review.status, review.requested_by, review.reason) == ("draft", curator, WHY)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"reason": ""}, "This field is required."),
        ({"reason": "x" * 301}, "at most 300 characters"),
        ({"index": "999999"}, "Select a valid choice."),
        ({"index": "\0"}, "Null characters are not allowed."),
    ],
)
def test_a_request_says_what_is_wrong(as_user, curator, index, data, words):
    response = as_user(curator).post(f"{REVIEWS}add/", {"index": index.pk, "reason": WHY} | data)

    assert words in response.content.decode()


def test_a_refused_request_says_why(as_user, curator, index):
    ask(index, curator)
    response = as_user(curator).post(f"{REVIEWS}add/", {"index": index.pk, "reason": WHY})

    assert "asked for already" in response.content.decode()


def test_the_page_of_an_active_index_leads_to_the_request(as_user, curator, first, index):
    link = f"{REVIEWS}add/?index={index.pk}"
    change = f"/admin/indices/index/{index.pk}/change/"

    assert link in as_user(curator).get(change).content.decode()
    assert link not in as_user(first).get(change).content.decode()
    Index.objects.update(status="retired", retired_on=LAST)
    assert link not in as_user(curator).get(change).content.decode()


def test_only_curators_ask(as_user, first, index):
    assert as_user(first).get(f"{REVIEWS}add/").status_code == 403


def test_the_list_has_what_waits_first_and_filters_by_status(
    as_user, first, review, index, django_assert_max_num_queries
):
    night(JANUARY_31)
    Review.objects.filter(pk=review.pk).update(reason="Later.")
    other = make_index(slug="other", base_date=None)
    night(FEBRUARY)
    client = as_user(first)
    with django_assert_max_num_queries(16):
        response = client.get(REVIEWS)

    statuses = [row.status for row in response.context["cl"].result_list]
    assert statuses[0] == "computed"
    assert statuses.count("computed") == 1
    assert other.reviews.exists()
    (choices,) = [spec for spec in response.context["cl"].filter_specs if spec.title == "status"]
    assert choices.lookup_choices[0] == ("computed", "Waits for approval")
    waiting = client.get(f"{REVIEWS}?status=computed").context["cl"].result_list
    assert [row.status for row in waiting] == ["computed"]
    assert client.get(f"{REVIEWS}?status=none").status_code == 200


def test_approved_reviews_of_an_index_that_approves_by_itself_say_so(as_user, first, index):
    Index.objects.update(auto_approve=True)
    night(JANUARY_31)

    html = page_of(as_user(first), index.reviews.get(cutoff_day=JANUARY_31))

    assert "this index approves its reviews by itself" in html
