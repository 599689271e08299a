"""The forms of the HTML pages, and what they send."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from app.auth.shapes import Registration, Shape


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """One field of a form."""

    name: str
    label: str
    type: str = 'text'
    autocomplete: str
    hint: str = ''


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """One page: a heading, a few fields, a button."""

    path: str
    title: str
    intro: str = ''
    inputs: tuple[Input, ...] = ()
    button: str


class LoginSent(Shape):
    """The login form."""

    username: str = Field(default='', max_length=320)
    password: str = Field(default='', max_length=1024, repr=False)
    next: str = Field(default='', max_length=2048)


class RegistrationSent(Registration):
    """The registration form."""

    next: str = Field(default='', max_length=2048)


class SetupSent(Registration):
    """The form for the first admin."""

    token: str = Field(default='', max_length=512, repr=False)


class ResetSent(Shape):
    """The form behind a link to a new password."""

    token: str = Field(default='', max_length=512, repr=False)
    password: str = Field(default='', max_length=1024, repr=False)


class LogoutSent(Shape):
    """The logout form has a button only."""


_NEW_ACCOUNT = (
    Input(
        name='username', label='Username', autocomplete='username', hint='Letters, digits, dots, hyphens, underscores.'
    ),
    Input(name='email', label='E-mail', type='email', autocomplete='email'),
    Input(
        name='password', label='Password', type='password', autocomplete='new-password', hint='At least 10 characters.'
    ),
)

LOGIN = Form(
    path='/login',
    title='Log in',
    inputs=(
        Input(name='username', label='Username or e-mail', autocomplete='username'),
        Input(name='password', label='Password', type='password', autocomplete='current-password'),
    ),
    button='Log in',
)
REGISTER = Form(path='/register', title='Create your account', inputs=_NEW_ACCOUNT, button='Create account')
SETUP = Form(
    path='/setup',
    title='Create the first admin',
    intro='This account may do everything: users, data and settings.',
    inputs=_NEW_ACCOUNT,
    button='Create admin',
)
RESET = Form(
    path='/reset',
    title='Choose a new password',
    intro='You will be logged out everywhere, and can then log in with the new password.',
    inputs=(
        Input(
            name='password',
            label='New password',
            type='password',
            autocomplete='new-password',
            hint='At least 10 characters.',
        ),
    ),
    button='Set the password',
)
LOGOUT = Form(path='/logout', title='Log out?', intro='Logging out ends your session on this device.', button='Log out')
