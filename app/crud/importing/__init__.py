"""Many records from one file: all of its rows, or none and the list of what is wrong with which row."""

from app.crud.importing.import_api import ImportApi
from app.crud.importing.imports import Imports

__all__ = ['ImportApi', 'Imports']
