"""Role x kind x state x department through real sockets: the table of tests/data/matrix.txt, of which the unit test
`shell/matrix` tries every cell in every variation. Here each row is tried once by who may say it and once by who may
not, in each situation. Left out: what ends the session or stops the department (BYE, DRAIN), on which the rest
stands."""

import itertools
import pathlib

import pytest

import wzp
from house import House
from wzp import KINDS

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITUATIONS = ["none", "triage", "returned", "queued", "offered", "lent", "taken", "shared", "answered"]
ASKERS = {"portal": "web", "worker": "edu-a", "supervisor": "inspector", "triage": "desk", "approver": "chief",
          "moderator": "editor", "operator": "ops"}
CASES = 12  # more than there are rows that change a case


def rows():
    for line in (ROOT / "tests" / "data" / "matrix.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, whose, fields, *cells = line.split()
            yield kind, whose, fields, dict(zip(SITUATIONS, cells))


class Bench:
    def __init__(self, own, situation):
        self.own, self.situation = own, situation
        self.house = House().start()
        self.peers = {role: self.house.connect(name) for role, name in ASKERS.items()}
        self.fresh = itertools.count(1)
        self.department = None if situation in ("none", "triage") else "edu" if own else "water"
        self.cases = []
        if situation != "none":
            self.bring_about("edu-b" if own and situation in ("lent", "shared") else "edu-a" if own else "water-a")
        self.ready("worker")
        for role in ("portal", "supervisor", "triage", "operator"):
            self.peers[role].watch()

    def ready(self, role_or_peer):
        peer = self.peers.get(role_or_peer, role_or_peer)
        peer.ready(credit=CASES + 1, incarnation=1)

    def bring_about(self, holder):
        ops, portal = self.peers["operator"], self.house.connect("web" if self.own else "app")
        worker = self.peers["worker"] if holder == "edu-a" else self.house.connect(holder)
        if self.situation == "queued":
            ops.drain(department=self.department)
        if self.situation not in ("triage", "queued"):
            self.ready(worker)
        for number in range(CASES):
            where = {"department": self.department} if self.department else {}
            receipt = portal.submit(f"message-{number}", title="题", body="文", contact="联", **where)
            case = {"case": receipt["case"], "code": receipt["query_code"], "id": f"message-{number}", "epoch": 0}
            if self.situation not in ("triage", "queued"):
                offer = worker.next_offer()
                assert offer["case"] == case["case"]
                case["epoch"] = offer["epoch"]
            if self.situation in ("taken", "shared", "answered", "returned"):
                worker.take(offer)
            if self.situation == "returned":
                worker.give_back(offer, "不归我管")
            if self.situation == "answered":
                worker.reply(offer, "好")
            self.cases.append(case)

    def case(self, spend):
        """One in the situation; one that will not be used again, if it is about to change."""
        if self.situation == "none":
            return {"case": wzp.NO_CASE, "code": "0123456789ABCDEF", "id": f"unknown-{next(self.fresh)}", "epoch": 0}
        return self.cases.pop() if spend else self.cases[0]

    def fields(self, text, case):
        values = {}
        for word in text.split(",") if text != "-" else []:
            name, _, value = word.partition("=")
            code = case["code"]
            given = {
                "case": case["case"], "epoch": case["epoch"],
                "id": f"fresh-{next(self.fresh)}" if value == "new" else case["id"],
                "department": value or self.department,
                "query_code": {"right": code, "half": code[:8]}.get(value, code[:-1] + ("1" if code[-1] == "0" else "0")),
            }.get(name, value)
            kind = wzp.FIELDS[name].type
            if given is not None:
                values[name] = (int(given) if kind in ("count", "time") else given == "true" if kind == "flag" else
                                [given] if kind == "lines" else given)
        return values

    def is_told(self, role, kind, text, cell):
        """Says it, holds the answer against the cell, and looks whether anything changed."""
        mark = cell[0] if cell[0] in "+=~" else ""
        case = self.case(spend=mark == "+")
        ops = self.peers["operator"]
        before = ops.figures()
        history = ops.happened_to(case["case"]) if case["case"] != wzp.NO_CASE else []
        answer = self.peers[role].ask(kind, **self.fields(text, case))
        told = answer.get("code") if answer.kind in ("ERROR", "BUSY") else answer.kind
        assert told == cell.lstrip("+=~"), f"{role} said {kind} {text} to a case {self.situation}: {answer}, not {cell}"
        if mark != "+":
            assert ops.figures() == before, (role, kind, text)
            assert (ops.happened_to(case["case"]) if history else []) == history, (role, kind, text)


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("own", [True, False], ids=["own", "other"])
def test_a_case_is_for_whom_it_is(own, situation):
    bench = Bench(own, situation)
    cells, others = 0, itertools.cycle(ASKERS)
    try:
        for kind, whose, text, row in rows():
            cell = row[situation]
            if whose not in ("any", "both", "own" if own else "other") or kind in ("BYE", "DRAIN"):
                continue
            for role in KINDS[kind].senders:
                bench.is_told(role, kind, text, cell)
                cells += 1
            wrong = next(role for role in others if role not in KINDS[kind].senders)
            bench.is_told(wrong, kind, text, "forbidden")
            cells += 1
        assert cells > 70
        assert bench.house.stop() == 0
        status, said = bench.house.run("--verify")
        assert status == 0, said
    finally:
        bench.house.close()
