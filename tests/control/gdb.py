# SPDX-License-Identifier: Apache-2.0
"""gdb on the host's process shows a plug-in's own functions, types and lines, before and after a hot reload.

usage: gdb.py BINARY_DIR SDK_INCLUDE CC
"""
import os
import re
import shutil
import subprocess
import sys
import threading
import time

from machines import Client, SECONDS, Suite
from reload import GUEST, PACES, build

SKIPPED = 77

# A break point by name, made before there is a plug-in; at each stop the innermost frame, where it is, and the instance.
SCRIPT = """set pagination off
set confirm off
set breakpoint pending on
set debuginfod enabled off
handle SIGPIPE SIGUSR1 SIGUSR2 nostop noprint pass
break on_tick
commands
silent
backtrace 1
info symbol $pc
print ((struct pace *)self)->step
continue
end
run
"""


class Debugger:
    def __init__(self, suite, *arguments):
        self.lines, self.at = [], 0
        self.process = subprocess.Popen(
            ["gdb", "-nx", "-batch", "-x", suite.write("script", SCRIPT), "--args", suite.command, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "TMPDIR": suite.folder, "LC_ALL": "C"}, start_new_session=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def expect(self, pattern):
        """The first line from here on that matches."""
        deadline = time.monotonic() + 3 * SECONDS
        while True:
            while self.at < len(self.lines):
                self.at += 1
                match = re.search(pattern, self.lines[self.at - 1])
                if match:
                    return match
            assert time.monotonic() < deadline and self.process.poll() is None, \
                f"no {pattern} in\n{''.join(self.lines[-40:])}"
            time.sleep(0.05)

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait()


def stop_in(debugger, folder):
    """A stop in the build below `folder`."""
    while folder not in debugger.expect(r"^on_tick in section \.text of (.*)$").group(1):
        pass
    debugger.expect(r"^\$\d+ = [12]$")
    frame = debugger.expect(r"^#0 +on_tick \(self=0x[0-9a-f]+\) at (.*):(\d+)$")
    assert frame.group(1).endswith("tests/control/pace.c"), frame.group(0)


def connect(path):
    deadline = time.monotonic() + 3 * SECONDS
    while not os.path.exists(path):
        assert time.monotonic() < deadline, "no socket"
        time.sleep(0.05)
    return Client(path)


def symbols_of_the_plug_in(suite):
    build(suite)
    suite.write("paces.yaml", PACES)
    suite.write("guest.bin", GUEST)
    debugger = Debugger(suite, "run", suite.path("paces.yaml"), "--image", f"firmware={suite.path('guest.bin')}",
                        "--plugin-path", suite.path("plugins"), "--control", suite.path("socket"))
    try:
        stop_in(debugger, suite.path("plugins"))
        client = connect(suite.path("socket"))
        build(suite, "BUILD=2", "PADDING=64")
        loaded = client.execute("reload", target="pace0")["loaded"]
        assert loaded.startswith(os.path.join(suite.folder, "backplane-")), loaded
        stop_in(debugger, loaded)
        client.execute("quit")
    finally:
        debugger.end()


if __name__ == "__main__":
    if not shutil.which("gdb"):
        print("skipped: gdb is not installed: apt-get install gdb")
        sys.exit(SKIPPED)
    probe = subprocess.run(["gdb", "-nx", "-batch", "-ex", "run", "--args", "true"], capture_output=True, text=True,
                           timeout=3 * SECONDS, check=False)
    if "exited normally" not in probe.stdout:
        print("skipped: this system does not let gdb start a process (ptrace is forbidden?):", probe.stderr)
        sys.exit(SKIPPED)
    sys.exit(Suite(sys.argv[1]).main([symbols_of_the_plug_in]))
