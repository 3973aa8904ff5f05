/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/held.h"

#include "core/limits.h"

void held_init(struct held *held, const char *cache_dir, struct report *report)
{
    struct sk_err err = {SK_OK, ""};
    enum sk_status status;

    memset(held, 0, sizeof(*held));
    status = generation_open(cache_dir, &held->gen, &err);
    if (status == SK_NOTFOUND)
        return;
    if (status == SK_OK)
        status = reader_new(held->gen, &held->reader, &err);
    if (status != SK_OK) {
        report_fault(report, NULL, NULL, REASON_DAMAGED, &err);
        held_done(held);
    }
}

void held_done(struct held *held)
{
    reader_free(held->reader);
    generation_unref(held->gen);
    memset(held, 0, sizeof(*held));
}

struct each {
    const struct held *held;
    held_fn visit;
    void *arg;
};

static enum sk_status visit_blob(void *arg, const uint8_t sha256[SK_SHA256])
{
    const struct each *each = arg;
    uint8_t hash[SK_SHA256];
    struct sk_bytes der;
    enum sk_status status = reader_blob(each->held->reader, sha256, &der);

    if (status != SK_OK)
        return status;
    key_sha256(der, hash);
    /* Damaged: as if it were not held. */
    if (memcmp(hash, sha256, SK_SHA256) != 0)
        return SK_OK;
    return each->visit(each->arg, sha256, der);
}

enum sk_status held_each(const struct held *held, const char *url, held_fn visit, void *arg)
{
    struct each each = {held, visit, arg};

    if (held->reader == NULL)
        return SK_OK;
    return reader_origin(held->reader, url, visit_blob, &each);
}

struct digest {
    struct sk_buf hashes;
    size_t num;
};

static enum sk_status take_hash(void *arg, const uint8_t sha256[SK_SHA256])
{
    struct digest *digest = arg;

    buf_put(&digest->hashes, sha256, SK_SHA256);
    digest->num++;
    return buf_status(&digest->hashes);
}

enum sk_status held_digest(const struct held *held, const char *url, uint8_t out[SK_SHA256],
                           size_t *out_num)
{
    struct digest digest = {.num = 0};
    enum sk_status status = SK_OK;

    buf_init(&digest.hashes, (size_t)LIMIT_GENERATION_CERTS * SK_SHA256);
    if (held->reader != NULL)
        status = reader_origin(held->reader, url, take_hash, &digest);
    if (status == SK_OK) {
        key_sha256(buf_bytes(&digest.hashes), out);
        *out_num = digest.num;
    }
    buf_done(&digest.hashes);
    return status;
}
