"""No one unauthenticated gets in, and no one sees what is not theirs (promise 9)."""

import signal
import struct

import pytest
import zmq
import zmq.utils.z85 as z85

import wzp
from curve import Cut, RawPeer, greeting
from peers import Peer, ROLES

TURNED_AWAY = (zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
               zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_DISCONNECTED)
ZONES = ["portal", "worker", "operator"]
DEALER = (b"Socket-Type", b"DEALER")


def is_turned_away(peer):
    """It tried, and it was not let in."""
    peer.world.until(lambda: peer.has_happened(*TURNED_AWAY), what="the refusal")
    assert not peer.has_happened(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    assert not peer.inbox and not peer.answers
    peer.close()


def stranger(house, zone, keys=None, **options):
    return Peer(house.world, house.endpoints[zone], house.server_public, keys or zmq.curve_keypair(),
                monitored=True, **options)


@pytest.mark.parametrize("zone", ZONES)
def test_an_unknown_key(shared_house, zone):
    peer = stranger(shared_house, zone)
    peer.send("STATUS", req=1)
    peer.world.until(lambda: peer.has_happened(zmq.EVENT_HANDSHAKE_FAILED_AUTH), what="the refusal")
    is_turned_away(peer)
    assert "turned away at the" in shared_house.log()


@pytest.mark.parametrize("zone", ZONES)
def test_no_key_at_all(shared_house, zone):
    peer = Peer(shared_house.world, shared_house.endpoints[zone], None, None, monitored=True)
    is_turned_away(peer)


@pytest.mark.parametrize("zone", ZONES)
def test_a_password(shared_house, zone):
    options = [(zmq.PLAIN_USERNAME, b"ops"), (zmq.PLAIN_PASSWORD, b"ops")]
    peer = Peer(shared_house.world, shared_house.endpoints[zone], None, None, monitored=True, options=options)
    is_turned_away(peer)


def test_a_wrong_server_key_is_noticed_by_the_peer(shared_house):
    """Whoever answers in the daemon's place is not talked to."""
    other, _ = zmq.curve_keypair()
    peer = Peer(shared_house.world, shared_house.endpoints["portal"], other, shared_house.keys["web"], monitored=True)
    is_turned_away(peer)


@pytest.mark.parametrize("name", ["web", "edu-a", "inspector", "desk", "chief", "editor", "ops"])
def test_a_key_opens_its_own_zone_only(shared_house, name):
    role = shared_house.role_of(name)
    own = {"portal": "portal", "operator": "operator"}.get(role, "worker")
    for zone in ZONES:
        peer = stranger(shared_house, zone, shared_house.keys[name])
        if zone != own:
            is_turned_away(peer)
            continue
        peer.world.until(lambda p=peer: p.has_happened(zmq.EVENT_HANDSHAKE_SUCCEEDED), what="the handshake")
        peer.close()


@pytest.mark.parametrize("way", ["revoked", "struck out", "another role"])
def test_a_principal_revoked_while_connected_is_refused_within_a_second(new_house, way):
    house = new_house().start()
    portal, other = house.portal("web"), house.portal("app")
    portal.watch()
    receipt = portal.submit("m-1")
    for principal in house.principals:
        if principal["name"] == "web":
            if way == "revoked":
                principal["state"] = "revoked"
            elif way == "another role":
                principal["role"] = "operator"
    if way == "struck out":
        house.principals = [p for p in house.principals if p["name"] != "web"]
    house.write_principals()
    house.reload()
    portal.send("SUBMIT", req=99, id="m-2", title="题", body="文")
    answer = house.world.until(lambda: portal.inbox or portal.answers.get(99), within=1, what="the refusal")[0]
    assert answer["code"] == ("forbidden" if way == "another role" else "revoked")
    assert house.operator().status()["accepted"] == 1
    assert other.query(case=receipt["case"], query_code=receipt["query_code"]), "the others are not touched"
    is_turned_away(stranger(house, "portal", house.keys["web"]))
    other.submit("m-2")
    assert portal.events == [], "it watches no more"


def test_a_revoked_workers_offers_go_elsewhere(house):
    portal, bad, good = house.portal(), house.worker("edu-a"), house.worker("edu-b")
    bad.ready()
    portal.submit("m-1", department="edu")
    offer = bad.next_offer()
    good.ready()
    house.principals = [p for p in house.principals if p["name"] != "edu-a"]
    house.write_principals()
    house.reload()
    again = good.next_offer()
    assert (again["case"], again["epoch"]) == (offer["case"], 2)
    bad.send("TAKE", req=1000, case=offer["case"], epoch=1)
    assert bad.next_in_inbox("ERROR")["code"] == "revoked"
    good.take(again)


def test_a_new_principal_gets_in_after_a_reload(house):
    house.keys["new"] = zmq.curve_keypair()
    is_turned_away(stranger(house, "portal", house.keys["new"]))
    house.principals.append({"name": "new", "role": "portal"})
    house.write_principals()
    house.reload()
    assert house.portal("new").submit("m-1")


@pytest.mark.parametrize("identity", [b"me", b"\x01\x02\x03\x04\x05", b"x" * 255])
@pytest.mark.parametrize("zone, name", [("portal", "web"), ("worker", "edu-a"), ("operator", "ops")])
def test_a_routing_id_of_ones_own_is_refused(shared_house, zone, name, identity):
    before = shared_house.operator().figures()
    role = shared_house.role_of(name)
    peer = ROLES[role](shared_house.world, shared_house.endpoints[zone], shared_house.server_public,
                       shared_house.keys[name], options=[(zmq.ROUTING_ID, identity)])
    for _ in range(3):
        peer.send("SUBMIT", req=1, id="identity", title="题", body="文")
        assert peer.next_in_inbox("ERROR")["code"] == "bad-identity"
    assert shared_house.operator().figures() == before
    peer.close()


# ---- peers that libzmq would not let us be ----


def raw(house, zone, name, *metadata):
    peer = RawPeer(house.endpoints[zone])
    assert peer.handshake(house.server_public, house.keys[name], [DEALER, *metadata])
    return peer


def answer_of(peer, kind, **fields):
    peer.send(wzp.encode(kind, {"req": 5, **fields}))
    return wzp.decode(peer.receive())


def test_the_handshake_by_hand_works(shared_house):
    """So that the refusals below mean something."""
    peer = raw(shared_house, "portal", "web")
    assert answer_of(peer, "DIRECTORY").kind == "LIST"
    peer.close()


@pytest.mark.parametrize("metadata", [
    [(b"User-Id", "ops")],
    [(b"user-id", "ops")],
    [(b"role", b"operator")],
    [(b"Role", b"operator"), (b"name", b"ops"), (b"X-role", b"operator")],
    [(b"User-Id", "ops"), (b"role", b"operator"), (b"Peer-Address", b"127.0.0.1")],
], ids=["user id", "user id in small letters", "role", "many roles", "everything"])
def test_forged_metadata_makes_nobody_another(shared_house, metadata):
    forged = [(key, shared_house.keys["ops"][0] if value == "ops" else value) for key, value in metadata]
    peer = raw(shared_house, "portal", "web", *forged)
    assert answer_of(peer, "STATUS")["code"] == "forbidden"
    receipt = answer_of(peer, "SUBMIT", id=f"forged-{len(metadata)}-{forged[0][0]}", title="题", body="文")
    assert shared_house.operator().show(receipt["case"])["portal"] == "web", "it speaks in its own name"
    peer.close()


def test_forged_metadata_opens_no_door(shared_house):
    peer = RawPeer(shared_house.endpoints["operator"])
    forged = [DEALER, (b"User-Id", shared_house.keys["ops"][0]), (b"role", b"operator")]
    assert not peer.handshake(shared_house.server_public, shared_house.keys["web"], forged)
    peer.close()


@pytest.mark.parametrize("identity", [b"\x00" + struct.pack(">I", n) for n in (0, 1, 2**31)])
def test_a_forged_routing_id_that_looks_like_libzmqs_own_harms_nobody(shared_house, identity):
    before = shared_house.operator().figures()
    peer = raw(shared_house, "portal", "web", (b"Identity", identity))
    assert answer_of(peer, "SUBMIT", id="forged-id", title="题", body="文", department="nobody").kind == "ERROR"
    peer.close()
    for _ in range(5):  # connections after it, which libzmq numbers by itself
        other = shared_house.portal()
        other.ask("DIRECTORY")
        other.close()
    assert shared_house.operator().figures() == before


def test_half_a_handshake_is_cut_and_costs_the_others_nothing(shared_house):
    loiterers = [RawPeer(shared_house.endpoints["portal"]) for _ in range(50)]
    for number, loiterer in enumerate(loiterers):
        if number % 2:
            loiterer.greet()
    other = shared_house.portal()
    assert other.ask("DIRECTORY", within=2).kind == "LIST"
    with pytest.raises(Cut):
        loiterers[0].read(65)  # at most the greeting comes, and then the end
    with pytest.raises(Cut):
        loiterers[1].read(1)
    for loiterer in loiterers:
        loiterer.close()


def test_a_command_of_a_gibibyte_is_cut_before_it_is_read(shared_house):
    peer = RawPeer(shared_house.endpoints["portal"])
    peer.greet()
    with pytest.raises((Cut, ConnectionError)):
        peer.tcp.sendall(b"\x06" + struct.pack(">Q", 2**30))
        for _ in range(64):
            peer.tcp.sendall(b"\x00" * 65536)
        peer.read(1)
    peer.close()


@pytest.mark.parametrize("mechanism", [b"NULL", b"PLAIN", b"GSSAPI", b"curve", b""])
def test_a_greeting_of_another_mechanism_is_cut(shared_house, mechanism):
    peer = RawPeer(shared_house.endpoints["worker"])
    peer.tcp.sendall(greeting(mechanism))
    peer.send_frame(b"\x05READY" + b"\x0bSocket-Type\x00\x00\x00\x06DEALER", 4)
    with pytest.raises((Cut, ConnectionError)):
        peer.read(1000)
    peer.close()


def test_rubbish_on_the_port_harms_nobody(shared_house):
    for rubbish in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 1000, b"\x00" * 64, b"\x16\x03\x01" + b"x" * 200):
        peer = RawPeer(shared_house.endpoints["operator"])
        peer.tcp.sendall(rubbish)
        peer.close()
    assert shared_house.operator().status()


def test_nobody_gets_in_while_the_daemon_stops(new_house):
    """libzmq lets anybody in when nobody answers for the door: here the door goes first."""
    house = new_house()
    for _ in range(5):
        house.start()
        worker = house.worker()
        worker.ready()
        strangers = [stranger(house, zone) for zone in ZONES * 8]
        house.world.until(lambda: any(s.happened for s in strangers), what="the first of them")
        house.may_end = True
        house.process.send_signal(signal.SIGTERM)
        strangers += [stranger(house, zone) for zone in ZONES * 8]
        assert house.wait_end() == 0
        for one in strangers:
            assert not one.has_happened(zmq.EVENT_HANDSHAKE_SUCCEEDED)
            one.close()
        worker.close()


def test_the_keys_of_the_log_are_no_keys(shared_house):
    """A fingerprint tells keys apart; a key itself is nobody's business."""
    peer = stranger(shared_house, "portal")
    is_turned_away(peer)
    log = shared_house.log()
    for public, secret in shared_house.keys.values():
        assert public.decode() not in log and secret.decode() not in log
    assert shared_house.server_secret.decode() not in log
    assert z85.decode(shared_house.server_secret).hex() not in log
