"""Keys of exchanges at rest: encrypted with a key drawn from the server's secret, which the database does not hold."""

import base64
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from portfolios.sources.base import Keys

PURPOSE = b"ballast exchange keys"


class UnreadableKeyError(Exception):
    """The server's secret is no longer the one under which a key was kept."""

    def __init__(self) -> None:
        super().__init__(
            "This key was encrypted with a secret that the server no longer has; connect the exchange again."
        )


def seal(keys: Keys) -> bytes:
    """Encrypt the keys of an exchange under the present secret of the server."""
    content = {"key": keys.key, "secret": keys.secret, "markets": keys.markets}
    return _boxes().encrypt(json.dumps(content).encode())


def unseal(sealed: bytes) -> Keys:
    """Decrypt keys, also those of a secret that was retired into SECRET_KEY_FALLBACKS; raises UnreadableKeyError."""
    try:
        content = json.loads(_boxes().decrypt(sealed))
    except InvalidToken as error:
        raise UnreadableKeyError from error
    return Keys(key=content["key"], secret=content["secret"], markets=tuple(content["markets"]))


def _boxes() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_draw(secret))) for secret in secrets])


def _draw(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
