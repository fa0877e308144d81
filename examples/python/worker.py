#!/usr/bin/python3
"""A worker (承办端) for wenzhengd: takes the cases of its departments in time, and answers each once.

    worker.py --server-key wenzhengd.key --key edu-1.key_secret

Copy it with link.py and change `decide`, which says what becomes of a case (办件). proto/PROTOCOL.md explains every word;
§ is there. Nothing is kept on this side: what was taken and not answered the daemon knows, and HELD asks for it.
"""

import argparse
import random
import sys
import time

from link import (BUSY, CONFIRM, ERROR, FAIL, FATAL, HELD, KEY_REFUSED, LIST, NAMES, NOTICE, OFFER, READY, REPLY, RETURN,
                  TAKE, WELCOME, Link, say)

STOP_WAIT = 5  # seconds at the end for answers that are on their way


def decide(case):
    """What becomes of a taken case: its acts, each a kind and its fields. Here by words in the title; yours asks an
    office system, or a person. That may take days: the case stays the department's (§9)."""
    title = case["title"]
    if "路灯" in title:
        return [(RETURN, {"reason": "路灯由城管部门管理，请改派。"})]  # not ours: back to triage 退办
    if "个人信息" in title:
        return [(REPLY, {"reply_kind": "refusal", "reply": "您要求的内容不能提供。", "reason": "涉及他人个人信息。"})]
    if "系统故障" in title:
        return [(FAIL, {"reason": "本端无法处理，请人工查看。"})]  # parked at triage, and an operator is alarmed
    final = (REPLY, {"reply_kind": "final", "reply": f"您反映的“{title}”已处理，感谢留言。"})
    if "调查" in title:
        return [(REPLY, {"reply_kind": "interim", "reply": "已受理，正在调查。"}), final]
    return [final]


class Case:
    """offered (`lease_ends`) ──CONFIRM of TAKE──► taken (`decide_at`) ──► `acts`, one after the other ──► forgotten"""

    def __init__(self, fields, lease_ends=None, decide_at=None):
        self.number, self.epoch = fields["case"], fields["epoch"]
        self.fields = fields
        self.lease_ends = lease_ends
        self.decide_at = decide_at
        self.acts = []


