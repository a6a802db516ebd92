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
    _seen: Counter[bytes] = field(default_factory=Counter)
    _by_id: dict[str, bytes] = field(default_factory=dict)

    def key_of(self, facts: Mapping[str, str]) -> tuple[str, bool]:
        """Return the key of a row, and whether the file has had this very record before."""
        account = facts.get("wallet") or f"#{self.wallet_id}"
        content = hashlib.sha256("\x1f".join([account, *(facts.get(name, "") for name in _CONTENT)]).encode())
        if facts.get("external_id"):
            named = "\x1f".join(["id", self.source, account, *(facts[name] for name in _NAMED)])
            key = hashlib.sha256(named.encode()).hexdigest()
            known = self._by_id.setdefault(key, digest := content.digest())
            if known is digest:
                return key, False
            if known == digest:
                return key, True
            # The source gave one id to several records.
            content.update(named.encode())
        place = self._seen[content.digest()]
        self._seen[content.digest()] += 1
        content.update(b"%d" % place)
        return content.hexdigest(), False


_NAMED = ("kind", "asset", "external_id")
_CONTENT = (
    "timestamp", "kind", "asset", "quantity", "price", "amount", "currency", "fee", "fee_asset", "to_wallet",
    "received_asset", "received_quantity",
)  # fmt: skip
