#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# man.sh - the manual page of a command, made of its own help texts, so that it can say nothing else.
#
#   man.sh NAME VERSION SUMMARY COMMAND   on standard output; what `COMMAND --help` lists as commands gets sections
set -eu
export LC_ALL=C.UTF-8
name=$1 version=$2 summary=$3 command=$4

# A help text as paragraphs and tagged lists: a line that begins with two spaces is a term, two more spaces end it.
body() {
    awk '
        function text(s) { gsub(/\\/, "\\e", s); gsub(/-/, "\\-", s); return s ~ /^[.\x27]/ ? "\\&" s : s }
        /^[Uu]sage: / { sub(/^[Uu]sage: /, ""); print ".PP\n.B " text($0) "\n.PP"; next }
        /^[A-Z][a-z ]*:$/ { sub(/:$/, ""); print ".PP\n.B " text($0); next }
        /^  [^ ]/ {
            sub(/^  /, "")
            end = match($0, /  +/)
            print ".TP\n.B " text(end ? substr($0, 1, RSTART - 1) : $0)
            if (end)
                print text(substr($0, RSTART + RLENGTH))
            next
        }
        /^ +/ { sub(/^ +/, ""); print text($0); next }
        /^$/ { print ".PP"; next }
        { print text($0) }
    '
}

printf '.TH %s 1 "" "Backplane %s" "User Commands"\n.SH NAME\n%s \\- %s\n.SH DESCRIPTION\n' \
    "$(echo "$name" | tr '[:lower:]' '[:upper:]')" "$version" "$name" "$summary"
"$command" --help | body
"$command" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' | while read -r sub; do
    printf '.SH %s\n' "$(echo "$sub" | tr '[:lower:]' '[:upper:]')"
    "$command" help "$sub" </dev/null | body
done
