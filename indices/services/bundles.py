"""A basket with all that is needed to work it out again elsewhere: inputs, result, digests."""

import json
from typing import Any

from indices.calc.canonical import canonical
from indices.models import Rebalance, Review
from indices.services.levels import fixed_of
from market.models import AssetEvent

HOW = (
    "Written as JSON with sorted keys, without blanks and in UTF-8, `inputs` has the SHA-256 `run_hash`, `result` has "
    "`result_hash`, and `review.inputs` has `snapshot_hash`. `prev_hash` is the result_hash of the basket before."
)


def bundle_of(rebalance: Rebalance) -> dict[str, Any]:
    """Return a basket as plain JSON content, decimals as text; index, review, event and holdings are loaded.

    `inputs` is None of a basket that is older than stored inputs.
    """
    return {
        "how": HOW,
        "index": {"slug": rebalance.index.slug, "name": rebalance.index.name, "universe": rebalance.index.universe},
        "rebalance": _plain(
            rebalance, "id", "kind", "effective_day", "sequence", "version", "superseded_at", "level", "divisor"
        ),
        "review": _review(rebalance.review) if rebalance.review else None,
        "event": _event(rebalance.event) if rebalance.event else None,
        "inputs": _read(rebalance.inputs),
        "result": json.loads(fixed_of(rebalance).to_text()),
        "hashes": _plain(rebalance, "run_hash", "result_hash", "prev_hash")
        | {"snapshot_hash": rebalance.review.snapshot_hash if rebalance.review else None},
    }


def _review(review: Review) -> dict[str, Any]:
    shown = _plain(
        review, "id", "kind", "status", "reason", "cutoff_day", "cutoff_at", "announce_day", "effective_day", "exposure"
    )
    return shown | {"methodology_version": review.methodology.version, "inputs": _read(review.inputs)}


def _event(event: AssetEvent) -> dict[str, Any]:
    return _plain(
        event, "kind", "treatment", "asset_id", "new_asset_id", "ratio", "price", "effective_day", "note", "approved_at"
    )


def _plain(row: object, *names: str) -> dict[str, Any]:
    """Return fields of a row in their canonical form."""
    shown: dict[str, Any] = json.loads(canonical({name: getattr(row, name) for name in names}))
    return shown


def _read(text: str) -> Any:
    return json.loads(text) if text else None
