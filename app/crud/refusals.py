"""What of a batch that takes something back cannot be any more, because of what others have done since."""

from __future__ import annotations

import asyncio

from app.crud.batch import Batch
from app.crud.references import targets
from app.crud.taking_back import Refused
from app.crud.views import Views
from app.events.facts import claim_text

TAKEN = 'another record has this value now'
REFERRED = 'it is referred to since'
GONE = 'what it referred to was deleted since'


async def taken(batch: Batch, views: Views) -> Refused:
    """The unique values that the batch wants and that other records keep."""
    holders = await views.holders([claim_text(claim.scope, claim.key) for claim in batch.wanted])
    freed = {(claim.scope, claim.key, claim.owner) for claim in batch.freed}
    return {
        (claim.owner, field_id): TAKEN
        for claim in batch.wanted
        if (holder := holders.get(claim_text(claim.scope, claim.key), claim.owner)) != claim.owner
        and (claim.scope, claim.key, holder) not in freed
        for field_id in claim.scope.rpartition('.')[2].split('+')
    }


async def gone(batch: Batch, views: Views) -> Refused:
    """The foreign keys that the batch brings back and that lead nowhere any more."""
    wanted = await asyncio.to_thread(_led_to, batch)
    found: dict[tuple[str, str], str] = {}
    for entity, by_id in wanted.items():
        present = await views.existing(batch.catalog.table(entity), 'id', list(by_id))
        found |= {key: GONE for record_id, keys in by_id.items() if record_id not in present for key in keys}
    return found


def _led_to(batch: Batch) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """Entity and id of what is not in the batch itself -> the streams and fields that come to lead there."""
    wanted: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for one in batch.done.values():
        if one.after is None or not one.table.entity.references:
            continue
        before = one.before or {}
        brought = {id_: value for id_, value in one.after.items() if before.get(id_) != value}
        for field, target in targets(batch.catalog, one.table, [brought]):
            if not ((there := batch.done.get(target)) and there.after is not None):
                entity, _, record_id = target.partition('/')
                wanted.setdefault(entity, {}).setdefault(record_id, []).append((one.stream, field.id))
    return wanted
