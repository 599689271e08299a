"""How often a property is tried: a sample in `make test`, all of it in `make test-long`."""

import os

LONG = 'DBBASIC_LONG_TESTS'
"""Set in the environment by `python -m tests --long`."""


def rounds(whole: int) -> int:
    """So many examples in the long round, and a fifth of them otherwise."""
    return whole if os.environ.get(LONG) else max(5, whole // 5)
