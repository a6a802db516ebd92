"""Exchanges that an owner connects: a key is kept encrypted, what it gives comes in as an import to be looked at."""

from portfolios.services.connections.pulls import run_requested_pulls
from portfolios.services.connections.requests import connect_exchange, disconnect_exchange, read_anew, request_pull

__all__ = ["connect_exchange", "disconnect_exchange", "read_anew", "request_pull", "run_requested_pulls"]
