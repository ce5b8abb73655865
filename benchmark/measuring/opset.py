"""The ONNX opset of a model file, read from its bytes: the onnx package is not needed where a bundle answers."""

from pathlib import Path

from benchmark.errors import InputError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/)."""
OPSET_IMPORT, DOMAIN, VERSION = 8, 1, 2
"""Fields of onnx.proto: ModelProto.opset_import, and of OperatorSetIdProto the domain and its version."""
STANDARD = ("", "ai.onnx")
LONGEST_VARINT = 10
"""Bytes of a number of 64 bits."""

Value = int | memoryview


def opset(path: Path) -> int:
    """Version of the standard operator set that `path` was exported with; InputError where it is no ONNX file."""
    try:
        imports = [_fields(_bytes(value)) for value in _fields(memoryview(path.read_bytes()))[OPSET_IMPORT]]
        versions = {_domain(one): _number(one[VERSION][0]) for one in imports}
        return next(versions[name] for name in STANDARD if name in versions)
    except (KeyError, IndexError, ValueError, StopIteration):
        raise InputError(
            f"{path} is no ONNX model. Copy the bundle's whole folder again, or export it again."
        ) from None


def _domain(fields: dict[int, list[Value]]) -> str:
    return bytes(_bytes(fields[DOMAIN][0])).decode() if DOMAIN in fields else ""


def _bytes(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where bytes are needed")
    return value


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise ValueError("bytes where a number is needed")
    return value


def _fields(data: memoryview) -> dict[int, list[Value]]:
    """Values of a message by field number; nested messages as bytes."""
    found: dict[int, list[Value]] = {}
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        value, place = _value(data, place, key & 7)
        found.setdefault(key >> 3, []).append(value)
    return found


def _value(data: memoryview, place: int, wire_type: int) -> tuple[Value, int]:
    if wire_type == VARINT:
        return _varint(data, place)
    if wire_type == BYTES:
        length, place = _varint(data, place)
    else:
        length = {FIXED64: 8, FIXED32: 4}[wire_type]
    if place + length > len(data):
        raise ValueError("cut off")
    return data[place : place + length], place + length


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """Seven bits a byte, the least significant first; the eighth says that more follow."""
    number = 0
    for n in range(LONGEST_VARINT):
        byte = data[place + n]
        number |= (byte & 0x7F) << 7 * n
        if byte < 0x80:
            return number, place + n + 1
    raise ValueError("a number without an end")
