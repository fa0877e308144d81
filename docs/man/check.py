"""check.py PROGRAMS: every manual page says what the programs, the code and the headers say, and nothing else.

A program's page has the options of its --help. A file's page has the keys, defaults and ranges of the tables in the
code, the protocol's page its kinds, codes and limits, the library's page its functions. What stands in EXAMPLES is
read by the daemon or compiled. Every page becomes a page without a complaint.
"""

import collections
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAMS = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
# Pages are English, whoever reads them.
ENGLISH = {**os.environ, "LC_ALL": "C", "LANGUAGE": ""}
# What --help does not list of itself, and options of other programs in examples.
UNSAID = {"--help", "--version"}
# What mandoc says of whatever scdoc makes.
SCDOC_IS_SO = ("skipping paragraph macro", "lower case character in document title", "input text line longer than")

findings = []


def say(page, what):
    findings.append(f"docs/man/{page}.scd {what}")


def same(page, what, said, known):
    """What the page says must be what is known: neither less nor more."""
    for one in sorted(known - said):
        say(page, f"lacks {what} {one}")
    for one in sorted(said - known):
        say(page, f"has {what} {one}, which does not exist")


def run(*words, **options):
    return subprocess.run([str(word) for word in words], stdin=options.pop("stdin", subprocess.DEVNULL), env=ENGLISH,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False, **options)


def source(name):
    return (ROOT / name).read_text(encoding="utf-8")


def page_text(page):
    return (HERE / f"{page}.scd").read_text(encoding="utf-8")


# ---- a page's parts


def sections(text):
    """Heading to body; a line of a literal block is no heading."""
    parts, heading, literal = collections.defaultdict(str), "", False
    for line in text.split("\n"):
        literal ^= line.strip() == "```"
        if line.startswith("# ") and not literal:
            heading = line[2:]
        else:
            parts[heading] += line + "\n"
    return parts


def plain(text):
    return re.sub(r"\\(.)", r"\1", re.sub(r"(?<![\\\w])_|(?<!\\)_(?!\w)|(?<!\\)\*", "", text))


def items(body):
    """Names that begin a line in bold, each with what is said of it, as plain text."""
    found, names = collections.defaultdict(str), []
    for line in body.split("\n"):
        head = re.match(r"\*[^*]+\*(, \*[^*]+\*)*", line)
        if head:
            names = re.findall(r"\*([^*]+)\*", head.group(0).replace("\\", ""))
        elif line and not line.startswith("\t"):
            names = []
        for name in names:
            found[name] += plain(line) + "\n"
    return found


def literals(body):
    blocks = re.findall(r"^```\n(.*?)^```$", body, re.M | re.S)
    return [re.sub(r"\\(.)", r"\1", block) for block in blocks]


def limit(name):
    product = re.search(rf"#define {name}\s*\\?\s*([\d *()]+)", source("base/limits.h")).group(1)
    return math.prod(int(factor) for factor in re.findall(r"\d+", product))


def must_say(page, where, text, *words):
    for word in words:
        if not re.search(r"(?<![\w.])" + re.escape(str(word)) + r"(?![\w])", " ".join(text.split())):
            say(page, f"does not say {word} of {where}")


# ---- programs


def help_of(program, *command):
    done = run(program, *command, "--help")
    done.check_returncode()
    return done.stdout.decode()


def options_of(program):
    text = help_of(program)
    commands = re.search(r"^commands:\n((?:  \S.*\n)+)", text, re.M)
    for line in commands.group(1).splitlines() if commands else []:
        text += help_of(program, line.split()[0])
    return set(OPTION.findall(text))


def check_program(page):
    named = set(OPTION.findall(page_text(page).replace("\\", "")))
    same(page, "option", named - UNSAID, options_of(PROGRAMS / page.split(".")[0]) - UNSAID)


# ---- files


