/* SPDX-License-Identifier: Apache-2.0 */
/* Searching by RFC 4387. */
#include "cache/search.h"
#include "core/clock.h"
#include "core/hex.h"
#include "net/repository.h"

/* The attributes of a query (RFC 4387 2.1, 2.2). */
static const struct attribute {
    const char *name;
    enum search_by by;
    bool is_hash, is_of_crls;
} attributes[] = {
    {"certHash", SEARCH_CERT_HASH, true, false},
    {"uri", SEARCH_URI, false, false},
    {"email", SEARCH_URI, false, false}, /* an older name of the same */
    {"iHash", SEARCH_ISSUER_HASH, true, true},
    {"iAndSHash", SEARCH_ISSUER_SERIAL_HASH, true, false},
    {"name", SEARCH_NAME, false, false},
    {"sHash", SEARCH_SUBJECT_HASH, true, false},
    {"sKIDHash", SEARCH_KEY_ID_HASH, true, true},
};

static const struct attribute *find_attribute(struct sk_bytes name)
{
    size_t i;

    for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (bytes_equal(name, bytes_of(attributes[i].name, strlen(attributes[i].name))))
            return &attributes[i];
    }
    return NULL;
}

/* What stands before the first c; the rest follows it. */
static struct sk_bytes split(struct sk_bytes *rest, uint8_t c)
{
    const uint8_t *at = rest->len > 0 ? memchr(rest->p, c, rest->len) : NULL;
    struct sk_bytes head = *rest;

    if (at == NULL) {
        *rest = bytes_of(NULL, 0);
        return head;
    }
    head.len = (size_t)(at - rest->p);
    *rest = bytes_of(at + 1, rest->len - head.len - 1);
    return head;
}

/* The one attribute of the query that we know; others are passed over (H-04). SK_INPUT: none, or
 * more than one, which the RFC gives no meaning. */
static enum sk_status find_query(struct sk_bytes query, const struct attribute **out,
                                 struct sk_bytes *out_value)
{
    const struct attribute *found = NULL, *attribute;
    struct sk_bytes pair, name;

    while (query.len > 0) {
        pair = split(&query, '&');
        name = split(&pair, '=');
        attribute = find_attribute(name);
        if (attribute == NULL)
            continue;
        if (found != NULL)
            return SK_INPUT;
        found = attribute;
        *out_value = pair;
    }
    if (found == NULL)
        return SK_INPUT;
    *out = found;
    return SK_OK;
}

/* Undoes the form encoding: "+" is a blank in text. In a hash, which has no blank, it is itself,
 * whether the client wrote "+" or "%2B". */
static enum sk_status unescape(struct sk_bytes value, bool is_hash, struct sk_buf *out)
{
    uint8_t copy[LIMIT_PKI_QUERY_BYTES];
    size_t i;

    if (value.len == 0 || value.len > sizeof(copy))
        return SK_INPUT;
    for (i = 0; i < value.len; i++)
        copy[i] = value.p[i] == '+' && !is_hash ? ' ' : value.p[i];
    return http_unescape(bytes_of(copy, value.len), out);
}

/* H-02: 27 characters of base64, the padding left out. */
static enum sk_status decode_hash(struct sk_bytes text, uint8_t out[SEARCH_HASH])
{
    char padded[28];
    struct sk_buf hash;
    enum sk_status status;

    if (text.len != sizeof(padded) - 1)
        return SK_INPUT;
    memcpy(padded, text.p, text.len);
    padded[text.len] = '=';
    buf_init(&hash, SEARCH_HASH + 1);
    status = base64_decode(bytes_of(padded, sizeof(padded)), &hash);
    if (status == SK_OK)
        status = hash.len == SEARCH_HASH ? SK_OK : SK_INPUT;
    if (status == SK_OK)
        memcpy(out, hash.data, SEARCH_HASH);
    buf_done(&hash);
    return status;
}

static enum sk_status read_query(struct service *service, const struct http_request *request,
                                 bool is_crl, enum search_by *out_by, uint8_t out[SEARCH_HASH])
{
    const struct attribute *attribute;
    struct sk_bytes value = {NULL, 0};
    struct sk_buf text;
    enum sk_status status = find_query(request->query, &attribute, &value);

    if (status != SK_OK)
        return status;
    if (is_crl && !attribute->is_of_crls)
        return SK_INPUT;
    buf_init(&text, LIMIT_PKI_QUERY_BYTES);
    status = unescape(value, attribute->is_hash, &text);
    if (status == SK_OK && attribute->is_hash)
        status = decode_hash(buf_bytes(&text), out);
    else if (status == SK_OK)
        status = search_text_hash(service->arena, attribute->by, buf_bytes(&text), out);
    buf_done(&text);
    *out_by = attribute->by;
    return status;
}

/* The query of a search that can be made; otherwise its answer is in out. */
static bool begin(struct service *service, const struct http_request *request, bool is_crl,
                  enum search_by *out_by, uint8_t hash[SEARCH_HASH], struct http_answer *out)
{
    if (service->reader == NULL) {
        answer_error(out, 503, "no-snapshot", "nothing has been published yet");
        return false;
    }
    arena_reset(service->arena);
    if (read_query(service, request, is_crl, out_by, hash) != SK_OK) {
        answer_error(out, 400, "bad-query",
                     is_crl ? "one of iHash, sKIDHash is needed, with its value"
                            : "one of certHash, uri, iHash, iAndSHash, name, sHash, sKIDHash is "
                              "needed, with its value");
        return false;
    }
    return true;
}

