#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gdb on the host's process knows translated code by guest address, and finds its callers.

    debugged.py backplane run BOARD ...

Stops where translated code calls C, looks at the frames, and steps back into that code.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from harness import PATIENCE, Failure, check, main

SKIPPED = 77
FRAME = r"^#{0} +(?:0x[0-9a-f]+ in )?{1} \("

# Steps until the third frame is the innermost one, over what C calls in between.
SCRIPT = """set pagination off
set confirm off
set breakpoint pending on
set debuginfod enabled off
handle SIGPIPE SIGUSR1 SIGUSR2 nostop noprint pass
break tcg_store
run
echo in C\\n
backtrace
frame 2
info symbol $pc
x/i $pc
set $inside = $sp
frame 0
delete
echo stepping\\n
while $sp < $inside
  nexti
end
echo in translated code\\n
backtrace
info symbol $pc
kill
"""


def run(command):
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "script")
        with open(script, "w", encoding="ascii") as file:
            file.write(SCRIPT)
        return subprocess.run(["gdb", "-nx", "-batch", "-x", script, "--args", *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60 * PATIENCE, check=False,
                              env={**os.environ, "LC_ALL": "C", "TMPDIR": folder}).stdout


def test(guests, command):
    at = command.index("run") + 1
    text = run([*command[:at], "--accel", "tcg,hot=1,gdb=true", *command[at:]])
    try:
        _, in_c, _, inside = re.split(r"^(?:in C|stepping|in translated code)\n", text, flags=re.M)
        guest = r"guest-0x8[0-9a-f]{7}"
        for number, function in enumerate(("tcg_store", "tcg-stubs", guest)):
            check(re.search(FRAME.format(number, function), in_c, re.M), f"frame {number} of a store is not of {function}")
        check(re.search(r"^#\d+ .* run_thread \(", in_c, re.M), "the callers of translated code are not found")
        where = re.search(rf"^({guest})(?: \+ \d+)? in section \.text of", in_c, re.M)
        check(where, "info symbol does not know the address")
        check(re.search(rf"^=> 0x[0-9a-f]+ <{where[1]}\+\d+>:\t\w", in_c, re.M), "no instruction with a name")
        check(re.search(FRAME.format(0, guest), inside, re.M), "stepping does not lead back into translated code")
        check(re.search(r"^#\d+ .* run_thread \(", inside, re.M), "the callers of translated code are not found from within")
    except (Failure, ValueError):
        print(text)
        raise


if __name__ == "__main__":
    if not shutil.which("gdb"):
        print("skipped: gdb is not installed: apt-get install gdb")
        sys.exit(SKIPPED)
    probe = subprocess.run(["gdb", "-nx", "-batch", "-ex", "run", "--args", "true"], capture_output=True, text=True,
                           timeout=60 * PATIENCE, check=False)
    if "exited normally" not in probe.stdout:
        print("skipped: this system does not let gdb start a process (ptrace is forbidden?):", probe.stderr)
        sys.exit(SKIPPED)
    main(test, sys.argv[1:])
