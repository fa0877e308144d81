"""wenzheng-submit, wenzheng-worker-exec and wenzheng-supervisor as their users start them."""

import contextlib
import json
import os
import pathlib
import signal
import stat
import subprocess

import pytest

from house import binary

COMMAND = """\
#!/usr/bin/python3
import json, os, signal, sys, time
case = json.load(sys.stdin)
word = case["title"].split()[0]
if word == "answer":
    print("答复：" + case["body"] + "\\n")
elif word == "return":
    sys.stderr.write("不属于本部门职责。\\n")
    sys.exit(69)
elif word == "later":
    if case["attempt"] < 3:
        sys.exit(75)
    print("第%d次" % case["attempt"])
elif word == "break":
    sys.stderr.buffer.write(b"disk \\xff gone\\x07\\n")
    sys.exit(3)
elif word == "die":
    os.kill(os.getpid(), signal.SIGKILL)
elif word == "hang":
    time.sleep(600)
elif word == "flood":
    sys.stdout.write("x" * 70000)
elif word == "nul":
    sys.stdout.write("a\\0b")
elif word == "control":
    sys.stdout.write("a\\x01b")
elif word == "secrets":
    print(sorted(name for name in os.environ if name in ("CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET")))
elif word == "gate":
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(folder + "/started", "a") as file:
        file.write(case["case"] + "\\n")
    while not os.path.exists(folder + "/gate-is-open"):
        time.sleep(0.05)
    print("门开了")
"""


