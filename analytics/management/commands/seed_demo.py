"""Make the demo."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.models import User
from analytics.management.demo_state import DemoState
from analytics.management.progress import ProgressBar
from analytics.services.demo import INVESTOR, has_own_data, make_demo


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Make the demo: a simulated market, the preset indices, four people and a portfolio. Safe to repeat: what is "
        "there stays. On a database that is in use for something else it does nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing."""
        if has_own_data():
            self.stdout.write("This database is in use: no demo is made here.")
            return
        state = DemoState.load()
        if state.complete and User.objects.filter(email=INVESTOR).exists():
            self.stdout.write("The demo is there.")
            return
        # Before the people are made: a start that is cut short must not lose their passwords.
        state.save()
        bar = ProgressBar(sys.stderr)
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        make_demo(passwords=state.passwords, yesterday=yesterday, at=timezone.now(), tell=bar.show)
        bar.end()
        state.complete = True
        state.save()
