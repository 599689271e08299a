"""What accounts may be called, and which passwords are good enough."""

import pytest

from app.auth.problems import Invalid
from app.auth.registration import check

GOOD = {'username': 'Ada.Lovelace', 'email': 'countess@example.org', 'password': 'seven green bottles'}


def mistakes(**changed: str) -> dict[str, str]:
    try:
        check(**GOOD | changed)
    except Invalid as refusal:
        return refusal.errors
    return {}


def test_what_was_typed_is_tidied_up() -> None:
    candidate = check(' ada ', ' Ada@Example.ORG ', ' seven green bottles ')
    assert (candidate.username, candidate.email) == ('ada', 'ada@example.org')
    assert candidate.password == ' seven green bottles ', 'spaces belong to a password'


@pytest.mark.parametrize('name', ['a', 'a' * 65, 'a b', 'a@b', 'jörg', '', '<b>', 'a/b', 'a\nb', '\uff41da'])
def test_a_bad_username_is_refused(name: str) -> None:
    assert list(mistakes(username=name)) == ['username']


@pytest.mark.parametrize('name', ['ad', 'a' * 64, 'A.d_a-9'])
def test_a_good_username_is_taken(name: str) -> None:
    assert not mistakes(username=name)


@pytest.mark.parametrize(
    'address', ['', 'x', '@', 'a@', '@b', 'a b@c', 'a@b@c', 'a@b\nc', 'a' * 65 + '@b.c', '<a>@b.c']
)
def test_a_bad_address_is_refused(address: str) -> None:
    assert list(mistakes(email=address)) == ['email']


@pytest.mark.parametrize(
    ('password', 'reason'),
    [
        ('', 'at least 10'),
        ('ninebytes', 'at least 10'),
        ('x1y2' * 18 + 'z', '73 bytes'),
        ('äöü' * 13, '78 bytes'),
        ('line\nbreak\n', 'line breaks'),
        ('password123', 'Too many people'),
        ('Password123', 'Too many people'),
        ('QWERTYUIOP', 'Too many people'),
        ('abababababab', 'Too many people'),
        ('ADA.lovelace', 'your name'),
        ('countess@EXAMPLE.org', 'your name'),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(password: str, reason: str) -> None:
    found = mistakes(password=password)
    assert list(found) == ['password']
    assert reason in found['password']
    assert not password or password not in found['password']
