#!/usr/bin/python3
"""Writes the seeds of the targets that read numbers before their texts, and of those whose texts are many and
small, into tests/fuzz/corpus (or the folder given), each named after what it is. What a fuzzer found beside
them is named by its digest and not touched. corpus_frame.py writes the frames'.
"""
import pathlib
import struct
import sys

import msgpack

CASE = "20260105-000001-7"
MOMENT = 1767574800000000


def u16(number):
    return struct.pack("<H", number)


def text(data):
    data = data.encode() if isinstance(data, str) else data
    return u16(len(data)) + data


def pack(fields):
    return msgpack.packb(fields, use_bin_type=True)


# ---- row: what is done, table, row, column, the value (fuzz_row.c). Tables in the order of their names. ----

CASES, CURSOR, JOURNAL, MESSAGE, STORE, TEXT = range(6)
SET, COPY, DELETE = 0, 4, 7


def null():
    return b"\x00"


def number(value):
    return b"\x01" + struct.pack("<q", value)


def words(value):
    return b"\x03" + text(value)


def blob(value):
    return b"\x04" + text(value)


def edit(what, table, row, column, value=b""):
    return bytes([what, table, row, column]) + value


ROW = {
    "case-id-negative": edit(SET, CASES, 0, 0, number(-5)),
    "case-id-zero": edit(SET, CASES, 0, 0, number(0)),
    "case-id-huge": edit(SET, CASES, 1, 0, number(2 ** 63 - 1)),
    "case-queued-in-triage": edit(SET, CASES, 2, 1, number(2)),
    "case-offered-by-nobody": edit(SET, CASES, 1, 1, number(3)),
    "case-state-none": edit(SET, CASES, 1, 1, number(0)),
    "case-portal-long": edit(SET, CASES, 1, 2, words("p" * 400)),
    "case-department-nul": edit(SET, CASES, 1, 3, words(b"edu\x00x")),
    "case-class-not-utf8": edit(SET, CASES, 1, 4, words(b"\xff\xfe")),
    "case-within-nonsense": edit(SET, CASES, 1, 5, words("3 fortnights")),
    "case-received-before-time": edit(SET, CASES, 1, 6, number(-(2 ** 63))),
    "case-due-after-time": edit(SET, CASES, 1, 7, number(2 ** 62)),
    "case-due-date-far": edit(SET, CASES, 1, 8, number(2 ** 31 - 1)),
    "case-due-version-wide": edit(SET, CASES, 1, 9, number(2 ** 40)),
    "case-fired-all": edit(SET, CASES, 1, 11, number(-1)),
    "case-rung-beyond": edit(SET, CASES, 1, 12, number(200)),
    "case-epoch-last": edit(SET, CASES, 1, 14, number(2 ** 32 - 1)),
    "case-holder-negative": edit(SET, CASES, 1, 15, number(-1)),
    "case-reply-kind-none": edit(SET, CASES, 0, 24, number(77)),
    "case-digest-short": edit(SET, CASES, 0, 25, blob(b"abc")),
    "case-digest-is-text": edit(SET, CASES, 0, 25, words("x" * 32)),
    "case-copied": edit(COPY, CASES, 1, 0, number(20260928000077)),
    "case-gone": edit(DELETE, CASES, 1, 0),
    "cursor-negative": edit(SET, CURSOR, 0, 1, number(-1)),
    "cursor-name-long": edit(SET, CURSOR, 0, 0, words("w" * 300)),
    "record-kind-none": edit(SET, JOURNAL, 3, 1, number(99)),
    "record-seq-negative": edit(SET, JOURNAL, 3, 0, number(-9)),
    "record-actor-huge": edit(SET, JOURNAL, 3, 4, b"\x06" + u16(20000)),
    "record-digest-short": edit(SET, JOURNAL, 3, 18, blob(b"")),
    "record-head-short": edit(SET, JOURNAL, 5, 19, blob(b"ab")),
    "record-gone": edit(DELETE, JOURNAL, 5, 0),
    "message-case-other": edit(SET, MESSAGE, 0, 0, number(20260928000099)),
    "message-case-negative": edit(SET, MESSAGE, 0, 0, number(-4)),
    "message-id-long": edit(SET, MESSAGE, 0, 2, words("i" * 600)),
    "message-category-long": edit(SET, MESSAGE, 1, 4, words("c" * 700)),
    "message-digest-short": edit(SET, MESSAGE, 0, 3, blob(b"zz")),
    "message-gone": edit(DELETE, MESSAGE, 0, 0),
    "store-laboratory-text": edit(SET, STORE, 0, 1, words("yes")),
    "store-accepted-negative": edit(SET, STORE, 0, 3, number(-3)),
    "store-gone": edit(DELETE, STORE, 0, 0),
    "text-body-huge": edit(SET, TEXT, 0, 3, b"\x06" + u16(30000)),
    "text-role-none": edit(SET, TEXT, 0, 1, number(2 ** 40)),
    "text-gone": edit(DELETE, TEXT, 1, 0),
    "text-null": edit(SET, TEXT, 0, 2, null()) + edit(SET, TEXT, 0, 3, null()),
}


