"""A CoinGecko on loopback that answers as it is told, over real HTTP, and a source that asks it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from market.sources.base import SourceProblem
from market.sources.coingecko import CoinGeckoSource

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 16), date(2026, 11, 19)
MARKETS = "/api/v3/coins/markets"
BITCOIN = "/api/v3/coins/bitcoin/market_chart"
RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> bytes:
    """Return an answer in the shape that the provider really sends."""
    return (RECORDED / f"{name}.json").read_bytes()


@dataclass
class Answer:
    """One answer, after a pause in seconds; `announced` is a length that the body does not keep."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0
    announced: int | None = None


@dataclass
class Provider:
    """What will be answered, in order and the last one for ever, by the start of the path; and what was asked."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def next_answer(self, path: str) -> Answer:
        """Note what is asked and take the answer from the list with the longest fitting start."""
        self.asked.append(path)
        start = max((start for start in self.answers if path.startswith(start)), key=len)
        answers = self.answers[start]
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def serve() -> Iterator[Provider]:
    """Run a provider on a free port of loopback until the block ends."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            provider.keys.append(self.headers.get("x-cg-demo-api-key"))
            answer = provider.next_answer(self.path)
            time.sleep(answer.pause)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(answer.announced or len(answer.body)))
            self.end_headers()
            with suppress(OSError):  # the client may have had enough
                self.wfile.write(answer.body)

        def log_message(self, *_args):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_port}/api/v3"
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Time:
    """A clock that moves only while somebody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.naps = []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.naps.append(seconds)
        self.now += seconds


def make_source(provider, *, timing=None, **overrides):
    timing = timing or Time()
    values = {"base_url": provider.url, "now": lambda: NOW, "clock": timing.clock, "sleep": timing.sleep}
    return CoinGeckoSource(**values | overrides)


def fetch(source, *asset_ids, start=FIRST, end=LAST):
    """Return rows and problems."""
    problems: list[SourceProblem] = []
    rows = list(source.fetch_prices(asset_ids or ["bitcoin"], start, end, report=problems.append))
    return rows, problems
