"""Options, console output, progress and exit codes."""
