"""What the uses of a change left behind, read into types: one kind a module."""
