"""Unit tests of the CRUD Engine, over a real log in a folder of its own."""
