"""WZP/1 in Python, with nothing of the project in it but the page that describes it: kinds, fields and errors
are read from the tables of proto/PROTOCOL.md, so that a daemon which differs from its own page fails here."""

import pathlib
import re
from typing import NamedTuple

import msgpack

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "proto" / "PROTOCOL.md").read_text(encoding="utf-8")
TIME_MAX = 253402300799999999  # the end of the year 9999
FRAME_MAX = 262144


def table(name):
    """The rows of one marked table of the page, each a list of its cells."""
    lines = PAGE.split(f"<!-- table: {name} -->\n", 1)[1].splitlines()
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[2:]


def words(cell):
    return [] if cell == "–" else [word.strip() for word in cell.split(",")]


class Kind(NamedTuple):
    name: str
    number: int
    senders: tuple
    built: bool


class Field(NamedTuple):
    type: str
    limit: int


KINDS = {row[1]: Kind(row[1], int(row[0], 16), tuple(words(row[2])), row[3] == "built") for row in table("kinds")}
BY_NUMBER = {kind.number: kind for kind in KINDS.values()}
FIELDS = {row[0]: Field(row[1], 0 if row[2] == "–" else int(row[2])) for row in table("fields")}
REQUIRED = {row[0]: words(row[1]) for row in table("kind-fields")}
OPTIONAL = {row[0]: words(row[2]) for row in table("kind-fields")}
ERRORS = {row[0] for row in table("errors")}
LIMITS = {row[0]: int(row[1]) for row in table("limits")}

CASE_NUMBER = re.compile(r"\d{8}-\d{6}-\d")
QUERY_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{16}")
STATES = {"triage", "queued", "offered", "taken", "answered"}


class ProtocolError(AssertionError):
    """The daemon said something that its page does not allow."""


class Message(dict):
    """The fields of a message, with its kind's name beside them."""

    def __init__(self, kind, fields):
        super().__init__(fields)
        self.kind = kind

    def __repr__(self):
        return f"{self.kind} {super().__repr__()}"


def head(kind):
    return b"WZP1" + bytes([KINDS[kind].number if isinstance(kind, str) else kind])


def encode(kind, fields):
    return [head(kind), msgpack.packb(fields, use_bin_type=True)]


def check_digit(digits):
    """ISO 7064 MOD 11,10."""
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10


def _demand(condition, text):
    if not condition:
        raise ProtocolError(text)


def _check_text(key, value, limit, several_lines):
    _demand(isinstance(value, str), f"{key} is no text: {value!r}")
    _demand(len(value.encode("utf-8")) <= limit, f"{key} has more than {limit} bytes")
    allowed = "\t\n\r" if several_lines else ""
    for char in value:
        control = ord(char) < 32 or 127 <= ord(char) < 160
        _demand(not control or char in allowed, f"{key} has the control character {char!r}")


def _check_count(key, value, limit):
    _demand(isinstance(value, int) and not isinstance(value, bool), f"{key} is no integer: {value!r}")
    _demand(0 <= value <= limit, f"{key} is not within 0 and {limit}: {value}")


def _check_items(key, value, limit, nested):
    _demand(not nested, "items inside items")
    _demand(isinstance(value, list) and len(value) <= limit, f"{key} is no list of at most {limit}")
    for item in value:
        for item_key, item_value in item.items():
            check_field(item_key, item_value, nested=True)


def check_field(key, value, nested=False):
    _demand(key in FIELDS, f"the page knows no field {key}")
    field = FIELDS[key]
    if field.type in ("line", "text"):
        _check_text(key, value, field.limit, field.type == "text")
    elif field.type == "time":
        _check_count(key, value, TIME_MAX)
    elif field.type == "count":
        _check_count(key, value, field.limit)
    elif field.type == "flag":
        _demand(isinstance(value, bool), f"{key} is no flag: {value!r}")
    elif field.type == "lines":
        _demand(isinstance(value, list) and len(value) <= field.limit, f"{key} is no list")
        for line in value:
            _check_text(key, line, LIMITS["FIELD_LINES_ITEM_SIZE_MAX"], False)
    elif field.type == "items":
        _check_items(key, value, field.limit, nested)
    else:
        raise ProtocolError(f"{key} may not stand in a message")
    if key == "case":
        _demand(CASE_NUMBER.fullmatch(value), f"no case number: {value}")
        _demand(check_digit(value[:-2].replace("-", "")) == int(value[-1]), f"wrong check digit: {value}")
    if key == "query_code":
        _demand(QUERY_CODE.fullmatch(value), f"no query code: {value}")


def _pairs(pairs):
    keys = [key for key, _ in pairs]
    _demand(len(set(keys)) == len(keys), f"a key stands twice: {keys}")
    return dict(pairs)


def decode(frames):
    """What the daemon sent, checked against the page to the last field."""
    _demand(len(frames) == 2, f"{len(frames)} frames")
    first, second = frames
    _demand(len(first) == 5 and first[:4] == b"WZP1", f"first frame {first!r}")
    _demand(first[4] in BY_NUMBER, f"unknown kind {first[4]:#x}")
    _demand(len(second) <= FRAME_MAX, "second frame too long")
    kind = BY_NUMBER[first[4]]
    _demand("daemon" in kind.senders, f"the daemon does not send {kind.name}")
    fields = msgpack.unpackb(second, raw=False, strict_map_key=True, object_pairs_hook=_pairs)
    _demand(isinstance(fields, dict), "second frame is no map")
    for key in REQUIRED[kind.name]:
        _demand(key in fields, f"{kind.name} lacks {key}")
    for key, value in fields.items():
        _demand(key in REQUIRED[kind.name] or key in OPTIONAL[kind.name], f"{kind.name} may not carry {key}")
        check_field(key, value)
    if kind.name == "ERROR":
        _demand(fields["code"] in ERRORS, f"the page knows no error {fields['code']}")
        _demand(fields.get("field", "req") in FIELDS, f"an error about no field: {fields}")
    return Message(kind.name, fields)


def case_number(date, sequence):
    digits = f"{date}{sequence:06d}"
    return f"{date}-{sequence:06d}-{check_digit(digits)}"


NO_CASE = case_number("20200101", 1)  # well formed, and of no case that any test makes
