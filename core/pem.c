/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pem.h"

#include <stdio.h>

#include "core/hex.h"

enum { PEM_BOUNDARY = 64 }; /* "-----BEGIN OCSP RESPONSE-----" and the like */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct sk_bytes trim(struct sk_bytes text)
{
    while (text.len > 0 && is_blank(text.p[0]))
        text = bytes_of(text.p + 1, text.len - 1);
    while (text.len > 0 && is_blank(text.p[text.len - 1]))
        text.len--;
    return text;
}

/* What stands between the boundaries of the label, when text begins and ends with them. */
static struct sk_bytes cut(struct sk_bytes text, const char *label)
{
    char begin[PEM_BOUNDARY], end[PEM_BOUNDARY];
    size_t begin_len, end_len;

    (void)snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
    (void)snprintf(end, sizeof(end), "-----END %s-----", label);
    begin_len = strlen(begin);
    end_len = strlen(end);
    if (text.len < begin_len + end_len || memcmp(text.p, begin, begin_len) != 0 ||
        memcmp(text.p + text.len - end_len, end, end_len) != 0)
        return text;
    return bytes_of(text.p + begin_len, text.len - begin_len - end_len);
}

enum sk_status pem_decode(struct sk_bytes text, const char *label, struct sk_buf *out)
{
    struct sk_bytes inner = trim(text);

    /* Base64 has no '-': half a block, and more than one, are refused with what is left of them. */
    if (inner.len > 0 && inner.p[0] == '-')
        inner = cut(inner, label);
    return base64_decode_spaced(inner, out);
}
