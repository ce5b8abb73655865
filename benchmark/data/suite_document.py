"""The YAML of a suite file, whose keys know their lines."""

from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmark.core.errors import DataError, InputError
from benchmark.data.rows import shorten

SUFFIXES = (".yml", ".yaml")


class Document(NamedTuple):
    """A parsed YAML file with its nodes, which know their lines."""

    path: Path
    content: Any
    root: yaml.Node | None

    def where(self, loc: Sequence[int | str]) -> str:
        """File, line and data set of the innermost of these nested keys that exists."""
        node, line = self.root, 1
        for key in loc:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            found = next(((name, value) for name, value in pairs if name.value == str(key)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        dataset = f", data set {shorten(loc[1])}" if loc[0] == "datasets" and len(loc) > 1 else ""
        return f"{self.path}, line {line}{dataset}"


class _UniqueKeys(yaml.SafeLoader):
    """Refuses equal keys, of which SafeLoader silently takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := [key for key, count in counts.items() if count > 1]:
            raise yaml.MarkedYAMLError(problem=f"key {shorten(twice[0])} occurs twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def read_document(path: Path) -> Document:
    """Raises DataError for a file that cannot be read, InputError for invalid YAML."""
    try:
        loader = _UniqueKeys(path.read_bytes())
        root = loader.get_single_node()
        return Document(path, loader.construct_document(root) if root else None, root)
    except FileNotFoundError:
        raise DataError(f"Suite file {str(path)!r} does not exist. Check the path.") from None
    except OSError as error:
        raise DataError(f"Suite file {str(path)!r} cannot be read: {error}.") from None
    except Exception as error:  # the loader raises a dozen builtin errors besides YAMLError
        reason = " ".join(str(error).replace(' in "<byte string>",', " at").split())[:300]
        raise InputError(f"{path} is not valid YAML: {reason}. See the README for the form of a suite file.") from None


def suite_name(name_or_file: str) -> str:
    """Name under which a store has the runs of a suite; the data of a suite file need not be there any more."""
    path = Path(name_or_file)
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return name_or_file
    content = read_document(path).content
    return str(content.get("name", path.stem)) if isinstance(content, dict) else path.stem
