"""The daemon is killed with SIGKILL between each pair of steps, while requests are on their way, and at random
moments under load. Afterwards nothing is lost and nothing is there twice."""

import collections
import random
import time

import pytest

from peers import Portal, Worker

STEPS = ["watch", "submit", "ready", "take", "interim", "reply", "seen"]


def spin(seconds):
    """Lets the daemon work for a part of a millisecond, finer than any poll."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def drive(house, upto, kill_in_flight=None, pause=0.0):
    """One case's way, step by step, with a kill -9 after step number `upto`, or `pause` seconds after the
    request of one step was sent; every step may be repeated."""
    story = {"receipts": [], "offers": [], "cursors": []}
    portal, worker = house.portal(), house.worker()
    portal.resend_after = worker.resend_after = 0.5

    def restart():
        """As a peer does that lost the daemon: says again who it is."""
        house.restart()
        portal.expect("CONFIRM", "WATCH")
        worker.ready()

    def ask(peer, answer_kind, kind, **fields):
        """A request that the daemon may die over."""
        if kill_in_flight != STEPS[len(done)]:
            return peer.expect(answer_kind, kind, **fields)
        peer.send(kind, req=2**40, **fields)
        spin(pause)
        restart()
        return peer.expect(answer_kind, kind, **fields)

    def current_offer():
        """The newest offer: a restart makes the ones before it void."""
        newest = house.world.until(
            lambda: worker.offers and max(worker.offers, key=lambda o: o["epoch"]), what="an offer")
        story["offers"].append((newest["case"], newest["epoch"]))
        return newest

    def act(kind, **fields):
        """An act on the case by the epoch of the day; of an older one the daemon says so."""
        while True:
            offer = current_offer()
            answer = worker.ask(kind, case=offer["case"], epoch=offer["epoch"], **fields)
            if answer.kind == "CONFIRM":
                return answer
            assert answer["code"] in ("stale", "wrong-state"), answer
            worker.offers.remove(offer)

    def take():
        if kill_in_flight == "take":
            offer = current_offer()
            worker.send("TAKE", req=2**40, case=offer["case"], epoch=offer["epoch"])
            spin(pause)
            restart()
            held = worker.held()
            if held:  # it was durable before the daemon died
                assert held[0]["epoch"] == offer["epoch"]
                return
        act("TAKE")

    message = {"id": "m-1", "title": "路灯", "body": "不亮", "department": "edu"}
    done = []
    steps = {
        "watch": lambda: ask(portal, "CONFIRM", "WATCH"),
        "submit": lambda: story["receipts"].append(ask(portal, "RECEIPT", "SUBMIT", **message)),
        "ready": worker.ready,
        "take": take,
        "interim": lambda: ask(worker, "CONFIRM", "REPLY", reply="核实中", reply_kind="interim", **held_point()),
        "reply": lambda: ask(worker, "CONFIRM", "REPLY", reply="已修好", **held_point()),
        "seen": lambda: portal.seen(portal.wait_event("replied")["cursor"]),
    }

    def held_point():
        if story.get("point") is None:
            item = worker.held()[0]
            story["point"] = {"case": item["case"], "epoch": item["epoch"]}
        return story["point"]

    for number, name in enumerate(STEPS):
        steps[name]()
        if number == upto:
            restart()
            if name in ("submit", "take", "interim", "reply"):
                story["receipts"].append(portal.expect("RECEIPT", "SUBMIT", **message))
        done.append(name)
    story["receipts"].append(portal.expect("RECEIPT", "SUBMIT", **message))
    house.world.until(lambda: len(portal.events_of(story["receipts"][0]["case"])) >= 3, what="the events")
    return portal, worker, story


def check_story(house, portal, story):
    ops = house.operator()
    receipts = {repr(sorted({**receipt, "req": 0}.items())) for receipt in story["receipts"]}
    assert len(receipts) == 1, "a message has one receipt for ever"
    case = story["receipts"][0]["case"]
    names = [event["event"] for event in portal.events_of(case)]
    assert names == ["taken", "replied", "replied"]
    happened = collections.Counter(ops.happened_to(case))
    assert (happened["accepted"], happened["taken"], happened["replied"]) == (1, 1, 2)
    epochs = [item["epoch"] for item in ops.history(case) if item["event"] == "offered"]
    assert epochs == sorted(set(epochs)), "every offer has a higher epoch"
    figures = ops.figures()
    assert (figures["accepted"], figures["closed"], figures["open"]) == (1, 1, 0)
    assert [item["reply"] for item in portal.query(id="m-1")["items"]] == ["核实中", "已修好"]


@pytest.mark.parametrize("step", range(len(STEPS)), ids=STEPS)
def test_killed_after_a_step(new_house, step):
    house = new_house().start()
    portal, _, story = drive(house, step)
    check_story(house, portal, story)


@pytest.mark.parametrize("step", ["submit", "take", "interim", "reply"])
def test_killed_with_the_request_on_its_way(new_house, seed, step):
    rng = random.Random(seed)
    for _ in range(8):
        house = new_house().start()
        portal, _, story = drive(house, upto=None, kill_in_flight=step, pause=rng.uniform(0, 0.003))
        check_story(house, portal, story)


def test_killed_after_the_offer_its_epoch_is_durable_and_void(house):
    portal, worker = house.portal(), house.worker()
    worker.ready()
    portal.submit("m-1", department="edu")
    old = worker.next_offer()
    house.restart()
    worker.ready()
    new = worker.next_offer()
    assert new["case"] == old["case"] and new["epoch"] > old["epoch"]
    worker.refused("stale", "TAKE", case=old["case"], epoch=old["epoch"])
    assert worker.take(new)["state"] == "taken"


def test_killed_again_and_again_while_it_starts(house, seed):
    rng = random.Random(seed)
    portal = house.portal()
    receipts = [portal.submit(f"m-{i}", department="edu") for i in range(30)]
    for _ in range(8):
        house.kill()
        house.launch()
        house.world.pass_time(rng.uniform(0.0, 0.08))
    house.kill()
    house.start()
    again = house.portal()
    assert [again.submit(f"m-{i}", department="edu")["case"] for i in range(30)] == [r["case"] for r in receipts]


# ---- under load ----


class LoadPortal(Portal):
    """Keeps so many messages on their way, and each until its receipt came."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.resend_after = 0.4
        self.says_seen = True
        self.attempted = {}  # id → body
        self.ids = {}  # req → id
        self.got = collections.defaultdict(set)  # id → every different receipt
        self.again = None  # a request that says once more who we are

    def push(self, prefix, count, department):
        for i in range(count):
            message_id = f"{prefix}-{i}"
            self.attempted[message_id] = f"正文 {message_id}"
            req = self.begin_submit(message_id, body=self.attempted[message_id], department=department)
            self.ids[req] = message_id

    def receive(self, message):
        if message.kind == "RECEIPT":
            self.got[message["id"]].add(tuple(sorted({**message, "req": 0}.items())))
            self.open.pop(message["req"], None)
        else:
            super().receive(message)


