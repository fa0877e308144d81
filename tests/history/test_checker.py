"""The checker against histories that never happened: a good one, and for every class of fault one in which just that
went wrong."""

import copy

import pytest

from checker import CLASSES, judge

HOUR = 3_600_000_000
CASE, OTHER = "20260302-000001-5", "20260302-000002-3"
RECEIPT = {"do": "receipt", "portal": "web", "id": "m-1", "case": CASE, "code": "CODE", "received": 10 * HOUR,
           "due": 20 * HOUR, "department": "edu"}
TAKE = {"who": "edu-a", "verb": "TAKE", "case": CASE, "epoch": 1, "text": "", "final": False}
REPLY = {"who": "edu-a", "verb": "REPLY", "case": CASE, "epoch": 1, "text": "修好了", "final": True}


def record(seq, kind, **fields):
    return {"do": "journal", "seq": seq, "kind": kind, "at": 10 * HOUR, "case": CASE, **fields}


def event(who, cursor, name, **fields):
    return {"do": "event", "who": who, "cursor": cursor, "event": name, "case": CASE, **fields}


def good():
    """A message that is answered late, after its first rung; the portal's connection broke once."""
    lines = [
        {"do": "run", "serves": {"edu-a": ["edu"], "edu-b": ["edu"], "water-a": ["water"]}, "laboratory": True,
         "silent": [], "streams": {"web": "portal/web", "inspector": "supervisor"}},
        {"do": "watch", "who": "web", "cursor": 0},
        {"do": "watch", "who": "inspector", "cursor": 0},
        {"do": "submit", "portal": "web", "id": "m-1"},
        dict(RECEIPT),
        {"do": "offer", "who": "edu-a", "case": CASE, "epoch": 1, "department": "edu"},
        {"do": "act", **TAKE},
        {"do": "done", **TAKE},
        event("web", 5, "taken"),
        {"do": "trust", "upto": 20 * HOUR + 1},
        event("inspector", 6, "escalated", rung=1, due=20 * HOUR),
        {"do": "act", **REPLY},
        {"do": "watch", "who": "web", "cursor": 0},
        event("web", 5, "taken"),
        {"do": "done", **REPLY},
        event("web", 7, "replied", reply="修好了"),
        {"do": "settled", "yes": True, "text": ""},
        {"do": "down", "status": 0, "expected": [0]},
        {"do": "verify", "status": 0, "text": ""},
        record(1, "started", case=None),
        record(2, "accepted", actor="web", subject="m-1", due=20 * HOUR, due_version=1),
        record(3, "routed", department="edu"),
        record(4, "offered", epoch=1, subject="edu-a"),
        record(5, "taken", actor="edu-a", epoch=1, stream="portal/web"),
        record(6, "escalated", number=1, due=20 * HOUR, due_version=1, at=20 * HOUR, stream="supervisor"),
        record(7, "replied", actor="edu-a", number=2, epoch=1, said="修好了", at=21 * HOUR, stream="portal/web"),
    ]
    for number, line in enumerate(lines):
        line["t"] = float(number)
    return lines


def find(lines, **fields):
    return next(line for line in lines if all(line.get(key) == value for key, value in fields.items()))


def without(lines, **fields):
    lines.remove(find(lines, **fields))


def change(lines, new, **fields):
    find(lines, **fields).update(new)


def add_after(lines, new, **fields):
    place = find(lines, **fields)
    lines.insert(lines.index(place) + 1, {"t": place["t"], **new})


def test_a_history_in_which_all_went_well_is_clean():
    verdict = judge(good())
    assert verdict.is_clean, dict(verdict.faults)
    assert verdict.figures["messages"] == verdict.figures["receipts"] == verdict.figures["answered"] == 1
    assert verdict.figures["escalated"] == 1 and verdict.figures["recovered"] == 0


def test_what_came_out_though_nobody_was_told_is_recovered_and_no_fault():
    lines = good()
    without(lines, do="receipt")
    verdict = judge(lines)
    assert verdict.is_clean and verdict.figures["recovered"] == 1


def test_a_message_that_nobody_heard_of_again_is_no_fault():
    lines = good()
    add_after(lines, {"do": "submit", "portal": "web", "id": "m-2"}, do="submit")
    assert judge(lines).is_clean


def no_case(lines):
    add_after(lines, {**RECEIPT, "id": "m-2", "case": OTHER}, do="receipt")
    add_after(lines, {"do": "submit", "portal": "web", "id": "m-2"}, do="submit")


def case_of_another(lines):
    """The case of the receipt is there, and is another message's."""
    no_case(lines)
    add_after(lines, record(8, "accepted", actor="app", subject="m-2", case=OTHER), seq=7)
    add_after(lines, {"do": "submit", "portal": "app", "id": "m-2"}, do="submit")


def never_answered(lines):
    without(lines, seq=7)
    without(lines, do="done", verb="REPLY")
    without(lines, do="event", cursor=7)


def confirmed_take_is_gone(lines):
    add_after(lines, {"do": "done", **TAKE, "epoch": 2}, do="done", verb="TAKE")


def confirmed_reply_is_gone(lines):
    add_after(lines, {"do": "done", **REPLY, "text": "核实中", "final": False}, do="done", verb="TAKE")


def confirmed_ruling_is_gone(lines):
    add_after(lines, {"do": "done", "who": "desk", "verb": "ASSIGN", "case": CASE, "text": "water"}, do="receipt")


def nobody_submitted(lines):
    without(lines, do="submit")


def nobody_replied(lines):
    without(lines, do="act", verb="REPLY")


def phantom_offer(lines):
    add_after(lines, {"do": "offer", "who": "edu-a", "case": CASE, "epoch": 2, "department": "edu"}, do="offer")


