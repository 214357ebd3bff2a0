"""The embedded engine. Each module is on one of two sides of a socket.

The caller's: ``engine`` (start reading here), ``blueprint`` and ``bundle`` (pure), ``client``, ``state``, ``reap``.
The holder's, inside the lab's namespaces: ``holder``, ``build``, ``wiring``, ``life``, ``agent``, ``files``.
"""
