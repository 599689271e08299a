"""After a power cut the read tables hold what was acknowledged, whatever the config says by then."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from app.crud import differences
from app.events import commits as commits_module
from app.events import writer as writer_module
from tests.rounds import rounds
from tests.unit.crud.conftest import OpenShop
from tests.unit.crud.shop import DOCUMENTS, OPEN, Shop

THINGS = 'resource: things\nfields:\n  name: {{type: string, unique: true}}\n  size: {size}\n{open}'


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that takes in what is promised only when somebody reads."""
    monkeypatch.setattr(writer_module, 'LULL_SECONDS', 0.3)
    monkeypatch.setattr(commits_module, 'LONGEST_SECONDS', 60.0)


def things(size: str = 'integer') -> dict[str, str]:
    return DOCUMENTS | {'entities/things.yaml': THINGS.format(size=size, open=OPEN)}


def cut_off(shop: Shop, folder: Path, documents: Mapping[str, str]) -> Shop:
    """The shop as a start finds it whose power was cut now."""
    assert shop.log.writer._commits.behind
    shutil.copytree(shop.log.database.path.parent, folder)
    return Shop(folder, documents)


def wrong(shop: Shop) -> list[str]:
    """Where the read tables are not what the log says."""
    return shop.run(shop.log.database.read(lambda read: differences(shop.catalog, shop.log, read)))


@pytest.mark.parametrize('seed', range(rounds(12)))
def test_whatever_was_done_is_there_after_a_power_cut(open_shop: OpenShop, tmp_path: Path, seed: int) -> None:
    shop, chance = open_shop(things()), random.Random(seed)
    ids: list[str] = []
    for number in range(chance.randrange(1, 25)):
        if not ids or chance.random() < 0.5:
            ids.append(shop.create('things', name=f'T{number}', size=number).id)
        elif chance.random() < 0.7:
            shop.change('things', chance.choice(ids), name=f'C{number}')
        else:
            shop.delete('things', ids.pop(chance.randrange(len(ids))))
    shop.create('things', name='last')
    with closing(cut_off(shop, tmp_path / 'cut', things())) as found:
        assert wrong(found) == []
        assert [event.hash for event in found.run(found.log.read(0))] == [
            event.hash for event in shop.run(shop.log.read(0))
        ]
        assert {id_: found.shown('things', id_) for id_ in ids} == {id_: shop.shown('things', id_) for id_ in ids}
        with pytest.raises(Exception, match="'last' is already used"):
            found.create('things', name='last')


@pytest.mark.parametrize('documents', [things('string'), DOCUMENTS, things('text')])
def test_the_config_may_have_changed_meanwhile(open_shop: OpenShop, tmp_path: Path, documents: dict[str, str]) -> None:
    shop = open_shop(things())
    shop.create('things', name='A', size=1)
    with closing(cut_off(shop, tmp_path / 'cut', documents)) as found:
        assert wrong(found) == []
        found.configure(things())
        [(size,)] = found.run(found.log.database.query('SELECT size FROM records.things'))
        assert size == 1
