/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/source_http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"

enum { POLL_MS = 1000 };

/* One transfer on its way. */
struct transfer {
    struct fetch_source *source; /* NULL: the slot is free */
    CURL *easy;
    struct curl_slist *headers;
    struct sk_buf body;
    char detail[CURL_ERROR_SIZE];
};

bool source_http_is(const char *url)
{
    return strncmp(url, "http://", 7) == 0;
}

/* Takes what arrives; a body that outgrows its cap ends the transfer at once. */
static size_t take(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;

    buf_put(&t->body, data, size * count);
    return buf_status(&t->body) == SK_OK ? size * count : 0;
}

static bool add_header(struct transfer *t, const char *name, const char *value)
{
    char line[400];
    struct curl_slist *list;

    if (value[0] == '\0')
        return true;
    (void)snprintf(line, sizeof(line), "%s: %s", name, value);
    list = curl_slist_append(t->headers, line);
    if (list == NULL)
        return false;
    t->headers = list;
    return true;
}

static bool set_options(struct transfer *t, const struct config_fetch *limits)
{
    CURL *easy = t->easy;
    const long timeout = (long)limits->timeout_ms;
    const long connect =
        timeout < (long)LIMIT_FETCH_CONNECT_MS ? timeout : (long)LIMIT_FETCH_CONNECT_MS;

    return add_header(t, "If-None-Match", t->source->sent.etag) &&
           add_header(t, "If-Modified-Since", t->source->sent.last_modified) &&
           curl_easy_setopt(easy, CURLOPT_URL, t->source->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)LIMIT_FETCH_REDIRECTS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)limits->max_bytes) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->detail) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "sekisho-fetch/" SEKISHO_VERSION) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK;
}

static void transfer_done(struct transfer *t)
{
    if (t->easy != NULL)
        curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    buf_done(&t->body);
    memset(t, 0, sizeof(*t));
}

static void fail(struct fetch_source *source, enum fetch_reason reason, const char *text)
{
    (void)err_set(&source->err, SK_IO, "%s", text);
    plan_fail(source, reason);
}

static void transfer_start(struct transfer *t, CURLM *multi, struct fetch_source *source,
                           const struct config_fetch *limits)
{
    t->source = source;
    buf_init(&t->body, (size_t)limits->max_bytes);
    t->easy = curl_easy_init();
    if (t->easy == NULL || !set_options(t, limits) ||
        curl_multi_add_handle(multi, t->easy) != CURLM_OK) {
        fail(source, REASON_FAILED, "libcurl: no memory, or an option it does not know");
        transfer_done(t);
    }
}

static enum fetch_reason reason_of(const struct transfer *t, CURLcode code)
{
    if (buf_status(&t->body) == SK_LIMIT || code == CURLE_FILESIZE_EXCEEDED)
        return REASON_OVERSIZED;
    if (buf_status(&t->body) != SK_OK || code == CURLE_OUT_OF_MEMORY)
        return REASON_FAILED;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return REASON_TIMEOUT;
    if (code == CURLE_TOO_MANY_REDIRECTS || code == CURLE_UNSUPPORTED_PROTOCOL)
        return REASON_REDIRECT;
    if (code == CURLE_PARTIAL_FILE)
        return REASON_TRUNCATED;
    return REASON_UNREACHABLE;
}

/* A header of the answer, kept when it is short and could be sent back as it is. */
static void take_header(CURL *easy, const char *name, char *out, size_t size)
{
    struct curl_header *header;
    size_t i, len;

    out[0] = '\0';
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return;
    len = strlen(header->value);
    for (i = 0; i < len; i++) {
        if ((unsigned char)header->value[i] < 0x20 || (unsigned char)header->value[i] > 0x7e)
            return;
    }
    if (len < size)
        memcpy(out, header->value, len + 1);
}

