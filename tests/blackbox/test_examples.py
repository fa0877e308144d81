"""The programs of examples/, run as a developer runs them who has copied them: against a daemon that is killed in between."""

import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile

import pytest
import zmq

from house import ROOT, binary

pytestmark = pytest.mark.skipif(binary() is None, reason="no wenzhengd here; WENZHENG_BIN_DIR names its folder")
EXAMPLES = ROOT / "examples"
WITHIN = 60


def node_modules():
    """What `npm ci` installs from the lock file, once for each content of it."""
    lock = (EXAMPLES / "node" / "package-lock.json").read_bytes()
    made = ROOT / "build" / f"examples-node-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not made.exists():
        made.parent.mkdir(exist_ok=True)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="examples-node-", dir=made.parent))
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(EXAMPLES / "node" / name, folder)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=280)
        assert done.returncode == 0, f"npm ci in examples/node failed: {done.stderr[-2000:]}"
        try:
            folder.rename(made)
        except OSError:
            shutil.rmtree(folder)  # somebody else was quicker
    return made / "node_modules"


class Examples:
    """A copy of one language's programs, and keys for them, in the folder of a house."""

    def __init__(self, language, house):
        self.house, self.world = house, house.world
        self.suffix = {"python": "py", "node": "js"}[language]
        self.interpreter = {"python": "/usr/bin/python3", "node": "node"}[language]
        self.folder = house.path("examples")
        shutil.copytree(EXAMPLES / language, self.folder, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        if language == "node":
            (self.folder / "node_modules").symlink_to(node_modules())
        house.write("wenzhengd.key", f'metadata\ncurve\n    public-key = "{house.server_public.decode()}"\n')
        for name, pair in {**house.keys, "stranger": zmq.curve_keypair()}.items():
            public, secret = (key.decode() for key in pair)
            house.write(f"clients/{name}.key_secret", f'    public-key = "{public}"\n    secret-key = "{secret}"\n', 0o600)
        self.running = []

    def start(self, program, name, *arguments, zone=None, run=""):
        """`run` tells apart the outputs of several runs."""
        zone = zone or program
        with open(self.house.path(f"{program}{run}.out"), "ab") as out:
            process = subprocess.Popen(
                [self.interpreter, str(self.folder / f"{program}.{self.suffix}"),
                 "--endpoint", self.house.endpoints[zone], "--server-key", str(self.house.path("wenzhengd.key")),
                 "--key", str(self.house.path(f"clients/{name}.key_secret")), *map(str, arguments)],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=self.folder,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        self.running.append(process)
        return process

    def portal(self, messages, *arguments, name="web", **options):
        lines = [json.dumps(message, ensure_ascii=False) for message in messages]
        self.house.write("messages.jsonl", "\n".join(lines) + "\n")
        state = self.house.path("state")
        return self.start("portal", name, "--state", state, *arguments, self.house.path("messages.jsonl"), **options)

    def worker(self, *arguments, name="edu-a", **options):
        return self.start("worker", name, *arguments, **options)

    def said(self, name):
        path = self.house.path(f"{name}.out")
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def wait_said(self, name, *words):
        self.world.until(lambda: all(word in self.said(name) for word in words), WITHIN, f"{words} of {name}")

    def end(self, process, within=WITHIN):
        self.world.until(lambda: process.poll() is not None, within, "the end of an example")
        return process.returncode

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        return self.end(process)

    def kill(self, process):
        process.kill()
        return process.wait()

    def journal(self, name):
        path = self.house.path("state") / name
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []

    def close(self):
        for process in self.running:
            if process.poll() is None:
                self.kill(process)


@pytest.fixture(params=["python", "node"])
def examples(request, new_house):
    if request.param == "node" and shutil.which("node") is None:
        pytest.skip("node is not installed; ./check installs Debian's")
    made = []

    def make(**options):
        made.append(Examples(request.param, new_house(**options).start()))
        return made[-1]

    yield make
    for it in made:
        if getattr(request.node, "failed_call", False):
            for path in sorted(it.house.folder.glob("*.out")):
                print(f"--- {path.name}\n{path.read_text(encoding='utf-8', errors='replace')[-3000:]}")
        it.close()


def messages(count, prefix="m", title="校车", **fields):
    return [{"id": f"{prefix}-{number}", "title": f"{title} {number}", "body": "请问。", "department": "edu", **fields}
            for number in range(count)]


def check_books(it, wanted):
    """One receipt, one case, one final answer for each message, each event once and in order."""
    receipts, events = it.journal("receipts.jsonl"), it.journal("events.jsonl")
    assert sorted(receipt["id"] for receipt in receipts) == sorted(message["id"] for message in wanted)
    assert len({receipt["case"] for receipt in receipts}) == len(wanted)
    cursors = [event["cursor"] for event in events]
    assert cursors == sorted(set(cursors))
    answered = [event["id"] for event in events if event["event"] == "replied" and event["reply_kind"] != "interim"]
    assert sorted(answered) == sorted(message["id"] for message in wanted)
    figures = it.house.operator().figures()
    assert (figures["accepted"], figures["closed"], figures["open"]) == (len(wanted), len(wanted), 0)
    return receipts, events


def test_a_message_is_received_answered_and_told_and_both_end_in_order(examples):
    it = examples()
    worker = it.worker()
    portal = it.portal(messages(1) + messages(1, "i", "调查") + messages(1, "r", "个人信息"), "--until-answered")
    assert it.end(portal) == 0
    receipts, events = check_books(it, messages(1) + messages(1, "i") + messages(1, "r"))
    case = receipts[0]["case"]
    said = it.said("portal")
    assert f"receipt m-0: case {case}, query code {receipts[0]['query_code']}, edu\n" in said
    assert "taken m-0: edu\n" in said and "final m-0: edu: 您反映的“校车 0”已处理，感谢留言。\n" in said
    assert "interim i-0: edu: 已受理，正在调查。\n" in said and "final i-0: edu" in said
    assert "refusal r-0: edu: 您要求的内容不能提供。 (涉及他人个人信息。)\n" in said
    assert all(event["at"] >= receipts[0]["received"] for event in events)
    assert it.stop(worker) == 0
    said = it.said("worker")
    assert "ready for edu\n" in said and said.endswith("stopping\n")
    assert said.index(f"taken {case}: 校车 0\n") < said.index(f"final {case}: answered\n")
    assert it.house.operator().workers() == []
    assert it.house.portal().query(case=case, query_code=receipts[0]["query_code"])["state"] == "answered"


def test_nothing_is_lost_or_doubled_when_daemon_portal_and_worker_are_killed(examples, seed):
    it = examples(lease="3", heartbeat="1")
    dice = random.Random(seed)
    wanted = messages(40) + messages(5, "i", "调查")
    dice.shuffle(wanted)
    worker, portal = it.worker("--think", "0.3"), it.portal(wanted, "--until-answered")
    for words in dice.sample(["receipt", "taken", "final"], 3):
        it.wait_said("portal", words)
        for victim in dice.sample(["daemon", "portal", "worker"], 2):
            it.world.pass_time(dice.random() * 0.3)
            if victim == "daemon":
                it.house.restart()
            elif victim == "portal":
                it.kill(portal)
                portal = it.portal(wanted, "--until-answered")
            else:
                it.kill(worker)
                worker = it.worker("--think", "0.3")
    assert it.end(portal) == 0
    receipts, events = check_books(it, wanted)
    for receipt in receipts:
        texts = [event["reply"] for event in events if event["id"] == receipt["id"] and event["event"] == "replied"]
        assert len(texts) == (2 if receipt["id"].startswith("i") else 1), "an interim reply said again is one reply"
    before = it.said("portal")
    again = it.portal(wanted, "--until-answered", run="-again")
    assert it.end(again) == 0 and it.said("portal-again") == "" and it.said("portal") == before
    assert (it.journal("receipts.jsonl"), it.journal("events.jsonl")) == (receipts, events)
    assert it.stop(worker) == 0


def test_what_a_portal_has_dealt_with_does_not_come_again_and_what_came_meanwhile_does(examples):
    it = examples()
    portal = it.portal(messages(2))
    it.wait_said("portal", "receipt m-0", "receipt m-1")
    assert it.stop(portal) == 0
    worker = it.worker()
    it.wait_said("worker", "final")
    it.world.until(lambda: it.said("worker").count("final") == 2, WITHIN, "two answers")
    it.house.restart()
    portal = it.portal(messages(2), "--until-answered", run="-later")
    assert it.end(portal) == 0
    said = it.said("portal-later")
    assert "receipt" not in said and said.count("final") == 2
    # A line that a crash cut short is dropped, and the event comes again though it was SEEN.
    path = it.house.path("state") / "events.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    last = json.loads(whole.splitlines()[-1])
    assert it.end(it.portal(messages(2), "--until-answered", run="-torn")) == 0
    assert it.said("portal-torn") == f"final {last['id']}: edu: {last['reply']}\n"
    assert path.read_bytes() == whole
    assert it.stop(worker) == 0


def test_a_worker_that_died_with_taken_cases_finds_them_again(examples):
    it = examples()
    worker = it.worker("--think", "600")
    portal = it.portal(messages(3), "--until-answered")
    it.world.until(lambda: it.said("worker").count("taken") == 3, WITHIN, "three cases taken")
    it.kill(worker)
    worker = it.worker(run="-2")
    assert it.end(portal) == 0
    said = it.said("worker-2")
    assert said.count("held") == 3 and said.count("final") == 3 and "taken" not in said
    check_books(it, messages(3))
    ops = it.house.operator()
    for receipt in it.journal("receipts.jsonl"):
        assert ops.happened_to(receipt["case"]) == ["accepted", "routed", "offered", "taken", "replied"]
    assert it.stop(worker) == 0


def spoil(it, name, old, new):
    """A mistake that somebody might make in his copy."""
    text = (it.folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (it.folder / name).write_text(text.replace(old, new), encoding="utf-8")


MISTAKES = {
    "says nothing twice": ("link.py", "if everything or now >= request.again_at:", "if False:"),
    "forgets what is held": ("worker.py", "        self.link.request(HELD)\n", ""),
    "keeps no cursor": ("portal.py", 'self.events.lines[-1]["cursor"] if self.events.lines else 0', "0"),
    "has receipts twice": ("portal.py", 'if name not in received}', "}"),
}


def killed_and_started_again(it):
    it.house.process.send_signal(signal.SIGSTOP)
    worker, portal = it.worker("--think", "600"), it.portal(messages(1))
    it.world.pass_time(1.5)  # so that what is said first is said to nobody
    it.house.process.send_signal(signal.SIGCONT)
    it.world.until(lambda: "taken" in it.said("worker"), 10, "a case taken")
    it.kill(worker)
    it.kill(portal)
    worker, portal = it.worker(), it.portal(messages(1))
    it.world.until(lambda: "final" in it.said("portal"), 10, "an answer")
    check_books(it, messages(1))


@pytest.mark.parametrize("examples", ["python"], indirect=True)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_copy_is_seen(examples, mistake):
    it = examples()
    spoil(it, *MISTAKES[mistake])
    with pytest.raises(AssertionError):
        killed_and_started_again(it)


def test_without_a_mistake_nothing_is_seen(examples):
    killed_and_started_again(examples())


def test_a_silent_daemon_is_given_up_for_a_new_connection(examples):
    it = examples(heartbeat="1")
    worker = it.worker()
    it.wait_said("worker", "ready for edu")
    it.house.process.send_signal(signal.SIGSTOP)
    try:
        it.wait_said("worker", "nothing heard for 3 s: connecting anew")
    finally:
        it.house.process.send_signal(signal.SIGCONT)
    assert it.end(it.portal(messages(1), "--until-answered")) == 0
    assert it.said("worker").count("ready for edu") >= 2
    assert it.stop(worker) == 0


def test_a_worker_returns_and_fails_what_is_not_its_own(examples):
    it = examples()
    worker = it.worker()
    portal = it.portal(messages(1, title="路灯") + messages(1, "f", "系统故障"))
    it.wait_said("worker", "return ", "fail ")
    triage = it.house.triage()
    assert [case["state"] for case in triage.cases()] == ["triage", "triage"]
    cases = {receipt["id"]: receipt["case"] for receipt in it.journal("receipts.jsonl")}
    assert f"return {cases['m-0']}: triage\n" in it.said("worker")
    # Ruled on for good: it may not be returned any more, and the worker says so and fails it.
    triage.assign(cases["m-0"], "edu")
    it.wait_said("worker", f"refused RETURN {cases['m-0']}: return-limit: ")
    it.world.until(lambda: it.said("worker").count("fail ") == 2, WITHIN, "the second FAIL")
    it.wait_said("portal", "routed m-0: edu")
    assert it.stop(portal) == 0 and it.stop(worker) == 0


def test_an_epoch_that_is_over_is_told_and_forgotten(examples):
    it = examples()
    worker = it.worker("--think", "3")
    portal = it.portal(messages(1))
    it.wait_said("worker", "taken")
    colleague = it.house.worker("edu-b")
    colleague.ready()
    held = colleague.held()[0]
    colleague.give_back(held)
    it.house.triage().assign(held["case"], "water")
    it.wait_said("worker", f"refused REPLY {held['case']}: ")
    assert any(code in it.said("worker") for code in (": not-yours: ", ": stale: ", ": wrong-state: "))
    water = it.house.worker("water-a")
    water.ready()
    offer = water.next_offer()
    water.take(offer)
    water.reply(offer, "水务办答复。")
    it.wait_said("portal", "final m-0: water: 水务办答复。")
    assert it.stop(portal) == 0 and it.stop(worker) == 0


@pytest.mark.parametrize("name, zone", [("stranger", "portal"), ("edu-a", "portal"), ("stranger", "worker"), ("web", "worker")])
def test_a_key_that_the_daemon_does_not_know_is_told_in_words(examples, name, zone):
    it = examples()
    process = it.portal(messages(1), name=name) if zone == "portal" else it.worker(name=name)
    assert it.end(process) == 4
    assert f"{it.house.endpoints[zone]} turned our key away" in it.said(zone)


def test_a_key_file_that_is_none_and_a_file_of_messages_that_is_none_are_told(examples):
    it = examples()
    it.house.write("clients/none.key_secret", "nothing\n")
    assert it.end(it.worker(name="none")) == 1
    assert "none.key_secret: there is no public-key in it" in it.said("worker")
    assert it.end(it.worker(name="nobody", run="-2")) == 1 and "nobody.key_secret: " in it.said("worker-2")
    assert it.end(it.portal([{"id": "a", "title": "t", "body": "b"}, {"title": "t"}])) == 2
    assert "line 2 is no message" in it.said("portal")
    assert it.house.operator().status()["accepted"] == 0


def test_typed_errors_are_shown_and_the_other_messages_go_through(examples):
    it = examples()
    worker = it.worker()
    wrong = [{"id": "u", "title": "t", "body": "b", "department": "moon"}, {"id": "l", "title": "长" * 200, "body": "b"},
             {"id": "e", "title": "t", "body": ""}]
    assert it.end(it.portal(wrong + messages(2), "--until-answered")) == 1
    said = it.said("portal")
    assert "refused u: unknown-department: " in said and "refused l: too-long: " in said and "(field title)" in said
    assert "refused e: invalid-value: " in said
    check_books(it, messages(2))
    # The same id with other content, by a portal that has lost its receipts.
    shutil.rmtree(it.house.path("state"))
    assert it.end(it.portal(messages(1, body="别的。"), "--until-answered", run="-conflict")) == 1
    assert "refused m-0: conflict: " in it.said("portal-conflict")
    assert it.stop(worker) == 0


def test_busy_is_waited_for(examples):
    it = examples()
    worker = it.worker()
    ops = it.house.operator()
    ops.drain()
    portal = it.portal(messages(2), "--until-answered")
    it.wait_said("portal", "busy: draining: ")
    ops.drain(accept=True)
    assert it.end(portal, 90) == 0
    check_books(it, messages(2))
    assert it.stop(worker) == 0


def test_a_revoked_key_ends_the_worker_and_leaves_its_cases(examples):
    it = examples()
    worker = it.worker("--think", "2")
    portal = it.portal(messages(1))
    it.wait_said("worker", "taken")
    for principal in it.house.principals:
        if principal["name"] == "edu-a":
            principal["state"] = "revoked"
    it.house.write_principals()
    it.house.reload()
    assert it.end(worker) == 4
    assert "revoked: " in it.said("worker")
    assert len(it.house.operator().cases(state="taken")) == 1
    assert it.stop(portal) == 0
