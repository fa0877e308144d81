"""Judges a history, after Jepsen's total-queue: what goes in must come out, once, in order, at the right door.

A history is a list of dicts, one for each thing that the harness did or heard, in the order in which it happened; a
file of them has one as JSON on each line. `judge` is a pure function of it, so a history that was kept can be judged
again, and one that never happened can be written by hand.

What the daemon says of itself in the end (its journal, lines `journal`) is compared with what everybody was told while
it was killed, stopped, starved and lied to. The lines, each with `do` and `t` (seconds, monotonic):

    run         who serves what (`serves`: worker → departments), whose stream is which (`streams`), `laboratory`,
                which workers' acts nobody noted down (`silent`)
    submit      a portal sends a message for the first time                        portal, id
    receipt     the daemon's RECEIPT, as often as it came                          portal, id, case, code, received, due
    offer       an OFFER reached a worker                                          who, case, epoch, department
    act         TAKE, REPLY, RETURN, FAIL, ASSIGN is sent the first time           who, verb, case, epoch, text, final
    done        its CONFIRM                                                        the same
    refused     an ERROR to a SUBMIT or an act                                     who, verb, code
    watch       the CONFIRM of a WATCH: what follows here comes after `cursor`     who, cursor
    event       an EVENT                                                           who, cursor, event, case, …
    trust       the daemon may by now take it to be as late as `upto`              upto
    down        the daemon ended                                                   status, expected
    journal     one record of the journal, after the end                           seq, kind, at, case, …, said
    settled     after the faults: whether everything came to rest, and what not    yes, text
    verify      what `wenzhengd --verify` said                                     status, text
"""

import bisect
import collections

FINAL = (2, 3)  # kinds of reply that close a case
WANTED = {"TAKE": "taken", "REPLY": "replied", "RETURN": "returned", "FAIL": "failed", "ASSIGN": "assigned"}
TO_STREAM = {"assigned": "routed", "triaged": "triage", "returned": "triage", "failed": "triage", "parked": "triage",
             "clock": "alarm", "configured": "alarm"}
CLASSES = ("lost", "unexpected", "duplicated", "double reply", "wrong department", "two holders", "standing offer",
           "early escalation", "repeated escalation", "missing escalation", "out of order", "lost event", "crash",
           "unsettled", "verify")


class Verdict:
    """`faults`: class → sentences. `figures`: what was seen, for the run's one line."""

    def __init__(self):
        self.faults = collections.defaultdict(list)
        self.figures = collections.Counter()

    def say(self, kind, text):
        assert kind in CLASSES, kind
        self.faults[kind].append(text)

    @property
    def is_clean(self):
        return not any(self.faults.values())


class History:
    """The lines by kind, and the journal by case, stream and message."""

    def __init__(self, lines):
        self.lines = list(lines)
        self.by = collections.defaultdict(list)
        for line in self.lines:
            self.by[line["do"]].append(line)
        self.run = self.by["run"][0]
        self.journal = sorted(self.by["journal"], key=lambda record: record["seq"])
        self.of_case = collections.defaultdict(list)
        self.of_stream = collections.defaultdict(list)
        self.accepted = collections.defaultdict(list)
        for record in self.journal:
            if record.get("case"):
                self.of_case[record["case"]].append(record)
            if record.get("stream"):
                self.of_stream[record["stream"]].append(record)
            if record["kind"] == "accepted":
                self.accepted[record["actor"], record["subject"]].append(record)

    def records(self, case, kind):
        return [record for record in self.of_case[case] if record["kind"] == kind]

    def answers(self, case):
        return [record for record in self.records(case, "replied") if record["number"] in FINAL]


# ---- messages and cases ----


def judge_receipts(history, verdict):
    first = {}
    for line in history.by["receipt"]:
        key = line["portal"], line["id"]
        told = {name: line.get(name) for name in ("case", "code", "received", "due", "department")}
        if first.setdefault(key, told) != told:
            verdict.say("duplicated", f"{key} had two receipts: {first[key]} and {told}")
        if told["case"] not in [record["case"] for record in history.accepted[key]]:
            verdict.say("lost", f"{key} has a receipt for {told['case']}, and the journal no such case")
    for key, records in history.accepted.items():
        if len(records) > 1:
            verdict.say("duplicated", f"{key} is {len(records)} cases: {[record['case'] for record in records]}")
    return first


