"""What is wrong with a rule."""


class RulesError(ValueError):
    """A rule cannot be read or contradicts another; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the field beside the words."""
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
