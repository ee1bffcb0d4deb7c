/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays: dim, dimIncrement, dimIndex (CMSIS-SVD 1.3.10, "dimElementGroup").
 *
 * dimIndex is a range of numbers (3-6) or capital letters (A-D), or a list (A,B,C); without one the elements are numbered from 0.
 */
#include "core/svd/tree.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* "3-6" and "A-D": fills `dim->index`. False: it is no range, and may be a list. */
static bool read_range(struct svd *svd, const char *text, struct svd_dim *dim, uint64_t *count)
{
    const char *hyphen = strchr(text, '-');
    uint64_t first, last;
    char *low = NULL;

    if (!hyphen || strchr(text, ','))
        return false;
    low = arena_copy(&svd->arena, text, (size_t)(hyphen - text));
    if (isupper((unsigned char)text[0]) && hyphen == text + 1 &&
        isupper((unsigned char)hyphen[1]) && !hyphen[2] && text[0] <= hyphen[1]) {
        *count = (uint64_t)(hyphen[1] - text[0]) + 1;
        for (uint64_t i = 0; i < *count && i < dim->count; i++)
            dim->index[i] = arena_printf(&svd->arena, "%c", (char)(text[0] + (char)i));
        return true;
    }
    if (!svd_parse_number(low, &first) || !svd_parse_number(hyphen + 1, &last) || first > last ||
        last > UINT32_MAX)
        return false;
    *count = last - first + 1;
    for (uint64_t i = 0; i < *count && i < dim->count; i++)
        dim->index[i] = arena_printf(&svd->arena, "%" PRIu64, first + i);
    return true;
}

static uint64_t read_list(struct svd *svd, const char *text, struct svd_dim *dim)
{
    uint64_t count = 0;

    for (;; count++) {
        size_t length = strcspn(text, ","), skip = strspn(text, " ");

        if (skip > length)
            skip = length;
        if (count < dim->count)
            dim->index[count] = arena_copy(&svd->arena, text + skip, length - skip);
        text += length;
        if (!*text)
            return count + 1;
        text++;
    }
}

static bool read_index(struct svd *svd, const struct svd_element *e, struct svd_dim *dim)
{
    const struct svd_element *child = svd_child(svd, e, TAG_DIM_INDEX);
    uint64_t count = dim->count;

    if (!child) {
        for (uint32_t i = 0; i < dim->count; i++)
            dim->index[i] = arena_printf(&svd->arena, "%" PRIu32, i);
    } else if (!read_range(svd, child->text, dim, &count)) {
        count = read_list(svd, child->text, dim);
    }
    if (count != dim->count)
        return svd_error(svd, child, TAGS,
                         "`%.40s` names %" PRIu64 " elements, and dim is %" PRIu32
                         ": make them equal",
                         child->text, count, dim->count);
    dim->counts = true;
    for (uint32_t i = 0; i < dim->count; i++) {
        char number[16];

        snprintf(number, sizeof(number), "%" PRIu32, i);
        dim->counts &= !strcmp(number, dim->index[i]);
        if (!*dim->index[i])
            return svd_error(svd, child, TAGS, "`%.40s` has an empty name: fill it in",
                             child->text);
    }
    return true;
}

bool svd_read_dim(struct svd *svd, const struct svd_element *e, struct svd_dim *dim)
{
    bool named = strstr(svd_name(e), "%s");
    uint64_t count = 0;

    *dim = (struct svd_dim){.count = 0};
    /* Derived from an array without being one: the name alone tells. */
    if (!named && !svd_own(e, TAG_DIM))
        return true;
    if (!svd_number(svd, e, TAG_DIM, true, &count))
        return false;
    if (!named)
        return svd_error(svd, e, TAG_NAME,
                         "`%.60s` has no %%s, and dim makes an array of it: write NAME%%s or "
                         "NAME[%%s]",
                         svd_name(e));
    if (!count || count > SVD_MAX_REGISTERS)
        return svd_error(svd, e, TAG_DIM, "%" PRIu64 " elements: use 1 to %u", count,
                         SVD_MAX_REGISTERS);
    if (!svd_number(svd, e, TAG_DIM_INCREMENT, true, &dim->increment))
        return false;
    dim->count = (uint32_t)count;
    dim->index = arena_alloc(&svd->arena, count * sizeof(*dim->index));
    return read_index(svd, e, dim);
}

const char *svd_dim_name(struct svd *svd, const char *name, const char *index, bool bracket)
{
    const char *at = strstr(name, "%s"), *behind = at ? at + 2 : NULL;
    size_t before;

    if (!at)
        return name;
    before = (size_t)(at - name);
    if (before && name[before - 1] == '[' && *behind == ']') {
        before--;
        behind++;
    } else {
        bracket = false;
    }
    if (!index) {
        while (before && name[before - 1] == '_')
            before--;
        /* "%s_CR" is CR, not _CR. */
        behind += !before && *behind == '_';
        index = "";
        bracket = false;
    }
    return arena_printf(&svd->arena, "%.*s%s%s%s%s", (int)before, name, bracket ? "[" : "", index,
                        bracket ? "]" : "", behind);
}
