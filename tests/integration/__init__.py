"""Tests over HTTP on real ports."""
