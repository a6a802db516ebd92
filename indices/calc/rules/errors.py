"""What is wrong with a rule."""


class RulesError(ValueError):
    """A rule cannot be read or contradicts another; `field` names it, `also` holds what else is wrong."""

    def __init__(self, field: str, message: str, *, also: "tuple[RulesError, ...]" = ()) -> None:
        """Keep the field beside the words."""
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
        self.also = also
