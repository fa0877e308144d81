"""`wenzhengd --verify`: read-only, beside a running daemon or without one; names what differs."""

import sqlite3

import pytest

from house import binary
from test_programs import seen_on_a_terminal


def fill(house):
    """A store with something of everything in it."""
    portal, worker, triage = house.portal(), house.worker("hall"), house.triage()
    worker.ready(credit=1)
    receipts = [portal.submit(f"m-{i}", department="edu", title=f"标题{i}") for i in range(3)]
    receipts.append(portal.submit("m-3"))
    offer = worker.next_offer()
    worker.take(offer)
    worker.reply(offer, "第一个答复", reply_kind="interim")
    worker.reply(offer, "最后的答复")
    worker.give_back(worker.next_offer(), "退回的理由")
    triage.assign(receipts[3]["case"], "water")
    return [receipt["case"] for receipt in receipts]


def test_a_healthy_store_beside_the_running_daemon(house):
    fill(house)
    before = house.operator().figures()
    status, text = house.run("--verify")
    assert status == 0 and "4 cases rebuilt, 0 differences" in text
    assert house.operator().figures() == before
    house.portal().submit("m-4")
    assert house.run("--verify")[0] == 0


def test_a_healthy_store_without_a_daemon_is_not_touched(house):
    fill(house)
    assert house.stop() == 0
    before = house.store.read_bytes()
    assert house.run("--verify")[0] == 0
    assert house.store.read_bytes() == before


def test_a_store_left_by_kill9_is_healthy(house):
    fill(house)
    house.kill()
    status, text = house.run("--verify")
    assert status == 0, text


def test_a_daemon_at_work_can_be_verified_again_and_again(house):
    portal = house.portal()
    for i in range(10):
        for j in range(20):
            portal.begin_submit(f"m-{i}-{j}", department="edu")
        status, text = house.run("--verify")
        assert status == 0, text


def test_without_a_store_it_says_so(new_house):
    house = new_house()
    status, text = house.run("--verify")
    assert status == 1 and str(house.store) in text
    assert not house.store.exists()


@pytest.mark.parametrize("name, text, reason", [
    ("wenzhengd.yaml", "nonsense: 1\n", "wenzhengd.yaml:1:1: unknown key 'nonsense'"),
    ("principals.yaml", "principals: 1\n", "principals.yaml:1:13: "),
    ("profile.yaml", "id: 'a\n", "profile.yaml:2:1: found unexpected end"),
    ("calendar.ics", "nonsense\n", "calendar.ics"),
])
def test_what_keeps_it_from_beginning_is_named(house, name, text, reason):
    right = house.path(name).read_text(encoding="utf-8")
    house.write(name, text)
    status, said = house.run("--verify")
    assert status == 1 and "error: " in said and reason in said
    house.write(name, right)


def test_a_terminal_sees_how_far_it_is_even_where_there_is_nothing(house):
    status, text = seen_on_a_terminal([binary(), "--verify", "--config", house.path("wenzhengd.yaml")])
    assert status == 0 and "100 %" in text


NO_TRIGGERS = "DROP TRIGGER journal_keeps_what_it_says; DROP TRIGGER journal_keeps_all;"

