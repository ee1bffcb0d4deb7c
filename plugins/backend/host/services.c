/* SPDX-License-Identifier: Apache-2.0
 *
 * The core's interfaces, and text for people through them.
 */
#include "services.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 512

int32_t services_init(struct services *sv, struct bp_dev *dev, const struct bp_core *core)
{
    *sv = (struct services){
        .dev = dev,
        .loop = core->get(core, BP_LOOP_ID),
        .host = core->get(core, BP_BACKEND_HOST_ID),
        .trace = core->get(core, BP_TRACE_ID),
        .error = core->get(core, BP_ERROR_ID),
    };
    return sv->loop && sv->host ? BP_OK : BP_E_UNSUPPORTED;
}

int32_t services_fail(const struct services *sv, int32_t status, const char *property,
                      const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (sv->error)
        sv->error->set(sv->dev, property, text);
    return status;
}

int32_t services_fail_errno(const struct services *sv, int error, const char *property,
                            const char *what, const char *cure)
{
    int32_t status = error == ENOMEM ? BP_E_NOMEM : error == ENOENT ? BP_E_NOENT : BP_E_IO;

    return services_fail(sv, status, property, "%s: %s: %s", what, strerror(error), cure);
}

void services_log(const struct services *sv, uint32_t level, const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list args;

    if (!sv->trace)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    sv->trace->log(sv->dev, level, text);
}