class Worker:
    def __init__(self, link, credit, departments, think):
        self.link = link
        self.credit, self.departments, self.think = credit, departments, think
        # Drawn once for this process and said at every READY: by it our offers stay ours over a reconnect (§7).
        self.incarnation = random.SystemRandom().randrange(1, 2**63)
        self.cases = {}  # number → Case
        self.stop_at = None

    def greet(self):
        """A connection stands: READY begins the session, and what is open is said again after the WELCOME."""
        self.link.forget(lambda request: request.kind in (READY, HELD))
        self.link.request(READY, credit=self.credit, incarnation=self.incarnation, departments=self.departments)

    def is_over(self):
        """After SIGTERM: what we said of our cases shall be confirmed, for some seconds. Then BYE: untaken offers go
        elsewhere at once, without blame; what was taken stays the department's."""
        if not self.link.stop_asked:
            return False
        if not self.stop_at:
            self.stop_at = time.monotonic() + STOP_WAIT
            say("stopping")
        return not self.link.connected or not self.link.requests or time.monotonic() >= self.stop_at

    def work(self):
        """What time brings: leases that ran out before the TAKE was confirmed, cases that want a decision."""
        now = time.monotonic()
        for case in list(self.cases.values()):
            if case.lease_ends and now >= case.lease_ends:
                self.drop(case)  # it is offered elsewhere; if we took it after all, it is in HELD
            elif case.decide_at and now >= case.decide_at and not self.link.stop_asked:
                case.decide_at = None
                case.acts = decide(case.fields)
                self.act(case)

    def act(self, case):
        """The next act; after the last one the case is forgotten."""
        if case.acts:
            kind, fields = case.acts[0]
            self.link.request(kind, case=case.number, epoch=case.epoch, **fields)
        else:
            del self.cases[case.number]

    def drop(self, case):
        """It is not ours any more, or we do not know: nothing of it is said again."""
        del self.cases[case.number]
        self.link.forget(lambda request: request.fields.get("case") == case.number)

    # ---- what comes ----

    def take(self, kind, message):
        if kind == BUSY:
            self.link.postpone(message)
            return
        request = self.link.requests.pop(message.get("req"), None)
        if kind == OFFER:
            self.take_offer(message)
        elif kind == NOTICE:
            self.take_notice(message)
        elif kind == ERROR:
            self.take_error(request, message)
        elif request and kind == WELCOME:
            self.take_welcome(message)
        elif request and kind == LIST:
            self.take_held(message)
        elif request and kind == CONFIRM:
            self.take_confirm(request, message)
        # PULSE needs nothing more; a kind that is not known is skipped (§15).

    def take_welcome(self, welcome):
        self.link.heartbeat = welcome["heartbeat_ms"] / 1000
        say(f"ready for {', '.join(welcome['departments'])}")
        self.link.send_again(everything=True)
        self.link.request(HELD)

    def take_held(self, page):
        """What our departments took and owe: after a restart of ours, and of the daemon. A page has no texts; each case
        that we do not know is asked for by its number."""
        for item in page["items"]:
            if item["case"] in self.cases and self.cases[item["case"]].epoch >= item["epoch"]:
                continue
            if "body" not in item:
                self.link.request(HELD, case=item["case"])
                continue
            print(f"held {item['case']}: {item['title']}", flush=True)
            self.cases[item["case"]] = Case(item, decide_at=time.monotonic() + self.think)
        if page["more"]:
            self.link.request(HELD, after=page["after"])

    def take_offer(self, offer):
        if self.link.stop_asked:
            return
        case = Case(offer, lease_ends=time.monotonic() + offer["lease_ms"] / 1000)
        self.cases[case.number] = case  # a higher epoch takes the place of an older one
        self.link.request(TAKE, case=case.number, epoch=case.epoch)  # at once: an offer is ours for its lease only

    def take_notice(self, notice):
        say(" ".join(["notice", notice["event"], notice.get("case", ""), notice.get("text", "")]).rstrip())
        case = self.cases.get(notice.get("case"))
        if notice["event"] == "void" and case and case.epoch == notice.get("epoch") and case.lease_ends:
            self.drop(case)  # an offer that is withdrawn

    def take_confirm(self, request, confirm):
        """It is on the daemon's disk."""
        case = self.cases.get(request.fields.get("case"))
        if not case or case.epoch != request.fields["epoch"]:
            return
        if request.kind == TAKE:
            print(f"taken {case.number}: {case.fields['title']}", flush=True)
            case.lease_ends = None
            case.decide_at = time.monotonic() + self.think
            return
        name = request.fields.get("reply_kind", NAMES[request.kind].lower())
        print(f"{name} {case.number}: {confirm['state']}", flush=True)
        case.acts.pop(0)
        self.act(case)

    def take_error(self, request, error):
        """Nothing was changed, and the same request would get the same error (§11): so it is not sent again."""
        code = error["code"]
        if code == "not-ready":  # the daemon was restarted, say: READY, and then all that is open once more
            if request:
                self.link.requests[error["req"]] = request
            if not self.link.is_open(READY):
                self.greet()
            return
        kind, fields = (request.kind, request.fields) if request else (None, {})
        stands = f" (now {error['state']}, epoch {error.get('epoch')})" if "state" in error else ""
        say(f"refused {NAMES.get(kind, '')} {fields.get('case', '')}: {code}: {error['text']}{stands}")
        if code in FATAL or kind == READY:
            sys.exit(KEY_REFUSED)
        case = self.cases.get(fields.get("case"))
        if not case or case.epoch != fields.get("epoch"):
            return
        if kind in (REPLY, RETURN) and code not in ("stale", "not-yours", "wrong-state", "not-found", "conflict"):
            # It is ours, and what we say of it will never do (too-long, return-limit …): somebody must look at it.
            case.acts = [(FAIL, {"reason": f"{NAMES[kind]} was refused: {code}"})]
            self.act(case)
        else:
            self.drop(case)  # stale: it was offered again. If it is ours, it comes in a new OFFER, or in HELD


def main():
    parser = argparse.ArgumentParser(description="A worker for wenzhengd.")
    parser.add_argument("--endpoint", default="tcp://127.0.0.1:5702", help="of the worker zone")
    parser.add_argument("--server-key", required=True, help="the daemon's public key: wenzhengd.key")
    parser.add_argument("--key", required=True, help="our own: NAME.key_secret")
    parser.add_argument("--department", action="append", help="serve this one only; may come again (all of the key's)")
    parser.add_argument("--credit", type=int, default=8, help="how many untaken offers we want at once")
    parser.add_argument("--think", type=float, default=0, help="seconds between taking a case and answering it")
    arguments = parser.parse_args()
    link = Link(arguments.endpoint, arguments.server_key, arguments.key)
    link.run(Worker(link, arguments.credit, arguments.department, arguments.think))


if __name__ == "__main__":
    main()
