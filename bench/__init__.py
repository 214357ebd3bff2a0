"""How fast the lab is: measured as ratios within one run, so that any machine can judge."""