def judge_refusals(history, verdict):
    """A well-formed message, sent again as it was, is never refused."""
    for line in history.by["refused"]:
        if line["verb"] == "SUBMIT":
            verdict.say("unexpected", f"a SUBMIT of {line['who']} was refused: {line['code']}")


def judge_messages(history, verdict):
    receipted = judge_receipts(history, verdict)
    submitted = {(line["portal"], line["id"]) for line in history.by["submit"]}
    verdict.figures["messages"], verdict.figures["receipts"] = len(submitted), len(receipted)
    for key, records in history.accepted.items():
        if records and key not in submitted:
            verdict.say("unexpected", f"nobody submitted {key}")
        if records and key not in receipted:
            verdict.figures["recovered"] += 1
    for key in receipted:
        for record in history.accepted[key]:
            if not history.answers(record["case"]):
                verdict.say("lost", f"{record['case']} of {key} was never answered")


def judge_replies(history, verdict):
    sent = {(line["case"], line["text"]) for line in history.by["act"] if line["verb"] == "REPLY"}
    accepted = collections.defaultdict(set)
    for line in history.by["done"]:
        if line["verb"] == "REPLY" and line["final"]:
            accepted[line["case"]].add(line["text"])
    for case, texts in accepted.items():
        if len(texts) > 1:
            verdict.say("double reply", f"{case}: {sorted(texts)} were all confirmed")
    for case in list(history.of_case):
        answers = history.answers(case)
        if len(answers) > 1:
            verdict.say("double reply", f"{case} was answered {len(answers)} times: {[a['said'] for a in answers]}")
        for record in history.records(case, "replied"):
            if (case, record["said"]) not in sent and record["actor"] not in history.run["silent"]:
                verdict.say("unexpected", f"{case} has a reply that nobody sent: {record['said']!r}")
        verdict.figures["answered"] += bool(answers)


def confirms(record, line):
    """The record is the change that this confirmed act made."""
    if record["kind"] != WANTED[line["verb"]]:
        return False
    if line["verb"] == "TAKE":
        return record["epoch"] == line["epoch"]
    if line["verb"] == "ASSIGN":
        return record["department"] == line["text"]
    return record["said"] == line["text"]


def judge_confirmed_acts(history, verdict):
    for line in history.by["done"]:
        verdict.figures["confirmed"] += 1
        if not any(confirms(record, line) for record in history.of_case[line["case"]]):
            verdict.say("lost", f"{line['who']} had a CONFIRM for {line['verb']} {line['case']} epoch "
                                f"{line.get('epoch')}, and the journal nothing of it")


# ---- offers ----


def department_at(records, seq):
    """Whose the case was when record `seq` was written."""
    owner = None
    for record in records:
        if record["seq"] >= seq:
            break
        if record["kind"] in ("routed", "assigned"):
            owner = record["department"]
    return owner


def judge_offers(history, verdict):
    holders = {}
    for line in history.by["offer"]:
        verdict.figures["offers"] += 1
        case, epoch, who = line["case"], line["epoch"], line["who"]
        if line["department"] not in history.run["serves"][who]:
            verdict.say("wrong department", f"{case} of {line['department']} was offered to {who}")
        if holders.setdefault((case, epoch), who) != who:
            verdict.say("two holders", f"{case} epoch {epoch}: {holders[case, epoch]} and {who}")
        made = [record for record in history.records(case, "offered") if record["epoch"] == epoch]
        if not made:
            verdict.say("unexpected", f"{who} was offered {case} epoch {epoch}, and the journal has no such offer")
        elif made[0]["subject"] != who:
            verdict.say("two holders", f"{case} epoch {epoch} is {made[0]['subject']}'s and reached {who}")
        elif department_at(history.of_case[case], made[0]["seq"]) != line["department"]:
            verdict.say("wrong department", f"{case} was not {line['department']}'s when it was offered to {who}")


def judge_epochs(history, verdict):
    """Every offer's epoch is higher than the one before, and no offer is taken across a start of the daemon."""
    starts = [record["seq"] for record in history.journal if record["kind"] == "started"]
    for case, records in history.of_case.items():
        offered = None
        for record in records:
            if record["kind"] == "offered":
                if offered and record["epoch"] <= offered["epoch"]:
                    verdict.say("two holders", f"{case} was offered twice with epoch {record['epoch']}")
                offered = record
            elif record["kind"] == "taken":
                if not offered or record["epoch"] != offered["epoch"]:
                    verdict.say("two holders", f"{case} was taken with epoch {record['epoch']}, which is over")
                elif any(offered["seq"] < start < record["seq"] for start in starts):
                    verdict.say("standing offer", f"{case} was taken by an offer of a life before")


