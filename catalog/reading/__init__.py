"""What a saved page holds: its markup, its visible text, and which of them to believe."""