# ---- database: 2, then place in four bytes, length in one, bytes (fuzz_database.c) ----

def wound(at, data):
    return struct.pack("<IB", at, len(data)) + data


DATABASE = {
    "empty-file": b"\x00",
    "not-a-database": b"\x00just a text, and not one of SQLite's",
    "whole": b"\x02",
    "no-application-id": b"\x02" + wound(68, bytes(4)),
    "newer-schema": b"\x02" + wound(60, b"\x00\x00\x00\x63"),
    "page-size-odd": b"\x02" + wound(16, b"\x03\x01"),
    "page-size-65536": b"\x02" + wound(16, b"\x00\x01"),
    "utf16": b"\x02" + wound(56, b"\x00\x00\x00\x02"),
    "freelist-circle": b"\x02" + wound(32, b"\x00\x00\x00\x02\x00\x00\x00\x7f"),
    "root-page-type": b"\x02" + wound(100, b"\x07"),
    "root-cells-many": b"\x02" + wound(103, b"\xff\xff"),
    "second-page-zero": b"\x02" + wound(4096, bytes(200)),
    "third-page-cell-offset": b"\x02" + wound(8192 + 8, b"\xff\xff\x00\x01"),
    "schema-words": b"\x02" + wound(3600, b"CREATE VIEW x AS SELECT 1"),
    "cut-in-a-page": b"\x02" + wound(0x7fff1234, b""),
    "cut-to-a-header": b"\x02" + wound(0x40000064, b""),
    "wal-header-alone": b"\x01" + bytes.fromhex("377f0682002de218000010000000000000000001") + bytes(12),
    "wal-noise": b"\x01" + bytes.fromhex("377f0683002de21800001000") + bytes(range(256)) * 3,
}


# ---- json ----

JSON = {
    "one": '{"id":"a-1","title":"路灯","body":"不亮","category":"城建","region":"某县","department":"zhujian"}\n',
    "history": '{"id":"1","title":"t","body":"b","received":"2019-03-01T09:30:00","reply":"r",'
               '"replied":"2019-03-04T10:00:00"}\n',
    "id-a-number": '{"id":9223372036854775807,"title":"t","body":"b"}\n',
    "id-a-real": '{"id":1.5,"title":"t","body":"b"}\n',
    "null-title": '{"id":"a","title":null,"body":"b"}\n',
    "nul-in-text": '{"id":"a","title":"a\\u0000b","body":"b"}\n',
    "surrogate-alone": '{"id":"a","title":"\\ud800","body":"b"}\n',
    "surrogates": '{"id":"a","title":"\\ud83d\\ude00","body":"b"}\n',
    "twice": '{"id":"a","id":"b","title":"t","body":"b"}\n',
    "array": '[1,2]\n',
    "deep": "[" * 3000 + "\n",
    "blank-lines": '\n \t\r\n{"id":"a","title":"t","body":"b"}\n\n',
    "no-newline": '{"id":"a","title":"t","body":"b"}',
    "nul-byte": b'\x00\n{"id":"a"}\n',
    "not-utf8": b'{"id":"\xff\xfe","title":"t","body":"b"}\n',
    "replied-before": '{"title":"t","body":"b","received":"2019-03-02T00:00:00Z","reply":"r",'
                      '"replied":"2019-03-01T00:00:00Z"}\n',
    "big-number": '{"id":123456789012345678901234567890}\n',
}


# ---- exec: even: end, status, output, errors. 1 (mod 4): an OFFER's map, 3: an EVENT's ----

OFFER = {"case": CASE, "epoch": 1, "department": "zhujian", "title": "t", "body": "b", "class": "major",
         "received": MOMENT, "lease_ms": 30000}


def ended(how, status, output, errors):
    return bytes([0, how, status]) + text(output) + text(errors)


