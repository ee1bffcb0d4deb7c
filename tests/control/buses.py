# SPDX-License-Identifier: Apache-2.0
"""Hot reload of controllers and of parts on their buses, in the middle of transfers that never end (buses.S).

usage: buses.py BINARY_DIR SDK_INCLUDE CC SOURCE_DIR RISCV_CC
"""
import glob
import os
import shutil
import subprocess
import sys

from machines import Client, Suite
from reload import wait

INCLUDE, CC, SOURCE, RISCV_CC = sys.argv[2:6]
FOLDER = os.path.dirname(os.path.abspath(__file__))
FOUND = 0x80010000


def guest(suite):
    subprocess.run([RISCV_CC, "-nostdlib", "-static", "-no-pie", "-march=rv64imac", "-mabi=lp64",
                    "-Wl,-N,--no-warn-rwx-segments,--build-id=none,-Ttext=0x80000000", os.path.join(FOLDER, "buses.S"),
                    "-o", suite.path("buses.elf")], check=True)
    suite.write("flash", bytes(range(256)) * (32 << 20 >> 8))
    suite.write("eeprom", bytes(range(256)) * (32 << 10 >> 8))


def start(suite):
    guest(suite)
    _, path = suite.start("--backend", f"flash0=raw,path={suite.path('flash')}", "--backend",
                          f"eeprom0=raw,path={suite.path('eeprom')}",
                          board=os.path.join(SOURCE, "configs/boards/sifive-unleashed.yaml"), image="buses.elf",
                          env={"TMPDIR": suite.folder})
    client = Client(path)
    assert goes_on(client)
    return client


def found(client):
    """Rounds, and wrong bytes of flash and of the EEPROM."""
    words = bytes.fromhex(client.execute("read-memory", address=FOUND, bytes=12)["hex"])
    return [int.from_bytes(words[i:i + 4], "little") for i in (0, 4, 8)]


def goes_on(client):
    """More rounds than bytes repeat after, all of them right."""
    before = found(client)[0]
    wait(lambda: found(client)[0] > before + 300)
    return found(client)[1:] == [0, 0]


def build(suite, plugin, name, *changes):
    """Another build of a shipped plug-in: texts of its sources that are to be others."""
    folder = os.path.join(suite.folder, "source", name)
    shutil.copytree(os.path.join(SOURCE, "plugins/device", plugin), folder)
    for file, old, new in changes:
        with open(os.path.join(folder, file), encoding="utf-8") as text:
            source = text.read()
        assert old in source, (file, old)
        with open(os.path.join(folder, file), "w", encoding="utf-8") as text:
            text.write(source.replace(old, new))
    out = os.path.join(suite.folder, f"{plugin}.so")
    subprocess.run([CC, "-std=gnu11", "-D_GNU_SOURCE", "-g", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-I", INCLUDE,
                    "-I", os.path.join(SOURCE, "plugins"), "-I", SOURCE, *glob.glob(os.path.join(folder, "*.c")), "-lm",
                    "-o", out + ".new"], check=True)
    os.replace(out + ".new", out)
    return out


def either_end_is_swapped(suite):
    client = start(suite)
    nodes = {"sifive": {"qspi0", "i2c0"}, "bus-parts": {"flash0", "eeprom0", "sensor0"}}
    for _ in range(5):
        for plugin, some in nodes.items():
            assert some <= set(client.execute("reload", target=plugin)["nodes"])
            assert goes_on(client), found(client)


def refused_by_either_end(suite):
    """The new build's reset() has reached over the bus by the time its state is refused: nobody may notice."""
    client = start(suite)
    for plugin, file, old, new, text in (
            ("sifive", "i2c.c", "STATE(3,", "STATE(93,", "i2c0: sr: i2c has no such state"),
            ("sifive", "spi.c", "STATE(6,", "STATE(96,", "asserted: qspi has no such state"),
            ("sifive", "spi.c", '.address_name = "chip select"', '.flags = BP_BUS_UNADDRESSED', "bus spi is not what it was"),
            ("bus-parts", "at24.c", ".tag = 5,", ".tag = 95,", "eeprom0: address: at24 has no such state"),
            ("bus-parts", "at24.c", "BP_I2C_BUS", '"com.acme.bus/1"', "eeprom0: seat"),
            ("bus-parts", "at24.c", "BP_I2C_TARGET_ID", '"com.acme.part/1"', "eeprom0: the new build does not offer bp.i2c-target/1"),
    ):
        path = build(suite, plugin, f"{plugin}-{old}".replace("/", "-"), (file, old, new))
        for _ in range(3):
            error = client.error("reload", target=plugin, file=path)["desc"]
            assert text in error, error
            assert goes_on(client), (text, found(client))
    path = build(suite, "bus-parts", "good", ("at24.c", "struct at24 {", "struct at24 {\n    char moved[4096];"))
    client.execute("reload", target="eeprom0", file=path)
    assert goes_on(client), found(client)


TESTS = [either_end_is_swapped, refused_by_either_end]

if __name__ == "__main__":
    sys.exit(Suite(sys.argv[1]).main(TESTS, sys.argv[6] if len(sys.argv) > 6 else None))
