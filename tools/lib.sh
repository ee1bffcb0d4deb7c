# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
#
# lib.sh - what the scripts in this folder share: messages, Debian packages, long steps with progress.
# Sourced, never run. Sets `root` (the source tree) and `build` (build/ unless BACKPLANE_BUILD says otherwise).

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BACKPLANE_BUILD:-$root/build}
export LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin # depmod, mke2fs, debugfs of an ordinary user

# Compiler, generator and libraries of the build itself.
build_packages=(
    build-essential cmake ninja-build pkg-config
    libuv1-dev libyaml-dev libfdt-dev zlib1g-dev
)
# What turns Debian packages of another architecture into a guest.
guest_packages=(cpio gzip xz-utils kmod debian-archive-keyring)

say() {
    printf '==> %s\n' "$*" >&2
}

# die WHAT [CURE]
die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    if [ $# -gt 1 ]; then
        printf '    %s\n' "$2" >&2
    fi
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# The leading comment of a script is its --help.
usage() {
    sed -n '/^# /,/^$/{ /SPDX/d; /^# shellcheck/d; s/^# \{0,1\}//p; }' "$0"
}

jobs_count() {
    nproc 2>/dev/null || echo 2
}

# long_step TEXT LOG COMMAND... - runs it with its output in LOG; a sign of life meanwhile; on failure the
# end of the log and where the rest is.
long_step() {
    local text=$1 log=$2 pid started now status=0 shown=0
    shift 2
    mkdir -p "$(dirname "$log")"
    started=$(date +%s)
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    # Ctrl-C ends the step as well.
    trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        now=$(($(date +%s) - started))
        if [ -t 2 ]; then
            printf '\r\033[K==> %s ... %ds  %s' "$text" "$now" \
                "$(tail -n 1 "$log" | tr -cd '[:print:]' | cut -c 1-50)" >&2
        elif [ $((now / 15)) -gt "$shown" ]; then
            shown=$((now / 15))
            printf '    %s: %ds so far\n' "$text" "$now" >&2
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
    local missing
    have dpkg-query || die "this is not a Debian system (no dpkg-query)" \
        "install by hand what corresponds to: $*"
    mapfile -t missing < <(missing_packages "$@")
    if [ "${#missing[@]}" -eq 0 ]; then
        return
    fi
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

# build_configured FOLDER TEXT - builds what changed.
build_configured() {
    long_step "building $2" "$1/log/build" ninja -C "$1" -j "$(jobs_count)" ||
        die "the build failed" "see $1/log/build"
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
