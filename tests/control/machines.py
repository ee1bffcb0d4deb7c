# SPDX-License-Identifier: Apache-2.0
"""Machines with a control socket, and clients for it that say exactly what a test wants said. Every wait is bounded."""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

PATIENCE = float(os.environ.get("BACKPLANE_TEST_PATIENCE", "1"))
SECONDS = 20 * PATIENCE

# A guest that counts in the scratch register of its UART: lui t0,0x10000; li t1,0; 1: addi t1,t1,1; sb t1,7(t0); j 1b
COUNTER = struct.pack("<5I", 0x100002B7, 0x00000313, 0x00130313, 0x006283A3, 0xFF9FF06F)



def code(*words):
    """A program of RISC-V instructions, each ("lui", rd, value) and the like."""
    def encode(name, *x):
        if name == "lui":  # rd, upper 20 bits
            return x[1] << 12 | x[0] << 7 | 0x37
        if name == "li":  # rd, 12 bits
            return (x[1] & 0xFFF) << 20 | x[0] << 7 | 0x13
        if name in ("lw", "lbu"):  # rd, offset, rs
            return x[1] << 20 | x[2] << 15 | {"lw": 2, "lbu": 4}[name] << 12 | x[0] << 7 | 0x03
        if name in ("sw", "sb"):  # rs2, offset, rs1
            return x[1] >> 5 << 25 | x[0] << 20 | x[2] << 15 | {"sw": 2, "sb": 0}[name] << 12 | (x[1] & 31) << 7 | 0x23
        if name == "j":  # bytes back
            offset = -x[0] & 0x1FFFFF
            return (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3FF) << 21 | (offset >> 11 & 1) << 20 | \
                (offset >> 12 & 0xFF) << 12 | 0x6F
        raise ValueError(name)
    return struct.pack(f"<{len(words)}I", *(encode(*word) for word in words))

BOARD = """backplane: 1
kind: board
plugins:
  rv:  { use: riscv }
  rvp: { use: riscv-platform }
  std: { use: standard }
nodes:
  osc:   { type: core/fixed-clock, frequency: 10MHz }
  hart0: { type: rv/rv64gc, hartid: 0, mmu: none, time: clint }
  ram:   { type: core/ram, reg: [0x80000000, 1MiB] }
  clint:
    type: rvp/aclint
    reg: { mswi: [0x02000000, 0x4000], mtimer: [0x02004000, 0x8000], sswi: [0x02f00000, 0x4000] }
    harts: hart0
    clock: osc
  plic:  { type: rvp/plic, reg: [0x0c000000, 4MiB], harts: hart0, sources: 31 }
  uart0: { type: std/ns16550, reg: [0x10000000, 0x100], interrupts: plic 10 level-high, clock: osc, chardev: console }
boot: { firmware: ram+0 }
"""


class Client:
    """A connection to a control socket. `negotiate` False: the greeting is the test's."""

    def __init__(self, path, negotiate=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS)
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                self.socket.connect(path)
                break
            except (BlockingIOError, ConnectionRefusedError):  # the queue is full, or not there yet, for a moment
                assert time.monotonic() < deadline
                time.sleep(0.01)
        self.buffer = b""
        self.events = []
        if negotiate:
            assert "QMP" in self.receive()
            assert self.execute("qmp_capabilities") == {}

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else (json.dumps(data) + "\n").encode())

    def line(self):
        """The next line; None at the end."""
        while b"\n" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def receive(self):
        line = self.line()
        return None if line is None else json.loads(line)

    def answer(self):
        """The next value that is no event."""
        while True:
            value = self.receive()
            if value is None or "event" not in value:
                return value
            self.events.append(value)

    def call(self, name, arguments=None, **more):
        request = {"execute": name, **more}
        if arguments is not None:
            request["arguments"] = arguments
        self.send(request)
        return self.answer()

    def execute(self, name, **arguments):
        answer = self.call(name, {key.replace("_", "-"): value for key, value in arguments.items()})
        assert "return" in answer, answer
        return answer["return"]

    def error(self, name, **arguments):
        answer = self.call(name, arguments)
        assert "error" in answer, answer
        return answer["error"]

    def event(self, name):
        """Waits for an event of this name; its data."""
        while True:
            for i, value in enumerate(self.events):
                if value["event"] == name:
                    del self.events[:i + 1]
                    return value.get("data", {})
            value = self.receive()
            assert value is not None, f"the connection ended before {name}"
            if "event" in value:
                self.events.append(value)

    def close(self):
        self.socket.close()


