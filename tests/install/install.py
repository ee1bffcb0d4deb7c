#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the build into a temporary folder, moves it elsewhere, and uses it as a stranger would.

usage: install.py layout|device|svd|make|library|destdir|packages SOURCE_DIR BINARY_DIR
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile


class Failure(Exception):
    pass


def run(command, cwd=None, status=0, **env):
    """Runs a command without what this environment knows of Backplane; returns what it printed. `status` None: it fails."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("BACKPLANE", "PKG_CONFIG", "CMAKE", "DESTDIR"))}
    result = subprocess.run(command, cwd=cwd, env={**clean, **env}, stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240)
    if result.returncode != status if status is not None else not result.returncode:
        raise Failure(f"{' '.join(command)}: exit status {result.returncode} instead of {status}:\n{result.stdout}")
    return result.stdout


def expect(what, condition):
    if not condition:
        raise Failure(what)


class Place:
    """An installation that was moved after it was made."""

    def __init__(self, source, binary, folder):
        self.source, self.binary, self.folder = source, binary, folder
        staged, self.prefix = os.path.join(folder, "staged"), os.path.join(folder, "some where", "else")
        run(["cmake", "--install", binary, "--prefix", staged])
        os.makedirs(os.path.dirname(self.prefix))
        os.rename(staged, self.prefix)
        self.command = os.path.join(self.prefix, "bin/backplane")
        self.work = os.path.join(folder, "work")
        os.makedirs(self.work)

    def backplane(self, *words, **how):
        return run([self.command, *words], cwd=how.pop("cwd", self.work), **how)

    def files(self):
        return sorted(os.path.relpath(f, self.prefix) for f in
                      glob.glob(self.prefix + "/**", recursive=True) if os.path.isfile(f))


def layout(place):
    files = place.files()
    for wanted in ["include/backplane/abi.h", "include/backplane/util/ifaces.h", "include/backplane-testhost/testhost.h",
                   "lib/backplane/plugins/standard.so", "share/backplane/boards/virt-riscv64.yaml",
                   "share/cmake/Backplane/BackplaneConfig.cmake", "share/pkgconfig/backplane-sdk.pc"]:
        expect(f"{wanted} is not installed", wanted in files)
    for name in files:  # texts that people and tools read: no place of this build may be baked in
        if name.endswith((".cmake", ".pc", ".yaml", ".md", ".h", ".c")):
            with open(os.path.join(place.prefix, name), encoding="utf-8") as file:
                text = file.read()
            expect(f"{name} names the build's own folder", place.binary not in text and place.source not in text)
    listed = place.backplane("list", "types")
    expect(f"its own plug-ins are not found:\n{listed}", "standard/ns16550" in listed)
    boards = place.backplane("list", "boards")
    expect(f"its own boards are not found:\n{boards}", f"{place.prefix}/share/backplane/boards/virt-riscv64.yaml" in boards)
    place.backplane("check", "virt-riscv64", "rv32-mcu.yaml", "linux-riscv64")
    expect("a board is not described by its name", "harts" in place.backplane("describe", "virt-riscv64"))
    expect("a name without a file is not an error",
           "virt-riscv46: no such file" in place.backplane("check", "virt-riscv46", status=2))
    # A file of the same name in the working folder comes first.
    with open(os.path.join(place.work, "virt-riscv64"), "w", encoding="utf-8") as file:
        file.write("backplane: 7\n")
    expect("a file is hidden by a board of its name",
           "virt-riscv64:1:12:" in place.backplane("check", "virt-riscv64", status=2))
    link = os.path.join(place.folder, "linked")
    os.symlink(place.command, link)
    run([link, "check", "rv32-mcu"])


def new_device(place):
    said = place.backplane("new", "device", "acme-timer")
    project = os.path.join(place.work, "acme-timer")
    for name in ["acme-timer.c", "acme-timer-test.c", "CMakeLists.txt", "Makefile", "board.yaml", "run.yaml", "guest.c",
                 "README.md", ".gitignore"]:
        path = os.path.join(project, name)
        expect(f"new device does not write {name}:\n{said}", os.path.isfile(path) and name in said)
        with open(path, encoding="utf-8") as file:
            left = re.findall(r"template[-_]name|@[A-Z]+@", file.read(), flags=re.I)
        expect(f"{name} still has {left}", not left)
    return project


def build_and_test(place, project):
    run(["cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={place.prefix}", "-DCMAKE_C_FLAGS=-Werror"], cwd=project)
    run(["cmake", "--build", "build"], cwd=project)
    wanted = 3 if shutil.which("riscv64-linux-gnu-gcc") else 2
    tested = run(["ctest", "--test-dir", "build", "--output-on-failure"], cwd=project)
    expect(f"not all of its tests ran:\n{tested}", f"100% tests passed, 0 tests failed out of {wanted}" in tested)


def contents(project):
    found = {}
    for path in glob.glob(project + "/*"):
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                found[os.path.basename(path)] = file.read()
    return found


def device(place):
    project = new_device(place)
    files = {f: open(f, encoding="utf-8").read() for f in glob.glob(project + "/*") if os.path.isfile(f)}
    again = place.backplane("new", "device", "acme-timer", status=2)
    expect(f"writing it again is not refused:\n{again}", "exists already" in again)
    for path, text in files.items():
        expect(f"{path} was changed by a refused command", open(path, encoding="utf-8").read() == text)
    build_and_test(place, project)
    # Its test can fail: a device that never raises its interrupt.
    source = os.path.join(project, "acme-timer.c")
    broken = files[source].replace("(d->ctrl & CTRL_IE)", "0")
    expect("the template has changed: break something else here", broken != files[source])
    with open(source, "w", encoding="utf-8") as file:
        file.write(broken)
    run(["cmake", "--build", "build"], cwd=project)
    failed = run(["ctest", "--test-dir", "build", "-R", "device", "--output-on-failure"], cwd=project, status=8)
    expect(f"the test does not say what is wrong:\n{failed}", "irq at the time: is 0x0, should be 0x1" in failed)
    run(["cmake", "--install", "build", "--prefix", place.prefix], cwd=project)
    expect("the installed plug-in is not found", "revision" in place.backplane("describe", "acme-timer"))
    # Other folders than one of its name; nothing is left behind by what fails half-way.
    place.backplane("new", "device", "other", "--dir", "elsewhere")
    expect("--dir is not used", os.path.isfile(os.path.join(place.work, "elsewhere/other.c")))
    os.makedirs(os.path.join(place.work, "third"))
    with open(os.path.join(place.work, "third/third.c"), "w", encoding="utf-8") as file:
        file.write("mine\n")
    place.backplane("new", "device", "third", status=2)
    expect("a refused command leaves files behind", os.listdir(os.path.join(place.work, "third")) == ["third.c"])
    for name, text in [("Acme", "lower-case"), ("a--b", "hyphen"), ("int", "C language"), ("a.b", "a-z"), ("x" * 49, "48"),
                       ("", "lower-case"), ("../x", "lower-case"), ("a/b", "a-z")]:
        said = place.backplane("new", "device", name, status=2)
        expect(f"`{name}` is not refused with `{text}`:\n{said}", text in said)
    os.rename(os.path.join(place.prefix, "share/backplane/template"), os.path.join(place.prefix, "gone"))
    said = place.backplane("new", "device", "without", status=2)
    expect(f"a missing template is not explained:\n{said}", "backplane-sdk" in said)


def svd(place):
    """From a register description to a device, and from the next description to the same device."""
    shutil.copy(os.path.join(place.source, "tests/unit/data/svd/acme9.svd"), place.work)
    description = os.path.join(place.work, "acme9.svd")
    for name, block in [("acme-rng", "TRNG"), ("acme-timer", "TIMER0"), ("acme-timer1", "timer1")]:
        place.backplane("new", "device", name, "--svd", f"acme9.svd#{block}")
        build_and_test(place, os.path.join(place.work, name))
    project = os.path.join(place.work, "acme-rng")
    described = place.backplane("describe", "acme-rng", "--plugin-path", f"{project}/build")
    expect(f"registers are not those of the description:\n{described}",
           re.search(r"FLAGS +32 bit +w1c +reset 0x000000f0", described) and "READY" in described)

    with open(os.path.join(project, "acme-rng.c"), "a", encoding="utf-8") as file:
        file.write("/* written by hand */\n")
    before = contents(project)
    with open(description, encoding="utf-8") as file:
        text = file.read()
    newer = text.replace("<resetValue>0xf0</resetValue>", "<resetValue>0xf1</resetValue>")
    expect("the description has changed: change something else here", newer != text)
    with open(os.path.join(place.work, "acme9b.svd"), "w", encoding="utf-8") as file:
        file.write(newer)
    said = place.backplane("svd", "diff", "acme9.svd", "acme9b.svd", status=1)
    expect(f"the difference is not told:\n{said}", said == "~ TRNG.FLAGS: reset: 0xf0 -> 0xf1\n")
    place.backplane("svd", "diff", "acme9.svd", "acme9b.svd#TIMER0")
    place.backplane("new", "device", "acme-rng", "--svd", "acme9b.svd#TRNG", "--update")
    after = contents(project)
    changed = sorted(name for name in after if after[name] != before.get(name))
    expect(f"--update changes {changed}", changed == ["acme-rng-regs.h", "acme-rng-regs.inc"] and len(after) == len(before))
    expect("--update does not bring the new reset value", "0xf1" in after["acme-rng-regs.inc"])
    build_and_test(place, project)

    for words, text in [
            (["acme-rng", "--svd", "acme9.svd#TRNG"], "exists already"),
            (["other", "--svd", "acme9.svd#TRNG", "--update"], "leave --update out"),
            (["acme-rng", "--update"], "add --svd FILE.svd#BLOCK"),
            (["other", "--svd", "acme9.svd"], "write acme9.svd#BLOCK with one of TIMER0, TIMER1, TRNG"),
            (["other", "--svd", "acme9.svd#TNRG"], "did you mean TRNG?"),
            (["other", "--svd", "gone.svd#TRNG"], "gone.svd: cannot be read")]:
        said = place.backplane("new", "device", *words, status=2)
        expect(f"{words}: no `{text}` in\n{said}", text in said)
    expect("a refused command leaves a folder", not os.path.exists(os.path.join(place.work, "other")))
    header = os.path.join(project, "acme-rng-regs.h")
    with open(header, "w", encoding="utf-8") as file:
        file.write("/* mine */\n")
    said = place.backplane("new", "device", "acme-rng", "--svd", "acme9.svd#TRNG", "--update", status=2)
    expect(f"what was not generated is overwritten:\n{said}", "was not generated" in said)
    expect("what was not generated is overwritten", contents(project)["acme-rng-regs.h"] == "/* mine */\n")
    bad = os.path.join(place.source, "tests/unit/data/svd/bad/size-zero.svd")
    said = place.backplane("new", "device", "other", "--svd", bad, status=2)
    expect(f"a mistake is not placed:\n{said}", f"{bad}:8:11: peripheral[P]/register[R]/size: 0 bits: use 1 to 64" in said)


def make(place):
    project = new_device(place)
    said = run(["make", "check"], cwd=project, status=2, PKG_CONFIG_LIBDIR="/nowhere")
    expect(f"a missing SDK is not explained:\n{said}", "backplane-sdk is not found" in said)
    # A blank in the prefix is more than make's words can hold.
    plain = os.path.join(place.folder, "plain")
    os.rename(place.prefix, plain)
    run(["make", "check", "CFLAGS=-O1 -Wall -Wextra -Werror"], cwd=project,
        PKG_CONFIG_PATH=os.path.join(plain, "share/pkgconfig"))


def library(place):
    """A program that embeds the core."""
    program = os.path.join(place.work, "embed.c")
    with open(program, "w", encoding="utf-8") as file:
        file.write('#include "core/machine/graph.h"\n'
                   'int main(int argc, char **argv)\n{\n'
                   '    const char *const paths[] = {argv[1], NULL};\n'
                   '    struct diag d;\n    struct graph *g;\n    struct registry *r = registry_create(paths);\n'
                   '    diag_init(&d);\n    g = graph_load(argv[2], NULL, r, &d);\n    diag_print(&d, stderr);\n'
                   '    printf("%u nodes\\n", g ? g->nnodes : 0);\n    graph_destroy(g);\n'
                   '    registry_destroy(r);\n    diag_finish(&d);\n    return argc != 3;\n}\n')
    plain = os.path.join(place.folder, "plain")
    os.rename(place.prefix, plain)
    packages = ":".join([f"{plain}/share/pkgconfig", *glob.glob(f"{plain}/lib/**/pkgconfig", recursive=True)])
    flags = run(["pkg-config", "--static", "--cflags", "--libs", "libbackplane"], PKG_CONFIG_PATH=packages).split()
    with open(os.path.join(place.binary, "CMakeCache.txt"), encoding="utf-8") as file:
        sanitize = re.search(r"^BP_SANITIZE:\w+=(.+)$", file.read(), flags=re.M)
    flags += [f"-fsanitize={sanitize.group(1)}"] if sanitize else []
    run(["cc", "-std=gnu11", "-Werror", "-o", "embed", "embed.c", *flags], cwd=place.work)
    said = run(["./embed", f"{plain}/lib/backplane/plugins", f"{plain}/share/backplane/boards/rv32-mcu.yaml"], cwd=place.work)
    expect(f"the embedded core does not load a board:\n{said}", said == "9 nodes\n")


def destdir(place):
    staging = os.path.join(place.folder, "staging")
    run(["cmake", "--install", place.binary, "--prefix", "/usr"], DESTDIR=staging)
    run([f"{staging}/usr/bin/backplane", "check", "virt-riscv64"])


def packages(place):
    out = os.path.join(place.folder, "packages")
    run(["cpack", "-G", "DEB", "--config", os.path.join(place.binary, "CPackConfig.cmake"), "-B", out], cwd=place.folder)
    debs = {os.path.basename(p).split("_")[0]: p for p in glob.glob(out + "/*.deb")}
    expect(f"other packages than three: {sorted(debs)}",
           sorted(debs) == ["backplane", "backplane-sdk", "libbackplane-dev"])
    seen = {}
    for name, path in debs.items():
        for line in run(["dpkg-deb", "-c", path]).splitlines():
            mode, owner, entry = line.split()[0], line.split()[1], line.split(None, 5)[5]
            expect(f"{name}: {entry} is {owner}, {mode}", owner == "root/root" and mode[7:9] in ("r-", "rw") and mode[8] == "-"
                   or mode.startswith("l"))
            if not entry.endswith("/"):
                expect(f"{entry} is in {seen.get(entry)} and {name}", entry not in seen)
                seen[entry] = name
    for entry, name in [("./usr/bin/backplane", "backplane"), ("./usr/lib/backplane/plugins/standard.so", "backplane"),
                        ("./usr/share/backplane/boards/virt-riscv64.yaml", "backplane"),
                        ("./usr/include/backplane/abi.h", "backplane-sdk"),
                        ("./usr/share/backplane/template/common/CMakeLists.txt", "backplane-sdk"),
                        ("./usr/share/doc/backplane-sdk/copyright", "backplane-sdk"),
                        ("./usr/share/man/man1/backplane.1.gz", "backplane"),
                        ("./usr/share/man/man1/backplane-check.1.gz", "backplane-sdk"),
                        ("./usr/include/libbackplane/core/diag.h", "libbackplane-dev")]:
        expect(f"{entry} is in {seen.get(entry)} and not in {name}", seen.get(entry) == name)
    expect("backplane depends on no C library", "libc6" in run(["dpkg-deb", "-f", debs["backplane"], "Depends"]))
    expect("backplane-check is in backplane-sdk, which depends on no C library",
           "libc6" in run(["dpkg-deb", "-f", debs["backplane-sdk"], "Depends"]))
    for name, path in debs.items():
        lines = run(["dpkg-deb", "-f", path, "Description"]).splitlines()
        expect(f"{name}: its description is {lines}",
               len(lines) > 2 and lines[0].strip() != lines[1].strip() and all(re.match(r" \S", line) for line in lines[1:]))
    system = os.path.join(place.folder, "system")
    for path in debs.values():
        run(["dpkg-deb", "-x", path, system])
    run([f"{system}/usr/bin/backplane", "check", "virt-riscv64"])
    run([f"{system}/usr/bin/backplane", "new", "device", "acme-timer", "--dir", os.path.join(place.work, "acme-timer")])
    if shutil.which("lintian"):  # not among the packages of the suite: it brings more than a hundred others
        # The maintainer's address is the packager's; a linker of Debian's own flags is not asked for.
        print(run(["lintian", "--fail-on", "error", "--allow-root", "--suppress-tags", "bogus-mail-host",
                   *debs.values()]))


def main(*functions):
    parts = {f.__name__: f for f in functions}
    part, source, binary = sys.argv[1], *map(os.path.abspath, sys.argv[2:4])
    with tempfile.TemporaryDirectory(prefix="backplane-install-") as folder:
        try:
            parts[part](Place(source, binary, folder))
        except Failure as failure:
            print(failure)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(layout, device, svd, make, library, destdir, packages))
