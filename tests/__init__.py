"""Everything is tested here: `make test`."""