class Suite:
    """A folder, the command, and tests that run one after the other."""

    def __init__(self, binary):
        self.binary = os.path.abspath(binary)
        self.command = os.path.join(self.binary, "bin/backplane")
        # ThreadSanitizer follows descriptors from thread to thread and does not see libuv close them; tcg opens one on a
        # thread of its own, which may have the number of a client that is gone.
        self.accel = ["--accel", "interp"] if "tsan" in os.path.basename(self.binary) else []
        self.folder = tempfile.mkdtemp(prefix="backplane-control-")
        self.running = []
        self.write("board.yaml", BOARD)
        self.write("counter.bin", COUNTER)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def start(self, *arguments, board="board.yaml", image="counter.bin", name="socket", env=None):
        """Starts a machine; returns (process, path of the socket) once it listens."""
        path = self.path(name)
        process = subprocess.Popen(
            [self.command, "run", self.path(board), "--image", f"firmware={self.path(image)}", "--control", path,
             *(self.accel if "--accel" not in arguments else []), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            pipesize=1 << 20,  # what it says is read at its end, and a trace says much
            env={**os.environ, **(env or {})})
        self.running.append(process)
        deadline = time.monotonic() + SECONDS
        while process.poll() is None:
            try:
                probe = Client(path, negotiate=False)
                probe.line()
                probe.close()
                return process, path
            except OSError:
                assert time.monotonic() < deadline, "no socket"
                time.sleep(0.02)
        raise AssertionError(f"exit {process.returncode}: {process.stderr.read().decode()}")

    def run(self, *arguments, status=0, env=None):
        """Runs the command to its end; (stdout, stderr)."""
        result = subprocess.run([self.command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=3 * SECONDS, env={**os.environ, **(env or {})}, cwd=self.folder)
        assert result.returncode == status, (arguments, result.returncode, result.stdout, result.stderr)
        return result.stdout, result.stderr

    def end(self, process, status=None):
        """Waits for a machine to end; what it said on standard error."""
        try:
            _, errors = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError("the machine does not end")
        assert status is None or process.returncode == status, (process.returncode, errors.decode())
        return errors.decode()

    def main(self, tests, only=None):
        failures = 0
        for test in tests:
            if only and only not in test.__name__:
                continue
            failed = False
            try:
                test(self)
            except Exception:
                failed = True
                print(f"FAILED: {test.__name__}")
                traceback.print_exc(file=sys.stdout)
            for process in self.running:
                if process.stderr.closed:  # the test has seen its end
                    continue
                alive = process.poll() is None
                process.kill()
                errors = process.communicate()[1].decode(errors="replace")
                if failed or not alive:
                    print(f"a machine {'' if alive else f'ended with {process.returncode} and '}said:\n{errors}")
            self.running.clear()
            failures += failed
        shutil.rmtree(self.folder)
        print(f"{len(tests)} tests, {failures} failed")
        return 1 if failures else 0


def count(client):
    """What the counting guest has got to. It never stands still for long."""
    uart = client.execute("inspect", node="uart0")
    return [r["value"] for r in uart["regions"][0]["registers"] if r["name"] == "SCR"][0]


def is_counting(client):
    before = count(client)
    deadline = time.monotonic() + SECONDS
    while count(client) == before:
        if time.monotonic() > deadline:
            return False
    return True
