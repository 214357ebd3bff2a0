"""The command line: one command a module, parsing and printing only."""
