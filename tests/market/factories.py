"""Builders for the tests of the market: CSV files and days."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from market.models import close_of

HEADER = "date,coin_id,symbol,price,market_cap,volume"
DAY = date(2023, 3, 1)
NOW = datetime(2023, 6, 1, 12, tzinfo=UTC)


def day(offset: int) -> date:
    """Return the day `offset` days after DAY."""
    return DAY + timedelta(days=offset)


def soon_after(offset: int) -> datetime:
    """Return an instant one hour after a day's close: a price that comes then is on time."""
    return close_of(day(offset)) + timedelta(hours=1)


def write_csv(folder: Path, *rows: str, header: str = HEADER, name: str = "prices.csv") -> Path:
    """Write a CSV file; gzip when the name says so."""
    text = "\n".join([header, *rows]) + "\n"
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path
