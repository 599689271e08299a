"""The Ed25519 keys that sign access tokens, in files that only their owner can read."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


@dataclass(frozen=True, slots=True)
class Key:
    """A private key under the name that tokens call it by: its RFC 7638 thumbprint."""

    id: str
    private: Ed25519PrivateKey
    public: Ed25519PublicKey

    def jwk(self) -> dict[str, str]:
        """The public half, for others who want to check tokens."""
        return {**_public(self.private), 'kid': self.id, 'use': 'sig', 'alg': 'EdDSA'}


class Keys:
    """All keys of the folder are good; the one whose file sorts last signs, so a new file takes over."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        if not any(folder.glob('*.pem')):
            _make(folder, 1)
        self._load_all()

    def rotate(self) -> list[str]:
        """Sign with a new key; the newest of the old ones stays good, older ones do not. Returns the ids of both."""
        files = sorted(self._folder.glob('*.pem'))
        _make(self._folder, int(files[-1].stem.rpartition('-')[2]) + 1)
        for file in files[:-1]:
            file.unlink()
        self._load_all()
        return list(self._by_id)

    def _load_all(self) -> None:
        keys = [_load(file) for file in sorted(self._folder.glob('*.pem'))]
        self.signing, self._by_id = keys[-1], {key.id: key for key in keys}

    def find(self, id: object) -> Key | None:
        """The key that a token names."""
        return self._by_id.get(id) if isinstance(id, str) else None

    def jwks(self) -> dict[str, Any]:
        """All public halves."""
        return {'keys': [key.jwk() for key in self._by_id.values()]}


def _make(folder: Path, number: int) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    unfinished, finished = folder / f'signing-{number:04}.new', folder / f'signing-{number:04}.pem'
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'wb') as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(finished)


def _load(file: Path) -> Key:
    private = load_pem_private_key(file.read_bytes(), None)
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError(f'{file} is not an Ed25519 key.')
    named = json.dumps(_public(private), sort_keys=True, separators=(',', ':'))
    return Key(_base64(hashlib.sha256(named.encode()).digest()), private, private.public_key())


def _public(private: Ed25519PrivateKey) -> dict[str, str]:
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {'crv': 'Ed25519', 'kty': 'OKP', 'x': _base64(raw)}


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b'=').decode()
