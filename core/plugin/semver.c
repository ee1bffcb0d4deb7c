/* SPDX-License-Identifier: Apache-2.0
 *
 * Version ranges: each comparator becomes an interval [low, high), and a version is in it or not.
 */
#include "core/plugin/semver.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define PARTS    3
#define INFINITE UINT32_MAX

struct version {
    uint32_t part[PARTS];
    unsigned given;  /* how many parts the text had */
    const char *pre; /* "rc.1" or an empty text */
    size_t pre_length;
};

/* Moves *text behind a version, complete or not. */
static bool parse(const char **text, struct version *v)
{
    const char *p = *text;

    *v = (struct version){.pre = ""};
    while (v->given < PARTS && isdigit((unsigned char)*p)) {
        uint64_t n = 0;

        for (; isdigit((unsigned char)*p); p++) {
            n = 10 * n + (uint64_t)(*p - '0');
            if (n >= INFINITE)
                return false;
        }
        v->part[v->given++] = (uint32_t)n;
        if (*p != '.' || v->given == PARTS)
            break;
        p++;
        if (!isdigit((unsigned char)*p))
            return false;
    }
    if (!v->given)
        return false;
    if (v->given == PARTS && *p == '-') {
        v->pre = ++p;
        while (isalnum((unsigned char)*p) || *p == '.' || *p == '-')
            p++;
        v->pre_length = (size_t)(p - v->pre);
        if (!v->pre_length)
            return false;
    }
    if (v->given == PARTS && *p == '+') /* build information does not order versions */
        while (isalnum((unsigned char)*++p) || *p == '.' || *p == '-')
            ;
    *text = p;
    return true;
}

/* Section 11: identifiers between dots, numbers by value and before words, a shorter list first. */
static int compare_pre(const struct version *a, const struct version *b)
{
    const char *x = a->pre, *y = b->pre, *xend = x + a->pre_length, *yend = y + b->pre_length;

    if (!a->pre_length || !b->pre_length) /* a release is above its pre-releases */
        return !a->pre_length - !b->pre_length;
    while (x < xend && y < yend) {
        size_t nx = strcspn(x, ".+ "), ny = strcspn(y, ".+ "), common;
        bool xnum, ynum;
        int order;

        nx = nx > (size_t)(xend - x) ? (size_t)(xend - x) : nx;
        ny = ny > (size_t)(yend - y) ? (size_t)(yend - y) : ny;
        xnum = strspn(x, "0123456789") >= nx;
        ynum = strspn(y, "0123456789") >= ny;
        if (xnum != ynum)
            return xnum ? -1 : 1;
        if (xnum && nx != ny)
            return nx < ny ? -1 : 1;
        common = nx < ny ? nx : ny;
        order = memcmp(x, y, common);
        if (order)
            return order;
        if (nx != ny)
            return nx < ny ? -1 : 1;
        x += nx + (x + nx < xend);
        y += ny + (y + ny < yend);
    }
    return (x < xend) - (y < yend);
}

static int compare(const struct version *a, const struct version *b)
{
    for (unsigned i = 0; i < PARTS; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    return compare_pre(a, b);
}

/* The lowest version above all that share the first `keep` + 1 parts with v, pre-releases
 * included. */
static struct version above(const struct version *v, unsigned keep)
{
    struct version out = {.given = PARTS, .pre = "0", .pre_length = 1};

    for (unsigned i = 0; i <= keep; i++)
        out.part[i] = v->part[i];
    out.part[keep]++;
    return out;
}

struct interval {
    struct version low, high; /* low <= v < high */
    bool without_low, with_high;
};

/* One comparator at *text: an operator and a version. */
static bool parse_interval(const char **text, struct interval *out)
{
    static const char *const operators[] = {"^", "~", ">=", "<=", ">", "<", "="};
    static const struct version lowest = {.given = PARTS, .pre = "0", .pre_length = 1};
    static const struct version highest = {
        .part = {INFINITE, INFINITE, INFINITE}, .given = PARTS, .pre = ""};
    const char *op = "=";
    struct version v;
    unsigned keep = 0;

    *out = (struct interval){.low = lowest, .high = highest};
    if (**text == '*') {
        (*text)++;
        return true;
    }
    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
        if (strncmp(*text, operators[i], strlen(operators[i])))
            continue;
        op = operators[i];
        *text += strlen(op);
        break;
    }
    while (**text == ' ')
        (*text)++;
    if (!parse(text, &v))
        return false;
    /* An incomplete version is all that begin so; a complete one is just itself. */
    switch (op[0]) {
    case '^':
        while (keep + 1 < v.given && !v.part[keep])
            keep++;
        out->low = v;
        out->high = above(&v, keep);
        break;
    case '~':
        out->low = v;
        out->high = above(&v, v.given > 1 ? 1 : 0);
        break;
    case '>':
        out->without_low = !op[1] && v.given == PARTS;
        out->low = op[1] || v.given == PARTS ? v : above(&v, v.given - 1);
        break;
    case '<':
        out->with_high = op[1] && v.given == PARTS;
        out->high = !op[1] || v.given == PARTS ? v : above(&v, v.given - 1);
        break;
    default:
        out->with_high = v.given == PARTS;
        out->low = v;
        out->high = v.given == PARTS ? v : above(&v, v.given - 1);
        break;
    }
    return true;
}

static bool contains(const struct interval *i, const struct version *v)
{
    int low = compare(v, &i->low), high = compare(v, &i->high);

    return (i->without_low ? low > 0 : low >= 0) && (i->with_high ? high <= 0 : high < 0);
}

enum semver_match semver_match(const char *version, const char *range)
{
    const char *end = version, *p = range;
    bool all = true, any = false, empty = true;
    struct interval interval;
    struct version v;

    if (!parse(&end, &v) || *end || v.given != PARTS)
        return SEMVER_BAD_VERSION;
    for (;;) {
        while (*p == ' ')
            p++;
        if (!*p || !strncmp(p, "||", 2)) {
            if (empty)
                return SEMVER_BAD_RANGE;
            any |= all;
            if (!*p)
                return any ? SEMVER_YES : SEMVER_NO;
            p += 2;
            all = true;
            empty = true;
            continue;
        }
        if (!parse_interval(&p, &interval) || (*p && *p != ' ' && *p != '|'))
            return SEMVER_BAD_RANGE;
        all &= contains(&interval, &v);
        empty = false;
    }
}
