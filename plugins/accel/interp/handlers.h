/* SPDX-License-Identifier: Apache-2.0
 *
 * handlers.h - numbers of the handlers, for emit.c and exec.c.
 */
#ifndef INTERP_HANDLERS_H
#define INTERP_HANDLERS_H

enum interp_handler {
#define H(name) H_##name,
#include "handlers.def"
#undef H
    INTERP_HANDLERS
};

#endif
