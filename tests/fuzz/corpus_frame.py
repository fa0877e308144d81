#!/usr/bin/python3
"""Writes the seeds of fuzz_frame into the folder given: one file per frame pair, small, named after what it is.

Each file is the kind frame (WZP1 and the kind byte) followed by the map frame. The seeds are in the
repository; run this again when a kind is added.
"""
import pathlib
import sys

import msgpack

CASE = "20260105-000001-7"
MOMENT = 1767574800000000

WHOLE = {
    "submit": (0x01, {"req": 1, "id": "a-1", "title": "路灯不亮", "body": "三天了\n还没有修", "category": "城建",
                      "region": "某县", "department": "zhujian", "class": "ordinary"}),
    "submit-contact": (0x01, {"req": 1, "id": "a", "title": "t", "body": "b", "contact": "x"}),
    "query": (0x08, {"req": 2, "case": CASE, "query_code": "0123-4567-89AB-CDEF"}),
    "directory": (0x09, {"req": 3, "after": "a", "limit": 10}),
    "watch": (0x10, {"req": 4, "cursor": 0}),
    "seen": (0x11, {"cursor": 9}),
    "beat": (0x12, {}),
    "bye": (0x13, {"req": 5}),
    "ready": (0x20, {"req": 6, "credit": 8, "incarnation": 2 ** 63 - 1, "departments": ["zhujian", "shuiwu"],
                     "custody": "process"}),
    "held": (0x21, {"req": 7, "case": CASE}),
    "take": (0x22, {"req": 8, "case": CASE, "epoch": 1}),
    "reply": (0x23, {"req": 9, "case": CASE, "epoch": 1, "reply": "已修复。", "reply_kind": "refusal",
                     "reason": "重复"}),
    "return": (0x24, {"req": 10, "case": CASE, "epoch": 1, "reason": "不属于我局"}),
    "assign": (0x30, {"req": 11, "case": CASE, "department": "shuiwu", "reason": "水", "final": True}),
    "cases": (0x41, {"req": 12, "state": "all", "limit": 512, "overdue": 1}),
    "clock": (0x47, {"req": 13, "set": MOMENT, "accept": False}),
    "receipt": (0x80, {"req": 1, "id": "a-1", "case": CASE, "query_code": "0123456789ABCDEF", "received": MOMENT,
                       "due": MOMENT + 3 * 86400 * 10 ** 6, "provisional": False, "class": "ordinary"}),
    "welcome": (0x81, {"req": 6, "credit": 8, "heartbeat_ms": 5000, "lease_ms": 30000,
                       "departments": ["zhujian"], "version": "0.1.0", "now": MOMENT}),
    "offer": (0x82, {"case": CASE, "epoch": 1, "department": "zhujian", "title": "t", "body": "b",
                     "class": "major", "received": MOMENT, "lease_ms": 30000}),
    "event": (0x85, {"cursor": 2, "event": "replied", "at": MOMENT, "case": CASE, "reply": "r",
                     "reply_kind": "final"}),
    "busy": (0x87, {"req": 1, "code": "disk", "retry_ms": 60000, "text": "later"}),
    "error": (0x88, {"req": 1, "code": "too-long", "text": "The field title is too long.", "field": "title"}),
    "list": (0x8a, {"req": 7, "more": True, "after": CASE, "items": [{"case": CASE, "epoch": 1}, {},
                    {"departments": ["a", "b"], "due": MOMENT, "reminded": True}]}),
    "dossier": (0x8b, {"req": 2, "case": CASE, "state": "answered", "class": "ordinary", "received": MOMENT,
                       "items": [{"date": "2026-01-05", "number": 1, "text": "working day"}]}),
    "unknown-field": (0x12, {"req": 1, "later": [{"a": [None, 1.5, b"\x00", -1]}]}),
    "items-in-items": (0x8a, {"req": 1, "more": False, "items": [{"items": []}]}),
    "unbuilt": (0x02, {"req": 1, "case": CASE}),
}

BYTES = {
    "bomb-array": b"WZP1\x01\xdd\x7f\xff\xff\xff",
    "bomb-map": b"WZP1\x01\xdf\xff\xff\xff\xff",
    "deep": b"WZP1\x12\x81\xa1x" + b"\x91" * 8 + b"\x00",
    "extension": b"WZP1\x12\x81\xa1x\xd6\xff\x00\x00\x00\x00",
    "reserved-byte": b"WZP1\x12\x81\xa1x\xc1",
    "twice": b"WZP1\x12\x82\xa3req\x01\xa3req\x02",
    "trailing": b"WZP1\x12\x80\x80",
    "wide-forms": b"WZP1\x11\xdf\x00\x00\x00\x01\xdb\x00\x00\x00\x06cursor\xd3\x00\x00\x00\x00\x00\x00\x00\x05",
    "bin-for-text": b"WZP1\x44\x82\xa3req\x01\xa4case\xc4\x01x",
    "short": b"WZP",
    "text-one-byte-short": b"WZP1\x12\x81\xa1x\xa2a",
    "not-utf8-in-a-text": b"WZP1\x24\x84\xa3req\x01\xa4case\xa1x\xa5epoch\x01\xa6reason\xa2\xc0\xaf",
    "surrogate-in-a-line": b"WZP1\x09\x82\xa3req\x01\xa5after\xa3\xed\xa0\x80",
    "nul-in-a-line": b"WZP1\x09\x82\xa3req\x01\xa5after\xa3a\x00b",
    "not-utf8-in-lines": b"WZP1\x20\x84\xa3req\x01\xa6credit\x01\xabincarnation\x01\xabdepartments\x91\xa2a\xff",
}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, (kind, fields) in WHOLE.items():
        (folder / name).write_bytes(b"WZP1" + bytes([kind]) + msgpack.packb(fields, use_bin_type=True))
    for name, data in BYTES.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
