/* SPDX-License-Identifier: Apache-2.0
 *
 * semver.h - semantic versions (semver.org 2.0.0) and ranges of them. Pure functions.
 *
 *   1.2.3  1.2  1  *     that version; the missing parts may be anything
 *   ^1.2                 compatible: the leftmost part that is not zero stays
 *   ^0.1                 so this is >=0.1.0 <0.2.0
 *   ~1.2                 at least, with the same major and minor
 *   >=1.2 <2             all of them; also > <= =
 *   ^1.0 || ^2.0         any of them
 */
#ifndef CORE_PLUGIN_SEMVER_H
#define CORE_PLUGIN_SEMVER_H

#include <stdbool.h>

enum semver_match { SEMVER_NO, SEMVER_YES, SEMVER_BAD_VERSION, SEMVER_BAD_RANGE };

/* Is `version` in `range`? A pre-release (1.0.0-rc.1) counts as lower than its release and needs no
 * special mention. */
enum semver_match semver_match(const char *version, const char *range);

#endif
