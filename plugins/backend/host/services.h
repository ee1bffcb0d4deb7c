/* SPDX-License-Identifier: Apache-2.0
 *
 * services.h - what every back end of this plug-in needs of the core, looked up once. [main]
 */
#ifndef HOST_SERVICES_H
#define HOST_SERVICES_H

#include <backplane/backend.h>
#include <backplane/trace.h>

struct services {
    struct bp_dev *dev;
    const struct bp_loop_api *loop;
    const struct bp_backend_host *host;
    const struct bp_trace_api *trace; /* may be NULL */
    const struct bp_error_api *error; /* may be NULL */
};

/* BP_OK, or BP_E_UNSUPPORTED when the core has no loop. */
int32_t services_init(struct services *sv, struct bp_dev *dev, const struct bp_core *core);

/* Text for a call that is about to fail, and the status to return. `property` may be NULL. */
int32_t services_fail(const struct services *sv, int32_t status, const char *property,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same for an errno, which is named and mapped to a status. */
int32_t services_fail_errno(const struct services *sv, int error, const char *property,
                            const char *what, const char *cure);
void services_log(const struct services *sv, uint32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

extern const struct bp_backend_class stdio_class, file_class, null_class, pty_class, tcp_class,
    unix_class, raw_class, memory_class, socketcan_class;

#endif
