# SPDX-License-Identifier: Apache-2.0
"""Hot reload: builds of a device (pace.c) swapped under a running guest, and those that must be refused.

usage: reload.py BINARY_DIR SDK_INCLUDE CC [TEST]
"""
import glob
import os
import shutil
import subprocess
import sys
import time

from machines import BOARD, Client, PATIENCE, SECONDS, Suite, code, is_counting

INCLUDE, CC = sys.argv[2], sys.argv[3]
FOLDER = os.path.dirname(os.path.abspath(__file__))

PACES = BOARD.replace("nodes:\n", """  pc:  { use: pace }
nodes:
  pace0: { type: pc/pace, reg: [0x20000000, 0x100], interrupts: plic 5 level-high, chardev: echo, step: 2, mode: fast }
  pace1: { type: pc/pace, reg: [0x20001000, 0x100], interrupts: plic 6 level-high }
""", 1)

# Starts both devices, then shows what it sees of the first one's build in the scratch register of the UART.
A0, A1, T0, T1 = 10, 11, 5, 6
GUEST = code(("lui", A0, 0x20000), ("lui", A1, 0x20001), ("lui", T0, 0x10000), ("li", T1, 0x51),
             ("sw", T1, 4, A0), ("sw", T1, 4, A1), ("lw", T1, 0, A0), ("sb", T1, 7, T0), ("j", 8))


def build(suite, *macros, name="pace"):
    """Compiles a build in place of the one before, as a linker does: a new file under the old name."""
    folder = suite.path("plugins")
    os.makedirs(folder, exist_ok=True)
    out = os.path.join(folder, name + ".so")
    subprocess.run([CC, "-std=gnu11", "-g", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-I", INCLUDE,
                    *("-D" + macro for macro in macros), os.path.join(FOLDER, "pace.c"), "-o", out + ".new"], check=True)
    os.replace(out + ".new", out)
    return out


def start(suite, *macros):
    build(suite, *macros)
    for left in copies(suite):  # by machines of earlier tests, which were killed
        shutil.rmtree(left)
    suite.write("paces.yaml", PACES)
    suite.write("guest.bin", GUEST)
    process, path = suite.start("--plugin-path", suite.path("plugins"), board="paces.yaml", image="guest.bin",
                                env={"TMPDIR": suite.folder})
    client = Client(path)
    wait(lambda: register(client, "pace1", "CTRL")["value"] == "0x51")
    return process, path, client


