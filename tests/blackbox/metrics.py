"""Reads metrics as any client would, and takes the text apart by the format's own rules; no line of it is shared with
the product."""

import re
import socket

from ports import Port

LINE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:\\.|[^"\\])*)"(?:,|$)')
ASK = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


def both_doors(**more):
    """For House(config=…)."""
    return {"metrics_socket": "metrics", "metrics_port": Port(), **more}


def connect(house, door="socket", within=10.0):
    if door == "socket":
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(within)
        peer.connect(str(house.path(house.config["metrics_socket"])))
    else:
        peer = socket.create_connection(("127.0.0.1", int(house.config["metrics_port"])), within)
    return peer


def read_to_end(peer):
    parts = []
    while part := peer.recv(65536):
        parts.append(part)
    return b"".join(parts)


def request(house, words=ASK, door="socket"):
    """Status, headers and body of the answer."""
    with connect(house, door) as peer:
        peer.sendall(words)
        head, body = read_to_end(peer).split(b"\r\n\r\n", 1)
    status, *headers = head.decode("ascii").split("\r\n")
    return status, dict(line.split(": ", 1) for line in headers), body


def unescape(value):
    return re.sub(r"\\(.)", lambda match: "\n" if match.group(1) == "n" else match.group(1), value)


class Metrics:
    """One text: {name: {frozenset of labels: value}}."""

    def __init__(self, text):
        self.text, self.values, self.types = text, {}, {}
        for line in text.split("\n")[:-1]:
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name not in self.types, f"{name} has its type twice"
                self.types[name] = kind
            elif not line.startswith("# HELP "):
                self._take(line)

    def _take(self, line):
        match = LINE.match(line)
        assert match, f"not a line of the format: {line!r}"
        name, labels, value = match.groups()
        pairs = LABEL.findall(labels or "")
        assert not labels or LABEL.sub("", labels) == "", f"labels that are none: {line!r}"
        key = frozenset((label, unescape(word)) for label, word in pairs)
        series = self.values.setdefault(name, {})
        assert key not in series, f"twice: {line!r}"
        series[key] = float(value)

    def __call__(self, name, /, **labels):
        return self.values[name][frozenset(labels.items())]

    def names(self):
        return set(self.values)


def scrape(house, door="socket"):
    status, headers, body = request(house, door=door)
    assert status == "HTTP/1.0 200 OK", status
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert int(headers["Content-Length"]) == len(body)
    return Metrics(body.decode("utf-8"))


def until(house, condition, what):
    """The first text of which the condition is true: one may be a second old."""
    found = []

    def look():
        found[:] = [scrape(house)]
        return condition(found[0])

    house.world.until(look, what=what)
    return found[0]
