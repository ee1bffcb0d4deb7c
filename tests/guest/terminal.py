#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The terminal behind the console: terminal.py TEST BACKPLANE BOARD. However a run ends, its modes are as they were."""
import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time

from harness import PATIENCE, check, main
from images import elf, words

# Programs, as instruction words. FINISH stores s0 in the test finisher and spins.
SPIN = words(0x0000006f)
FINISH = (0x001002b7, 0x0082a023, 0x0000006f)           # lui t0, 0x100; sw s0, 0(t0); j .
POWER_OFF = words(0x00005437, 0x55540413, *FINISH)      # s0 = 0x5555
FAIL_WITH_3 = words(0x00033437, 0x33340413, *FINISH)    # s0 = 3 << 16 | 0x3333
PROMPT = words(0x100002b7, 0x00300313, 0x006281a3,      # UART: eight bits a character
               0x02300313, 0x00628023, 0x0000006f)      # '#', and no line end behind it


class Terminal:
    """A command as the foreground job of a terminal of its own."""

    def __init__(self, command):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.output = b""
        self.process = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)

    def _pump(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            self.output += os.read(self.master, 4096)

    def until(self, condition, what, seconds=10):
        deadline = time.monotonic() + seconds * PATIENCE
        while not condition():
            check(time.monotonic() < deadline, f"no {what} within {seconds * PATIENCE:g} s: {self.text()!r}")
            self._pump(0.02)

    def until_raw(self):
        self.until(lambda: not self.mode()[3] & termios.ICANON, "raw terminal")

    def until_text(self, text):
        self.until(lambda: text in self.text(), repr(text))

    def mode(self):
        return termios.tcgetattr(self.slave)

    def type(self, keys):
        os.write(self.master, keys)

    def text(self):
        return self.output.decode("utf-8", "replace")

    def end(self):
        """Exit status, after which the terminal has to be as it was."""
        self.until(lambda: self.process.poll() is not None, "end")
        self._pump(0)
        check(self.mode() == self.before, f"the terminal was left changed: {self.text()!r}")
        check("Sanitizer" not in self.text() and "runtime error:" not in self.text(), self.text())
        return self.process.returncode


class Setup:
    def __init__(self, backplane, board, folder):
        self.backplane, self.board, self.folder = backplane, board, folder

    def command(self, code, *arguments):
        path = f"{self.folder}/guest.elf"
        with open(path, "wb") as file:
            file.write(elf(code))
        return [self.backplane, "run", self.board, "--image", f"firmware={path}", "--backend", "console=stdio", *arguments]


def keys(setup):
    """Ctrl-C is the guest's, Ctrl-A h helps, a key without a meaning is answered, Ctrl-A x leaves below the guest's prompt."""
    with Terminal(setup.command(PROMPT)) as t:
        t.until_raw()
        t.until_text("#")
        t.type(b"\x03\x1a\x1c")
        t.type(b"\x01c")
        t.until_text("Ctrl-A h lists them")
        t.type(b"\x01h")
        t.until_text("Ctrl-A x       leave")
        t.until_text("Ctrl-A Ctrl-A")
        check(t.process.poll() is None, "a key of the guest ended the machine")
        t.type(b"\x01x")
        check(t.end() == 0, f"exit status {t.process.returncode} after Ctrl-A x")


def prompt(setup):
    """What the shell prints next begins a line."""
    with Terminal(setup.command(PROMPT)) as t:
        t.until_text("#")
        t.type(b"\x01x")
        check(t.end() == 0, f"exit status {t.process.returncode}")
        check(t.text().endswith("#\r\r\n"), f"{t.text()!r}")


def guest_ends(setup):
    for code, status in ((POWER_OFF, 0), (FAIL_WITH_3, 1)):
        with Terminal(setup.command(code)) as t:
            check(t.end() == status, f"exit status {t.process.returncode}, wanted {status}: {t.text()!r}")


def not_started(setup):
    """The console is raw when another part of the machine cannot be built."""
    with Terminal(setup.command(SPIN, "--backend", f"root=raw,path={setup.folder}/missing.img")) as t:
        check(t.end() == 2, f"exit status {t.process.returncode}: {t.text()!r}")
        check("missing.img" in t.text(), t.text())


def ended_by_signal(setup):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        with Terminal(setup.command(PROMPT)) as t:
            t.until_text("#")  # raw is earlier: the machine is not running then
            t.process.send_signal(number)
            check(t.end() == 128 + number, f"{number.name}: exit status {t.process.returncode}")


def killed_by_fault(setup):
    """Signals of a process that went wrong: it still dies of them, with the terminal restored."""
    for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT, signal.SIGQUIT):
        with Terminal(["sh", "-c", 'ulimit -c 0; exec "$@"', "sh", *setup.command(SPIN)]) as t:
            t.until_raw()
            t.process.send_signal(number)
            t.until(lambda: t.process.poll() is not None, "end")
            check(t.process.returncode != 0, f"{number.name}: exit status 0")
            check(t.mode() == t.before, f"{number.name}: the terminal was left changed")


def hangup(setup):
    """The window is closed: the machine ends by itself."""
    with Terminal(setup.command(PROMPT)) as t:
        t.until_text("#")
        os.close(t.slave)
        os.close(t.master)
        t.slave = t.master = -1
        try:
            t.process.wait(10 * PATIENCE)
        except subprocess.TimeoutExpired:
            check(False, "still running without a terminal")
        check(t.process.returncode in (0, 128 + signal.SIGHUP), f"exit status {t.process.returncode}")


def stop_and_continue(setup):
    """Under a shell with job control: stopped, the terminal is the shell's; in the foreground again, it is raw again."""
    shell = 'set -m; (echo $BASHPID >"$0/pid"; exec "$@"); stty -a >"$0/modes"; echo stopped; fg >/dev/null; echo "ended with $?"'
    with Terminal(["bash", "-c", shell, setup.folder, *setup.command(PROMPT)]) as t:
        t.until_text("#")
        with open(f"{setup.folder}/pid", encoding="ascii") as file:
            os.kill(int(file.read()), signal.SIGTSTP)
        t.until_text("stopped")
        t.until_raw()
        with open(f"{setup.folder}/modes", encoding="ascii") as file:
            modes = file.read().split()
        check("icanon" in modes and "echo" in modes, f"stopped, the terminal was {modes}")
        t.type(b"\x01x")
        check(t.end() == 0, f"exit status {t.process.returncode}: {t.text()!r}")
        check("ended with 0" in t.text(), t.text())


def run(_, name, backplane, board):
    with tempfile.TemporaryDirectory() as folder:
        globals()[name](Setup(backplane, board, folder))


main(run, *sys.argv[1:4])
