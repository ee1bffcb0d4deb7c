/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of the description as rules of a register table.
 */
#include "core/svd/rules.h"
#include "core/svd/tree.h"

/* What a bit does: BP_REG_* and BP_READ_*. */
struct rule {
    uint32_t access, read;
};

static struct rule rule_of(const struct svd_rules *rules)
{
    static const uint32_t writes[] = {
        [SVD_MODIFY] = BP_REG_RW,
        [SVD_ONE_TO_CLEAR] = BP_REG_W1C,
        [SVD_ONE_TO_SET] = BP_REG_W1S,
        [SVD_ONE_TO_TOGGLE] = BP_REG_W1T,
        [SVD_ZERO_TO_CLEAR] = BP_REG_W0C,
        [SVD_ZERO_TO_SET] = BP_REG_W0S,
        [SVD_ZERO_TO_TOGGLE] = BP_REG_W0T,
        [SVD_CLEAR] = BP_REG_WC,
        [SVD_SET] = BP_REG_WS,
    };
    struct rule rule = {writes[rules->write], BP_READ_KEEPS};

    if (rules->access == SVD_WRITE_ONLY || rules->access == SVD_WRITE_ONCE)
        return (struct rule){BP_REG_WO, BP_READ_KEEPS};
    if (rules->access == SVD_READ_ONLY)
        rule.access = BP_REG_RO;
    if (rules->read == SVD_READ_CLEARS)
        rule.read = BP_READ_CLEARS;
    else if (rules->read == SVD_READ_SETS)
        rule.read = BP_READ_SETS;
    return rule;
}

/* Two fields of one bit. */
static struct rule join(struct rule a, struct rule b)
{
    if (a.access == BP_REG_RO && b.access == BP_REG_WO)
        return (struct rule){BP_REG_RW, a.read};
    if (a.access == BP_REG_WO && b.access == BP_REG_RO)
        return (struct rule){BP_REG_RW, b.read};
    return a.access == BP_REG_RO ? b : a;
}

static bool is_same(struct rule a, struct rule b)
{
    return a.access == b.access && a.read == b.read;
}

static void rules_of_bits(const struct svd_layout *layout, struct rule rules[64])
{
    const struct rule reserved = {BP_REG_RO, BP_READ_KEEPS};
    uint64_t seen = 0;

    for (uint32_t bit = 0; bit < layout->bits; bit++)
        rules[bit] = layout->nfields ? reserved : rule_of(&layout->rules);
    for (uint32_t i = 0; i < layout->nfields; i++) {
        const struct svd_field *field = &layout->fields[i];

        for (uint32_t bit = field->lsb; bit < field->lsb + field->width; bit++) {
            rules[bit] =
                seen >> bit & 1 ? join(rules[bit], rule_of(&field->rules)) : rule_of(&field->rules);
            seen |= UINT64_C(1) << bit;
        }
    }
}

/* The rules that are not "read-only, and nothing happens", each with its bits; their number. */
static uint32_t group(const struct svd_layout *layout, const struct rule rules[64],
                      struct bp_reg_bits groups[64])
{
    uint32_t count = 0;

    for (uint32_t bit = 0; bit < layout->bits; bit++) {
        uint32_t i = 0;

        if (is_same(rules[bit], (struct rule){BP_REG_RO, BP_READ_KEEPS}))
            continue;
        while (i < count && !is_same(rules[bit], (struct rule){groups[i].access, groups[i].read}))
            i++;
        if (i == count)
            groups[count++] =
                (struct bp_reg_bits){.access = rules[bit].access, .read = rules[bit].read};
        groups[i].mask |= UINT64_C(1) << bit;
    }
    return count;
}

void svd_make_row(const struct svd_layout *layout, struct svd_row *row)
{
    const uint64_t all = svd_ones(layout->bits);
    struct rule rules[64] = {{0}};
    struct bp_reg_bits groups[64];
    uint32_t count, own = UINT32_MAX;
    uint64_t writable = 0;

    *row = (struct svd_row){.access = BP_REG_RO};
    rules_of_bits(layout, rules);
    count = group(layout, rules, groups);
    for (uint32_t i = 0; i < count; i++) {
        if (groups[i].access != BP_REG_RO)
            writable |= groups[i].mask;
        /* The rule of the row: the ordinary one, or the only one. What is only written also hides the bits without a rule. */
        if (groups[i].read == BP_READ_KEEPS && groups[i].access != BP_REG_RO &&
            (groups[i].access == BP_REG_RW || count == 1) &&
            (groups[i].access != BP_REG_WO || groups[i].mask == all ||
             !(layout->reset & ~groups[i].mask)))
            own = i;
    }
    if (own != UINT32_MAX)
        row->access = groups[own].access;
    else if (count == 1 && groups[0].access == BP_REG_RO && groups[0].read == BP_READ_CLEARS &&
             groups[0].mask == all)
        row->access = BP_REG_RC;
    for (uint32_t i = 0; i < count && row->access != BP_REG_RC; i++)
        if (i != own)
            row->bits[row->nbits++] = groups[i];
    row->write_mask = writable == svd_ones(8 * layout->bytes) ? 0 : writable;
}
