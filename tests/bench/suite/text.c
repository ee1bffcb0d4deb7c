/* SPDX-License-Identifier: Apache-2.0
 *
 * text.c - programs whose work is on bytes and on words of an instruction set of their own:
 * compression, an interpreter, string handling.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "suite.h"

/* Lempel and Ziv's dictionary compression with a hash table of positions: literals and pairs of
   distance and length, as bytes. Unpacks what it packed. */
static size_t put_length(uint8_t *out, size_t at, size_t length)
{
    while (length >= 255) {
        out[at++] = 255;
        length -= 255;
    }
    out[at++] = (uint8_t)length;
    return at;
}

static size_t lz_pack(const uint8_t *in, size_t size, uint8_t *out)
{
    enum { BITS = 14, SHORTEST = 4, FARTHEST = 65535 };
    static uint32_t table[1 << BITS];
    size_t at = 0, literal = 0, used = 0;

    memset(table, 0, sizeof(table));
    while (at + SHORTEST <= size) {
        uint32_t four = in[at] | in[at + 1] << 8 | in[at + 2] << 16 | (uint32_t)in[at + 3] << 24;
        uint32_t *slot = &table[four * 2654435761u >> (32 - BITS)];
        size_t from = *slot, length = 0;

        *slot = (uint32_t)at + 1;
        if (from && at + 1 - from <= FARTHEST)
            while (at + length < size && in[from - 1 + length] == in[at + length])
                length++;
        if (length < SHORTEST) {
            at++;
            continue;
        }
        used = put_length(out, used, at - literal);
        memcpy(out + used, in + literal, at - literal);
        used += at - literal;
        out[used++] = (uint8_t)(at + 1 - from);
        out[used++] = (uint8_t)((at + 1 - from) >> 8);
        used = put_length(out, used, length - SHORTEST);
        at += length;
        literal = at;
    }
    used = put_length(out, used, size - literal);
    memcpy(out + used, in + literal, size - literal);
    return used + size - literal;
}

static size_t get_length(const uint8_t *in, size_t *at)
{
    size_t length = 0;

    while (in[*at] == 255) {
        length += 255;
        ++*at;
    }
    return length + in[(*at)++];
}

static size_t lz_unpack(const uint8_t *in, size_t size, uint8_t *out)
{
    size_t at = 0, made = 0;

    while (at < size) {
        size_t length = get_length(in, &at);

        memcpy(out + made, in + at, length);
        made += length;
        at += length;
        if (at < size) {
            size_t distance = in[at] | in[at + 1] << 8;

            at += 2;
            length = get_length(in, &at) + 4;
            for (; length; length--, made++) /* a pair may reach into what it makes itself */
                out[made] = out[made - distance];
        }
    }
    return made;
}

static uint64_t lz(unsigned long work, unsigned long threads)
{
    enum { SIZE = 512 << 10 };
    uint8_t *text = allocate(SIZE), *packed = allocate(SIZE + SIZE / 64), *again = allocate(SIZE);
    uint64_t sum = 0;

    (void)threads;
    make_text((char *)text, SIZE);
    begin();
    while (work--) {
        size_t size = lz_pack(text, SIZE, packed);

        if (lz_unpack(packed, size, again) != SIZE || memcmp(text, again, SIZE))
            return 0;
        sum = mix(sum, mix(size, packed[size / 2]));
        text[work % SIZE] ^= 1;
    }
    return sum;
}

/* A machine with a stack of its own, one switch for each instruction: walks Collatz' sequences. */
enum { NOTHING, PUSH, LOAD, STORE, ADD, SUB, MUL, DIV, AND, LESS, EQUAL, JUMP, JUMP_IF_NOT, STOP };

struct instruction {
    int32_t code, operand;
};

