"""A report on a canonical CSV alone: in memory, with no database and no other source."""

from collections.abc import Hashable

from portfolios.calc.lots.engine import work_out
from portfolios.services.tax_report.choices import Choices
from portfolios.services.tax_report.happenings import happenings_of
from portfolios.services.tax_report.reading import CannotReportError, read_rows
from portfolios.services.tax_report.report import TaxReport, Words, YearAsked, make_report


def report_on_file(*, name: str, content: bytes, choices: Choices, asked: YearAsked | None = None) -> TaxReport:
    """Return the report of a file under one method.

    Raises CannotReportError with every row that cannot be read: a report on a part of the rows would be wrong.
    """
    found = happenings_of(read_rows(name=name, content=content))
    try:
        outcome = work_out(found.happenings, choices.policy())
    except ValueError as error:
        raise CannotReportError([f"line {error}"]) from error

    def label_of(key: Hashable) -> str:
        return found.labels[key] if isinstance(key, int) else str(key)

    return make_report(
        outcome=outcome,
        words=Words(key=label_of, asset=lambda asset: found.assets.get(asset, asset), place=str),
        currency=found.currency,
        asked=asked,
        warnings=found.warnings,
        notes=choices.notes(),
    )
