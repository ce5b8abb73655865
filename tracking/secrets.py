"""`python -m tracking.secrets`: new passwords for docker-compose.yml, in a file that only its owner can read."""

import argparse
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

BYTES = 24
"""Length of a password: 192 bits, written as hexadecimal digits, which need no quoting in a file or shell."""
OWNER_ONLY = 0o600
DONE, BAD_INPUT = 0, 2


def write(path: Path) -> None:
    """Writes lines `NAME=value` with new passwords; raises FileExistsError if a server may use those of the file."""
    admin = secrets.token_hex(BYTES)
    values = {
        "POSTGRES_PASSWORD": secrets.token_hex(BYTES),
        "MLFLOW_DB_PASSWORD": secrets.token_hex(BYTES),
        "OPTUNA_DB_PASSWORD": secrets.token_hex(BYTES),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_hex(BYTES),
        "MLFLOW_AUTH_ADMIN_PASSWORD": admin,
        "MLFLOW_TRACKING_USERNAME": "admin",  # this and the next are for clients of the server
        "MLFLOW_TRACKING_PASSWORD": admin,
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the file and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tracking.secrets", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=Path(".env"), help="default: .env")
    path = parser.parse_args(arguments).file
    try:
        write(path)
    except FileExistsError:
        problem = "exists, and a server may use its passwords. Use it too, or move it away."
    except OSError as error:
        problem = f"cannot be written: {error.strerror}. Name another file."
    else:
        print(f"Wrote {path}. Keep it as long as the server's volumes, and out of git.")
        return DONE
    print(f"{path} {problem}", file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
