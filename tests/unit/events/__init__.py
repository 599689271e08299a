"""Tests of the log, one file for each of its modules."""
