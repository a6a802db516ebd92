"""Imports: what an owner asks for here, and what the worker makes of it, one step at a time.

A batch goes from `read` to `questions` or `preview`, where its owner has the word, then by `commit` to `committed`,
and by `undo` to `undone`. `status` is the worker's: while it is `waiting` or `running` nothing can be asked of the
batch, `done` means that `step` is reached, and `failed` that `step` could not be done, `message` says why, and nothing
was changed by it.
"""

from portfolios.services.imports.requests import (
    answer_import,
    discard_import,
    request_commit,
    request_undo,
    start_import,
)
from portfolios.services.imports.templates import delete_template, save_template
from portfolios.services.imports.worker import run_requested_imports

__all__ = [
    "answer_import",
    "delete_template",
    "discard_import",
    "request_commit",
    "request_undo",
    "run_requested_imports",
    "save_template",
    "start_import",
]