EXEC = {
    "offer": b"\x01" + pack({**OFFER, "category": "城建", "region": "县", "portal": "web", "due": MOMENT,
                              "provisional": True, "final": True, "reminded": True}),
    "offer-escapes": b"\x01" + pack({**OFFER, "body": "\"\\\n\t\r/\u2028\u0085 😀"}),
    "offer-empty-texts": b"\x01" + pack({**OFFER, "title": "", "body": ""}),
    "event": b"\x03" + pack({"cursor": 2, "event": "replied", "at": MOMENT, "case": CASE, "reply": "r\n\"q\"",
                              "reply_kind": "final", "due_version": 1, "due": MOMENT, "fired": MOMENT}),
    "replied": ended(0, 0, "已修好\n", ""),
    "said-nothing": ended(0, 0, "\n\r\n", "why\n"),
    "nul-in-reply": ended(0, 0, b"a\x00b", "e"),
    "returned": ended(0, 69, "", "不是我们\n"),
    "returned-without-reason": ended(0, 69, "", ""),
    "retry": ended(0, 75, "", ""),
    "failed-with-noise": ended(0, 3, "", bytes(range(256))),
    "failed-long": ended(0, 1, "", "水" * 1500),
    "cut-character": ended(0, 1, "", "a" + "水" * 670 + "\xe6"),
    "signalled": ended(1, 9, "x", "killed"),
    "signal-unknown": ended(1, 255, "", ""),
    "too-long": ended(2, 0, "", ""),
    "too-much": ended(3, 0, "y" * 100, "z"),
}


# ---- session: acts (fuzz_session.c) ----

UP, DOWN, HEAR, ASK = b"\x00", b"\x01", b"\x03", b"\x06"


def wait(ms):
    return b"\x02" + u16(ms)


def speak(kind, fields):
    return b"\x04" + bytes([kind]) + text(fields if isinstance(fields, bytes) else pack(fields))


def answer(kind, value=b""):
    return b"\x05" + bytes([kind]) + text(value)


def fetch(ticket=0):
    return b"\x07" + bytes([ticket])


WELCOME, OFFERED, NOTICE, CONFIRM, EVENT, BUSY, ERROR, LIST = 0x81, 0x82, 0x83, 0x84, 0x85, 0x87, 0x88, 0x8a
GREET = UP + HEAR + speak(WELCOME, {"req": 1, "credit": 3, "heartbeat_ms": 2000, "lease_ms": 30000,
                                    "departments": ["a"], "version": "0", "now": 1})
SESSION = {
    "greeted": GREET + fetch(),
    "greeted-by-confirm": UP + HEAR + answer(CONFIRM, b"abc") + fetch(),
    "turned-away": UP + HEAR + answer(ERROR) + fetch() + wait(31000) + HEAR,
    "busy": GREET + ASK + HEAR + answer(BUSY, b"x" * 40) + wait(50) + HEAR,
    "busy-for-ever": GREET + ASK + HEAR + speak(BUSY, {"req": 2, "code": "disk", "retry_ms": 2 ** 63 - 1,
                                                     "text": "x"}) + wait(60000) + HEAR,
    "offer": GREET + speak(OFFERED, OFFER) + fetch() + fetch(),
    "offer-before-welcome": UP + speak(OFFERED, OFFER) + HEAR + fetch(),
    "events": UP + HEAR + answer(CONFIRM) + b"".join(
        speak(EVENT, {"cursor": i, "event": "replied", "at": MOMENT, "reply": "r"}) for i in (1, 2, 2, 9))
        + fetch() + fetch(),
    "answer-of-another-kind": GREET + ASK + HEAR + answer(LIST) + fetch(2),
    "list": GREET + ASK + HEAR + speak(LIST, {"req": 2, "more": False, "items": [OFFER, {}]}) + fetch(2),
    "unreadable-answer": GREET + ASK + HEAR + speak(CONFIRM, {"req": 2, "cursor": "no number"}) + fetch(),
    "not-ready": GREET + ASK + HEAR + answer(ERROR) + HEAR + HEAR,
    "beat-answered-with-error": GREET + wait(3000) + HEAR + speak(ERROR, {"code": "not-ready", "text": "x"}) + HEAR,
    "revoked": GREET + speak(ERROR, {"code": "revoked", "text": "x"}) + HEAR + DOWN + UP + HEAR,
    "answered-twice": GREET + ASK + HEAR + answer(CONFIRM) + answer(CONFIRM) + fetch(),
    "resent": GREET + ASK + HEAR + wait(11000) + HEAR + DOWN + UP + HEAR,
    "heartbeat-huge": UP + HEAR + speak(WELCOME, {"req": 1, "credit": 1, "heartbeat_ms": 86400000, "lease_ms": 1,
                                                    "departments": [], "version": "", "now": 1}) + wait(9000) + HEAR,
    "from-ourselves": GREET + speak(0x22, {"req": 2, "case": CASE, "epoch": 1}) + fetch(),
    "noise": UP + speak(0xff, b"\xc1") + speak(EVENT, b"") + HEAR,
    "text-lost-its-list": GREET + speak(NOTICE, {"event": "void", "case": CASE, "epoch": 1, "at": MOMENT}) + fetch(),
}


