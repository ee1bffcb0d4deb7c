/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_host_portable.c - the status word of fp_host_portable.h. Empty on hosts with their own
 * instructions.
 */
#include "fp.h"

#ifdef ACCEL_FP_HOST_PORTABLE_H
_Thread_local struct fp_status fp_status;
#endif
