"""Portals, workers and desks that go on whatever happens: each request is kept and sent again until it is answered,
each silent connection is given up for a new one, as PROTOCOL.md asks of every peer. All they do and hear is written
into the history. They live in one loop, and dozens of their requests are on their way at once."""

import collections
import itertools
import random
import time

from peers import NEVER, ZONES, Peer

BEAT_EVERY = 0.3
SILENCE_MAX = 1.2  # nothing heard for so long: the connection is taken for dead
RESEND_AFTER = 0.5
BUSY_WAIT_MAX = 0.2  # the daemon's hint may be a second or more; a run has only a few
REMEMBERED = 60  # frames kept for sending them once more, out of order
PLACES = [{"department": "edu"}, {"department": "edu"}, {"department": "water"}, {"department": "police"},
          {"category": "学校"}, {"region": "南岸"}]  # where a message goes; no rule knows the last one


class Request:
    def __init__(self, kind, fields, then, about):
        self.kind, self.fields, self.then, self.about = kind, fields, then, about
        self.due = 0.0  # when it is sent (again)


class Line(Peer):
    """A connection of an actor."""

    def __init__(self, actor, endpoint, server_key, keys):
        self.actor = actor
        super().__init__(actor.world, endpoint, server_key, keys)

    def receive(self, message):
        self.actor.hear(self, message)

    def tick(self, now):
        self.actor.tick(now)

    def wakes_at(self):
        return self.actor.wakes_at()


class Actor:
    hello = "WATCH"

    def __init__(self, run, name):
        self.run, self.name, self.world, self.history = run, name, run.house.world, run.history
        self.rng = random.Random(f"{run.seed} {name}")
        self.numbers = itertools.count(1)
        self.requests = {}  # req → Request, until it is answered
        self.answered = {}  # req → Request: a second answer may still come
        self.sent = collections.deque(maxlen=REMEMBERED)
        self.due = []  # (when, number, what to do): what is decided now and done later
        self.is_known = False  # the daemon confirmed READY or WATCH on this connection
        self.line = self.echo = None
        self.connect()

    # ---- the connection ----

    def connect(self):
        if self.line:
            self.line.close()
        self.line = self.new_line()
        self.heard_at = self.beat_at = time.monotonic()
        self.introduce()

    def new_line(self):
        house = self.run.house
        zone = ZONES.get(house.role_of(self.name), "worker")
        return Line(self, self.run.network.near[zone], house.server_public, house.keys[self.name])

    def introduce(self):
        self.is_known = False
        for req in [req for req, request in self.requests.items() if request.kind == self.hello]:
            self.answered[req] = self.requests.pop(req)  # its answer counts, should it still come
        self.ask(self.hello, self.greeting(), self.welcomed)

    def greeting(self):
        return {}

    def welcomed(self, _request, _answer):
        self.is_known = True

    def send(self, kind, fields):
        self.sent.append((kind, fields))
        self.line.send(kind, **fields)

    # ---- requests ----

    def ask(self, kind, fields, then=None, about=None):
        request = Request(kind, fields, then, about)
        self.requests[next(self.numbers)] = request
        return request

    def _send_what_is_due(self, now):
        for req, request in list(self.requests.items()):
            if request.due <= now and (self.is_known or request.kind == self.hello):
                request.due = now + RESEND_AFTER
                self.send(request.kind, {"req": req, **request.fields})

    def hear(self, line, message):
        if line is not self.line:
            if line is self.echo:
                self.hear_answer(message)
            return
        self.heard_at = time.monotonic()
        if message.kind == "ERROR" and message["code"] == "not-ready":
            if self.is_known:
                self.introduce()
            return
        if "req" in message:
            self.hear_answer(message)
        else:
            self.told(message)

    def hear_answer(self, message):
        """A second answer to a request counts as the first one does: it may not say anything else."""
        req = message.get("req")
        request = self.requests.get(req) or self.answered.get(req)
        if not request:
            return
        if message.kind == "BUSY":
            request.due = time.monotonic() + min(message["retry_ms"] / 1000, BUSY_WAIT_MAX)
            return
        self.answered[req] = request
        self.requests.pop(req, None)
        if message.kind == "ERROR":
            self.refused(request, message)
        elif request.then:
            request.then(request, message)

    def told(self, message):
        """What came by itself."""

    def refused(self, request, answer):
        pass

    # ---- time ----

    def later(self, seconds, what):
        self.due.append((time.monotonic() + seconds, next(self.numbers), what))
        self.due.sort(key=lambda entry: entry[:2])

    def wakes_at(self):
        requests = min((r.due for r in self.requests.values() if self.is_known or r.kind == self.hello), default=NEVER)
        return min(self.beat_at, requests, self.due[0][0] if self.due else NEVER)

    def tick(self, now):
        if now - self.heard_at > SILENCE_MAX:
            self.connect()
        if now >= self.beat_at:
            self.beat_at = now + BEAT_EVERY
            self.line.send("BEAT")
            self.on_beat()
        while self.due and self.due[0][0] <= now:
            self.due.pop(0)[2]()
        self._send_what_is_due(now)

    def on_beat(self):
        pass

    # ---- mischief: what networks and careless peers do ----

    def repeat_in_disorder(self, elsewhere):
        """Sends again what was sent before, with the same numbers, in another order; `elsewhere`: on a new
        connection, beside the one that lives."""
        if elsewhere:
            if self.echo:
                self.echo.close()
            self.echo = self.new_line()
        frames = [(kind, fields) for kind, fields in self.sent if kind != self.hello]
        self.rng.shuffle(frames)
        for kind, fields in frames:
            (self.echo if elsewhere else self.line).send(kind, **fields)

    @property
    def is_idle(self):
        """Nothing is left to do; what is asked again and again only looks."""
        return self.is_known and not self.due and all(
            request.kind in ("STATUS", "HELD", "CASES") for request in self.requests.values())