# ---- zap: frames ----

def question(*frames):
    return b"".join(text(frame) for frame in frames)


KEY = bytes(range(32))
ZAP = {
    "good": question("1.0", "1", "worker", "127.0.0.1", "id", "CURVE", KEY),
    "odd-key": question("1.0", "1", "worker", "127.0.0.1", "", "CURVE", bytes([1]) + KEY[1:]),
    "null": question("1.0", "1", "worker", "127.0.0.1", "", "NULL"),
    "plain": question("1.0", "1", "worker", "127.0.0.1", "", "PLAIN", "user", "password"),
    "gssapi": question("1.0", "1", "worker", "127.0.0.1", "", "GSSAPI", "principal"),
    "short-key": question("1.0", "1", "worker", "127.0.0.1", "", "CURVE", KEY[:31]),
    "long-key": question("1.0", "1", "worker", "127.0.0.1", "", "CURVE", KEY + b"x"),
    "two-keys": question("1.0", "1", "worker", "127.0.0.1", "", "CURVE", KEY, KEY),
    "no-zone": question("1.0", "1", "", "127.0.0.1", "", "CURVE", KEY),
    "zone-255": question("1.0", "1", "z" * 255, "127.0.0.1", "", "CURVE", KEY),
    "zone-256": question("1.0", "1", "z" * 256, "127.0.0.1", "", "CURVE", KEY),
    "zone-with-nul": question("1.0", "1", b"wor\x00ker", "127.0.0.1", "", "CURVE", KEY),
    "address-escape": question("1.0", "1", "worker", "\x1b[2J", "", "CURVE", KEY),
    "version-2": question("2.0", "1", "worker", "127.0.0.1", "", "CURVE", KEY),
    "id-huge": question("1.0", "i" * 300, "worker", "127.0.0.1", "", "CURVE", KEY),
    "one-frame": question("1.0"),
    "empty-frames": question("", "", "", "", "", "", ""),
}


# ---- texts ----

PUBLIC, SECRET = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
KEYS = {
    "pair": f'#   a pair\n\nmetadata\ncurve\n    public-key = "{PUBLIC}"\n    secret-key = "{SECRET}"\n',
    "public": f'metadata\ncurve\n    public-key = "{PUBLIC}"\n',
    "no-section": f'    public-key = "{PUBLIC}"\n',
    "other-section": f'metadata\n    public-key = "{PUBLIC}"\ncurve\n',
    "short": 'curve\n  public-key = "abc"\n',
    "not-z85": f'curve\n  public-key = "{PUBLIC[:39]}~"\n',
    "out-of-range": 'curve\n  public-key = "' + "#" * 40 + '"\n',
    "unclosed": f'curve\n  public-key = "{PUBLIC}\n',
    "one-quote": 'curve\n  public-key = "\n',
    "not-a-pair": f'curve\n  public-key = "{PUBLIC}"\n  secret-key = "{PUBLIC}"\n',
    "secret-damaged": f'curve\n  public-key = "{PUBLIC}"\n  secret-key = "{SECRET[:39]}"\n',
    "carriage-returns": f'metadata\r\ncurve\r\n    public-key = "{PUBLIC}"\r\n',
    "nul": b"curve\n\x00public-key\n",
    "too-large": "#" * 4096,
    "just-not-too-large": "#" * 4095,
    "query-code": "0123456789abcdef" * 4 + "\n",
    "query-code-upper": "0123456789ABCDEF" * 4,
    "query-code-short": "0123456789abcdef" * 3 + "\n",
    "query-code-long": "0123456789abcdef" * 4 + "0\n",
    "query-code-not-hex": "0123456789abcdeg" * 4 + "\n",
    "query-code-two-lines": "0123456789abcdef" * 4 + "\n\n",
}

