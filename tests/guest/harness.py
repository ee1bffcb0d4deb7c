# SPDX-License-Identifier: Apache-2.0
"""Starts the backplane command on a guest, talks to its console, and checks how it ends. Every wait is bounded."""
import os
import select
import signal
import subprocess
import sys
import time

# Sanitizer builds are several times slower; the CMake files set this.
PATIENCE = float(os.environ.get("BACKPLANE_TEST_PATIENCE", "1"))


# What "backplane run" is to run guests with, unless a test chooses; empty: its own choice.
ACCEL = os.environ.get("BACKPLANE_TEST_ACCEL", "")


def with_accel(command):
    if not ACCEL or "run" not in command[:2] or "--accel" in command:
        return command
    return [*command[:2], "--accel", ACCEL, *command[2:]]


class Failure(Exception):
    pass


class Guest:
    """One run. Output of the console (stdout) and of the command (stderr) is kept apart."""

    def __init__(self, command, env=None, **options):
        command = with_accel(command)
        self.command = command
        self.output = b""
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**os.environ, **(env or {})}, start_new_session=True, **options)
        self.errors = b""
        self.seen = 0

    def _pump(self, seconds):
        """Reads what there is; False at the end of both streams."""
        streams = [s for s in (self.process.stdout, self.process.stderr) if s and not s.closed]
        if not streams:
            return False
        ready, _, _ = select.select(streams, [], [], max(0, seconds))
        for stream in ready:
            data = os.read(stream.fileno(), 65536)
            if not data:
                stream.close()
            elif stream is self.process.stdout:
                self.output += data
            else:
                self.errors += data
        return True

    def expect(self, text, seconds=60):
        """Waits until `text` appears behind what earlier calls have found."""
        wanted, deadline = text.encode(), time.monotonic() + seconds * PATIENCE
        while True:
            at = self.output.find(wanted, self.seen)
            if at >= 0:
                self.seen = at + len(wanted)
                return
            if time.monotonic() > deadline:
                self.kill()
                raise Failure(f"no {text!r} within {seconds * PATIENCE:g} s")
            if not self._pump(min(0.5, deadline - time.monotonic())):
                raise Failure(f"ended without {text!r}")

    def send(self, text):
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def signal(self, number):
        os.kill(self.process.pid, number)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()

    def wait(self, seconds=60):
        """Exit status; killed and a Failure when it takes longer."""
        deadline = time.monotonic() + seconds * PATIENCE
        while self._pump(min(0.5, deadline - time.monotonic())):
            if time.monotonic() > deadline:
                self.kill()
                raise Failure(f"still running after {seconds * PATIENCE:g} s")
        try:
            return self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"still running after {seconds * PATIENCE:g} s") from None

    def text(self):
        return self.output.decode("utf-8", "replace")

    def error_text(self):
        return self.errors.decode("utf-8", "replace")


def check(condition, message):
    if not condition:
        raise Failure(message)


def check_sane(guest, status):
    """True of every run, whatever the guest did: no crash, no sanitizer report."""
    check(status >= 0, f"died by {signal.Signals(-status).name if -status in [s.value for s in signal.Signals] else status}")
    for word in ("AddressSanitizer", "runtime error:", "ThreadSanitizer", "LeakSanitizer"):
        check(word not in guest.error_text(), f"{word} report")


def main(test, *arguments):
    """Runs test(*arguments), which returns its guests or None; prints everything on failure."""
    guests = []
    try:
        test(guests, *arguments)
    except Failure as failure:
        for guest in guests:
            guest.kill()
            print(f"$ {' '.join(guest.command)}\n{guest.text()}\n--- standard error ---\n{guest.error_text()}")
        print(f"FAILED: {failure}")
        sys.exit(1)
    except BaseException:
        for guest in guests:
            guest.kill()
        raise
    for guest in guests:
        guest.kill()
