"""One run: a real daemon on a real disk, peers with real connections, a nemesis, and in the end the whole truth: the
journal, `--verify`, and what everybody was told."""

import json
import pathlib
import signal
import time

import journal_file
import stock
import wzp
import zmq
from actors import Desk, Operator, Portal, Supervisor, Worker
from house import PROFILE, House
from machine import Machine
from nemesis import Nemesis
from proxy import Network
from world import Late

FAULTS_LAST = 2.4  # seconds
SETTLE_WITHIN = 45.0  # generous: what is slow is no fault here
QUIET = 0.4  # nobody heard anything new for so long: it has settled
SUBMIT_EVERY = 0.012  # by each portal

KINDS = dict(enumerate(("", "started", "accepted", "routed", "triaged", "offered", "requeued", "taken", "replied",
                        "returned", "failed", "parked", "assigned", "reminded", "escalated", "due", "alarm",
                        "configured", "clock", "drained")))
# Deadlines that a machine's clock can reach by a leap of hours.
IN_HOURS = PROFILE.replace("3 workday", "1 hour").replace("7 workday", "1 hour")


class History:
    """Lines in the order in which things happened; on the disk at once, so that a run that breaks leaves them."""

    def __init__(self, path):
        self.lines = []
        self.file = open(path, "w", encoding="utf-8")

    def add(self, do, **fields):
        line = {"do": do, "t": round(time.monotonic(), 6), **fields}
        self.lines.append(line)
        self.file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self):
        self.file.close()


class Run:
    def __init__(self, seed, kinds):
        self.seed, self.kinds = seed, kinds
        has_clock = "clock" in kinds
        self.laboratory = not has_clock and seed % 3 != 0
        self.house = House(laboratory=self.laboratory, lease="1", heartbeat="1",
                           profile=IN_HOURS if has_clock else PROFILE)
        self.house.keys[stock.PORTAL] = zmq.curve_keypair()
        self.house.principals.append({"name": stock.PORTAL, "role": "portal"})
        self.house.write_principals()
        self.history = History(self.house.path("history.jsonl"))
        self.faults = True
        self.machine = Machine(self.house, self.history, seed, has_clock)
        self.network = Network(self.house.world, self.house.endpoints)
        self.stock = stock.Stock(self)

    # ---- the people ----

    def _gather(self):
        self.portals = [Portal(self, "web"), Portal(self, "app")]
        self.workers = [Worker(self, "hall"), Worker(self, "edu-a"), Worker(self, "water-a"),
                        Worker(self, "edu-b", custody="process")]
        self.desk, self.inspector = Desk(self, "desk"), Supervisor(self, "inspector")
        self.operator = Operator(self, "ops")
        self.actors = [*self.portals, *self.workers, self.desk, self.inspector, self.operator]
        house = self.house
        streams = {portal.name: f"portal/{portal.name}" for portal in self.portals}
        self.history.add(
            "run", seed=self.seed, kinds=self.kinds, laboratory=self.laboratory, silent=[stock.WORKER],
            serves={p["name"]: p["departments"] for p in house.principals if p["role"] == "worker"},
            streams={**streams, "desk": "triage", "inspector": "supervisor", "ops": "operator"})

    def _move_on(self, actor, rng):
        """The laboratory's clock goes on by hours, all the time."""
        if self.faults:
            actor.go_on(rng.uniform(6, 40) * 3600)
            actor.later(0.15, lambda: self._move_on(actor, rng))

    def _submit(self, portal):
        if self.faults:
            portal.submit_new()
            portal.later(portal.rng.uniform(0, 2 * SUBMIT_EVERY), lambda: self._submit(portal))

    # ---- the run ----

    def go(self):
        """The history, with its end."""
        world = self.house.world
        self._gather()
        world.until(lambda: all(actor.is_known for actor in self.actors), 30, "everybody's welcome")
        self.stock.begin()
        for portal in self.portals:
            self._submit(portal)
        if self.laboratory:
            self._move_on(self.operator, self.operator.rng)
        nemesis = Nemesis(self, self.kinds, time.monotonic())
        world.pass_time(FAULTS_LAST)
        nemesis.close()
        self.faults = False
        self.machine.heal()
        self.network.heal()
        self._settle()
        self.machine.stop()
        status, text = self.house.run("--verify")
        self.history.add("verify", status=status, text=text)
        self._read_journal()
        return self.history.lines

    def _is_quiet(self):
        status = self.operator.status
        return (self.stock.is_done and all(actor.is_idle for actor in self.actors) and status and status["open"] == 0
                and time.monotonic() - self.history.lines[-1]["t"] > QUIET)

    def _settle(self):
        world = self.house.world
        try:
            world.until(self._is_quiet, SETTLE_WITHIN, "rest")
            self.stock.read_receipts()
            self.stock.submit_again()
            for portal in self.portals:
                for fields in portal.receipted:
                    portal.submit_again(fields)
            world.until(self._is_quiet, SETTLE_WITHIN, "the same receipts once more")
            self.stock.read_receipts()
            self.history.add("settled", yes=True, text="")
        except Late as late:
            waiting = {actor.name: [r.kind for r in actor.requests.values()] for actor in self.actors if actor.requests}
            self.history.add("settled", yes=False, text=f"{late}; {self.operator.status}; waiting: {waiting}")

    def _read_journal(self):
        with journal_file.opened(self.house.store) as db:
            said = {row["id"]: row["body"] for row in db.execute("SELECT id, body FROM text")}
            for row in db.execute("SELECT * FROM journal ORDER BY seq"):
                case = row["case_id"]
                fields = {name: row[name] for name in ("seq", "at", "actor", "stream", "department", "subject", "epoch",
                                                       "due", "due_version", "number") if row[name] is not None}
                if row["text"] and KINDS[row["kind"]] != "accepted":
                    fields["said"] = said.get(case * 10000 + row["text"])
                self.history.add("journal", kind=KINDS[row["kind"]],
                                 case=wzp.case_number(str(case // 1000000), case % 1000000) if case else None, **fields)

    def close(self):
        """The folder stays; whoever made the run decides."""
        self.stock.close()
        self.history.close()
        self.network.close()
        self.machine.wanted = False
        self.machine.send_signal(signal.SIGCONT)
        if self.house.process:
            self.house.kill()
        self.house.world.close()
        self.house.notify.close()

    @property
    def folder(self):
        return pathlib.Path(self.house.folder)
