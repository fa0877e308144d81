"""What the Tab key offers: from --help and from the running daemon, so it cannot be out of date."""

import os
import pathlib
import shlex
import subprocess

import pytest
from test_ctl import busy, ctl, program  # noqa: F401 (fixtures)

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "ctl" / "completion" / "wenzhengctl"


def offered(*words, **environment):
    """What bash would offer for the last of these words."""
    line = " ".join(shlex.quote(str(word)) for word in (program(), *words))
    script = f"source {SCRIPT}; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _wenzhengctl; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", script], capture_output=True, encoding="utf-8", timeout=30, check=False,
                          env={**os.environ, **environment})
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def test_commands_and_options_come_from_the_help():
    assert {"cases", "doctor", "revoke"} <= set(offered(""))
    assert offered("sta") == ["status"]
    assert offered("cases", "--out") == ["--output"]
    assert set(offered("cases", "--")) >= {"--state", "--json", "--endpoint"}
    assert offered("cases", "--state", "tr") == ["triage"]
    assert offered("cases", "--output", "DE") == ["DEPARTMENT"]
    assert offered("clock", "a") == ["accept"]


def test_departments_and_cases_come_from_the_daemon(busy):  # noqa: F811
    here = busy.arguments()
    assert {"edu", "water", "police"} == set(offered("drain", *here, ""))
    assert set(offered("show", *here, "")) == set(busy.numbers)
    assert offered("assign", *here[:4], "--server-key", here[-1], busy.numbers[2], "wa") == ["water"]
    assert offered("cases", *here, "--department", "ed") == ["edu"]


def test_it_is_the_same_for_those_who_read_chinese(busy):  # noqa: F811
    chinese = {"LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN"}
    for words in [("",), ("cases", "--"), ("cases", "--output", ""), ("drain", *busy.arguments(), "")]:
        assert offered(*words, **chinese) == offered(*words)


@pytest.mark.parametrize("words", [("show", ""), ("drain", ""), ("cases", "--department", "")], ids=" ".join)
def test_without_a_daemon_nothing_is_offered_and_nothing_is_said(words):
    assert offered(*words[:1], "--endpoint", "tcp://127.0.0.1:1", *words[1:]) == []
