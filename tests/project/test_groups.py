"""Tests with a costly fixture in common run in one process."""

import pytest


@pytest.mark.xdist_group("project")
def test_a_test_of_a_group_is_known_by_its_id(request: pytest.FixtureRequest) -> None:
    """Which pytest-xdist 3.8 distributes tests by; its workers alone have this option."""
    grouped = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@project") == grouped
