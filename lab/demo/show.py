"""Aligned lines of what the demo's programs have written; a Chinese character takes two columns.

show.py receipts FILE             the receipts of wenzheng-submit, with a head
show.py escalations FILE N LOOK   the lines of wenzheng-supervisor after the first N, coloured unless LOOK is `plain`
"""

import json
import sys
import unicodedata


def columns(text):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def aligned(rows):
    widths = [max(columns(cell) for cell in column) for column in zip(*rows)]
    for row in rows:
        yield "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, widths)).rstrip()


def receipts(path):
    rows = [["编号 CASE", "查询码 QUERY CODE", "部门 DEPARTMENT", "时限 DUE", "来件 ID"]]
    with open(path, encoding="utf-8") as file:
        rows += [line.rstrip("\n").split("\t") for line in file]
    for row in rows[1:]:
        row[3] = row[3][:16].replace("T", " ")
    for line in aligned(rows):
        print("     " + line)


def escalations(path, start, look):
    with open(path, encoding="utf-8") as file:
        events = [json.loads(line) for line in file][int(start):]
    rows = [[f"督办 rung {event['rung']}" if event.get("rung") else "催办 reminder",
             event["fired"][:16].replace("T", " "), event["case"], event.get("department", "分办 triage"),
             event["title"]] for event in events]
    for event, line in zip(events, aligned(rows)):
        colour = "\033[31m" if event.get("rung") else "\033[33m"
        print("     " + (line if look == "plain" else f"{colour}{line}\033[0m"))


if __name__ == "__main__":
    {"receipts": receipts, "escalations": escalations}[sys.argv[1]](*sys.argv[2:])
