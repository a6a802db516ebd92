"""A report for people to read in a terminal: aligned columns, money to the cent, quantities with all their digits."""

from collections.abc import Iterator, Sequence

from portfolios.calc.lots.outcomes import Disposal, Income, Lot, Match, Removal, Shortfall
from portfolios.services.tax_report.numbers import cents, plain
from portfolios.services.tax_report.rendering import instant
from portfolios.services.tax_report.report import TaxReport

Cells = tuple[str, ...]
NUMBERS = frozenset({"Quantity", "Proceeds", "Cost", "Gain", "Value"})
GAP = "  "


def as_table(report: TaxReport) -> str:
    """Write a report as text."""
    blocks = [_headline(report)]
    blocks += [_block(title, header, rows) for title, header, rows in _sections(report) if rows]
    blocks.append("\n".join(_totals(report)))
    for title, texts in (("Warnings", report.warnings), ("Notes", report.notes)):
        if texts:
            blocks.append("\n".join([title, *(f"  {_visible(text)}" for text in texts)]))
    return "\n\n".join(blocks) + "\n"


def _headline(report: TaxReport) -> str:
    year = f", year {report.year}" if report.year is not None else ""
    state = "" if report.is_complete else " This report is incomplete: see the warnings."
    return f"Amounts in {report.currency}{year}, rounded half up to cents here only; times in UTC.{state}"


def _sections(report: TaxReport) -> Iterator[tuple[str, Cells, list[Cells]]]:
    header: Cells = ("Disposal", "Time", "Kind", "Asset", "Quantity", "Proceeds", "Cost", "Gain", "Term")
    yield "Disposals", header, list(_disposals(report))
    header = ("Row", "Time", "Kind", "Asset", "Quantity", "Value")
    yield "Income", header, [(*_start(row), cents(row.value)) for row in report.incomes]
    header = ("Row", "Time", "Kind", "Asset", "Quantity", "Cost")
    yield "Left without a gain", header, [(*_start(row), cents(row.cost)) for row in report.removals]
    header = ("Acquired by", "Time", "Asset", "Wallet", "Quantity", "Cost")
    yield "Lots left", header, [_lot(lot) for lot in report.lots]
    header = ("Row", "Time", "Asset", "Wallet", "Quantity")
    yield "Sold or sent although no lot was there", header, [_shortfall(row) for row in report.shortfalls]


def _disposals(report: TaxReport) -> Iterator[Cells]:
    for row in report.disposals:
        yield (*_start(row), cents(row.proceeds), cents(row.cost), cents(row.gain), "")
        yield from map(_match, row.matches)


def _start(row: Disposal | Removal | Income) -> Cells:
    return str(row.key), instant(row.at) or "", row.kind, row.asset, plain(row.quantity)


def _lot(lot: Lot) -> Cells:
    origin = "pool" if lot.key is None else str(lot.key)
    place = "" if lot.place is None else str(lot.place)
    return origin, instant(lot.acquired_at) or "", lot.asset, place, plain(lot.quantity), cents(lot.cost)


def _shortfall(row: Shortfall) -> Cells:
    return str(row.key), instant(row.at) or "", row.asset, str(row.place), plain(row.quantity)


def _match(match: Match) -> Cells:
    origin = "pool" if match.lot is None else str(match.lot)
    money = (cents(match.proceeds), cents(match.cost), cents(match.gain))
    return (f"  from {origin}", instant(match.acquired_at) or "", "", "", plain(match.quantity), *money, match.term)


def _totals(report: TaxReport) -> list[str]:
    totals = report.totals
    shown = [
        ("Proceeds", totals.proceeds),
        ("Cost", totals.cost),
        ("Gain", totals.gain),
        ("  short term", totals.short),
        ("  long term", totals.long),
        ("Income", totals.income),
    ]
    amounts = [cents(amount) for _, amount in shown]
    width = max(map(len, amounts))
    lines = [f"  {name:<14}{amount:>{width}}" for (name, _), amount in zip(shown, amounts, strict=True)]
    unknown = [f"  {totals.unknown} of unknown gain or value are in none of these."] if totals.unknown else []
    return ["Totals", *lines, *unknown]


def _block(title: str, header: Cells, rows: Sequence[Cells]) -> str:
    shown = [header, *(tuple(map(_visible, row)) for row in rows)]
    widths = [max(len(row[place]) for row in shown) for place in range(len(header))]
    lines = [GAP.join(_aligned(header, row, widths)).rstrip() for row in shown]
    return "\n".join([title, *(f"  {line}" for line in lines)])


def _aligned(header: Cells, row: Cells, widths: Sequence[int]) -> list[str]:
    return [
        cell.rjust(width) if name in NUMBERS else cell.ljust(width)
        for name, cell, width in zip(header, row, widths, strict=True)
    ]


def _visible(text: str) -> str:
    """Keep what a file says from moving a terminal's cursor."""
    return "".join(character if character.isprintable() else "�" for character in text)
