"""A real server on loopback: 200 MB are refused before they are read, in bounded time and memory."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ANNOUNCED = 200_000_000
SENT = 4_000_000
PAGE, API = "/portfolios/1/imports/", "/api/v1/portfolios/1/imports/"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run gunicorn with one worker; yield its port and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"SECRET_KEY": "of a test", "HTTPS": "false", "DEBUG": "true", "REDIS_URL": ""}
    environment = os.environ | settings | {"DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(port):
    """Wait until the server answers, and has imported all that answers need."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            send(port, PAGE)
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("the server never answered")


def send(port, path):
    """Announce 200 MB, send the first few, and return what is answered with the seconds that took."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("POST", path)
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.putheader("Content-Length", str(ANNOUNCED))
    connection.endheaders()
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n' + b"0" * 100_000
    for _ in range(SENT // len(part)):
        try:
            connection.send(part)
        except OSError:  # the answer is there already, and the rest is not wanted
            break
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, time.monotonic() - began


def peak_kilobytes(pid):
    """Return the most memory that the server's workers ever had."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    told = "".join(Path(f"/proc/{child}/status").read_text() for child in children)
    return sum(int(peak) for peak in re.findall(r"VmHWM:\s+(\d+)", told))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells memory where there is /proc")
@pytest.mark.parametrize(("path", "words"), [(PAGE, "At most 32 MB are read here"), (API, "larger than 32,100,000")])
def test_200_mb_are_refused_with_words_at_once_and_without_memory(server, path, words):
    port, pid = server
    send(port, path)
    before = peak_kilobytes(pid)

    status, body, seconds = send(port, path)

    assert status == 413
    assert words in body
    assert seconds < 10
    # Kilobytes: a twentieth of what was announced would be 10,000.
    assert peak_kilobytes(pid) - before < 10_000