def check_configuration(page):
    parts = sections(page_text(page))
    said = items(parts["KEYS"])
    done = run(PROGRAMS / "wenzhengd", "--help-config")
    known = {}
    for line in done.stdout.decode().split("\n\n", 1)[1].splitlines():
        name = re.match(r"[a-z_]+", line)
        key = name.group(0) if name else key
        known[key] = known.get(key, "") + line + "\n"
    same(page, "key", set(said), set(known))
    for key in set(known) & set(said):
        default = re.search(r"default: (.*)", known[key]).group(1)
        # The build's folder may be another than the packages'.
        default = re.sub(r".*/share/wenzheng/", "/usr/share/wenzheng/", default)
        if "Default: " + default not in said[key]:
            say(page, f"does not say the default of {key}: {default}")
        for words in re.findall(r"; (\d+ to \d+|a list of at most \d+ files)|written: (.*)", known[key]):
            must_say(page, key, said[key], "".join(words))


def schema_keys(file):
    """The keys of each libcyaml table: {"profile_fields": {"id", …}, …}."""
    tables = re.findall(r"cyaml_schema_field_t (\w+)\[\] = \{(.*?)CYAML_FIELD_END", source(file), re.S)
    return {name: set(re.findall(r'"([a-z_]+)"', body)) for name, body in tables}


PROFILE_TABLES = {"profile_fields": "KEYS", "department_fields": "DEPARTMENTS", "class_fields": "CLASSES",
                  "rule_fields": "RULES", "rung_fields": "LADDER"}


def check_profile_values(page, keys):
    code = source("daemon/rules/profile.c")
    key, rest = r'"([a-z_]+)", source->\1,\s*', r",\s*&"
    for name, first, second in re.findall(r"parse_choice\(" + key + r'"(\w+)", "(\w+)"', code):
        must_say(page, name, keys[name], first, second, f'Default: {first}')
    for name, default in re.findall(r"parse_yes_no\(" + key + r"(true|false)", code):
        must_say(page, name, keys[name], "yes", "no", "Default: " + {"true": "yes", "false": "no"}[default])
    for name, default, low, high in re.findall(r"parse_number\(" + key + r"(\d+), (\d+), (\d+)" + rest, code):
        must_say(page, name, keys[name], f"{low} to {high}", f"Default: {default}")
    for name, default in re.findall(r"parse_seconds\(\s*" + key + r"(\d+) \* US_PER_S" + rest, code):
        must_say(page, name, keys[name], "0.05 to 3600", f"Default: {default}")
    for name in re.findall(r'\[PROFILE_\w+\] = "(\w+)"', code):
        must_say(page, "identity", keys["identity"], name)
    units = re.search(r"unit_names\[\] = \{.*?\}", source("calendar/deadline.c"), re.S).group(0)
    for unit in re.findall(r'"(\w+)"', units):
        must_say(page, "within", items(sections(page_text(page))["CLASSES"])["within"], f"N {unit}")


def check_profile(page):
    parts = sections(page_text(page))
    tables = schema_keys("daemon/host/profile_yaml.c")
    same(page, "table", set(PROFILE_TABLES), set(tables))
    for table, heading in PROFILE_TABLES.items():
        said = {name for name in items(parts[heading])}
        if heading == "LADDER":
            said -= {"reminder"}  # the section begins with it
        same(page, f"key of {heading}", said, tables[table])
    check_profile_values(page, items(parts["KEYS"]))
    for name, heading, words in (
            ("DEPARTMENT_ID_SIZE_MAX", "DESCRIPTION", "1 to {} of a-z"),
            ("DISPLAY_NAME_SIZE_MAX", "DESCRIPTION", "at most {} bytes"), ("DEPARTMENTS_MAX", "KEYS", "1 to {}; see"),
            ("CLASSES_MAX", "KEYS", "1 to {}; see"), ("RULES_MAX", "KEYS", "At most {}; see"),
            ("RULE_NAME_SIZE_MAX", "RULES", "At most {} bytes: the answer"),
            ("KEYWORDS_PER_RULE_MAX", "RULES", "at most {} words"), ("KEYWORDS_MAX", "RULES", "{} keywords"),
            ("CATEGORY_SIZE_MAX", "RULES", "category or region is at most {} bytes"),
            ("TITLE_SIZE_MAX", "RULES", "a keyword {}"), ("RUNGS_MAX", "LADDER", "at most {}, each later"),
            ("DEADLINE_COUNT_MAX", "LADDER", "N is 1 to {}"), ("DEADLINE_COUNT_MAX", "CLASSES", "from 1 to {}")):
        must_say(page, f"{heading} ({name})", plain(parts[heading]), words.format(limit(name)))


