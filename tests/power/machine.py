"""A QEMU guest that has nothing but the daemon, the libraries it needs, and a disk."""

import glob
import gzip
import os
import pathlib
import re
import shutil
import signal
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = ["qemu-system-x86", "busybox-static", "cpio", "e2fsprogs", "eatmydata"]
PROGRAMS = ["qemu-system-x86_64", "busybox", "cpio", "mke2fs", "eatmydata"]
KERNEL_PACKAGE = "linux-image-cloud-amd64"
MODULES = ["virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk",
           "failover", "net_failover", "virtio_net"]
EATMYDATA = "/usr/lib/x86_64-linux-gnu/libeatmydata.so"
DISK_MB = 512


def install():
    """What is not there comes from Debian; the kernel is only unpacked, not installed."""
    if all(shutil.which(program) for program in PROGRAMS) and os.path.exists(EATMYDATA):
        return
    print("power: installing", *PACKAGES, flush=True)
    sudo = [] if os.getuid() == 0 else ["sudo"]
    subprocess.run([*sudo, "apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES], check=True,
                   stdout=subprocess.DEVNULL)


def kernel(cache):
    """The folder of Debian's kernel for virtual machines, fetched once."""
    if not list(cache.glob("boot/vmlinuz-*")):
        said = subprocess.run(["apt-cache", "depends", KERNEL_PACKAGE], check=True, capture_output=True, text=True)
        package = re.search(r"Depends: (linux-image-\S+)", said.stdout).group(1)
        print("power: fetching", package, flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-q", package], cwd=cache, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        deb = glob.glob(str(cache / "linux-image-*.deb"))[0]
        subprocess.run(["dpkg-deb", "-x", deb, str(cache)], check=True)
        os.unlink(deb)
    return cache


def libraries(program):
    said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return re.findall(r"(/\S+) \(0x", said)


def make_root(root, kernel_folder, daemon, house):
    for folder in ("bin", "sbin", "usr/sbin", "proc", "sys", "dev", "data", "modules"):
        (root / folder).mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), root / "bin" / "busybox")
    shutil.copy(HERE / "guest.sh", root / "init")
    (root / "init").chmod(0o755)
    shutil.copy(daemon, root / "bin" / "wenzhengd")
    for library in [*libraries(daemon), EATMYDATA]:
        target = root / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    for module in MODULES:
        found = next(kernel_folder.glob(f"lib/modules/*/kernel/**/{module}.ko"), None)
        if found:
            shutil.copy(found, root / "modules")
    (root / "modules" / "order").write_text("".join(f"{module}.ko\n" for module in MODULES), encoding="ascii")
    shutil.copytree(house, root / "house", ignore=shutil.ignore_patterns("notify", "*.log"))


def pack(root, target):
    names = subprocess.run(["find", ".", "-print0"], cwd=root, check=True, capture_output=True).stdout
    archive = subprocess.run(["cpio", "-0", "-o", "-H", "newc", "--quiet", "-R", "0:0"], cwd=root, input=names,
                             check=True, capture_output=True).stdout
    target.write_bytes(gzip.compress(archive, 1))


class Machine:
    def __init__(self, folder, cache, daemon, house, port, eatmydata):
        self.folder = folder
        self.port = port
        self.eatmydata = eatmydata
        self.disk = folder / "disk.img"
        self.initrd = folder / "initrd.gz"
        self.console = folder / "console.log"
        self.kernel = kernel(cache)
        self.process = None
        make_root(folder / "root", self.kernel, daemon, house)
        pack(folder / "root", self.initrd)
        self.new_disk()

    def new_disk(self):
        self.disk.unlink(missing_ok=True)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", str(self.disk), f"{DISK_MB}M"], check=True,
                       stdout=subprocess.DEVNULL)

    def start(self):
        """
        cache=writeback: what the guest flushed is with the host, which is not cut; what the guest kept in its own
        page cache dies with the process. (A disk's own cache, whose loss a flush must survive too, is not played.)
        """
        words = "console=ttyS0 quiet panic=-1" + (" eatmydata" if self.eatmydata else "")
        command = ["qemu-system-x86_64", "-accel", "tcg", "-m", "384", "-nodefaults", "-no-reboot", "-display", "none",
                   "-serial", "stdio", "-kernel", str(next(self.kernel.glob("boot/vmlinuz-*"))),
                   "-initrd", str(self.initrd), "-append", words,
                   "-drive", f"file={self.disk},if=virtio,format=raw,cache=writeback",
                   "-nic", f"user,model=virtio-net-pci,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:5701"]
        with open(self.console, "wb") as console:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)

    def said(self):
        return self.console.read_text(encoding="utf-8", errors="replace")

    def ended(self):
        return self.process.poll() is not None

    def cut(self):
        if self.process and not self.ended():
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
