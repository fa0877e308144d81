"""Who is let in, and what is said of those who are not (promise 9). Whoever tries to get in all the same is in
tests/attack."""

import zmq
import zmq.utils.z85 as z85

from peers import Peer

TURNED_AWAY = (zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
               zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_DISCONNECTED)


def is_turned_away(peer):
    """It tried, and it was not let in."""
    peer.world.until(lambda: peer.has_happened(*TURNED_AWAY), what="the refusal")
    assert not peer.has_happened(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    assert not peer.inbox and not peer.answers
    peer.close()


def stranger(house, zone, keys=None):
    return Peer(house.world, house.endpoints[zone], house.server_public, keys or zmq.curve_keypair(),
                monitored=True)


def test_a_new_principal_gets_in_after_a_reload(house):
    house.keys["new"] = zmq.curve_keypair()
    is_turned_away(stranger(house, "portal", house.keys["new"]))
    house.principals.append({"name": "new", "role": "portal"})
    house.write_principals()
    house.reload()
    assert house.portal("new").submit("m-1")


def test_the_keys_of_the_log_are_no_keys(shared_house):
    """A fingerprint tells keys apart; a key itself is nobody's business."""
    peer = stranger(shared_house, "portal")
    is_turned_away(peer)
    log = shared_house.log()
    for public, secret in shared_house.keys.values():
        assert public.decode() not in log and secret.decode() not in log
    assert shared_house.server_secret.decode() not in log
    assert z85.decode(shared_house.server_secret).hex() not in log
