"""Portal, worker, supervisor, triage and operator, as PROTOCOL.md describes them."""

import collections
import itertools
import random
import time

import zmq
from zmq.utils.monitor import parse_monitor_message

import wzp
from world import DEADLINE

NEVER = float("inf")


class Refused(AssertionError):
    """The daemon answered ERROR or BUSY where that was not expected."""


class Peer:
    """One DEALER and what came by it. An answer is found by its `req`; the rest is in `inbox`."""

    def __init__(self, world, endpoint, server_key, keys, monitored=False, options=()):
        self.world = world
        self.endpoint = endpoint
        self.socket = world.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.immediate = True
        self.socket.maxmsgsize = wzp.FRAME_MAX
        self.socket.reconnect_ivl = 20
        self.socket.rcvhwm = 0
        if keys:
            self.socket.curve_serverkey = server_key
            self.socket.curve_publickey, self.socket.curve_secretkey = keys
        for option, value in options:
            self.socket.setsockopt(option, value)
        self.happened = []  # monitor events
        if monitored:
            self.monitor = self.socket.get_monitor_socket(zmq.EVENT_ALL)
            world.listen(self.monitor, self._hear_monitor)
        self.outbox = collections.deque()
        self.inbox = []
        self.answers = collections.defaultdict(list)  # req → every answer to it
        self.open = {}  # req → (kind, fields, when it was sent last)
        self.resend_after = None  # seconds; None: send once
        self.beat_every = None
        self.pulses = 0  # answers to a BEAT without `req`
        self.sent_at = time.monotonic()
        self.requests = itertools.count(1)
        world.peers.append(self)
        world.listen(self.socket, self._hear)
        self.socket.connect(endpoint)

    # ---- the loop's side ----

    def _hear_monitor(self, _events):
        event = parse_monitor_message(self.monitor.recv_multipart())
        self.happened.append(event["event"])

    def _hear(self, events):
        if events & zmq.POLLOUT:
            self._flush()
        # The events are asked for before each message: with ZMQ_IMMEDIATE libzmq 4.3.4 aborts the process when it
        # learns between two frames that the connection is gone, and asking makes it learn that now.
        while not self.socket.closed and self.socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            self.receive(wzp.decode(self.socket.recv_multipart(zmq.NOBLOCK)))

    def receive(self, message):
        if "req" in message:
            self.answers[message["req"]].append(message)
            self.open.pop(message["req"], None)
        elif message.kind == "PULSE":
            self.pulses += 1
        else:
            self.inbox.append(message)

    def _flush(self):
        try:
            while self.outbox:
                self.socket.send_multipart(self.outbox[0], zmq.NOBLOCK)
                self.outbox.popleft()
        except zmq.Again:
            pass
        if self.socket in self.world.handlers:
            self.world.poller.register(self.socket, zmq.POLLIN | (zmq.POLLOUT if self.outbox else 0))

    def wakes_at(self):
        beat = self.sent_at + self.beat_every if self.beat_every else NEVER
        again = NEVER
        if self.resend_after and self.open:
            again = min(sent for _, _, sent in self.open.values()) + self.resend_after
        return min(beat, again)

    def tick(self, now):
        if self.beat_every and now >= self.sent_at + self.beat_every:
            self.send("BEAT")
        if self.resend_after:
            for req, (kind, fields, sent) in list(self.open.items()):
                if now >= sent + self.resend_after:
                    self.open[req] = (kind, fields, now)
                    self.send(kind, req=req, **fields)

    # ---- the test's side ----

    def send_frames(self, frames):
        self.sent_at = time.monotonic()
        self.outbox.append(frames)
        self._flush()

    def send(self, kind, **fields):
        self.send_frames(wzp.encode(kind, fields))

    def begin(self, kind, **fields):
        """Sends a request and returns its number, without waiting."""
        req = next(self.requests)
        self.open[req] = (kind, fields, time.monotonic())
        self.send(kind, req=req, **fields)
        return req

    def answer(self, req, within=DEADLINE):
        return self.world.until(lambda: self.answers.get(req), within, f"an answer to request {req}")[0]

    def ask(self, kind, within=DEADLINE, **fields):
        """The one answer to a request, whatever it is."""
        return self.answer(self.begin(kind, **fields), within)

    def expect(self, answer_kind, kind, **fields):
        answer = self.ask(kind, **fields)
        if answer.kind != answer_kind:
            raise Refused(f"{kind} {fields} was answered {answer}")
        return answer

    def refused(self, code, kind, **fields):
        """Demands an ERROR of this code and returns it."""
        answer = self.ask(kind, **fields)
        assert answer.kind == "ERROR" and answer["code"] == code, f"{kind} was answered {answer}, not {code}"
        return answer

    def next_in_inbox(self, kind, within=DEADLINE):
        """Takes the first message of this kind out of the inbox."""

        def find():
            for index, message in enumerate(self.inbox):
                if message.kind == kind:
                    return self.inbox.pop(index)
            return None

        return self.world.until(find, within, f"a {kind}")

    def has_happened(self, *events):
        return any(event in events for event in self.happened)

    def bye(self):
        return self.expect("CONFIRM", "BYE")

    def close(self):
        if self in self.world.peers:
            self.world.peers.remove(self)
        if hasattr(self, "monitor"):
            self.world.ignore(self.monitor)
            self.socket.disable_monitor()
            self.monitor.close(0)
        self.world.ignore(self.socket)
        self.socket.close(0)


