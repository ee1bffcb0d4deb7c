/* SPDX-License-Identifier: Apache-2.0
 *
 * svd.h - register descriptions in the System View Description format: CMSIS-SVD 1.3.10, "SVD Description (*.svd) Format".
 * [main]
 *
 * A file is read whole, then one peripheral at a time becomes a block: a flat list of registers in which clusters, arrays
 * (dim), derivedFrom and inherited properties are resolved. Elements that say nothing about registers (cpu, vendorExtensions,
 * ...) are skipped, and so are prependToName, appendToName and headerStructName, which only rename things in C headers.
 *
 * Input is hostile: document types (and with them entities), nesting beyond SVD_MAX_DEPTH, and more than SVD_MAX_REGISTERS
 * registers in a block are errors, and so is what would take too long. Mistakes go to a diag as
 *
 *     file.svd:120:11: peripheral[UART]/register[CR]/field[EN]/bitRange: `[3:5]` has ...: cure
 *
 * What can be understood in one way only is a warning. A mistake outside of the block that is asked for, and of what it
 * derives from, stays unnoticed.
 */
#ifndef CORE_SVD_SVD_H
#define CORE_SVD_SVD_H

#include "core/diag.h"

#define SVD_MAX_BYTES     ((size_t)64 << 20) /* of a file */
#define SVD_MAX_DEPTH     32u                /* of elements */
#define SVD_MAX_REGISTERS 65536u             /* of a block */
#define SVD_MAX_BANKS     32u                /* registers at one address */

enum svd_access {
    SVD_READ_WRITE,
    SVD_READ_ONLY,
    SVD_WRITE_ONLY,
    SVD_WRITE_ONCE,      /* the first write after reset counts, reads are undefined */
    SVD_READ_WRITE_ONCE, /* the same, readable */
};

/* modifiedWriteValues: what a written bit does. */
enum svd_write {
    SVD_MODIFY,
    SVD_ONE_TO_CLEAR,
    SVD_ONE_TO_SET,
    SVD_ONE_TO_TOGGLE,
    SVD_ZERO_TO_CLEAR,
    SVD_ZERO_TO_SET,
    SVD_ZERO_TO_TOGGLE,
    SVD_CLEAR, /* whatever is written */
    SVD_SET,
};

/* readAction: what a read does. */
enum svd_read {
    SVD_NO_ACTION,
    SVD_READ_CLEARS,
    SVD_READ_SETS,
    SVD_READ_MODIFIES,          /* in a way the description does not tell */
    SVD_READ_MODIFIES_EXTERNAL, /* something else than this register */
};

/* The rules of some bits. */
struct svd_rules {
    enum svd_access access;
    enum svd_write write;
    enum svd_read read;
};

/* writeConstraint: what software may write. It binds software; a block may do anything with the other values. */
enum svd_limit {
    SVD_ANY_VALUE,
    SVD_AS_READ,    /* only what was read before */
    SVD_ENUMERATED, /* only values with a name */
    SVD_WITHIN,
};

struct svd_constraint {
    enum svd_limit kind;
    uint64_t min, max; /* of WITHIN; inclusive */
};

#define SVD_USE_READ  1u
#define SVD_USE_WRITE 2u

struct svd_value {
    const char *name, *doc; /* doc may be NULL, here and below */
    uint64_t value;
    uint64_t care;   /* bits of the value that count: `#1x` has one */
    uint32_t usage;  /* SVD_USE_* */
    bool is_default; /* stands for all values without an entry; `value` is 0 */
};

struct svd_field {
    const char *name, *doc;
    uint32_t lsb, width; /* bits, inside of the register */
    struct svd_rules rules;
    struct svd_constraint constraint;
    const struct svd_value *values;
    uint32_t nvalues;
};

/* What all elements of an array have in common. */
struct svd_layout {
    const char *doc;
    uint32_t bits;  /* 1..64 */
    uint32_t bytes; /* it takes on the bus: 1, 2, 4 or 8 */
    uint64_t reset; /* value after reset; 0 where undefined */
    uint64_t reset_mask;
    struct svd_rules rules; /* of bits without a field, and what fields inherit */
    struct svd_constraint constraint;
    const struct svd_field *fields; /* sorted by lsb */
    uint32_t nfields;
    uint32_t line, column; /* in the file */
};

/* One register. */
struct svd_register {
    const char *name; /* unique in the block and a C identifier: "CH2_CR" */
    const char *path; /* as written in the file: "CH[2].CR" */
    uint64_t offset;  /* bytes from the block's base */
    const struct svd_layout *layout;
    /* Registers that differ only in a number counting from 0 form a row: an array without name clashes. */
    const char *row;               /* "CH_CR"; `name` when it stands alone */
    uint32_t index, count, stride; /* in the row; stride in bytes, 0 when it stands alone */
    uint32_t
        bank; /* 0, or which of several registers at its address it is; a read-only and a write-only one
                      do not count as several */
    bool alternate; /* the file says so (alternateRegister, alternateGroup, alternateCluster) */
};

struct svd_interrupt {
    const char *name, *doc;
    uint32_t value;
};

struct svd_block {
    const char *name, *doc;
    uint64_t base,
        bytes; /* of the address space it takes, from its address blocks, else from its registers */
    const struct svd_register
        *registers; /* sorted by offset; banks of one address by their number */
    uint32_t nregisters;
    uint32_t nbanks; /* 1: nothing overlaps */
    const struct svd_interrupt *interrupts;
    uint32_t ninterrupts;
};

/* A peripheral before its registers are looked at. */
struct svd_peripheral {
    const char *name, *doc, *group, *derived_from; /* all but the name may be NULL */
    uint64_t base;
};

struct svd;

/* Reads a file. NULL after an error, which is in `d`. `path` is also what errors call the file. */
struct svd *svd_open(const char *path, struct diag *d);
/* The same from memory; `bytes` are copied as needed. */
struct svd *svd_parse(const char *bytes, size_t length, const char *name, struct diag *d);
void svd_close(struct svd *svd); /* accepts NULL */

const char *svd_file(const struct svd *svd);           /* as given */
const char *svd_device_name(const struct svd *svd);    /* "" when the file has none */
const char *svd_device_version(const struct svd *svd); /* "" */

/* All peripherals in the order of the file; live as long as `svd`. */
size_t svd_peripherals(const struct svd *svd, const struct svd_peripheral **out);

/* A peripheral with its registers; lives as long as `svd`; reading it again gives the same. `name` NULL: the only one. What is
 * wrong with the name is reported at `where` about `thing` (may be NULL), what is wrong in the file at its own place. NULL after
 * an error. */
const struct svd_block *svd_block(struct svd *svd, const char *name, struct diag_pos where,
                                  const char *thing, struct diag *d);

/* Splits "FILE#BLOCK" into a malloc'ed FILE and *block, a part of `text` or NULL when there is none. NULL: no memory. */
char *svd_split(const char *text, const char **block);

/* Words of the format: "read-only", "oneToClear", "clear"; "" for the ordinary write and read. */
const char *svd_access_text(enum svd_access access);
const char *svd_write_text(enum svd_write write);
const char *svd_read_text(enum svd_read read);
/* "1 to 6"; "" for any value. */
void svd_constraint_text(const struct svd_constraint *c, char *text, size_t room);

/* The register called `name` (or by its path) in any letter case, and the field behind a dot; *field may be NULL for a register
 * alone. False: there is none; *near is the nearest name, malloc'ed by nobody: it lives as long as the block, or NULL. */
bool svd_find(const struct svd_block *block, const char *name, const struct svd_register **reg,
              const struct svd_field **field, const char **near);

#endif
