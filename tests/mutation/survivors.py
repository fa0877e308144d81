"""Reads survivors.md: which mutants are known to survive, and why.

    ## daemon/core/clock.c
    ### is_plausible
    - the line as it is
    + the line as the mutant has it
    - another …
    + …

    Equivalent: why no test can tell. One argument stands for all the pairs above it.
"""


def read(path):
    """{(file, function, before, after): argument}"""
    argued, name, function, pairs, before = {}, None, None, [], None
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("## "):
            name, function, pairs = line[3:].strip(), None, []
        elif line.startswith("### "):
            function, pairs = line[4:].strip(), []
        elif line.startswith("- ") and name:
            if pairs and pairs[0] in argued:
                pairs = []
            before = " ".join(line[2:].split())
        elif line.startswith("+ ") and before is not None or line == "+" and before is not None:
            pairs.append((name, function, before, " ".join(line[1:].split())))
            before = None
        elif line.strip() and name and pairs:
            for key in pairs:
                argued[key] = f"{argued[key]} {line.strip()}" if key in argued else line.strip()
    return argued