static void answer_failure(enum sk_status status, struct http_answer *out)
{
    if (status == SK_NOTFOUND)
        answer_error(out, 404, "not-found", "nothing has that attribute");
    else
        answer_error(out, 500, "internal", "the snapshot cannot be read");
}

/* ---- certificates ---- */

struct found {
    const struct sk_cert *certs[LIMIT_PKI_FOUND];
    size_t num;
};

static enum sk_status note_cert(void *arg, const struct sk_cert *cert)
{
    struct found *found = arg;

    if (found->num >= LIMIT_PKI_FOUND)
        return SK_LIMIT;
    found->certs[found->num++] = cert;
    return SK_OK;
}

/* A boundary that no part can have been made to hold: it depends on all of them. */
static void choose_boundary(const struct found *found, char out[2 * SK_SHA256 + 1])
{
    uint8_t hashes[LIMIT_PKI_FOUND * SK_SHA256], hash[SK_SHA256];
    size_t i;

    for (i = 0; i < found->num; i++)
        memcpy(hashes + i * SK_SHA256, found->certs[i]->sha256, SK_SHA256);
    key_sha256(bytes_of(hashes, found->num * SK_SHA256), hash);
    hex_encode(bytes_of(hash, sizeof(hash)), out);
}

/* RFC 4387 2.1: several certificates are a multipart/mixed. */
static void answer_several(const struct found *found, struct http_answer *out)
{
    char boundary[2 * SK_SHA256 + 1];
    size_t i;

    answer_init(out, 200, NULL, LIMIT_PKI_FOUND_BYTES);
    choose_boundary(found, boundary);
    answer_field(out, "Content-Type", "multipart/mixed; boundary=%s", boundary);
    answer_field(out, "Cache-Control", "no-cache");
    for (i = 0; i < found->num; i++) {
        buf_printf(&out->body, "--%s\r\nContent-Type: application/pkix-cert\r\n\r\n", boundary);
        buf_put(&out->body, found->certs[i]->der.p, found->certs[i]->der.len);
        buf_put_text(&out->body, "\r\n");
    }
    buf_printf(&out->body, "--%s--\r\n", boundary);
    if (buf_status(&out->body) == SK_OK)
        return;
    answer_done(out);
    answer_error(out, 503, "too-large", "what was found is too much for one answer");
}

void repository_search_certs(struct service *service, const struct http_request *request,
                             struct http_answer *out)
{
    struct found found = {.num = 0};
    struct reader_object object;
    uint8_t hash[SEARCH_HASH];
    enum search_by by;
    enum sk_status status;

    if (!begin(service, request, false, &by, hash, out))
        return;
    status = reader_search_certs(service->reader, service->arena, by, hash, note_cert, &found);
    if (status == SK_LIMIT && found.num == LIMIT_PKI_FOUND) {
        answer_error(out, 400, "too-many", "too many certificates have that attribute");
    } else if (status != SK_OK || found.num == 0) {
        answer_failure(status == SK_OK ? SK_NOTFOUND : status, out);
    } else if (found.num > 1) {
        answer_several(&found, out);
    } else {
        object.body = found.certs[0]->der;
        memcpy(object.sha256, found.certs[0]->sha256, SK_SHA256);
        object.modified = generation_created(reader_generation(service->reader));
        object.expires = CLOCK_NEVER;
        object.media_type = "application/pkix-cert";
        repository_object(service, request, &object, out);
    }
}

/* ---- CRLs ---- */

struct best_crl {
    const struct source_crl *crl;
    int64_t now;
};

/* What a client that asks for the issuer's list wants most: one in force, complete, and of all
 * certificates. */
static unsigned rank_crl(const struct source_crl *crl, int64_t now)
{
    const struct crl_idp *idp = &crl->crl->idp;
    unsigned rank = 0;

    rank = 2 * rank + (crl->crl->this_update <= now);
    rank = 2 * rank + !crl->crl->is_delta;
    rank = 2 * rank + !idp->only_attribute_certs;
    rank = 2 * rank + !(idp->only_ca_certs || crl->from_arl_attribute);
    rank = 2 * rank + !(idp->has_name || idp->has_reasons);
    return rank;
}

/* H-03: of those alike the one with the greatest thisUpdate. */
static enum sk_status note_crl(void *arg, const struct source_crl *crl)
{
    struct best_crl *best = arg;
    unsigned rank = rank_crl(crl, best->now), other;

    other = best->crl != NULL ? rank_crl(best->crl, best->now) : 0;
    if (best->crl == NULL || rank > other ||
        (rank == other && crl->crl->this_update > best->crl->crl->this_update))
        best->crl = crl;
    return SK_OK;
}

void repository_search_crls(struct service *service, const struct http_request *request,
                            struct http_answer *out)
{
    struct best_crl best = {NULL, clock_wall()};
    struct reader_object object;
    uint8_t hash[SEARCH_HASH];
    enum search_by by;
    enum sk_status status;

    if (!begin(service, request, true, &by, hash, out))
        return;
    status = reader_search_crls(service->reader, service->arena, by, hash, note_crl, &best);
    if (status == SK_OK && best.crl == NULL)
        status = SK_NOTFOUND;
    /* The bytes out of the map: the head that a reader keeps may live shorter than the answer. */
    if (status == SK_OK)
        status = reader_blob(service->reader, best.crl->sha256, &object.body);
    if (status != SK_OK) {
        answer_failure(status, out);
        return;
    }
    memcpy(object.sha256, best.crl->sha256, SK_SHA256);
    object.modified = best.crl->crl->this_update;
    object.expires = best.crl->crl->next_update;
    object.media_type = "application/pkix-crl";
    repository_object(service, request, &object, out);
}