# What somebody with a file editor might do, and a word that must stand in what is said about it. CASE is the
# number of the case that was touched, in the form of the store.
DAMAGES = {
    "the body of a message": ("UPDATE text SET body = '别的正文' WHERE role = 1 AND id / 10000 = {case}", "{number}"),
    "one bit of a reply": ("UPDATE text SET body = replace(body, '答', '笑') WHERE role = 2 AND id / 10000 = {case}", "{number}"),
    "a text that is gone": ("DELETE FROM text WHERE role = 1 AND id / 10000 = {case}", "{number}"),
    "the state of a case": ("UPDATE cases SET state = 4 WHERE case_id = {case}", "state"),
    "the due moment of a case": ("UPDATE cases SET due = due + 86400000000 WHERE case_id = {case}", "due"),
    "the department of a case": ("UPDATE cases SET department = 'water' WHERE case_id = {case}", "department"),
    "a case that is gone": ("DELETE FROM cases WHERE case_id = {case}", "{number}"),
    "a journal record": (NO_TRIGGERS + "UPDATE journal SET at = at - 1 WHERE case_id = {case} AND kind = 8", "hash"),
    "who did it": (NO_TRIGGERS + "UPDATE journal SET actor = 'edu-b' WHERE case_id = {case} AND kind = 7", "hash"),
    "a journal record that is gone": (NO_TRIGGERS + "DELETE FROM journal WHERE case_id = {case} AND kind = 8", ""),
    "a message's row": ("UPDATE message SET message_id = 'other' WHERE case_id = {case}", "{number}"),
    "a message's row that is gone": ("DELETE FROM message WHERE case_id = {case}", "{number}"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_named(house, name):
    number = fill(house)[0]
    assert house.stop() == 0
    case = int(number[:15].replace("-", ""))
    sql, word = DAMAGES[name]
    with sqlite3.connect(house.store) as db:
        db.executescript(sql.format(case=case))
    status, text = house.run("--verify")
    house.is_broken = True
    assert status == 1, text
    assert word.format(number=number) in text, text


def test_a_damaged_text_is_never_served(house):
    number = fill(house)[0]
    assert house.stop() == 0
    case = int(number[:15].replace("-", ""))
    with sqlite3.connect(house.store) as db:
        db.execute("UPDATE text SET body = '伪造' WHERE role = 2 AND id / 10000 = ?", (case,))
    house.is_broken = True
    house.start()
    dossier = house.portal().query(id="m-0")
    assert "伪造" not in repr(dossier)


@pytest.mark.parametrize("sql", [
    "UPDATE text SET body = '伪造' WHERE id % 10000 = {ordinal}",
    "UPDATE text SET id = id + 5000 WHERE id % 10000 = {ordinal}",
], ids=["its bytes", "its key"])
def test_whoever_asks_for_a_damaged_text_gets_none_and_the_log_names_it(house, sql):
    """The message's text, asked for by its worker and an operator; the answer's, by its portal and as an event."""
    portal, worker = house.portal(), house.worker("hall")
    worker.ready(credit=2)
    answered, taken = (portal.submit(f"m-{i}", department="edu", title=f"标题{i}")["case"] for i in range(2))
    for offer in (worker.next_offer(), worker.next_offer()):
        worker.take(offer)
        if offer["case"] == answered:
            worker.reply(offer, "最后的答复")
    assert house.stop() == 0
    with sqlite3.connect(house.store) as db:
        for ordinal in (1, 2):
            db.execute(sql.format(ordinal=ordinal))
    house.is_broken = True
    house.start()
    portal, worker, ops = house.portal(), house.worker("hall"), house.operator()
    worker.ready(credit=2)

    def named(case, ordinal):
        return sum("a stored text does not match its hash" in line and case in line and f"text={ordinal}" in line
                   for line in house.log().splitlines())

    [held] = worker.held(case=taken)
    assert "title" not in held and "body" not in held
    assert named(taken, 1) == 1
    assert "body" not in ops.show(taken)
    assert named(taken, 1) == 2
    dossier = portal.query(id="m-0")
    assert dossier["state"] == "answered" and not dossier["items"]
    assert named(answered, 2) == 1
    portal.watch()
    event = portal.wait_event("replied", answered)
    assert "reply" not in event and event["reply_kind"] == "final"
    assert named(answered, 2) == 2


def test_a_message_that_was_damaged_is_not_offered_but_parked(house):
    portal, ops = house.portal(), house.operator()
    receipt = portal.submit("m-1", department="edu")
    assert house.stop() == 0
    with sqlite3.connect(house.store) as db:
        db.execute("UPDATE text SET body = '伪造'")
    house.is_broken = True
    house.start()
    ops.watch()
    worker = house.worker()
    worker.ready()
    assert ops.wait_event("alarm", receipt["case"])["text"] == "damaged"
    assert ops.show(receipt["case"])["state"] == "triage" and not worker.offers


def test_a_file_of_another_program_is_refused_and_left_alone(new_house):
    house = new_house()
    with sqlite3.connect(house.store) as db:
        db.execute("CREATE TABLE something (a)")
    house.store.chmod(0o600)
    house.is_broken = True
    before = house.store.read_bytes()
    house.launch()
    assert house.wait_end() == 1
    assert "not a wenzheng store" in house.log()
    assert house.store.read_bytes() == before


def test_a_journal_with_a_changed_end_is_not_gone_on_from(house):
    fill(house)
    assert house.stop() == 0
    with sqlite3.connect(house.store) as db:
        db.executescript(NO_TRIGGERS + "UPDATE journal SET actor = 'x' WHERE seq = (SELECT max(seq) FROM journal)")
    house.is_broken = True
    house.launch()
    assert house.wait_end() == 1
    assert "does not match its hash" in house.log()
