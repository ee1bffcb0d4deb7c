/* SPDX-License-Identifier: Apache-2.0
 *
 * doc.h - between the files of `backplane doc`. [main]
 */
#ifndef CORE_CLI_DOC_H
#define CORE_CLI_DOC_H

#include <stdio.h>

struct type;

void doc_page(const struct type *type, FILE *out);

#endif
