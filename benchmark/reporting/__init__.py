"""From run records to leaderboard, claims and files, without torch."""
