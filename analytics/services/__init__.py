"""What the night does: valuations, risk, and the record of every night."""

from analytics.services.claims import Claim, LostClaimError, NightAlreadyRunningError, Span, finish_nights
from analytics.services.nights import NightsResult, Step, replay_missing, run_chunk, run_nights
from analytics.services.revaluation import revalue, revalue_marked

__all__ = [
    "Claim",
    "LostClaimError",
    "NightAlreadyRunningError",
    "NightsResult",
    "Span",
    "Step",
    "finish_nights",
    "replay_missing",
    "revalue",
    "revalue_marked",
    "run_chunk",
    "run_nights",
]
