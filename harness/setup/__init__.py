"""Set-up of a machine: Debian packages, the virtual environment, the node image. Standard library only.

``python -m harness.setup`` does what is missing of all three; a part's name as argument does that part alone.
"""
