# SPDX-License-Identifier: Apache-2.0
"""Guests of the benchmark: runs that end by themselves, and sessions that are told what to do next."""
import os
import re
import select
import subprocess
import time

from emulators import cpu_seconds, memory_over_ram


class Failure(Exception):
    pass


def run(command, until=None, timeout=600):
    """(seconds to the byte string `until` or the first output, all output, peak Rss, peak Rss over guest RAM if `until`,
    seconds of CPU time)"""
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, seconds, over = b"", None, None
    try:
        while True:
            ready, _, _ = select.select([process.stdout], [], [], max(0, started + timeout - time.monotonic()))
            if not ready:
                raise Failure(f"no end after {timeout} s: {' '.join(command)}")
            data = os.read(process.stdout.fileno(), 65536)
            output += data
            if seconds is None and (until in output if until else output):
                seconds = time.monotonic() - started
                if until:
                    over = memory_over_ram(process.pid)
            if not data:
                break
        errors = process.stderr.read().decode("utf-8", "replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()
    if process.returncode != 0 or seconds is None:
        raise Failure(f"exit status {process.returncode}: {' '.join(command)}\n{tail(output)}\n{errors}")
    return seconds, output, usage.ru_maxrss * 1024, over, usage.ru_utime + usage.ru_stime


def tail(output):
    return output.decode("utf-8", "replace")[-2000:]


class Session:
    """A Linux guest that carries out one command after the other: guest.sh is its side of it."""

    BOOT, COMMAND = 600, 600  # seconds

    def __init__(self, emulator, initrd, harts):
        self.name, self.command = emulator.name, emulator.linux(initrd, harts)
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.output = b""

    def ready(self):
        self.until(rb"bench: ready", self.BOOT)

    def until(self, pattern, seconds):
        """What came up to the end of the pattern, and the match."""
        deadline = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.output)
            if match:
                text, self.output = self.output[:match.end()], self.output[match.end():]
                return text.decode("utf-8", "replace"), match
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 65536) if readable else b""
            if not data:
                what = f"ended before its time, status {self.process.wait(10)}" if readable else f"says nothing for {seconds} s"
                raise Failure(f"{self.name} {what}: {' '.join(self.command)}\n{tail(self.output)}")
            self.output += data

    def send(self, line):
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the next thing read says why

    def measure(self, command):
        """(seconds by the guest's clock, seconds of the emulator's CPU time, checksum)"""
        started, cpu = time.monotonic(), cpu_seconds(self.process.pid)
        self.send(command)
        text, status = self.until(rb"bench: status (\d+)", self.COMMAND)
        result = re.search(r"^result \S+ (\d+) (\w+)\r?$", text, re.M)
        if status[1] != b"0" or not result:
            raise Failure(f"{self.name}: {command}: {text.strip()}")
        seconds = int(result[1]) / 1e9
        if seconds > (time.monotonic() - started) * 1.05:
            raise Failure(f"{self.name}: {command}: {seconds:.3f} s by the guest's clock, less by the host's")
        return seconds, cpu_seconds(self.process.pid) - cpu, result[2]

    def check_clock(self, milliseconds=1000, tries=4):
        """The guest's clock keeps pace with the host's, within a fifth: the host may be busy, so one fair try will do."""
        for _ in range(tries):
            self.send(f"suite wait {milliseconds}")
            self.until(rb"begin\r?\n", 60)
            started = time.monotonic()
            text, _ = self.until(rb"result wait (\d+) ", 60)
            host, guest = time.monotonic() - started, int(re.search(r"result wait (\d+) ", text)[1]) / 1e9
            self.until(rb"bench: status 0", 60)
            if 0.8 < host / guest < 1.2:
                return
        raise Failure(f"{self.name}: {guest:.2f} s by the guest's clock are {host:.2f} s by the host's")

    def end(self):
        """Powers off."""
        self.send("exit")
        while True:
            readable, _, _ = select.select([self.process.stdout], [], [], 60)
            if not readable:
                raise Failure(f"{self.name} does not power off: {' '.join(self.command)}\n{tail(self.output)}")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                break
            self.output += data
        if self.process.wait(60):
            raise Failure(f"{self.name} ends with status {self.process.returncode}\n{tail(self.output)}")

    def memory_over_ram(self):
        return memory_over_ram(self.process.pid)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
