# SPDX-License-Identifier: Apache-2.0
"""Deterministic time with a client: what is looked at, paused and stopped at runs as if nobody had been there.

usage: schedule.py BINARY_DIR [TEST]
"""
import sys
import time

from machines import Client, SECONDS, Suite, count

TIME = ["--time", "deterministic,frequency=10MHz,until=2s", "--trace-hash"]


def trace(errors):
    """The line of the hash."""
    lines = [line for line in errors.splitlines() if line.startswith("trace ")]
    assert len(lines) == 1, errors
    return lines[0]


def alone(suite, *more):
    _, errors = suite.run("run", suite.path("board.yaml"), "--image", f"firmware={suite.path('counter.bin')}",
                          *suite.accel, *TIME, *more)
    return trace(errors)


def pauses_leave_no_mark(suite):
    process, path = suite.start(*TIME)
    client = Client(path)
    seen = set()
    while len(seen) < 20:
        client.execute("stop")
        at = client.execute("query-status")["time-ns"]
        seen.add((at, count(client)))
        time.sleep(0.01)
        assert client.execute("query-status")["time-ns"] == at, "time stands while the machine does"
        client.execute("cont")
    assert trace(suite.end(process, 0)) == alone(suite)


def breaks_leave_no_mark(suite):
    process, path = suite.start(*TIME, "--break", "uart0.SCR==200")
    client = Client(path)
    deadline = time.monotonic() + SECONDS
    while client.execute("query-status")["status"] != "paused":
        assert time.monotonic() < deadline
    first = client.execute("query-status")["time-ns"]
    for _ in range(3):
        client.events.clear()
        client.execute("cont")
        client.event("STOP")
        again = client.execute("query-status")["time-ns"]
        # Between the two the guest counts to 256 with three instructions each time, of 100 ns.
        assert again - first == 256 * 3 * 100, (first, again)
        first = again
    client.execute("set-break", patterns=[])
    client.execute("cont")
    assert trace(suite.end(process, 0)) == alone(suite)


TESTS = [pauses_leave_no_mark, breaks_leave_no_mark]

if __name__ == "__main__":
    sys.exit(Suite(sys.argv[1]).main(TESTS, sys.argv[2] if len(sys.argv) > 2 else None))
