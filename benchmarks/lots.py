"""The matching of lots in calc, exact, beside the same work done by rp2.

python benchmarks/lots.py [--runs 15] [--transactions 100000]

One coin in one wallet: purchases and sales in the order of time, more bought than sold, each sale about a lot, so that
thousands of lots are open in the end. Measured is the way from acquisitions and disposals, read and in order, to
matches with cost and gain, on one core: the targets for 100,000 are 500,000 transactions a second under FIFO and
300,000 under HIFO. A second figure is the whole of `work_out`, from happenings in Decimals to the report in Decimals.
Seconds are those of the processor: nothing here waits, and a busy machine distorts them less.

rp2 (https://pypi.org/project/rp2/) is measured when it is installed: `compute_tax`, from transactions that are made and
sorted before the clock starts to its matches; their costs and gains, which it works out when they are asked for, are
not counted. It knows no average cost. It takes longer by far and is run fewer times. Its matches are compared with
ours, and their costs, which it keeps to 31 digits.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from portfolios.calc.lots import Happening, Method, Outcome, Policy, Span, work_out
from portfolios.calc.lots.books import Books
from portfolios.calc.lots.flows import Reader
from portfolios.calc.lots.matching import run
from portfolios.calc.lots.steps import Exit, Flow

# rp2 writes a log where it is imported.
with tempfile.TemporaryDirectory() as folder, chdir(folder):
    try:
        from prezzemolo.avl_tree import AVLTree
        from rp2.accounting_engine import AccountingEngine
        from rp2.configuration import Configuration
        from rp2.in_transaction import InTransaction
        from rp2.input_data import InputData
        from rp2.out_transaction import OutTransaction
        from rp2.plugin.country.us import US
        from rp2.rp2_decimal import RP2Decimal
        from rp2.tax_engine import compute_tax
        from rp2.transaction_set import TransactionSet

        rp2_version = version("rp2")
    except ImportError:
        rp2_version = None

TARGETS: dict[Method, int | None] = {"fifo": 500_000, "lifo": None, "hifo": 300_000, "average": None}
RP2_METHODS: tuple[Method, ...] = ("fifo", "lifo", "hifo")
RP2_RUNS = 3
TOLERANCE = Decimal("1e-12")
START = datetime(2015, 1, 1, tzinfo=UTC)
RP2_CONFIGURATION = """
[general]
assets = BTC
exchanges = Exchange
holders = Owner
[in_header]
timestamp = 0
[out_header]
timestamp = 0
[intra_header]
timestamp = 0
"""

Matched = list[tuple[int, int, Decimal, Decimal]]


def main() -> None:
    """Measure both, and compare what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, help="at least 5")
    parser.add_argument("--transactions", type=int, default=100_000)
    arguments = parser.parse_args()
    runs = max(arguments.runs, 5)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    happenings = make_happenings(random.Random(1), arguments.transactions)
    sales = sum(happening.kind == "sell" for happening in happenings)
    print(f"{len(happenings):,} transactions, {sales:,} of them sales, one core, median of {runs} runs")
    ours = {method: measure(happenings, method, runs=runs) for method in TARGETS}
    compare_with_rp2(happenings, ours)


def make_happenings(rng: random.Random, count: int) -> list[Happening]:
    """Draw purchases and sales an hour apart, quantities of 8 decimals, prices of 2; never more sold than held."""
    happenings, held, cents = [], 0, 1_000_000
    for index in range(count):
        cents = max(cents + rng.randint(-9_000, 9_100), 50_000)
        satoshis = rng.randint(1, 2 * 10**8)
        kind = "sell" if rng.random() < 0.45 and satoshis <= held else "buy"
        held += satoshis if kind == "buy" else -satoshis
        quantity = Decimal(satoshis).scaleb(-8)
        happenings.append(
            Happening(
                key=index, at=START + timedelta(hours=index), order=index, kind=kind, place="exchange", asset="BTC",
                quantity=quantity, value=quantity * Decimal(cents).scaleb(-2),
            )
        )  # fmt: skip
    return happenings


