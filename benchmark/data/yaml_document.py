"""YAML files written by hand: no key twice, and the line of every key, for messages."""

from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmark.core.errors import DataError, InputError
from benchmark.data.rows import shorten


class _UniqueKeys(yaml.SafeLoader):
    """The plain loader silently keeps the last of two equal keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := [key for key, count in counts.items() if count > 1]:
            raise yaml.MarkedYAMLError(problem=f"key {shorten(twice[0])} occurs twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


class YamlDocument:
    """The parsed content of a file, and its lines."""

    def __init__(self, path: Path, kind: str) -> None:
        """Raises DataError for a file that cannot be read, InputError for invalid YAML.

        `kind` names the file in messages, as "suite file".
        """
        try:
            loader = _UniqueKeys(path.read_bytes())
            self._root = loader.get_single_node()
            self.content: Any = loader.construct_document(self._root) if self._root else None
        except FileNotFoundError:
            raise DataError(f"{kind.capitalize()} {str(path)!r} does not exist. Check the path.") from None
        except OSError as error:
            raise DataError(f"{kind.capitalize()} {str(path)!r} cannot be read: {error}.") from None
        except Exception as error:  # the loader raises a dozen builtin errors besides YAMLError
            detail = " ".join(str(error).split())[:300]
            raise InputError(f"{path} is not valid YAML: {detail}. See the README for the form of a {kind}.") from None

    def line(self, keys: Sequence[object]) -> int:
        """Line of the innermost of these nested keys that exists, from 1."""
        node, line = self._root, 1
        for key in keys:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            found = next(((name, value) for name, value in pairs if name.value == str(key)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line
