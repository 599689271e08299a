"""The keys that sign tokens: how one follows another, and that nothing else signs."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.testclient import TestClient

from app.auth import Auth
from app.auth.keys import Keys

from .conftest import Clock, Open, browser, log_in
from .people import admin_of, writes


@pytest.fixture
def admin(auth: Auth) -> TestClient:
    return admin_of(auth)


def rotate(admin: TestClient) -> dict[str, Any]:
    answer = admin.post('/api/signing-keys')
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def good(auth: Auth, token: str) -> bool:
    return auth.verify(f'Bearer {token}', None) is not None


def published(client: TestClient) -> list[str]:
    return [key['kid'] for key in client.get('/.well-known/jwks.json').json()['keys']]


def test_a_new_key_signs_and_the_one_before_stays_good(auth: Auth, admin: TestClient, ada: dict[str, Any]) -> None:
    client = browser(auth)
    (first,) = published(client)
    with writes(auth, 'signing_key_rotated'):
        made = rotate(admin)
    (entry,) = admin.get('/api/audit', params={'limit': 1}).json()['events']
    assert (entry['actor'], entry['detail']) == ('root', made['signing'])
    assert made['accepted'] == [first, made['signing']] == published(client)
    fresh = log_in(client)
    assert jwt.get_unverified_header(fresh['token'])['kid'] == made['signing'] != first
    assert good(auth, ada['token']) and good(auth, fresh['token'])


def test_both_keys_survive_a_restart(opened: Open, auth: Auth, admin: TestClient, ada: dict[str, Any]) -> None:
    made = rotate(admin)
    fresh = log_in(browser(auth))
    again = opened()
    assert good(again, ada['token']) and good(again, fresh['token'])
    assert published(browser(again)) == made['accepted']
    assert jwt.get_unverified_header(log_in(browser(again))['token'])['kid'] == made['signing']


@pytest.mark.parametrize('seen_before', [False, True])
def test_a_token_of_the_key_before_the_last_is_refused(
    auth: Auth, admin: TestClient, ada: dict[str, Any], seen_before: bool
) -> None:
    if seen_before:
        assert good(auth, ada['token'])
    rotate(admin)
    made = rotate(admin)
    assert len(made['accepted']) == 2
    assert not good(auth, ada['token'])
    assert good(auth, log_in(browser(auth))['token'])


def test_a_refresh_token_outlives_the_keys(auth: Auth, admin: TestClient, ada: dict[str, Any]) -> None:
    rotate(admin)
    rotate(admin)
    answer = browser(auth).post('/api/refresh', json={'refresh_token': ada['refresh_token']})
    assert good(auth, answer.json()['token'])


def test_keys_are_private_files_and_only_public_halves_are_shown(tmp_path: Path, auth: Auth, admin: TestClient) -> None:
    rotate(admin)
    folder = tmp_path / 'data' / 'keys'
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()} == {
        'signing-0001.pem': '0o600',
        'signing-0002.pem': '0o600',
    }
    for key in browser(auth).get('/.well-known/jwks.json').json()['keys']:
        assert key.keys() == {'kty', 'crv', 'x', 'kid', 'use', 'alg'}


def test_a_crash_while_a_key_is_written_leaves_the_old_one(tmp_path: Path) -> None:
    (signing,) = Keys(tmp_path / 'keys').jwks()['keys']
    (tmp_path / 'keys' / 'signing-0002.new').write_bytes(b'half a ke')
    keys = Keys(tmp_path / 'keys')
    assert keys.signing.id == signing['kid']
    assert keys.rotate()[0] == signing['kid']
    assert sorted(file.name for file in (tmp_path / 'keys').iterdir()) == ['signing-0001.pem', 'signing-0002.pem']


def test_a_signature_by_the_right_name_but_another_key_is_refused(
    auth: Auth, admin: TestClient, ada: dict[str, Any]
) -> None:
    said = jwt.decode(ada['token'], options={'verify_signature': False})
    old = auth._parts.keys.signing
    signing = rotate(admin)['signing']
    assert good(auth, jwt.encode(said, old.private, 'EdDSA', headers={'kid': old.id})), 'both are right'
    for private, kid in ((old.private, signing), (Ed25519PrivateKey.generate(), signing), (old.private, '')):
        assert not good(auth, jwt.encode(said, private, 'EdDSA', headers={'kid': kid}))


def test_a_token_does_not_bring_its_own_key(auth: Auth, ada: dict[str, Any]) -> None:
    said = jwt.decode(ada['token'], options={'verify_signature': False})
    mine, kid = Ed25519PrivateKey.generate(), auth._parts.keys.signing.id
    raw = mine.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    for header in (
        {'jwk': {'kty': 'OKP', 'crv': 'Ed25519', 'x': encoded(raw)}},
        {'jku': 'http://evil.example/jwks'},
        {'x5u': 'http://evil.example'},
    ):
        assert not good(auth, jwt.encode(said, mine, 'EdDSA', headers={'kid': kid} | header))


def test_each_token_has_an_id_of_its_own(auth: Auth, ada: dict[str, Any], clock: Clock) -> None:
    tokens = [ada['token'], *(log_in(browser(auth))['token'] for _ in range(3))]
    assert len({jwt.decode(token, options={'verify_signature': False})['jti'] for token in tokens}) == 4


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b'=').decode()


def accepted(auth: Auth, header: object, token: str, signature: bytes | None = None, secret: bytes = b'') -> bool:
    """Whether the payload of a token is believed under another header, signed with `secret` unless signed already."""
    signed = f'{encoded(json.dumps(header).encode())}.{token.split(".")[1]}'
    given = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if signature is None else signature
    return auth.verify(f'Bearer {signed}.{encoded(given)}', None) is not None


def test_the_public_key_in_whatever_form_is_no_secret_to_sign_with(auth: Auth, ada: dict[str, Any]) -> None:
    key = auth._parts.keys.signing
    public = key.private.public_key()
    forms = [
        public.public_bytes(Encoding.Raw, PublicFormat.Raw),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        key.jwk()['x'].encode(),
        json.dumps(key.jwk()).encode(),
        b'',
    ]
    for form in forms:
        for algorithm in ('HS256', 'EdDSA', 'hs256', 'none'):
            assert not accepted(auth, {'alg': algorithm, 'kid': key.id}, ada['token'], secret=form)


def test_no_signature_is_none_under_any_name(auth: Auth, ada: dict[str, Any]) -> None:
    kid = auth._parts.keys.signing.id
    names: list[object] = ['none', 'None', 'NONE', 'nOnE', '', None, 0, [], 'EdDSA', 'RS256', 'ES256']
    for algorithm in names:
        assert not accepted(auth, {'alg': algorithm, 'kid': kid}, ada['token'], signature=b'')


def test_a_key_that_we_do_not_know_is_not_looked_for(auth: Auth, ada: dict[str, Any]) -> None:
    key = auth._parts.keys.signing
    names: list[object] = ['x', '', '../../auth.duckdb', 'signing-0001.pem', "' OR 1=1", 0, None, [], {}, 'x' * 3000]
    for kid in names:
        head = encoded(json.dumps({'alg': 'EdDSA', 'kid': kid}).encode())
        signed = f'{head}.{ada["token"].split(".")[1]}'
        assert auth.verify(f'Bearer {signed}.{encoded(key.private.sign(signed.encode()))}', None) is None, kid


def test_a_token_that_is_cut_glued_or_changed_is_refused(auth: Auth, ada: dict[str, Any]) -> None:
    head, payload, signature = ada['token'].split('.')
    said = jwt.decode(ada['token'], options={'verify_signature': False})
    stronger = encoded(json.dumps(said | {'roles': ['admin']}).encode())
    for parts in (
        [head, stronger, signature],
        [head, payload],
        [head, payload, ''],
        [head, payload, signature, ''],
        [head, payload, signature, signature],
        [head, payload, signature[:-4]],
        [head, payload, 'AAAA' + signature[4:]],
        ['', payload, signature],
        [head, encoded(b'[]'), signature],
        [head, encoded(b'\xff'), signature],
    ):
        assert auth.verify(f'Bearer {".".join(parts)}', None) is None, parts
    assert auth.verify(f'Bearer {ada["token"]}', None)


def test_roles_in_a_token_do_not_count_but_those_of_the_account(auth: Auth, ada: dict[str, Any]) -> None:
    said = jwt.decode(ada['token'], options={'verify_signature': False}) | {'roles': ['admin'], 'username': 'root'}
    key = auth._parts.keys.signing
    claims = auth.verify(f'Bearer {jwt.encode(said, key.private, "EdDSA", headers={"kid": key.id})}', None)
    assert claims
    assert (claims.roles, claims.username) == (('user',), 'ada')