def roles():
    return set(re.findall(r'\[ROLE_\w+\] = "(\w+)"', source("daemon/rules/principals.c")))


def check_principals(page):
    parts = sections(page_text(page))
    same(page, "key", set(items(parts["KEYS"])),
         schema_keys("daemon/host/principals_yaml.c")["principal_fields"])
    same(page, "role", set(items(parts["ROLES"])), roles())
    must_say(page, "principals", plain(parts["DESCRIPTION"]), limit("PRINCIPALS_MAX"))
    must_say(page, "departments", plain(parts["KEYS"]), f"1 to {limit('DEPARTMENTS_PER_PRINCIPAL_MAX')}")


def check_calendar(page):
    parts = sections(page_text(page))
    events = plain(parts["EVENTS"])
    fields = set(re.findall(r'\[ICAL_FIELD_\w+\] = "([A-Z-]+)"', source("calendar/ical_events.c")))
    must_say(page, "EVENTS", events, *fields)
    words = re.findall(r'\{"([^"]+)", VERDICT', source("calendar/ical.c"))
    said = " ".join(events.split("words of the SUMMARY")[1].split())
    at = [said.find(f"{word}") for word in words]
    if -1 in at:
        say(page, f"lacks the word {words[at.index(-1)]}")
    bounds = set(re.findall(r"X-CN-[A-Z-]+[A-Z]", source("calendar/ical_events.c"))) - {"X-CN-COVERAGE"}
    same(page, "property", set(items(parts["COVERAGE"])), bounds)
    days = re.search(r"ICAL_EVENT_DAYS_MAX (\d+)", source("calendar/ical.h")).group(1)
    most = re.search(r"ICAL_EVENTS_MAX\s+(\d+)", source("calendar/ical_events.h")).group(1)
    must_say(page, "EVENTS", events, f"{days} days", f"{most} events")


def check_keys(page):
    parts = sections(page_text(page))
    files = set(re.findall(r'secret_path\(config, "([^"]+)"', source("daemon/host/config_secrets.c")))
    same(page, "file", set(items(parts["THE DAEMON'S KEYS"])), files)
    same(page, "role", set(items(parts["EVERYBODY ELSE'S"])), roles())
    makes = re.search(r"bool is_role.*?\{(.*?)\};", source("ctl/keys.c"), re.S).group(1)
    must_say(page, "THE DAEMON'S KEYS", plain(parts["THE DAEMON'S KEYS"]),
             *(f"--role {role}" for role in set(re.findall(r'"([a-z-]+)"', makes)) - roles()))


def check_examples_of_files():
    """The daemon reads the examples of the files' pages, all together."""
    examples = {page: literals(sections(page_text(page))["EXAMPLES"]) for page in SPECIAL}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for page, file, which in (("wenzhengd.yaml.5", "wenzhengd.yaml", 0), ("wenzheng-profile.5", "profile.yaml", 0),
                                  ("wenzheng-principals.yaml.5", "principals.yaml", 0),
                                  ("wenzheng-calendar.5", "cn.ics", 0), ("wenzheng-calendar.5", "region.ics", 1)):
            (folder / file).write_text("".join(examples[page][which:which + 1]), encoding="utf-8")
        (folder / "keys").mkdir()
        for key, role in (("wenzhengd", "server"), ("query-code", "query-code"), ("contact", "contact")):
            run(PROGRAMS / "wenzhengctl", "keys", "new", key, "--role", role, "--dir", folder / "keys")
        (folder / "keys" / "contact.key_secret").unlink()
        done = run(PROGRAMS / "wenzhengd", "--config", folder / "wenzhengd.yaml", "--check-config")
        if done.returncode != 0 or not done.stdout.endswith(b"good\n"):
            say("wenzhengd.yaml.5", "and the pages beside it have examples that the daemon refuses: " +
                done.stdout.decode().strip().split("\n")[-1])