class LoadWorker(Worker):
    """Takes what it is offered and answers it; asks again what was not confirmed; says READY when it is not
    known. All without waiting for anything."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.resend_after = 0.4
        self.acts = {}  # req → (act, case, epoch)
        self.confirmed = collections.Counter()  # replies confirmed, by case
        self.asking = None

    def say_ready(self):
        self.asking = self.begin("READY", credit=16, incarnation=self.incarnation)

    def act(self, act, case, epoch, **fields):
        self.acts[self.begin(act, case=case, epoch=epoch, **fields)] = (act, case, epoch)

    def receive(self, message):
        if message.kind == "OFFER":
            self.act("TAKE", message["case"], message["epoch"])
        elif message.kind == "WELCOME":
            self.beat_every = message["heartbeat_ms"] / 1000 * 0.6
            self.open.pop(message["req"], None)
            self.asking = None
        elif message.kind == "CONFIRM" and message["req"] in self.acts:
            self.go_on(message)
        elif message.kind == "ERROR":
            self.complain(message)

    def go_on(self, message):
        act, case, epoch = self.acts[message["req"]]
        first = self.open.pop(message["req"], None)
        if first and act == "TAKE":
            self.act("REPLY", case, epoch, reply=f"答复 {case}")
        elif first:
            self.confirmed[case] += 1

    def complain(self, message):
        if message["code"] == "not-ready":  # the daemon was away; what is open is asked again by and by
            if self.asking is None:
                self.say_ready()
            return
        assert message["code"] in ("stale", "wrong-state"), message
        self.open.pop(message["req"], None)

    def pick_up(self, held):
        for item in held:
            self.act("REPLY", item["case"], item["epoch"], reply=f"答复 {item['case']}")


def connect_load(house, name, cls):
    zone = "portal" if cls is LoadPortal else "worker"
    return cls(house.world, house.endpoints[zone], house.server_public, house.keys[name])


def total_queue(portals, operator):
    """What goes in must come out: the sets of the total-queue checker."""
    attempted = {(name, i) for name, portal in portals.items() for i in portal.attempted}
    acked = {(name, i) for name, portal in portals.items() for i in portal.got}
    stored = collections.Counter()
    for item in operator.cases(state="all", limit=512):
        show = operator.show(item["case"])
        stored[(show["portal"], show["id"])] += 1
    return {
        "lost": acked - set(stored),
        "unexpected": set(stored) - attempted,
        "duplicated": {key for key, count in stored.items() if count > 1},
        "unacked": attempted - acked,
    }


@pytest.mark.parametrize("way", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_at_random_moments_under_load(new_house, seed, way):
    rng = random.Random(seed)
    kills = 6
    house = new_house(lease="2", heartbeat="1").start()
    portals = {name: connect_load(house, name, LoadPortal) for name in ("web", "app")}
    workers = [connect_load(house, name, LoadWorker) for name in ("edu-a", "edu-b", "water-a", "hall")]
    count = 120

    def hello():
        for portal in portals.values():
            portal.begin("WATCH")
        for worker in workers:
            worker.say_ready()

    def all_done():
        return all(len(p.got) == len(p.attempted) and not p.open for p in portals.values()) and not any(
            w.open for w in workers)

    hello()
    for number, department in enumerate(["edu", "water"] * (kills // 2)):
        for name, portal in portals.items():
            portal.push(f"{name}-{number}", count // kills, department)
        rest = rng.randrange(1, 60)
        while rest > 0:  # so many turns of the world, each with something happening or 20 ms
            house.world.turn(0.02)
            rest -= 1
        on_their_way = sum(len(peer.open) for peer in [*portals.values(), *workers])
        print(f"{way} {number}: {on_their_way} requests on their way")
        if way == "SIGTERM":
            assert house.stop() == 0
            house.start()
        elif way == "SIGHUP":
            house.reload()
        else:
            house.restart()
        hello()
    house.world.until(all_done, within=60, what="an answer to everything")
    ops = house.operator()
    house.world.until(lambda: ops.status()["open"] == 0, within=60, what="the last answer")

    checked = total_queue(portals, ops)
    assert checked == {"lost": set(), "unexpected": set(), "duplicated": set(), "unacked": set()}
    for name, portal in portals.items():
        assert all(len(receipts) == 1 for receipts in portal.got.values()), "one receipt each"
        by_id = {i: dict(next(iter(receipts)))["case"] for i, receipts in portal.got.items()}
        house.world.until(
            lambda p=portal, b=by_id: all(p.events_of(case, "replied") for case in b.values()), what="all replies")
        for message_id, case in by_id.items():
            replied = portal.events_of(case, "replied")
            assert [(e["id"], e["reply"]) for e in replied] == [(message_id, f"答复 {case}")], "no reply to another"
        assert {e["case"] for e in portal.events} == set(by_id.values()), f"{name} sees its own only"
    status = ops.status()
    assert (status["accepted"], status["closed"]) == (2 * count, 2 * count)


class FakeOperator:
    """Shows a store that somebody spoilt."""

    def __init__(self, stored):
        self.stored = stored

    def cases(self, **_fields):
        return [{"case": index} for index in range(len(self.stored))]

    def show(self, case):
        return {"portal": "web", "id": self.stored[case]}


@pytest.mark.parametrize("stored, found", [
    (["a", "b"], {}),
    (["a"], {"lost": {("web", "b")}}),
    (["a", "b", "b"], {"duplicated": {("web", "b")}}),
    (["a", "b", "c"], {"unexpected": {("web", "c")}}),
])
def test_the_checker_has_teeth(stored, found):
    portal = collections.namedtuple("Sent", "attempted got")({"a": "", "b": ""}, {"a": {()}, "b": {()}})
    checked = total_queue({"web": portal}, FakeOperator(stored))
    assert {key: value for key, value in checked.items() if value} == found
