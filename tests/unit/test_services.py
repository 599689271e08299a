"""The table of services is consistent in itself."""

from __future__ import annotations

import pytest

from app.services import SERVICES, service, url


def test_no_two_services_share_a_name_or_a_port() -> None:
    assert len({row.name for row in SERVICES}) == len({row.offset for row in SERVICES}) == len(SERVICES)


@pytest.mark.parametrize(
    ('name', 'path', 'base_port', 'address'),
    [
        ('portal', '/', 8000, 'http://localhost:8000/'),
        ('crud', '/customers', 18000, 'http://localhost:18005/customers'),
        ('auth', '', 1, 'http://localhost:11'),
    ],
)
def test_an_address_follows_the_base_port(name: str, path: str, base_port: int, address: str) -> None:
    assert url(name, path, base_port=base_port) == address


def test_a_service_is_found_by_its_name() -> None:
    assert service('events').offset == 7
