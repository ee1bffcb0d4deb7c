# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
#
# lib.sh - what the scripts in this folder share: messages, Debian packages, long steps with progress.
# Sourced, never run. Sets `root` (the source tree, or what is installed of it) and `build` (build/, or a folder of the
# user's cache; BACKPLANE_BUILD says otherwise).

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(realpath -m "${BACKPLANE_BUILD:-$root/build}")
if [ ! -f "$root/CMakeLists.txt" ]; then # installed: there is no source tree to build in
    build=$(realpath -m "${BACKPLANE_BUILD:-${XDG_CACHE_HOME:-$HOME/.cache}/backplane}")
fi
export LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin # depmod, mke2fs, debugfs of an ordinary user

# Compiler, generator and libraries of the build itself.
build_packages=(
    build-essential cmake ninja-build pkg-config
    libuv1-dev libyaml-dev libjansson-dev libfdt-dev zlib1g-dev libexpat1-dev
)
# What turns Debian packages of another architecture into a guest.
guest_packages=(cpio gzip xz-utils kmod debian-archive-keyring)

say() {
    printf '==> %s\n' "$*" >&2
}

# complain WHAT [CURE]
complain() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    if [ $# -gt 1 ]; then
        printf '    %s\n' "$2" >&2
    fi
}

# die WHAT [CURE] - something failed.
die() {
    complain "$@"
    exit 1
}

# wrong_usage WHAT [CURE] - the command line is wrong.
wrong_usage() {
    complain "$@"
    exit 2
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# The leading comment of a script, up to the first empty line, is its --help.
usage() {
    sed -n '/^#!/d; /SPDX/,/^#$/d; /^$/q; s/^# \{0,1\}//p' "$0"
}

jobs_count() {
    nproc 2>/dev/null || echo 2
}

# What a step wrote last, as one printable line: for ninja and apt that says how far they are.
last_line() {
    tail -c 2048 "$1" 2>/dev/null | tr '\r' '\n' | grep . | tail -n 1 | tr -cd '[:print:]' || true
}

# Ends a step with all of its processes. Those that sudo started are not ours to signal.
end_step() {
    kill -- "-$1" 2>/dev/null || true
    if [ "$2" = as_root ] && [ "$(id -u)" -ne 0 ]; then
        sudo -n kill -- "-$1" 2>/dev/null || true
    fi
    printf '\n' >&2
    exit 130
}

# long_step TEXT LOG COMMAND... - runs it with its output in LOG; a sign of life meanwhile; on failure the
# end of the log and where the rest is.
long_step() {
    local text=$1 log=$2 pid started now width line status=0 shown=0
    shift 2
    mkdir -p "$(dirname "$log")"
    started=$(date +%s)
    # A process group of its own, so that Ctrl-C can end all of it.
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    set +m
    pid=$!
    # shellcheck disable=SC2064 # the values of now
    trap "end_step $pid $1" INT TERM
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        now=$(($(date +%s) - started))
        if [ -t 2 ]; then
            # One column less than there are: a line that fills the last one may wrap.
            width=$(stty size <&2 2>/dev/null | cut -d ' ' -f 2)
            [ "${width:-0}" -gt 20 ] || width=80
            line="==> $text ... ${now}s  $(last_line "$log")"
            printf '\r\033[K%s' "${line:0:$((width - 1))}" >&2
        elif [ $((now / 15)) -gt "$shown" ]; then
            shown=$((now / 15))
            line="    $text: ${now}s so far  $(last_line "$log")"
            printf '%s\n' "${line:0:100}" >&2
        fi
    done
    wait "$pid" || status=$?
    trap - INT TERM
    now=$(($(date +%s) - started))
    if [ -t 2 ]; then
        printf '\r\033[K' >&2
    fi
    if [ "$status" -ne 0 ]; then
        say "$text: failed after ${now}s (exit status $status); the end of $log:"
        tail -n 40 "$log" >&2
        return "$status"
    fi
    say "$text: done in ${now}s"
}

missing_packages() {
    local package
    for package; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            printf '%s\n' "$package"
        fi
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# need_packages NAME... - installs what is missing; quick when nothing is.
need_packages() {
    local names missing
    have dpkg-query || die "this is not a Debian system (no dpkg-query)" \
        "install by hand what corresponds to: $*"
    names=$(missing_packages "$@")
    if [ -z "$names" ]; then
        return
    fi
    mapfile -t missing <<<"$names"
    say "installing Debian packages: ${missing[*]}"
    # sudo may have to ask, before output goes to a file.
    if [ "$(id -u)" -ne 0 ] && ! { have sudo && sudo true; }; then
        die "root is needed to install them, and sudo is not there or refused" \
            "as root: apt-get install --no-install-recommends ${missing[*]}; then start this again"
    fi
    long_step "reading package lists" "$build/log/apt-update" as_root apt-get -q update ||
        die "apt-get update failed" "check the network and /etc/apt/sources.list, then start this again"
    long_step "installing ${#missing[@]} packages" "$build/log/apt-install" \
        as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "${missing[@]}" ||
        die "apt-get install failed" "see $build/log/apt-install; or install by hand: ${missing[*]}"
}

# The command and its plug-ins, as targets of a build folder; everything else in there is for tests.
product=(core/all plugins/all)

# build_configured FOLDER TEXT [TARGET]... - builds what changed.
build_configured() {
    local folder=$1 text=$2
    shift 2
    long_step "building $text" "$folder/log/build" ninja -C "$folder" -j "$(jobs_count)" "$@" ||
        die "the build failed" "see $folder/log/build"
}

# configure_and_build FOLDER TEXT [CMAKE ARGUMENT]... - configures when the arguments are new, builds what changed.
configure_and_build() {
    local folder=$1 text=$2 launcher=()
    shift 2
    if [ ! -f "$folder/build.ninja" ] || [ "$(cat "$folder/.arguments" 2>/dev/null)" != "$*" ]; then
        mkdir -p "$folder"
        if have ccache; then
            launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
        fi
        long_step "configuring $text" "$folder/log/configure" \
            cmake -S "$root" -B "$folder" -G Ninja "${launcher[@]}" "$@" ||
            die "cmake failed" "see $folder/log/configure"
        printf '%s\n' "$*" >"$folder/.arguments"
    fi
    build_configured "$folder" "$text"
}
