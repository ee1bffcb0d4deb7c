/* SPDX-License-Identifier: Apache-2.0
 *
 * copy.h - a plug-in's file once more, under another path and the same name. Inside of core/plugin. [main]
 */
#ifndef CORE_PLUGIN_COPY_H
#define CORE_PLUGIN_COPY_H

/* Copies `path` to TMPDIR (or /tmp)/backplane-XXXXXX/NAME and returns that, malloc'ed. NULL: `why` (OBJECT_WHY bytes) says why. */
char *copy_make(const char *path, char *why);
/* Removes a copy and its folder. */
void copy_remove(const char *path);

#endif
