/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of a description (grammar.h).
 */
#include "core/machine/grammar.h"

#include "core/machine/graph.h"
#include <backplane/props.h>
#include <stddef.h>

#define NODES (KIND_PART | KIND_SOC | KIND_BOARD)
#define EVERY (NODES | KIND_RUN)

const struct grammar_kind grammar_kinds[] = {
    {"part", KIND_PART, "Some nodes, to be included."},
    {"soc", KIND_SOC, "The nodes of a chip, to be included."},
    {"board", KIND_BOARD, "A whole machine."},
    {"run", KIND_RUN, "What is the host's: accelerator, images, back ends."},
    {NULL, 0, NULL},
};

const struct grammar_word grammar_top[] = {
    {"backplane", "Version of the grammar: 1.", EVERY},
    {"kind", "What is described here.", EVERY},
    {"name", "Name of the machine; the file's name without folder and suffix unless given.", EVERY},
    {"doc", "What this is, in a sentence.", EVERY},
    {"plugins", "Every plug-in that the nodes need, by an alias of your choice.", EVERY},
    {"params", "What users may set: typed parameters, for ${...}.", EVERY},
    {"include", "Parts whose nodes belong to this description.", NODES},
    {"override", "Changes to included nodes, key by key.", NODES},
    {"nodes", "The nodes, by name.", NODES},
    {"aliases", "Other names for nodes, for the guest's device tree: serial0: uart0.", NODES},
    {"boot", "Where images go: a node and an offset, or a number.", KIND_BOARD},
    {"model", "Name of the machine in the guest's device tree.", KIND_BOARD},
    {"compatible", "Root `compatible` of the guest's device tree, most specific first.",
     KIND_BOARD},
    {"board", "File of the board; left out when it is in the same file.", KIND_RUN},
    {"set", "Values for the board's parameters.", KIND_RUN},
    {"accel", "Accelerators in order of preference: the first that runs here is used.", KIND_RUN},
    {"time", "How guest time passes.", KIND_RUN},
    {"seed", "Seed of all randomness when time is deterministic.", KIND_RUN},
    {"images", "Files to be loaded, by role.", KIND_RUN},
    {"backends", "The host's side of devices, by the name that the nodes use.", KIND_RUN},
    {NULL, NULL, 0},
};

const struct grammar_word grammar_node[] = {
    {"type", "ALIAS/TYPE with an alias of `plugins:`, or core/TYPE.", 0},
    {"reg", "Where its regions are: [BASE, SIZE], or a map from region to that.", 0},
    {"bus",
     "What it sits on: an address space, or for a part the bus of a node and the address there.",
     0},
    {"fdt", "Properties for the guest's device tree; false hides the node there.", 0},
    {"repeat", "An index and its range, { i: \"0..3\" }: makes NAME0 to NAME3.", 0},
    {"when", "Leaves the node out when false.", 0},
    {"doc", "What it is, for readers.", 0},
    {NULL, NULL, 0},
};

const struct grammar_word grammar_param[] = {
    {"type", "What values it takes.", 0},
    {"default", "Its value unless one is given; without default it must be given.", 0},
    {"range", "[lowest, highest], for types with an order.", 0},
    {"choices", "The values it takes, for an enum.", 0},
    {"doc", "What it is, for `backplane describe`.", 0},
    {NULL, NULL, 0},
};

const struct grammar_word grammar_plugin[] = {
    {"use", "Id of the plug-in, or ./PATH.so relative to this file.", 0},
    {"version", "Versions that will do: ^1.0, ~2.1, >=1.2 <2.", 0},
    {NULL, NULL, 0},
};

const struct grammar_word grammar_include[] = {
    {"file", "A part, a soc or a board, relative to this file.", 0},
    {"params", "Values for its parameters.", 0},
    {"prefix", "Put in front of the names of its nodes.", 0},
    {NULL, NULL, 0},
};

const struct grammar_word grammar_boot[] = {
    {"firmware", "Where firmware goes.", 0},
    {"kernel", "Where the kernel goes.", 0},
    {"initrd", "Where the initial RAM disk goes.", 0},
    {"fdt", "Where the device tree goes.", 0},
    {"info", "Where what the firmware is told goes: memory that no program writes to, such as ROM.",
     0},
    {"load", "Where images with names of their own go.", 0},
    {NULL, NULL, 0},
};

const struct grammar_word grammar_images[] = {
    {"firmware", "What runs first; none: nothing.", 0},
    {"kernel", "The operating system's kernel.", 0},
    {"initrd", "Its initial RAM disk.", 0},
    {"fdt", "A flattened device tree instead of the generated one.", 0},
    {"cmdline", "Arguments for the kernel: a text, not a file.", 0},
    {NULL, NULL, 0},
};

const struct grammar_word grammar_times[] = {
    {"realtime", "Guest time runs with the host's clock.", 0},
    {"fast", "As realtime, and idle time is skipped.", 0},
    {"deterministic", "Guest time counts instructions.", 0},
    {NULL, NULL, 0},
};

const struct grammar_setting grammar_time_settings[] = {
    {"frequency", BP_PROP_FREQ, 1000, 1000000000000, offsetof(struct graph, frequency),
     "Instructions of every vCPU in a second of guest time."},
    {"quantum", BP_PROP_U64, 1, 1000000000, offsetof(struct graph, quantum),
     "Instructions of one vCPU before the next one has its turn."},
    {"until", BP_PROP_DURATION, 1, INT64_MAX, offsetof(struct graph, until),
     "Guest time at which the machine is switched off."},
    {NULL, 0, 0, 0, 0, NULL},
};

const struct grammar_param_type grammar_param_types[] = {
    {"u32", BP_PROP_U32, UINT32_MAX, "A number of 32 bits."},
    {"u64", BP_PROP_U64, UINT64_MAX, "A number of 64 bits."},
    {"bool", BP_PROP_BOOL, 1, "true or false."},
    {"size", BP_PROP_SIZE, UINT64_MAX, "Bytes: 64KiB."},
    {"freq", BP_PROP_FREQ, UINT64_MAX, "Ticks in a second: 24MHz."},
    {"duration", BP_PROP_DURATION, UINT64_MAX, "A length of time: 10us."},
    {"string", BP_PROP_STR, 0, "A text."},
    {"enum", BP_PROP_STR, 0, "One of its choices."},
    {NULL, 0, 0, NULL},
};
