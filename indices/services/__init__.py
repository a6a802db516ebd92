"""What changes indices: the night's second stage, the presets, and who may publish which rules."""

from indices.services.governance import (
    CannotDraftError,
    CannotPublishError,
    CannotRetireError,
    publish_methodology,
    retire_index,
    save_draft,
)
from indices.services.presets import load_presets
from indices.services.reviews import Preview, preview_review
from indices.services.runs import WindowResult, run_window

__all__ = [
    "CannotDraftError",
    "CannotPublishError",
    "CannotRetireError",
    "Preview",
    "WindowResult",
    "load_presets",
    "preview_review",
    "publish_methodology",
    "retire_index",
    "run_window",
    "save_draft",
]