class Watcher(Peer):
    """A peer with a stream of events. `events` has them as they came, repetitions included."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.events = []
        self.says_seen = False

    def receive(self, message):
        if message.kind != "EVENT":
            super().receive(message)
            return
        self.events.append(message)
        if self.says_seen:
            self.send("SEEN", cursor=message["cursor"])

    def watch(self, **fields):
        return self.expect("CONFIRM", "WATCH", **fields)

    def seen(self, cursor):
        return self.expect("CONFIRM", "SEEN", cursor=cursor)

    def events_of(self, case, name=None):
        """Each event of a case once, in the order of its cursors."""
        found = {event["cursor"]: event for event in self.events if event.get("case") == case}
        ordered = [found[cursor] for cursor in sorted(found)]
        return [event for event in ordered if name in (None, event["event"])]

    def wait_event(self, name, case=None, within=DEADLINE):
        def find():
            return [
                event
                for event in self.events
                if event["event"] == name and case in (None, event.get("case"))
            ]

        return self.world.until(find, within, f"the event {name} of {case}")[0]


class Portal(Watcher):
    def begin_submit(self, message_id, title="路灯不亮", body="村口的路灯三天不亮了。", **fields):
        return self.begin("SUBMIT", id=message_id, title=title, body=body, **fields)

    def submit(self, message_id, **fields):
        req = self.begin_submit(message_id, **fields)
        receipt = self.answer(req)
        if receipt.kind != "RECEIPT":
            raise Refused(f"SUBMIT {message_id} was answered {receipt}")
        return receipt

    def query(self, **fields):
        return self.expect("DOSSIER", "QUERY", **fields)


class Worker(Peer):
    """`offers` has the offers not yet looked at, `notices` all notices."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offers = collections.deque()
        self.notices = []
        self.incarnation = random.SystemRandom().randrange(1, 2**63)

    def receive(self, message):
        if message.kind == "OFFER":
            self.offers.append(message)
        elif message.kind == "NOTICE":
            self.notices.append(message)
        else:
            super().receive(message)

    def ready(self, credit=1, **fields):
        fields.setdefault("incarnation", self.incarnation)
        welcome = self.expect("WELCOME", "READY", credit=credit, **fields)
        self.beat_every = welcome["heartbeat_ms"] / 1000 * 0.6
        return welcome

    def fall_silent(self):
        self.beat_every = None

    def next_offer(self, within=DEADLINE):
        self.world.until(lambda: self.offers, within, "an OFFER")
        return self.offers.popleft()

    def wait_notice(self, name, case=None, within=DEADLINE):
        def find():
            return [n for n in self.notices if n["event"] == name and case in (None, n.get("case"))]

        return self.world.until(find, within, f"the notice {name} of {case}")[0]

    def take(self, offer):
        return self.expect("CONFIRM", "TAKE", case=offer["case"], epoch=offer["epoch"])

    def reply(self, offer, text="已派人修复。", **fields):
        return self.expect("CONFIRM", "REPLY", case=offer["case"], epoch=offer["epoch"], reply=text, **fields)

    def give_back(self, offer, reason="不属于本部门职责。"):
        return self.expect("CONFIRM", "RETURN", case=offer["case"], epoch=offer["epoch"], reason=reason)

    def fail(self, offer, reason="系统无法处理。"):
        return self.expect("CONFIRM", "FAIL", case=offer["case"], epoch=offer["epoch"], reason=reason)

    def held(self, **fields):
        return self.expect("LIST", "HELD", **fields)["items"]


class Supervisor(Watcher):
    pass


class Desk(Watcher):
    """What triage and operators have in common."""

    def cases(self, **fields):
        """All pages."""
        items, after = [], {}
        while True:
            page = self.expect("LIST", "CASES", **after, **fields)
            items += page["items"]
            if not page["more"]:
                return items
            after = {"after": page["after"]}

    def show(self, case):
        return self.expect("DOSSIER", "SHOW", case=case)

    def history(self, case):
        items, cursor = [], 0
        while True:
            page = self.expect("LIST", "HISTORY", case=case, cursor=cursor)
            items += page["items"]
            if not page["more"]:
                return items
            cursor = page["cursor"]

    def happened_to(self, case):
        """The names of a case's records, in order."""
        return [item["event"] for item in self.history(case)]

    def why(self, case):
        return self.expect("DOSSIER", "WHY", case=case)


class Triage(Desk):
    def assign(self, case, department, reason="按职责分工交办。", **fields):
        return self.expect("CONFIRM", "ASSIGN", case=case, department=department, reason=reason, **fields)


class Operator(Desk):
    def status(self):
        return self.expect("REPORT", "STATUS")

    def figures(self):
        """What bad input must not change."""
        report = dict(self.status())
        for key in ("req", "now", "next"):
            report.pop(key, None)
        return report

    def department(self, name):
        return {item["department"]: item for item in self.status()["items"]}[name]

    def workers(self):
        return self.expect("LIST", "WORKERS")["items"]

    def drain(self, **fields):
        return self.expect("CONFIRM", "DRAIN", **fields)

    def clock(self, **fields):
        return self.expect("CONFIRM", "CLOCK", **fields)


ROLES = {
    "portal": Portal,
    "worker": Worker,
    "supervisor": Supervisor,
    "triage": Triage,
    "approver": Watcher,
    "moderator": Watcher,
    "operator": Operator,
}
ZONES = {"portal": "portal", "operator": "operator"}  # every other role: worker
