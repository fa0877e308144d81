"""What a portal, a department and a citizen can rely on, from SUBMIT to the reply."""

import pytest

from house import PROFILE
from wzp import NO_CASE, STATES

REPLY = "经核实，已于今日修复。\n感谢您的留言。"


def same_receipt(one, other):
    return {**one, "req": 0} == {**other, "req": 0}


def test_a_message_is_received_offered_taken_answered_and_told(house):
    portal, worker, ops = house.portal(), house.worker(), house.operator()
    portal.watch()
    worker.ready()
    receipt = portal.submit("m-1", title="校车", body="请问校车路线。", department="edu")
    assert receipt["id"] == "m-1" and receipt["department"] == "edu" and receipt["class"] == "ordinary"
    assert receipt["due"] > receipt["received"]

    offer = worker.next_offer()
    assert offer["case"] == receipt["case"] and offer["epoch"] == 1 and offer["department"] == "edu"
    assert (offer["title"], offer["body"], offer["portal"]) == ("校车", "请问校车路线。", "web")
    assert (offer["received"], offer["due"]) == (receipt["received"], receipt["due"])
    assert offer["lease_ms"] == 30000

    taken = worker.take(offer)
    assert taken["state"] == "taken" and taken["case"] == receipt["case"] and taken["epoch"] == 1
    answered = worker.reply(offer, REPLY)
    assert answered["state"] == "answered"

    event = portal.wait_event("taken")
    assert (event["case"], event["id"], event["department"]) == (receipt["case"], "m-1", "edu")
    event = portal.wait_event("replied")
    assert (event["reply"], event["reply_kind"], event["id"]) == (REPLY, "final", "m-1")
    portal.seen(event["cursor"])

    dossier = portal.query(case=receipt["case"], query_code=receipt["query_code"])
    assert dossier["state"] == "answered" and dossier["taken"] <= dossier["answered"]
    assert [(item["reply"], item["reply_kind"]) for item in dossier["items"]] == [(REPLY, "final")]
    assert ops.happened_to(receipt["case"]) == ["accepted", "routed", "offered", "taken", "replied"]
    figures = ops.figures()
    assert (figures["accepted"], figures["closed"], figures["open"]) == (1, 1, 0)


def test_a_resend_gets_the_same_receipt_for_ever(house):
    portal, worker = house.portal(), house.worker()
    worker.ready()
    message = {"title": "学位", "body": "正文", "department": "edu", "category": "教育", "region": "南岸"}
    first = portal.submit("m-1", **message)
    assert same_receipt(first, portal.submit("m-1", **message))
    offer = worker.next_offer()
    worker.take(offer)
    assert same_receipt(first, portal.submit("m-1", **message))
    worker.reply(offer)
    assert same_receipt(first, portal.submit("m-1", **message)), "also when the case is closed"
    assert same_receipt(first, house.portal().submit("m-1", **message)), "also by another connection"
    house.restart()
    assert same_receipt(first, house.portal().submit("m-1", **message)), "also after kill -9"
    assert house.operator().status()["accepted"] == 1


@pytest.mark.parametrize("change", [
    {"title": "别的"}, {"body": "别的"}, {"category": "教育"}, {"region": "北岸"}, {"department": "water"},
    {"class": "major"},
])
def test_the_same_id_with_other_content_is_a_conflict(shared_house, change):
    portal, ops = shared_house.portal(), shared_house.operator()
    message_id = f"conflict-{next(iter(change))}"
    message = {"id": message_id, "title": "标题", "body": "正文", "department": "edu"}
    first = portal.expect("RECEIPT", "SUBMIT", **message)
    before = ops.figures()
    portal.refused("conflict", "SUBMIT", **{**message, **change})
    assert ops.figures() == before
    assert same_receipt(first, portal.expect("RECEIPT", "SUBMIT", **message))


def test_two_portals_may_use_the_same_id(shared_house):
    web, app = shared_house.portal("web"), shared_house.portal("app")
    one = web.submit("shared-id", body="甲")
    other = app.submit("shared-id", body="乙")
    assert one["case"] != other["case"] and one["query_code"] != other["query_code"]


def test_unknown_fields_are_ignored_and_make_no_difference(shared_house):
    portal = shared_house.portal()
    first = portal.submit("extra-1", department="edu", colour="red", nested={"a": [1, {"b": None}]})
    assert same_receipt(first, portal.submit("extra-1", department="edu"))


