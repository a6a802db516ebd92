"""What changes indices: the night's second stage, the presets, and who may publish which rules."""

from indices.services.presets import load_presets
from indices.services.reviews import Preview, preview_review
from indices.services.runs import WindowResult, run_window

__all__ = ["Preview", "WindowResult", "load_presets", "preview_review", "run_window"]
