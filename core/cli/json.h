/* SPDX-License-Identifier: Apache-2.0
 *
 * json.h - JSON text (RFC 8259), written as one goes. `key` is NULL inside of arrays. [main]
 */
#ifndef CORE_CLI_JSON_H
#define CORE_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    uint32_t depth;
    bool filled; /* something was written at this depth */
};

void json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket); /* '}' or ']'; the outermost ends the line */
void json_text(struct json *j, const char *key,
               const char *text); /* UTF-8, escaped; NULL becomes null */
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
void json_hex(struct json *j, const char *key, uint64_t value); /* an address: the string "0x..." */
void json_bool(struct json *j, const char *key, bool value);

#endif