def test_case_numbers_of_a_day_count_up_without_gaps(house):
    portal = house.portal()
    cases = [portal.submit(f"m-{i}")["case"] for i in range(5)]
    days = {case[:8] for case in cases}
    if len(days) == 1:  # unless midnight passed
        assert [int(case[9:15]) for case in cases] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("message, department, kind, rule", [
    ({"department": "police", "category": "学校"}, "police", "ordinary", "explicit"),
    ({"department": "edu", "body": "招生"}, "edu", "major", "explicit"),
    ({"category": "学校"}, "edu", "ordinary", "school"),
    ({"title": "关于招生"}, "edu", "major", "enrolment"),
    ({"body": "关于学位\n的问题"}, "edu", "major", "enrolment"),
    ({"body": "小区停水三天"}, "water", "ordinary", "leak"),
    ({"body": "井盖丢失", "region": "北岸"}, "police", "ordinary", "north-bank"),
    ({"category": "学校", "body": "漏水"}, "edu", "ordinary", "school"),
    ({"body": "关于招生", "class": "ordinary"}, "edu", "ordinary", "enrolment"),
    ({"body": "停水", "class": "thanks"}, "water", "thanks", "leak"),
])
def test_a_message_goes_where_it_says_or_where_the_first_rule_says(shared_house, message, department, kind, rule):
    portal, ops = shared_house.portal(), shared_house.operator()
    receipt = portal.submit("route-" + repr(sorted(message.items())), **message)
    assert (receipt["department"], receipt["class"]) == (department, kind)
    assert ("due" in receipt) == (kind != "thanks"), "a class without a limit has no deadline"
    assert ops.why(receipt["case"])["rule"] == rule


@pytest.mark.parametrize("message", [{}, {"body": "井盖丢失", "region": "南岸"}, {"category": "其他"}])
def test_what_no_rule_decides_goes_to_triage_and_keeps_its_deadline(new_house, message):
    house = new_house().start()
    portal, triage, worker = house.portal(), house.triage(), house.worker("hall")
    triage.watch()
    portal.watch()
    worker.ready()
    receipt = portal.submit("m-1", **message)
    assert "department" not in receipt and receipt["due"]
    event = triage.wait_event("triage", receipt["case"])
    assert (event["portal"], event["due"], event["title"]) == ("web", receipt["due"], "路灯不亮")
    assert portal.query(id="m-1")["state"] == "triage"

    triage.assign(receipt["case"], "water")
    offer = worker.next_offer()
    assert (offer["case"], offer["department"], offer["due"]) == (receipt["case"], "water", receipt["due"])
    routed = portal.wait_event("routed")
    assert (routed["case"], routed["department"], routed["id"]) == (receipt["case"], "water", "m-1")
    assert triage.assign(receipt["case"], "water")["state"] in ("queued", "offered"), "assigned again: no harm"
    triage.refused("wrong-state", "ASSIGN", case=receipt["case"], department="edu", reason="改派")


def test_a_department_without_worker_keeps_its_cases_and_shows_it(house):
    portal, ops = house.portal(), house.operator()
    cases = [portal.submit(f"m-{i}", department="water")["case"] for i in range(3)]
    row = ops.department("water")
    assert (row["queued"], row["workers"], row["name"]) == (3, 0, "水务办")
    worker = house.worker("water-a")
    worker.ready(credit=3)
    assert [worker.next_offer()["case"] for _ in cases] == cases, "the oldest first"


def test_directory_lists_departments_page_by_page(shared_house):
    portal = shared_house.portal()
    whole = portal.expect("LIST", "DIRECTORY")["items"]
    assert [(i["department"], i["name"]) for i in whole] == [
        ("edu", "教育办"), ("water", "水务办"), ("police", "派出所")]
    page = portal.expect("LIST", "DIRECTORY", limit=2)
    assert page["items"] == whole[:2] and page["more"] is True
    rest = portal.expect("LIST", "DIRECTORY", limit=2, after=page["after"])
    assert rest["items"] == whole[2:] and rest["more"] is False


def test_a_department_signs_as_the_profile_says(new_house):
    house = new_house(profile=PROFILE + "display: 东县{department}网络发言人\n")
    house.start()
    signed = [(i["name"], i["signature"]) for i in house.portal().expect("LIST", "DIRECTORY")["items"]]
    assert signed == [(name, f"东县{name}网络发言人") for name in ("教育办", "水务办", "派出所")]


