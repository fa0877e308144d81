"""A network that can be broken: it stands between the peers and the daemon, one listener for each zone, and cuts,
delays, or swallows what passes. It lives in the harness's loop; ends of connections are plain sockets."""

import collections
import errno
import socket
import time

import zmq

CHUNK = 65536
NEVER = float("inf")


class Pipe:
    """One direction of a connection: what was read on one side and not yet written on the other."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.chunks = collections.deque()  # (when it may go on, bytes)
        self.ended = False


class Connection:
    def __init__(self, network, client, upstream):
        self.network = network
        self.ends = {client.fileno(): client, upstream.fileno(): upstream}
        self.pipes = {client.fileno(): Pipe(client, upstream), upstream.fileno(): Pipe(upstream, client)}
        self.swallows = False  # a hole: what comes in stays in, and neither side is told
        for fileno in self.ends:
            network.world.listen(fileno, lambda events, fileno=fileno: self.happen(fileno, events))

    def happen(self, fileno, events):
        if events & (zmq.POLLIN | zmq.POLLERR):
            self._read(self.pipes[fileno])
        if self.ends:
            self.flush(time.monotonic())

    def _read(self, pipe):
        try:
            data = pipe.source.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
        elif not self.swallows:
            pipe.chunks.append((time.monotonic() + self.network.delay, data))

    def flush(self, now):
        for pipe in list(self.pipes.values()):
            while pipe.chunks and pipe.chunks[0][0] <= now and not self.swallows:
                if not self._write(pipe):
                    break
        self._listen()

    def _write(self, pipe):
        at, data = pipe.chunks.popleft()
        try:
            sent = pipe.target.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            if error.errno != errno.ENOTCONN:  # upstream is still being connected
                self.close()
                return False
            sent = 0
        if sent < len(data):
            pipe.chunks.appendleft((at, data[sent:]))
        return sent == len(data)

    def _listen(self):
        now = time.monotonic()
        for fileno in self.ends:
            waiting = any(pipe.target.fileno() == fileno and pipe.chunks and pipe.chunks[0][0] <= now
                          for pipe in self.pipes.values())
            self.network.world.poller.register(fileno, zmq.POLLIN | (zmq.POLLOUT if waiting else 0))

    def wakes_at(self):
        now = time.monotonic()
        later = [pipe.chunks[0][0] for pipe in self.pipes.values() if pipe.chunks and pipe.chunks[0][0] > now]
        return NEVER if self.swallows else min(later, default=NEVER)

    def close(self):
        for fileno, end in self.ends.items():
            self.network.world.ignore(fileno)
            end.close()
        self.ends, self.pipes = {}, {}
        self.network.connections.discard(self)


class Network:
    """`endpoints`: zone → where the daemon listens. `near`: zone → where its peers shall connect."""

    def __init__(self, world, endpoints):
        self.world = world
        self.connections = set()
        self.delay = 0.0
        self.listeners, self.near = [], {}
        world.peers.append(self)
        for zone, endpoint in endpoints.items():
            listener = socket.create_server(("127.0.0.1", 0), backlog=64)
            listener.setblocking(False)
            far = ("127.0.0.1", int(endpoint.rsplit(":", 1)[1]))
            world.listen(listener.fileno(), lambda events, of=listener, to=far: self._accept(of, to))
            self.listeners.append(listener)
            self.near[zone] = f"tcp://127.0.0.1:{listener.getsockname()[1]}"

    def _accept(self, listener, far):
        try:
            client, _ = listener.accept()
        except BlockingIOError:
            return
        upstream = socket.socket()
        for end in (client, upstream):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if upstream.connect_ex(far) not in (0, errno.EINPROGRESS):
            client.close()
            upstream.close()
            return
        self.connections.add(Connection(self, client, upstream))

    # ---- what can go wrong ----

    def cut(self, rng, share):
        """Ends this share of the connections, with whatever is on its way in them."""
        chosen = [connection for connection in list(self.connections) if rng.random() < share]
        for connection in chosen:
            connection.close()
        return len(chosen)

    def swallow(self, rng, share):
        """Half-open: this share of the connections stays up and carries nothing any more."""
        for connection in list(self.connections):
            connection.swallows = connection.swallows or rng.random() < share

    def heal(self):
        self.delay = 0.0
        for connection in list(self.connections):
            if connection.swallows:
                connection.close()

    # ---- the loop's side ----

    def wakes_at(self):
        return min((connection.wakes_at() for connection in self.connections), default=NEVER)

    def tick(self, now):
        for connection in list(self.connections):
            if connection.wakes_at() <= now or any(p.chunks for p in connection.pipes.values()):
                connection.flush(now)

    def close(self):
        for connection in list(self.connections):
            connection.close()
        for listener in self.listeners:
            self.world.ignore(listener.fileno())
            listener.close()
        self.listeners = []
        if self in self.world.peers:
            self.world.peers.remove(self)
