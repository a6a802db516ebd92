"""Whether the broker can be reached; pages work without it, only the night waits."""

import os
from pathlib import Path

import redis


def queue_problem(broker_url: str, folder: Path) -> str:
    """Return what is wrong with the broker, or nothing."""
    if not broker_url.startswith(("redis", "unix")):
        return "" if os.access(folder, os.W_OK) else "the queue's folder cannot be written"
    try:
        with redis.Redis.from_url(broker_url, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
    except redis.RedisError:
        return "unreachable"
    return ""
