"""Files that are no longer as they were written."""

from pathlib import Path
from random import Random


def flip_a_bit(path: Path) -> None:
    """Of the byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_off_the_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-70])


def damage(path: Path, dice: Random) -> str:
    """Flips a bit, cuts the end off, empties the file, or fills it with zeros; returns what was done."""
    content = bytearray(path.read_bytes())
    place = dice.randrange(len(content))
    what = dice.choice(["bit", "cut", "empty", "zeros"])
    if what == "bit":
        content[place] ^= 1 << dice.randrange(8)
    elif what == "zeros":
        content = bytearray(b"\1" * len(content))
    else:
        content = content[: place if what == "cut" else 0]
    path.write_bytes(content)
    return f"{what} at byte {place} of {path.name}"