class Watcher(Actor):
    """Deals with each event once, and says SEEN for many at once."""

    def __init__(self, run, name):
        self.cursor = self.seen = 0
        super().__init__(run, name)

    def welcomed(self, request, answer):
        super().welcomed(request, answer)
        self.seen = answer["cursor"]
        self.history.add("watch", who=self.name, cursor=answer["cursor"])

    def told(self, message):
        if message.kind != "EVENT":
            return
        self.history.add("event", who=self.name, **message)
        if message["cursor"] > self.cursor:
            self.cursor = message["cursor"]
            self.deal_with(message)

    def deal_with(self, event):
        pass

    def on_beat(self):
        if self.cursor > self.seen and self.is_known:
            self.seen = self.cursor
            self.send("SEEN", {"cursor": self.seen})


class Portal(Watcher):
    """Submits; now and then asks for the receipt of an old message, or sends one and never asks again."""

    def __init__(self, run, name):
        self.count = 0
        self.receipted = []
        super().__init__(run, name)

    def submit_new(self):
        self.count += 1
        place = self.rng.choice(PLACES)
        fields = {"id": f"m-{self.count}", "title": f"{self.name} {self.count}", "body": "路灯不亮。", **place}
        self.history.add("submit", portal=self.name, id=fields["id"])
        if self.is_known and self.rng.random() < 0.08:
            self.send("SUBMIT", {"req": next(self.numbers), **fields})  # whether it got there is not asked
            return
        self.ask("SUBMIT", fields, self.got_receipt, fields)

    def submit_again(self, fields):
        self.ask("SUBMIT", fields, self.got_receipt, fields)

    def refused(self, request, answer):
        self.history.add("refused", who=self.name, verb=request.kind, code=answer["code"], text=answer["text"])

    def got_receipt(self, request, answer):
        self.history.add("receipt", portal=self.name, id=answer["id"], case=answer["case"], code=answer["query_code"],
                         **{name: answer.get(name) for name in ("received", "due", "department")})
        if request.about not in self.receipted:
            self.receipted.append(request.about)
            if self.rng.random() < 0.1:
                self.later(self.rng.random(), lambda: self.submit_again(request.about))


