/* SPDX-License-Identifier: Apache-2.0
 *
 * imports.c - the relocation slots of a loaded object (System V ABI, chapter 5: DT_JMPREL,
 * DT_RELA), and what the kit puts into them.
 */
#include "imports.h"

#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>

#include "check.h"

#if defined(__x86_64__)
#define IS_IMPORT(type)                                                                            \
    ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT || (type) == R_X86_64_64)
#elif defined(__aarch64__)
#define IS_IMPORT(type)                                                                            \
    ((type) == R_AARCH64_JUMP_SLOT || (type) == R_AARCH64_GLOB_DAT || (type) == R_AARCH64_ABS64)
#else
#define IS_IMPORT(type) 0
#endif

#define HELD_MAX  65536u
#define HEAP_MOST ((uint64_t)1 << 30) /* a plug-in that wants more is told there is none */

/* Memory the plug-in asked for and has not given back. Its threads may ask as well. */
static struct held {
    void *memory;
    uint64_t bytes;
    const void *caller;
    uint32_t mapping;
} held[HELD_MAX];
static uint32_t nheld;
static struct imports_use use;
static uint64_t fail_after = UINT64_MAX;
static uint32_t failed, shifted;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct imports_use imports_use(void)
{
    return use;
}

void imports_fail_at(uint64_t n)
{
    fail_after = n;
    failed = 0;
}

uint32_t imports_failed(void)
{
    return failed;
}

void imports_shift(uint32_t shift)
{
    shifted = shift;
}

const void *imports_oldest(void)
{
    return nheld ? held[0].caller : NULL;
}

/* --- memory -------------------------------------------------------------------------- */

static bool refused(uint64_t bytes)
{
    bool no;

    pthread_mutex_lock(&lock);
    no = !fail_after || bytes > HEAP_MOST || use.bytes > HEAP_MOST - bytes;
    if (fail_after && fail_after != UINT64_MAX)
        fail_after--;
    failed += no;
    pthread_mutex_unlock(&lock);
    if (no)
        errno = ENOMEM;
    return no;
}

static void *note(void *memory, uint64_t bytes, const void *caller, uint32_t mapping)
{
    pthread_mutex_lock(&lock);
    if (memory && nheld < HELD_MAX) {
        held[nheld++] = (struct held){memory, bytes, caller, mapping};
        use.bytes += bytes;
        use.blocks += !mapping;
        use.mappings += mapping;
    }
    pthread_mutex_unlock(&lock);
    return memory;
}

static void forget(const void *memory)
{
    pthread_mutex_lock(&lock);
    for (uint32_t i = nheld; i-- && memory;) {
        if (held[i].memory != memory)
            continue;
        use.bytes -= held[i].bytes;
        use.blocks -= !held[i].mapping;
        use.mappings -= held[i].mapping;
        memmove(held + i, held + i + 1, (--nheld - i) * sizeof *held);
        break;
    }
    pthread_mutex_unlock(&lock);
}

#define CALLER __builtin_return_address(0)

static void *kit_malloc(size_t bytes)
{
    void *memory = refused(bytes) ? NULL : malloc(bytes);

    if (memory) /* differs from run to run, so that a reader of what nobody wrote differs as well */
        memset(memory, 0xa5 + (int)shifted * 0x11, bytes);
    return note(memory, bytes, CALLER, 0);
}

static void *kit_calloc(size_t count, size_t bytes)
{
    return note(refused(bytes) ? NULL : calloc(count, bytes), count * bytes, CALLER, 0);
}

static void *resize(void *old, size_t bytes, const void *caller)
{
    void *memory;

    if (refused(bytes))
        return NULL;
    forget(old);
    memory = realloc(old, bytes);
    return note(memory, bytes, caller, 0);
}

static void *kit_realloc(void *old, size_t bytes)
{
    return resize(old, bytes, CALLER);
}

static void *kit_reallocarray(void *old, size_t count, size_t bytes)
{
    size_t sum;

    if (__builtin_mul_overflow(count, bytes, &sum)) {
        errno = ENOMEM;
        return NULL;
    }
    return resize(old, sum, CALLER);
}

