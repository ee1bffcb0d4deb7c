#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles or runs the snippets of the documentation, so that it cannot drift from the product.

A fence's info string says what to do with it; the words after the language are:

    ```yaml check [file=NAME]   is a valid description: `backplane check` exits 0
    ```yaml save file=NAME      is kept for a later snippet, which includes it
    ```yaml invalid             has mistakes: exits 2; a following ```text output fence is the exact report
    ```c compile [file=NAME]    compiles alone as C11 against the SDK, without a warning
    ```sh run [installed]       runs with the built `backplane` in PATH (installed: with one that was installed, and is
                                found by CMake and pkg-config); a following ```text output is what it prints
    ```LANGUAGE plain           is shown only (fragments, other machines)

Every c, yaml and sh fence must carry one of them. Files of one document share a folder, so that a later snippet may
use what an earlier one wrote.

usage: snippets.py SOURCE_DIR BINARY_DIR DOCUMENT...
"""
import os
import re
import subprocess
import sys
import tempfile

TESTED = {"c", "yaml", "sh"}
FENCE = re.compile(r"^```(\S*)[ ]*(.*)$")


def fences(path):
    """Yields (line, language, words, text) for every fenced block of a Markdown file."""
    block = None
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            match = FENCE.match(line)
            if block is None and match:
                block = (number, match.group(1), match.group(2).split(), [])
            elif block is not None and line == "```":
                yield block[0], block[1], block[2], "\n".join(block[3]) + "\n"
                block = None
            elif block is not None:
                block[3].append(line)
    if block is not None:
        raise ValueError(f"{path}:{block[0]}: fence without an end: close it with ```")


class Document:
    def __init__(self, path, source, binary, folder):
        self.path, self.source, self.binary, self.folder = path, source, binary, folder
        self.failures, self.tested = [], 0
        self.env = dict(os.environ, PATH=f"{binary}/bin:{os.environ['PATH']}", BACKPLANE_SOURCE=source)
        self.prefix = None

    def fail(self, line, text):
        self.failures.append(f"{self.path}:{line}: {text}")

    def installed(self):
        """The environment of somebody who installed Backplane."""
        if not self.prefix:
            self.prefix = tempfile.TemporaryDirectory(prefix="backplane-prefix-")
            subprocess.run(["cmake", "--install", self.binary, "--prefix", self.prefix.name], check=True,
                           stdout=subprocess.DEVNULL, timeout=120)
        prefix = self.prefix.name
        return dict(os.environ, PATH=f"{prefix}/bin:{os.environ['PATH']}", CMAKE_PREFIX_PATH=prefix,
                    PKG_CONFIG_PATH=f"{prefix}/share/pkgconfig")

    def run(self, command, env=None):
        return subprocess.run(command, cwd=self.folder, env=env or self.env, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)

    def write(self, line, words, suffix, text):
        name = next((w[5:] for w in words if w.startswith("file=")), f"snippet{line}{suffix}")
        target = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as out:
            out.write(text)
        return name

    def expect(self, line, result, status, output):
        if result.returncode != status:
            self.fail(line, f"exit status {result.returncode} instead of {status}:\n{result.stdout}")
        elif output is not None and result.stdout.strip() != output.strip():
            self.fail(line, f"output differs; the document says\n{output}\nbut it was\n{result.stdout}")

    def check(self, line, words, text, output):
        name = self.write(line, words, ".yaml", text)
        self.expect(line, self.run(["backplane", "check", name]), 0, output)

    def invalid(self, line, words, text, output):
        name = self.write(line, words, ".yaml", text)
        self.expect(line, self.run(["backplane", "check", name]), 2, output)

    def save(self, line, words, text, output):
        self.write(line, words, "", text)

    def compile(self, line, words, text, output):
        name = self.write(line, words, ".c", text)
        command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-fsyntax-only",
                   f"-I{self.source}/sdk/include", name]
        self.expect(line, self.run(command), 0, output)

    def run_shell(self, line, words, text, output):
        env = self.installed() if "installed" in words else None
        self.expect(line, self.run(["bash", "-euo", "pipefail", "-c", text], env), 0, output)

    def test(self):
        actions = {"check": self.check, "invalid": self.invalid, "compile": self.compile, "run": self.run_shell,
                   "save": self.save}
        blocks = list(fences(self.path))
        for i, (line, language, words, text) in enumerate(blocks):
            action = words[0] if words else ""
            if action in actions:
                following = blocks[i + 1] if i + 1 < len(blocks) else (0, "", [], "")
                output = following[3] if following[2][:1] == ["output"] else None
                actions[action](line, words[1:], text, output)
                self.tested += 1
            elif language in TESTED and action != "plain":
                self.fail(line, f"```{language} without a word that says how it is tested: add check, compile, run or plain")


def main():
    source, binary, documents = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3:]
    failures, tested = [], 0
    for path in documents:
        with tempfile.TemporaryDirectory() as folder:
            document = Document(path, source, binary, folder)
            document.test()
            failures += document.failures
            tested += document.tested
    print("\n".join(failures) if failures else f"{tested} snippets of {len(documents)} documents hold")
    return 1 if failures or not tested else 0


if __name__ == "__main__":
    sys.exit(main())
