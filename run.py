#!/usr/bin/env python3
"""Set up Ballast and start it, or test it. Needs Python and nothing else.

python3 run.py                 set up, make the demo, start web, worker and beat, run the night, say READY
python3 run.py --once          the same, and stop when the night is done
python3 run.py --port 9000     listen on another port
python3 run.py test [ARGS...]  run every test; ARGS go to pytest

Safe to repeat: what is already there stays, and a second start takes seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
RUN_LOCK = "requirements-run.lock"
TEST_LOCK = "requirements.lock"  # holds everything that the other one holds

# What pip prints, and what a person can do about it.
REMEDIES = (
    (
        "name resolution|ConnectionError|Timeout|ProxyError|unreachable|refused|No matching distribution|dns error",
        (
            "The package index cannot be reached. Connect to the network once, or set PIP_INDEX_URL to a mirror; "
            "after the first start no network is needed."
        ),
    ),
    (r"No space left", "The disk is full: about 700 MB are needed."),
    (r"DO NOT MATCH THE HASHES|[Hh]ash mismatch", "A package differs from what the lock file names, and was refused."),
    (r"Permission denied", "The folder {root} is not writable for this user."),
)


class CannotStartError(Exception):
    """Something outside Ballast is missing; the message says what to do."""


def main(arguments: list[str]) -> None:
    """Do what the command line asks; ends by becoming the server or pytest."""
    os.chdir(ROOT)
    if sys.platform == "win32":
        raise CannotStartError("Windows is not supported directly. Start this inside WSL (Ubuntu or Debian).")
    if arguments[:1] == ["test"]:
        install(TEST_LOCK)
        write_env()
        become("-m", "pytest", "-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder", *arguments[1:])

    options = parse(arguments)
    refuse_taken_port(options.port)
    install(RUN_LOCK)
    write_env()
    say("Preparing the database")
    manage("migrate", "--verbosity", "0")
    manage("createcachetable")
    collect_static()
    say("Making the demo")
    manage("seed_demo")
    say("Starting web, worker and beat")
    become("manage.py", "serve", "--port", str(options.port), *(["--once"] if options.once else []))


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the flags of the start command."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--once", action="store_true", help="stop with exit code 0 when the night is done")
    parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (8000)")
    return parser.parse_args(arguments)


def refuse_taken_port(port: int) -> None:
    """Say so now, rather than after the installation."""
    if not 0 < port < 65536:
        raise CannotStartError(f"--port {port}: a port lies between 1 and 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise CannotStartError(f"Port {port} needs root. Choose one above 1023: --port 8000") from None
        except OSError:
            raise CannotStartError(
                f"Port {port} is taken, perhaps by Ballast itself. "
                f"Stop that program or choose another: --port {port % 65535 + 1}"
            ) from None


def install(lock: str) -> None:
    """Bring .venv to what the lock names; nothing is done when it is there already."""
    if not runs(PYTHON):
        make_venv(find_python())
    if any(mark(name).is_file() and mark(name).read_text() == fingerprint(name) for name in covers(lock)):
        return
    # From here on until the end the folder matches no lock.
    for name in (RUN_LOCK, TEST_LOCK):
        mark(name).unlink(missing_ok=True)
    run_installer([*installer(), "--require-hashes", "--only-binary", ":all:", "-r", lock], total=count(lock))
    mark(lock).write_text(fingerprint(lock))


def covers(lock: str) -> tuple[str, ...]:
    """Name the locks whose installation serves this one too."""
    return (RUN_LOCK, TEST_LOCK) if lock == RUN_LOCK else (TEST_LOCK,)


def fingerprint(lock: str) -> str:
    """Identify an installation: the lock's text, and the place, since scripts in it hold their path."""
    return hashlib.sha256((ROOT / lock).read_bytes() + str(ROOT).encode()).hexdigest()


def mark(lock: str) -> Path:
    """Return the file that remembers a finished installation."""
    return VENV / (".installed-" + lock)


def count(lock: str) -> int:
    """Return the number of packages in a lock, those for other systems included."""
    return len(re.findall(r"^[A-Za-z0-9]", (ROOT / lock).read_text(), flags=re.MULTILINE))


def runs(python: Path | str) -> bool:
    """Tell whether this is a working Python that is new enough."""
    code = f"import sys, venv; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([str(python), "-c", code], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def find_python() -> str:
    """Return a Python that is new enough: the one that reads this, else one from the PATH."""
    if sys.version_info >= OLDEST and runs(sys.executable):
        return sys.executable
    names = [f"python3.{minor}" for minor in range(OLDEST[1], 20)] + ["/usr/bin/python3", "/usr/local/bin/python3"]
    for name in names:
        path = shutil.which(name)
        if path and runs(path):
            return path
    raise CannotStartError(
        f"Python 3.11 or newer is needed; this is {sys.version.split()[0]} and no newer one is in the PATH. "
        "Debian or Ubuntu: sudo apt-get install -y python3 python3-venv. macOS: brew install python@3.13."
    )


