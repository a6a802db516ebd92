"""An older database comes along: what was published stays in force, with its history, its people and its rights."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]  # back and forth takes its time

OLD = [("indices", "0001_initial"), ("market", "0001_initial"), ("analytics", "0001_initial")]
AT = datetime(2023, 6, 1, tzinfo=UTC)


@pytest.fixture
def old_apps():
    """Go back to the first migrations, and forward again when the test is over."""
    executor = MigrationExecutor(connection)
    executor.migrate(OLD)
    yield executor.loader.project_state(OLD).apps
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def migrate_forward():
    """Run every migration and return the models of today."""
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    return executor.loader.project_state(executor.loader.graph.leaf_nodes()).apps


def make_old_index(apps):
    """Make an index of the first form: three reviews, two of them in effect, two versions of its rules."""
    index = apps.get_model("indices", "Index").objects.create(
        slug="old", name="Old", kind="market_cap", tier="core", status="active"
    )
    versions = [
        apps.get_model("indices", "Methodology").objects.create(
            index=index, version=number, params={}, effective_from=start, status="published", published_at=AT
        )
        for number, start in ((1, None), (2, date(2023, 4, 1)), (3, date(2023, 9, 1)))
    ]
    asset = apps.get_model("market", "Asset").objects.create(id="a", symbol="A", name="A")
    for month, status, rules in ((1, "effective", 0), (4, "effective", 1), (5, "pending", 1)):
        review = apps.get_model("indices", "Review").objects.create(
            index=index,
            methodology=versions[rules],
            cutoff_day=date(2023, month, 1),
            cutoff_at=AT,
            effective_day=date(2023, month, 2),
            status=status,
            computed_at=AT,
            snapshot_hash="0" * 64,
        )
        apps.get_model("indices", "ReviewLine").objects.create(
            review=review, asset=asset, is_selected=True, reason="auto_in", raw_weight=1, weight=1
        )
        if status == "effective":
            basket = apps.get_model("indices", "Rebalance").objects.create(
                index=index, review=review, effective_day=review.effective_day, level=1000, divisor=1, turnover=0
            )
            apps.get_model("indices", "Holding").objects.create(
                rebalance=basket, asset=asset, units=10, weight=1, price=100, capped_supply=10
            )
    apps.get_model("indices", "Level").objects.create(
        index=index, day=date(2023, 4, 3), gross=1000, status="final", recorded_at=AT
    )


def test_what_was_published_stays_in_force(old_apps):
    make_old_index(old_apps)

    apps = migrate_forward()

    index = apps.get_model("indices", "Index").objects.get()
    assert index.auto_approve is True
    versions = apps.get_model("indices", "Methodology").objects.order_by("version")
    assert list(versions.values_list("status", "approved_at", "announced_at")) == [
        ("superseded", AT, AT),
        ("effective", AT, AT),
        ("announced", AT, AT),
    ]
    reviews = apps.get_model("indices", "Review").objects.order_by("cutoff_day")
    assert list(reviews.values_list("status", "kind", "announce_day")) == [
        ("superseded", "reconstitution", date(2023, 1, 2)),
        ("effective", "reconstitution", date(2023, 4, 2)),
        ("announced", "reconstitution", date(2023, 5, 2)),
    ]
    baskets = apps.get_model("indices", "Rebalance").objects.order_by("effective_day")
    assert list(baskets.values_list("kind", "version", "net_factor", "inputs")) == [("review", 1, 1, "")] * 2
    assert set(apps.get_model("indices", "ReviewLine").objects.values_list("base_weight", flat=True)) == {1}
    assert apps.get_model("indices", "Level").objects.get().net is None


def test_who_could_publish_may_approve(old_apps):
    content = old_apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="indices", model="methodology"
    )[0]
    permissions = old_apps.get_model("auth", "Permission").objects
    permissions.filter(codename__in=["publish_methodology", "approve_methodology"]).delete()
    old = permissions.create(codename="publish_methodology", name="Can publish a methodology", content_type=content)
    person = old_apps.get_model("accounts", "User").objects.create(email="p@example.com")
    person.user_permissions.add(old)

    apps = migrate_forward()

    rights = apps.get_model("accounts", "User").objects.get().user_permissions
    assert list(rights.values_list("codename", flat=True)) == ["approve_methodology"]
