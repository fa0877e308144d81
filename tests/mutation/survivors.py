"""Reads survivors.md: which mutants are known to survive, and why.

    ## daemon/core/clock.c
    ### is_plausible
    - the line as it is
    + the line as the mutant has it
    - another …
    + …

    Equivalent: why no test can tell. One argument stands for all the pairs above it.
"""


def _walk(path):
    """(key, None) for each pair, (None, line) for each line of an argument"""
    name, function, before = None, None, None
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("## "):
            name = line[3:].strip()
        elif line.startswith("### "):
            function = line[4:].strip()
        elif line.startswith("- ") and name:
            before = " ".join(line[2:].split())
        elif line.startswith("+") and before is not None:
            yield (name, function, before, " ".join(line[1:].split())), None
            before = None
        elif line.strip() and name:
            yield None, line.strip()


def pairs(path):
    """The mutants that a text names, an argument or the output of a run."""
    return {key for key, _ in _walk(path) if key}


def read(path):
    """{(file, function, before, after): argument}"""
    argued, waiting, arguing = {}, [], False
    for key, line in _walk(path):
        if key and arguing:
            waiting, arguing = [], False
        if key:
            waiting.append(key)
            continue
        arguing = True
        for one in waiting:
            argued[one] = f"{argued[one]} {line}" if one in argued else line
    return argued
