"""What follows from the ledger of a portfolio, as rows that are not saved: lots, disposals, income, sums of gains."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from portfolios.calc.lots import Disposal as Left, Happening, Match, Outcome, Removal, work_out
from portfolios.models import Disposal, DisposalMatch, GainSummary, Lot, Portfolio, Receipt, Term, Transaction
from portfolios.selectors.happenings import Told, get_happenings
from portfolios.selectors.rates import get_fiat
from portfolios.selectors.tax import ALONE, Rules, get_rules

Kind = Transaction.Kind
ZERO = Decimal(0)
Gone = Left | Removal
BRINGING = {Kind.BUY, Kind.DEPOSIT, Kind.GIFT_IN, Kind.INCOME, Kind.AIRDROP, Kind.FORK}
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Derived:
    """Rows of some assets of one portfolio; the matches of a disposal stand at its place in the list."""

    lots: list[Lot]
    disposals: list[Disposal]
    matches: list[list[DisposalMatch]]
    receipts: list[Receipt]
    summaries: list[GainSummary]


def derive(*, portfolio: Portfolio, asset_ids: Collection[str] | None = None) -> Derived:
    """Work out everything that follows for some assets, or for all; nothing is read but the ledger and the market.

    Each asset follows from the transactions that move it, whatever becomes of the others: a part of the assets gives
    the same rows as all of them.
    """
    rules = get_rules(portfolio=portfolio)
    told = get_happenings(portfolio=portfolio, currency=rules.currency, asset_ids=asset_ids)
    wanted = set(asset_ids) if asset_ids is not None else _assets_of(told)
    until = max((rules.start_of(span.first) for span in rules.policy.spans[1:]), default=None)
    own = work_out(told.happenings, rules.policy, until=until)
    writer = Writer(portfolio, rules, told, own, wanted)
    summaries = list(_summaries(writer, own, ""))
    for method in ALONE:
        policy = rules.policy_of(method)
        outcome = own if policy == rules.policy else work_out(told.happenings, policy, until=until)
        summaries += _summaries(writer, outcome, method)
    gone = writer.gone(own)
    return Derived(
        lots=list(writer.lots(own)),
        disposals=list(writer.disposals(gone)),
        matches=[list(writer.matches(each)) for each in gone],
        receipts=list(writer.receipts(own)),
        summaries=summaries,
    )


def _assets_of(told: Told) -> set[str]:
    fiat = get_fiat()
    names = set[str]()
    for each in told.happenings:
        names |= {each.asset, each.received_asset or each.asset, *(fee.asset for fee in each.fees)}
    return names - fiat


class Doubts:
    """What is not fully known: keys of transactions, and since when a pool of an asset has held such a lot."""

    def __init__(self, happenings: Iterable[Happening], keys: Collection[object]) -> None:
        self.keys = keys
        self.since: dict[str, datetime] = defaultdict(lambda: FAR)
        for each in happenings:
            brought = each.asset if each.kind in BRINGING else each.received_asset
            if each.key in keys and brought is not None:
                self.since[brought] = min(self.since[brought], each.at)

    def touch(self, asset: str, at: datetime, key: object, matches: Sequence[Match]) -> bool:
        """Tell whether a disposal depends on any of it: by itself, by a lot, or by a pool that a lot is in."""
        if key in self.keys or any(match.lot in self.keys for match in matches):
            return True
        return any(match.rule == "pool" for match in matches) and self.since[asset] <= at


class Writer:
    """Makes rows of outcomes, for the assets that are wanted."""

    def __init__(self, portfolio: Portfolio, rules: Rules, told: Told, own: Outcome, wanted: Collection[str]) -> None:
        self.portfolio = portfolio
        self.rules = rules
        self.wanted = wanted
        self.estimates = Doubts(told.happenings, told.estimated)
        self.unknowns = Doubts(told.happenings, own.unpriced)

    def gone(self, outcome: Outcome) -> list[Gone]:
        """Return what left the wanted assets, asset by asset in time."""
        left: list[Gone] = [*outcome.disposals, *outcome.removals]
        gone = [each for each in left if each.asset in self.wanted]
        # Both lists are in the order of the ledger already, which breaks the ties of an instant.
        return sorted(gone, key=lambda each: (each.asset, each.at))

    def lots(self, outcome: Outcome) -> Iterator[Lot]:
        """Write what is left."""
        places: dict[str, int] = defaultdict(int)
        for lot in outcome.lots:
            if lot.asset not in self.wanted:
                continue
            places[lot.asset] += 1
            in_pool = lot.key is None and self.estimates.since[lot.asset] < FAR
            yield Lot(
                portfolio=self.portfolio,
                asset_id=lot.asset,
                wallet_id=_id(lot.place),
                transaction_id=_id(lot.key),
                at=lot.acquired_at,
                place=places[lot.asset],
                quantity=lot.quantity,
                cost=lot.cost,
                is_unpriced=lot.is_unpriced,
                is_estimated=in_pool or lot.key in self.estimates.keys,
            )

    def disposals(self, gone: Iterable[Gone]) -> Iterator[Disposal]:
        """Write what left, with and without a gain."""
        places: dict[str, int] = defaultdict(int)
        for each in gone:
            places[each.asset] += 1
            day = self.rules.day_of(each.at)
            is_taxable = isinstance(each, Left)
            yield Disposal(
                portfolio=self.portfolio,
                asset_id=each.asset,
                wallet_id=_id(each.place),
                transaction_id=_id(each.key),
                at=each.at,
                kind=each.kind,
                method=self.rules.span_of(day).method,
                year=self.rules.year_of(day),
                place=places[each.asset],
                is_taxable=is_taxable,
                quantity=each.quantity,
                uncovered=each.uncovered,
                proceeds=each.proceeds if isinstance(each, Left) else None,
                cost=each.cost,
                gain=each.gain if isinstance(each, Left) else None,
                is_estimated=self.estimates.touch(each.asset, each.at, each.key, each.matches),
            )

    def matches(self, gone: Gone) -> Iterator[DisposalMatch]:
        """Write the parts of what left; their disposal is not known yet."""
        for place, match in enumerate(gone.matches, start=1):
            yield DisposalMatch(
                portfolio=self.portfolio,
                place=place,
                acquired_id=_id(match.lot),
                acquired_at=match.acquired_at,
                rule=match.rule,
                term=match.term,
                quantity=match.quantity,
                proceeds=match.proceeds,
                cost=match.cost,
                gain=match.gain,
            )

    def receipts(self, outcome: Outcome) -> Iterator[Receipt]:
        """Write what came in as income."""
        for income in outcome.incomes:
            if income.asset in self.wanted:
                yield Receipt(
                    portfolio=self.portfolio,
                    asset_id=income.asset,
                    wallet_id=_id(income.place),
                    transaction_id=_id(income.key),
                    at=income.at,
                    kind=income.kind,
                    year=self.rules.year_of(self.rules.day_of(income.at)),
                    quantity=income.quantity,
                    value=income.value,
                    is_estimated=income.value is not None and income.key in self.estimates.keys,
                )


def _id(key: Hashable | None) -> Any:
    """Return a key of the engine as what it is here: the id of a row."""
    return key


def _summaries(writer: Writer, outcome: Outcome, method: str) -> Iterator[GainSummary]:
    """Sum the gains of each year, asset and term.

    What is of unknown proceeds is in no sum, and counts as incomplete; so does what no lot covers, in a row of the
    short term if it stands alone.
    """
    sums: dict[tuple[str, int, str], GainSummary] = {}
    nothing = Term.NONE if writer.rules.policy.term.rule == "none" else Term.SHORT
    for disposal in outcome.disposals:
        if disposal.asset not in writer.wanted:
            continue
        parts: Mapping[str, list[Match]] = _by_term(disposal.matches) or {nothing: []}
        is_incomplete = bool(disposal.uncovered) or disposal.proceeds is None or writer.unknowns.touch(
            disposal.asset, disposal.at, disposal.key, disposal.matches
        )  # fmt: skip
        year = writer.rules.year_of(writer.rules.day_of(disposal.at))
        for term, matches in parts.items():
            key = (disposal.asset, year, term)
            row = sums.get(key)
            if row is None:
                row = sums[key] = GainSummary(
                    portfolio=writer.portfolio, method=method, asset_id=disposal.asset, year=year, term=term,
                    proceeds=ZERO, cost=ZERO, gain=ZERO, disposals=0, incomplete=0,
                )  # fmt: skip
            row.disposals += 1
            row.incomplete += is_incomplete
            _add(row, matches)
    yield from (sums[key] for key in sorted(sums))


def _by_term(matches: Iterable[Match]) -> dict[str, list[Match]]:
    parts: dict[str, list[Match]] = defaultdict(list)
    for match in matches:
        parts[match.term].append(match)
    return parts


def _add(row: GainSummary, matches: Iterable[Match]) -> None:
    for match in matches:
        if match.proceeds is not None and match.gain is not None:
            row.proceeds += match.proceeds
            row.cost += match.cost
            row.gain += match.gain
