"""What this installation remembers of its demo: the logins made for it, and whether it is complete."""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from analytics.services.demo import PEOPLE


@dataclass(slots=True)
class DemoState:
    """Passwords by e-mail address, kept in a file that only the owner of this installation can read."""

    passwords: dict[str, str] = field(default_factory=dict)
    complete: bool = False

    @staticmethod
    def path() -> Path:
        """Return the file."""
        return Path(settings.DATA_DIR) / "demo-logins.json"

    @classmethod
    def load(cls) -> "DemoState":
        """Read the file; without one this is a new demo with passwords of its own."""
        if not cls.path().exists():
            return cls({email: "-".join(secrets.token_hex(3) for _ in range(3)) for email in PEOPLE})
        stored = json.loads(cls.path().read_text())
        return cls(stored["passwords"], stored["complete"])

    def save(self) -> None:
        """Write the file, for its owner's eyes only from the first byte on."""
        text = json.dumps({"passwords": self.passwords, "complete": self.complete}, indent=2) + "\n"
        with os.fdopen(os.open(self.path(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
