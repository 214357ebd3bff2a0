"""Charts as SVG inside a page: text stays text, and no meaning is in a colour alone."""
