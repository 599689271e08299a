"""Small files of the same shapes: natural and compound keys, NULLs, decimals, umlauts, references, ragged rows."""

from __future__ import annotations

from pathlib import Path

CUSTOMERS = 12
ORDERS = 30
NAMES = ['Müller & Söhne', 'Béla Kovács', "O'Brien", 'Łódź "Import"', 'Ñandú', '山田商店']
STREETS = ['Hauptstraße 5', 'Rua Orós, 92', 'C/ Araquil, 67', 'Main St. 1', '24, place Kléber', 'Gran Vía 1']


def generate(folder: Path) -> None:
    """Write the eleven files; addresses with a comma are left unquoted in customers, orders and suppliers."""
    for name, (header, rows) in _tables().items():
        lines = [header, *(','.join(_cell(value) for value in row) for row in rows)]
        (folder / f'{name}.csv').write_text('\n'.join(lines) + '\n', 'utf-8')


class Unquoted(str):
    """A text whose comma somebody forgot to quote."""

    __slots__ = ()


def _cell(value: object) -> str:
    if value is None:
        return 'NULL'
    text = str(value)
    if isinstance(value, Unquoted) or not set(text) & set(',"\n'):
        return text
    return '"' + text.replace('"', '""') + '"'


def _tables() -> dict[str, tuple[str, list[list[object]]]]:
    firms = [[f'C{n:03}', NAMES[n % 6], None, 'Owner', *_place(n), None] for n in range(1, CUSTOMERS + 1)]
    return {
        'regions': ('regionID,regionDescription', [[1, 'Nörd'], [2, 'Süd']]),
        'territories': (
            'territoryID,territoryDescription,regionID',
            [[f'0{n}581', f'Ort {n}', 1 + n % 2] for n in range(4)],
        ),
        'employees': (_EMPLOYEES, [_employee(n, 2 if n == 1 else None) for n in (1, 2, 3)]),
        'employee-territories': ('employeeID,territoryID', [[1, '00581'], [2, '01581'], [2, '03581']]),
        'categories': (
            'categoryID,categoryName,description,picture',
            [[1, 'Tee', 'Grün, schwarz', '0x15'], [2, 'Öl', None, None]],
        ),
        'suppliers': (_SUPPLIERS, [[n, NAMES[n], 'Ana', None, *_place(n), None, '#A.HTM#'] for n in (1, 2, 3)]),
        'shippers': ('shipperID,companyName,phone', [[1, 'Schnell', '(503) 555-9831'], [2, 'Gut', None]]),
        'customers': (_CUSTOMERS, firms),
        'products': (
            _PRODUCTS,
            [[n, f'Ware {n}', 1 + n % 3, 1 + n % 2, None, f'{n}.4500', n, 0, 5, n % 2] for n in range(1, 9)],
        ),
        'orders': (_ORDERS, [_order(n) for n in range(1, ORDERS + 1)]),
        'order-details': ('orderID,productID,unitPrice,quantity,discount', list(_details())),
    }


def _place(n: int) -> list[object]:
    return [Unquoted(STREETS[n % 6]), 'Köln', None, '01234', ['Germany', 'Brazil', 'Spain'][n % 3], '030-0074321']


def _employee(n: int, boss: int | None) -> list[object]:
    dates = ['1948-12-08 00:00:00.000', '1992-05-01 08:30:00.000']
    rest = [
        '507 - 20th Ave.',
        'Seattle',
        'WA',
        '98122',
        'USA',
        '(206) 555-9857',
        '5467',
        None,
        'Says "hi", often',
        boss,
        None,
    ]
    return [n, 'Davolio', 'Nancy', 'Sales, senior', 'Ms.', *dates, *rest]


def _order(n: int) -> list[object]:
    dates = [f'1996-07-{n:02} 00:00:00.000', None, f'1996-08-{n:02} 00:00:00.000']
    return [
        10_000 + n,
        f'C{1 + n % CUSTOMERS:03}',
        1 + n % 3,
        *dates,
        1 + n % 2,
        f'{n}.38',
        NAMES[n % 6],
        *_place(n)[:5],
    ]


def _details() -> list[list[object]]:
    return [
        [10_000 + n, product, f'{product}.{n:02}', n + product, ['0', '0.05', '0.15'][n % 3]]
        for n in range(1, ORDERS + 1)
        for product in range(1, 2 + n % 4)
    ]


_EMPLOYEES = (
    'employeeID,lastName,firstName,title,titleOfCourtesy,birthDate,hireDate,address,city,region,postalCode,country,'
    'homePhone,extension,photo,notes,reportsTo,photoPath'
)
_SUPPLIERS = 'supplierID,companyName,contactName,contactTitle,address,city,region,postalCode,country,phone,fax,homePage'
_CUSTOMERS = 'customerID,companyName,contactName,contactTitle,address,city,region,postalCode,country,phone,fax'
_PRODUCTS = (
    'productID,productName,supplierID,categoryID,quantityPerUnit,unitPrice,'
    'unitsInStock,unitsOnOrder,reorderLevel,discontinued'
)
_ORDERS = (
    'orderID,customerID,employeeID,orderDate,requiredDate,shippedDate,shipVia,freight,shipName,shipAddress,shipCity,'
    'shipRegion,shipPostalCode,shipCountry'
)
