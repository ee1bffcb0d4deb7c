/* SPDX-License-Identifier: Apache-2.0
 *
 * Escape keys of the terminal (escape.h).
 */
#include "escape.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ESC             0x1b
#define CONTROL(letter) ((uint8_t)((letter)&0x1f))

static const struct {
    char key;
    enum escape_action action;
    const char *doc;
} keys[] = {
    {'x', ESCAPE_LEAVE, "leave: end the machine"},
    {'h', ESCAPE_HELP, "show these keys"},
    {'b', ESCAPE_BREAK, "send a break"},
    {'r', ESCAPE_RESET, "reset the machine"},
};

int escape_parse(struct escape *e, const char *text)
{
    *e = (struct escape){0};
    if (!strcasecmp(text, "none"))
        return 0;
    if (strncasecmp(text, "ctrl-", 5) || !isalpha((unsigned char)text[5]) || text[6])
        return -1;
    e->prefix = CONTROL(text[5]);
    return 0;
}

/* A guest that asks the terminal something gets the answer through the keyboard, maybe between the prefix and its key:
 * a control sequence (ECMA-48 section 5.4) that is passed on. Behind an answer the prefix still counts; a key that
 * sends such a sequence, like an arrow, uses it up. */
static enum escape_action feed_sequence(struct escape *e, uint8_t byte)
{
    static const char answers[] = "Rcnty"; /* cursor position, attributes, status, window, mode */

    if (byte == ESC) {
        e->sequence = 1;
    } else if (e->sequence == 1 && byte == '[') {
        e->sequence = 2;
    } else if (e->sequence == 1 || byte < 0x20 || byte >= 0x40) {
        e->armed = e->sequence == 2 && byte && strchr(answers, byte);
        e->sequence = 0;
    }
    return ESCAPE_PASS;
}

enum escape_action escape_feed(struct escape *e, uint8_t byte, uint8_t *out)
{
    *out = byte;
    if (!e->armed) {
        e->armed = e->prefix && byte == e->prefix;
        return e->armed ? ESCAPE_WAIT : ESCAPE_PASS;
    }
    if (e->sequence || byte == ESC)
        return feed_sequence(e, byte);
    e->armed = 0;
    /* The prefix itself: typed twice, or with its plain letter. */
    if (byte == e->prefix || tolower(byte) == e->prefix + 'a' - 1) {
        *out = e->prefix;
        return ESCAPE_PASS;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (tolower(byte) == keys[i].key || byte == CONTROL(keys[i].key))
            return keys[i].action;
    return ESCAPE_UNKNOWN;
}

static char prefix_letter(const struct escape *e)
{
    return (char)(e->prefix + 'A' - 1);
}

void escape_help(const struct escape *e, char *text, uint32_t room)
{
    char prefix = prefix_letter(e);
    uint32_t at = (uint32_t)snprintf(text, room, "\r\n");

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys) && at < room; i++)
        at += (uint32_t)snprintf(text + at, room - at, "Ctrl-%c %c       %s\r\n", prefix,
                                 keys[i].key, keys[i].doc);
    if (at < room)
        snprintf(text + at, room - at, "Ctrl-%c Ctrl-%c  send Ctrl-%c to the guest\r\n", prefix,
                 prefix, prefix);
}

void escape_hint(const struct escape *e, char *text, uint32_t room)
{
    char prefix = prefix_letter(e);

    snprintf(text, room, "\r\nno such key behind Ctrl-%c; Ctrl-%c h lists them\r\n", prefix,
             prefix);
}
