"""Judges: pure functions from what was seen and what was expected to findings. No findings is a pass."""
