"""The embedded broker: kombu's folder of files, with messages that are never seen half-written.

kombu opens a message under its final name and then writes it; a worker that polls in between reads an empty file and
stops for good. Here a file appears whole, by renaming, or not at all.
"""

import fcntl
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

import structlog
from kombu.transport import filesystem

logger = structlog.get_logger(__name__)


def _write_whole(path: Path, content: object) -> None:
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    part.write_text(json.dumps(content))
    part.replace(path)


class Channel(filesystem.Channel):
    """A channel whose files are whole whenever they are seen."""

    def _put(self, queue: str, payload: dict[str, Any], **_kwargs: Any) -> None:  # type: ignore[override] # as kombu's
        """Put a message onto a queue; names sort by time, over restarts too."""
        name = f"{time.time_ns()}_{uuid.uuid4().hex}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, payload)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:  # noqa: ARG002 - the signature of the base
        """Take the oldest message; one that cannot be read (a full disk) is dropped, the next tick does its work."""
        try:
            return super()._get(queue)
        except ValueError as error:
            logger.warning("message_dropped", queue=queue, reason=str(error))
            raise Empty from error

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        """Remember which queue an exchange feeds."""
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._alone():
            table = self.get_table(exchange)
            if row not in table:
                path = self._exchange_file(exchange)  # type: ignore[attr-defined] # the stubs are older
                _write_whole(path, [row, *table])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.control_folder / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """The folder as Celery's `broker_transport`."""

    Channel = Channel