class Programs:
    """The stock workers with the keys of a house's principals."""

    def __init__(self, house):
        self.house = house
        self.world = house.world
        self.running = []
        house.write("server.key", f'metadata\ncurve\n    public-key = "{house.server_public.decode()}"\n')
        for name, (public, secret) in house.keys.items():
            pair = f'    public-key = "{public.decode()}"\n    secret-key = "{secret.decode()}"\n'
            house.write(f"clients/{name}.key_secret", "metadata\ncurve\n" + pair, 0o600)
        house.write("command", COMMAND, 0o755)

    def start(self, program, name, *arguments, server_key="server.key", **options):
        role = self.house.role_of(name)
        endpoint = options.pop("endpoint", None) or self.house.endpoints["portal" if role == "portal" else "worker"]
        path = pathlib.Path(binary()).with_name(program)
        assert path.stat().st_mode & stat.S_IXUSR
        process = subprocess.Popen(
            [str(path), "--endpoint", endpoint, "--server-key", str(self.house.path(server_key)),
             "--key", str(self.house.path(f"clients/{name}.key_secret")), *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=open(self.house.path(f"{program}.log"), "ab"),
            env={**os.environ, "CREDENTIALS_DIRECTORY": "/nowhere", "NOTIFY_SOCKET": "/nowhere"}, **options)
        self.running.append(process)
        return process

    def end(self, process, within=60):
        self.world.until(lambda: process.poll() is not None, within, "the program's end")
        return process.returncode

    def submit(self, *arguments, name="web", text=None, **options):
        """Exit status and lines of standard output."""
        self.house.write("stdin", text or "")
        with open(self.house.path("stdin"), "rb") as stdin:
            process = self.start("wenzheng-submit", name, *arguments, stdin=stdin, **options)
            lines = [line.decode() for line in process.stdout]
        return self.end(process), lines

    def worker(self, *options, name="edu-a", command=None):
        return self.start("wenzheng-worker-exec", name, "--retry", "1", *options, "--",
                          command or self.house.path("command"))

    def supervisor(self, output):
        return self.start("wenzheng-supervisor", "inspector", "--output", self.house.path(output))

    def log(self, program):
        return self.house.path(f"{program}.log").read_text(encoding="utf-8")

    def lines(self, name):
        path = self.house.path(name)
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def close(self):
        """They end in order if they can; a command that hangs, or a program that is stopped, is not waited for long."""
        for end in (subprocess.Popen.terminate, subprocess.Popen.terminate, subprocess.Popen.kill):
            for process in self.running:
                if process.poll() is None:
                    end(process)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(timeout=3)
        for process in self.running:
            process.stdout.close()


@pytest.fixture
def programs(new_house):
    made = []

    def make(**options):
        house = new_house(lease="5", heartbeat="1", **options).start()
        made.append(Programs(house))
        return made[-1]

    yield make
    for one in made:
        one.close()


def state_of(portal, message_id):
    return portal.query(id=message_id)["state"]


def wait_answers(programs, portal, *ids):
    done = lambda: all(state_of(portal, one) == "answered" for one in ids)
    programs.world.until(done, 30, "the answers")


# ---- wenzheng-submit ----


def test_a_message_gets_one_receipt_however_often_it_is_submitted(programs):
    it = programs()
    first = it.submit("--id", "a-1", "--title", "漏水", "--body", "东街漏水。", "--json")
    again = it.submit("--id", "a-1", "--title", "漏水", "--body", "-", "--json", text="东街漏水。")
    assert first == again and first[0] == 0
    receipt = json.loads(first[1][0])
    assert receipt["id"] == "a-1" and receipt["department"] == "water" and receipt["due"].endswith("+08:00")
    status, lines = it.submit("--id", "a-1", "--title", "漏水", "--body", "东街漏水。")
    assert lines[0].split("\t") == [receipt["case"], receipt["query_code"], "water", receipt["due"], "a-1\n"]


def test_what_goes_wrong_has_its_own_exit_status(programs):
    it = programs()
    message = ["--id", "b-1", "--title", "问", "--body", "一"]
    assert it.submit(*message)[0] == 0
    status, lines = it.submit("--json", "--id", "b-1", "--title", "问", "--body", "二")
    assert status == 1 and json.loads(lines[0])["error"] == "conflict"
    assert it.submit("--title", "问")[0] == 2
    assert it.submit("--title", "a\tb", "--body", "一")[0] == 1
    assert it.submit(*message, "--timeout", "1", endpoint="tcp://127.0.0.1:9")[0] == 3
    assert "is the daemon running" in it.log("wenzheng-submit")
    it.house.write("wrong.key", f'metadata\ncurve\n    public-key = "{it.house.keys["ops"][0].decode()}"\n')
    assert it.submit(*message, "--timeout", "1", server_key="wrong.key")[0] == 3
    assert "is the daemon's public key right" in it.log("wenzheng-submit")
    assert it.submit(*message, name="edu-a", endpoint=it.house.endpoints["portal"])[0] == 4
    assert "refuses this key" in it.log("wenzheng-submit")


def test_a_file_is_submitted_whole_although_the_daemon_is_killed_in_the_middle(programs):
    it = programs()
    count = 1500
    messages = [{"id": number, "title": f"第{number}件", "body": "正文" * 50, "other": 1} for number in range(count)]
    text = "".join(json.dumps(message, ensure_ascii=False) + "\n" for message in messages)
    it.house.write("messages.jsonl", text + '{"id": "x"\n\n' + json.dumps({"id": "y", "title": "无正文"}) + "\n")
    output = open(it.house.path("receipts.jsonl"), "wb")
    process = it.start("wenzheng-submit", "web", "--json", it.house.path("messages.jsonl"))
    os.set_blocking(process.stdout.fileno(), False)

    def drain():
        while data := process.stdout.read(65536):
            output.write(data)
            output.flush()
        return len(it.lines("receipts.jsonl"))

    it.world.until(lambda: drain() > 50, what="the first receipts")
    it.house.restart()
    it.world.until(lambda: drain() > 400, what="more receipts")
    it.house.restart()
    it.world.until(lambda: drain() >= 0 and process.poll() is not None, 60, "the end of the file")
    drain()
    assert process.returncode == 1, "two lines are no messages"
    assert "messages.jsonl:1501: is not JSON" in it.log("wenzheng-submit")
    receipts = [json.loads(line) for line in it.lines("receipts.jsonl")]
    good = [receipt for receipt in receipts if "case" in receipt]
    assert sorted(int(receipt["id"]) for receipt in good) == list(range(count))
    assert len({receipt["case"] for receipt in good}) == count
    assert it.house.operator().status()["accepted"] == count


# ---- wenzheng-worker-exec ----

FAILURES = {
    "break": "the command ended with status 3: disk ? gone",
    "die": "the command was ended by signal 9",
    "hang": "the command took longer than 1 s",
    "flood": "the command wrote more than 65536 bytes",
    "nul": "the command's reply has a NUL byte",
    "control": "the command's reply: is not UTF-8, or has control characters",
    "nothing": "the command gave an empty reply",
}


def test_each_exit_status_does_what_its_page_says(programs):
    it = programs()
    triage = it.house.triage()
    triage.watch()
    portal = it.house.portal()
    portal.watch()
    for word in ["answer", "return", "later", "secrets", *FAILURES]:
        portal.submit(word, title=word + " 一事", body=f"关于{word}", department="edu")
    worker = it.worker("--department", "edu", "--credit", "4", "--command-timeout", "1")
    replies = {}

    def all_is_said():
        replies.update({e["id"]: e["reply"] for e in portal.events if e["event"] == "replied"})
        return len(replies) == 3 and len(triage.events) == 1 + len(FAILURES)

    it.world.until(all_is_said, 40, "an end to every case")
    assert replies == {"answer": "答复：关于answer", "later": "第3次", "secrets": "[]"}
    reasons = {event["title"].split()[0]: (event["text"], event["reason"]) for event in triage.events}
    assert reasons.pop("return") == ("returned", "不属于本部门职责。")
    for word, reason in FAILURES.items():
        assert reasons[word][0] == "failed" and reasons[word][1].startswith(reason), reasons[word]
    worker.terminate()
    assert it.end(worker) == 0


def test_what_may_not_be_returned_any_more_is_failed_with_the_reason(programs):
    it = programs()
    triage = it.house.triage()
    triage.watch()
    it.house.portal().submit("r", title="return 一事", department="edu")
    it.worker("--department", "edu")
    first = triage.wait_event("triage")
    triage.assign(first["case"], "edu")
    it.world.until(lambda: len(triage.events) == 2, what="the second refusal")
    assert triage.events[1]["text"] == "failed"
    assert triage.events[1]["reason"] == "may not be returned: 不属于本部门职责。"


def test_a_killed_worker_leaves_its_case_to_the_next_one(programs):
    it = programs()
    portal = it.house.portal()
    portal.submit("g", title="gate 一事", department="edu")
    first = it.worker("--department", "edu")
    it.world.until(lambda: it.lines("started"), what="the command's start")
    first.kill()
    first.wait()
    it.house.write("gate-is-open", "")
    it.worker("--department", "edu")
    wait_answers(it, portal, "g")
    assert len(it.lines("started")) == 2
    assert "1 cases are held already" in it.log("wenzheng-worker-exec")


def test_under_process_custody_the_case_is_offered_again_when_its_worker_dies(programs):
    it = programs()
    portal = it.house.portal()
    portal.submit("g", title="gate 一事", department="edu")
    first = it.worker("--department", "edu", "--custody", "process")
    it.world.until(lambda: it.lines("started"), what="the command's start")
    second = it.worker("--department", "edu", "--custody", "process", name="edu-b")
    first.kill()
    first.wait()
    it.house.write("gate-is-open", "")
    wait_answers(it, portal, "g")
    second.terminate()
    assert it.end(second) == 0


def test_a_reply_survives_the_daemons_death_while_the_command_runs(programs):
    it = programs()
    portal = it.house.portal()
    portal.submit("g", title="gate 一事", department="edu")
    it.worker("--department", "edu")
    it.world.until(lambda: it.lines("started"), what="the command's start")
    it.house.kill()
    it.house.write("gate-is-open", "")
    it.house.start()
    wait_answers(it, portal, "g")
    assert len(it.lines("started")) == 1


def test_sigterm_lets_running_commands_end(programs):
    it = programs()
    portal = it.house.portal()
    portal.submit("g", title="gate 一事", department="edu")
    worker = it.worker("--department", "edu")
    it.world.until(lambda: it.lines("started"), what="the command's start")
    portal.submit("h", title="gate 二事", department="edu")
    worker.terminate()
    it.world.until(lambda: "stopping" in it.log("wenzheng-worker-exec"), what="the worker's word")
    it.house.write("gate-is-open", "")
    assert it.end(worker) == 0
    assert state_of(portal, "g") == "answered"
    assert state_of(portal, "h") in ("queued", "offered")
    assert len(it.lines("started")) == 1


def test_a_second_sigterm_stops_commands_and_the_case_stays_taken(programs):
    it = programs()
    portal = it.house.portal()
    portal.submit("g", title="gate 一事", department="edu")
    worker = it.worker("--department", "edu")
    it.world.until(lambda: it.lines("started"), what="the command's start")
    worker.terminate()
    it.world.until(lambda: "stopping" in it.log("wenzheng-worker-exec"), what="the worker's word")
    worker.terminate()
    assert it.end(worker) == 0
    assert state_of(portal, "g") == "taken"


def test_no_more_commands_run_at_once_than_the_credit_and_none_is_forgotten(programs):
    it = programs()
    portal = it.house.portal()
    ids = [f"g-{number}" for number in range(7)]
    for one in ids:
        portal.submit(one, title="gate 一事", department="edu")
    it.worker("--department", "edu", "--credit", "2")
    it.world.until(lambda: len(it.lines("started")) == 2, what="two commands")
    it.world.pass_time(7)  # longer than a lease: the offers that wait run out
    assert len(it.lines("started")) == 2
    it.house.write("gate-is-open", "")
    wait_answers(it, portal, *ids)
    assert len(it.lines("started")) == 7


def test_a_worker_says_at_once_what_is_wrong_with_it(programs):
    it = programs()
    assert it.end(it.worker("--department", "water")) == 1
    assert "not-yours" in it.log("wenzheng-worker-exec")
    assert it.end(it.worker("--department", "edu", command="/no/such/command")) == 2
    assert it.end(it.start("wenzheng-worker-exec", "web", "--", "true",
                           endpoint=it.house.endpoints["worker"])) == 4


# ---- wenzheng-supervisor ----


def test_every_escalation_is_written_once_and_across_a_kill_at_least_once(programs):
    it = programs(laboratory=True)
    operator = it.house.operator()
    portal = it.house.portal()
    cases = [portal.submit(f"s-{number}", title="过期", department="edu")["case"] for number in range(5)]
    supervisor = it.supervisor("out.jsonl")
    now = operator.status()["now"]
    operator.clock(set=now + 8 * 86400 * 10**6)
    it.world.until(lambda: len(it.lines("out.jsonl")) >= 5, what="the first lines")
    supervisor.kill()
    supervisor.wait()
    with open(it.house.path("out.jsonl"), "a", encoding="utf-8") as file:
        file.write('{"cursor":')  # as a crash leaves it
    operator.clock(set=now + 40 * 86400 * 10**6)
    supervisor = it.supervisor("out.jsonl")
    wanted = {("escalated", case, rung) for case in cases for rung in (1, 2, 3)}
    wanted |= {("reminded", case, None) for case in cases}

    def read():
        events = []
        for line in it.lines("out.jsonl"):
            try:
                events.append(json.loads(line))
            except ValueError:
                assert line == '{"cursor":'
        return events

    def have():
        return {(event["event"], event["case"], event.get("rung")) for event in read()}

    it.world.until(lambda: have() == wanted, what="every rung of every case")
    by_cursor = {}
    for event in read():
        assert by_cursor.setdefault(event["cursor"], event) == event, "the same cursor is the same event"
    assert len(by_cursor) == len(wanted)
    supervisor.terminate()
    assert it.end(supervisor) == 0
    before = it.lines("out.jsonl")
    portal.submit("s-last", title="又过期", department="edu")
    operator.clock(set=now + 80 * 86400 * 10**6)
    it.supervisor("out.jsonl")
    it.world.until(lambda: len(it.lines("out.jsonl")) >= len(before) + 4, what="the last case's lines")
    new = [json.loads(line) for line in it.lines("out.jsonl")[len(before):]]
    assert len(new) == 4 and {event["title"] for event in new} == {"又过期"}, "what was seen does not come again"


def test_sighup_opens_the_file_anew(programs):
    it = programs(laboratory=True)
    operator = it.house.operator()
    it.house.portal().submit("s", title="过期", department="edu")
    supervisor = it.supervisor("out.jsonl")
    now = operator.status()["now"]
    operator.clock(set=now + 8 * 86400 * 10**6)
    it.world.until(lambda: len(it.lines("out.jsonl")) >= 2, what="the first lines")
    os.rename(it.house.path("out.jsonl"), it.house.path("out.jsonl.1"))
    supervisor.send_signal(signal.SIGHUP)
    it.world.until(lambda: it.house.path("out.jsonl").exists(), what="the new file")
    operator.clock(set=now + 40 * 86400 * 10**6)
    it.world.until(lambda: it.lines("out.jsonl"), what="lines in the new file")
