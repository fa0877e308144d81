#!/usr/bin/python3
"""A portal (前台) for wenzhengd: submits messages until each has its receipt, and deals once with every event.

    portal.py --server-key wenzhengd.key --key web.key_secret --state FOLDER messages.jsonl

Each line of messages.jsonl is a message (留言): {"id": "2026-0001", "title": "路灯不亮", "body": "…"}. It may have category,
region, department, class and contact. `id` is the portal's own, and never used for another message.

Copy it with link.py, and change what is your portal's: where messages come from, where receipts and events go,
tell_receipt and tell_event. proto/PROTOCOL.md explains every word; § is there.
"""

import argparse
import json
import os
import sys

from link import (BUSY, ERROR, EVENT, FATAL, KEY_REFUSED, NAMES, RECEIPT, SEEN, SUBMIT, WATCH, Link, fail, say)

IN_FLIGHT = 64  # messages on their way at once; the rest waits here


class Journal:
    """A file of JSON lines that is on the disk when `append` returns. A line that a crash cut short is dropped.
    Where a real portal has its database."""

    def __init__(self, path):
        self.file = open(path, "a+b")
        self.file.seek(0)
        whole = self.file.read()
        whole = whole[: whole.rfind(b"\n") + 1]
        self.file.truncate(len(whole))
        self.lines = [json.loads(line) for line in whole.splitlines()]

    def append(self, line):
        self.file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        self.lines.append(line)


def read_messages(file):
    messages = {}  # id → message
    for number, line in enumerate(file, 1):
        try:
            message = json.loads(line)
            messages[message["id"]] = message
        except (ValueError, KeyError, TypeError):
            fail(f"line {number} is no message: a JSON object with an id, by which a resend is known", 2)
    return messages


class Portal:
    def __init__(self, link, state, messages, until_answered):
        os.makedirs(state, exist_ok=True)
        self.link = link
        self.until_answered = until_answered
        self.receipts = Journal(os.path.join(state, "receipts.jsonl"))
        # An event and its cursor are one line, so that no crash comes between them: the cursor is the last line's.
        self.events = Journal(os.path.join(state, "events.jsonl"))
        self.cursor = self.events.lines[-1]["cursor"] if self.events.lines else 0
        received = {receipt["id"] for receipt in self.receipts.lines}
        self.unreceived = {name: message for name, message in messages.items() if name not in received}
        self.waiting = list(self.unreceived.values())  # not on their way yet
        self.unanswered = set(messages)
        for event in self.events.lines:
            self.strike_off(event)
        self.refused = 0

    # ---- what is yours to change ----

    def tell_receipt(self, receipt):
        """The citizen may be told: the daemon has the message on its disk, and we have the receipt on ours."""
        print(f"receipt {receipt['id']}: case {receipt['case']}, query code {receipt['query_code']}, "
              f"{receipt.get('department', 'triage')}", flush=True)

    def tell_event(self, event):
        """Something happened to a case. A name that we do not know is no error: more may come (§8)."""
        name, department = event["event"], event.get("department")
        if name == "replied":
            reason = f" ({event['reason']})" if "reason" in event else ""
            print(f"{event['reply_kind']} {event['id']}: {department}: {event['reply']}{reason}", flush=True)
        else:
            print(f"{name} {event.get('id', '')}: {department or event['case']}", flush=True)

    # ---- the protocol ----

    def greet(self):
        """A connection stands: say again what was not answered on the one before, and ask for the events after the last
        one that we dealt with."""
        self.link.forget(lambda request: request.kind == WATCH)
        self.link.send_again(everything=True)
        self.link.request(WATCH, cursor=self.cursor)

    def work(self):
        while self.waiting and len(self.link.requests) < IN_FLIGHT and not self.link.stop_asked:
            self.link.request(SUBMIT, **self.waiting.pop(0))

    def is_over(self):
        return self.link.stop_asked or self.until_answered and not self.unreceived and not self.unanswered

    def take(self, kind, message):
        if kind == BUSY:
            self.link.postpone(message)
            return
        request = self.link.requests.pop(message.get("req"), None)
        if kind == RECEIPT:
            self.take_receipt(message)
        elif kind == EVENT:
            self.take_event(message)
        elif kind == ERROR:
            self.take_error(request, message)
        # CONFIRM and PULSE need nothing more; a kind that is not known is skipped (§15).

    def take_receipt(self, receipt):
        if self.unreceived.pop(receipt["id"], None):  # else a second one, of a message sent twice: the same to the letter
            del receipt["req"]
            self.receipts.append(receipt)  # first the disk, then the citizen
            self.tell_receipt(receipt)

    def take_event(self, event):
        if event["cursor"] > self.cursor:  # every event may come twice
            self.events.append(event)
            self.cursor = event["cursor"]
            self.tell_event(event)
            self.strike_off(event)
        self.link.send(SEEN, cursor=event["cursor"])  # the second time as well: the first SEEN may have been lost

    def take_error(self, request, error):
        """Nothing was changed, and the same request would get the same error (§11): so it is not sent again."""
        if error["code"] == "not-ready":  # to a BEAT or a SEEN: the daemon does not know this connection
            if not self.link.is_open(WATCH):
                self.greet()
            return
        is_submit = request and request.kind == SUBMIT
        name = request.fields["id"] if is_submit else NAMES.get(request and request.kind, "")
        field = f" (field {error['field']})" if "field" in error else ""
        say(f"refused {name}: {error['code']}: {error['text']}{field}")
        if error["code"] in FATAL:
            sys.exit(KEY_REFUSED)  # nothing is wrong with the message: it goes out after the next start
        if is_submit:
            del self.unreceived[name]
            self.unanswered.discard(name)
            self.refused += 1

    def strike_off(self, event):
        if event["event"] == "replied" and event["reply_kind"] != "interim":
            self.unanswered.discard(event["id"])


def main():
    parser = argparse.ArgumentParser(description="A portal for wenzhengd.")
    parser.add_argument("--endpoint", default="tcp://127.0.0.1:5701", help="of the portal zone")
    parser.add_argument("--server-key", required=True, help="the daemon's public key: wenzhengd.key")
    parser.add_argument("--key", required=True, help="our own: NAME.key_secret")
    parser.add_argument("--state", default=".", help="folder of receipts.jsonl and events.jsonl")
    parser.add_argument("--until-answered", action="store_true", help="end when every message has its final answer")
    parser.add_argument("messages", nargs="?", help="a file of JSON lines; without one: watch only")
    arguments = parser.parse_args()
    messages = {}
    if arguments.messages:
        try:
            with open(arguments.messages, encoding="utf-8") as file:
                messages = read_messages(file)
        except OSError as error:
            fail(f"{arguments.messages}: {error.strerror}", 2)
    link = Link(arguments.endpoint, arguments.server_key, arguments.key)
    portal = Portal(link, arguments.state, messages, arguments.until_answered)
    link.run(portal)
    sys.exit(1 if portal.refused else 0)


if __name__ == "__main__":
    main()
