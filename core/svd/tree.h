/* SPDX-License-Identifier: Apache-2.0
 *
 * tree.h - between the files of core/svd: the XML as a tree, with derivedFrom resolved on demand. [main]
 *
 *   xml.c      from bytes to the tree (expat)
 *   derive.c   what derivedFrom refers to; looking through it
 *   number.c   numbers, bit ranges, words
 *   dim.c      arrays
 *   constraint.c   values that may be written
 *   field.c    fields and enumerated values
 *   block.c    a peripheral becomes a block
 *   overlap.c  registers that share addresses
 *   svd.c      files, peripherals, names
 *   diff.c     what two blocks differ in (diff.h)
 *   rules.c    access rules as a register table says them (rules.h)
 *   source*.c, writer.c   a block as C (source.h, writer.h)
 *
 * Memory is the arena of the file; running out of it leaves through its escape.
 */
#ifndef CORE_SVD_TREE_H
#define CORE_SVD_TREE_H

#include "core/machine/arena.h"
#include "core/svd/svd.h"

/* Every element that is read: name of the constant, of the tag. */
#define SVD_TAGS(X)                                                                                \
    X(ACCESS, "access")                                                                            \
    X(ADDRESS_BLOCK, "addressBlock")                                                               \
    X(ADDRESS_OFFSET, "addressOffset")                                                             \
    X(ALTERNATE_CLUSTER, "alternateCluster")                                                       \
    X(ALTERNATE_GROUP, "alternateGroup")                                                           \
    X(ALTERNATE_REGISTER, "alternateRegister")                                                     \
    X(BASE_ADDRESS, "baseAddress")                                                                 \
    X(BIT_OFFSET, "bitOffset")                                                                     \
    X(BIT_RANGE, "bitRange")                                                                       \
    X(BIT_WIDTH, "bitWidth")                                                                       \
    X(CLUSTER, "cluster")                                                                          \
    X(DESCRIPTION, "description")                                                                  \
    X(DEVICE, "device")                                                                            \
    X(DIM, "dim")                                                                                  \
    X(DIM_INCREMENT, "dimIncrement")                                                               \
    X(DIM_INDEX, "dimIndex")                                                                       \
    X(ENUMERATED_VALUE, "enumeratedValue")                                                         \
    X(ENUMERATED_VALUES, "enumeratedValues")                                                       \
    X(FIELD, "field")                                                                              \
    X(FIELDS, "fields")                                                                            \
    X(GROUP_NAME, "groupName")                                                                     \
    X(INTERRUPT, "interrupt")                                                                      \
    X(IS_DEFAULT, "isDefault")                                                                     \
    X(LSB, "lsb")                                                                                  \
    X(MAXIMUM, "maximum")                                                                          \
    X(MINIMUM, "minimum")                                                                          \
    X(MODIFIED_WRITE_VALUES, "modifiedWriteValues")                                                \
    X(MSB, "msb")                                                                                  \
    X(NAME, "name")                                                                                \
    X(OFFSET, "offset")                                                                            \
    X(PERIPHERAL, "peripheral")                                                                    \
    X(PERIPHERALS, "peripherals")                                                                  \
    X(RANGE, "range")                                                                              \
    X(READ_ACTION, "readAction")                                                                   \
    X(REGISTER, "register")                                                                        \
    X(REGISTERS, "registers")                                                                      \
    X(RESET_MASK, "resetMask")                                                                     \
    X(RESET_VALUE, "resetValue")                                                                   \
    X(SIZE, "size")                                                                                \
    X(USAGE, "usage")                                                                              \
    X(USE_ENUMERATED_VALUES, "useEnumeratedValues")                                                \
    X(VALUE, "value")                                                                              \
    X(VERSION, "version")                                                                          \
    X(WRITE_AS_READ, "writeAsRead")                                                                \
    X(WRITE_CONSTRAINT, "writeConstraint")

#define SVD_TAG_CONSTANT(constant, name) TAG_##constant,
enum svd_tag { SVD_TAGS(SVD_TAG_CONSTANT) TAGS };
extern const char *const svd_tag_names[TAGS];

struct svd_element {
    enum svd_tag tag;
    uint32_t line, column;
    const char *
        text; /* of an element without children; blanks at the ends are gone, others are one each */
    const char *derived; /* attribute derivedFrom; NULL */
    struct svd_element *parent, *first, *last, *next;
    const struct svd_element *base;       /* what it is derived from, once `resolved` */
    bool resolved, straight;              /* straight: its chain was followed, and is no circle */
    const struct svd_layout *layout;      /* of a register, as last read ... */
    const struct svd_defaults *inherited; /* ... below these */
};

/* registerPropertiesGroup: what registers inherit from clusters, peripherals and the device. */
struct svd_defaults {
    uint64_t bits, reset, reset_mask;
    struct svd_rules rules;
};

