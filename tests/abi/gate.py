#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gates that keep the plug-in ABI: run by the test command, one gate a test.

    gate.py headers  SOURCE                each header alone: C11 and C++17, gcc and clang
    gate.py tokens   SOURCE                nothing with a size or layout of the compiler's choosing in an ABI struct
    gate.py layout   SOURCE [--update]     every public struct against layout.golden: old fields exact, append only
    gate.py constants SOURCE [--update]    every BP_* constant against constants.golden: none renumbered or gone
    gate.py ledger   SOURCE                sdk/ABI.md knows the version and the content of the headers
    gate.py borders  SOURCE                who may include whom
    gate.py symbols  SOURCE PLUGIN.so...   one exported symbol, imports from libc and libm only
    gate.py frozen   SOURCE [--update]     the released SDKs in tests/abi/frozen are as they were released
    gate.py abidiff  SOURCE                signatures and members against each of them, by abidiff on a probe
    gate.py rust     SOURCE [--update]     backplane-sys is what the headers say, and rustc lays it out as layout.golden does

--update rewrites a golden file after a deliberate change; the ledger then wants a line (docs/abi-change-runbook.md).
"""
import glob
import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile

import rust

HERE = os.path.dirname(os.path.abspath(__file__))
PROBE = "".join(f"#include <backplane/{name}.h>\n" for name in
                "abi plugin props device mmio regs line time bus backend char block state trace thread fdt attach i2c spi can random ir cpu accel".split())
TIER_D = re.sub(r"#include <backplane/(ir|cpu|accel)\.h>\n", "", PROBE)


def headers_of(source):
    found = sorted(glob.glob(f"{source}/sdk/include/backplane/**/*.h", recursive=True))
    if not found:
        raise SystemExit(f"{source}/sdk/include/backplane: no headers: wrong source folder")
    return found


def run(command, text=""):
    result = subprocess.run(command, input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return result.returncode, result.stdout, result.stderr


def strip_comments(text):
    return re.sub(r"//[^\n]*", "", re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S))


def gate_headers(source):
    compilers = [("gcc", "c", "c11"), ("g++", "c++", "c++17"), ("clang", "c", "c11"), ("clang++", "c++", "c++17")]
    missing = [c for c, _, _ in compilers if not shutil.which(c)]
    errors = [f"{c}: not installed: run ./tools/test, which installs it" for c in missing]
    for header in headers_of(source):
        for compiler, language, standard in compilers:
            if compiler in missing:
                continue
            # C++17 lacks anonymous structs, which every C++ compiler accepts: pedantic for C alone.
            pedantic = ["-pedantic"] if language == "c" else []
            status, _, err = run([compiler, "-x", language, f"-std={standard}", "-Wall", "-Wextra", *pedantic, "-Werror",
                                  "-Wno-unused-function", f"-I{source}/sdk/include", "-fsyntax-only", "-"],
                                 f'#include "{header}"\n')
            if status:
                errors.append(f"{header}: does not stand alone with {compiler} -std={standard}:\n{err}")
    for header in sorted(glob.glob(f"{source}/sdk/include/backplane/**/*.hpp", recursive=True)):
        for compiler, standard in itertools.product(("g++", "clang++"), ("c++17", "c++20")):
            if compiler in missing:
                continue
            status, _, err = run([compiler, "-x", "c++", f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-fno-exceptions",
                                  "-fno-rtti", f"-I{source}/sdk/include", "-fsyntax-only", "-"], f'#include "{header}"\n')
            if status:
                errors.append(f"{header}: does not stand alone with {compiler} -std={standard}:\n{err}")
    return errors


def gate_tokens(source):
    """Applies to ABI headers; util/ and draft/ hold inline helpers and are exempt from the size_t rule only."""
    errors = []
    for header in headers_of(source):
        with open(header, encoding="utf-8") as file:
            text = strip_comments(file.read())
        inline_helpers = "/util/" in header
        for number, line in enumerate(text.split("\n"), 1):
            include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if include and not re.match(r"(backplane/|(stddef|stdint|string|stdio|stdlib|stdarg)\.h$)", include.group(1)):
                errors.append(f"{header}:{number}: includes {include.group(1)}: only <backplane/...> and freestanding headers may cross")
            if re.match(r"\s*#\s*if(def)?\b.*CONFIG", line):
                errors.append(f"{header}:{number}: a build option in a public header: every build must see the same ABI")
            if inline_helpers:
                continue
            for token in ("long", "size_t", "bool", "_Bool", "wchar_t", "time_t", "off_t"):
                if re.search(rf"\b{token}\b", line):
                    errors.append(f"{header}:{number}: {token}: its size is not ours to promise: use a fixed-width integer")
            if re.search(r"\benum\b", line) and "names only" not in line and "enum bp_ir_opcode_" not in line:
                errors.append(f"{header}:{number}: enum: its type is the compiler's choice: use #define constants and uint32_t")
            if re.search(r"\b(u?int\d+_t|int|unsigned)\s+\w+\s*:\s*\d+", line):
                errors.append(f"{header}:{number}: bit-field: its layout is the compiler's choice: use masks")
    return errors


def dump_layouts(source, probe=PROBE, sizes=None):
    status, out, err = run(["clang", "-x", "c", "-std=c11", "-fsyntax-only", "-Xclang", "-fdump-record-layouts-complete",
                            f"-I{source}/sdk/include", "-"], probe)
    if status:
        raise SystemExit(f"the probe does not compile:\n{err}")
    layouts = {}
    for block in out.split("*** Dumping AST Record Layout")[1:]:
        rows = [re.sub(r"\(anonymous at [^)]*\)", "(anonymous)", row.rstrip()) for row in block.strip("\n").split("\n")]
        head = re.match(r"\s*0 \| (?:struct|union) (bp_\w+)$", rows[0])
        if head:
            layouts[head.group(1)] = [re.sub(r"\s+", " ", row).strip() for row in rows[1:] if "|" in row and "[sizeof" not in row]
            if sizes is not None:
                sizes[head.group(1)] = int(re.search(r"\[sizeof=(\d+)", block).group(1))
    return layouts


def dump_constants(source, probe=PROBE):
    status, out, err = run(["gcc", "-std=c11", "-E", "-dM", f"-I{source}/sdk/include", "-"], probe)
    if status:
        raise SystemExit(f"the probe does not compile:\n{err}")
    values = dict(re.findall(r"^#define (BP_\w+) (.+)$", out, flags=re.M))
    skip = {"BP_BEGIN", "BP_END", "BP_EXPORT", "BP_SDK_MINOR", "BP_SDK_MAJOR"}
    constants = {name: value for name, value in values.items() if name not in skip}
    with open(f"{source}/sdk/include/backplane/ir_ops.def", encoding="utf-8") as file:
        for number, name, rest in re.findall(r"^BP_IR_OP\((\d+), (\w+), (.*?)\)", file.read(), flags=re.M):
            constants[f"IR op {name}"] = f"{number} {rest}"
    return constants


def read_golden(path):
    """Sections "[name]" with one row a line."""
    sections, rows = {}, None
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file.read().split("\n"):
                if line.startswith("["):
                    rows = sections.setdefault(line.strip("[]"), [])
                elif line and not line.startswith("#"):
                    rows.append(line)
    return sections


def write_golden(path, sections):
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Written by tests/abi/gate.py --update. Reviewed like an interface, because it is one.\n")
        for name in sorted(sections):
            file.write(f"[{name}]\n" + "".join(f"{row}\n" for row in sections[name]))


def gate_layout(source, update=False):
    golden, now = f"{HERE}/layout.golden", dump_layouts(source)
    if update:
        write_golden(golden, now)
        return []
    errors, before = [], read_golden(golden)
    for name, rows in before.items():
        new = now.get(name)
        if new is None:
            errors.append(f"struct {name} is gone: a plug-in out there uses it; keep it")
        elif new[:len(rows)] != rows:
            changed = next((f"'{a}' became '{b}'" for a, b in zip(rows, new) if a != b), "fields were removed")
            errors.append(f"struct {name}: {changed}: fields keep place and type for ever; append at the tail")
        elif len(new) > len(rows):
            errors.append(f"struct {name} grew by {len(new) - len(rows)}: if meant, run gate.py layout --update and add a line to sdk/ABI.md")
    errors += [f"struct {name} is new: if meant, run gate.py layout --update and add a line to sdk/ABI.md" for name in now if name not in before]
    return errors if before else ["layout.golden is missing or empty: run gate.py layout --update"]


def gate_constants(source, update=False):
    golden, now = f"{HERE}/constants.golden", dump_constants(source)
    if update:
        write_golden(golden, {"constants": [f"{name} = {now[name]}" for name in sorted(now)]})
        return []
    before = dict(row.split(" = ", 1) for row in read_golden(golden).get("constants", []))
    errors = [f"{name} is gone: it was {value}" for name, value in before.items() if name not in now]
    errors += [f"{name} changed from {value} to {now[name]}: constants are never renumbered"
               for name, value in before.items() if name in now and now[name] != value]
    errors += [f"{name} is new: if meant, run gate.py constants --update and add a line to sdk/ABI.md" for name in now if name not in before]
    return errors if before else ["constants.golden is missing or empty: run gate.py constants --update"]


def gate_ledger(source):
    """The newest ledger entry carries a digest of both golden files, so no change of the ABI passes unwritten."""
    digest = hashlib.sha256()
    for name in ("layout.golden", "constants.golden"):
        with open(f"{HERE}/{name}", "rb") as file:
            digest.update(file.read())
    short = digest.hexdigest()[:12]
    with open(f"{source}/sdk/ABI.md", encoding="utf-8") as file:
        found = re.findall(r"^\| \d{4}-\d\d-\d\d \|.*\| `([0-9a-f]{12})` \|$", file.read(), flags=re.M)
    if not found or found[-1] != short:
        return [f"sdk/ABI.md: the last row must describe the ABI as it is now: add a dated row that ends in `{short}`"]
    return []


def gate_borders(source):
    rules = [("plugins", r"<backplane/[\w/]+\.(h|def)>", "a plug-in sees the SDK and its own files only"),
             ("sdk", r"<backplane/[\w/]+\.(h|def)>", "the SDK stands alone")]
    # Accelerators share common/, and a translator is a tier above the interpreter, which it is built with.
    shared = {"plugins/accel/interp": ["plugins/accel/common/"],
              "plugins/accel/tcg": ["plugins/accel/common/", "plugins/accel/interp/"]}
    errors, seen = [], 0
    for folder, allowed, why in rules:
        for path in glob.glob(f"{source}/{folder}/**/*.[ch]", recursive=True) + glob.glob(f"{source}/{folder}/**/*.inc", recursive=True):
            seen += 1
            root = "/".join(os.path.relpath(path, source).split("/")[:3])
            with open(path, encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
                    if not match:
                        continue
                    if match.group(1) == "<":
                        bad = "core/" in match.group(2) or re.match(r"(uv|yaml|libfdt|criterion)", match.group(2))
                    else:
                        target = os.path.relpath(os.path.normpath(os.path.join(os.path.dirname(path), match.group(2))), source)
                        own = target.startswith((root + "/", *shared.get(root, ())))
                        bad = not own and folder == "plugins" or target.startswith(("core/", "../"))
                    if bad:
                        errors.append(f"{path}:{number}: includes {match.group(2)}: {why}")
    for path in glob.glob(f"{source}/core/**/*.[ch]", recursive=True):
        seen += 1
        with open(path, encoding="utf-8") as file:
            errors += [f"{path}:{number}: includes plugins/: the core knows no device, CPU or accelerator"
                       for number, line in enumerate(file, 1) if re.match(r"\s*#\s*include.*plugins/", line)]
    return errors if seen > 20 else [f"only {seen} files found: wrong source folder"]


# What a debugger looks up by name, in stripped objects too.
FOR_DEBUGGERS = {"tcg.so": ("__jit_debug_descriptor", "__jit_debug_register_code")}


def gate_symbols(source, plugins):
    errors = []
    for plugin in plugins:
        _, defined, _ = run(["nm", "-D", "--defined-only", plugin])
        names = [line.split()[-1] for line in defined.split("\n") if line]
        wanted = sorted(["bp_plugin_query_v1", *FOR_DEBUGGERS.get(os.path.basename(plugin), ())])
        if sorted(names) != wanted:
            errors.append(f"{plugin}: exports {', '.join(names) or 'nothing'}: exactly {', '.join(wanted)} should be")
        _, dynamic, _ = run(["readelf", "-dW", plugin])
        needed = re.findall(r"NEEDED.*\[(.*)\]", dynamic)
        errors += [f"{plugin}: needs {library}: only libc and libm may be linked" for library in needed
                   if not re.match(r"(libc|libm|ld-linux.*)\.so", library)]
    return errors if plugins else ["no plug-ins given"]


def frozen_sdks():
    return sorted(name for name in os.listdir(f"{HERE}/frozen") if re.fullmatch(r"\d+\.\d+", name))


def gate_frozen(source, update=False):
    """A frozen SDK that somebody edits would prove nothing."""
    lines = []
    for sdk in frozen_sdks():
        digest, folder = hashlib.sha256(), f"{HERE}/frozen/{sdk}"
        for path in sorted(glob.glob(f"{folder}/**/*.*", recursive=True)):
            with open(path, "rb") as file:
                digest.update(os.path.relpath(path, folder).encode() + b"\0" + file.read())
        lines.append(f"{sdk} {digest.hexdigest()}\n")
    if update:
        with open(f"{HERE}/frozen/DIGESTS", "w", encoding="utf-8") as file:
            file.writelines(lines)
        return []
    with open(f"{HERE}/frozen/DIGESTS", encoding="utf-8") as file:
        if file.readlines() == lines and lines:
            return []
    return ["tests/abi/frozen is not what was released: restore it; a new release gets a folder of its own and --update"]


# What abidiff says when more happened than an append, and of an append. Its suppressions would hide the former as well.
APPENDED = re.compile(r"data member insertion")
CHANGED = re.compile(r"^(type '.*' of '.*' changed|'.*' offset changed|.*data member deletion|.*was (removed|deleted)|.*return type changed)")


def build_probe(include, folder, name):
    """A shared object with a pointer to every public struct, so that abidiff has roots from which it sees them all."""
    probe = "".join(f"#include <backplane/{header}.h>\n" for header in
                    (os.path.basename(path)[:-2] for path in sorted(glob.glob(f"{include}/backplane/*.h"))))
    _, out, err = run(["clang", "-x", "c", "-std=c11", "-fsyntax-only", "-Xclang", "-fdump-record-layouts-complete",
                       f"-I{include}", "-"], probe)
    structs = sorted(set(re.findall(r"^\s*0 \| struct (bp_\w+)$", out, flags=re.M)))
    if len(structs) < 20:
        raise SystemExit(f"only {len(structs)} structs in {include}: {err}")
    source = probe + "".join(f"struct {name} *probe_{name};\n" for name in structs)
    status, _, err = run(["gcc", "-x", "c", "-std=c11", "-g", "-shared", "-fPIC", f"-I{include}", "-o", f"{folder}/{name}", "-"], source)
    if status:
        raise SystemExit(f"the probe does not compile:\n{err}")
    return f"{folder}/{name}"


def gate_abidiff(source):
    if not shutil.which("abidiff"):
        return ["abidiff is not installed: run ./tools/test, which installs abigail-tools"]
    errors = []
    with tempfile.TemporaryDirectory() as folder:
        now = build_probe(f"{source}/sdk/include", folder, "now.so")
        for sdk in frozen_sdks():
            then = build_probe(f"{HERE}/frozen/{sdk}/include", folder, "then.so")
            status, out, err = run(["abidiff", "--leaf-changes-only", "--no-added-syms", then, now])
            changed = [line.strip() for line in out.split("\n") if CHANGED.match(line.strip())]
            if changed or status & ~4 or (status and not APPENDED.search(out)):
                errors.append(f"SDK {sdk} and this one differ in more than what was appended: {'; '.join(changed) or out + err}")
    return errors if frozen_sdks() else ["tests/abi/frozen holds no released SDK"]


def gate_rust(source, update=False):
    if not shutil.which("rustc"):
        return ["rustc is not installed: run ./tools/test, which installs it"]
    sizes = {}
    layouts, constants = dump_layouts(source, TIER_D, sizes), dump_constants(source, TIER_D)
    with tempfile.TemporaryDirectory() as folder:
        return rust.check(source, layouts, sizes, constants, read_golden(f"{HERE}/layout.golden"), run, folder, update)


def main():
    gate, source, rest = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[3:]
    if gate == "symbols":
        errors = gate_symbols(source, rest)
    elif gate in ("layout", "constants", "frozen", "rust"):
        errors = globals()[f"gate_{gate}"](source, "--update" in rest)
    else:
        errors = globals()[f"gate_{gate}"](source)
    print("\n".join(errors) if errors else f"{gate}: ok")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