# ---- the ladder ----


def judge_escalations(history, verdict):
    for case, records in history.of_case.items():
        fired = collections.Counter()
        for record in records:
            if record["kind"] not in ("escalated", "reminded"):
                continue
            key = record["kind"], record.get("number"), record["due_version"]
            fired[key] += 1
            verdict.figures[record["kind"]] += 1
            if fired[key] > 1:
                verdict.say("repeated escalation", f"{case}: {key} fired {fired[key]} times")
            if record["kind"] == "escalated" and record["at"] < record["due"]:
                verdict.say("early escalation", f"{case}: rung {record['number']} before its due moment")
        judge_missing_escalation(history, case, verdict)
    judge_trusted_time(history, verdict)


def judge_missing_escalation(history, case, verdict):
    """In a laboratory every rung fires at its own moment, so what was answered late has had the first one before."""
    answers = history.answers(case)
    if not history.run["laboratory"] or not answers:
        return
    due = [r["due"] for r in history.of_case[case] if r["kind"] in ("accepted", "due") and r.get("due")]
    rungs = [r for r in history.records(case, "escalated") if r["seq"] < answers[0]["seq"]]
    if due and answers[0]["at"] > due[-1] and not rungs:
        verdict.say("missing escalation", f"{case} was answered after its due moment, and nobody was told before")


def judge_trusted_time(history, verdict):
    """No rung is told of before any clock that the daemon may believe in has come to its due moment."""
    goes_on = 0 if history.run["laboratory"] else 1_000_000  # a laboratory's clock stands still between two CLOCKs
    ahead = None
    for line in history.lines:
        if line["do"] == "trust":
            ahead = max(ahead or 0, line["upto"] - goes_on * line["t"])
        elif line["do"] == "event" and line["event"] == "escalated" and ahead is not None:
            if line["due"] > ahead + goes_on * line["t"]:
                verdict.say("early escalation", f"{line['case']}: rung {line['rung']} was told before any clock that "
                                                "could be believed had come to its due moment")


# ---- streams ----


def judge_streams(history, verdict):
    for who, stream in history.run["streams"].items():
        lines = [line for line in history.lines if line.get("who") == who and line["do"] in ("watch", "event")]
        judge_stream(who, lines, {record["seq"]: record for record in history.of_stream[stream]}, verdict)


def judge_stream(who, lines, truth, verdict):
    order = sorted(truth)
    heard = set()
    last = None  # on this connection
    for line in lines:
        cursor = line["cursor"]
        if line["do"] == "event":
            verdict.figures["events"] += 1
            judge_event(who, line, truth.get(cursor), verdict)
            if last is None or cursor <= last:
                verdict.say("out of order", f"{who} heard event {cursor} after {last}")
            elif not heard.issuperset(order[bisect.bisect(order, last):bisect.bisect_left(order, cursor)]):
                verdict.say("lost event", f"{who} heard event {cursor} after {last}: one between was left out")
            heard.add(cursor)
        last = cursor
    for seq in order:
        if seq not in heard:
            verdict.say("lost event", f"{who} never heard event {seq} ({truth[seq]['kind']})")


def judge_event(who, line, record, verdict):
    if record is None:
        verdict.say("unexpected", f"{who} heard event {line['cursor']}, which the journal does not have")
        return
    same = (TO_STREAM.get(record["kind"], record["kind"]), record.get("case")) == (line["event"], line.get("case"))
    if not same or (record["kind"] == "replied" and record["said"] != line["reply"]):
        verdict.say("unexpected", f"{who} heard {line['event']} as event {line['cursor']}, which is {record['kind']}")


# ---- the whole ----


def judge_end(history, verdict):
    for line in history.by["down"]:
        verdict.figures["restarts"] += 1
        if line["status"] not in line["expected"]:
            verdict.say("crash", f"the daemon ended with {line['status']}, and nobody had done anything to it")
    if not any(line["yes"] for line in history.by["settled"]):
        verdict.say("unsettled", "; ".join(line["text"] for line in history.by["settled"]) or "the run had no end")
    for line in history.by["verify"]:
        if line["status"] != 0:
            verdict.say("verify", line["text"])


def judge(lines):
    history = History(lines)
    verdict = Verdict()
    for part in (judge_messages, judge_refusals, judge_replies, judge_confirmed_acts, judge_offers, judge_epochs,
                 judge_escalations, judge_streams, judge_end):
        part(history, verdict)
    return verdict
