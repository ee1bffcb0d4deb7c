/* SPDX-License-Identifier: Apache-2.0
 *
 * words.h - words for numbers of the SDK, as people and programs are told them. [any]
 */
#ifndef CORE_PLUGIN_WORDS_H
#define CORE_PLUGIN_WORDS_H

#include <stdint.h>

struct type;

const char *word_access(uint32_t access); /* BP_REG_*: "w1c"; "?" for one this core does not know */
const char *word_port_kind(uint32_t kind); /* BP_PORT_*: "irq" */
const char *
word_type_kind(const struct type *type); /* "device", "cpu", "accelerator", "block", "char" */

#endif
