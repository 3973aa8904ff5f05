/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ascii.h"
#include "core/clock.h"
#include "core/hex.h"
#include "net/http_range.h"
#include "net/repository.h"

/* Object names are letters, digits, ".", "-", "_" and "/": anything else is not looked up. */
static bool copy_path(struct sk_bytes path, char out[LIMIT_PKI_PATH_BYTES])
{
    size_t i;

    if (path.len == 0 || path.len >= LIMIT_PKI_PATH_BYTES)
        return false;
    for (i = 0; i < path.len; i++) {
        uint8_t c = path.p[i];

        if (!ascii_is_alnum(c) && c != '.' && c != '-' && c != '_' && c != '/')
            return false;
        out[i] = (char)c;
    }
    out[path.len] = '\0';
    return true;
}

static void drop_generation(void *arg)
{
    generation_unref(arg);
}

/* RFC 9110 13.2.2: If-None-Match decides; If-Modified-Since only without it. */
static bool is_unchanged(const struct http_request *request, const char *etag, int64_t modified)
{
    struct sk_bytes value;
    int64_t since;

    switch (http_request_field(request, "if-none-match", &value)) {
    case SK_OK:
        return http_etag_listed(value, etag);
    case SK_NOTFOUND:
        break;
    case SK_AGAIN:
    case SK_INPUT: /* more than one: send the object */
    case SK_LIMIT:
    case SK_IO:
    case SK_CRYPTO:
    case SK_NOMEM:
    case SK_INTERNAL:
        return false;
    }
    return http_request_field(request, "if-modified-since", &value) == SK_OK &&
           clock_parse_http(value, &since) == SK_OK && modified <= since;
}

/* H-05 */
static void put_cache_fields(struct http_answer *out, const struct reader_object *object,
                             int64_t now)
{
    int64_t age = LIMIT_PKI_MAX_AGE_S;

    if (object->expires != CLOCK_NEVER && object->expires <= now) {
        answer_date(out, "Expires", object->expires);
        answer_field(out, "Cache-Control", "no-cache");
        return;
    }
    if (object->expires != CLOCK_NEVER && (object->expires - now) / 2 < age)
        age = (object->expires - now) / 2;
    answer_date(out, "Expires", object->expires);
    answer_field(out, "Cache-Control", "max-age=%d, public", (int)age);
}

/* All of the body, or the part that was asked for. */
static void put_body(struct service *service, const struct http_request *request,
                     const struct reader_object *object, const char *etag, struct http_answer *out)
{
    size_t first = 0, len = object->body.len;

    if (out->status == 304)
        return;
    switch (http_range(request, etag, object->modified, object->body.len, &first, &len)) {
    case SK_OK:
        out->status = 206;
        answer_field(out, "Content-Range", "bytes %zu-%zu/%zu", first, first + len - 1,
                     object->body.len);
        break;
    case SK_INPUT:
        out->status = 416;
        out->media_type = NULL;
        answer_field(out, "Content-Range", "bytes */%zu", object->body.len);
        return;
    case SK_NOTFOUND:
    case SK_AGAIN:
    case SK_LIMIT:
    case SK_IO:
    case SK_CRYPTO:
    case SK_NOMEM:
    case SK_INTERNAL:
        break;
    }
    /* The body is sent out of the map, which stays open as long as somebody reads it. */
    out->shared = bytes_of(object->body.p + first, len);
    out->release = drop_generation;
    out->release_arg = generation_ref(reader_generation(service->reader));
}

void repository_object(struct service *service, const struct http_request *request,
                       const struct reader_object *object, struct http_answer *out)
{
    char etag[2 * SK_SHA256 + 1];

    hex_encode(bytes_of(object->sha256, SK_SHA256), etag);
    answer_init(out, is_unchanged(request, etag, object->modified) ? 304 : 200, object->media_type,
                0);
    answer_etag(out, etag);
    answer_field(out, "Accept-Ranges", "bytes");
    answer_date(out, "Last-Modified", object->modified);
    put_cache_fields(out, object, clock_wall());
    put_body(service, request, object, etag, out);
}

void repository_get(struct service *service, const struct http_request *request,
                    struct sk_bytes path, struct http_answer *out)
{
    char name[LIMIT_PKI_PATH_BYTES] = "";
    struct reader_object object;
    enum sk_status status;

    if (service->reader == NULL) {
        answer_error(out, 503, "no-snapshot", "nothing has been published yet");
        return;
    }
    status = path.len == 0 || copy_path(path, name) ? SK_OK : SK_NOTFOUND;
    if (status == SK_OK && (path.len == 0 || name[path.len - 1] == '/')) {
        repository_page(service, name, out);
        return;
    }
    if (status == SK_OK)
        status = reader_object_get(service->reader, name, &object);
    if (status == SK_OK)
        repository_object(service, request, &object, out);
    else if (status == SK_NOTFOUND)
        answer_error(out, 404, "not-found", "no such object");
    else
        answer_error(out, 500, "internal", "the object cannot be read");
}
