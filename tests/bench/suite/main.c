/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c - runs one program of the benchmark and says how long it took by the guest's own clock:
 *
 *   suite NAME WORK [THREADS]       one of the programs in here
 *   suite exec NAME [text:BYTES] COMMAND...
 *                                   a command: its output is summed up, its input is so much text
 *   suite wait MILLISECONDS         says "begin" and waits: is the guest's clock right?
 *
 * Prints "result NAME NANOSECONDS CHECKSUM" by CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

static const struct program *const tables[] = {
    integer_programs, crypto_programs, text_programs,   float_programs,
    memory_programs,  system_programs, thread_programs,
};

static struct timespec started;

void begin(void)
{
    clock_gettime(CLOCK_MONOTONIC, &started);
}

void fail(const char *what)
{
    fprintf(stderr, "suite: %s: %s\n", what, strerror(errno));
    exit(1);
}

void *allocate(size_t bytes)
{
    void *p = malloc(bytes);

    if (!p)
        fail("malloc");
    return p;
}

void make_text(char *text, size_t bytes)
{
    enum { WORDS = 1500, LONGEST = 12 };
    static char words[WORDS][LONGEST + 1];
    static const char letters[] = "eeeeetttaaaooinnsshhrrddlluuccmmwwffggyyppbbvkjxqz";
    uint64_t state = 88172645463325252ull;
    size_t at = 0;

    for (int i = 0; i < WORDS; i++) {
        unsigned length = 2 + next_random(&state) % (LONGEST - 2);

        for (unsigned k = 0; k < length; k++)
            words[i][k] = letters[next_random(&state) % (sizeof(letters) - 1)];
        words[i][length] = 0;
    }
    while (at < bytes) {
        uint64_t draw = next_random(&state);
        /* The product of two draws favours the head of the list. */
        const char *word =
            words[(draw & 0xffff) * (draw >> 16 & 0xffff) % (0x10000ull * WORDS) >> 16];

        while (*word && at < bytes)
            text[at++] = *word++;
        if (at < bytes)
            text[at++] = draw >> 60 ? ' ' : '\n';
    }
}

static const struct program *find(const char *name)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct program *p = tables[i]; p->name; p++)
            if (!strcmp(p->name, name))
                return p;
    return NULL;
}

static void report(const char *name, uint64_t sum)
{
    struct timespec now;
    int64_t ns;

    clock_gettime(CLOCK_MONOTONIC, &now);
    ns = (now.tv_sec - started.tv_sec) * INT64_C(1000000000) + now.tv_nsec - started.tv_nsec;
    printf("result %s %" PRId64 " %016" PRIx64 "\n", name, ns, sum);
}

/* A file in memory with that much text, at its beginning. */
static int text_input(size_t bytes)
{
    int file = memfd_create("text", 0);
    char *text;

    if (file < 0 || ftruncate(file, bytes))
        fail("memfd");
    text = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (text == MAP_FAILED)
        fail("mmap");
    make_text(text, bytes);
    munmap(text, bytes);
    return file;
}

static int run_command(const char *name, int input, char **command)
{
    static unsigned char buffer[65536];
    uint64_t sum = 0;
    int ends[2], status;
    ssize_t got;
    pid_t pid;

    if (input < 0 || pipe(ends))
        fail("pipe");
    begin();
    pid = fork();
    if (pid < 0)
        fail("fork");
    if (!pid) {
        dup2(input, 0);
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execvp(command[0], command);
        fail(command[0]);
    }
    close(ends[1]);
    while ((got = read(ends[0], buffer, sizeof(buffer))) > 0)
        for (ssize_t i = 0; i < got; i++)
            sum = (sum ^ buffer[i]) * 0x100000001b3ull; /* FNV: however the bytes come in pieces */
    if (waitpid(pid, &status, 0) < 0)
        fail("waitpid");
    if (status) {
        fprintf(stderr, "suite: %s: status %d\n", command[0], status);
        return 1;
    }
    report(name, sum);
    return 0;
}

static int run_wait(unsigned long milliseconds)
{
    struct timespec end;

    printf("begin\n");
    fflush(stdout);
    begin();
    end = started;
    end.tv_sec += (time_t)(milliseconds / 1000);
    end.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL))
        ;
    report("wait", 0);
    return 0;
}

int main(int argc, char **argv)
{
    const struct program *program;
    unsigned long work, threads;
    uint64_t sum;

    if (argc == 2 && !strcmp(argv[1], "nothing")) /* what the storm of processes executes */
        return 0;
    if (argc > 3 && !strcmp(argv[1], "exec")) {
        int with_text = !strncmp(argv[3], "text:", 5);

        return run_command(argv[2],
                           with_text ? text_input(strtoul(argv[3] + 5, NULL, 10))
                                     : open("/dev/null", O_RDONLY),
                           argv + 3 + with_text);
    }
    if (argc == 3 && !strcmp(argv[1], "wait"))
        return run_wait(strtoul(argv[2], NULL, 10));
    program = argc == 3 || argc == 4 ? find(argv[1]) : NULL;
    if (!program) {
        fprintf(stderr, "usage: suite NAME WORK [THREADS] | suite wait MILLISECONDS |\n"
                        "       suite exec NAME [text:BYTES] COMMAND...\nnames:");
        for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
            for (const struct program *p = tables[i]; p->name; p++)
                fprintf(stderr, " %s", p->name);
        fprintf(stderr, "\n");
        return 2;
    }
    work = strtoul(argv[2], NULL, 10);
    threads = argc == 4 ? strtoul(argv[3], NULL, 10) : 1;
    begin();
    sum = program->run(work, threads);
    report(program->name, sum);
    return 0;
}
