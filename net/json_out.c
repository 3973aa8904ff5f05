/* SPDX-License-Identifier: Apache-2.0 */
#include "net/json_out.h"

#include "core/utf8.h"

/* A comma when a value stands before, and the key. A text ends with its quote, so the last octet
 * tells. */
static void begin(struct sk_buf *out, const char *key)
{
    uint8_t last = out->len > 0 ? out->data[out->len - 1] : '[';

    if (last != '{' && last != '[')
        buf_put_byte(out, ',');
    if (key == NULL)
        return;
    buf_put_byte(out, '"');
    buf_put_text(out, key);
    buf_put(out, "\":", 2);
}

void json_out_open(struct sk_buf *out, const char *key, char bracket)
{
    begin(out, key);
    buf_put_byte(out, (uint8_t)bracket);
}

void json_out_close(struct sk_buf *out, char bracket)
{
    buf_put_byte(out, (uint8_t)bracket);
}

/* RFC 8259 7: what must not stand in a string as it is. */
static void put_escaped(struct sk_buf *out, uint8_t c)
{
    static const char digit[] = "0123456789ABCDEF";
    static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = c != '\0' ? strchr(special, c) : NULL;
    const char text[] = {'\\', 'u', '0', '0', digit[c >> 4], digit[c & 15]};
    const char pair[] = {'\\', found != NULL ? letters[found - special] : '\0'};

    if (found != NULL)
        buf_put(out, pair, sizeof(pair));
    else
        buf_put(out, text, sizeof(text));
}

void json_out_text(struct sk_buf *out, const char *key, const char *text)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t len = strlen(text), from = 0, i;
    bool is_utf8 = utf8_is_valid(bytes_of(text, len));

    begin(out, key);
    buf_put_byte(out, '"');
    for (i = 0; i < len; i++) {
        bool is_special = p[i] < 0x20 || p[i] == '"' || p[i] == '\\';
        bool is_doubtful = !is_utf8 && (p[i] < 0x20 || p[i] > 0x7e);

        if (!is_special && !is_doubtful)
            continue;
        buf_put(out, p + from, i - from);
        from = i + 1;
        if (is_doubtful)
            buf_put_byte(out, '?');
        else
            put_escaped(out, p[i]);
    }
    buf_put(out, p + from, len - from);
    buf_put_byte(out, '"');
}

void json_out_number(struct sk_buf *out, const char *key, int64_t number)
{
    char text[20], *p = text + sizeof(text);
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    begin(out, key);
    do {
        *--p = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0)
        *--p = '-';
    buf_put(out, p, (size_t)(text + sizeof(text) - p));
}

void json_out_bool(struct sk_buf *out, const char *key, bool value)
{
    begin(out, key);
    buf_put_text(out, value ? "true" : "false");
}

void json_out_null(struct sk_buf *out, const char *key)
{
    begin(out, key);
    buf_put_text(out, "null");
}
