"""What of a batch that takes something back cannot be any more, because of what others have done since."""

from __future__ import annotations

from app.crud.batch import Batch
from app.crud.taking_back import Refused
from app.crud.views import Views
from app.events.facts import claim_text

TAKEN = 'another record has this value now'
REFERRED = 'it is referred to since'


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
