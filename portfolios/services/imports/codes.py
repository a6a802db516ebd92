"""What the codes of a file mean: nothing is taken by its ticker alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Upper

from accounts.models import User
from market.calc.currencies import is_fiat
from market.models import Asset, AssetAlias, DailyPrice
from portfolios.models import AssetChoice
from portfolios.services.fiat import ensure_fiat

LONGEST_CODE = 80
QUESTIONS = 100
CANDIDATES = 10
CAP_DAYS = 30
LEFT_OUT = object()


class Codes:
    """The assets behind the codes of one source, as an owner sees them.

    In this order: what the owner has said; a fiat currency by its code; what the source called so on that day; the
    id of an asset, letter by letter.
    """

    def __init__(self, *, owner: User, source: str) -> None:
        self.owner, self.source = owner, source
        self.assets: dict[str, Asset] = {}
        self.unknown: Counter[str] = Counter()
        self._meant: dict[str, Any] = {}
        self._aliases: dict[str, list[AssetAlias]] = defaultdict(list)
        self._learned: set[str] = set()

    def learn(self, codes: Iterable[str]) -> None:
        """Look up codes, in a few queries for all that are new."""
        # PostgreSQL takes no null character, not even to look for it.
        fresh = {code for code in codes if code and len(code) <= LONGEST_CODE and "\0" not in code} - self._learned
        if not fresh:
            return
        self._learned |= fresh
        aliases = AssetAlias.objects.filter(source=self.source, code__in=fresh).select_related("asset")
        for alias in aliases.order_by("valid_from"):
            self._aliases[alias.code].append(alias)
        choices = AssetChoice.objects.filter(owner=self.owner, source=self.source, code__in=fresh)
        for choice in choices.select_related("asset"):
            self._meant[choice.code] = choice.asset or LEFT_OUT
        exact = Asset.objects.in_bulk(list(fresh))
        for code in fresh:
            if code in self._meant:
                continue
            if is_fiat(code):
                self._meant[code] = ensure_fiat(code)
            elif code in exact and code not in self._aliases:
                self._meant[code] = exact[code]
        self._keep([*self._meant.values(), *(one.asset for code in fresh for one in self._aliases.get(code, ()))])

    def find(self, code: str, day: date) -> str | None:
        """Return the id of the asset that a code means on a day; None when its owner leaves its rows out.

        Raises KeyError, and counts the row, when nobody knows.
        """
        meant = self._meant.get(code)
        if meant is None:
            meant = self._by_alias(code, day)
        if meant is LEFT_OUT:
            return None
        asset_id: str = meant.pk
        return asset_id

    def questions(self, *, day: date) -> list[dict[str, Any]]:
        """Return a question for each unknown code, those of most rows first: assets of that ticker, largest first.

        The first one is suggested, and nothing is taken before its owner has said so.
        """
        asked = [code for code, _ in self.unknown.most_common(QUESTIONS)]
        candidates = _candidates(asked, day=day)
        return [
            {"key": "asset", "code": code, "rows": self.unknown[code], "candidates": candidates.get(code.upper(), [])}
            for code in asked
        ]

    def _by_alias(self, code: str, day: date) -> Asset:
        for alias in self._aliases.get(code, ()):
            if alias.valid_from <= day and (alias.valid_to is None or day < alias.valid_to):
                return alias.asset
        self.unknown[code[:LONGEST_CODE]] += 1
        raise KeyError(code)

    def _keep(self, assets: Iterable[Any]) -> None:
        for asset in assets:
            if asset is not LEFT_OUT:
                self.assets[asset.pk] = asset


def _candidates(codes: Iterable[str], *, day: date) -> dict[str, list[dict[str, Any]]]:
    wanted = {code.upper() for code in codes}
    found = Asset.objects.annotate(ticker=Upper("symbol")).filter(ticker__in=wanted, kind=Asset.Kind.CRYPTO)
    assets = list(found.order_by("simulated", "id"))
    recent = Q(day__gt=day - timedelta(days=CAP_DAYS), day__lte=day)
    prices = DailyPrice.objects.current().filter(recent, asset__in=assets).order_by("day")
    caps = dict(prices.values_list("asset_id", "market_cap"))
    ranked: dict[str, list[Asset]] = defaultdict(list)
    for asset in sorted(assets, key=lambda one: -(caps.get(one.pk) or 0)):
        ranked[asset.symbol.upper()].append(asset)
    return {
        ticker: [
            {
                "id": one.pk,
                "symbol": one.symbol,
                "name": one.name,
                "is_suggested": place == 0 and bool(caps.get(one.pk)),
            }
            for place, one in enumerate(same[:CANDIDATES])
        ]
        for ticker, same in ranked.items()
    }