def test_the_query_code_opens_its_case_through_any_portal_and_no_other(shared_house):
    web, app = shared_house.portal("web"), shared_house.portal("app")
    one, other = web.submit("code-1", body="甲"), web.submit("code-2", body="乙")
    code = one["query_code"]
    for spelled in (code, code.lower(), "-".join(code[i:i + 4] for i in range(0, 16, 4)),
                    code.replace("0", "O").replace("1", "l")):
        assert app.query(case=one["case"], query_code=spelled)["case"] == one["case"]
    wrong = [
        {"case": one["case"], "query_code": other["query_code"]},
        {"case": one["case"], "query_code": code[:-1]},
        {"case": one["case"], "query_code": code + code},
        {"case": one["case"]},
        {"case": NO_CASE, "query_code": code},
        {"case": "nonsense", "query_code": code},
        {"id": "never-sent"},
    ]
    texts = {repr(sorted({**web.refused("not-found", "QUERY", **fields), "req": 0}.items())) for fields in wrong}
    assert len(texts) == 1, "the answer does not say what was wrong"
    app.refused("not-found", "QUERY", id="code-1")
    web.refused("missing-field", "QUERY")


def test_interim_replies_keep_the_case_open_and_all_are_shown(house):
    portal, worker = house.portal(), house.worker()
    portal.watch()
    worker.ready()
    receipt = portal.submit("m-1", department="edu")
    offer = worker.next_offer()
    worker.refused("wrong-state", "REPLY", case=offer["case"], epoch=1, reply="还没签收")
    worker.take(offer)
    assert worker.reply(offer, "正在核实。", reply_kind="interim")["state"] == "taken"
    assert worker.reply(offer, "正在核实。", reply_kind="interim")["state"] == "taken", "sent again"
    assert worker.reply(offer, "仍在核实。", reply_kind="interim")["state"] == "taken"
    worker.refused("missing-field", "REPLY", case=offer["case"], epoch=1, reply="不予受理", reply_kind="refusal")
    refusal = {"reply_kind": "refusal", "reason": "不属于受理范围"}
    assert worker.reply(offer, "不予受理。", **refusal)["state"] == "answered"
    assert worker.reply(offer, "不予受理。", **refusal)["state"] == "answered", "sent again"
    worker.refused("conflict", "REPLY", case=offer["case"], epoch=1, reply="另一个答复")
    house.world.until(lambda: len(portal.events_of(receipt["case"], "replied")) == 3, what="three replies")
    last = portal.events_of(receipt["case"], "replied")[-1]
    assert (last["reply_kind"], last["reason"]) == ("refusal", "不属于受理范围")
    items = portal.query(id="m-1")["items"]
    assert [i["reply"] for i in items] == ["正在核实。", "仍在核实。", "不予受理。"]


def test_acts_sent_again_are_confirmed_again_and_done_once(house):
    portal, worker, ops = house.portal(), house.worker(), house.operator()
    worker.ready()
    receipt = portal.submit("m-1", department="edu")
    offer = worker.next_offer()
    for _ in range(3):
        assert worker.take(offer)["state"] == "taken"
    for _ in range(3):
        assert worker.reply(offer)["state"] == "answered"
    assert ops.happened_to(receipt["case"]) == ["accepted", "routed", "offered", "taken", "replied"]


def test_the_longest_texts_pass_whole(house):
    portal, worker = house.portal(), house.worker()
    portal.watch()
    worker.ready()
    title, body, reply = "题" * 170 + "ab", "文" * 10922 + "cd", "复" * 21845 + "e"
    assert (len(title.encode()), len(body.encode()), len(reply.encode())) == (512, 32768, 65536)
    portal.submit("i" * 128, title=title, body=body, department="edu", category="c" * 64, region="r" * 64)
    offer = worker.next_offer()
    assert (offer["title"], offer["body"], offer["category"], offer["region"]) == (title, body, "c" * 64, "r" * 64)
    worker.take(offer)
    worker.reply(offer, reply, reply_kind="refusal", reason="因" * 682)
    assert portal.wait_event("replied")["reply"] == reply
    assert portal.query(id="i" * 128)["items"][0]["reply"] == reply


def test_a_dossier_holds_as_many_of_the_newest_replies_as_fit(house):
    portal, worker = house.portal(), house.worker()
    worker.ready()
    portal.submit("m-1", department="edu")
    offer = worker.next_offer()
    worker.take(offer)
    replies = [f"{i}" + "文" * 21000 for i in range(6)]
    for reply in replies:
        worker.reply(offer, reply, reply_kind="interim")
    shown = [item["reply"] for item in portal.query(id="m-1")["items"]]
    assert 2 <= len(shown) < 6 and shown == replies[-len(shown):]


