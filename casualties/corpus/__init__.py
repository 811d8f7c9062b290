"""Labelled articles: records, marks in running text, and the collections they come from."""
