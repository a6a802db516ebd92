"""Assets that a code of a file may mean."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from market import selectors as market
from market.models import Asset

MOST_FOUND = 10


def find_assets(text: str) -> list[Asset]:
    """Return the assets that have this id, else this name or symbol in whatever case; ten at most, sorted by id."""
    if "\0" in text:
        return []
    exact = Asset.objects.filter(id=text).first()
    if exact is not None:
        return [exact]
    named = Asset.objects.filter(Q(id__iexact=text) | Q(name__iexact=text) | Q(symbol__iexact=text))
    return list(named.order_by("id")[:MOST_FOUND])


def describe_candidates(*, questions: Sequence[Mapping[str, Any]], day: date) -> dict[str, str]:
    """Return what is said of each candidate of the questions, by id: name, symbol, id and its last close in USD."""
    candidates = [one for question in questions for one in question.get("candidates", ())]
    closes = market.get_last_closes(asset_ids=[one["id"] for one in candidates], day=day)
    return {one["id"]: _described(one, closes.get(one["id"])) for one in candidates}


def _described(candidate: Mapping[str, Any], last: market.LastClose | None) -> str:
    price = "no price known"
    if last is not None:
        price = f"{last.close.normalize():,f} USD on {last.day:%-d %b %Y}"
    return f"{candidate['name']} ({candidate['symbol']}) · id {candidate['id']} · {price}"
