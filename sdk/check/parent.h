/* SPDX-License-Identifier: Apache-2.0
 *
 * parent.h - runs checks in children and keeps what came of them.
 */
#ifndef CHECK_PARENT_H
#define CHECK_PARENT_H

#include "check.h"

#define PASSED  0u
#define FAILED  1u
#define SKIPPED 2u

struct note { /* one finding */
    const struct check *check;
    char *where, *cause; /* owned */
};

struct result { /* one check of one type */
    const struct check *check;
    uint32_t kind, status;
    const char *type; /* of struct run's names; "" for the object */
    char *why;        /* SKIPPED; owned */
    double seconds;
    struct note *notes; /* owned */
    uint32_t nnotes;
};

struct run {
    const struct options *options;
    char **argv;
    int argc;
    char id[NAME_MAX_BYTES], version[NAME_MAX_BYTES];
    struct {
        uint32_t kind;
        char name[NAME_MAX_BYTES];
    } types[TYPES_MAX];
    uint32_t ntypes;
    struct result *results;
    uint32_t nresults, nfindings;
    bool broken; /* the kit itself could not go on; it was said on stderr */
};

/* Makes all checks the options ask for. */
void run_checks(struct run *run);
void run_free(struct run *run);

const char *kind_name(uint32_t kind); /* "device" */

void report_human(const struct run *run);
void report_json(const struct run *run);
/* False: cannot be written, which was said. */
bool report_junit(const struct run *run, const char *path);
void report_list(void);

#endif
