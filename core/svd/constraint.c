/* SPDX-License-Identifier: Apache-2.0
 *
 * writeConstraint: which values software may write (CMSIS-SVD 1.3.10, "/device/peripherals/registers/.../register level").
 */
#include "core/svd/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_set(const struct svd_element *e, enum svd_tag tag)
{
    const struct svd_element *child = svd_own(e, tag);

    return child && svd_boolean(child->text);
}

/* Many files give every field the range of 32 bits: an end beyond the field is no limit. */
static bool read_limits(struct svd *svd, const struct svd_element *range, uint64_t most,
                        struct svd_constraint *out)
{
    uint64_t min = 0, max = 0;

    if (!svd_number(svd, range, TAG_MINIMUM, true, &min) ||
        !svd_number(svd, range, TAG_MAXIMUM, true, &max))
        return false;
    if (min > max || min > most) {
        svd_warn(svd, range, TAGS,
                 "no value is from %" PRIu64 " to %" PRIu64
                 ", so it is left out: correct its minimum and maximum",
                 min, max < most ? max : most);
        return true;
    }
    if (min || max < most)
        *out = (struct svd_constraint){SVD_WITHIN, min, max < most ? max : most};
    return true;
}

bool svd_read_constraint(struct svd *svd, const struct svd_element *e, uint32_t bits,
                         struct svd_constraint *out)
{
    const struct svd_element *constraint = svd_child(svd, e, TAG_WRITE_CONSTRAINT), *range;

    *out = (struct svd_constraint){SVD_ANY_VALUE, 0, 0};
    if (!constraint)
        return true;
    range = svd_own(constraint, TAG_RANGE);
    if (range)
        return read_limits(svd, range, svd_ones(bits), out);
    if (is_set(constraint, TAG_WRITE_AS_READ))
        out->kind = SVD_AS_READ;
    else if (is_set(constraint, TAG_USE_ENUMERATED_VALUES))
        out->kind = SVD_ENUMERATED;
    return true;
}

void svd_constraint_text(const struct svd_constraint *c, char *text, size_t room)
{
    static const char *const words[] = {[SVD_ANY_VALUE] = "",
                                        [SVD_AS_READ] = "writeAsRead",
                                        [SVD_ENUMERATED] = "useEnumeratedValues"};

    if (c->kind == SVD_WITHIN)
        snprintf(text, room, "%" PRIu64 " to %" PRIu64, c->min, c->max);
    else
        snprintf(text, room, "%s", words[c->kind]);
}
