"""The address plan: what is written once, and everything that follows from it."""
