"""The live page: what a lab does now, seen in browsers of this machine, and the one thing that may be done from there."""
