"""A basket to take away: everything in it can be worked out again from the file alone."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indices.calc.canonical import canonical, digest
from indices.calc.carryover import EventInputs, carry_over
from indices.calc.composition import compose
from indices.calc.execution import ExecutionInputs, fix
from indices.calc.inputs import ReviewInputs
from indices.models import Index, Rebalance, Review
from tests.indices.factories import FIRST, make_index
from tests.indices.happening import DAY_3RD, DAY_4TH, example, happens, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def index():
    """Run an index through a review and a delisting."""
    example(("100", "50", None), ("110", "55", None))
    made = make_index()
    happens("c", "delisting", "last", DAY_3RD)
    run(DAY_4TH)
    return made


def url(rebalance: Rebalance) -> str:
    """Return the address of a bundle."""
    return f"/indices/{rebalance.index.slug}/rebalances/{rebalance.pk}/bundle.json"


def test_the_basket_of_a_review_follows_from_its_bundle(client, index):
    rebalance = Rebalance.objects.get(kind="review")

    response = client.get(url(rebalance))

    told = json.loads(response.content)
    assert response["Content-Disposition"] == f'attachment; filename="test-2023-01-01-{rebalance.pk}.json"'
    fixed = fix(ExecutionInputs.from_text(canonical(told["inputs"])))
    assert json.loads(fixed.to_text()) == told["result"]
    assert digest(canonical(told["inputs"])) == told["hashes"]["run_hash"] == rebalance.run_hash
    assert digest(canonical(told["result"])) == told["hashes"]["result_hash"] == rebalance.result_hash
    assert digest(canonical(told["review"]["inputs"])) == told["hashes"]["snapshot_hash"]
    composition = compose(ReviewInputs.from_text(canonical(told["review"]["inputs"])))
    weights = {v.candidate.asset_id: str(v.weight) for v in composition.verdicts}
    assert weights.keys() == told["inputs"]["targets"].keys()
    assert (told["review"]["kind"], told["review"]["methodology_version"]) == ("reconstitution", 1)
    assert (told["review"]["cutoff_day"], told["review"]["effective_day"]) == ("2022-12-31", "2023-01-01")
    assert (told["index"]["slug"], told["event"], told["hashes"]["prev_hash"]) == ("test", None, "")


def test_the_basket_of_an_event_follows_from_its_bundle(client, index):
    rebalance = Rebalance.objects.get(kind="event")

    told = json.loads(client.get(url(rebalance)).content)

    carried = carry_over(EventInputs.from_text(canonical(told["inputs"])))
    assert json.loads(carried.to_text()) == told["result"]
    assert told["result"]["lines"][0]["units"] == "7"
    assert (told["event"]["kind"], told["event"]["treatment"], told["event"]["asset_id"]) == ("delisting", "last", "c")
    assert told["hashes"]["prev_hash"] == Rebalance.objects.get(kind="review").result_hash
    assert told["review"] is None


def test_an_older_basket_has_no_inputs(client, index):
    Rebalance.objects.update(inputs="")
    Review.objects.update(inputs="")

    told = json.loads(client.get(url(Rebalance.objects.get(kind="review"))).content)

    assert (told["inputs"], told["review"]["inputs"]) == (None, None)
    assert len(told["result"]["lines"]) == 3


def test_drafts_hidden_reviews_and_baskets_of_others_are_not_found(client, index):
    rebalance = Rebalance.objects.get(kind="review")
    other = Index.objects.create(slug="other", name="Other", kind="thematic", tier="core", status="active")

    assert client.get(f"/indices/{other.slug}/rebalances/{rebalance.pk}/bundle.json").status_code == 404
    assert client.get("/indices/test/rebalances/999999/bundle.json").status_code == 404
    Review.objects.update(status="rejected")
    assert client.get(url(rebalance)).status_code == 404
    Review.objects.update(status="effective")
    Index.objects.filter(pk=index.pk).update(status="retired", retired_on=FIRST + timedelta(days=9))
    assert client.get(url(rebalance)).status_code == 200
    Index.objects.filter(pk=index.pk).update(status="draft")
    assert client.get(url(rebalance)).status_code == 404


def test_a_bundle_takes_a_handful_of_queries(client, index):
    client.get(url(Rebalance.objects.get(kind="review")))

    with CaptureQueriesContext(connection) as queries:
        client.get(url(Rebalance.objects.get(kind="review")))

    # The two gets here are among them: the rebalance, its index; then the index, the basket, its holdings.
    assert len(queries) <= 5


def test_verifying_one_index_by_the_command_agrees(index, capsys):
    call_command("verify_rebalance", "--all", "--index", "test")

    assert "2 rebalances and 1 reviews worked out again, 0 differences." in capsys.readouterr().out
