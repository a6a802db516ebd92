"""What is said of a row that does not fit, in the words of the ledger itself."""

from collections.abc import Iterable, Mapping
from datetime import UTC
from decimal import Decimal

from market.models import Asset
from portfolios.models import Sleeve
from portfolios.services.drafts import DIGITS, plain
from portfolios.services.imports.courses import Shortfall


class ShortfallWords:
    """Says where a balance would be below zero; names are looked up once."""

    def __init__(self, *, wallets: Mapping[int, str]) -> None:
        self._wallets = wallets
        self._symbols: dict[str, str] = {}
        self._sleeves: dict[int, str] = {}

    def of(self, lacking: Shortfall) -> str:
        """Return the sentence: wallet, asset, day and shortfall."""
        wallet_id, asset_id, sleeve_id = lacking.key
        if lacking.is_overflow:
            return f"A wallet holds at most {DIGITS} digits."
        if asset_id not in self._symbols:
            self._symbols[asset_id] = Asset.objects.values_list("symbol", flat=True).get(pk=asset_id)
        where = f"“{self._wallets[wallet_id]}”"
        if sleeve_id is not None:
            if sleeve_id not in self._sleeves:
                self._sleeves[sleeve_id] = Sleeve.objects.values_list("index__name", flat=True).get(pk=sleeve_id)
            where += f", in the sleeve “{self._sleeves[sleeve_id]}”,"
        day = lacking.at.astimezone(UTC).date()
        missing = f"{plain(lacking.missing)} {self._symbols[asset_id]}"
        return f"{where} would be {missing} short on {day}: more would leave than is there."


def implied_words(deposits: Iterable[tuple[int, str, Decimal]]) -> str:
    """Say which deposits are put before a row."""
    amounts = " and ".join(f"{plain(quantity)} {asset_id.upper()}" for _, asset_id, quantity in deposits)
    return f"An implied deposit of {amounts} is put before it: the file does not say where the money came from."