static void kit_free(void *memory)
{
    forget(memory);
    free(memory);
}

static char *kit_strdup(const char *text)
{
    return note(refused(strlen(text) + 1) ? NULL : strdup(text), strlen(text) + 1, CALLER, 0);
}

static char *kit_strndup(const char *text, size_t most)
{
    return note(refused(most) ? NULL : strndup(text, most), strnlen(text, most) + 1, CALLER, 0);
}

static int kit_posix_memalign(void **out, size_t align, size_t bytes)
{
    int status = refused(bytes) ? ENOMEM : posix_memalign(out, align, bytes);

    if (!status)
        note(*out, bytes, CALLER, 0);
    return status;
}

static void *kit_aligned_alloc(size_t align, size_t bytes)
{
    return note(refused(bytes) ? NULL : aligned_alloc(align, bytes), bytes, CALLER, 0);
}

static void *kit_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset)
{
    void *memory = refused(0) ? MAP_FAILED : mmap(at, bytes, prot, flags, fd, offset);

    if (memory != MAP_FAILED)
        note(memory, 0, CALLER, 1);
    return memory;
}

static int kit_munmap(void *memory, size_t bytes)
{
    forget(memory);
    return munmap(memory, bytes);
}

/* --- what a plug-in must not do ------------------------------------------------------ */

static void forbidden(const void *caller, const char *what)
{
    kit_watch(kit_here(), "host", caller, "calls %s", what);
}

static _Noreturn void kit_exit(int status)
{
    (void)status;
    forbidden(CALLER, "exit(), which would end the whole machine");
    kit_leave(kit_here());
}

static _Noreturn void kit_abort(void)
{
    forbidden(CALLER, "abort(), which would end the whole machine");
    kit_leave(kit_here());
}

static _Noreturn void kit_assert_fail(const char *expression, const char *file, unsigned line,
                                      const char *function)
{
    (void)file;
    kit_watch(kit_here(), "host", CALLER,
              "assert(%s) fails in %s() at line %u, which would end the whole machine", expression,
              function, line);
    kit_leave(kit_here());
}

static int kit_fork(void)
{
    forbidden(CALLER, "fork()");
    errno = ENOSYS;
    return -1;
}

static int kit_system(const char *command)
{
    (void)command;
    forbidden(CALLER, "system()");
    return -1;
}

static void *kit_signal(int number, void *handler)
{
    (void)handler;
    kit_watch(kit_here(), "host", CALLER, "sets a handler for signal %d", number);
    return (void *)(intptr_t)-1;
}

static int kit_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    if (action) {
        kit_watch(kit_here(), "host", CALLER, "sets a handler for signal %d", number);
        return -1;
    }
    return sigaction(number, NULL, old);
}

static char *kit_setlocale(int category, const char *locale)
{
    (void)category;
    if (locale)
        forbidden(CALLER, "setlocale(), which changes the whole process");
    return NULL;
}

static int kit_setenv(const char *name, const char *value, int overwrite)
{
    (void)name;
    (void)value;
    (void)overwrite;
    forbidden(CALLER, "setenv(), which changes the whole process");
    return -1;
}

static int kit_chdir(const char *path)
{
    (void)path;
    forbidden(CALLER, "chdir(), which changes the whole process");
    return -1;
}

/* --- clocks and chance --------------------------------------------------------------- */

static int kit_clock_gettime(clockid_t clock, struct timespec *out)
{
    int status = clock_gettime(clock, out);

    out->tv_sec += shifted * 86413l;
    return status;
}

static time_t kit_time(time_t *out)
{
    time_t now = time(NULL) + (time_t)(shifted * 86413l);

    if (out)
        *out = now;
    return now;
}

static int kit_gettimeofday(struct timeval *out, void *zone)
{
    int status = gettimeofday(out, zone);

    out->tv_sec += (time_t)(shifted * 86413l);
    return status;
}

