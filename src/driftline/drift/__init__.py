"""Two profiles, and out comes how far apart they are, and how far apart chance alone would put them."""
