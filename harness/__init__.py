"""v6lab: a network lab that verifies a government's move from IPv4 to IPv6 before production."""
