#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""runbook.py SOURCE: docs/abi-change-runbook.md, done on a copy of the tree: the change of its example passes every gate
once its steps are made and not before, and each of the mistakes it lists is caught by the gate it names."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

errors = []


def expect(true, text):
    if not true:
        errors.append(text)


class Copy:
    def __init__(self, source, folder):
        self.root = os.path.join(folder, "tree")
        os.makedirs(self.root)
        shutil.copytree(f"{source}/sdk/include", f"{self.root}/sdk/include")
        shutil.copy(f"{source}/sdk/ABI.md", f"{self.root}/sdk")
        shutil.copytree(f"{source}/tests/abi", f"{self.root}/tests/abi")

    def gate(self, *arguments):
        """Exit status and output of a gate."""
        result = subprocess.run([sys.executable, f"{self.root}/tests/abi/gate.py", arguments[0], self.root, *arguments[1:]],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return result.returncode, result.stdout

    def change(self, header, old, new):
        path = f"{self.root}/sdk/include/backplane/{header}"
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if old not in text:
            raise SystemExit(f"{header} has no '{old}': the test has to follow the header")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, 1))


def example(source, folder):
    copy = Copy(source, folder)
    with open(f"{source}/docs/abi-change-runbook.md", encoding="utf-8") as file:
        patch = re.search(r"^```diff\n(.*?)^```$", file.read(), flags=re.M | re.S).group(1)
    result = subprocess.run(["patch", "-p1", "-d", copy.root], input=patch, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    expect(result.returncode == 0, f"the example does not apply: {result.stdout}")

    status, text = copy.gate("layout")
    expect(status == 1 and "struct bp_char_api grew by 1" in text, f"step 1: {text}")
    expect(copy.gate("ledger")[0] == 0, "the ledger speaks of the golden files")
    for gate in ("layout", "constants"):
        expect(copy.gate(gate, "--update")[0] == 0 and copy.gate(gate)[0] == 0, f"step 2: {gate}")
    status, text = copy.gate("ledger")
    digest = re.search(r"`([0-9a-f]{12})`", text)
    expect(status == 1 and digest, f"step 3: {text}")
    with open(f"{copy.root}/sdk/ABI.md", "a", encoding="utf-8") as file:
        file.write(f"| 2027-03-02 | 0.2 | `bp_char_api.waiting`: back pressure that a guest can see. | `{digest.group(1)}` |\n")
    for gate in ("ledger", "abidiff", "headers", "tokens", "frozen"):
        status, text = copy.gate(gate)
        expect(status == 0, f"after the steps, {gate} says: {text}")


# A mistake: header, what becomes what, and the gates that must refuse it.
MISTAKES = [
    ("swapped", "line.h", "uint32_t size, flags;\n    /* [machine]. Drives", "uint32_t flags, size;\n    /* [machine]. Drives",
     ["layout"]),
    ("in front", "char.h", "uint32_t (*connected)", "uint32_t (*waiting)(struct bp_char *port);\n    uint32_t (*connected)",
     ["layout", "abidiff"]),
    ("another type", "props.h", "uint64_t min, max;", "int64_t min, max;", ["layout", "abidiff"]),
    ("an argument", "line.h", "uint32_t index, uint32_t level);", "uint32_t index, uint64_t level);", ["layout", "abidiff"]),
    ("renumbered", "abi.h", "#define BP_E_NOMEM       (-2)", "#define BP_E_NOMEM       (-13)", ["constants"]),
    ("gone", "trace.h", "#define BP_LOG_DEBUG 4\n", "", ["constants"]),
    ("a type of the compiler's", "time.h", "uint64_t (*now)", "unsigned long (*now)", ["tokens"]),
]


def mistakes(source, folder):
    for name, header, old, new, gates in MISTAKES:
        copy = Copy(source, os.path.join(folder, name.replace(" ", "-")))
        copy.change(header, old, new)
        for gate in gates:
            status, text = copy.gate(gate)
            expect(status == 1, f"{name}: {gate} lets it pass: {text}")
    copy = Copy(source, os.path.join(folder, "edited"))
    with open(f"{copy.root}/tests/abi/frozen/0.1/include/backplane/abi.h", "a", encoding="utf-8") as file:
        file.write("/* touched */\n")
    expect(copy.gate("frozen")[0] == 1, "an edited frozen header passes")


def main():
    with tempfile.TemporaryDirectory() as folder:
        example(sys.argv[1], os.path.join(folder, "example"))
        mistakes(sys.argv[1], folder)
    print("\n".join(errors) or "runbook: ok")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
