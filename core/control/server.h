/* SPDX-License-Identifier: Apache-2.0
 *
 * server.h - inside of core/control: connections, the envelope, and the table of commands. [main]
 */
#ifndef CORE_CONTROL_SERVER_H
#define CORE_CONTROL_SERVER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "core/control/control.h"

struct client {
    struct client *next;
    struct control *control;
    uv_pipe_t pipe;
    char chunk[4096]; /* for libuv */
    char *input;      /* what has arrived and was not looked at yet */
    size_t used;
    size_t unsent;   /* bytes on their way out */
    bool negotiated; /* qmp_capabilities was said */
    bool skipping;   /* the rest of a line that was too long */
    bool stopped;    /* not reading: enough has arrived */
    bool eof;        /* nothing more will arrive; what has is answered */
    bool leaving;    /* is closed when all is sent */
    bool gone;       /* is being closed, or broken */
    bool closed;     /* libuv is done with it */
};

struct control {
    struct machine *machine;
    uv_pipe_t listener;
    struct client *clients;
    uint32_t nclients;
    uint32_t handles; /* of libuv, not closed yet */
};

/* Sends a value and takes it over. */
void client_send(struct client *client, json_t *value);

/* envelope.c: answers one line. */
void envelope_greet(struct client *client);
void envelope_line(struct client *client, const char *line, size_t bytes);
void envelope_error(struct client *client, json_t *id, const char *class, const char *desc);

/* --- commands --------------------------------------------------------------------------------------------------- */

enum argument_type { ARG_TEXT, ARG_NUMBER, ARG_BOOL, ARG_TEXTS, ARG_CHOICE };

struct argument {
    const char *name, *doc;
    enum argument_type type;
    bool required;
    const char *const *choices; /* CHOICE: NULL-terminated */
    uint64_t max;               /* NUMBER; 0: none */
};

#define CLASS_GENERIC   "GenericError"
#define CLASS_COMMAND   "CommandNotFound"
#define CLASS_NOT_FOUND "DeviceNotFound"

/* A command at work. Arguments have been checked. */
struct call {
    struct machine *machine;
    const json_t *arguments;
    json_t *result; /* set by the command; NULL: an empty object */
    const char *error_class;
    char error[512];
};

struct command_row {
    const char *name;
    const char *doc;                  /* one line */
    const char *returns;              /* one line */
    const struct argument *arguments; /* ends with a NULL name; NULL: none */
    bool (*run)(struct call *call);   /* false: call_fail() said why */
};

extern const struct command_row command_rows[]; /* ends with a NULL name */
const char *argument_type_name(enum argument_type type);

bool call_fail(struct call *call, const char *class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool call_has(const struct call *call, const char *argument);
const char *call_text(const struct call *call, const char *argument); /* NULL: not given */
uint64_t call_number(const struct call *call, const char *argument, uint64_t otherwise);
bool call_flag(const struct call *call, const char *argument);
struct bp_dev;
/* The node that an argument names; NULL and an error with the nearest name. */
struct bp_dev *call_node(struct call *call, const char *argument);

/* What a vCPU holds is its own while it runs, and what devices are traced by is read without a lock: between these two no vCPU
 * runs, and the machine lock is held. */
void call_stop_begin(struct machine *m);
void call_stop_end(struct machine *m);

/* Values as the protocol writes them. */
json_t *value_hex(uint64_t value); /* "0x1f": JSON's own numbers lose bits in many readers */
json_t *value_u64(uint64_t value);
bool value_number(const json_t *value, uint64_t *out); /* a number, or text as YAML writes it */

/* commands_*.c */
bool run_capabilities(struct call *call);
bool run_query_commands(struct call *call);
bool run_query_version(struct call *call);
bool run_query_status(struct call *call);
bool run_stop(struct call *call);
bool run_cont(struct call *call);
bool run_quit(struct call *call);
bool run_reset(struct call *call);
bool run_power(struct call *call);
bool run_query_nodes(struct call *call);
bool run_query_cpus(struct call *call);
bool run_query_plugins(struct call *call);
bool run_query_stats(struct call *call);
bool run_query_memory_map(struct call *call);
bool run_read_memory(struct call *call);
bool run_inspect(struct call *call);
bool run_reload(struct call *call);
bool run_set_trace(struct call *call);
bool run_set_break(struct call *call);
bool run_query_watches(struct call *call);

#endif
