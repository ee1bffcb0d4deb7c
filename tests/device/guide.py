#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that the code a guide shows is the code that is built: every fence "```c plain file=NAME" or "```c compile
file=NAME" of the document, or of another language, must be an uninterrupted part of NAME in one of the folders.

usage: guide.py DOCUMENT EXAMPLES...
"""
import os
import re
import sys


def main():
    document, *examples = sys.argv[1:]
    with open(document, encoding="utf-8") as file:
        text = file.read()
    fences = re.findall(r"^```(?:c|cpp|rust) (?:plain|compile) file=(\S+)\n(.*?)^```$", text, flags=re.M | re.S)
    errors = []
    for name, code in fences:
        path = next((p for p in (os.path.join(folder, os.path.basename(name)) for folder in examples) if os.path.exists(p)), name)
        with open(path, encoding="utf-8") as file:
            if code not in file.read():
                errors.append(f"{document}: this is not in {path}; copy it anew:\n{code}")
    print("\n".join(errors) if errors else f"{len(fences)} parts of examples match")
    return 1 if errors or not fences else 0


if __name__ == "__main__":
    sys.exit(main())
