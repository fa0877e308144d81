"""Machines judge style: layers, sizes, banned calls, leftovers. Run by ctest; prints file:line and the rule."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 80

# Which folder may include which (docs/ARCHITECTURE.md). Longest prefix wins.
MAY_INCLUDE = {
    "base": {"base"},
    "locale": {"locale", "base"},
    "calendar": {"calendar", "base"},
    "proto": {"proto", "base"},
    "wire": {"wire", "proto", "base"},
    "client": {"client", "wire", "proto", "base"},
    "daemon/rules": {"daemon/rules", "calendar", "base"},
    "daemon/core": {"daemon/core", "daemon/rules", "calendar", "base"},
    "daemon/store": {"daemon/store", "daemon/core", "base"},
    "daemon/shell": {"daemon/shell", "daemon/core", "daemon/rules", "daemon/store", "calendar", "proto", "base"},
    "daemon/host": {"daemon/host", "daemon/shell", "daemon/core", "daemon/rules", "daemon/store", "calendar", "wire",
                    "proto", "base"},
    "daemon": {"daemon/host", "locale", "base"},
    "workers": {"workers", "client", "wire", "proto", "calendar", "locale", "base"},
    "ctl": {"ctl", "workers", "client", "wire", "proto", "calendar", "locale", "base"},
    "lab": {"lab", "workers", "client", "wire", "proto", "calendar", "locale", "base"},
}

# Third-party headers and the only files that may include them.
ONLY_IN = {
    "sodium.h": r"^(base/(digest|seal)\.c|wire/.*\.c)$",
    "libical/ical.h": r"^calendar/ical.*\.[ch]$",
    "msgpack.h": r"^proto/.*\.c$",
    "zmq.h": r"^wire/.*\.c$",
    "czmq.h": r"^wire/.*\.c$",
    "sqlite3.h": r"^daemon/store/sqlite.*\.[ch]$",
    "jansson.h": r"^(daemon/host/(export|export_lines|manifest)\.[ch]|(ctl|workers|lab|tests)/.*\.[ch])$",
    "cyaml/cyaml.h": r"^daemon/host/.*yaml.*\.[ch]$|^daemon/host/config\.c$",
    "systemd/sd-daemon.h": r"^daemon/host/(inherited|service)\.c$",
}

BANNED = {
    r"\b(strcpy|strcat|sprintf|gets|strtok|alloca)\s*\(": "an unbounded or hidden-state call",
    r"\b(sleep|usleep|nanosleep)\s*\(": "a sleep: wait for the event",
    r"\bassert\s*\(": "libc's assert vanishes with NDEBUG: REQUIRE or ENSURE",
    r"\b(rand|srand|random)\s*\(": "randomness without a seed that is shown",
    r"\b(localtime|mktime|tzset)\w*\s*\(": "the host's time zone",
}
PURE = ("base/", "calendar/", "proto/", "daemon/rules/", "daemon/core/", "daemon/shell/")
PURE_BANNED = {r"\b(time|clock_gettime|gettimeofday)\s*\(": "a clock in a layer that has none"}
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split("\n")
    return [name for name in listed if name and (ROOT / name).is_file()]


def layer_of(name):
    folders = name.split("/")[:-1]
    for length in range(len(folders), 0, -1):
        if "/".join(folders[:length]) in MAY_INCLUDE:
            return "/".join(folders[:length])
    return None


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


def check_includes(name, text, say):
    layer = layer_of(name)
    for number, line in enumerate(text.split("\n"), 1):
        ours = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if ours and layer:
            used = layer_of(ours.group(1))
            if used and used not in MAY_INCLUDE[layer]:
                say(name, number, f"{layer}/ may not include {ours.group(1)}")
        theirs = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if theirs and theirs.group(1) in ONLY_IN and not re.match(ONLY_IN[theirs.group(1)], name):
            say(name, number, f"<{theirs.group(1)}> belongs to {ONLY_IN[theirs.group(1)]}")


def check_functions(name, code, say):
    start = None
    for number, line in enumerate(code.split("\n"), 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            if number - start > FUNCTION_LINES_MAX:
                say(name, start, f"a function of {number - start} lines (at most {FUNCTION_LINES_MAX})")
            start = None


def check_file(name, say):
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = text.split("\n")
    if len(lines) > FILE_LINES_MAX:
        say(name, len(lines), f"{len(lines)} lines (at most {FILE_LINES_MAX})")
    check_includes(name, text, say)
    code = without_comments(text)
    check_functions(name, code, say)
    rules = dict(BANNED)
    if name.startswith(PURE):
        rules.update(PURE_BANNED)
    for number, line in enumerate(code.split("\n"), 1):
        for pattern, why in rules.items():
            if re.search(pattern, line) and "static_assert" not in line:
                say(name, number, why)
    for number, line in enumerate(lines, 1):
        if LEFTOVER.search(line):
            say(name, number, "unfinished work left in the source")


def check_headers(names, say):
    for name in names:
        if name.endswith(".h"):
            guard = (ROOT / name).read_text(encoding="utf-8").split("\n", 1)[0]
            if not re.match(r"#ifndef WENZHENG_\w+_H$", guard):
                say(name, 1, "a header begins with its guard WENZHENG_…_H")


def main():
    findings = []

    def say(name, number, why):
        findings.append(f"{name}:{number}: {why}")

    sources = tracked("*.c", "*.h")
    for name in sources:
        if not name.startswith("tests/"):
            check_file(name, say)
    check_headers(sources, say)
    for finding in findings:
        print(finding)
    print(f"tidy: {len(sources)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
