"""TCP ports of loopback for daemons that tests start."""

import socket


class Port(int):
    """A port that is nobody else's while this number lives. It is bound, so the kernel gives it to none who asks for any
    port or connects from one; and it does not listen and lets its address be reused, so the daemon may listen there,
    and again after a restart. (A port that was only found free may be found so by a neighbour too.)"""

    def __new__(cls, number=0):
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", number))
        except OSError:
            holder.close()
            raise
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not before: the bind itself shares with nobody
        self = super().__new__(cls, holder.getsockname()[1])
        self._holder = holder
        return self

    def __del__(self):
        self._holder.close()

    @classmethod
    def neighbours(cls, count):
        while True:
            first = cls()
            try:
                return [first, *(cls(first + step) for step in range(1, count))]
            except OSError:
                continue  # somebody has one of them
