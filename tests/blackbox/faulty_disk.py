"""The test's hand on faulty_disk.c: which calls fail, how, and how often, changed while the program runs."""

import ctypes
import errno
import mmap
import os
import pathlib

from house import binary

MAGIC = 0x3144554C54594446
SHORT_WRITE = -1
ALWAYS = 1_000_000
OPERATIONS = ("write", "truncate", "sync", "open")


class _Rule(ctypes.Structure):
    _fields_ = [("error", ctypes.c_int32), ("per_million", ctypes.c_uint32), ("delay_ms", ctypes.c_uint32),
                ("spare", ctypes.c_uint32), ("calls", ctypes.c_uint64), ("faults", ctypes.c_uint64),
                ("suffix", ctypes.c_char * 8)]


class _Control(ctypes.Structure):
    _fields_ = [("magic", ctypes.c_uint64), ("seed", ctypes.c_uint64), ("armed", ctypes.c_uint32),
                ("has_free", ctypes.c_uint32), ("free", ctypes.c_int64), ("rules", _Rule * len(OPERATIONS))]


def library():
    return pathlib.Path(binary()).with_name("faulty-disk.so")


class FaultyDisk:
    """For the files of one folder, of the programs started with `environment`."""

    def __init__(self, control_path, folder, seed=1):
        with open(control_path, "w+b") as file:
            file.truncate(ctypes.sizeof(_Control))
            self._map = mmap.mmap(file.fileno(), ctypes.sizeof(_Control))
        self._control = _Control.from_buffer(self._map)
        self._control.magic, self._control.seed = MAGIC, seed
        self.environment = {
            "LD_PRELOAD": str(library()),
            "FAULTY_DISK_CONTROL": str(control_path),
            "FAULTY_DISK_FOLDER": os.path.realpath(folder) + "/",
        }

    def _rule(self, operation):
        return self._control.rules[OPERATIONS.index(operation)]

    def fail(self, operation, error, per_million=ALWAYS, spare=0, suffix=""):
        """From the call after `spare` more on, `per_million` of the calls fail with `error`."""
        rule = self._rule(operation)
        rule.per_million, rule.spare, rule.suffix = per_million, spare, suffix.encode()
        rule.error = error
        self._control.armed = 1

    def slow(self, operation, delay_ms, suffix=""):
        rule = self._rule(operation)
        rule.delay_ms, rule.suffix = delay_ms, suffix.encode()
        self._control.armed = 1

    def run_full(self, free=0):
        """Nothing can be written any more, and the system says so."""
        self.tell_free(free)
        for operation in ("write", "truncate"):
            self.fail(operation, errno.ENOSPC)

    def tell_free(self, size):
        self._control.free, self._control.has_free = size, 1

    def heal(self):
        self._control.armed = self._control.has_free = 0
        for operation in OPERATIONS:
            rule = self._rule(operation)
            rule.error = rule.delay_ms = rule.spare = 0
            rule.suffix = b""

    def faults(self, operation):
        return self._rule(operation).faults

    def close(self):
        del self._control
        self._map.close()
