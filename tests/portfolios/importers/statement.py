"""What the tests of Binance's statement share: rows in, readings out."""

from portfolios.importers.rows import ParsedRow, RowError
from tests.portfolios.importers.read import readings

HEADER = '"User_ID","UTC_Time","Account","Operation","Coin","Change","Remark"\n'
SECOND = "2025-10-29 18:35:39"


def line(operation, coin, change, *, time=SECOND, account="Spot", remark=""):
    """Write a row of the statement."""
    return f'"1","{time}","{account}","{operation}","{coin}","{change}","{remark}"\n'


def statement(*lines):
    """Read rows of the statement."""
    return readings(HEADER + "".join(lines))


def transactions(*lines):
    """Read rows of which none is an error; return the transactions."""
    found = statement(*lines)
    assert [one for one in found if isinstance(one, RowError)] == []
    return [one for one in found if isinstance(one, ParsedRow)]
