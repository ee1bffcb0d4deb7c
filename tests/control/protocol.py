# SPDX-License-Identifier: Apache-2.0
"""The control socket from outside: the envelope, every command, and clients that mean harm.

usage: protocol.py BINARY_DIR SOURCE_DIR [TEST]
"""
import glob
import json
import os
import random
import re
import socket
import stat
import subprocess
import sys
import time

from machines import Client, SECONDS, Suite, is_counting

LONGEST = 65536
CLIENTS = 16


def greeting_and_negotiation(suite):
    process, path = suite.start()
    client = Client(path, negotiate=False)
    hello = client.receive()["QMP"]
    assert hello["capabilities"] == [] and "major" in hello["version"]["backplane"], hello
    early = client.call("query-status", id=1)
    assert early["error"]["class"] == "CommandNotFound" and early["id"] == 1, early
    assert "qmp_capabilities" in early["error"]["desc"]
    assert client.error("qmp_capabilities", enable=["oob"])["desc"].startswith("no capability `oob`")
    assert client.execute("qmp_capabilities", enable=[]) == {}
    assert client.execute("query-status")["status"] == "running"
    for identity in (7, "seven", [1, {"x": None}], {"deep": [1]}, None, True):
        assert client.call("query-version", id=identity)["id"] == identity
    assert "id" not in client.call("query-version")


def wrong_commands(suite):
    _, path = suite.start()
    client = Client(path)
    for request, text in (
            ({"execute": "query-stauts"}, "did you mean query-status?"),
            ({"execute": "frobnicate"}, "see query-commands"),
            ({"execute": 1}, "execute is missing"),
            ({}, "execute is missing"),
            ([], "is an object"),
            ("stop", "not JSON"),
            ({"execute": "stop", "argument": {}}, "execute, arguments and id"),
            ({"execute": "stop", "arguments": []}, "arguments is not an object"),
            ({"execute": "stop", "arguments": {"now": 1}}, "stop has no argument `now`"),
            ({"execute": "inspect"}, "inspect needs the argument `node`"),
            ({"execute": "inspect", "arguments": {"node": 1}}, "node is not a text"),
            ({"execute": "inspect", "arguments": {"nod": "x"}}, "did you mean node?"),
            ({"execute": "inspect", "arguments": {"node": "uart"}}, "no node `uart`: did you mean uart0?"),
            ({"execute": "power", "arguments": {"action": "up"}}, "action is none of its choices"),
            ({"execute": "power", "arguments": {"action": "off", "code": 1 << 32}}, "at most 4294967295"),
            ({"execute": "read-memory", "arguments": {"address": "x", "bytes": 1}}, "address is not a number"),
            ({"execute": "read-memory", "arguments": {"address": -1, "bytes": 1}}, "address is not a number"),
            ({"execute": "read-memory", "arguments": {"address": 0, "bytes": 1 << 20}}, "at most 65536"),
            ({"execute": "read-memory", "arguments": {"address": 0, "bytes": 1}}, "not all of it is memory"),
            ({"execute": "read-memory", "arguments": {"address": "0xffffffffffffffff", "bytes": 2}}, "not all of it"),
            ({"execute": "read-memory", "arguments": {"address": "0x800ffff0", "bytes": 17}}, "not all of it"),
    ):
        client.send(request)
        answer = client.answer()
        assert text in answer["error"]["desc"], (request, answer)
    assert client.execute("query-status")["running"]


def garbage(suite):
    process, path = suite.start()
    watcher = Client(path)
    noise = random.Random(1)
    client = Client(path)
    for data in (b"\x00\x01\x02\xff\xfe\n", b"{\n", b"\"\xff\xfe\"\n", b"nul\x00nul\n", b"[" * 60000 + b"\n",
                 b'{"execute": "stop", "execute": "stop"}\n', b'{"execute": "st\\u0000op"}\n',
                 b'{"execute": "\\ud800"}\n', b'{"execute": "' + b"\xc3\xa9" * 100 + b'"}\n',
                 b'{"execute": "inspect", "arguments": {"node": "' + b"\xe2\x82\xac" * 50 + b'"}}\n',
                 b'1e999999999\n', b'{"id": ' + b"[" * 200 + b"]" * 200 + b', "execute": "x"}\n'):
        client.send(data)
        assert "error" in client.answer(), data[:40]
    client.send(b'{"id": ' + b"[" * 2040 + b"]" * 2040 + b', "execute": "x"}\n')
    assert b"no command `x`" in client.line()
    client.send(b"\n  \r\n\t\n")  # nothing was said
    for _ in range(50):
        client.send(bytes(noise.randrange(256) for _ in range(200)).replace(b"\n", b"") + b"\n")
    client.send({"execute": "query-version", "id": "after"})
    while client.answer().get("id") != "after":
        pass
    # The same in pieces, and several commands in one.
    for byte in b'{"execute": "query-version", "id": 9}\n':
        client.send(bytes([byte]))
    assert client.answer()["id"] == 9
    client.send(b'{"execute": "query-version", "id": 1}{"execute": "x"}\n{"execute": "query-version", "id": 2}\n')
    assert "error" in client.answer() and client.answer()["id"] == 2
    assert is_counting(watcher)


