"""From happenings and a policy to disposals, removals, lots, shortfalls and income."""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import TypeVar

from portfolios.calc.lots.flows import Reader
from portfolios.calc.lots.happenings import Happening
from portfolios.calc.lots.outcomes import Income, Outcome
from portfolios.calc.lots.policy import Policy
from portfolios.calc.lots.report import Report, When
from portfolios.calc.lots.spans import follow

Made = TypeVar("Made")


def work_out(happenings: Sequence[Happening], policy: Policy, *, until: datetime | None = None) -> Outcome:
    """Match everything that left with what had come, exactly.

    The lots left are as the last span keeps them that began by `until`; None: by the last happening. The order in
    which happenings are passed matters only between those of one instant and one `order`. Raises ValueError,
    with the key of the happening, for what cannot be read: an instant without a zone, an unknown kind, a quantity below
    0 or of more than 18 decimals, a transfer that does not add up.
    """
    reader = Reader(policy)
    for happening in happenings:
        reader.read(happening)
    flows = [reader.flows[asset] for asset in sorted(reader.flows)]
    by_unit_cost = any(span.method == "hifo" for span in policy.spans)
    for flow in flows:
        flow.put_in_order(by_unit_cost=by_unit_cost)

    report = Report(policy)
    if flows:
        last = max(flow.steps[-1].at for flow in flows)
        for flow in flows:
            report.add(flow, *follow(flow, policy, max(last, until or last)))
    return Outcome(
        disposals=_in_order(report.disposals),
        removals=_in_order(report.removals),
        lots=report.lots,
        shortfalls=_in_order(report.shortfalls),
        incomes=_in_order([((at, happening.order), _income(at, happening)) for at, happening in reader.incomes]),
        unpriced=reader.unpriced,
    )


def _in_order(made: list[tuple[When, Made]]) -> list[Made]:
    return [each for _, each in sorted(made, key=itemgetter(0))]


def _income(at: datetime, happening: Happening) -> Income:
    return Income(
        key=happening.key, at=at, kind=happening.kind, asset=happening.asset, place=happening.place,
        quantity=happening.quantity, value=happening.value,
    )  # fmt: skip
