"""Unit tests of the field types."""