def huge_lines(suite):
    process, path = suite.start()
    client = Client(path)
    name = "x" * (LONGEST - 100)
    client.send(json.dumps({"execute": name}).encode() + b"\n")
    assert "no command" in client.answer()["error"]["desc"]
    for _ in range(3):
        client.send(b"x" * (LONGEST * 5))
        client.send(b'", "execute": "quit"}\n')  # the end of the line that was too long
        assert "65536" in client.answer()["error"]["desc"]
        assert client.execute("query-status")["running"]


def many_clients(suite):
    process, path = suite.start()
    time.sleep(0.1)
    clients = [Client(path) for _ in range(CLIENTS)]
    late = Client(path, negotiate=False)
    assert "16 clients" in late.receive()["error"]["desc"]
    assert late.receive() is None
    for client in clients:
        assert client.execute("query-status")["running"]
    assert is_counting(clients[0])
    for client in clients[1:]:
        client.close()
    deadline = time.monotonic() + SECONDS
    while True:
        again = Client(path, negotiate=False)
        if "QMP" in again.receive():
            break
        assert time.monotonic() < deadline
    for _ in range(200):  # they come and go
        Client(path, negotiate=False).close()
    assert is_counting(clients[0])


def half_closed(suite):
    process, path = suite.start()
    client = Client(path)
    client.send(b'{"execute": "query-version", "id": 1}\n{"execute": "query-commands", "id": 2}')  # no newline
    client.socket.shutdown(socket.SHUT_WR)
    assert client.answer()["id"] == 1
    assert client.answer()["id"] == 2
    assert client.answer() is None
    silent = Client(path, negotiate=False)
    silent.socket.shutdown(socket.SHUT_WR)
    assert "QMP" in silent.receive() and silent.receive() is None
    deaf = Client(path)
    deaf.socket.shutdown(socket.SHUT_RD)
    for _ in range(100):
        try:
            deaf.send({"execute": "query-commands"})
        except OSError:
            break
    gone = Client(path)
    gone.send(b'{"execute": "query-comm')
    gone.close()
    assert is_counting(Client(path))


def clients_that_never_read(suite):
    process, path = suite.start()
    watcher = Client(path)
    lazy = Client(path)
    lazy.socket.settimeout(0.2)
    sent, dropped = 0, False
    deadline = time.monotonic() + 2 * SECONDS
    while time.monotonic() < deadline:
        try:
            sent += lazy.socket.send(b'{"execute": "query-commands"}\n' * 100)
        except TimeoutError:
            break  # not read any more, because it does not read
        except OSError:
            dropped = True
            break
    assert time.monotonic() < deadline, f"{sent} bytes were taken"
    assert is_counting(watcher)
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        rss = [int(line.split()[1]) for line in status if line.startswith("VmRSS")][0]
    if "asan" not in suite.binary:
        assert rss < 200 * 1024, f"{rss} KiB"


def run_control(suite):
    process, path = suite.start()
    client, other, rude = Client(path), Client(path), Client(path, negotiate=False)
    client.execute("stop")
    client.event("STOP")
    other.event("STOP")
    assert client.execute("query-status")["status"] == "paused"
    before = (client.execute("query-status")["time-ns"], client.execute("query-cpus")[0]["pc"])
    time.sleep(0.1)
    assert before == (client.execute("query-status")["time-ns"], client.execute("query-cpus")[0]["pc"])
    client.execute("stop")  # again: nothing happens
    assert client.execute("query-status")["status"] == "paused"
    client.execute("reset")
    client.event("RESET")
    assert client.execute("query-status")["status"] == "paused", "a reset does not start it"
    assert client.execute("query-cpus")[0]["pc"] == "0x80000000"
    client.execute("cont")
    client.event("RESUME")
    client.execute("cont")
    assert client.execute("query-status")["status"] == "running"
    assert is_counting(client)
    assert not [e for e in client.events if e["event"] in ("STOP", "RESUME")]
    client.execute("power", action="reset")
    other.event("RESET")
    client.execute("power", action="off", code=3)
    assert client.event("POWERDOWN") == {"code": 3}
    assert client.answer() is None
    assert "powered off with status 3" in suite.end(process, 1)
    assert "QMP" in rude.receive() and rude.receive() is None, "no events for who has not negotiated"
    assert not os.path.exists(path)


