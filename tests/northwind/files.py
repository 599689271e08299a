"""The CSV files: where they are, which of their rows are ragged, and how these are mended."""

from __future__ import annotations

import csv
import os
from pathlib import Path

TABLES = {
    'regions': 'regions',
    'territories': 'territories',
    'employees': 'employees',
    'employee_territories': 'employee-territories',
    'categories': 'categories',
    'suppliers': 'suppliers',
    'shippers': 'shippers',
    'customers': 'customers',
    'products': 'products',
    'orders': 'orders',
    'order_details': 'order-details',
}
"""Entity -> file, in an order in which every reference leads to something imported before."""

CONFIG = Path(__file__).parent / 'config'
REAL = Path(os.environ.get('DBBASIC_TEST_DATA', Path(__file__).parents[3] / 'shared' / 'data')) / 'northwind'

Rows = list[list[str]]


def read(path: Path) -> Rows:
    """Header and rows, as they stand in the file."""
    with path.open(encoding='utf-8', newline='') as file:
        return [row for row in csv.reader(file) if row]


def ragged(path: Path) -> list[int]:
    """The numbers (from 1, the header not counted) of the rows that have too many or too few cells."""
    header, *rows = read(path)
    return [number for number, row in enumerate(rows, 1) if len(row) != len(header)]


def mend(source: Path, target: Path) -> None:
    """Copy all files; a cell that begins with a space continues the one before it, whose comma nobody had quoted."""
    for name in TABLES.values():
        header, *rows = read(source / f'{name}.csv')
        with (target / f'{name}.csv').open('w', encoding='utf-8', newline='') as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(_rejoined(row, len(header)) for row in rows)


def _rejoined(row: list[str], wanted: int) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if len(row) > wanted and cells and cell.startswith(' '):
            cells[-1] += f',{cell}'
        else:
            cells.append(cell)
    assert len(cells) == wanted, f'{row} cannot be mended'
    return cells