# ---- protocol and library


def senders():
    text = source("proto/kinds.h")
    names = dict(re.findall(r"SENDER_(\w+) = (1 << \d+),", text))
    watchers = re.search(r"SENDER_WATCHERS = (.*?),", text).group(1)
    together = {name: {name.lower()} for name in names}
    together["WATCHERS"] = {name.lower() for name in re.findall(r"SENDER_(\w+)", watchers)}
    return together


def check_kinds(page, body):
    who, known, said = senders(), set(), set()
    table = re.search(r"#define KINDS\(X\)(.*?)\n\nenum", source("proto/kinds.h"), re.S).group(1)
    for name, number, sent_by, built in re.findall(r"X\((\w+), (0x\w+), ([\w |]+), (true|false)\)", table):
        by = set().union(*(who[one] for one in re.findall(r"SENDER_(\w+)", sent_by)))
        known.add((number, name, ", ".join(sorted(by)), built == "true"))
    for heading, block in re.findall(r"^## From (.*?)\n\n```\n(.*?)^```", body, re.M | re.S):
        for line in block.splitlines():
            number, name, meaning = line.split(None, 2)
            said.add((number, name, ", ".join(sorted(heading.split(", "))), meaning != "reserved"))
    same(page, "kind", {str(one) for one in said}, {str(one) for one in known})


def check_protocol(page):
    parts = sections(page_text(page))
    check_kinds(page, parts["KINDS"])
    known = set(re.findall(r'X\(\w+, "([a-z-]+)"\)', source("proto/message.h")))
    same(page, "code", set(items(parts["ERRORS"])), known)
    busy = set(re.findall(r'X\(\w+, "([a-z]+)"\)', source("daemon/shell/counts.h")))
    same(page, "BUSY", set(items(parts["BUSY"])), busy)
    for words in ("Title {TITLE_SIZE_MAX}", "body {BODY_SIZE_MAX}", "reply {REPLY_SIZE_MAX}",
                  "reason {REASON_SIZE_MAX}",
                  "contact {CONTACT_SIZE_MAX}", "id {MESSAGE_ID_SIZE_MAX}", "region {REGION_SIZE_MAX}",
                  "frame {FRAME_SIZE_MAX}", "Nesting {MAP_DEPTH_MAX}", "keys of a map {MAP_FIELDS_MAX}",
                  "page {HELD_PER_PAGE}", "SEEN {EVENTS_IN_FLIGHT_MAX}", "credit {CREDIT_MAX}",
                  "workers {WORKERS_MAX}", "day {CASES_PER_DAY_MAX}"):
        name = re.search(r"\{(\w+)\}", words).group(1)
        must_say(page, "LIMITS", plain(parts["LIMITS"]), words.format(**{name: limit(name)}))


