"""What changes indices: the night's second stage, the presets, and who may put which rules and baskets into force."""

from indices.services.ballots import CannotVoteError, NoCandidateError, cast_vote
from indices.services.bundles import bundle_of
from indices.services.events import approve_event, withdraw_event
from indices.services.governance import (
    CannotAnnounceError,
    CannotApproveError,
    CannotDraftError,
    CannotRetireError,
    announce_methodology,
    approve_methodology,
    mark_computed,
    reject_methodology,
    retire_index,
    save_draft,
    void_open_versions,
)
from indices.services.presets import load_presets
from indices.services.proposals import (
    CannotDecideError,
    CannotRequestError,
    approve_review,
    compute_requested,
    recompute_review,
    reject_review,
    request_review,
)
from indices.services.restatements import (
    CannotRestateError,
    RestatementPreview,
    approve_restatement,
    preview_restatement,
    reject_restatement,
    request_restatement,
    run_approved_restatements,
)
from indices.services.reviews import Preview, preview_review
from indices.services.runs import WindowResult, run_window
from indices.services.verification import CannotVerifyError, Failure, Verification, verify_rebalances

__all__ = [
    "CannotAnnounceError",
    "CannotApproveError",
    "CannotDecideError",
    "CannotDraftError",
    "CannotRequestError",
    "CannotRestateError",
    "CannotRetireError",
    "CannotVerifyError",
    "CannotVoteError",
    "Failure",
    "NoCandidateError",
    "Preview",
    "RestatementPreview",
    "Verification",
    "WindowResult",
    "announce_methodology",
    "approve_event",
    "approve_methodology",
    "approve_restatement",
    "approve_review",
    "bundle_of",
    "cast_vote",
    "compute_requested",
    "load_presets",
    "mark_computed",
    "preview_restatement",
    "preview_review",
    "recompute_review",
    "reject_methodology",
    "reject_restatement",
    "reject_review",
    "request_restatement",
    "request_review",
    "retire_index",
    "run_approved_restatements",
    "run_window",
    "save_draft",
    "verify_rebalances",
    "void_open_versions",
    "withdraw_event",
]