def make_venv(base: str) -> None:
    """Make .venv anew; on a Debian without python3-venv it stays without pip."""
    say(f"Making .venv with {base}")
    shutil.rmtree(VENV, ignore_errors=True)
    for extra in ([], ["--without-pip"]):
        made = subprocess.run([base, "-m", "venv", *extra, str(VENV)], capture_output=True, text=True, check=False)
        if made.returncode == 0:
            return
        shutil.rmtree(VENV, ignore_errors=True)
    raise CannotStartError(f"No virtual environment could be made in {VENV}:\n{made.stderr or made.stdout}")


def installer() -> list[str]:
    """Return the command that installs into .venv: its own pip, the one of the system, or uv."""
    quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--retries", "2"]
    for command in ([str(PYTHON), "-m", "pip"], [find_python(), "-m", "pip", "--python", str(PYTHON)]):
        if subprocess.run([*command, "--version"], capture_output=True, check=False).returncode == 0:
            return [*command, "install", *quiet]
    if shutil.which("uv"):
        return ["uv", "pip", "install", "--python", str(PYTHON)]
    raise CannotStartError("There is no pip. Debian or Ubuntu: sudo apt-get install -y python3-venv")


def run_installer(command: list[str], *, total: int) -> None:
    """Run pip, counting what it collects; its whole output is shown only if it fails."""
    say(f"Installing about {total} packages, once (half a minute on a fast line)")
    live = sys.stdout.isatty()
    output, done = [], 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            output.append(line)
            found = re.match(r"(?:Collecting|Processing) (?:\S*/)?([\w.-]+?)(?=-\d|==|[\s\[;])", line)
            if line.startswith("Installing collected"):
                say(f"  {done} packages read, unpacking", replace=live)
            elif found:
                done += 1
                if live or done % 25 == 0:
                    say(f"  {done:3}  {found.group(1)}", replace=live)
    if live:
        print()
    if process.returncode:
        text = "".join(output)
        remedy = next((advice for pattern, advice in REMEDIES if re.search(pattern, text)), "See the lines above.")
        raise CannotStartError(f"{text[-3000:]}\nThe packages could not be installed. {remedy.format(root=ROOT)}")


def write_env() -> None:
    """Make .env with a secret of its own, readable by its owner only; an existing one is never touched."""
    path = ROOT / ".env"
    if path.exists():
        return
    text = (
        "# Made by run.py for this computer; .env.example explains every line that may stand here.\n"
        f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
        "# Plain HTTP on this computer. Behind TLS set it to true: cookies become Secure, HSTS is sent.\n"
        "HTTPS=false\n"
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def collect_static() -> None:
    """Collect and compress styles and scripts, unless they are those of the last time."""
    data = Path(os.environ.get("DATA_DIR") or "var")
    digest = hashlib.sha256((ROOT / RUN_LOCK).read_bytes())
    for path in sorted((ROOT / "static").rglob("*")):
        if path.is_file():
            digest.update(str(path).encode() + path.read_bytes())
    remembered = data / "static.sha256"
    if (data / "static").is_dir() and remembered.is_file() and remembered.read_text() == digest.hexdigest():
        return
    say("Collecting styles and scripts")
    manage("collectstatic", "--noinput", "--verbosity", "0")
    if (data / "static").is_dir():  # .env may have put it elsewhere: then it is collected at each start
        remembered.write_text(digest.hexdigest())


def manage(*arguments: str) -> None:
    """Run a management command; its own words explain a failure."""
    if subprocess.run([str(PYTHON), "manage.py", *arguments], check=False).returncode:
        raise CannotStartError(f"`manage.py {' '.join(arguments)}` failed; its message stands above.")


def become(*arguments: str) -> None:
    """Replace this process, so that signals and the exit code are those of the command."""
    sys.stdout.flush()
    os.execv(str(PYTHON), [str(PYTHON), *arguments])


def say(words: str, *, replace: bool = False) -> None:
    """Print one line of progress, in place of the last one if asked."""
    print("\r\033[K" + words if replace else words, end="" if replace else "\n", flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CannotStartError as error:
        sys.exit(f"\nBallast cannot start. {error}")
    except KeyboardInterrupt:
        sys.exit(130)