def test_why_and_history_tell_the_whole_story(house):
    portal, worker, ops = house.portal(), house.worker(), house.operator()
    worker.ready()
    receipt = portal.submit("m-1", body="招生问题")
    why = ops.why(receipt["case"])
    assert (why["within"], why["rule"], why["due"]) == ("7 workday", "enrolment", receipt["due"])
    assert [day["number"] for day in why["items"] if day["number"]] == [1, 2, 3, 4, 5, 6, 7]
    offer = worker.next_offer()
    worker.take(offer)
    worker.reply(offer)
    history = ops.history(receipt["case"])
    assert [item["actor"] for item in history if "actor" in item] == ["web", "edu-a", "edu-a"]
    assert [item["cursor"] for item in history] == sorted(item["cursor"] for item in history)
    show = ops.show(receipt["case"])
    assert (show["id"], show["portal"], show["title"], show["actor"]) == ("m-1", "web", "路灯不亮", "edu-a")


def test_cases_are_listed_by_state_department_and_portal_page_by_page(house):
    web, app, worker, ops = house.portal("web"), house.portal("app"), house.worker(), house.operator()
    edu = [web.submit(f"e-{i}", department="edu")["case"] for i in range(4)]
    water = [app.submit(f"w-{i}", department="water")["case"] for i in range(2)]
    nowhere = [app.submit("t-0")["case"]]
    worker.ready(credit=2)
    answered, taken = worker.next_offer(), worker.next_offer()
    for offer in (answered, taken):
        worker.take(offer)
    worker.reply(answered)

    def found(**fields):
        return [item["case"] for item in ops.cases(**fields)]

    assert found(state="all") == edu + water + nowhere == found(state="all", limit=2)
    assert found() == found(state="open") == edu[1:] + water + nowhere
    assert found(state="answered") == edu[:1] and found(state="taken") == [taken["case"]]
    assert found(state="triage") == nowhere and found(department="water") == water
    assert found(portal="app") == water + nowhere and found(state="all", portal="app", department="edu") == []
    assert found(overdue=1) == []
    assert {item["state"] for item in ops.cases(state="all")} <= STATES
    assert len(house.triage().cases(state="all")) == 7, "triage may look too"


def test_held_tells_a_worker_what_its_department_owes(house):
    portal, first, second = house.portal(), house.worker("edu-a"), house.worker("edu-b")
    first.ready(credit=3)
    cases = [portal.submit(f"m-{i}", department="edu", body=f"正文{i}")["case"] for i in range(3)]
    for _ in cases:
        first.take(first.next_offer())
    second.ready()
    held = second.held()
    assert [item["case"] for item in held] == cases and {item["state"] for item in held} == {"taken"}
    page = second.expect("LIST", "HELD", limit=2)
    assert page["more"] and [i["case"] for i in page["items"]] == cases[:2]
    assert [i["case"] for i in second.held(after=page["after"])] == cases[2:]
    one = second.held(case=cases[1])[0]
    assert (one["body"], one["epoch"]) == ("正文1", 1)
    assert second.reply(one)["state"] == "answered", "any worker of the department may answer"
    assert [item["case"] for item in first.held()] == [cases[0], cases[2]]
    second.refused("not-yours", "HELD", case=cases[1])


def test_draining_stops_offers_of_a_department_or_the_intake_of_all(house):
    portal, worker, ops = house.portal(), house.worker("hall"), house.operator()
    worker.ready(credit=10)
    ops.drain(department="edu")
    portal.submit("m-1", department="edu")
    portal.submit("m-2", department="water")
    assert worker.next_offer()["department"] == "water"
    assert ops.department("edu")["queued"] == 1 and ops.department("edu")["state"] == "draining"
    ops.drain(department="edu", accept=True)
    assert worker.next_offer()["department"] == "edu"
    ops.drain()
    busy = portal.ask("SUBMIT", id="m-3", title="题", body="文")
    assert busy.kind == "BUSY" and busy["code"] == "draining" and busy["retry_ms"] > 0
    assert ops.status()["code"] == "draining"
    ops.drain(accept=True)
    portal.submit("m-3")
    ops.refused("unknown-department", "DRAIN", department="nobody")


def test_a_portal_that_sends_more_than_its_profile_allows_is_told_to_wait(new_house):
    house = new_house()
    house.write_profile(house.profile_text + "messages_per_minute: 5\n")
    house.start()
    web, app = house.portal("web"), house.portal("app")
    for i in range(5):
        web.submit(f"m-{i}")
    busy = web.ask("SUBMIT", id="m-5", title="题", body="文")
    assert busy.kind == "BUSY" and busy["code"] == "rate" and 0 < busy["retry_ms"] <= 12000
    assert web.submit("m-4"), "what is known already costs nothing"
    app.submit("m-0")
    assert house.operator().status()["accepted"] == 6
