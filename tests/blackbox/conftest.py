"""What every black-box test stands on. A house is checked when its test is over: the daemon still runs and
ends in order, and what it leaves behind agrees with its own journal."""

import os
import random

import pytest

from house import House, binary
from puppet import Puppet


def pytest_collection_modifyitems(items):
    if binary() is not None:
        return
    for item in items:
        if "new_house" in item.fixturenames or "shared_house" in item.fixturenames:
            item.add_marker(pytest.mark.skip(reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    report_houses = getattr(item, "houses", []) + getattr(item.getparent(pytest.Module), "houses", [])
    if report.failed:
        for house in report_houses:
            report.sections.append((f"log of {house.folder}", house.log()[-6000:]))
    setattr(item, "failed_" + report.when, report.failed)


def leave(house, failed):
    try:
        if failed or getattr(house, "is_broken", False):
            return
        if house.process:
            assert house.stop() == 0, f"the daemon ended with {house.status}\n{house.log()[-4000:]}"
        if house.store.exists():
            status, text = house.run("--verify")
            assert status == 0, f"--verify after the test: {text}\n{house.log()[-4000:]}"
    finally:
        house.close()


@pytest.fixture
def new_house(request):
    """Makes houses; each is left in order when the test is over. The daemon is not started yet."""
    request.node.houses = []

    def make(**options):
        house = House(**options)
        request.node.houses.append(house)
        return house

    yield make
    failed = getattr(request.node, "failed_call", True)
    for house in request.node.houses:
        leave(house, failed)


@pytest.fixture
def house(new_house):
    """A house of a test's own, with its daemon running."""
    return new_house().start()


@pytest.fixture(scope="module")
def shared_house(request):
    """One running daemon for all tests of a module that change nothing or do not mind each other."""
    house = House().start()
    request.node.houses = [house]
    yield house
    leave(house, request.session.testsfailed > 0)


@pytest.fixture
def puppet(tmp_path):
    """A daemon that says what the test tells it."""
    one = Puppet(tmp_path)
    yield one
    one.close()


@pytest.fixture
def seed():
    """Of a random test: printed, and given by WENZHENG_SEED to run it again."""
    value = int(os.environ.get("WENZHENG_SEED") or random.SystemRandom().randrange(2**32))
    print(f"WENZHENG_SEED={value}")
    return value
