"""Command-line scripts; each parses its arguments and calls the package."""