static int kit_rand(void)
{
    return (int)(shifted * 7919 % 1000);
}

static long kit_random(void)
{
    return (long)(shifted * 7919 % 1000);
}

/* --- slots --------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void *function;
} hooks[] = {
    {"malloc", kit_malloc},
    {"calloc", kit_calloc},
    {"realloc", kit_realloc},
    {"reallocarray", kit_reallocarray},
    {"free", kit_free},
    {"strdup", kit_strdup},
    {"__strdup", kit_strdup},
    {"strndup", kit_strndup},
    {"posix_memalign", kit_posix_memalign},
    {"aligned_alloc", kit_aligned_alloc},
    {"memalign", kit_aligned_alloc},
    {"mmap", kit_mmap},
    {"mmap64", kit_mmap},
    {"munmap", kit_munmap},
    {"exit", kit_exit},
    {"_exit", kit_exit},
    {"_Exit", kit_exit},
    {"quick_exit", kit_exit},
    {"abort", kit_abort},
    {"__assert_fail", kit_assert_fail},
    {"fork", kit_fork},
    {"vfork", kit_fork},
    {"system", kit_system},
    {"signal", kit_signal},
    {"sigaction", kit_sigaction},
    {"setlocale", kit_setlocale},
    {"setenv", kit_setenv},
    {"chdir", kit_chdir},
    {"clock_gettime", kit_clock_gettime},
    {"time", kit_time},
    {"gettimeofday", kit_gettimeofday},
    {"rand", kit_rand},
    {"random", kit_random},
};

static void *hook_of(const char *name)
{
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        if (!strcmp(hooks[i].name, name))
            return hooks[i].function;
    }
    return NULL;
}

/* The slot may be in a part that was made read-only after relocation. */
static void put_slot(uintptr_t slot, void *function)
{
    uintptr_t page = slot & ~(uintptr_t)4095;

    if (!mprotect((void *)page, slot + sizeof function - page, PROT_READ | PROT_WRITE))
        memcpy((void *)slot, &function, sizeof function);
}

static void hook_rows(const struct link_map *map, const Elf64_Rela *rows, uint64_t bytes,
                      const Elf64_Sym *symbols, const char *text)
{
    for (uint64_t i = 0; rows && i < bytes / sizeof *rows; i++) {
        const Elf64_Sym *symbol = &symbols[ELF64_R_SYM(rows[i].r_info)];
        void *function;

        if (!IS_IMPORT(ELF64_R_TYPE(rows[i].r_info)) || symbol->st_shndx != SHN_UNDEF)
            continue;
        function = hook_of(text + symbol->st_name);
        if (function)
            put_slot(map->l_addr + rows[i].r_offset, function);
    }
}

void imports_hook(struct kit *kit, void *object)
{
    const Elf64_Sym *symbols = NULL;
    const Elf64_Rela *plt = NULL, *rela = NULL;
    uint64_t plt_bytes = 0, rela_bytes = 0;
    const char *text = NULL;
    struct link_map *map;

    (void)kit;
    if (dlinfo(object, RTLD_DI_LINKMAP, &map))
        return;
    for (const Elf64_Dyn *row = map->l_ld; row->d_tag != DT_NULL; row++) {
        const void *at = (const void *)(uintptr_t)row->d_un.d_ptr; /* relocated by glibc */

        switch (row->d_tag) {
        case DT_SYMTAB:
            symbols = at;
            break;
        case DT_STRTAB:
            text = at;
            break;
        case DT_JMPREL:
            plt = at;
            break;
        case DT_PLTRELSZ:
            plt_bytes = row->d_un.d_val;
            break;
        case DT_RELA:
            rela = at;
            break;
        case DT_RELASZ:
            rela_bytes = row->d_un.d_val;
            break;
        default:
            break;
        }
    }
    if (!symbols || !text)
        return;
    hook_rows(map, plt, plt_bytes, symbols, text);
    hook_rows(map, rela, rela_bytes, symbols, text);
}
