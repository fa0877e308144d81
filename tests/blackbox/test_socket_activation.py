"""Sockets that systemd holds: the daemon serves through them, also from one process to the next, and says what is
wrong with those it was not configured for. systemd-socket-activate stands for systemd."""

import contextlib
import shutil
import socket

import pytest

from ports import Port

ACTIVATE = shutil.which("systemd-socket-activate")
pytestmark = pytest.mark.skipif(not ACTIVATE, reason="needs systemd-socket-activate")


def port_of(endpoint):
    return int(endpoint.rsplit(":", 1)[-1])


def activate(house, listens, names, *options):
    """The daemon is started by the first connection, and inherits what `listens` says."""
    passed = [f"--setenv={key}={value}" for key, value in house.environ().items()
              if key in ("NOTIFY_SOCKET", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")]
    house.prefix = [ACTIVATE, *options, *passed, *(f"--listen={listen}" for listen in listens),
                      f"--fdname={':'.join(names)}"]
    house.launch()


def knock(house, port, host="127.0.0.1"):
    """Until something listens there."""
    def reached():
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return True
        return False

    house.world.until(reached, what="a listening socket")


def started(house, listens, names):
    activate(house, listens, names)
    knock(house, port_of(house.endpoints["portal"]))
    house.world.until(lambda: house.was_told("READY", "1") or house.status is not None, 30, "READY=1")
    assert house.status is None, house.log()
    house.may_end = False


def refused(house, listens, names, *options):
    activate(house, listens, names, *options)
    if listens[0].startswith("/"):
        def reached():
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                client.connect(listens[0])
                return True
            return False

        house.world.until(reached, what="a listening socket")
    elif "--datagram" in options:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            def sent():
                client.sendto(b"x", ("127.0.0.1", port_of(listens[0])))
                return house.status is not None

            house.world.until(sent, what="the end")
    else:
        knock(house, port_of(listens[0]))
    assert house.wait_end() == 1
    assert not house.was_told("READY")
    return house.log()


def test_every_zone_is_served_through_an_inherited_socket(new_house):
    house = new_house()
    listens = [f"127.0.0.1:{port_of(house.endpoints[zone])}" for zone in ("operator", "portal", "worker")]
    started(house, listens, ["operator", "portal", "worker"])
    receipt = house.portal().submit("m-1", department="edu")
    worker = house.worker()
    worker.ready()
    assert worker.next_offer()["case"] == receipt["case"]
    assert house.operator().status()["open"] == 1
    assert house.log().count("holder=systemd") == 3
    assert house.stop() == 0


def test_zones_that_were_not_handed_over_are_opened_as_always(new_house):
    house = new_house()
    started(house, [f"127.0.0.1:{port_of(house.endpoints['portal'])}"], ["portal"])
    assert house.portal().submit("m-1")
    assert house.worker().ready()
    assert house.operator().status()["open"] == 1
    assert house.log().count("holder=systemd") == 1
    assert house.stop() == 0


def test_an_inherited_socket_of_every_address_takes_ipv4_and_ipv6(new_house):
    house = new_house()
    port = port_of(house.endpoints["portal"])
    house.endpoints["portal"] = f"tcp://*:{port}"
    house.write_config()
    activate(house, [str(port)], ["portal"])
    knock(house, port)
    house.world.until(lambda: house.was_told("READY", "1") or house.status is not None, 30, "READY=1")
    assert f"tcp://[::]:{port} holder=systemd" in house.log()
    house.may_end = False
    house.endpoints["portal"] = f"tcp://127.0.0.1:{port}"
    assert house.portal().submit("m-1")
    knock(house, port, "::1")
    assert house.stop() == 0


def test_a_connection_made_while_the_daemon_is_away_waits_for_the_next_one(new_house):
    """The socket outlives the process: who connects in between is not refused."""
    house = new_house()
    with socket.create_server(("127.0.0.1", port_of(house.endpoints["portal"]))) as held:
        # As systemd does it: file descriptor 3, and the process's own number in the environment.
        script = f'exec 3<&{held.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=portal; exec "$@"'
        house.prefix = ["/bin/bash", "-c", script, "sh"]
        house.descriptors = (held.fileno(),)
        house.start()
        receipt = house.portal().submit("m-1")
        house.kill()
        with socket.create_connection(held.getsockname(), timeout=5) as early:
            house.start()
            early.settimeout(10)
            assert early.recv(10)[0] == 0xFF, "the next process greets it"
        assert house.portal().submit("m-1")["case"] == receipt["case"]
        assert house.stop() == 0


def test_a_socket_at_another_port_is_refused_with_both(new_house):
    house = new_house()
    other = Port()
    text = refused(house, [f"127.0.0.1:{other}"], ["portal"])
    assert f"listens at tcp://127.0.0.1:{other}" in text
    assert f"portal_endpoint is {house.endpoints['portal']}" in text and "wenzhengd-portal.socket" in text


def test_a_socket_reached_from_elsewhere_is_no_operators_socket(new_house):
    house = new_house()
    port = port_of(house.endpoints["operator"])
    assert "operator_endpoint is tcp://127.0.0.1:" in refused(house, [str(port)], ["operator"])


def test_a_name_that_is_no_zone_is_refused(new_house):
    house = new_house()
    text = refused(house, [f"127.0.0.1:{port_of(house.endpoints['portal'])}"], ["wenzhengd.socket"])
    assert "no zone is called so" in text


def test_a_zone_twice_is_refused(new_house):
    house = new_house()
    other = Port()
    text = refused(house, [f"127.0.0.1:{port_of(house.endpoints['portal'])}", f"127.0.0.1:{other}"],
                   ["portal", "portal"])
    assert "two sockets were handed over for the portal zone" in text


def test_what_is_not_tcp_is_refused(new_house):
    house = new_house()
    assert "no listening TCP socket" in refused(house, [str(house.path("portal.sock"))], ["portal"])
    other = new_house()
    text = refused(other, [f"127.0.0.1:{port_of(other.endpoints['portal'])}"], ["portal"], "--datagram")
    assert "no listening TCP socket" in text
    house.is_broken = other.is_broken = True