def wait(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def register(client, node, name):
    registers = client.execute("inspect", node=node)["regions"][0]["registers"]
    return next((r for r in registers if r["name"] == name), None)


def number(client, node, name):
    return int(register(client, node, name)["value"], 16)


def is_ticking(client, node="pace0"):
    before = number(client, node, "COUNT")
    wait(lambda: number(client, node, "COUNT") > before)
    return True


def secret(client, node="pace0"):
    return [int(s["value"], 16) for s in client.execute("inspect", node=node)["state"] if s["name"] == "secret"][0]


def seen_by_guest(client):
    return number(client, "uart0", "SCR")


def maps(process):
    with open(f"/proc/{process.pid}/maps", encoding="ascii") as lines:
        return {line.split()[-1] for line in lines if "pace.so" in line}


def copies(suite):
    return glob.glob(os.path.join(suite.folder, "backplane-*"))


def the_guest_goes_on_with_the_new_build(suite):
    process, path, client = start(suite)
    old = maps(process)
    assert len(old) == 1 and is_ticking(client)
    before = number(client, "pace0", "COUNT")
    build(suite, "BUILD=2", "PADDING=128")
    result = client.execute("reload", target="pace0")
    assert result["nodes"] == ["pace0", "pace1"] and result["plugin"] == "pace", result
    assert result["file"] == os.path.join(suite.path("plugins"), "pace.so")
    assert client.event("RELOADED") == {"plugin": "pace", "nodes": ["pace0", "pace1"]}
    assert number(client, "pace0", "BUILD") == 2 and number(client, "pace1", "BUILD") == 2
    assert number(client, "pace0", "COUNT") >= before, "counts on from where it was"
    assert is_ticking(client) and is_ticking(client, "pace1"), "its timer is armed still"
    assert secret(client) == 0x51
    fields = {f["name"]: f.get("text") for f in register(client, "pace0", "CTRL")["fields"]}
    assert fields["MODE"] == "odd"
    assert [p["levels"] for p in client.execute("inspect", node="pace0")["ports"] if p["name"] == "irq"] == [[1]]
    wait(lambda: seen_by_guest(client) == 2)
    assert maps(process) == {result["loaded"]} and not maps(process) & old, "the old one is closed"
    assert [n["type"] for n in client.execute("query-nodes") if n["name"] == "pace0"] == ["pc/pace"]
    out, _ = suite.run("reload", path, "pace")
    assert out == "pace 1.0.0: pace0, pace1 reloaded\n", out
    client.execute("quit")
    suite.end(process, 0)
    assert not copies(suite), "copies are removed"


def again_and_again(suite):
    process, _, client = start(suite)
    for i in range(2, 30):
        if i < 5 or i % 5 == 0:
            build(suite, f"BUILD={i}", f"PADDING={8 * i}")
        client.execute("reload", target="pace")
        assert number(client, "pace0", "BUILD") == (i if i < 5 else i - i % 5)
    assert is_ticking(client) and secret(client, "pace1") == 0x51
    assert len(copies(suite)) == 1 and len(maps(process)) == 1
    client.execute("reset")
    client.event("RESET")
    wait(lambda: secret(client) == 0x51)
    assert is_ticking(client)
    client.execute("quit")
    suite.end(process, 0)


def while_it_is_paused(suite):
    _, _, client = start(suite)
    client.execute("stop")
    before = register(client, "pace0", "COUNT")["value"]
    build(suite, "BUILD=2")
    client.execute("reload", target="pace0")
    assert client.execute("query-status")["status"] == "paused"
    assert register(client, "pace0", "COUNT")["value"] == before
    client.execute("cont")
    assert is_ticking(client)


def rows_and_properties_come_and_go(suite):
    _, _, client = start(suite)
    build(suite, "BUILD=2", "EXTRA")
    client.execute("reload", target="pace0")
    assert register(client, "pace0", "EXTRA")["value"] == "0x4d", "a new register has its reset value"
    build(suite, "BUILD=3")
    client.execute("reload", target="pace0")
    assert register(client, "pace0", "EXTRA") is None, "held its reset value: nothing is lost"
    build(suite, "BUILD=4", "MORE_PROPS", 'CHOICES="new","fast","slow"')
    client.execute("reload", target="pace0")
    assert is_ticking(client) and secret(client) == 0x51
    before, now = number(client, "pace0", "COUNT"), number(client, "pace1", "COUNT")
    wait(lambda: number(client, "pace1", "COUNT") > now + 20)
    assert number(client, "pace0", "COUNT") - before > 30, "the step of 2 is a property still"


def what_does_not_fit_is_refused(suite):
    process, path, client = start(suite, "EXTRA")
    for macros, text in (
            (["SECRET_TAG=2", "EXTRA"], "pace0: secret: pace has no such state, and its value would be lost"),
            (["SECRET_TYPE=BP_STATE_U64", "EXTRA"], "pace0: secret: its type was u32 and is u64"),
            (["COUNT_WIDTH=8", "EXTRA"], "pace0: reg.COUNT: its type was u32 and is u64"),
            (["INIT_STATUS=BP_E_STATE", "EXTRA"], "does not start: this build never starts: use another"),
            (["INIT_STATUS=BP_E_STATE", "EXTRA", "CRUEL"], "does not start"),
            (["LOAD_STATUS=BP_E_INVAL", "EXTRA"], "pace0: the device refuses the state"),
            (["MORE_PORTS", "EXTRA"], "port more is not what it was"),
            (["MORE_REGIONS", "EXTRA"], "region more is not what it was"),
            (["NO_STEP", "EXTRA"], "pace0.step: is given, and the new build has no such property"),
            (['CHOICES="slow"', "EXTRA"], "pace0.mode: its value is none that the new build takes"),
            (["RENAMED", "EXTRA"], "pace0: the new build has no device pace"),
            (['ID="other"', "EXTRA"], "calls itself `other`: rename the file"),
    ):
        build(suite, "BUILD=9", *macros)
        error = client.error("reload", target="pace1")
        assert text in error["desc"], (macros, error)
        assert number(client, "pace0", "BUILD") == 1, macros
        assert is_ticking(client) and is_ticking(client, "pace1"), macros
        assert secret(client) == 0x51 and secret(client, "pace1") == 0x51, macros
        assert [p["levels"] for p in client.execute("inspect", node="pace0")["ports"] if p["name"] == "irq"] == [[1]]
        assert not copies(suite), macros
    assert len(maps(process)) == 1
    for content, text in ((b"", "not an ELF file"), (b"\x7fELF" + b"\0" * 100, "ELF"),
                          (open("/bin/sh", "rb").read(), "")):
        suite.write("plugins/pace.so", content)
        assert text in client.error("reload", target="pace0")["desc"]
    os.unlink(suite.path("plugins/pace.so"))
    assert "cannot be copied (No such file" in client.error("reload", target="pace0")["desc"]
    os.mkfifo(suite.path("plugins/pace.so"))
    assert "cannot be copied" in client.error("reload", target="pace0")["desc"]
    os.unlink(suite.path("plugins/pace.so"))
    assert is_ticking(client)
    # The same builds may be taken with losses.
    shutil.move(build(suite, "BUILD=5", "SECRET_TAG=2"), suite.path("pace.so"))
    client.execute("reload", target="pace0", file=suite.path("pace.so"), lossy=True)
    assert number(client, "pace0", "BUILD") == 5 and secret(client) == 0 and is_ticking(client)
    assert "No such file" in suite.run("reload", path, "pace0", "--file", "pase.so", status=2)[1]
    suite.run("reload", path, "pace0", "--file", "pace.so")  # the folder of the command, not of the machine
    os.unlink(suite.path("pace.so"))  # where the loaded one came from
    _, errors = suite.run("reload", path, "pace0", status=1)
    assert errors.startswith("backplane: reload: ") and "cannot be copied" in errors, errors


def who_is_no_device_stays(suite):
    _, path = suite.start("--accel", "interp")
    client = Client(path)
    for target, text in (("hart0", "only devices are reloaded"), ("riscv", "only devices are reloaded"),
                         ("interp", "only devices are reloaded"), ("ram", "the core's own types"),
                         ("clint", "bp.counter/1"), ("virtio", "no node"), ("uart", "did you mean uart0?")):
        assert text in client.error("reload", target=target)["desc"], target
    assert is_counting(client)


def shipped_devices(suite):
    _, path = suite.start()
    client = Client(path)
    for _ in range(3):
        assert client.execute("reload", target="uart0")["nodes"] == ["uart0"]
        assert is_counting(client)


TESTS = [the_guest_goes_on_with_the_new_build, again_and_again, while_it_is_paused, rows_and_properties_come_and_go,
         what_does_not_fit_is_refused, who_is_no_device_stays, shipped_devices]

if __name__ == "__main__":
    sys.exit(Suite(sys.argv[1]).main(TESTS, sys.argv[4] if len(sys.argv) > 4 else None))
