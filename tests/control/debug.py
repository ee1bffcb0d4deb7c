# SPDX-License-Identifier: Apache-2.0
"""Tracing registers by name, and stopping at an access.

usage: debug.py BINARY_DIR [TEST]
"""
import sys
import time

from machines import Client, SECONDS, Suite, code, is_counting

# Sets LCR (8 bits, DLAB), reads LSR, then counts in SCR for ever.
T0, T1, T2 = 5, 6, 7
GUEST = code(("lui", T0, 0x10000), ("li", T1, 0x83), ("sb", T1, 3, T0), ("lbu", T2, 5, T0), ("li", T1, 3),
             ("sb", T1, 3, T0), ("lbu", T2, 7, T0)) + code(("sb", T2, 7, T0), ("lbu", T2, 7, T0)) + \
    code(("li", T1, 1)) + (T1 << 20 | T2 << 15 | T2 << 7 | 0x33).to_bytes(4, "little") + code(("j", 16))


def run(suite, *arguments, status):
    """Runs until it breaks; what it said."""
    suite.write("guest.bin", GUEST)
    _, errors = suite.run("run", suite.path("board.yaml"), "--image", f"firmware={suite.path('guest.bin')}", *arguments,
                          status=status)
    return [line.split("] ", 1)[-1] for line in errors.splitlines()]


def registers_by_name(suite):
    lines = run(suite, "--trace", "uart0.L*", "--break", "uart0.SCR:w", status=3)
    assert lines == ["uart0: LCR <- 0x83 WLS=8 DLAB", "uart0: LSR -> 0x60 THRE TEMT", "uart0: LCR <- 0x3 WLS=8",
                     "break: uart0: SCR <- 0 (uart0.SCR:w)"], lines
    lines = run(suite, "--trace", "uart0.lcr.dlab==1", "--trace", "uart0.LSR:w", "--break", "uart0.scr==3", status=3)
    assert lines[0] == "uart0: LCR <- 0x83 DLAB=0x1", lines
    assert len(lines) == 2 and "uart0: SCR" in lines[1] and "0x3" in lines[1], lines
    lines = run(suite, "--trace", "uart0.SCR>=4", "--break", "uart0.SCR==6", status=3)
    assert [line.split()[2:4] for line in lines[:-1]][:2] == [["<-", "0x4"], ["->", "0x4"]], lines
    assert run(suite, "--break", "uart0.LCR.WLS==8", status=3)[0].startswith("break: uart0: LCR <- 0x83 ")
    assert run(suite, "--break", "uart0.LCR.WLS!=8", "--break", "uart0.LSR&0x60",
               status=3)[0] == "break: uart0: LSR -> 0x60 THRE TEMT (uart0.LSR&0x60)"
    assert run(suite, "--trace", "uart0.reg", "--break", "uart0.SCR:w", status=3)[0] == "uart0: reg+0x3 write 1 bytes <- 0x83"


def patterns_that_mean_nothing(suite):
    for pattern, text in (("uart0.LRC", "nothing in this machine is called so"), ("uart9", "nothing in this machine"),
                          ("uart0.LCR.DLBA==1", "nothing in this machine"), ("uart0.LCR==", "`` is not a value"),
                          ("uart0.LCR==x", "`x` is not a value"), ("uart0.LCR.WLS<8x", "nothing in this machine"), ("uart0.LCR.WLS==nine", "nothing in this machine"),
                          ("uart0.LCR:x", "accesses are :r, :w or :rw"), (".LCR", "names nothing"),
                          ("uart0.", "names nothing"), ("uart0.LCR.", "names nothing"), ("", "names nothing"),
                          ("==3", "names nothing")):
        lines = run(suite, "--break", pattern, status=2)
        assert text in lines[0] and "--break `" in lines[0], (pattern, lines)
    lines = run(suite, "--trace", "uart0.LRC", "--break", "uart0.SCR", status=3)
    assert "--trace `uart0.LRC`: nothing in this machine is called so" in lines[0], lines
    assert lines[1].startswith("break: "), "and it runs all the same"


def with_a_socket_it_goes_on(suite):
    suite.write("guest.bin", GUEST)
    process, path = suite.start("--break", "uart0.SCR==64", image="guest.bin")
    client = Client(path)
    deadline = time.monotonic() + SECONDS
    while client.execute("query-status")["status"] != "paused":
        assert time.monotonic() < deadline
    hits = 0
    client.events.clear()
    for _ in range(3):
        client.execute("cont")
        client.event("RESUME")
        client.event("STOP")
        what = client.event("BREAK")["what"]
        assert "uart0: SCR" in what and "0x40 (uart0.SCR==64)" in what, what
        hits += "<-" in what
        assert client.execute("query-status")["status"] == "paused"
    assert hits, "reads and writes both count"
    assert client.execute("query-watches") == {"traces": [], "breaks": ["uart0.SCR==64"]}
    client.execute("set-break", patterns=[])
    client.execute("cont")
    assert is_counting(client)
    for patterns, text in (("uart0.LRC", "nothing in this machine"), (["uart0.SCR", "uart0.SCR:x"], ":r, :w"),
                           (1, "not a list of texts"), ([1], "not a list of texts")):
        assert text in client.error("set-break", patterns=patterns)["desc"], patterns
    assert client.execute("query-watches")["breaks"] == []
    client.execute("set-trace", patterns="uart0.SCR==1")
    time.sleep(0.05)
    client.execute("set-trace", patterns=[])
    client.execute("set-break", patterns=["uart0.IER", "uart0.SCR==2"])
    client.event("BREAK")
    client.execute("quit")
    errors = suite.end(process, 0)
    assert "uart0: SCR <- 0x1\n" in errors and "uart0: SCR <- 0x2\n" not in errors, errors


TESTS = [registers_by_name, patterns_that_mean_nothing, with_a_socket_it_goes_on]

if __name__ == "__main__":
    sys.exit(Suite(sys.argv[1]).main(TESTS, sys.argv[2] if len(sys.argv) > 2 else None))
