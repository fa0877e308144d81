"""Build variants: the programs of a finished build, with a few source files exchanged.

A variant touches neither the tree nor the build it stands on. The exchanged files lie in a folder of their own; every
source that reads one of them is compiled once more, and a program is linked with those objects before the layers'
archives, so that the archives' own members are never pulled in. A second or less instead of a build.
"""

import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class BuildError(Exception):
    """What the compiler or the linker said."""


class Build:
    """A build folder that is up to date, and its commands as Ninja knows them."""

    def __init__(self, preset):
        self.folder = ROOT / "build" / preset
        compiler = self._cached("CMAKE_C_COMPILER")
        self.compiles = {}  # absolute source -> arguments without launcher, source, object
        for entry in json.loads((self.folder / "compile_commands.json").read_text()):
            words = shlex.split(entry["command"])
            words = words[words.index(compiler):]
            at = words.index("-o")
            kept = [word for word in words[:at] if word != "-Werror"]
            self.compiles[entry["file"]] = (kept, words[at + 1])
        self._links = {}
        self._readers = None

    def _cached(self, name):
        text = (self.folder / "CMakeCache.txt").read_text()
        return re.search(rf"^{name}:\w+=(.*)$", text, re.M).group(1)

    def _ninja(self, *words):
        done = subprocess.run(["ninja", "-C", self.folder, "-t", *words], capture_output=True, text=True)
        if done.returncode != 0:
            raise BuildError(done.stdout + done.stderr)
        return done.stdout

    def link_of(self, program):
        """(arguments of its link, objects of ours that went into it or into its archives)"""
        if program not in self._links:
            lines = [line for line in self._ninja("commands", f"bin/{program}").split("\n") if " -o " in line]
            link = shlex.split(re.sub(r"&& :\s*$", "", re.sub(r"^: && ", "", lines[-1])))
            objects = {shlex.split(line)[-3] for line in lines[:-1] if " -c " in line}
            self._links[program] = (link, objects)
        return self._links[program]

    def readers_of(self, name):
        """The sources that read a file, which may be a header."""
        path = str(ROOT / name)
        if path in self.compiles:
            return [path]
        if self._readers is None:
            self._readers = {}
            by_object = {built: source for source, (_, built) in self.compiles.items()}
            source = None
            for line in self._ninja("deps").split("\n"):
                if line.startswith("    "):
                    used = os.path.normpath(self.folder / line.strip())
                    self._readers.setdefault(used, []).append(source)
                elif ":" in line:
                    source = by_object.get(line.split(":")[0])
        return [source for source in self._readers.get(path, []) if source]

    def programs(self, pattern):
        """Programs of the build whose name matches."""
        return sorted(path.name for path in (self.folder / "bin").iterdir() if re.fullmatch(pattern, path.name))


class Variant:
    """Programs with `texts` ({path in the tree: its other text}) in the place of the tree's files."""

    def __init__(self, build, folder, texts, extra_flags=()):
        self.build, self.folder = build, pathlib.Path(folder)
        self.bin = self.folder / "bin"
        self.texts, self.extra_flags = texts, list(extra_flags)
        self.objects = {}  # the build's name of it -> ours

    def compile(self):
        source_folder = self.folder / "src"
        self.bin.mkdir(parents=True, exist_ok=True)
        for name, text in self.texts.items():
            place = source_folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        sources = {source for name in self.texts for source in self.build.readers_of(name)}
        if not sources:
            raise BuildError(f"nothing that is built reads {', '.join(self.texts)}")
        for source in sorted(sources):
            self._compile_one(source, source_folder)

    def _compile_one(self, source, source_folder):
        words, built = self.build.compiles[source]
        name = os.path.relpath(source, ROOT)
        ours = self.folder / f"{built.replace('/', '_')}"
        given = name if name in self.texts else source
        first_include = ["-I", str(source_folder)]
        run_tool([words[0], *first_include, *words[1:], "-w", *self.extra_flags, "-o", str(ours), "-c", given],
                 source_folder)
        self.objects[built] = ours

    def link(self, program):
        words, objects = self.build.link_of(program)
        at = words.index("-o")
        front = [str(self.objects[word]) if word in self.objects else word for word in words[:at]]
        extra = [str(ours) for built, ours in sorted(self.objects.items())
                 if built in objects and built not in words]
        made = self.bin / program
        if made.is_symlink() or made.exists():
            made.unlink()
        # The linker is most of the work for a small program: the quick one, and without what only a debugger reads.
        run_tool([*front, *extra, "-fuse-ld=gold", "-Wl,-S", "-o", str(made), *words[at + 2:]], self.build.folder)
        return made

    def fill(self):
        """The programs that are not exchanged stand beside the others."""
        for path in (self.build.folder / "bin").iterdir():
            if not (self.bin / path.name).exists():
                (self.bin / path.name).symlink_to(path)


def run_tool(words, folder):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise BuildError(done.stdout + done.stderr)


class Ran:
    """How a command ended."""

    def __init__(self, status, output, seconds, timed_out):
        self.status, self.output, self.seconds, self.timed_out = status, output, seconds, timed_out


def run_limited(words, *, seconds, environment=None, before=None, folder=ROOT):
    """Runs a command in a session of its own, which is ended as a whole when its time is over."""
    started = time.monotonic()
    process = subprocess.Popen(words, cwd=folder, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                               preexec_fn=before)
    timed_out = False
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
    return Ran(process.returncode, output.decode("utf-8", "replace"), time.monotonic() - started, timed_out)