def check_library(page):
    text, parts = page_text(page), sections(page_text(page))
    headers = "".join(source(f"client/wenzheng/{name}.h") for name in ("wenzheng", "portal", "worker", "watcher"))
    declared = set(re.findall(r"\b(wz_\w+)\(", re.sub(r"/\*.*?\*/", "", headers, flags=re.S)))
    same(page, "function", set(re.findall(r"\*(wz_\w+)\*", text)), declared)
    outcomes = re.search(r"enum wz_outcome \{(.*?)\};", headers, re.S).group(1)
    same(page, "outcome", set(items(parts["RETURN VALUE"])), set(re.findall(r"\b(WZ_\w+) = ", outcomes)))
    must_say(page, "what may wait", plain(text), re.search(r"WZ_IN_FLIGHT_MAX (\d+)", headers).group(1))
    for number, program in enumerate(literals(parts["EXAMPLES"]), 1):
        with tempfile.NamedTemporaryFile("w", suffix=".c", encoding="utf-8") as file:
            file.write(program)
            file.flush()
            done = run(os.environ.get("CC", "cc"), "-std=c17", "-O1", "-Wall", "-Wextra", "-Wshadow", "-Werror",
                       f"-I{ROOT}/client", "-c", "-o", "/dev/null", file.name)
        if done.returncode != 0:
            say(page, f"has an example, number {number}, that does not compile: {done.stdout.decode()[:400]}")


def check_overview(page):
    text = page_text(page)
    for other in sorted(HERE.glob("*.scd")):
        name, section = other.name[:-4].rsplit(".", 1)
        if other.name[:-4] != page and f"*{name}*({section})" not in text:
            say(page, f"does not name {name}({section})")


# ---- every page


def check_form(page):
    text = page_text(page)
    name, section = page.rsplit(".", 1)
    if text.split("\n")[0] != f"{name}({section})":
        say(page, f"does not begin with {name}({section})")
    wanted = {"NAME", "DESCRIPTION", "EXAMPLES", "FILES", "SEE ALSO"} if section in "357" else {"NAME", "SEE ALSO"}
    for heading in sorted(wanted - set(sections(text))):
        say(page, f"has no {heading}")
    for other, number in re.findall(r"\*((?:lib)?wenzheng[\w.-]*|wzp)\*\((\d)\)", text):
        if not (HERE / f"{other}.{number}.scd").exists():
            say(page, f"refers to {other}({number}), which does not exist")


def check_made(page, missing):
    with open(HERE / f"{page}.scd", "rb") as file:
        done = run("scdoc", stdin=file)
    if done.returncode != 0:
        say(page, "is not scdoc: " + done.stdout.decode().strip())
        return
    with tempfile.NamedTemporaryFile(suffix="." + page.rsplit(".", 1)[1]) as made:
        made.write(done.stdout)
        made.flush()
        if "man" not in missing:  # as lintian does
            said = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", made.name],
                                  env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"},
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, check=False).stderr
            for line in said.decode().splitlines():
                say(page, "man: " + line)
        if "mandoc" not in missing:
            for line in run("mandoc", "-T", "lint", made.name).stdout.decode().splitlines():
                if not any(known in line for known in SCDOC_IS_SO):
                    say(page, line.replace(made.name, ""))


SPECIAL = {"wenzhengd.yaml.5": check_configuration, "wenzheng-profile.5": check_profile,
           "wenzheng-principals.yaml.5": check_principals, "wenzheng-calendar.5": check_calendar,
           "wenzheng-keys.5": check_keys, "wzp.7": check_protocol, "libwenzheng.3": check_library,
           "wenzheng.7": check_overview}


def main():
    pages = sorted(page.name[:-4] for page in HERE.glob("*.scd"))
    programs = {page for page in pages if page[-1] in "18"}
    missing = [tool for tool in ("scdoc", "man", "mandoc") if not shutil.which(tool)]
    for page in sorted(programs ^ set(pages) ^ set(SPECIAL)):
        say(page, "is held against nothing, or is not there")
    for page in pages:
        check_form(page)
        SPECIAL.get(page, check_program)(page)
        if "scdoc" not in missing:
            check_made(page, missing)
    check_examples_of_files()
    for finding in findings:
        print(finding)
    without = f"; not asked, for it is not here: {', '.join(missing)}" if missing else ""
    print(f"manual: {len(pages)} pages, {len(findings)} findings{without}")
    return 1 if findings or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
