"""CRUD Engine: entities defined in YAML become typed tables, REST endpoints and live changes."""

from app.crud.api import DataApi
from app.crud.attached import differences
from app.crud.author import Author
from app.crud.catalog import Catalog
from app.crud.demo import seed
from app.crud.field_rules import Following, follow
from app.crud.history import History
from app.crud.record import Record
from app.crud.records import Records
from app.crud.related import Related
from app.crud.views import Views

__all__ = [
    'Author',
    'Catalog',
    'DataApi',
    'Following',
    'History',
    'Record',
    'Records',
    'Related',
    'Views',
    'differences',
    'follow',
    'seed',
]
