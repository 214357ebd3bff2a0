"""From topology, plan and stages to node trees: pure, no lab needed."""
