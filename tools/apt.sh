# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# apt.sh - packages of Debian's next release, of any architecture, through a private apt configuration: the system's own
# package lists, architectures and keys are not touched, and nothing is installed. Sourced, never run, behind lib.sh.
# The caller sets `apt`, the folder for all of it.

suite=trixie # the release whose packages are taken
# The names under which mirrors carry it, in the order they are tried: a mirror in the middle of its update may hold
# lists that do not fit the index of one name, and those of another that do. Only lists of $suite are taken.
suite_names=(trixie stable)

# The mirrors of this system that carry the Debian archive, as apt itself understands its sources (both formats).
mirrors() {
    local codename
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
    apt-get indextargets --format "\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
        awk -v codename="$codename" -v next_suite="$suite" '
            $3 == "main" && ($2 == codename || $2 == next_suite || $2 ~ /^(old|old-old)?stable$/ ||
                             $2 == "testing" || $2 == "unstable" || $2 == "sid") && !seen[$1]++ { print $1 }'
}

# private_apt ARCH LOG - apt for that architecture, in $apt, with lists read.
private_apt() {
    local arch=$1 log=$2 uri name options=
    rm -rf "$apt"
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,download}
    : >"$apt/status"
    if [ -f /usr/share/keyrings/debian-archive-keyring.gpg ]; then
        options='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] '
    fi
    # Proxies, certificates and transports of the system stay in force; hooks and lists do not.
    cat >"$apt/apt.conf" <<CONF
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
#clear APT::Architectures;
APT::Architecture "$arch";
APT::Architectures:: "$arch";
APT::Default-Release "";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "";
Acquire::Languages "none";
CONF
    for name in "${suite_names[@]}"; do
        mirrors | while read -r uri; do
            printf 'deb %s%s %s main\n' "$options" "$uri" "$name"
        done >"$apt/sources.list"
        [ -s "$apt/sources.list" ] || die "no Debian archive among this system's apt sources" \
            "check that /etc/apt/sources.list or /etc/apt/sources.list.d names a Debian mirror with 'main'"
        if long_step "reading the package lists of $name/$arch" "$log" read_lists; then
            return
        fi
    done
    die "the package lists of $suite could not be fetched" "see $log: the mirrors tried are in $apt/sources.list"
}

# The lists of $apt/sources.list, if all of them are of $suite.
read_lists() {
    local other
    apt_private apt-get -q -o APT::Update::Error-Mode=any update || return
    other=$(apt_private apt-get indextargets --format "\$(CODENAME)" 'Created-By: Packages' | grep -vx "$suite" | head -n 1)
    if [ -n "$other" ]; then
        echo "these are the lists of $other instead of $suite"
        return 1
    fi
}

# apt_private COMMAND... - with that configuration; downloads of single packages go to $apt/download.
apt_private() {
    local tool=$1
    shift
    (cd "$apt/download" && "$tool" -c "$apt/apt.conf" "$@")
}
