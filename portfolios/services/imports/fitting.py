"""Which rows fit into the ledger as it is now."""

from collections.abc import Sequence

from market.calc.currencies import is_fiat
from portfolios.models import Entry, Portfolio
from portfolios.services.drafts import TRADES, Draft, Kind
from portfolios.services.imports.admission import Admission, Candidate, admit, in_time
from portfolios.services.imports.state import load_courses, pairs_of
from portfolios.services.legs import Leg

PAYS = {*TRADES, Kind.SWAP}


def candidate_of(rank: int, draft: Draft, legs: Sequence[Leg], *, imply: bool) -> Candidate:
    """Return a row that asks to be let in; `imply` lets a deposit make good what its payments in fiat lack."""
    return Candidate(rank, draft.at, legs, _payments(draft, legs) if imply else ())


def fit(*, portfolio: Portfolio, candidates: Sequence[Candidate]) -> Admission:
    """Say which rows fit into the ledger as it is now, and what the others lack."""
    if not candidates:
        return Admission()
    pairs = {pair for one in candidates for pair in pairs_of(one.legs)}
    since = min(one.at for one in candidates)
    return admit(in_time(candidates), load_courses(portfolio=portfolio, pairs=pairs, since=since))


def _payments(draft: Draft, legs: Sequence[Leg]) -> set[str]:
    """Return the currencies that a row pays with; what is withdrawn, given or moved is no payment."""
    return {
        leg.asset_id
        for leg in legs
        if leg.quantity < 0 and is_fiat(leg.asset_id) and (draft.kind in PAYS or leg.role == Entry.Role.FEE)
    }
