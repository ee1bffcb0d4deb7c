/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers and words of the format (CMSIS-SVD 1.3.10, "SVD Data Types" and the enumerations of each element).
 */
#include "core/svd/tree.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* --- numbers ---------------------------------------------------------------------------------- */

/* Takes the prefix of a number away and gives its base. */
static unsigned base_of(const char **text)
{
    const char *t = *text;
    unsigned base = 10, prefix = 0;

    if (t[0] == '#') {
        base = 2;
        prefix = 1;
    } else if (t[0] == '0' && (t[1] == 'x' || t[1] == 'X')) {
        base = 16;
        prefix = 2;
    } else if (t[0] == '0' && (t[1] == 'b' || t[1] == 'B')) {
        base = 2;
        prefix = 2;
    }
    *text += prefix;
    return base;
}

static unsigned digit_of(char c)
{
    if (isdigit((unsigned char)c))
        return (unsigned)(c - '0');
    if (isxdigit((unsigned char)c))
        return (unsigned)(tolower((unsigned char)c) - 'a') + 10;
    return 99;
}

static unsigned scale_of(char c)
{
    switch (tolower((unsigned char)c)) {
    case 'k':
        return 10;
    case 'm':
        return 20;
    case 'g':
        return 30;
    case 't':
        return 40;
    default:
        return 0;
    }
}

bool svd_parse_number(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    unsigned base, scale;
    const char *first;

    text += *text == '+';
    base = base_of(&text);
    first = text;
    for (; digit_of(*text) < base; text++) {
        if (value > (UINT64_MAX - digit_of(*text)) / base)
            return false;
        value = value * base + digit_of(*text);
    }
    if (text == first)
        return false;
    scale = scale_of(*text);
    if (scale && !text[1]) {
        if (value > UINT64_MAX >> scale)
            return false;
        value <<= scale;
        text++;
    }
    if (*text)
        return false;
    *out = value;
    return true;
}

bool svd_parse_pattern(const char *text, uint64_t *value, uint64_t *care)
{
    const char *digits = text;
    size_t length;

    *care = UINT64_MAX;
    if (base_of(&digits) != 2 || !strpbrk(digits, "xX"))
        return svd_parse_number(text, value);
    length = strlen(digits);
    *value = 0;
    if (length > 64 || strspn(digits, "01xX") != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool counts = digits[i] == '0' || digits[i] == '1';

        *value = *value << 1 | (digits[i] == '1');
        *care = *care << 1 | counts;
    }
    return true;
}

bool svd_boolean(const char *text)
{
    return !strcmp(text, "true") || !strcmp(text, "1");
}

bool svd_number(struct svd *svd, const struct svd_element *e, enum svd_tag tag, bool required,
                uint64_t *out)
{
    const struct svd_element *child = svd_child(svd, e, tag);

    if (!child)
        return !required || svd_error(svd, e, tag, "is missing: add <%s>", svd_tag_names[tag]);
    if (svd_parse_number(child->text, out))
        return true;
    return svd_error(svd, child, TAGS,
                     "`%.40s` is no number of 64 bits: write one such as 16, 0x10 or #10000",
                     child->text);
}

/* --- words ------------------------------------------------------------------------------------ */

static const char *const access_words[] = {
    [SVD_READ_WRITE] = "read-write",          [SVD_READ_ONLY] = "read-only",
    [SVD_WRITE_ONLY] = "write-only",          [SVD_WRITE_ONCE] = "writeOnce",
    [SVD_READ_WRITE_ONCE] = "read-writeOnce",
};

static const char *const write_words[] = {
    [SVD_MODIFY] = "modify",
    [SVD_ONE_TO_CLEAR] = "oneToClear",
    [SVD_ONE_TO_SET] = "oneToSet",
    [SVD_ONE_TO_TOGGLE] = "oneToToggle",
    [SVD_ZERO_TO_CLEAR] = "zeroToClear",
    [SVD_ZERO_TO_SET] = "zeroToSet",
    [SVD_ZERO_TO_TOGGLE] = "zeroToToggle",
    [SVD_CLEAR] = "clear",
    [SVD_SET] = "set",
};

static const char *const read_words[] = {
    [SVD_READ_CLEARS] = "clear",
    [SVD_READ_SETS] = "set",
    [SVD_READ_MODIFIES] = "modify",
    [SVD_READ_MODIFIES_EXTERNAL] = "modifyExternal",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *svd_access_text(enum svd_access access)
{
    return access_words[access];
}

const char *svd_write_text(enum svd_write write)
{
    return write == SVD_MODIFY ? "" : write_words[write];
}

const char *svd_read_text(enum svd_read read)
{
    return read == SVD_NO_ACTION ? "" : read_words[read];
}

/* The index of the word in a child; `*out` stays when there is no child. */
static bool read_word(struct svd *svd, const struct svd_element *e, enum svd_tag tag,
                      const char *const *words, size_t count, unsigned *out)
{
    const struct svd_element *child = svd_child(svd, e, tag);
    const char *near;

    if (!child)
        return true;
    for (size_t i = 0; i < count; i++)
        if (words[i] && !strcmp(words[i], child->text)) {
            *out = (unsigned)i;
            return true;
        }
    near = diag_nearest(child->text, words, count);
    return near ? svd_error(svd, child, TAGS, "`%.40s` is no word of the format; did you mean %s?",
                            child->text, near)
                : svd_error(svd, child, TAGS,
                            "`%.40s` is no word of the format: use one that CMSIS-SVD lists for "
                            "this element",
                            child->text);
}

bool svd_read_rules(struct svd *svd, const struct svd_element *e, struct svd_rules *rules)
{
    unsigned access = rules->access, write = rules->write, read = rules->read;
    bool ok = read_word(svd, e, TAG_ACCESS, access_words, COUNT(access_words), &access);

    ok &= read_word(svd, e, TAG_MODIFIED_WRITE_VALUES, write_words, COUNT(write_words), &write);
    ok &= read_word(svd, e, TAG_READ_ACTION, read_words, COUNT(read_words), &read);
    *rules =
        (struct svd_rules){(enum svd_access)access, (enum svd_write)write, (enum svd_read)read};
    return ok;
}
