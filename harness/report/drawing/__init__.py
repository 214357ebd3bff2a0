"""The network as a drawing: what is drawn, where a layout program put it, and the formats it is written in."""
