"""Tests that share a lab, which comes up once for all of them."""
