"""The environment in which one call of a program fails, or its wall clock stands still: failing_call.c goes before the
system's libraries."""

import pathlib

from house import binary

LIBRARY = pathlib.Path(binary() or "/nowhere").with_name("failing-call.so")
PRELOADED = {"LD_PRELOAD": str(LIBRARY), "ASAN_OPTIONS": "verify_asan_link_order=0"}


def failing(name, nth, error, mark):
    """The nth call of this name, "*" for any, fails with this errno, or is its last if `error` is a negative signal.
    `mark` is there afterwards if there was such a call."""
    return {**PRELOADED, "WENZHENG_FAIL": f"{name}:{nth}:{error}", "WENZHENG_FAILED": str(mark)}


def standing_at(moment):
    """`moment`: a datetime with its zone."""
    return {**PRELOADED, "WENZHENG_NOW": str(int(moment.timestamp()))}
