/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/reply.h"

#include <string.h>
#include <strings.h>

void reply_start(struct reply *reply, struct sk_buf *body)
{
    reply->status = 0;
    reply->is_last = false;
    reply->body = body;
    reply->has_head = reply->until_end = false;
    reply->left = 0;
    reply->head_len = 0;
}

/* "HTTP/1.x NNN" and the rest of that line. */
static enum sk_status read_status_line(struct reply *reply, const char *line, size_t len)
{
    unsigned i;

    if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') ||
        line[8] != ' ' || (len > 12 && line[12] != ' '))
        return SK_INPUT;
    for (i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9')
            return SK_INPUT;
        reply->status = reply->status * 10 + (unsigned)(line[i] - '0');
    }
    reply->is_last = line[7] == '0';
    return reply->status >= 200 ? SK_OK : SK_INPUT;
}

static enum sk_status read_length(struct reply *reply, const char *value, size_t len)
{
    size_t i;

    if (len == 0 || len > 12 || !reply->until_end)
        return SK_INPUT; /* nothing, absurd, or a second length */
    for (i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return SK_INPUT;
        reply->left = reply->left * 10 + (uint64_t)(value[i] - '0');
    }
    reply->until_end = false;
    return SK_OK;
}

static bool is_text(const char *p, size_t len, const char *text)
{
    return len == strlen(text) && strncasecmp(p, text, len) == 0;
}

static enum sk_status read_field(struct reply *reply, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len), *value, *end = line + len;
    size_t name_len;

    if (colon == NULL)
        return SK_INPUT;
    name_len = (size_t)(colon - line);
    for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
        ;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (is_text(line, name_len, "Transfer-Encoding"))
        return SK_INPUT;
    if (is_text(line, name_len, "Content-Length"))
        return read_length(reply, value, (size_t)(end - value));
    if (is_text(line, name_len, "Connection")) {
        if (is_text(value, (size_t)(end - value), "close"))
            reply->is_last = true;
        else if (is_text(value, (size_t)(end - value), "keep-alive"))
            reply->is_last = false;
    }
    return SK_OK;
}

/* The head is whole: head_len octets with their last CRLF, without the empty line. */
static enum sk_status read_head(struct reply *reply)
{
    const char *line = reply->head, *end = reply->head + reply->head_len, *cr;
    enum sk_status status = SK_OK;

    reply->until_end = true; /* unless a field tells better */
    for (; line < end && status == SK_OK; line = cr + 2) {
        cr = memmem(line, (size_t)(end - line), "\r\n", 2);
        if (cr == NULL)
            return SK_INPUT;
        status = line == reply->head ? read_status_line(reply, line, (size_t)(cr - line))
                                     : read_field(reply, line, (size_t)(cr - line));
    }
    reply->has_head = true;
    if (reply->status == 204 || reply->status == 304) {
        reply->until_end = false;
        reply->left = 0;
    }
    reply->is_last = reply->is_last || reply->until_end;
    return status;
}

/* Moves octets of the head over; SK_OK when it is whole. */
static enum sk_status feed_head(struct reply *reply, struct sk_bytes in, size_t *out_used)
{
    size_t before = reply->head_len, from = before < 3 ? 0 : before - 3;
    size_t take = in.len < REPLY_HEAD - before ? in.len : REPLY_HEAD - before;
    const char *end;

    memcpy(reply->head + before, in.p, take);
    end = memmem(reply->head + from, before + take - from, "\r\n\r\n", 4);
    if (end == NULL) {
        reply->head_len = before + take;
        *out_used = take;
        return reply->head_len == REPLY_HEAD ? SK_INPUT : SK_AGAIN;
    }
    reply->head_len = (size_t)(end - reply->head) + 2;
    *out_used = reply->head_len + 2 - before;
    return read_head(reply);
}

enum sk_status reply_feed(struct reply *reply, struct sk_bytes in, size_t *out_used)
{
    enum sk_status status;
    size_t used = 0, take;

    if (!reply->has_head) {
        status = feed_head(reply, in, &used);
        if (status == SK_AGAIN)
            *out_used = used;
        if (status != SK_OK)
            return status;
    }
    take = in.len - used;
    if (!reply->until_end && take > reply->left)
        take = (size_t)reply->left;
    if (reply->body != NULL && take > 0) {
        buf_put(reply->body, in.p + used, take);
        status = buf_status(reply->body);
        if (status != SK_OK)
            return status;
    }
    if (!reply->until_end)
        reply->left -= take;
    *out_used = used + take;
    return !reply->until_end && reply->left == 0 ? SK_OK : SK_AGAIN;
}

enum sk_status reply_end(const struct reply *reply)
{
    return reply->has_head && reply->until_end ? SK_OK : SK_INPUT;
}