CONFIG = {
    "smallest": "log_level: info\n",
    "every-key": 'portal_endpoint: tcp://192.0.2.1:1\nworker_endpoint: "tcp://[2001:db8::1]:2"\n'
                 'operator_endpoint: "tcp://[::1]:3"\nstore: data/s.db\nprofile: /srv/p.yaml\nprincipals: ../w.yaml\n'
                 "calendar: c.ics\ncalendar_overlays: [n.ics, /srv/s.ics]\nkeys: secret\ndisk_reserve_mb: 1048576\n"
                 "log_level: debug\n",
    "operators-from-anywhere": "operator_endpoint: tcp://*:5703\n",
    "ipc": "portal_endpoint: ipc://x\n",
    "port-0": "portal_endpoint: tcp://*:0\n",
    "port-any": "portal_endpoint: tcp://*:*\n",
    "port-65536": "portal_endpoint: tcp://*:65536\n",
    "bracket-alone": "portal_endpoint: 'tcp://[:1'\n",
    "host-long": "portal_endpoint: 'tcp://[" + "f" * 60 + "]:1'\n",
    "reserve-negative": "disk_reserve_mb: -1\n",
    "reserve-huge": "disk_reserve_mb: 99999999999999999999\n",
    "empty-path": "store: ''\n",
    "empty-overlay": "calendar_overlays: ['']\n",
    "overlays-33": "calendar_overlays: [" + ", ".join(["a"] * 33) + "]\n",
    "twice": "keys: a\nkeys: b\n",
    "unknown": "password: x\n",
    "list-for-word": "store: [a]\n",
    "alias": "store: &a x\nkeys: *a\n",
    "path-4096": "store: " + "p" * 4096 + "\n",
    "path-4097": "store: " + "p" * 4097 + "\n",
    "byte-order-mark": b"\xef\xbb\xbflog_level: info\n",
    "two-documents": "keys: a\n---\nkeys: b\n",
    "gbk": "store: 数据.db\n".encode("gbk"),
}

WORDS = {
    "case": CASE, "case-mistyped": "20260105-000001-8", "case-no-such-month": "20261305-000001-3",
    "case-sequence-0": "20260105-000000-9", "case-year-1969": "19691231-000001-5",
    "code": "0123456789ABCDEF", "code-hyphens": "0123-4567-89ab-cdef", "code-forgiving": "oOiIlL0000000000",
    "code-long": "0123456789ABCDEFG", "code-u": "U123456789ABCDEF",
    "moment": "2026-01-05T09:00:00", "moment-z": "1970-01-01T00:00:00Z", "moment-fraction": "2026-01-05T09:00:00.000001",
    "moment-offset": "9999-12-31T23:59:59.999999-14:00", "moment-before": "1970-01-01T00:00:00+14:00",
    "moment-leap-second": "2016-12-31T23:59:60Z", "date": "2024-02-29", "date-none": "2023-02-29",
    "offset": "+08:00", "offset-far": "+14:01", "term": "3 workday", "terms": "366 days", "term-367": "367 day",
    "term-roll": "7 day_roll", "term-hour": "24 hour", "term-0": "0 day", "rung": "1 workday before",
    "rung-after": "366 workday after", "rung-due": "due", "time": "24:00", "time-2401": "24:01", "seconds": "0.05",
    "seconds-3600": "3600.001", "seconds-dots": "1.2.3", "id": "zhujian-2", "id-hyphen": "-a", "yes": "yes",
    "number": "100000", "number-overflow": "9223372036854775808", "endpoint": "tcp://127.0.0.1:5703",
    "endpoint-6": "tcp://[::1]:*", "endpoint-mapped": "tcp://[::ffff:127.0.0.1]:1", "name": "网络问政",
    "overlong": b"\xc0\xaf", "surrogate": b"\xed\xa0\x80", "cut-character": b"\xe6\xb0", "nul": b"a\x00b",
}

ARGUMENTS = {
    "case": CASE, "everything": f"--endpoint\ntcp://*:1\n--server-key\na\n--key\nb\n--timeout\n5\n--limit\n9\n--json\n{CASE}",
    "help": "--help", "version": "--version", "unknown": "--what", "ambiguous": "--e", "needs-a-value": "--key",
    "timeout-0": "--timeout\n0\nx", "timeout-overflow": "--timeout\n99999999999999999999\nx", "limit-space": "--limit\n 5\nx",
    "too-many": "a\nb\nc", "none": "--json", "own": "--final\n--department=edu\nx", "dashes": "--\n--final\n-x",
    "offset": "--utc-offset\n+14:00", "offset-wrong": "--utc-offset\n8", "credit": "--credit\n1025", "short": "-h\n-q\n-:",
    "flag-with-value": "--json=1\nx", "empty-words": "\n\n",
}

TARGETS = {"row": ROW, "database": DATABASE, "json": JSON, "exec": EXEC, "session": SESSION, "zap": ZAP, "keys": KEYS,
           "config": CONFIG, "words": WORDS, "arguments": ARGUMENTS}


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("corpus")
    for target, seeds in TARGETS.items():
        folder = root / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in {"empty": b"", **seeds}.items():
            (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


if __name__ == "__main__":
    main()
