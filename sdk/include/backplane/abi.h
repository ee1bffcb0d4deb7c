/* SPDX-License-Identifier: Apache-2.0
 *
 * abi.h - the ground rules every Backplane plug-in header builds on: export, status codes, growth.
 *
 * A plug-in is a shared object that exports exactly one symbol (plugin.h), save what GDB looks up in
 * objects that make host code (__jit_debug_*). Everything else passes through structs of function
 * pointers. The rules that let a plug-in built today load for ten years:
 *
 *   - a struct that may grow starts with `uint32_t size`, set by whoever fills it in; readers ask BP_HAS()
 *     before touching a field added later; zero always means "as before the field existed";
 *   - arrays of structs travel as pointer, count and stride (BP_ARRAY), so rows may grow too;
 *   - no enum, bool, bit-field, long or size_t in these structs: fixed-width integers only;
 *   - numbers are appended, never renumbered; a changed meaning gets a new interface id;
 *   - memory is freed by the side that allocated it; lifetimes end at a named event.
 *
 * Contexts named in the comments of all headers:
 *   [main]     the thread that runs the loop; start-up and tear-down happen here as well
 *   [machine]  whoever holds the machine lock: devices are never called by two threads at once
 *   [vcpu]     the thread that runs one virtual CPU, without the machine lock unless said so
 *   [any]      callable from every thread, at any time
 */
#ifndef BACKPLANE_ABI_H
#define BACKPLANE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define BP_BEGIN extern "C" {
#define BP_END   }
#else
#define BP_BEGIN
#define BP_END
#endif

/* Version of these headers. While the major is 0 the ABI may still change, each time with a line in ABI.md. */
#define BP_SDK_MAJOR 0
#define BP_SDK_MINOR 1

#define BP_EXPORT __attribute__((visibility("default")))

/* True when the struct that `p` points to is large enough to hold `field`. */
#define BP_HAS(p, field) ((p)->size >= offsetof(__typeof__(*(p)), field) + sizeof((p)->field))

/* Initialises the three members "rows, nrows, row_stride" of a class from a static array. */
#define BP_ARRAY(a) (a), (uint32_t)(sizeof(a) / sizeof *(a)), (uint32_t)sizeof *(a)

/* Status: 0, or one of these. Text for people goes through bp.error/1 (trace.h). */
#define BP_OK            0
#define BP_E_INVAL       (-1) /* an argument or a value breaks the contract */
#define BP_E_NOMEM       (-2) /* the host has no memory left */
#define BP_E_NOENT       (-3) /* no such name, file or node */
#define BP_E_IO          (-4) /* the host's file, socket or device failed */
#define BP_E_UNSUPPORTED (-5) /* not offered by this plug-in, host or version */
#define BP_E_STATE       (-6) /* not now: wrong lifecycle phase or context */
#define BP_E_DECODE      (-7) /* nothing answers at this guest address */
#define BP_E_ACCESS      (-8) /* something is there and refuses this kind of access */
#define BP_E_PARTIAL     (-9) /* only a leading part was transferred */
#define BP_E_AGAIN       (-10) /* would have to wait; a callback follows when it is worth another try */
#define BP_E_FAULT       (-11) /* a guest exception has been recorded; not an error of the host */
#define BP_E_FULL        (-12) /* a fixed capacity is used up */

#endif
