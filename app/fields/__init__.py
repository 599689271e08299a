"""Field types, one per module. A file dropped in here adds a type to YAML, tables, REST, forms and grids."""

from importlib import import_module
from pkgutil import iter_modules

from app.fields.base import FIELD_TYPES, Choices, Field

for _module in iter_modules(__path__):
    import_module(f'{__name__}.{_module.name}')

__all__ = ['FIELD_TYPES', 'Choices', 'Field']
