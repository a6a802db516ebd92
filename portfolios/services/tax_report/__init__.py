"""Tax reports: from a file alone or from a portfolio's ledger, under any method, in the form that is asked for."""

from portfolios.services.tax_report.choices import ASKED_METHODS, POOLS_ALL, Choices, parse_term
from portfolios.services.tax_report.from_file import report_on_file
from portfolios.services.tax_report.from_portfolio import OWN, ReportAsked, report_on_portfolio
from portfolios.services.tax_report.reading import CannotReportError
from portfolios.services.tax_report.rendering import as_csv, as_document, as_json
from portfolios.services.tax_report.report import TaxReport, Words, YearAsked, make_report
from portfolios.services.tax_report.tables import as_table
from portfolios.services.tax_report.workbooks import as_xlsx

__all__ = [
    "ASKED_METHODS",
    "OWN",
    "POOLS_ALL",
    "CannotReportError",
    "Choices",
    "ReportAsked",
    "TaxReport",
    "Words",
    "YearAsked",
    "as_csv",
    "as_document",
    "as_json",
    "as_table",
    "as_xlsx",
    "make_report",
    "parse_term",
    "report_on_file",
    "report_on_portfolio",
]
