"""Makes the preset indices."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from indices import services


class Command(BaseCommand):
    """Safe to repeat."""

    help = "Make what is missing of the preset indices; safe to repeat."

    def handle(self, *args: object, **options: object) -> None:
        made = services.load_presets(at=timezone.now())
        for index in made:
            self.stdout.write(f"Made {index.slug} ({index.get_universe_display()}).")
        if not made:
            self.stdout.write("All presets are there; nothing to make.")
