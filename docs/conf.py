"""How Sphinx renders these pages; the prose is plain Markdown, and pytest runs its code."""

from __future__ import annotations

project = "driftline"
author = "the driftline authors"
copyright = author
extensions = ["myst_parser", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "driftline"
html_copy_source = False
html_show_sphinx = False
