"""Files that are no text, known by how they begin."""

from app.errors import Malformed

PACKED = {
    b'\x1f\x8b': 'The file is packed by gzip',
    b'PK\x03\x04': 'The file is a zip archive or an Excel workbook (.xlsx)',
    b'\xd0\xcf\x11\xe0': 'The file is an old Excel workbook (.xls)',
    b'BZh': 'The file is packed by bzip2',
    b'\xfd7zXZ': 'The file is packed by xz',
    b'\x28\xb5\x2f\xfd': 'The file is packed by zstd',
    b'%PDF': 'The file is a PDF',
}


def refuse_packed(beginning: bytes) -> None:
    """Refuse what is no text, by how it begins."""
    for magic, what in PACKED.items():
        if beginning.startswith(magic):
            raise Malformed(f'{what}; send the text itself, such as CSV in UTF-8.')
