"""Revocation, and configurations that would let the wrong one in."""

import json
import time

import pytest
import zmq

from siege import DEALER, ZONES, knock

WITHIN = 1.0  # second, from the end of the reload to the refusal, on a connection that lives


def change(house, name, way):
    """The principals after `way`; a revoked line stays, one struck out is gone."""
    for principal in house.principals:
        if principal["name"] == name and way == "revoked":
            principal["state"] = "revoked"
        elif principal["name"] == name and way == "another role":
            principal["role"] = "operator" if principal["role"] == "portal" else "supervisor"
            principal.pop("departments", None)
        elif principal["name"] == name and way == "another key":
            house.keys[name] = zmq.curve_keypair()
    if way == "struck out":
        house.principals = [principal for principal in house.principals if principal["name"] != name]
    house.write_principals()


def test_a_key_revoked_before_it_connects(own_attack):
    attack = own_attack
    house = attack.house
    keys = {name: house.keys[name] for name in ("web", "edu-a", "ops", "desk")}
    zones = {"web": "portal", "ops": "operator"}
    for name in keys:
        change(house, name, "revoked")
    house.reload()
    for name, pair in keys.items():
        for zone in ZONES:
            attack.is_turned_away(attack.stranger(zone, pair))
        attack.tried(accepted=knock(attack, zones.get(name, "worker"), pair))
    attack.siege.operator = house.connect("ops", keys=renew(house, "ops"))


def renew(house, name):
    """The same principal, admitted again, with another key."""
    for principal in house.principals:
        if principal["name"] == name:
            principal.pop("state", None)
    house.keys[name] = zmq.curve_keypair()
    house.write_principals()
    house.reload()
    return house.keys[name]


@pytest.mark.parametrize("way", ["revoked", "struck out", "another role", "another key"])
def test_a_portal_revoked_while_it_is_connected(own_attack, way):
    attack = own_attack
    house = attack.house
    portal, other = attack.member("web"), attack.member("app")
    portal.watch()
    receipt = portal.submit("m-1", department="edu")
    attack.submitted += 1
    old = house.keys["web"]
    change(house, "web", way)
    house.reload()
    refusals(attack, portal, "forbidden" if way == "another role" else "revoked")
    assert other.query(case=receipt["case"], query_code=receipt["query_code"]), "the others are not touched"
    attack.is_turned_away(attack.stranger("portal", old))
    worker = attack.member("edu-a")
    worker.ready()
    worker.take(worker.next_offer())
    attack.world.pass_time(0.3)
    attack.tried(accepted=len(portal.events), attempts=1)


def refusals(attack, peer, code):
    """Everything it says on its living connection is refused, the first within a second."""
    for kind, fields in (("SUBMIT", {"id": "late", "title": "题", "body": "文"}), ("QUERY", {"id": "m-1"}), ("BEAT", {}),
                         ("WATCH", {}), ("DIRECTORY", {})):
        peer.inbox.clear()
        peer.answers.clear()
        before = time.monotonic()
        peer.send(kind, req=99, **fields)
        said = attack.world.until(lambda: peer.inbox or peer.answers.get(99), WITHIN, "the refusal")[0]
        attack.tried(accepted=said.get("code") != code or time.monotonic() - before > WITHIN)


def test_a_worker_revoked_while_it_holds_offers_and_cases(own_attack):
    """Its untaken offer goes elsewhere at once; what it took stays its department's, and it can no longer touch it."""
    attack = own_attack
    house = attack.house
    portal, bad, good = attack.member("web"), attack.member("edu-a"), attack.member("edu-b")
    bad.ready(credit=2)
    for name in ("m-1", "m-2"):
        portal.submit(name, department="edu")
        attack.submitted += 1
    taken, offered = bad.next_offer(), bad.next_offer()
    bad.take(taken)
    good.ready()
    change(house, "edu-a", "struck out")
    house.reload()
    again = good.next_offer()
    assert (again["case"], again["epoch"]) == (offered["case"], offered["epoch"] + 1)
    for kind, fields in (("TAKE", {"case": offered["case"], "epoch": offered["epoch"]}),
                         ("REPLY", {"case": taken["case"], "epoch": taken["epoch"], "reply": "假"}),
                         ("HELD", {}), ("READY", {"credit": 1, "incarnation": 5})):
        bad.send(kind, req=1000, **fields)
        attack.tried(accepted=bad.next_in_inbox("ERROR", within=WITHIN)["code"] != "revoked")
    good.take(again)
    good.reply(taken)


def test_a_worker_whose_key_is_exchanged(own_attack):
    """Whoever sits on the old key's connection is offered nothing more, and none of what it was offered stays its."""
    attack = own_attack
    house = attack.house
    portal, thief, other = attack.member("web"), attack.member("edu-a"), attack.member("edu-b")
    thief.ready(credit=8)
    portal.submit("m-1", department="edu")
    offer = thief.next_offer()
    change(house, "edu-a", "another key")
    house.reload()
    portal.submit("m-2", department="edu")
    attack.submitted += 2
    other.ready(credit=8)
    assert {other.next_offer()["case"], other.next_offer()["case"]} > {offer["case"]}
    attack.tried(accepted=len(thief.offers))
    thief.send("TAKE", req=1000, case=offer["case"], epoch=offer["epoch"])
    attack.tried(accepted=thief.next_in_inbox("ERROR", within=WITHIN)["code"] != "revoked")


