"""The yardstick has to fail when it should, or it measures nothing; and the page that lists the cases has to be true."""

import ast
import pathlib
import re
import signal

import pytest

from measure import MIB, Latency
from siege import Attack, Siege

FOLDER = pathlib.Path(__file__).parent


@pytest.fixture
def bare_attack():
    """An attack whose end is looked at by the test and not by the fixture."""
    siege = Siege()
    attack = Attack(siege, "bare")
    yield attack
    siege.house.close()


def test_a_daemon_that_stands_still_now_and_then_is_noticed(bare_attack):
    attack = bare_attack
    for _ in range(6):
        attack.process.signal(signal.SIGSTOP)
        attack.world.pass_time(0.15)
        attack.process.signal(signal.SIGCONT)
        attack.world.pass_time(0.35)
    attack.tried()
    attack.finish()
    assert attack.noticed


def test_a_daemon_that_stands_still_for_long_fails_its_case_alone(bare_attack):
    attack = bare_attack
    for _ in range(2):
        attack.process.signal(signal.SIGSTOP)
        attack.world.pass_time(1.2)
        attack.process.signal(signal.SIGCONT)
        attack.world.pass_time(1.0)
    attack.tried()
    with pytest.raises(AssertionError, match="the honest peer"):
        attack.finish()


def test_memory_that_grows_is_noticed(bare_attack):
    attack = bare_attack
    attack.memory = 4 * MIB
    peer = attack.raw_member("web")
    for _ in range(3000):
        peer.send_frame(peer.sealed(b"x" * 4000, 1), 0)
    attack.world.pass_time(0.2)
    attack.tried()
    with pytest.raises(AssertionError, match="the daemon grew"):
        attack.finish()


def test_somebody_who_got_in_is_noticed(bare_attack):
    bare_attack.tried(accepted=True)
    with pytest.raises(AssertionError, match="1 of 1 got in"):
        bare_attack.finish()


def test_a_message_that_nobody_may_have_stored_is_noticed(bare_attack):
    bare_attack.member("web").submit("not announced")
    bare_attack.tried()
    with pytest.raises(AssertionError, match="are stored"):
        bare_attack.finish()


def test_another_process_in_the_daemons_place_is_noticed(bare_attack):
    bare_attack.pause()
    bare_attack.house.restart()
    bare_attack.siege.warm_up()
    bare_attack.siege.honest.go()
    bare_attack.tried()
    with pytest.raises((AssertionError, OSError)):
        bare_attack.finish()


def test_what_the_machine_adds_is_not_the_daemons():
    def latency(echo, starved):
        return Latency([(n / 100, 80.0, echo, starved) for n in range(200)])

    assert latency(79.0, 0.0).is_good() and latency(1.0, 75.0).is_good()
    assert not latency(1.0, 1.0).is_good()


# ---- the page ----


def cases_of_the_code():
    """Every test that is an attack: it takes the fixture `attack` or `own_attack`."""
    for path in sorted(FOLDER.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                if {argument.arg for argument in node.args.args} & {"attack", "own_attack"}:
                    yield node.name.removeprefix("test_")


def cases_of_the_page():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `(\w+)` \|", page, flags=re.M), page


def test_the_page_names_every_case_and_no_other():
    named, _ = cases_of_the_page()
    assert sorted(named) == sorted(cases_of_the_code())
    assert len(named) == len(set(named)) >= 40


def test_the_page_says_of_every_finding_where_it_is_provoked():
    _, page = cases_of_the_page()
    for finding in range(1, 18):
        assert re.search(rf"^\| {finding} \|", page, flags=re.M), f"finding {finding}"
