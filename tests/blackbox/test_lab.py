"""The demo as its viewer sees it, and the bench, which must not rot between two measurements."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("WENZHENG_BIN_DIR", ROOT / "build/release/bin"))
PROFILE = ROOT / "profiles/guangdong.yaml"
SAMPLE = ROOT / "tests/data/sample.jsonl"
needs_programs = pytest.mark.skipif(not (BIN / "wenzheng-bench").exists(),
                                    reason="no programs here; WENZHENG_BIN_DIR names their folder")
pytestmark = needs_programs


def run(*command, folder):
    environment = {**os.environ, "DEMO_BIN": str(BIN), "TMPDIR": str(folder)}
    return subprocess.run(command, timeout=120, capture_output=True, encoding="utf-8", env=environment,
                          stdin=subprocess.DEVNULL, check=False)


def test_the_demo_tells_its_story_without_colours_and_leaves_nothing_behind(tmp_path):
    done = run(ROOT / "demo", folder=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stderr == "" and "\033" not in done.stdout
    told = [re.sub(r"\s+", " ", line).strip() for line in done.stdout.splitlines()]
    for kind, times in (("催办 reminder", 3), ("督办 rung 1", 3), ("督办 rung 2", 2), ("督办 rung 3", 2)):
        assert sum(line.startswith(kind) for line in told) == times
    assert any(line.endswith("6 cases rebuilt, 0 differences") for line in told)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("test", ["pub", "rt"])
@pytest.mark.parametrize("window", ["1", "64", "400"])
def test_the_bench_measures_a_daemon_of_its_own(test, window, tmp_path):
    done = run(BIN / "wenzheng-bench", test, window, "500", "--self", "--profile", PROFILE, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    figures = dict(word.split("=") for word in done.stdout.split())
    assert (figures["peer"], figures["test"], figures["W"], figures["n"]) == ("wenzhengd", test, window, "500")
    assert float(figures["rate"]) > 0 and 0 < float(figures["p50_ms"]) <= float(figures["p99_ms"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [("wenzheng-bench", "pub", "1", "10", "--self", "--profile", PROFILE),
                                     ("wenzheng-replay", SAMPLE, "--profile", PROFILE, "--json")])
def test_figures_that_cannot_be_written_are_an_error(command, tmp_path):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BIN / command[0], *command[1:]], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                              timeout=120, env={**os.environ, "TMPDIR": str(tmp_path)}, check=False)
    assert done.returncode == 1 and b"cannot write the figures to standard output" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [(), ("pub", "1"), ("sub", "1", "1", "--self", "--profile", "x"),
                                       ("pub", "401", "1", "--self", "--profile", "x"), ("pub", "1", "1", "--self"),
                                       ("rt", "1", "1", "--portal", "tcp://127.0.0.1:1")])
def test_wrong_usage_of_the_bench_is_status_2(arguments, tmp_path):
    done = run(BIN / "wenzheng-bench", *arguments, folder=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and done.stderr
