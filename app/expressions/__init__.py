"""One language for filters, row rules, validations and defaults: SQL expressions over a record.

An expression is read once, checked against the fields it names, and then either written as DuckDB SQL with parameters
or computed in memory for one record; both ways give the same value. What cannot be computed, such as a quotient by zero
or a sum out of range, is NULL.
"""

from app.expressions.expression import Expression, Row, User, Written, parse_expression
from app.expressions.kinds import BOOLEAN, DATE, TEXT, TIMESTAMP, Kind, kind_of_column, to_stored
from app.expressions.node import Path
from app.expressions.scope import Named, Scope, Source

__all__ = [
    'BOOLEAN',
    'DATE',
    'TEXT',
    'TIMESTAMP',
    'Expression',
    'Kind',
    'Named',
    'Path',
    'Row',
    'Scope',
    'Source',
    'User',
    'Written',
    'kind_of_column',
    'parse_expression',
    'to_stored',
]
