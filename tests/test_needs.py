"""`needs`: a missing part of the system skips a test, but in CI it fails it, a GPU excepted."""

import conftest
import pytest
from _pytest.outcomes import Failed, Skipped


@pytest.fixture(params=["bubblewrap", "chromium", "cuda"])
def missing(request, monkeypatch):
    monkeypatch.setitem(conftest.PARTS, request.param, lambda: f"no {request.param} here")
    return request.param


def test_a_missing_part_skips_with_its_reason(missing):
    with pytest.raises(Skipped, match=f"no {missing} here"):
        conftest.require(missing, environ={})


def test_in_ci_it_fails_with_the_way_out(missing):
    kind = Skipped if missing == "cuda" else Failed
    with pytest.raises(kind, match=f"no {missing} here") as caught:
        conftest.require(missing, environ={"CI": "true"})
    assert missing == "cuda" or "grader doctor --fix" in str(caught.value)


def test_a_part_that_is_there_changes_nothing(monkeypatch):
    monkeypatch.setitem(conftest.PARTS, "chromium", lambda: "")
    conftest.require("chromium", environ={"CI": "true"})


def test_an_unknown_part_is_a_mistake_of_the_test():
    with pytest.raises(KeyError):
        conftest.require("chromum")
