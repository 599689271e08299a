"""Unit tests of what pages are made of."""
