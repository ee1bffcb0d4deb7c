#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A storm of signals that the process ignores or handles, and is stopped and continued by: the guest must not notice.

    signals.py load INTERRUPTER -- backplane run BOARD ...      programs/stress.c, for the time of the storm
    signals.py again INTERRUPTER -- backplane run BOARD ...     a program that ends by itself, again and again

They come from this process, at the process and at each of its threads, for SIGNAL_SECONDS (3). INTERRUPTER is interrupter.c,
built for LD_PRELOAD: it handles SIGUSR1 and SIGUSR2 so that system calls end with EINTR.
"""
import ctypes
import os
import re
import signal
import sys
import threading
import time

from harness import Guest, check, check_sane, main

SECONDS = float(os.environ.get("SIGNAL_SECONDS", "3"))
QUIET = (signal.SIGWINCH, signal.SIGCHLD, signal.SIGCONT, signal.SIGPIPE, signal.SIGURG, signal.SIGUSR1, signal.SIGUSR2)
TGKILL = {"x86_64": 234}.get(os.uname().machine, 131)  # which is that of all newer ones
libc = ctypes.CDLL(None, use_errno=True)


def send_to_thread(process, thread, number):
    libc.syscall(TGKILL, process, thread, int(number))


class Storm:
    """From the beginning of a `with` to its end; the process may end meanwhile."""

    def __init__(self, process):
        self.process = process
        self.sent = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _burst(self):
        pid = self.process.pid
        for thread in os.listdir(f"/proc/{pid}/task"):
            for number in QUIET:
                send_to_thread(pid, int(thread), number)
                self.sent += 1
        for number in QUIET:
            os.kill(pid, number)

    def _run(self):
        rounds = 0
        while not self.over.is_set() and self.process.poll() is None:
            try:
                self._burst()
                rounds += 1
                if rounds % 16 == 0:
                    os.kill(self.process.pid, signal.SIGSTOP)
                    time.sleep(0.002)
                    os.kill(self.process.pid, signal.SIGCONT)
            except (FileNotFoundError, ProcessLookupError):
                return
            time.sleep(0.0005)


def start(guests, interrupter, command):
    """SIGUSR1 and SIGUSR2 wait until they are handled. SIGPIPE is ignored from the start, as it is in Python."""
    preload = {"LD_PRELOAD": interrupter}
    if "ASAN_OPTIONS" in os.environ:
        preload["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
    waiting = {signal.SIGUSR1, signal.SIGUSR2}
    signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    guest = Guest(command, preload, restore_signals=False)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, waiting)
    guests.append(guest)
    return guest


def check_end(guest, storm):
    status = guest.wait(60)
    check_sane(guest, status)
    check("PASS " in guest.text(), "no PASS on the console")
    check(status == 0, f"exit status {status}")
    told = re.search(r"interrupter: (\d+) signals", guest.error_text())
    check(told, "the interrupter was not there")
    return storm.sent, int(told[1])


def load(guests, interrupter, command):
    guest = start(guests, interrupter, command)
    with Storm(guest.process) as storm:
        guest.expect(" harts")
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            guest._pump(0.1)
            check(guest.process.poll() is None, f"ended by itself with status {guest.process.poll()}")
        guest.send("q")
        guest.expect("PASS ")
    sent, handled = check_end(guest, storm)
    print(f"{sent} signals to threads, {handled} handled")
    check(handled, "not one of the signals was handled")


def again(guests, interrupter, command):
    end, runs, sent, handled = time.monotonic() + SECONDS, 0, 0, 0
    while time.monotonic() < end:
        guest = start(guests, interrupter, command)
        with Storm(guest.process) as storm:
            guest.expect("PASS ")
        more = check_end(guest, storm)
        runs, sent, handled = runs + 1, sent + more[0], handled + more[1]
        guests.remove(guest)
    print(f"{runs} runs, {sent} signals to threads, {handled} handled")
    check(handled, "not one of the signals was handled")


main(globals()[sys.argv[1]], sys.argv[2], sys.argv[4:])
