"""What changes the market: imports, the nightly refresh, corrections, events, due diligence, findings in the data."""

from market.services.classifications import ClassificationImport, import_classifications
from market.services.csv_prices import PriceImport, import_prices
from market.services.diligence import CannotRecordError, record_diligence
from market.services.events import (
    CannotApproveEventError,
    CannotSaveEventError,
    EventTerms,
    approve_event,
    fingerprint_of,
    save_event,
    withdraw_approval,
)
from market.services.files import BadFileError, RowError
from market.services.findings import find_problems
from market.services.prices import CannotReviseError, revise_price
from market.services.refresh import RefreshResult, refresh_market, seed_simulated_market

__all__ = [
    "BadFileError",
    "CannotApproveEventError",
    "CannotRecordError",
    "CannotReviseError",
    "CannotSaveEventError",
    "ClassificationImport",
    "EventTerms",
    "PriceImport",
    "RefreshResult",
    "RowError",
    "approve_event",
    "find_problems",
    "fingerprint_of",
    "import_classifications",
    "import_prices",
    "record_diligence",
    "refresh_market",
    "revise_price",
    "save_event",
    "seed_simulated_market",
    "withdraw_approval",
]
