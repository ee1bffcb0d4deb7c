# SPDX-License-Identifier: Apache-2.0
"""backplane-sys, the Rust declarations of the plug-in ABI: written from what clang and gcc make of the C headers, so that
they have no content of their own. gate.py runs what is here."""
import os
import re

CRATE = "sdk/rust/backplane-sys"

SCALARS = {"void": "c_void", "char": "c_char", "double": "f64"}
SCALARS.update({f"{sign}int{bits}_t": f"{letter}{bits}" for sign, letter in (("u", "u"), ("", "i")) for bits in (8, 16, 32, 64)})
KEYWORDS = {"type", "self", "ref", "move", "fn", "in", "loop", "match", "where", "use", "as", "box"}

HEAD = """// SPDX-License-Identifier: Apache-2.0
//! The C headers of Backplane's plug-in ABI (`<backplane/...>`, tier D) as Rust: structs, interfaces and constants, under
//! their own names. What they mean is said in the headers. Everything here is unsafe to use; `backplane` is not.
//!
//! Written by `tests/abi/gate.py rust . --update` from the headers; not to be edited.
#![no_std]
#![allow(non_camel_case_types)]
#![cfg_attr(rustfmt, rustfmt_skip)]

pub use core::ffi::c_void;

/// As the C compiler of the platform has it.
#[cfg(target_arch = "x86_64")]
pub type c_char = i8;
#[cfg(not(target_arch = "x86_64"))]
pub type c_char = u8;

"""


def parameters(text):
    """The types between the parentheses of a function pointer, whose parameters may be function pointers."""
    depth, start, found = 0, 0, []
    for i, letter in enumerate(text + ","):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            found.append(text[start:i].strip())
            start = i + 1
    return [] if found == ["void"] else found


def rust_type(c):
    """A C type as clang writes it."""
    c = c.strip()
    array = re.fullmatch(r"(.*?)\s*\[(\d+)\]", c)
    if array:
        return f"[{rust_type(array.group(1))}; {array.group(2)}]"
    # R (*)(P, ...), where R may itself be a pointer.
    function = re.fullmatch(r"([^(]*)\(\*\)\((.*)\)", c)
    if function:
        result = function.group(1).strip()
        given = ", ".join(rust_type(p) for p in parameters(function.group(2)))
        back = "" if result == "void" else f" -> {rust_type(result)}"
        return f"Option<unsafe extern \"C\" fn({given}){back}>"
    pointer = re.fullmatch(r"(.*?)\s*\*\s*(const)?", c)
    if pointer:
        target = pointer.group(1).strip()
        constant = re.match(r"const\s+", target) if "*" not in target else re.search(r"\*\s*const$", target)
        if constant and "*" not in target:
            target = target[constant.end():]
        return f"*{'const' if constant else 'mut'} {rust_type(target)}"
    if c in SCALARS:
        return SCALARS[c]
    struct = re.fullmatch(r"(?:struct )?(bp_\w+)", c)
    if not struct:
        raise SystemExit(f"tests/abi/rust.py: `{c}` has no translation: add one to rust_type()")
    return struct.group(1)


def zero(rust):
    if rust.startswith("Option"):
        return "None"
    if rust.startswith("*"):
        return "core::ptr::null_mut()" if rust.startswith("*mut") else "core::ptr::null()"
    if rust.startswith("["):
        return "[0; {}]".format(rust.rstrip("]").split("; ")[-1])
    return "0.0" if rust == "f64" else "0" if re.fullmatch(r"[iu]\d+|c_char", rust) else f"{rust}::ZERO"


def name_of(c):
    return f"r#{c}" if c in KEYWORDS - {"self"} else f"{c}_" if c == "self" else c


def members(rows):
    """(offset, type, name) of a struct's own members; rows of a nested one are indented in what clang printed."""
    for row in rows:
        offset, rest = row.split(" | ", 1)
        yield int(offset), *rest.rsplit(" ", 1)


