"""What makes a row of a file the same row in the next file."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class RowKeys:
    """Gives each row of one file its key; `wallet_id` stands for rows that name no account.

    The id of the source decides, within its account, kind and asset. Without one the whole content does, with its
    place among equal rows of the file: three equal fills are three rows, and the same file again has the same keys.
    Notes do not count.
    """

    source: str
    wallet_id: int
    _seen: Counter[str] = field(default_factory=Counter)
    _by_id: dict[str, str] = field(default_factory=dict)

    def key_of(self, facts: Mapping[str, str]) -> tuple[str, bool]:
        """Return the key of a row, and whether the file has had this very record before."""
        account = facts.get("wallet") or f"#{self.wallet_id}"
        content = "\x1f".join([account, *(facts.get(name, "") for name in _CONTENT)])
        if not facts.get("external_id"):
            return _hash(f"{content}\x1f{self._next(content)}"), False
        named = "\x1f".join(["id", self.source, account, *(facts[name] for name in _NAMED)])
        known = self._by_id.setdefault(named, content)
        if known == content:
            repeated = self._next(named) > 0
            return _hash(named), repeated
        # The source gave one id to several records.
        return _hash(f"{named}\x1f{content}\x1f{self._next(content)}"), False

    def _next(self, text: str) -> int:
        count = self._seen[text]
        self._seen[text] = count + 1
        return count


_NAMED = ("kind", "asset", "external_id")
_CONTENT = (
    "timestamp", "kind", "asset", "quantity", "price", "amount", "currency", "fee", "fee_asset", "to_wallet",
    "received_asset", "received_quantity",
)  # fmt: skip


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
