/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTYPE_H
#define CTYPE_H

static inline int isdigit(int c)
{
    return c >= '0' && c <= '9';
}

static inline int isspace(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
