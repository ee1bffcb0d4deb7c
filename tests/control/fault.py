# SPDX-License-Identifier: Apache-2.0
"""Plug-ins that crash or never return in a running machine (fault.c): told by name, and the process ends.

usage: fault.py BINARY_DIR SDK_INCLUDE CC [TEST]
"""
import os
import re
import signal
import subprocess
import sys
import time

from machines import BOARD, SECONDS, Suite, code

INCLUDE, CC = sys.argv[2], sys.argv[3]
FOLDER = os.path.dirname(os.path.abspath(__file__))
FAULTS = BOARD.replace("nodes:\n", """  ac:  { use: acme }
nodes:
  bad0: { type: ac/fault, reg: { reg: [0x20000000, 0x100], raw: [0x20001000, 0x100] } }
""", 1)

NULL_POINTER, ABORT, OVERFLOW, LOOP, IN_TIMER, LOOP_IN_TIMER, IN_READ = range(1, 8)
A0, A1, T1 = 10, 11, 6


def run(suite, kind, *arguments, macros=(), read=False, interrupt=None):
    """Runs a guest that asks for this fault; (status, what it said, seconds)."""
    os.makedirs(suite.path("plugins"), exist_ok=True)
    subprocess.run([CC, "-std=gnu11", "-g", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-Wno-infinite-recursion",
                    "-I", INCLUDE, *("-D" + macro for macro in macros), os.path.join(FOLDER, "fault.c"),
                    "-o", suite.path("plugins/acme.so")], check=True)
    suite.write("faults.yaml", FAULTS)
    suite.write("guest.bin", code(("lui", A0, 0x20000), ("lui", A1, 0x20001), ("li", T1, kind),
                                  *([("lw", T1, 0, A1)] if read else [("sw", T1, 0, A0)]), ("j", 0)))
    began = time.monotonic()
    process = subprocess.Popen([suite.command, "run", suite.path("faults.yaml"), "--image",
                                f"firmware={suite.path('guest.bin')}", "--plugin-path", suite.path("plugins"),
                                *suite.accel, *arguments],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if interrupt:
        time.sleep(interrupt)
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=3 * SECONDS)
    return process.returncode, errors, time.monotonic() - began


def expect_crash(suite, number, function, what, *arguments, **how):
    status, errors, _ = run(suite, how.pop("kind"), *arguments, **how)
    lines = [line for line in errors.splitlines() if line.startswith("backplane: bad0: ")]
    assert len(lines) == 1, errors
    assert re.fullmatch(rf"backplane: bad0: plug-in acme, type fault: {function}: crashed with {what}: a mistake of the "
                        r"plug-in: backplane-check acme\.so finds many; gdb --args backplane \.\.\. shows where", lines[0]), lines
    # A sanitizer takes the signal over and ends in its own way.
    assert status == -number or "Sanitizer" in errors and status > 0, (status, errors)


IN_PLUGIN = r", in acme\.so\+0x[0-9a-f]+"
NULL = r"a segmentation fault at 0x0" + IN_PLUGIN


def crashes_of_a_vcpu(suite):
    for time_mode in "realtime", "deterministic":
        expect_crash(suite, signal.SIGSEGV, r"on_write\(\) of KIND", NULL, "--time", time_mode, kind=NULL_POINTER)
    expect_crash(suite, signal.SIGSEGV, r"read\(\) of raw", NULL, kind=IN_READ, read=True)
    expect_crash(suite, signal.SIGABRT, r"on_write\(\) of KIND", r"a call of abort\(\), in libc\.so\.6\+0x[0-9a-f]+", kind=ABORT)
    expect_crash(suite, signal.SIGSEGV, r"on_write\(\) of KIND", r"a segmentation fault at 0x[0-9a-f]+" + IN_PLUGIN, kind=OVERFLOW)


def crashes_of_the_loop(suite):
    expect_crash(suite, signal.SIGSEGV, "the function of a timer of late", NULL, kind=IN_TIMER)
    expect_crash(suite, signal.SIGSEGV, r"init\(\)", NULL, kind=0, macros=["BROKEN_INIT"])


def calls_that_never_return(suite):
    for kind, function in (LOOP, "on_write() of KIND"), (LOOP_IN_TIMER, "the function of a timer of late"):
        status, errors, seconds = run(suite, kind)
        first, last = [line for line in errors.splitlines() if line.startswith("backplane: bad0: ")]
        assert first.startswith(f"backplane: bad0: plug-in acme, type fault: {function}: has not returned for 3 s"), first
        assert last.endswith("the machine ends without it") and function in last, last
        assert status == 1 and 9 < seconds, (status, seconds)


def a_call_that_never_returns_and_an_interrupt(suite):
    status, errors, seconds = run(suite, LOOP, interrupt=2)
    assert "on_write() of KIND: did not return" in errors and status == 1, (status, errors)
    assert seconds < 9 or "tsan" in suite.binary or "asan" in suite.binary, seconds


TESTS = [crashes_of_a_vcpu, crashes_of_the_loop, calls_that_never_return, a_call_that_never_returns_and_an_interrupt]

if __name__ == "__main__":
    sys.exit(Suite(sys.argv[1]).main(TESTS, sys.argv[4] if len(sys.argv) > 4 else None))