def endings(suite):
    process, path = suite.start()
    client = Client(path)
    client.execute("stop")
    client.execute("quit")
    assert client.event("QUIT") == {"signal": 0}
    suite.end(process, 0)
    process, path = suite.start()
    client = Client(path)
    client.execute("stop")
    process.terminate()
    assert client.event("QUIT") == {"signal": 15}
    suite.end(process, 128 + 15)
    process, path = suite.start()
    client = Client(path)
    client.execute("stop")
    process.kill()
    assert client.answer() is None
    process.communicate()
    assert os.path.exists(path), "killed: nobody cleaned up"
    process, path = suite.start()
    assert Client(path).execute("query-status")["running"], "what is left over is replaced"


def sockets(suite):
    process, path = suite.start()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    board, image = suite.path("board.yaml"), f"firmware={suite.path('counter.bin')}"
    for where, text in ((path, "another machine listens there"), (suite.write("file", "mine"), "is not a socket"),
                        (suite.path("no/such/folder"), "choose a path"), ("/tmp/" + "x" * 120, "at most 107 bytes")):
        _, errors = suite.run("run", board, "--image", image, "--control", where, status=2)
        assert text in errors, errors
    with open(suite.path("file"), encoding="ascii") as file:
        assert file.read() == "mine"
    assert Client(path).execute("query-status")["running"]


def looking(suite):
    _, path = suite.start()
    client = Client(path)
    nodes = {node["name"]: node for node in client.execute("query-nodes")}
    assert set(nodes) == {"osc", "hart0", "ram", "clint", "plic", "uart0"}
    assert nodes["uart0"]["type"] == "std/ns16550" and nodes["uart0"]["plugin"] == "standard"
    assert nodes["hart0"]["kind"] == "cpu" and nodes["ram"]["plugin"] == "core"
    plugins = {p["id"] for p in client.execute("query-plugins")}
    assert {"standard", "riscv", "riscv-platform", "interp"} <= plugins
    places = client.execute("query-memory-map")
    assert [(p["address"], p["bytes"], p["kind"]) for p in places if p["node"] == "ram"] == [("0x80000000", 1 << 20, "ram")]
    assert [p["region"] for p in places if p["node"] == "clint"] == ["mswi", "mtimer", "sswi"]
    code = client.execute("read-memory", address="0x80000000", bytes=4)
    assert code == {"address": "0x80000000", "hex": "b7020010"}, code
    assert client.execute("read-memory", address=0x80000000, bytes="4B") == code
    assert len(client.execute("read-memory", address=0x80000000, bytes=65536)["hex"]) == 131072
    assert client.execute("read-memory", address=0x80000000, bytes=0)["hex"] == ""
    stats = client.execute("query-stats")
    assert stats["accelerator"] in ("interp", "tcg") and stats["guest-ns"] > 0
    assert {"name", "value"} <= set(stats["counters"][0])
    hart = client.execute("inspect", node="hart0")
    assert any(r["name"] == "x5" and r["alias"] == "t0" and r["value"] == "0x10000000" for r in hart["registers"])
    uart = client.execute("inspect", node="uart0")
    registers = {r["name"]: r for r in uart["regions"][0]["registers"]}
    lsr = {f["name"]: f for f in registers["LSR"]["fields"]}
    assert registers["LSR"]["offset"] == "0x5" and registers["LSR"]["value"] == "0x60"
    assert lsr["THRE"]["value"] == "0x1" and lsr["THRE"]["lsb"] == 5
    assert {f["name"]: f.get("text") for f in registers["LCR"]["fields"]}["WLS"] == "5"
    assert registers["DLL"]["hidden"] and "hidden" not in registers["IER"]
    assert {p["name"]: p for p in uart["ports"]}["clock"]["hz"] == 10000000
    assert {p["name"]: p for p in uart["ports"]}["irq"]["levels"] == [0]
    assert [t["armed"] for t in uart["timers"]] == [False, False]
    assert {s["name"] for s in uart["state"]} >= {"fcr", "rx-count"}
    plic = client.execute("inspect", node="plic")
    priority = plic["regions"][0]["registers"][0]
    assert priority["count"] == len(priority["values"])


