"""What changes the market: imports, the nightly refresh, corrections, and the list of what is odd in the data."""

from market.services.classifications import ClassificationImport, import_classifications
from market.services.csv_prices import PriceImport, import_prices
from market.services.files import BadFileError, RowError
from market.services.findings import find_problems
from market.services.prices import CannotReviseError, revise_price
from market.services.refresh import RefreshResult, refresh_market, seed_simulated_market

__all__ = [
    "BadFileError",
    "CannotReviseError",
    "ClassificationImport",
    "PriceImport",
    "RefreshResult",
    "RowError",
    "find_problems",
    "import_classifications",
    "import_prices",
    "refresh_market",
    "revise_price",
    "seed_simulated_market",
]