static int64_t interpret(const struct instruction *program, int64_t *cells)
{
    const struct instruction *pc = program, *now;
    int64_t stack[16], *top = stack;

    for (;;) {
        now = pc++;
        switch (now->code) {
        case PUSH:
            *++top = now->operand;
            break;
        case LOAD:
            *++top = cells[now->operand];
            break;
        case STORE:
            cells[now->operand] = *top--;
            break;
        case ADD:
            top--;
            top[0] += top[1];
            break;
        case SUB:
            top--;
            top[0] -= top[1];
            break;
        case MUL:
            top--;
            top[0] *= top[1];
            break;
        case DIV:
            top--;
            top[0] /= top[1];
            break;
        case AND:
            top--;
            top[0] &= top[1];
            break;
        case LESS:
            top--;
            top[0] = top[0] < top[1];
            break;
        case EQUAL:
            top--;
            top[0] = top[0] == top[1];
            break;
        case JUMP:
            pc = program + now->operand;
            break;
        case JUMP_IF_NOT:
            if (!*top--)
                pc = program + now->operand;
            break;
        case STOP:
            return cells[0];
        default: /* NOTHING, between the parts of a program */
            break;
        }
    }
}

static uint64_t bytecode(unsigned long work, unsigned long threads)
{
    enum { STEPS, START, VALUE, END };                                        /* cells */
    enum { NEXT_START = 0, NEXT_VALUE = 8, STEP = 20, EVEN = 36, HALT = 44 }; /* addresses */
    static const struct instruction collatz[] = {
        [NEXT_START] = {LOAD, START},
        {LOAD, END},
        {LESS, 0},
        {JUMP_IF_NOT, HALT},
        {LOAD, START},
        {STORE, VALUE},
        [NEXT_VALUE] = {LOAD, VALUE},
        {PUSH, 1},
        {EQUAL, 0},
        {JUMP_IF_NOT, STEP},
        {LOAD, START},
        {PUSH, 1},
        {ADD, 0},
        {STORE, START},
        {JUMP, NEXT_START},
        [STEP] = {LOAD, STEPS},
        {PUSH, 1},
        {ADD, 0},
        {STORE, STEPS},
        {LOAD, VALUE},
        {PUSH, 1},
        {AND, 0},
        {JUMP_IF_NOT, EVEN},
        {LOAD, VALUE},
        {PUSH, 3},
        {MUL, 0},
        {PUSH, 1},
        {ADD, 0},
        {STORE, VALUE},
        {JUMP, NEXT_VALUE},
        [EVEN] = {LOAD, VALUE},
        {PUSH, 2},
        {DIV, 0},
        {STORE, VALUE},
        {JUMP, NEXT_VALUE},
        [HALT] = {STOP, 0},
    };
    uint64_t sum = 0;

    (void)threads;
    while (work--) {
        int64_t cells[] = {
            [STEPS] = 0, [START] = 1 + (int64_t)work, [VALUE] = 0, [END] = 3000 + (int64_t)work};

        sum = mix(sum, (uint64_t)interpret(collatz, cells));
    }
    return sum;
}

/* The C library's string functions, number to text and back, splitting and joining. */
static uint64_t strings(unsigned long work, unsigned long threads)
{
    enum { SIZE = 1 << 14 };
    static char text[SIZE + 1], line[SIZE + 64];
    uint64_t sum = 0;

    (void)threads;
    make_text(text, SIZE);
    begin();
    while (work--) {
        char *rest = NULL, *out = line;
        unsigned words = 0;

        strcpy(line, text);
        for (char *word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
            sum = mix(sum, strlen(word) + (uint64_t)(strstr(word, "the") != NULL) +
                               (strchr(word, 'e') != NULL));
            words += strcmp(word, "mm") < 0;
            if (words % 16 == 0) {
                char number[32];

                snprintf(number, sizeof(number), "%u:%lx", words, work);
                sum += strtoul(strchr(number, ':') + 1, NULL, 16);
            }
        }
        for (const char *p = text; *p && out < line + SIZE; p++)
            *out++ = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
        *out = 0;
        sum = mix(sum, (uint64_t)strcasecmp(text, line) + strspn(line, "ETAOIN "));
    }
    return sum;
}

const struct program text_programs[] = {
    {"lz", lz},
    {"bytecode", bytecode},
    {"strings", strings},
    {NULL, NULL},
};
