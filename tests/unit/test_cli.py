"""The words of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import parse_arguments

ROOT = Path('/somewhere')


def test_without_words_the_system_runs_from_its_own_folder() -> None:
    options = parse_arguments([], ROOT)
    assert (options.command, options.data, options.config) == ('run', ROOT / 'data', ROOT / 'config')
    assert (options.base_port, options.host) == (8000, 'localhost')


@pytest.mark.parametrize(
    'words', [['--data', '/d', 'create-admin', 'ann', 'a@b.c'], ['create-admin', 'ann', 'a@b.c', '--data', '/d']]
)
def test_the_data_folder_may_be_named_before_or_after_the_command(words: list[str]) -> None:
    options = parse_arguments(words, ROOT)
    assert (options.command, options.username, options.email) == ('create-admin', 'ann', 'a@b.c')
    assert options.data == Path('/d')


def test_create_admin_has_the_usual_data_folder() -> None:
    assert parse_arguments(['create-admin', 'ann', 'a@b.c'], ROOT).data == ROOT / 'data'


@pytest.mark.parametrize('port', ['0', '65001', '-1', 'many', '８０００', '1_000'])
def test_a_port_that_is_none_is_refused_with_the_range(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_arguments([f'--base-port={port}'], ROOT)
    assert caught.value.code == 2
    assert 'must be a number from 1 to 65000' in capsys.readouterr().err


def test_a_word_that_is_no_command_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(['creat-admin'], ROOT)
    assert 'create-admin' in capsys.readouterr().err
