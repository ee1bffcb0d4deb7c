/* SPDX-License-Identifier: Apache-2.0
 *
 * What the texts in a core/stub's properties mean.
 */
#include "core/machine/stub.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PREFIX   "svd:"
#define MAX_NAME 128

const char *stub_registers(const char *text)
{
    return strncmp(text, PREFIX, strlen(PREFIX)) ? NULL : text + strlen(PREFIX);
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* A number, or one of the field's values by name. */
static bool read_value(const char *text, const struct svd_field *field, uint64_t *out,
                       char why[STUB_WHY])
{
    const char *names[256], *near;
    uint32_t count = 0;

    if (read_number(text, out))
        return true;
    for (uint32_t i = 0; field && i < field->nvalues; i++) {
        *out = field->values[i].value;
        if (!strcasecmp(field->values[i].name, text) && !field->values[i].is_default)
            return true;
        if (count < sizeof(names) / sizeof(*names))
            names[count++] = field->values[i].name;
    }
    near = diag_nearest(text, names, count);
    if (near)
        snprintf(why, STUB_WHY, "%.40s has no value `%.40s`; did you mean %.40s?", field->name,
                 text, near);
    else
        snprintf(why, STUB_WHY, "`%.40s` is no number%s: write one such as 1 or 0x1f", text,
                 count ? ", and no value of the field" : "");
    return false;
}

static bool force_register(const char *name, const char *value, const struct svd_block *block,
                           struct stub_force *out, char why[STUB_WHY])
{
    const struct svd_field *field;
    const char *near;
    uint32_t lsb, width;

    if (!svd_find(block, name, &out->reg, &field, &near)) {
        if (near)
            snprintf(why, STUB_WHY, "%.40s has no %s `%.60s`; did you mean %.60s?",
                     out->reg ? out->reg->path : block->name, out->reg ? "field" : "register", name,
                     near);
        else
            snprintf(
                why, STUB_WHY,
                "%.40s has no register or field `%.60s`: `backplane svd list` prints those there are",
                block->name, name);
        return false;
    }
    lsb = field ? field->lsb : 0;
    width = field ? field->width : out->reg->layout->bits;
    if (!read_value(value, field, &out->value, why))
        return false;
    if (width < 64 && out->value >> width) {
        snprintf(why, STUB_WHY,
                 "%s does not fit into the %" PRIu32 " bits of %.60s: use a smaller value", value,
                 width, name);
        return false;
    }
    out->offset = out->reg->offset;
    out->mask = (width < 64 ? (UINT64_C(1) << width) - 1 : UINT64_MAX) << lsb;
    out->value <<= lsb;
    return true;
}

bool stub_parse_force(const char *text, const struct svd_block *block, struct stub_force *out,
                      char why[STUB_WHY])
{
    const char *equals = strchr(text, '=');
    char name[MAX_NAME];

    *out = (struct stub_force){.mask = UINT32_MAX};
    if (!equals || equals == text || (size_t)(equals - text) >= sizeof(name)) {
        snprintf(why, STUB_WHY, "`%.60s` is not %s: write %s", text,
                 block ? "REGISTER.FIELD=VALUE" : "OFFSET=VALUE",
                 block ? "\"SR.READY=1\", or { SR.READY: 1 }" : "\"0x10=1\", or { 0x10: 1 }");
        return false;
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    if (!read_number(name, &out->offset)) {
        if (block)
            return force_register(name, equals + 1, block, out, why);
        snprintf(why, STUB_WHY,
                 "`%.60s` is no OFFSET=VALUE: write \"0x10=1\", or give the names with "
                 "registers: svd:FILE#BLOCK",
                 text);
        return false;
    }
    if (!read_value(equals + 1, NULL, &out->value, why))
        return false;
    if (out->offset & 3 || out->value > UINT32_MAX) {
        snprintf(why, STUB_WHY,
                 "`%.60s` is not OFFSET=VALUE with a multiple of 4 and 32 bits: write \"0x10=1\"",
                 text);
        return false;
    }
    return true;
}
