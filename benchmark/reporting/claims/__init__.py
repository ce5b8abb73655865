"""The paper's claims about students, judged by our runs."""