def constant(name, value):
    value = value.strip()
    if value.startswith('"'):
        text = value.strip('"')
        return f'pub const {name}: &[u8; {len(text) + 1}] = b"{text}\\0";\n'
    number = value.strip("()").rstrip("uUlL")
    if not re.fullmatch(r"-?(0x[0-9a-fA-F]+|\d+)", number):
        return ""
    kind = "i32" if number.startswith("-") or name == "BP_OK" else "u32" if int(number, 0) < 1 << 32 else "u64"
    return f"pub const {name}: {kind} = {number};\n"


def source_of(layouts, constants):
    text, opaque = HEAD, set()
    for name in sorted(constants):
        if not name.startswith("IR op"):
            text += constant(name, constants[name])
    for name in sorted(layouts):
        fields = [(name_of(field), rust_type(c)) for _, c, field in members(layouts[name])]
        for _, rust in fields:
            opaque.update(set(re.findall(r"bp_\w+", rust)) - set(layouts))
        text += f"\n#[repr(C)]\n#[derive(Clone, Copy)]\npub struct {name} {{\n"
        text += "".join(f"    pub {field}: {rust},\n" for field, rust in fields)
        text += f"}}\n\nimpl {name} {{\n    /// All bits zero: what absent members mean.\n    pub const ZERO: Self = Self {{\n"
        text += "".join(f"        {field}: {zero(rust)},\n" for field, rust in fields) + "    };\n}\n"
    for name in sorted(opaque):
        text += f"\n#[repr(C)]\npub struct {name} {{\n    _opaque: [u8; 0],\n}}\n"
    return text


def prober(layouts):
    """A program that says where rustc puts the members."""
    text = "use backplane_sys::*;\nuse std::mem::MaybeUninit;\nuse std::ptr::addr_of;\n\nfn main() {\n"
    for name in sorted(layouts):
        text += f"    let it = MaybeUninit::<{name}>::uninit();\n    let p = it.as_ptr();\n"
        for _, _, field in members(layouts[name]):
            text += (f'    println!("{name}.{field} {{}}", unsafe {{ addr_of!((*p).{name_of(field)}) }} as usize - p as usize);\n')
        text += f'    println!("{name} {{}}", std::mem::size_of::<{name}>());\n'
    return text + "}\n"


def check(source, layouts, sizes, constants, golden, run, folder, update):
    path = f"{source}/{CRATE}/src/lib.rs"
    text = source_of(layouts, constants)
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with open(path, encoding="utf-8") as file:
        if file.read() != text:
            return [f"{path} is not what the headers say: run gate.py rust --update"]
    program = os.path.join(folder, "probe.rs")
    with open(program, "w", encoding="utf-8") as file:
        file.write(prober(layouts))
    rustc = "/usr/bin/rustc" if os.path.exists("/usr/bin/rustc") else "rustc"
    for command in ([rustc, "--edition=2021", "--crate-type=rlib", "--crate-name=backplane_sys", "-Dwarnings",
                     "-o", f"{folder}/libbackplane_sys.rlib", path],
                    [rustc, "--edition=2021", "--extern", f"backplane_sys={folder}/libbackplane_sys.rlib",
                     "-o", f"{folder}/probe", program]):
        status, _, err = run(command)
        if status:
            return [f"{' '.join(command)}:\n{err}"]
    _, said, _ = run([f"{folder}/probe"])
    is_at = dict(line.split() for line in said.splitlines())
    wanted = {f"{name}.{field}": str(offset) for name in layouts for offset, _, field in members(golden.get(name, []))}
    wanted.update({name: str(sizes[name]) for name in layouts})
    return [f"{name} is at {is_at.get(name)} in Rust and at {offset} in C" if "." in name else
            f"{name} has {is_at.get(name)} bytes in Rust and {offset} in C"
            for name, offset in wanted.items() if is_at.get(name) != offset]
