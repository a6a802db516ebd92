"""What changes indices: the night's second stage, the presets, and who may put which rules into force."""

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
)
from indices.services.presets import load_presets
from indices.services.reviews import Preview, preview_review
from indices.services.runs import WindowResult, run_window

__all__ = [
    "CannotAnnounceError",
    "CannotApproveError",
    "CannotDraftError",
    "CannotRetireError",
    "Preview",
    "WindowResult",
    "announce_methodology",
    "approve_methodology",
    "load_presets",
    "mark_computed",
    "preview_review",
    "reject_methodology",
    "retire_index",
    "run_window",
    "save_draft",
]
