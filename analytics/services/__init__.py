"""What the night does: valuations, risk, and the record of every night; and replays that curators ask for."""

from analytics.services.backtests import CannotRequestBacktestError, request_backtest, run_requested_backtests
from analytics.services.claims import Claim, LostClaimError, NightAlreadyRunningError, Span, finish_nights
from analytics.services.nights import NightsResult, Step, replay_missing, run_chunk, run_nights
from analytics.services.revaluation import revalue, revalue_marked

__all__ = [
    "CannotRequestBacktestError",
    "Claim",
    "LostClaimError",
    "NightAlreadyRunningError",
    "NightsResult",
    "Span",
    "Step",
    "finish_nights",
    "replay_missing",
    "request_backtest",
    "revalue",
    "revalue_marked",
    "run_chunk",
    "run_nights",
    "run_requested_backtests",
]
