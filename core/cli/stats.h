/* SPDX-License-Identifier: Apache-2.0
 *
 * stats.h - the table of counters, of a machine that ends here or of one that runs elsewhere. [main]
 */
#ifndef CORE_CLI_STATS_H
#define CORE_CLI_STATS_H

#include <stdint.h>

struct table;

/* Rows: an amount of time, a counter with what it counts (may be NULL). */
void stats_time(struct table *t, const char *what, uint64_t ns);
void stats_count(struct table *t, const char *name, uint64_t value, const char *doc);

#endif
