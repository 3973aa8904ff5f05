/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_range.h"

#include "core/clock.h"

/* Digits up to a '-' or the end; out of range counts as the greatest. False: none. */
static bool take_number(struct sk_bytes *text, uint64_t *out)
{
    uint64_t value = 0;
    size_t i;

    for (i = 0; i < text->len && text->p[i] >= '0' && text->p[i] <= '9'; i++)
        value = value > UINT64_MAX / 10 - 1 ? UINT64_MAX / 10 : value * 10 + (text->p[i] - '0');
    if (i == 0)
        return false;
    *text = bytes_of(text->p + i, text->len - i);
    *out = value;
    return true;
}

/* "bytes=FIRST-LAST", "bytes=FIRST-" and "bytes=-SUFFIX". */
static enum sk_status read_range(struct sk_bytes text, size_t size, size_t *out_first,
                                 size_t *out_len)
{
    uint64_t first = 0, last = UINT64_MAX;
    bool has_first, has_last;

    if (text.len < 6 || !http_token_is(bytes_of(text.p, 6), "bytes="))
        return SK_NOTFOUND;
    text = bytes_of(text.p + 6, text.len - 6);
    has_first = take_number(&text, &first);
    if (text.len == 0 || text.p[0] != '-')
        return SK_NOTFOUND;
    text = bytes_of(text.p + 1, text.len - 1);
    has_last = take_number(&text, &last);
    if (text.len > 0 || (!has_first && !has_last) || (has_first && last < first))
        return SK_NOTFOUND;
    if (!has_first) {
        if (last == 0 || size == 0)
            return SK_INPUT;
        first = last < size ? size - last : 0;
        last = size - 1;
    }
    if (first >= size)
        return SK_INPUT;
    if (last >= size)
        last = size - 1;
    *out_first = (size_t)first;
    *out_len = (size_t)(last - first + 1);
    return SK_OK;
}

/* RFC 9110 13.1.5: by strong comparison, or the very date. */
static bool is_meant(const struct http_request *request, const char *etag, int64_t modified)
{
    struct sk_bytes value;
    int64_t when;
    size_t len = strlen(etag);
    enum sk_status status = http_request_field(request, "if-range", &value);

    if (status != SK_OK)
        return status == SK_NOTFOUND;
    if (value.len > 0 && value.p[0] == '"')
        return value.len == len + 2 && value.p[len + 1] == '"' &&
               memcmp(value.p + 1, etag, len) == 0;
    return clock_parse_http(value, &when) == SK_OK && when == modified;
}

enum sk_status http_range(const struct http_request *request, const char *etag, int64_t modified,
                          size_t size, size_t *out_first, size_t *out_len)
{
    struct sk_bytes value;

    if (request->method != HTTP_GET || http_request_field(request, "range", &value) != SK_OK ||
        !is_meant(request, etag, modified))
        return SK_NOTFOUND;
    return read_range(value, size, out_first, out_len);
}
