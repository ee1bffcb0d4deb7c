/* SPDX-License-Identifier: Apache-2.0
 *
 * `backplane reload`: a rebuilt plug-in into a running machine.
 */
#include "core/cli/client.h"
#include "core/cli/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void say(const json_t *result)
{
    const json_t *nodes = json_object_get(result, "nodes");
    json_t *node;
    size_t i;

    printf("%s %s:", json_string_value(json_object_get(result, "plugin")),
           json_string_value(json_object_get(result, "version")));
    json_array_foreach (nodes, i, node)
        printf("%s %s", i ? "," : "", json_string_value(node));
    printf(" reloaded\n");
}

int command_reload(const struct arguments *args)
{
    char *file = args->file ? realpath(args->file, NULL) : NULL; /* the machine is elsewhere */
    json_t *arguments, *result = NULL;
    struct client c;
    size_t first;

    if (args->file && !file)
        return usage_error(command_find("reload"), "%s: %s: check the path", args->file,
                           strerror(errno));
    if (client_open(&c, args, "reload", 1, &first)) {
        arguments =
            json_pack("{s:s, s:b}", "target", args->positional.items[first], "lossy", args->lossy);
        if (file && json_object_set_new(arguments, "file", json_string(file))) {
            usage_error(command_find("reload"), "%s: JSON takes no path that is not UTF-8", file);
            json_decref(arguments);
        } else {
            result = client_execute(&c, "reload", arguments);
        }
    }
    client_close(&c);
    free(file);
    if (result)
        say(result);
    json_decref(result);
    return result ? EXIT_OK : c.code;
}