static void take_body(struct transfer *t)
{
    struct fetch_source *source = t->source;
    struct fetch_body *body = plan_add_body(source, source->url, 0);

    if (body == NULL) {
        fail(source, REASON_FAILED, "no memory");
        return;
    }
    body->bytes = t->body; /* moved */
    memset(&t->body, 0, sizeof(t->body));
    take_header(t->easy, "ETag", source->got.etag, sizeof(source->got.etag));
    take_header(t->easy, "Last-Modified", source->got.last_modified,
                sizeof(source->got.last_modified));
    source->outcome = FETCH_GOT;
}

static void transfer_finish(struct transfer *t, CURLcode code)
{
    struct fetch_source *source = t->source;
    const bool is_conditional =
        source->sent.etag[0] != '\0' || source->sent.last_modified[0] != '\0';
    char text[64];
    long status = 0;

    if (code != CURLE_OK) {
        fail(source, reason_of(t, code),
             t->detail[0] != '\0' ? t->detail : curl_easy_strerror(code));
        return;
    }
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) {
        take_body(t);
    } else if (status == 304 && is_conditional) {
        source->got = source->sent;
        source->outcome = FETCH_UNCHANGED;
    } else {
        (void)snprintf(text, sizeof(text), "the server answered %ld", status);
        fail(source, REASON_HTTP_STATUS, text);
    }
}

static void finish_done(CURLM *multi)
{
    struct transfer *t;
    CURLcode code;
    CURLMsg *msg;
    char *private_data;
    int left;

    while ((msg = curl_multi_info_read(multi, &left)) != NULL) {
        if (msg->msg != CURLMSG_DONE)
            continue;
        code = msg->data.result;
        (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private_data);
        t = (struct transfer *)(void *)private_data;
        (void)curl_multi_remove_handle(multi, t->easy); /* msg is dead now */
        transfer_finish(t, code);
        transfer_done(t);
    }
}

/* Keeps up to LIMIT_FETCH_PARALLEL transfers going until none is left. */
static enum sk_status run_all(CURLM *multi, struct transfer *slots, struct fetch_source **sources,
                              size_t num_sources, const struct config_fetch *limits,
                              struct sk_err *err)
{
    CURLMcode code = CURLM_OK;
    size_t i, next = 0, active = 1;
    int running;

    while (code == CURLM_OK && active > 0) {
        for (i = 0, active = 0; i < LIMIT_FETCH_PARALLEL; i++) {
            while (slots[i].source == NULL && next < num_sources)
                transfer_start(&slots[i], multi, sources[next++], limits);
            active += slots[i].source != NULL;
        }
        code = curl_multi_perform(multi, &running);
        if (code == CURLM_OK)
            finish_done(multi);
        if (code == CURLM_OK && running > 0)
            code = curl_multi_poll(multi, NULL, 0, POLL_MS, NULL);
    }
    return code == CURLM_OK ? SK_OK : err_set(err, SK_IO, "libcurl: %s", curl_multi_strerror(code));
}

enum sk_status source_http_get_all(struct fetch_source **sources, size_t num_sources,
                                   const struct config_fetch *limits, struct sk_err *err)
{
    struct transfer *slots;
    CURLM *multi;
    enum sk_status status;
    size_t i;

    if (num_sources == 0)
        return SK_OK;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, SK_NOMEM, "libcurl cannot start");
    multi = curl_multi_init();
    slots = calloc(LIMIT_FETCH_PARALLEL, sizeof(*slots));
    if (multi == NULL || slots == NULL)
        status = err_set(err, SK_NOMEM, "libcurl: no memory");
    else
        status = run_all(multi, slots, sources, num_sources, limits, err);
    for (i = 0; slots != NULL && i < LIMIT_FETCH_PARALLEL; i++) {
        if (slots[i].easy != NULL)
            (void)curl_multi_remove_handle(multi, slots[i].easy);
        transfer_done(&slots[i]);
    }
    free(slots);
    if (multi != NULL)
        (void)curl_multi_cleanup(multi);
    curl_global_cleanup();
    return status;
}
