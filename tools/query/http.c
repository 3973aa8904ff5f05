/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>

#include "tools/query/query.h"

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct sk_buf *body = arg;

    buf_put(body, data, size * count);
    return buf_status(body) == SK_OK ? size * count : 0; /* 0 ends the transfer */
}

static void take_media_type(CURL *curl, char *out, size_t size)
{
    const char *type = NULL;
    size_t len, i;

    out[0] = '\0';
    if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || type == NULL)
        return;
    len = strcspn(type, "; \t");
    if (len >= size)
        return;
    for (i = 0; i < len; i++)
        out[i] = (char)tolower((unsigned char)type[i]);
    out[len] = '\0';
}

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[160];
    struct curl_slist *longer;

    (void)snprintf(line, sizeof(line), "%s: %s", name, value);
    longer = curl_slist_append(*list, line);
    if (longer == NULL)
        return false;
    *list = longer;
    return true;
}

/* No redirection is followed: an answer comes from the server that was asked. */
static CURLcode set_options(CURL *curl, const struct query_exchange *x, struct sk_buf *body,
                            struct curl_slist *headers, char *text)
{
    CURLcode code = CURLE_OK;

#define SET(option, value) code = code != CURLE_OK ? code : curl_easy_setopt(curl, option, value)
    SET(CURLOPT_URL, x->url);
    SET(CURLOPT_PROTOCOLS_STR, "http");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)x->timeout_ms);
    SET(CURLOPT_TIMEOUT_MS, (long)x->timeout_ms);
    SET(CURLOPT_USERAGENT, "sekisho-query/" SEKISHO_VERSION);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_ERRORBUFFER, text);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, body);
    if (x->content_type != NULL) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.len);
        SET(CURLOPT_POSTFIELDS, (const char *)x->body.p);
    }
#undef SET
    return code;
}

/* "timing: 0.812 ms, server total;dur=0.204": the exchange as seen here, and the server's own
 * figure. */
static void print_timing(CURL *curl)
{
    struct curl_header *server = NULL;
    curl_off_t total_us = 0;

    (void)curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &total_us);
    (void)fprintf(stderr, "timing: %ld.%03ld ms", (long)(total_us / 1000), (long)(total_us % 1000));
    if (curl_easy_header(curl, "Server-Timing", 0, CURLH_HEADER, -1, &server) == CURLHE_OK)
        (void)fprintf(stderr, ", server %.64s", server->value);
    (void)fputc('\n', stderr);
}

enum sk_status query_http(const struct query_exchange *exchange, struct sk_buf *body,
                          struct query_answer *out, struct sk_err *err)
{
    char text[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = NULL;
    enum sk_status status = SK_OK;
    CURL *curl = curl_easy_init();
    CURLcode code;

    /* "Expect:" without a value: no waiting for 100 Continue */
    if (curl == NULL || !add_header(&headers, "Accept", exchange->accept) ||
        !add_header(&headers, "Expect", "") ||
        (exchange->content_type != NULL &&
         !add_header(&headers, "Content-Type", exchange->content_type))) {
        status = err_set(err, SK_NOMEM, "%s: out of memory", exchange->url);
        goto out;
    }
    code = set_options(curl, exchange, body, headers, text);
    if (code == CURLE_OK)
        code = curl_easy_perform(curl);
    if (buf_status(body) != SK_OK) {
        status = err_set(err, buf_status(body), "%s: the answer is larger than %zu octets",
                         exchange->url, body->max);
    } else if (code != CURLE_OK) {
        status = err_set(err, SK_IO, "%s: %s", exchange->url,
                         text[0] != '\0' ? text : curl_easy_strerror(code));
    } else {
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
        take_media_type(curl, out->media_type, sizeof(out->media_type));
        out->body = body;
        if (exchange->has_timing)
            print_timing(curl);
    }
out:
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return status;
}
