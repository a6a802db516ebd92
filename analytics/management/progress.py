"""A progress bar: one line that redraws itself on a terminal, a line every tenth elsewhere."""

from typing import TextIO

WIDTH = 28


class ProgressBar:
    """Shows a share between 0 and 1, and a few words."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.live = stream.isatty()
        self.shown = -1
        self.words = ""

    def show(self, share: float, words: str) -> None:
        """Draw the bar; off a terminal only when another tenth is done."""
        share = min(max(share, 0.0), 1.0)
        if self.live:
            filled = round(share * WIDTH)
            bar = "█" * filled + "░" * (WIDTH - filled)
            self.stream.write(f"\r\033[K{bar} {share:4.0%}  {words}")
        elif int(share * 10) > self.shown:
            self.shown = int(share * 10)
            self.stream.write(f"{share:4.0%}  {words}\n")
        self.stream.flush()

    def end(self) -> None:
        """Leave the line."""
        if self.live:
            self.stream.write("\n")
            self.stream.flush()
