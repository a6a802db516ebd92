"""An exchange on loopback: it answers requests that the library signed, over real HTTP, as a test tells it to."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from portfolios.sources.base import Keys

KEYS = Keys(key="canary-key", secret="Y2FuYXJ5LXNlY3JldA==", markets=("BTC/USDT", "ETH/EUR"))
Params = dict[str, str]


def always() -> bool:
    """Let a pull go on to its end."""
    return True


@dataclass
class Call:
    """One request: the path on the exchange, what was asked, and the headers."""

    path: str
    params: Params
    headers: dict[str, str]


@dataclass
class FakeExchange:
    """`answer` gets the path and the parameters; it returns what is sent as JSON, or a status."""

    answer: Callable[[str, Params], Any] = lambda _path, _params: {}
    url: str = ""
    calls: list[Call] = field(default_factory=list)

    def asked(self, path: str) -> list[Params]:
        """Return the parameters of all calls of a path."""
        return [call.params for call in self.calls if call.path.endswith(path)]


@contextmanager
def serve() -> Iterator[FakeExchange]:
    """Run an exchange on a free port until the block ends; the library reaches it as a proxy before the address."""
    exchange = FakeExchange()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.reply("")

        def do_POST(self):
            self.reply(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

        def reply(self, body):
            url = urlsplit(unquote(self.path.removeprefix("/")))
            params = dict(parse_qsl(url.query) + parse_qsl(body))
            exchange.calls.append(Call(url.path, params, dict(self.headers)))
            told = exchange.answer(url.path, params)
            status, content = (told, {}) if isinstance(told, int) else (200, told)
            sent = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(sent)

        def log_message(self, *_args):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    exchange.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield exchange
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
