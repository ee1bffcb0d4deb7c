/* SPDX-License-Identifier: Apache-2.0
 *
 * system.c - what an operating system does for its programs: processes, pipes, switches, pages,
 * files, small calls.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

static uint64_t processes(unsigned long work, int execute)
{
    uint64_t sum = 0;

    while (work--) {
        int status;
        pid_t pid = fork();

        if (pid < 0)
            fail("fork");
        if (!pid) {
            if (execute) {
                execl("/proc/self/exe", "suite", "nothing", (char *)NULL);
                _exit(127);
            }
            _exit((int)(work & 63));
        }
        if (waitpid(pid, &status, 0) != pid)
            fail("waitpid");
        sum = mix(sum, (uint64_t)status + 1);
    }
    return sum;
}

static uint64_t forks(unsigned long work, unsigned long threads)
{
    (void)threads;
    return processes(work, 0);
}

static uint64_t execs(unsigned long work, unsigned long threads)
{
    (void)threads;
    return processes(work, 1);
}

/* A byte goes to another process and comes back. */
static uint64_t pipes(unsigned long work, unsigned long threads)
{
    int to[2], back[2], status;
    unsigned char byte = 0;
    uint64_t sum = 0;
    pid_t pid;

    (void)threads;
    if (pipe(to) || pipe(back))
        fail("pipe");
    pid = fork();
    if (pid < 0)
        fail("fork");
    if (!pid) {
        close(to[1]);
        while (read(to[0], &byte, 1) == 1) {
            byte = (unsigned char)(byte * 5 + 1);
            if (write(back[1], &byte, 1) != 1)
                _exit(1);
        }
        _exit(0);
    }
    for (unsigned long i = 0; i < work; i++) {
        if (write(to[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
            fail("pipe");
        sum = mix(sum, byte);
    }
    close(to[1]);
    if (waitpid(pid, &status, 0) != pid || status)
        fail("waitpid");
    return sum;
}

/* Two threads hand a number to each other under a mutex and two conditions. */
struct ball {
    pthread_mutex_t lock;
    pthread_cond_t turns[2];
    unsigned long count, end;
};

static void play(struct ball *ball, unsigned me)
{
    pthread_mutex_lock(&ball->lock);
    while (ball->count < ball->end) {
        while (ball->count < ball->end && (ball->count & 1) != me)
            pthread_cond_wait(&ball->turns[me], &ball->lock);
        if (ball->count < ball->end)
            ball->count++;
        pthread_cond_signal(&ball->turns[!me]);
    }
    pthread_mutex_unlock(&ball->lock);
}

static void *second_player(void *ball)
{
    play(ball, 1);
    return NULL;
}

static uint64_t switches(unsigned long work, unsigned long threads)
{
    struct ball ball = {.lock = PTHREAD_MUTEX_INITIALIZER,
                        .turns = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER},
                        .end = work};
    pthread_t other;

    (void)threads;
    if (pthread_create(&other, NULL, second_player, &ball))
        fail("pthread_create");
    play(&ball, 0);
    pthread_join(other, NULL);
    return mix(0, ball.count);
}

/* Two processes that yield to each other: switches of address space. */
static uint64_t yields(unsigned long work, unsigned long threads)
{
    int status;
    pid_t pid = fork();

    (void)threads;
    if (pid < 0)
        fail("fork");
    for (unsigned long i = 0; i < work; i++)
        sched_yield();
    if (!pid)
        _exit(3);
    if (waitpid(pid, &status, 0) != pid)
        fail("waitpid");
    return mix(0, (uint64_t)status);
}

/* Maps a megabyte, touches every page of it, gives it back. */
static uint64_t faults(unsigned long work, unsigned long threads)
{
    enum { SIZE = 1 << 20 };
    uint64_t sum = 0;

    (void)threads;
    while (work--) {
        unsigned char *p =
            mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
            fail("mmap");
        for (size_t at = 0; at < SIZE; at += 4096)
            sum += p[at]++;
        munmap(p, SIZE);
    }
    return mix(sum, 1);
}

/* Files in memory: made, written and read in small pieces, looked at, renamed, removed. */
static uint64_t files(unsigned long work, unsigned long threads)
{
    char block[4096], name[64], other[64];
    uint64_t sum = 0;

    (void)threads;
    memset(block, 'x', sizeof(block));
    for (unsigned long i = 0; i < work; i++) {
        struct stat about;
        int file;

        snprintf(name, sizeof(name), "/tmp/suite-%lu", i % 50);
        snprintf(other, sizeof(other), "/tmp/suite-%lu.new", i % 50);
        file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
        if (file < 0)
            fail(name);
        for (int k = 0; k < 16; k++)
            if (write(file, block, sizeof(block)) != sizeof(block))
                fail("write");
        block[i % sizeof(block)]++;
        lseek(file, 0, SEEK_SET);
        while (read(file, block, sizeof(block)) == sizeof(block))
            sum += (unsigned char)block[i % sizeof(block)];
        if (fstat(file, &about) || rename(name, other) || stat(other, &about) || unlink(other))
            fail(name);
        sum = mix(sum, (uint64_t)about.st_size);
        close(file);
    }
    return sum;
}

/* Calls that do next to nothing: the way in and out of the kernel. */
static uint64_t calls(unsigned long work, unsigned long threads)
{
    uint64_t differ = 0;
    long parent = getppid();

    (void)threads;
    for (unsigned long i = 0; i < work * 1000; i++)
        differ += syscall(SYS_getppid) != parent;
    return mix(differ, 1);
}

const struct program system_programs[] = {
    {"forks", forks},       {"execs", execs},   {"pipes", pipes},
    {"switches", switches}, {"yields", yields}, {"faults", faults},
    {"files", files},       {"calls", calls},   {NULL, NULL},
};
