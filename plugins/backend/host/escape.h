/* SPDX-License-Identifier: Apache-2.0
 *
 * escape.h - keys for Backplane itself among the keys for the guest: a prefix (Ctrl-A), then one letter.
 */
#ifndef HOST_ESCAPE_H
#define HOST_ESCAPE_H

#include <stdint.h>

enum escape_action {
    ESCAPE_PASS, /* the byte is the guest's */
    ESCAPE_WAIT, /* it was the prefix */
    ESCAPE_LEAVE,
    ESCAPE_HELP,
    ESCAPE_BREAK,
    ESCAPE_RESET,
    ESCAPE_UNKNOWN, /* behind the prefix, a key without a meaning */
};

struct escape {
    uint8_t prefix;   /* a control character, 1..26; 0: no escapes at all */
    uint8_t armed;    /* the prefix was typed */
    uint8_t sequence; /* bytes of a control sequence that came in between, up to 2 */
};

/* Reads "ctrl-a".."ctrl-z" or "none"; 0, or -1 for anything else. */
int escape_parse(struct escape *e, const char *text);
/* One byte typed. For PASS, `*out` is what the guest gets. */
enum escape_action escape_feed(struct escape *e, uint8_t byte, uint8_t *out);
/* The list of keys, for HELP; lines end in "\r\n". */
void escape_help(const struct escape *e, char *text, uint32_t room);
/* One such line, for UNKNOWN: where the list is. */
void escape_hint(const struct escape *e, char *text, uint32_t room);

#endif
