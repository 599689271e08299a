"""What an account may be called, and which passwords are good enough."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.auth.problems import Invalid

SHORTEST, LONGEST = 10, 72
"""Bytes of a password; bcrypt ignores what comes after the 72nd, so longer ones are refused."""
USERNAME = re.compile(r'[A-Za-z0-9._-]{2,64}')
EMAIL = re.compile(r'[^@\s\x00-\x1f<>"]{1,64}@[^@\s\x00-\x1f<>"]{1,189}')


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An account that keeps the rules."""

    username: str
    email: str
    password: str


def check(username: str, email: str, password: str) -> Candidate:
    """Tidy up what somebody typed, or say what is wrong with it."""
    username, email, errors = _tidied(username, email)
    if mistake := password_mistake(password, username, email):
        errors['password'] = mistake
    if errors:
        raise Invalid(errors)
    return Candidate(username=username, email=email, password=password)


def check_names(username: str, email: str) -> tuple[str, str]:
    """A name and an address as they are kept, or what is wrong with them."""
    username, email, errors = _tidied(username, email)
    if errors:
        raise Invalid(errors)
    return username, email


def _tidied(username: str, email: str) -> tuple[str, str, dict[str, str]]:
    username, email = username.strip(), unicodedata.normalize('NFC', email).strip().lower()
    errors = {}
    if not USERNAME.fullmatch(username):
        errors['username'] = 'Use 2 to 64 letters, digits, dots, hyphens or underscores.'
    if not EMAIL.fullmatch(email):
        errors['email'] = 'This is not an e-mail address.'
    return username, email, errors


def password_mistake(password: str, username: str, email: str) -> str:
    """What is wrong with a password, or nothing."""
    size, known = len(encoded(password)), password.lower()
    if size > LONGEST:
        return f'This has {size} bytes; a password may have {LONGEST} at most, and some letters take more than one.'
    if size < SHORTEST:
        return f'Use at least {SHORTEST} characters.'
    if not password.isprintable():
        return 'Leave out line breaks and control characters.'
    if known in {username.lower(), email, email.partition('@')[0]}:
        return 'Choose something else than your name or address.'
    if known in _common() or len(set(known)) < 3:
        return 'Too many people use this one; choose another.'
    return ''


def encoded(password: str) -> bytes:
    """The bytes that are hashed, the same whichever way a keyboard composes an accent."""
    return unicodedata.normalize('NFC', password).encode('utf-8', 'surrogatepass')


@cache
def _common() -> frozenset[str]:
    text = Path(__file__).with_name('common_passwords.txt').read_text('utf-8')
    return frozenset(text.split())
