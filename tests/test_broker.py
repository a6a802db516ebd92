"""The embedded broker: nobody ever reads half a message, and a broken one stops nobody."""

import threading
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection
from kombu.transport.filesystem import Channel as KombuChannel

from config.broker import Channel, Transport
from config.celery import app

ROUNDS = 400


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def connect(folder):
    """Return a function that opens one more channel on the same folder."""
    opened = []

    def open_channel() -> Channel:
        options = {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
        }
        connection = Connection("filesystem://", transport=Transport, transport_options=options)
        opened.append(connection)
        channel = connection.channel()
        assert isinstance(channel, Channel)
        return channel

    yield open_channel
    for connection in opened:
        connection.release()


def test_the_embedded_broker_is_ours():
    with app.connection_for_write() as connection:
        if app.conf.broker_url.startswith("filesystem"):
            assert connection.transport_cls == "config.broker:Transport"
            assert isinstance(connection.transport, Transport)


def test_a_reader_that_polls_while_messages_are_written_reads_every_one_whole(connect):
    writer, reader = connect(), connect()
    failures: list[BaseException] = []
    seen: list[int] = []

    def read() -> None:
        try:
            while len(seen) < ROUNDS:
                try:
                    seen.append(reader._get("celery")["number"])
                except Empty:
                    continue
        except BaseException as error:
            failures.append(error)
            raise

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(ROUNDS):
        writer._put("celery", {"number": number, "body": "x" * 5000})
    thread.join(timeout=30)

    assert not failures
    assert seen == list(range(ROUNDS))


def test_a_message_without_content_is_dropped_and_the_next_one_read(connect, folder):
    channel = connect()
    (folder / "messages" / "0_cut-off-by-a-full-disk.celery.msg").touch()
    channel._put("celery", {"number": 1})

    with pytest.raises(Empty):
        channel._get("celery")

    assert channel._get("celery") == {"number": 1}
    assert channel._size("celery") == 0


def test_processes_that_start_together_all_find_their_queues(connect):
    channels = [connect() for _ in range(8)]
    threads = [
        threading.Thread(target=channel._queue_bind, args=("celery", f"key-{place}", "", f"queue-{place}"))
        for place, channel in enumerate(channels)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {row.queue for row in channels[0].get_table("celery")} == {f"queue-{place}" for place in range(8)}


def test_a_message_of_the_former_kind_is_still_read(connect):
    channel = connect()
    KombuChannel._put(channel, "celery", {"number": 7})

    assert channel._get("celery") == {"number": 7}
