"""What was found, shown: figures, one HTML file, JSON, a terminal's text, Markdown, JUnit and a notebook's cell."""
