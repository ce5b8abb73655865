"""The ONNX opset of a model file, read from its bytes: the onnx package is not needed where a bundle answers."""

from pathlib import Path

from benchmark.errors import InputError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/)."""
OPSET_IMPORT, DOMAIN, VERSION = 8, 1, 2
"""Fields of onnx.proto: ModelProto.opset_import, and of OperatorSetIdProto the domain and its version."""
STANDARD = ("", "ai.onnx")


def opset(path: Path) -> int:
    """Version of the standard operator set that `path` was exported with; InputError where it is no ONNX file."""
    try:
        imports = [_fields(memoryview(value)) for value in _fields(memoryview(path.read_bytes()))[OPSET_IMPORT]]
        versions = {bytes(one.get(DOMAIN, [b""])[0]).decode(): one[VERSION][0] for one in imports}
        return next(int(versions[name]) for name in STANDARD if name in versions)
    except (KeyError, IndexError, ValueError, StopIteration):
        raise InputError(
            f"{path} is no ONNX model. Copy the bundle's whole folder again, or export it again."
        ) from None


def _fields(data: memoryview) -> dict[int, list]:  # type: ignore[type-arg]
    """Values of a message by field number; nested messages as bytes."""
    found: dict[int, list] = {}  # type: ignore[type-arg]
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        value, place = _value(data, place, key & 7)
        found.setdefault(key >> 3, []).append(value)
    return found


def _value(data: memoryview, place: int, wire_type: int) -> tuple[int | memoryview, int]:
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
    number, shift = 0, 0
    while True:
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
