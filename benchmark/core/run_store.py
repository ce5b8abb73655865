"""The benchmark's run store."""

from tracking import Store


def open_store(uri: str | None = None, *, create: bool = True) -> Store:
    """Opens the store at `uri`, by default the one that the environment or mlflow.yml names; see `Store.open`."""
    return Store.open(uri, create=create)
