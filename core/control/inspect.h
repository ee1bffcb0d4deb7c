/* SPDX-License-Identifier: Apache-2.0
 *
 * inspect.h - one node from inside, as JSON. [machine], vCPUs parked
 */
#ifndef CORE_CONTROL_INSPECT_H
#define CORE_CONTROL_INSPECT_H

#include <jansson.h>

struct bp_dev;

/* Everything that the tables of its class say about it now; NULL: no memory. Nothing changes by looking. */
json_t *inspect_node(struct bp_dev *dev);

#endif
