/* SPDX-License-Identifier: Apache-2.0
 *
 * stub.c - core/stub: a block that is not modelled yet, said so in the description. Reads give what was forced, else
 * what was written, else the fill value; the first touch of each offset is logged.
 */
#include <backplane/trace.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/types.h"

#define WORDS_MAX 1024 /* offsets remembered; later ones still answer, with the fill value */

struct word {
    uint64_t offset;
    uint32_t value;
    uint8_t forced, written, touched;
};

struct stub {
    struct bp_dev *dev;
    const struct bp_trace_api *trace;
    const char *registers;
    uint32_t fill;
    struct bp_list force; /* of strings "offset=value" */
    struct word *words;
    uint32_t nwords;
};

static struct word *find(struct stub *s, uint64_t offset)
{
    for (uint32_t i = 0; i < s->nwords; i++)
        if (s->words[i].offset == offset)
            return &s->words[i];
    return NULL;
}

/* Remembers the offset from now on; NULL: too many. */
static struct word *word_at(struct stub *s, uint64_t offset)
{
    struct word *word = find(s, offset);

    if (word || s->nwords == WORDS_MAX)
        return word;
    s->words[s->nwords] = (struct word){.offset = offset, .value = s->fill};
    return &s->words[s->nwords++];
}

static void touch(struct stub *s, struct word *word, const char *what, uint32_t value)
{
    char text[96];

    if (word->touched)
        return;
    word->touched = 1;
    snprintf(text, sizeof(text), "first touch of +%#" PRIx64 ": %s %#" PRIx32, word->offset, what,
             value);
    s->trace->log(s->dev, BP_LOG_INFO, text);
}

static int32_t stub_read(void *self, const struct bp_access *access, uint64_t *value)
{
    struct stub *s = self;
    bool debug = access->flags & BP_ACCESS_DEBUG;
    struct word *word = debug ? find(s, access->addr) : word_at(s, access->addr);

    *value = word ? word->value : s->fill;
    if (word && !debug)
        touch(s, word, "read", word->value);
    return BP_OK;
}

static int32_t stub_write(void *self, const struct bp_access *access, uint64_t value)
{
    struct stub *s = self;
    struct word *word = word_at(s, access->addr);

    if (!word)
        return BP_OK;
    touch(s, word, "write", (uint32_t)value);
    if (!word->forced)
        word->value = (uint32_t)value;
    return BP_OK;
}

/* A number up to `last` that ends with `end`: what follows, or NULL. */
static const char *parse_number(const char *text, uint64_t last, char end, uint64_t *value)
{
    char *rest;

    if (!isdigit((unsigned char)*text)) /* strtoull() would take blanks and a minus sign */
        return NULL;
    errno = 0;
    *value = strtoull(text, &rest, 0);
    return errno || *value > last || *rest != end ? NULL : rest + 1;
}

/* "0x10=1": false if it is anything else. */
static bool parse_force(const char *text, uint64_t *offset, uint64_t *value)
{
    text = parse_number(text, UINT64_MAX, '=', offset);
    return text && !(*offset & 3) && parse_number(text, UINT32_MAX, 0, value);
}

static int32_t stub_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    const struct bp_error_api *error = core->get(core, BP_ERROR_ID);
    struct stub *s = self;

    s->dev = dev;
    s->trace = core->get(core, BP_TRACE_ID);
    if (s->registers) {
        error->set(
            dev, "registers",
            "register files cannot be read by this version: leave the property out and use force");
        return BP_E_UNSUPPORTED;
    }
    s->words = calloc(WORDS_MAX, sizeof(*s->words));
    if (!s->words)
        return BP_E_NOMEM;
    for (uint32_t i = 0; i < s->force.count; i++) {
        const char *text = ((const char *const *)s->force.items)[i];
        uint64_t offset, value;
        struct word *word;

        if (!parse_force(text, &offset, &value) || !(word = word_at(s, offset))) {
            error->set(
                dev, "force",
                "an entry is not OFFSET=VALUE with a multiple of 4 and 32 bits: write \"0x10=1\"");
            return BP_E_INVAL;
        }
        word->value = (uint32_t)value;
        word->forced = 1;
    }
    return BP_OK;
}

static void stub_reset(void *self, uint32_t kind)
{
    struct stub *s = self;

    (void)kind;
    for (uint32_t i = 0; i < s->nwords; i++)
        if (!s->words[i].forced)
            s->words[i].value = s->fill;
}

static void stub_finish(void *self)
{
    free(((struct stub *)self)->words);
}

static const struct bp_prop stub_props[] = {
    {.name = "registers",
     .doc = "A register file that names the registers (svd:FILE#BLOCK).",
     .type = BP_PROP_STR,
     .offset = offsetof(struct stub, registers)},
    {.name = "fill",
     .doc = "What a 32-bit word reads as before it is written.",
     .type = BP_PROP_U32,
     .offset = offsetof(struct stub, fill),
     .def = "0"},
    {.name = "force",
     .doc = "Words that always read the same: \"0x10=1\".",
     .type = BP_PROP_LIST,
     .element = BP_PROP_STR,
     .offset = offsetof(struct stub, force)},
};

static const struct bp_region stub_regions[] = {
    {.name = "reg",
     .doc = "The block.",
     .min_width = 4,
     .max_width = 4,
     .read = stub_read,
     .write = stub_write},
};

const struct bp_device_class core_stub_class = {
    .size = sizeof(core_stub_class),
    .instance_size = sizeof(struct stub),
    .instance_align = _Alignof(struct stub),
    .name = "stub",
    .doc = "A block that is not modelled yet.",
    .props = stub_props,
    .nprops = sizeof(stub_props) / sizeof(*stub_props),
    .prop_stride = sizeof(*stub_props),
    .regions = stub_regions,
    .nregions = 1,
    .region_stride = sizeof(*stub_regions),
    .init = stub_init,
    .reset = stub_reset,
    .finish = stub_finish,
};