class Worker(Actor):
    """Takes, answers, returns, fails, or lets a lease run out. Asks HELD for what its department has taken, so that
    several workers may answer one case."""

    hello = "READY"

    def __init__(self, run, name, custody="department"):
        self.custody = custody
        self.incarnation = random.SystemRandom().randrange(1, 2**63)
        self.working = set()  # cases that this process deals with
        super().__init__(run, name)

    def greeting(self):
        return {"credit": 4, "incarnation": self.incarnation, "custody": self.custody}

    def die(self):
        """The process is gone, and another one starts in its place, which knows nothing."""
        self.incarnation = random.SystemRandom().randrange(1, 2**63)
        self.requests.clear()
        self.answered.clear()
        self.sent.clear()
        self.due.clear()
        self.working.clear()
        self.connect()

    def welcomed(self, request, answer):
        super().welcomed(request, answer)
        self.ask_held()

    def ask_held(self):
        if not any(request.kind == "HELD" for request in self.requests.values()):
            self.ask("HELD", {}, self.got_held)

    def got_held(self, _request, answer):
        for item in answer["items"]:
            if item["case"] not in self.working and (not self.run.faults or self.rng.random() < 0.7):
                self.start_work(item["case"], item["epoch"])

    def on_beat(self):
        if self.is_known and (not self.run.faults or self.rng.random() < 0.4):
            self.ask_held()

    def told(self, message):
        if message.kind != "OFFER":
            return
        case, epoch = message["case"], message["epoch"]
        self.history.add("offer", who=self.name, case=case, epoch=epoch, department=message["department"])
        dice = self.rng.random() if self.run.faults else 0.0
        if dice < 0.86:
            self.act("TAKE", case, epoch, then=self.took)
        elif dice < 0.91:
            self.act("RETURN", case, epoch, text=f"{self.name} 不属本部门 {case} {epoch}")
        elif dice < 0.94 or self.name == "hall":  # the only one for some departments: it lets no lease run out
            self.act("FAIL", case, epoch, text=f"{self.name} 系统无法处理 {case} {epoch}")

    def took(self, request, _answer):
        self.start_work(request.about["case"], request.about["epoch"])

    def start_work(self, case, epoch):
        if case in self.working:
            return
        self.working.add(case)
        wait = self.rng.choice((0, 0, 0.05, 0.2, 0.6, 1.2)) if self.run.faults else 0
        if self.rng.random() < 0.2:
            self.reply(case, epoch, final=False)
        self.later(wait, lambda: self.reply(case, epoch, final=True))

    def reply(self, case, epoch, final):
        word = "已办结" if final else "核实中"
        self.act("REPLY", case, epoch, text=f"{self.name} {word} {case} {epoch} {self.incarnation % 1000}", final=final)

    def act(self, verb, case, epoch, text="", final=False, then=None):
        fields = {"case": case, "epoch": epoch}
        if verb == "REPLY":
            fields.update(reply=text, reply_kind="final" if final else "interim")
        elif verb != "TAKE":
            fields["reason"] = text
        about = {"who": self.name, "verb": verb, "case": case, "epoch": epoch, "text": text, "final": final}
        self.history.add("act", **about)
        self.ask(verb, fields, lambda request, answer: self.confirmed(request, answer, then), about)

    def confirmed(self, request, answer, then):
        self.history.add("done", **request.about)
        if request.about["final"] or request.kind in ("RETURN", "FAIL"):
            self.working.discard(request.about["case"])
        if then:
            then(request, answer)

    def refused(self, request, answer):
        if request.about:
            self.history.add("refused", **request.about, code=answer["code"])
            self.working.discard(request.about["case"])


class Desk(Watcher):
    """Triage: rules on whatever lies there."""

    def deal_with(self, event):
        if event["event"] == "triage":
            self.later(self.rng.choice((0, 0.1, 0.5)) if self.run.faults else 0, lambda: self.assign(event["case"]))

    def on_beat(self):
        super().on_beat()
        if self.is_known and not any(request.kind == "CASES" for request in self.requests.values()):
            self.ask("CASES", {"state": "triage"}, self.got_cases)

    def got_cases(self, _request, answer):
        for item in answer["items"]:
            self.assign(item["case"])

    def assign(self, case):
        if any(request.kind == "ASSIGN" and request.fields["case"] == case for request in self.requests.values()):
            return
        department = self.rng.choice(("edu", "water", "police"))
        about = {"who": self.name, "verb": "ASSIGN", "case": case, "text": department}
        self.history.add("act", **about)
        fields = {"case": case, "department": department, "reason": "按职责分工交办。"}
        self.ask("ASSIGN", fields, self.assigned, about)

    def assigned(self, request, _answer):
        self.history.add("done", **request.about)


class Supervisor(Watcher):
    pass


class Operator(Watcher):
    """Looks at STATUS all the time; moves a laboratory's clock, accepts a machine's."""

    def __init__(self, run, name):
        self.status = self.now = None
        super().__init__(run, name)

    def on_beat(self):
        super().on_beat()
        if self.is_known and not any(request.kind == "STATUS" for request in self.requests.values()):
            self.ask("STATUS", {}, self.got_status)

    def got_status(self, _request, answer):
        self.status, self.now = answer, answer["now"]
        if answer["clock"] == "held" and not self.run.faults:
            self.accept_clock()

    @property
    def is_setting_clock(self):
        return any(request.kind == "CLOCK" for request in self.requests.values())

    def go_on(self, seconds):
        """Sets a laboratory's clock on by so much."""
        if self.now is not None and not self.is_setting_clock:
            moment = self.now + round(seconds * 1e6)
            self.history.add("trust", upto=moment)
            self.ask("CLOCK", {"set": moment}, self.went_on)

    def went_on(self, _request, answer):
        self.now = answer["now"]

    def accept_clock(self):
        if not self.is_setting_clock:
            self.run.machine.trust_clock()
            self.ask("CLOCK", {"accept": True})
