/* SPDX-License-Identifier: Apache-2.0
 *
 * line.h - bp.line/1: interrupt, GPIO and reset lines.
 *
 * A line carries a level. An edge is two calls. Fan-out, OR of several drivers and inversion are wired in the
 * machine description and done by the core, which also saves levels: a device must not, and must not
 * drive lines in post_load. All drivers of an input are ORed; an input sees only changes.
 */
#ifndef BACKPLANE_LINE_H
#define BACKPLANE_LINE_H

#include <backplane/plugin.h>

BP_BEGIN

struct bp_line; /* all lines of one OUT port; written into the instance by the core */

#define BP_LINE_ID "bp.line/1"
struct bp_line_api {
    uint32_t size, flags;
    /* [machine]. Drives line `index` of the port. Inputs reached by it are called before set() returns;
     * a loop of wires is cut at a depth of 64 and reported. */
    void (*set)(struct bp_line *port, uint32_t index, uint32_t level);
    uint32_t (*get)(struct bp_line *port, uint32_t index); /* [machine]; the level last driven */
};

BP_END
#endif