def test_a_desk_that_becomes_a_moderator(own_attack):
    """The zone and the key are the same; the stream of triage is not theirs any more."""
    attack = own_attack
    house = attack.house
    portal, worker, desk = attack.member("web"), attack.member("edu-a"), attack.member("desk")
    desk.watch()
    for principal in house.principals:
        if principal["name"] == "desk":
            principal["role"] = "moderator"
    house.write_principals()
    house.reload()
    worker.ready()
    portal.submit("m-1", department="edu")
    attack.submitted += 1
    offer = worker.next_offer()
    worker.give_back(offer)
    attack.world.pass_time(0.3)
    attack.tried(accepted=len(desk.events))


def test_an_operator_and_a_desk_revoked_while_they_are_connected(own_attack):
    attack = own_attack
    house = attack.house
    house.keys["ops-2"] = zmq.curve_keypair()
    house.principals.append({"name": "ops-2", "role": "operator"})
    change(house, "", "")
    house.reload()
    second, desk = house.connect("ops-2"), attack.member("desk")
    second.status()
    desk.cases()
    for name in ("ops-2", "desk"):
        change(house, name, "revoked")
    house.reload()
    for peer, kind in ((second, "STATUS"), (second, "DRAIN"), (desk, "CASES"), (desk, "WATCH")):
        peer.send(kind, req=7)
        attack.tried(accepted=peer.next_in_inbox("ERROR", within=WITHIN)["code"] != "revoked")
    second.close()


def test_a_revoked_key_by_hand_that_was_half_way_through_the_door(own_attack):
    """The handshake had begun when the key was struck out: it is asked for at the end."""
    attack = own_attack
    house = attack.house
    peer = attack.raw("portal")
    peer.greet()
    peer.command(peer.hello(house.server_public))
    assert peer.hear_welcome()
    keys = house.keys["web"]
    change(house, "web", "revoked")
    house.reload()
    peer.command(peer.initiate(keys, [DEALER]))
    attack.is_cut(peer)


# ---- configurations ----


def is_refused(attack, word):
    """By --check-config, and by a daemon that runs: it keeps what was in force."""
    status, text = attack.house.run("--check-config")
    attack.tried(accepted=status == 0)
    assert word in text, text
    attack.house.reload()
    assert "not reloaded" in attack.house.log()


@pytest.fixture
def principals(own_attack):
    """Writes a file of principals as given, and the good one again at the end."""
    house = own_attack.house

    def write(lines):
        house.write("principals.yaml", lines if isinstance(lines, str) else json.dumps({"principals": lines}))

    yield write
    house.write_principals()
    house.reload()


def lines_of(house):
    return [{**principal, "key": house.keys[principal["name"]][0].decode()} for principal in house.principals]


def test_two_principals_with_one_key(own_attack, principals):
    lines = lines_of(own_attack.house)
    lines[1]["key"] = lines[-1]["key"]
    principals(lines)
    is_refused(own_attack, "key")
    own_attack.tried(accepted=knock(own_attack, "operator", own_attack.house.keys["app"]))


def test_files_of_principals_that_are_damaged(own_attack, principals):
    """Keys of the wrong length or alphabet, roles that do not exist, names twice, files that end in the middle."""
    house = own_attack.house
    for key, value, word in (("key", "short", "key"), ("key", "~" * 40, "key"), ("key", "", "key"), ("role", "root", "role"),
                             ("name", "ops", "ops"), ("name", "../../etc", "name"), ("state", "perhaps", "state")):
        lines = lines_of(house)
        lines[0][key] = value
        principals(lines)
        is_refused(own_attack, word)
    whole = json.dumps({"principals": lines_of(house)})
    for text in ("", whole[: len(whole) // 2], "principals: 7", "\x00" * 100, whole + whole):
        principals(text)
        is_refused(own_attack, "principals.yaml")
    assert own_attack.member("web").ask("DIRECTORY").kind == "LIST"


def test_an_operator_zone_that_others_could_reach(own_attack):
    house = own_attack.house
    for endpoint in ("tcp://0.0.0.0:25703", "tcp://*:25703", "tcp://[::]:25703", "tcp://192.0.2.1:25703", "ipc:///tmp/x",
                     "inproc://x", "tcp://localhost.example:25703", "tcp://128.0.0.1:1", "tcp://127.0.0.1"):
        house.write_config(operator_endpoint=endpoint)
        status, text = house.run("--check-config")
        own_attack.tried(accepted=status == 0)
        assert "operator_endpoint" in text, text
    house.write_config()


def test_secret_keys_that_others_may_read(own_attack):
    house = own_attack.house
    for name in ("keys/wenzhengd.key_secret", "keys/query-code.key"):
        for mode in (0o644, 0o640, 0o604, 0o660):
            house.path(name).chmod(mode)
            status, text = house.run("--check-config")
            own_attack.tried(accepted=status == 0)
            assert name.rsplit("/", 1)[1] in text, text
        house.path(name).chmod(0o600)
