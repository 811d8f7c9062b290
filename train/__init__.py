"""Training: needs the extra `casualties[train]`."""
