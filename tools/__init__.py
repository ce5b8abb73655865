"""Programs for maintainers; nothing of it is installed."""
