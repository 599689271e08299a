"""Unit tests of the permission rules."""
