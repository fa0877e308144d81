"""CurveZMQ by hand (ZeroMQ RFC 23 and 26), for peers that libzmq would not let us be: with made-up metadata, with
commands of any size, with half a handshake. The cryptography is libsodium's crypto_box."""

import ctypes
import ctypes.util
import os
import socket
import struct

import zmq.utils.z85 as z85

_sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
_sodium.sodium_init()
MAC = 16


def key_pair():
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
    _sodium.crypto_box_keypair(public, secret)
    return public.raw, secret.raw


def box(text, nonce, public, secret):
    out = ctypes.create_string_buffer(len(text) + MAC)
    if _sodium.crypto_box_easy(out, text, ctypes.c_ulonglong(len(text)), nonce, public, secret):
        raise ValueError("box")
    return out.raw


def unbox(sealed, nonce, public, secret):
    out = ctypes.create_string_buffer(max(1, len(sealed) - MAC))
    if _sodium.crypto_box_open_easy(out, sealed, ctypes.c_ulonglong(len(sealed)), nonce, public, secret):
        raise ValueError("unbox")
    return out.raw[: len(sealed) - MAC]


class Cut(Exception):
    """The daemon closed the connection."""


def greeting(mechanism=b"CURVE"):
    return b"\xff" + b"\x00" * 8 + b"\x7f\x03\x00" + mechanism.ljust(20, b"\x00") + b"\x00" * 32


def properties(metadata):
    return b"".join(
        bytes([len(name)]) + name + struct.pack(">I", len(value)) + value for name, value in metadata)


class RawPeer:
    """One TCP connection that speaks ZMTP 3.0 with CURVE. Blocking, every wait bounded."""

    def __init__(self, endpoint, within=10.0):
        host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
        self.tcp = socket.create_connection((host, int(port)), timeout=within)
        self.tcp.settimeout(within)
        self.nonce = 0

    def close(self):
        self.tcp.close()

    def read(self, size):
        data = b""
        while len(data) < size:
            try:
                block = self.tcp.recv(size - len(data))
            except ConnectionError:
                block = b""
            if not block:
                raise Cut
            data += block
        return data

    def send_frame(self, data, flags):
        if len(data) > 255:
            self.tcp.sendall(bytes([flags | 2]) + struct.pack(">Q", len(data)) + data)
        else:
            self.tcp.sendall(bytes([flags, len(data)]) + data)

    def read_frame(self):
        flags = self.read(1)[0]
        size = struct.unpack(">Q", self.read(8))[0] if flags & 2 else self.read(1)[0]
        return flags, self.read(size)

    def _short_nonce(self):
        self.nonce += 1
        return struct.pack(">Q", self.nonce)

    def greet(self, mechanism=b"CURVE"):
        self.tcp.sendall(greeting(mechanism))
        return self.read(64)

    # The handshake in steps, so that a test may tamper with each; commands are made by one and sent by another.

    def command(self, body):
        self.send_frame(body, 4)

    def hello(self, server_key, version=b"\x01\x00", zeros=64):
        self.server = z85.decode(server_key)
        self.mine, self.my_secret = key_pair()
        nonce = self._short_nonce()
        sealed = box(b"\x00" * zeros, b"CurveZMQHELLO---" + nonce, self.server, self.my_secret)
        return b"\x05HELLO" + version + b"\x00" * 72 + self.mine + nonce + sealed

    def hear_welcome(self):
        """True if the daemon says WELCOME."""
        _, welcome = self.read_frame()
        if not welcome.startswith(b"\x07WELCOME"):
            return False
        opened = unbox(welcome[24:], b"WELCOME-" + welcome[8:24], self.server, self.my_secret)
        self.theirs, self.cookie = opened[:32], opened[32:]
        return True

    def vouch(self, secret):
        long_nonce = os.urandom(16)
        return long_nonce + box(self.mine + self.server, b"VOUCH---" + long_nonce, self.theirs, secret)

    def initiate(self, keys, metadata, vouch=None, cookie=None):
        """`metadata`: a list of properties, or the bytes that stand for them."""
        public, secret = (z85.decode(key) for key in keys)
        nonce = self._short_nonce()
        metadata = metadata if isinstance(metadata, bytes) else properties(metadata)
        inner = public + (vouch or self.vouch(secret)) + metadata
        sealed = box(inner, b"CurveZMQINITIATE" + nonce, self.theirs, self.my_secret)
        return b"\x08INITIATE" + (cookie or self.cookie) + nonce + sealed

    def hear_ready(self):
        _, answer = self.read_frame()
        return answer.startswith(b"\x05READY")

    def handshake(self, server_key, keys, metadata):
        """True if the daemon says READY. `keys`, `server_key`: Z85, as in a key file."""
        self.greet()
        self.command(self.hello(server_key))
        if not self.hear_welcome():
            return False
        self.command(self.initiate(keys, metadata))
        return self.hear_ready()

    def sealed(self, data, flags=0):
        """One frame as it travels: `flags` 1 says that more follow, 4 that it is a command."""
        nonce = self._short_nonce()
        return b"\x07MESSAGE" + nonce + box(bytes([flags]) + data, b"CurveZMQMESSAGEC" + nonce, self.theirs,
                                             self.my_secret)

    def send(self, frames):
        for number, data in enumerate(frames):
            self.send_frame(self.sealed(data, 1 if number < len(frames) - 1 else 0), 0)

    def receive(self):
        """The next message's frames; the daemon's pings are passed over."""
        frames = []
        while True:
            _, data = self.read_frame()
            if not data.startswith(b"\x07MESSAGE"):
                continue
            opened = unbox(data[16:], b"CurveZMQMESSAGES" + data[8:16], self.theirs, self.my_secret)
            if opened[0] & 4:  # a command: PING
                continue
            frames.append(opened[1:])
            if not opened[0] & 1:
                return frames
