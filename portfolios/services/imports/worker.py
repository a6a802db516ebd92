"""The worker's side: one step of each import that waits."""

from datetime import datetime


def run_requested_imports(*, at: datetime) -> int:
    """Do the next step of every import that waits, oldest first; return how many steps ended.

    Safe to run at once in many processes, and twice: a row has one owner at a time.
    """
    _ = at
    return 0