def command_line(suite):
    process, path = suite.start()
    out, _ = suite.run("ctl", path)
    assert "read-memory" in out and "address=number bytes=number" in out
    out, _ = suite.run("ctl", path, "query-status")
    assert json.loads(out)["status"] == "running"
    out, _ = suite.run("ctl", path, "read-memory", "address=0x80000000", "bytes=4")
    assert json.loads(out)["hex"] == "b7020010"
    out, _ = suite.run("ctl", "query-version", env={"BACKPLANE_CONTROL": path})
    assert "version" in json.loads(out)
    out, _ = suite.run("inspect", path, "uart0")
    assert "  0x05  LSR         0x60   line status\n" in out and "  irq      irq out   low\n" in out, out
    assert suite.run("inspect", "uart0", "--control", path)[0].split("SCR")[0] == out.split("SCR")[0]
    out, _ = suite.run("inspect", path, "uart0", "--json")
    assert json.loads(out)["node"] == "uart0"
    out, _ = suite.run("inspect", path, "plic")
    assert "PRIORITY..." in out, "what holds nothing is counted, not listed"
    out, _ = suite.run("stats", path)
    assert re.search(r"^Accelerator \w+:\n", out) and re.search(r"^  instructions +[1-9]\d* +guest instructions retired$", out, re.M), out
    out, _ = suite.run("stats", "--control", path, "--json")
    counters = {c["name"]: c["value"] for c in json.loads(out)["counters"]}
    assert counters["instructions"] > 0 and "tlb-misses" in counters, counters
    for arguments, status, text in (
            (["stats"], 2, "which machine?"),
            (["stats", suite.path("nobody")], 1, "no machine answers"),
            (["ctl", path, "query-stat"], 1, "did you mean query-stats?"),
            (["ctl", path, "stop", "now"], 2, "write NAME=VALUE"),
            (["ctl", path, "stop", "=1"], 2, "write NAME=VALUE"),
            (["ctl", suite.path("nobody"), "stop"], 1, "no machine answers"),
            (["ctl"], 2, "which machine?"),
            (["inspect", "uart0"], 2, "which machine?"),
            (["inspect", "/tmp/" + "x" * 120, "uart0"], 2, "at most 107 bytes"),
            (["inspect", path, "uart"], 1, "did you mean uart0?"),
    ):
        out, errors = suite.run(*arguments, status=status)
        assert text in errors and not out, (arguments, errors)
    watcher = subprocess.Popen([suite.command, "ctl", path, "--events"], stdout=subprocess.PIPE, text=True)
    time.sleep(0.3)
    suite.run("ctl", path, "stop")
    suite.run("ctl", path, "cont")
    suite.run("ctl", path, "power", "action=off")
    suite.end(process, 0)
    events = [json.loads(line)["event"] for line in watcher.communicate(timeout=SECONDS)[0].splitlines()]
    assert events == ["STOP", "RESUME", "POWERDOWN"], events


def not_a_machine(suite):
    """The client's side: whoever answers may be anything."""
    for reply in (b"", b"hello\n", b"{}\n", b'{"QMP": {}}\n', b'{"QMP": {}}\n{"return"\n', b"\xff" * 100000 + b"\n"):
        path = suite.path("fake")
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen(1)
        process = subprocess.Popen([suite.command, "ctl", path, "stop"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        connection, _ = server.accept()
        connection.sendall(reply)
        connection.close()
        server.close()
        out, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 1 and errors.startswith("backplane: ctl: ") and not out, (reply, errors)
        os.unlink(path)


def documented(suite):
    """docs/control.md names every command with its arguments, and every event."""
    source = sys.argv[2]
    with open(os.path.join(source, "docs/control.md"), encoding="utf-8") as file:
        rows = [line.split("|")[1:-1] for line in file if line.startswith("| `")]
    said = {name: " ".join(row) for row in rows for name in re.findall(r"`([^`]+)`", row[0])}
    _, path = suite.start()
    for command in Client(path).execute("query-commands"):
        row = said.get(command["name"])
        assert row, f"no row for {command['name']}"
        for argument in command["arguments"]:
            assert f"`{argument['name']}`" in row, (command["name"], argument["name"])
    events = set()
    for file in glob.glob(os.path.join(source, "core/**/*.c"), recursive=True):
        with open(file, encoding="utf-8") as text:
            events |= set(re.findall(r'control_event\(\w+, "(\w+)"', text.read()))
    assert len(events) > 5 and events <= set(said), events - set(said)


TESTS = [greeting_and_negotiation, wrong_commands, garbage, huge_lines, many_clients, half_closed,
         clients_that_never_read, run_control, endings, sockets, looking, command_line, not_a_machine, documented]

if __name__ == "__main__":
    sys.exit(Suite(sys.argv[1]).main(TESTS, sys.argv[3] if len(sys.argv) > 3 else None))
