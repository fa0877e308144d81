"""The text, the alert rules and the dashboard, before Prometheus' own judge and against one another: whatever a rule
or a panel names is there in a live daemon."""

import json
import re
import subprocess

import pytest

from house import ROOT
from metrics import both_doors, scrape

RULES = ROOT / "monitoring" / "wenzheng.rules.yaml"
RULES_TEST = ROOT / "tests" / "monitoring" / "rules.test.yaml"
DASHBOARD = ROOT / "monitoring" / "grafana-dashboard.json"
NAME = re.compile(r"\b(?:wenzheng|process)_[a-z_]+\b")
SUFFIXES = ("_bucket", "_sum", "_count")


@pytest.fixture(scope="module")
def promtool():
    found = subprocess.run([ROOT / "tests" / "monitoring" / "promtool"], stdout=subprocess.PIPE, check=True, text=True)
    path = found.stdout.strip()

    def run(*arguments, text=None):
        done = subprocess.run([path, *arguments], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, timeout=300)
        return done.returncode, done.stdout

    return run


@pytest.fixture
def text(new_house):
    """Everything that there can be: with a place for backups."""
    return scrape(new_house(config=both_doors(backup=".")).start())


def expressions(node):
    """Every string under a key that holds PromQL."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("expr", "query", "definition") and isinstance(value, str):
                yield value
            yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)


def alerts():
    """{name: its lines} of the rules, which are of one alert a block."""
    blocks = re.split(r"\n +- alert: ", RULES.read_text(encoding="utf-8"))[1:]
    return {block.split("\n", 1)[0]: block for block in blocks}


def rule_expressions():
    return [re.search(r"expr: (.*)", block).group(1) for block in alerts().values()]


def test_promtool_finds_nothing_to_say_of_the_text(promtool, text):
    assert promtool("check", "metrics", text=text.text) == (0, "")


def test_promtool_would_say_something_of_a_bad_one(promtool):
    status, said = promtool("check", "metrics", text="# TYPE wenzheng_x counter\nwenzheng_x 1\n")
    assert status != 0 and "_total" in said


def test_promtool_reads_the_rules_and_each_alert_goes_off_when_it_should(promtool):
    status, said = promtool("check", "rules", str(RULES))
    assert status == 0 and f"{len(alerts())} rules found" in said, said
    status, said = promtool("test", "rules", str(RULES_TEST))
    assert status == 0, said


def test_every_alert_is_tried_out():
    tried = RULES_TEST.read_text(encoding="utf-8")
    assert len(alerts()) >= 10
    for name in alerts():
        assert re.search(rf'"{name}"|: {name}$', tried, re.M), f"{name} never goes off in {RULES_TEST.name}"


def test_every_alert_says_in_two_languages_what_is_wrong_and_what_to_do():
    for name, block in alerts().items():
        for key in ("summary", "action"):
            english = re.search(rf"\b{key}: (.*)", block)
            chinese = re.search(rf"\b{key}_zh: (.*)", block)
            assert english and chinese, f"{name} has no {key} in both languages"
            assert re.search(r"[\u4e00-\u9fff]", chinese.group(1)), f"{name}: {key}_zh is not Chinese"
        assert re.search(r"severity: (critical|warning)\b", block), name


def test_every_name_in_rules_and_dashboard_is_in_the_text(text):
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    named = set(NAME.findall("\n".join([*rule_expressions(), *expressions(dashboard)])))
    assert len(named) > 25
    missing = named - text.names()
    assert not missing, f"no such metric: {sorted(missing)}"


def test_every_label_that_is_asked_for_is_there(text):
    """A selector like {state="queued"} that selects nothing is a rule that never goes off."""
    labels = {pair for series in text.values.values() for key in series for pair in key}
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    asked = re.findall(r'(\w+)="(\w+)"', "\n".join([*rule_expressions(), *expressions(dashboard)]))
    assert ("state", "queued") in asked
    for label, value in asked:
        assert label == "job" or (label, value) in labels, f'nothing has {label}="{value}"'
    for label, values in re.findall(r'(\w+)=~"([\w|]+)"', "\n".join(rule_expressions())):
        for value in values.split("|"):
            assert (label, value) in labels, f'nothing has {label}="{value}"'


def test_every_metric_is_shown_or_watched_or_argued(text):
    """What nobody looks at need not be made."""
    argued = {
        "wenzheng_laboratory", "wenzheng_draining", "wenzheng_store_rollbacks_total", "wenzheng_scrapes_total",
        "process_virtual_memory_bytes",
    }
    seen = set(NAME.findall(DASHBOARD.read_text(encoding="utf-8") + "\n".join(rule_expressions())))
    for name in text.types:
        assert name in argued or seen & {name, *(name + suffix for suffix in SUFFIXES)}, f"nobody looks at {name}"


def test_the_dashboard_is_one_that_grafana_imports():
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert dashboard["schemaVersion"] >= 36 and dashboard["uid"] == "wenzheng"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        assert panel["type"] == "row" or panel["targets"], panel["title"]
