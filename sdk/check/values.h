/* SPDX-License-Identifier: Apache-2.0
 *
 * values.h - values for properties, as text of a machine description.
 */
#ifndef CHECK_VALUES_H
#define CHECK_VALUES_H

#include "check.h"

/* The simplest value the row allows, or with `random` any. False: no text can be made (REF, a
 * damaged row). */
bool value_of(const struct bp_prop *row, struct random *random, char *text, size_t room);
/* How many elements a list or targets a reference gets. */
uint32_t value_count(const struct bp_prop *row, struct random *random);

struct th;
/* Sets what must be set: required values the simplest way, --props, and with `random` most others.
 * False: a skip says why it cannot. */
bool values_give(struct kit *kit, struct th *t, struct random *random);

#endif
