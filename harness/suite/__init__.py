"""All that knows pytest: the marker, the fixtures, outcomes, and running by check or stage."""
