"""Tax reports: from a file alone or from a portfolio's ledger, under any method, in the form that is asked for."""

from portfolios.services.tax_report.choices import ASKED_METHODS, Choices, parse_term
from portfolios.services.tax_report.from_file import report_on_file
from portfolios.services.tax_report.reading import CannotReportError
from portfolios.services.tax_report.rendering import as_csv, as_json
from portfolios.services.tax_report.report import TaxReport, Words, YearAsked, make_report
from portfolios.services.tax_report.tables import as_table

__all__ = [
    "ASKED_METHODS",
    "CannotReportError",
    "Choices",
    "TaxReport",
    "Words",
    "YearAsked",
    "as_csv",
    "as_json",
    "as_table",
    "make_report",
    "parse_term",
    "report_on_file",
]
