"""The floors: which share of its branches each part must have had taken. The one table; TESTING.md quotes it."""

# part, what is in it (beginnings of paths; the first part that fits has the file), per cent
LAYERS = [
    ("base", ["base/"], 100),
    ("locale", ["locale/"], 90),
    ("calendar", ["calendar/"], 100),
    ("proto", ["proto/"], 100),
    ("wire", ["wire/"], 100),
    ("client", ["client/"], 94),
    ("rules", ["daemon/rules/"], 100),
    ("core", ["daemon/core/"], 100),
    ("store", ["daemon/store/"], 100),
    ("shell", ["daemon/shell/"], 100),
    ("host", ["daemon/host/", "daemon/main.c"], 90),
    ("workers", ["workers/"], 90),
    ("ctl", ["ctl/"], 90),
    ("lab", ["lab/"], 80),
]
OVERALL = 95

# Who may come in, and who may say what: files of several layers, counted there as well.
AUTHORISATION = [
    "wire/server.c", "wire/zap.c", "wire/knock.c", "wire/keys.c", "wire/key_files.c",
    "daemon/rules/principals.c", "daemon/shell/turn.c",
]
AUTHORISATION_FLOOR = 100