def phantom_event(lines):
    add_after(lines, event("web", 9, "replied", reply="没了"), do="event", cursor=7)


def event_of_other_content(lines):
    change(lines, {"reply": "别的"}, do="event", cursor=7)


def refused_submit(lines):
    add_after(lines, {"do": "refused", "who": "web", "verb": "SUBMIT", "code": "conflict"}, do="receipt")


def two_cases(lines):
    add_after(lines, record(8, "accepted", actor="web", subject="m-1", case=OTHER), seq=7)


def two_receipts(lines):
    add_after(lines, {**RECEIPT, "due": 19 * HOUR}, do="receipt")


def two_final_replies(lines):
    add_after(lines, record(8, "replied", number=3, epoch=1, said="不予受理"), seq=7)
    add_after(lines, {"do": "act", **REPLY, "who": "edu-b", "text": "不予受理"}, do="act", verb="REPLY")


def two_confirmed_replies(lines):
    add_after(lines, {"do": "done", **REPLY, "who": "edu-b", "text": "也修好了"}, do="done", verb="REPLY")


def wrong_worker(lines):
    change(lines, {"who": "water-a"}, do="offer")
    change(lines, {"subject": "water-a"}, seq=4)


def wrong_owner(lines):
    change(lines, {"department": "water"}, seq=3)


def two_workers_one_epoch(lines):
    add_after(lines, {"do": "offer", "who": "edu-b", "case": CASE, "epoch": 1, "department": "edu"}, do="offer")


def epoch_twice(lines):
    change(lines, {"seq": 4.5}, seq=4)
    add_after(lines, record(4, "offered", epoch=1, subject="edu-a"), seq=4.5)


def taken_by_an_old_epoch(lines):
    add_after(lines, record(4.5, "offered", epoch=2, subject="edu-b"), seq=4)


def taken_across_a_start(lines):
    add_after(lines, record(4.5, "started", case=None), seq=4)


def rung_before_due(lines):
    change(lines, {"at": 20 * HOUR - 1}, seq=6)


def rung_by_a_clock_nobody_believes(lines):
    change(lines, {"upto": 20 * HOUR - 1}, do="trust")


def rung_twice(lines):
    add_after(lines, record(6.5, "escalated", number=1, due=20 * HOUR, due_version=1, at=20 * HOUR), seq=6)


def reminder_twice(lines):
    for seq in (3.5, 3.6):
        add_after(lines, record(seq, "reminded", due=20 * HOUR, due_version=1), seq=3)


def no_rung(lines):
    without(lines, seq=6)
    without(lines, do="event", who="inspector")


def events_swapped(lines):
    add_after(lines, event("web", 5, "taken"), do="event", cursor=7)


def event_before_the_watch(lines):
    without(lines, do="watch", who="inspector")


def event_never_heard(lines):
    without(lines, do="event", who="inspector")


def event_left_out(lines):
    add_after(lines, record(6.5, "routed", stream="portal/web", department="edu"), seq=6)


def ended_by_itself(lines):
    change(lines, {"status": -6}, do="down")


def no_rest(lines):
    change(lines, {"yes": False, "text": "1 open"}, do="settled")


def no_end(lines):
    without(lines, do="settled")


def verify_complains(lines):
    change(lines, {"status": 1, "text": "case 1: row differs"}, do="verify")


BAD = [
    ("lost", no_case),
    ("lost", case_of_another),
    ("lost", never_answered),
    ("lost", confirmed_take_is_gone),
    ("lost", confirmed_reply_is_gone),
    ("lost", confirmed_ruling_is_gone),
    ("unexpected", nobody_submitted),
    ("unexpected", nobody_replied),
    ("unexpected", phantom_offer),
    ("unexpected", phantom_event),
    ("unexpected", event_of_other_content),
    ("unexpected", refused_submit),
    ("duplicated", two_cases),
    ("duplicated", two_receipts),
    ("double reply", two_final_replies),
    ("double reply", two_confirmed_replies),
    ("wrong department", wrong_worker),
    ("wrong department", wrong_owner),
    ("two holders", two_workers_one_epoch),
    ("two holders", epoch_twice),
    ("two holders", taken_by_an_old_epoch),
    ("standing offer", taken_across_a_start),
    ("early escalation", rung_before_due),
    ("early escalation", rung_by_a_clock_nobody_believes),
    ("repeated escalation", rung_twice),
    ("repeated escalation", reminder_twice),
    ("missing escalation", no_rung),
    ("out of order", events_swapped),
    ("out of order", event_before_the_watch),
    ("lost event", event_never_heard),
    ("lost event", event_left_out),
    ("crash", ended_by_itself),
    ("unsettled", no_rest),
    ("unsettled", no_end),
    ("verify", verify_complains),
]


@pytest.mark.parametrize("kind, spoil", BAD, ids=[f"{kind}: {spoil.__name__}" for kind, spoil in BAD])
def test_every_kind_of_fault_is_named(kind, spoil):
    lines = copy.deepcopy(good())
    spoil(lines)
    assert judge(lines).faults[kind], f"not seen: {spoil.__name__}"


def test_every_class_has_a_bad_history():
    assert {kind for kind, _ in BAD} == set(CLASSES)


def test_a_clock_that_goes_on_by_itself_may_reach_the_due_moment():
    lines = good()
    change(lines, {"laboratory": False}, do="run")
    trust, told = find(lines, do="trust"), find(lines, do="event", who="inspector")
    trust["upto"] = 20 * HOUR - round((told["t"] - trust["t"]) * 1_000_000)
    assert judge(lines).is_clean
    trust["upto"] -= 1
    assert judge(lines).faults["early escalation"]
