"""Fixtures of the attack suite. It stands on the black-box harness, and prints what every attack did and cost."""

import pathlib
import resource
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))

from house import binary  # noqa: E402
from measure import MIB, Latency  # noqa: E402
from siege import Attack, Siege, scale  # noqa: E402

DESCRIPTORS_WANTED = 16384  # for the crowds: theirs in this process, and the daemon's, which inherits the limit
NOTICED_MAX = 2  # cases of some hundred in which a shared machine may stand still for a moment
PEACE = pytest.StashKey()
ROWS = pytest.StashKey()


def pytest_configure(config):
    config.stash[ROWS] = []
    config.stash[PEACE] = Latency()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, DESCRIPTORS_WANTED), hard))


def pytest_collection_modifyitems(items):
    if binary() is None:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder"))


def leave(siege):
    """The daemon that stood it all ends in order, and its store agrees with its journal."""
    house = siege.house
    try:
        if house.process:
            siege.honest.kill()
            house.children.remove(siege.honest)
            assert house.stop() == 0, f"the daemon ended with {house.status}\n{house.log()[-4000:]}"
        status, text = house.run("--verify")
        assert status == 0, text
    finally:
        house.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed and getattr(item, "siege", None):
        report.sections.append(("the daemon's log", item.siege.house.log()[-4000:]))


@pytest.fixture(scope="session")
def fortress(request):
    """One daemon for all attacks that change nothing; the same process to the end."""
    siege = Siege()
    request.config.stash[PEACE] += siege.at_peace(scale(3.0, 10.0))
    yield siege
    request.config.stash[PEACE] += siege.at_peace(scale(2.0, 10.0))
    leave(siege)
    total = sum((row.latency for row in request.config.stash[ROWS]), Latency())
    assert total.is_good(), f"the honest peer, over all attacks: {total}"
    noticed = [row.name for row in request.config.stash[ROWS] if row.noticed]
    assert len(noticed) <= NOTICED_MAX, f"the honest peer was held up by {noticed}"


def carry_out(request, siege):
    request.node.siege = siege
    attack = Attack(siege, request.node.originalname)
    yield attack
    attack.finish()
    request.config.stash[ROWS].append(attack)


@pytest.fixture
def attack(request, fortress):
    """An attack on the fortress; its end is judged when the test is over."""
    yield from carry_out(request, fortress)


@pytest.fixture
def house_options():
    return {}


@pytest.fixture
def own_attack(request, house_options):
    """An attack on a daemon of its own, for what changes its configuration or ends it."""
    siege = Siege(**house_options)
    try:
        yield from carry_out(request, siege)
    finally:
        leave(siege)


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash[ROWS]
    if not rows:
        return
    write = terminalreporter.write_line
    write("")
    write(f"{'attack':<78} {'attempts':>9} {'accepted':>8} {'p99 ms':>7} {'own':>6} {'machine':>7} {'MiB':>5}")
    for row in rows:
        write(f"{row.name.removeprefix('test_'):<78} {row.attempts:>9} {row.accepted:>8} {row.latency.p99():>7.1f} "
              f"{row.latency.own_p99():>6.1f} {row.latency.machine_p99():>7.1f} {row.grown / MIB:>5.1f}")
    total = sum((row.latency for row in rows), Latency())
    write(f"{len({row.name for row in rows})} distinct attacks, {sum(row.attempts for row in rows)} attempts, "
          f"{sum(row.accepted for row in rows)} accepted")
    write(f"the honest peer under attack: {total}")
    write(f"the honest peer at peace:     {config.stash[PEACE]}")