struct svd {
    struct arena arena;
    const char *file; /* in the arena */
    struct svd_element *device;
    struct svd_peripheral *peripherals;
    struct svd_element **elements;   /* of the peripherals, in the same order */
    const struct svd_block **blocks; /* read so far, in the same order; NULL */
    size_t nperipherals;
    struct diag *diag; /* during a call */
    uint64_t work;     /* steps so far in this call */
    uint32_t errors, warnings;
};

/* --- xml.c --- */
/* Reads the tree into svd->device; false after an error. */
bool svd_read_tree(struct svd *svd, const char *bytes, size_t length);

/* --- errors: svd.c --- */
/* An error (or warning) about an element, or with `tag` other than TAGS about its child of that tag; returns false. */
bool svd_error(struct svd *svd, const struct svd_element *e, enum svd_tag tag, const char *format,
               ...) __attribute__((format(printf, 4, 5)));
void svd_warn(struct svd *svd, const struct svd_element *e, enum svd_tag tag, const char *format,
              ...) __attribute__((format(printf, 4, 5)));
/* Counts a step of something that a hostile file could make long. False, with an error about `e`, when it is enough. */
bool svd_step(struct svd *svd, const struct svd_element *e);

/* --- derive.c --- */
/* What the element is derived from; NULL: nothing, or after an error, which is said once. */
const struct svd_element *svd_base(struct svd *svd, const struct svd_element *e);
/* The child of a tag, its own or, failing that, of what it is derived from; NULL. */
const struct svd_element *svd_child(struct svd *svd, const struct svd_element *e, enum svd_tag tag);
/* Its own child. */
const struct svd_element *svd_own(const struct svd_element *e, enum svd_tag tag);
/* Its own name; "" without one. */
const char *svd_name(const struct svd_element *e);
/* Children of the tags, of the element and of what it is derived from: those of the base first, a namesake of the element's own
 * in the base's place. `holder` is the element between ("registers"), or TAGS when there is none. False after an error. */
bool svd_children(struct svd *svd, const struct svd_element *e, enum svd_tag holder, uint64_t tags,
                  const struct svd_element ***out, uint32_t *count);

/* --- number.c --- */
/* scaledNonNegativeInteger: decimal, 0x, 0X, # and 0b (binary), with a suffix k, m, g or t. */
bool svd_parse_number(const char *text, uint64_t *out);
/* A value with bits that do not count: #1x0, 0b1x0. */
bool svd_parse_pattern(const char *text, uint64_t *value, uint64_t *care);
/* The number in a child: false after an error; *out is untouched when there is none and `required` is false. */
bool svd_number(struct svd *svd, const struct svd_element *e, enum svd_tag tag, bool required,
                uint64_t *out);
/* access, modifiedWriteValues and readAction of an element over what it inherits. */
bool svd_read_rules(struct svd *svd, const struct svd_element *e, struct svd_rules *rules);
bool svd_boolean(const char *text);
static inline uint64_t svd_ones(uint32_t bits)
{
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* --- dim.c --- */
struct svd_dim {
    uint32_t count;     /* 0: no array */
    uint64_t increment; /* bytes, or bits of a field */
    const char **index; /* `count` texts */
    bool counts;        /* 0, 1, 2, ...: may become a row */
};
bool svd_read_dim(struct svd *svd, const struct svd_element *e, struct svd_dim *dim);
/* `name` with %s (or [%s]) replaced. `bracket` keeps the brackets: "CH[%s]" is CH[2] then, else CH2. index NULL: %s vanishes,
 * with an underscore before it. */
const char *svd_dim_name(struct svd *svd, const char *name, const char *index, bool bracket);

/* --- constraint.c --- */
/* Of a field or a register of `bits` bits. */
bool svd_read_constraint(struct svd *svd, const struct svd_element *e, uint32_t bits,
                         struct svd_constraint *out);

/* --- field.c --- */
/* Fields of a register into `layout`, which is complete but for them. */
bool svd_read_fields(struct svd *svd, const struct svd_element *reg, struct svd_layout *layout);

/* --- block.c --- */
bool svd_read_block(struct svd *svd, const struct svd_element *peripheral, struct svd_block *block);
/* A C identifier: every other character becomes an underscore. */
const char *svd_identifier(struct svd *svd, const char *text);
/* The description, or NULL. */
const char *svd_doc(struct svd *svd, const struct svd_element *e);

/* --- overlap.c --- */
/* Sorts registers, finds overlaps and sets banks; splits rows whose elements differ in them. False after an error. */
bool svd_place_registers(struct svd *svd, const struct svd_element *peripheral,
                         struct svd_register *registers, uint32_t count, uint32_t *nbanks);

#endif
