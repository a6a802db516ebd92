"""What a walk through the nights found, written in one transaction that the caller holds."""

from indices.models import Holding, Level, Methodology, Rebalance, Review, ReviewLine
from indices.services.replay import IndexReplay

BATCH = 2000


def save(replay: IndexReplay) -> None:
    """Write what is new; the caller holds the transaction and the lock on the index."""
    Level.objects.filter(pk__in=[level.pk for level in replay.superseded]).update(superseded_at=replay.at)
    # What has changed goes first: of an index one review waits and one basket is in force.
    for review in replay.state.changed.values():
        review.save(update_fields=["status", "announce_day", "effective_day", "reason"])
    Review.objects.bulk_create(replay.reviews)
    ReviewLine.objects.bulk_create(replay.lines, batch_size=BATCH)
    Rebalance.objects.bulk_create(replay.rebalances)
    Holding.objects.bulk_create(replay.holdings, batch_size=BATCH)
    Level.objects.bulk_create(replay.levels, batch_size=BATCH)
    if replay.live_since != replay.index.live_since:
        replay.index.live_since = replay.live_since
        replay.index.save(update_fields=["live_since"])
    if replay.state.effective:
        _advance_versions(replay.state.effective.methodology)


def _advance_versions(in_force: Methodology) -> None:
    """Make the version of the review in force the effective one, and those that began before it superseded.

    Days decide, not numbers: an emergency may begin before a version that was announced earlier.
    """
    if in_force.status == Methodology.Status.EFFECTIVE:
        return
    for methodology in in_force.index.methodologies.announced():
        if methodology.pk == in_force.pk:
            break
        if methodology.status != Methodology.Status.SUPERSEDED:
            methodology.status = Methodology.Status.SUPERSEDED
            methodology.save(update_fields=["status"])
    in_force.status = Methodology.Status.EFFECTIVE
    in_force.save(update_fields=["status"])
