"""What can go wrong with a store of runs, with a message for people."""


class StoreError(Exception):
    """The store does not answer, cannot be written, or refuses what is asked."""


class NoStoreError(StoreError):
    """There is no store at the address yet, and none was to be created."""
