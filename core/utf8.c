/* SPDX-License-Identifier: Apache-2.0 */
#include "core/utf8.h"

size_t utf8_length(struct sk_bytes text)
{
    const uint8_t *p = text.p;
    size_t len, i;

    if (text.len == 0)
        return 0;
    len = p[0] < 0x80                    ? 1
          : p[0] >= 0xc2 && p[0] <= 0xdf ? 2
          : (p[0] & 0xf0) == 0xe0        ? 3
          : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
                                         : 0;
    if (len > text.len)
        return 0;
    for (i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

bool utf8_is_valid(struct sk_bytes text)
{
    size_t i, len;

    for (i = 0; i < text.len; i += len) {
        len = text.p[i] < 0x80 ? 1 : utf8_length(bytes_of(text.p + i, text.len - i));
        if (len == 0)
            return false;
    }
    return true;
}
