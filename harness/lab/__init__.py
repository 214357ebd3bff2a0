"""A running lab: up, down, at which stage it is, and when it has converged."""
