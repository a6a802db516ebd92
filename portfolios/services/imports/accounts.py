"""The accounts that a file names become wallets of that name; those that there are not yet are made at the commit."""

from collections.abc import Collection, Iterable

from portfolios.models import ImportBatch, Wallet
from portfolios.services.errors import CannotImportError

LONGEST_NAME = 80
NEW_WALLETS = 100


class Accounts:
    """Wallets by the names of a file; one that is yet to be made has a negative id."""

    def __init__(self, *, batch: ImportBatch) -> None:
        self.portfolio = batch.portfolio
        self._by_name = {one.name: one for one in self.portfolio.wallets.all()}
        self.names = {one.pk: one.name for one in self._by_name.values()}
        self._own = next(one for one in self._by_name.values() if one.pk == batch.wallet_id)

    def find(self, name: str) -> Wallet:
        """Return the wallet of a name, the batch's own for an empty one.

        Raises CannotImportError for a name that no wallet can have, and beyond a hundred new ones.
        """
        if not name:
            return self._own
        wallet = self._by_name.get(name)
        if wallet is None:
            wallet = self._yet_to_be_made(name)
        return wallet

    def missing(self, used: Collection[int]) -> list[str]:
        """Return the names of those wallets among `used` that are yet to be made."""
        return [self.names[pk] for pk in sorted(used, reverse=True) if pk < 0]

    def make(self, used: Iterable[int]) -> dict[int, int]:
        """Make those wallets among `used` that there are not; return all ids, by the ids that stood for them."""
        ids = {pk: pk for pk in used}
        for pk in sorted((pk for pk in ids if pk < 0), reverse=True):
            ids[pk] = Wallet.objects.create(portfolio=self.portfolio, name=self.names[pk]).pk
        return ids

    def _yet_to_be_made(self, name: str) -> Wallet:
        if len(name) > LONGEST_NAME or "\0" in name:
            raise CannotImportError(f"wallet: 1 to {LONGEST_NAME} characters are needed.", field="wallet")
        number = 1 + sum(1 for pk in self.names if pk < 0)
        if number > NEW_WALLETS:
            raise CannotImportError(f"wallet: the file names more than {NEW_WALLETS} new accounts.", field="wallet")
        wallet = Wallet(pk=-number, portfolio=self.portfolio, name=name)
        self._by_name[name] = wallet
        self.names[-number] = name
        return wallet
