/* SPDX-License-Identifier: Apache-2.0
 *
 * child.h - loading the plug-in and finding its classes.
 */
#ifndef CHECK_CHILD_H
#define CHECK_CHILD_H

#include "check.h"

#define FACTORIES 4
extern const struct factory_row {
    const char *id;
    uint32_t kind, name_offset;
} factory_rows[FACTORIES];

/* False: a finding says why. */
bool child_load(struct kit *kit);
bool child_find(struct kit *kit); /* the class of the type that is checked */
void child_unload(struct kit *kit);
/* Name of class `index` of a kind, "" for one without; NULL: there are no more. */
const char *child_class_name(const struct kit *kit, uint32_t kind, uint32_t index);

#endif