def measure(happenings: Sequence[Happening], method: Method, *, runs: int) -> Matched:
    """Print the rates of a method; return its matches as (sale, purchase, quantity, cost)."""
    policy = Policy(spans=[Span(first=START.date(), method=method, scope="wallet")])
    reader = Reader(policy)
    for happening in happenings:
        reader.read(happening)
    flow = reader.flows["BTC"]
    flow.put_in_order(by_unit_cost=method == "hifo")

    seconds = [timed(lambda: match(flow, method), lambda: reset(flow)) for _ in range(runs)]
    whole = statistics.median(timed(lambda: work_out(happenings, policy)) for _ in range(5))
    rate, fastest = len(happenings) / statistics.median(seconds), len(happenings) / min(seconds)
    wanted = f"{TARGETS[method]:,}" if TARGETS[method] else "none"
    print(f"{method:8} {rate:11,.0f} a second, target {wanted}; the fastest run {fastest:11,.0f}")
    print(f"{'':8} {len(happenings) / whole:11,.0f} a second through all of work_out")
    return matched(work_out(happenings, policy))


def match(flow: Flow, method: Method) -> None:
    """Match all steps of a flow in fresh books."""
    run(flow.steps, Books(method, "wallet", flow.scale), flow.rank_of)


def reset(flow: Flow) -> None:
    """Forget what an earlier run found."""
    for step in flow.steps:
        if isinstance(step, Exit):
            step.parts, step.rules, step.matches = (), (), ()


def matched(outcome: Outcome) -> Matched:
    """Return the matches of an outcome."""
    return [(sale.key, part.lot, part.quantity, part.cost) for sale in outcome.disposals for part in sale.matches]


def timed(work: Callable[[], object], prepare: Callable[[], object] = lambda: None) -> float:
    """Return the seconds that the work takes, once it is prepared."""
    prepare()
    began = time.process_time()
    work()
    return time.process_time() - began


def compare_with_rp2(happenings: Sequence[Happening], ours: dict[Method, Matched]) -> None:
    """Measure rp2 on the same transactions, and see that its matches are ours."""
    if rp2_version is None:
        print("rp2: not installed")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
        file.write(RP2_CONFIGURATION)
        file.flush()
        configuration = Configuration(file.name, US())
    transactions = for_rp2(configuration, happenings)
    for method in RP2_METHODS:
        seconds, theirs = match_by_rp2(configuration, transactions, method)
        print(f"{method:8} {len(happenings) / seconds:11,.0f} a second by rp2 {rp2_version}, median of {RP2_RUNS} runs")
        same = all(one[:3] == other[:3] for one, other in zip(theirs, ours[method], strict=True))
        gap = max(abs(one[3] - other[3]) for one, other in zip(theirs, ours[method], strict=True))
        print(f"{'':8} {len(theirs):,} matches, the same: {same}; no cost more than {gap:.0E} apart")
        assert same, f"rp2 and calc match otherwise under {method}."
        assert gap < TOLERANCE, f"rp2 and calc find other costs under {method}."


def for_rp2(configuration: "Configuration", happenings: Sequence[Happening]) -> "InputData":
    """Return the same transactions as rp2 takes them; their row is our key and one."""
    bought, sold = (TransactionSet(configuration, kind, "BTC") for kind in ("IN", "OUT"))
    for happening in happenings:
        row, when = happening.key + 1, happening.at.isoformat()
        price, quantity = RP2Decimal(happening.value / happening.quantity), RP2Decimal(happening.quantity)
        if happening.kind == "buy":
            bought.add_entry(
                InTransaction(
                    configuration, when, "BTC", "Exchange", "Owner", "BUY", price, quantity,
                    fiat_in_no_fee=RP2Decimal(happening.value), row=row,
                )
            )  # fmt: skip
        else:
            sold.add_entry(
                OutTransaction(
                    configuration, when, "BTC", "Exchange", "Owner", "SELL", price, quantity, RP2Decimal(0), row=row
                )
            )
    return InputData("BTC", bought, sold, TransactionSet(configuration, "INTRA", "BTC"))


def match_by_rp2(configuration: "Configuration", transactions: "InputData", method: Method) -> tuple[float, Matched]:
    """Return the median of rp2's seconds, and its matches as ours."""
    methods = AVLTree()
    methods.insert_node(START.year, import_module(f"rp2.plugin.accounting_method.{method}").AccountingMethod())
    seconds = []
    for _ in range(RP2_RUNS):
        began = time.process_time()
        computed = compute_tax(configuration, AccountingEngine(methods), transactions)
        seconds.append(time.process_time() - began)
    return statistics.median(seconds), [
        (
            gain.taxable_event.row - 1, gain.acquired_lot.row - 1, Decimal(gain.crypto_amount),
            Decimal(gain.fiat_cost_basis),
        )
        for gain in computed.gain_loss_set
    ]  # fmt: skip


if __name__ == "__main__":
    main()
