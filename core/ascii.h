/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters and digits of ASCII, whatever the locale. Octets of 0x80 and more are neither.
 */
#ifndef SEKISHO_CORE_ASCII_H
#define SEKISHO_CORE_ASCII_H

#include "core/bytes.h"

static inline bool ascii_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static inline bool ascii_is_alnum(uint8_t c)
{
    return ascii_is_letter(c) || ascii_is_digit(c);
}

static inline uint8_t ascii_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Equal but for the case of letters. */
static inline bool ascii_equal(struct sk_bytes a, struct sk_bytes b)
{
    size_t i;

    if (a.len != b.len)
        return false;
    for (i = 0; i < a.len; i++) {
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    }
    return true;
}

/* What a PrintableString may hold (X.680 41.4). */
static inline bool ascii_is_printable(struct sk_bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];

        if (!ascii_is_alnum(c) && (c == '\0' || strchr(" '()+,-./:=?", c) == NULL))
            return false;
    }
    return true;
}

#endif
