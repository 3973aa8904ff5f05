/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ocsp_memo.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "core/clock.h"

enum {
    PREFIX = 9,         /* of a key: count and service; the question follows */
    BUCKETS = 1024,     /* of questions that wait */
    ENTRY_BYTES = 1024, /* of a small answer with all that belongs to it */
    MAX_RESPONSE = 256 * 1024,
};

struct waiter {
    STAILQ_ENTRY(waiter) link;
    struct ocsp_asker asker;
};

/* An answer that waits for its signature. */
struct pending {
    LIST_ENTRY(pending) link; /* in its bucket; not for an empty key */
    struct ocsp_memo *memo;
    uint64_t count; /* the memo's, when it was asked for */
    struct sk_buf key;
    struct ocsp_answer answer;
    STAILQ_HEAD(, waiter) waiters;
    size_t num_waiters;
    bool is_ahead; /* nobody had asked */
};

LIST_HEAD(bucket, pending);

struct ocsp_memo {
    struct ocsp_memo_options options;
    struct sk_memo *kept;
    struct bucket *waiting;
    size_t num_waiting, num_single;
    uint8_t seed[SIPHASH_SEED];
    uint64_t count;             /* of generations and sets of keys */
    uint8_t keys_id[SK_SHA256]; /* of the signer's keys */
};

/* ---- keys ---- */

static void produce(void *arg, struct sk_bytes key, const struct memo_answer *answer,
                    uint32_t asked)
{
    struct ocsp_memo *memo = arg;

    if (answer->is_renewed && asked > 0)
        ocsp_produce_add(memo->options.produce, bytes_of(key.p + PREFIX, key.len - PREFIX), asked);
}

void ocsp_memo_renew(struct ocsp_memo *memo)
{
    if (memo->options.produce != NULL) {
        memo_each(memo->kept, produce, memo);
        ocsp_produce_start(memo->options.produce);
    }
    memo->count++;
    memo_clear(memo->kept);
}

/* Answers of a certificate that is no longer configured may be of a key that somebody else has. */
static void check_keys(struct ocsp_memo *memo)
{
    const uint8_t *id = signer_keys_id_get0(memo->options.signer);

    if (id == NULL || memcmp(id, memo->keys_id, sizeof(memo->keys_id)) == 0)
        return;
    memcpy(memo->keys_id, id, sizeof(memo->keys_id));
    ocsp_memo_renew(memo);
}

void ocsp_memo_key(struct ocsp_memo *memo, uint8_t service, const struct ocsp_request *request,
                   const struct ocsp_rules *rules, struct sk_buf *out)
{
    check_keys(memo);
    buf_put(out, &memo->count, sizeof(memo->count));
    buf_put_byte(out, service);
    if (ocsp_write_request(request, rules, out) != SK_OK)
        buf_reset(out);
}

static struct bucket *bucket_of(struct ocsp_memo *memo, struct sk_bytes key)
{
    return &memo->waiting[siphash(memo->seed, key) % BUCKETS];
}

static struct pending *look_up(struct ocsp_memo *memo, struct sk_bytes key)
{
    struct pending *pending;

    LIST_FOREACH(pending, bucket_of(memo, key), link)
    {
        if (bytes_equal(buf_bytes(&pending->key), key))
            return pending;
    }
    return NULL;
}

/* ---- waiting for a signature ---- */

/* False: no memory, or too many wait already. */
static bool join(struct pending *pending, struct conn_exchange *exchange,
                 const struct http_request *http)
{
    struct waiter *waiter;

    if (pending->num_waiters >= LIMIT_OCSP_JOINED)
        return false;
    waiter = malloc(sizeof(*waiter));
    if (waiter == NULL)
        return false;
    ocsp_asker_init(&waiter->asker, exchange, http);
    STAILQ_INSERT_TAIL(&pending->waiters, waiter, link);
    pending->num_waiters++;
    return true;
}

static bool is_single(const struct pending *pending)
{
    return pending->key.len == 0;
}

static void pending_enter(struct pending *pending)
{
    struct ocsp_memo *memo = pending->memo;

    memo->num_waiting++;
    if (is_single(pending))
        counter_set(&memo->options.stats->single_waiting, ++memo->num_single);
    else
        LIST_INSERT_HEAD(bucket_of(memo, buf_bytes(&pending->key)), pending, link);
}

static void pending_leave(struct pending *pending)
{
    struct ocsp_memo *memo = pending->memo;

    memo->num_waiting--;
    if (is_single(pending))
        counter_set(&memo->options.stats->single_waiting, --memo->num_single);
    else
        LIST_REMOVE(pending, link);
}

static void pending_free(struct pending *pending)
{
    ocsp_answer_done(&pending->answer);
    buf_done(&pending->key);
    free(pending);
}

/* answer NULL: there is none. Nobody can join any more: handlers run again in here. */
static void reply_all(struct pending *pending, const struct memo_answer *answer, int64_t now)
{
    const enum ocsp_origin origin = pending->answer.is_private ? OCSP_PRIVATE : OCSP_SIGNED;
    struct waiter *waiter;

    while ((waiter = STAILQ_FIRST(&pending->waiters)) != NULL) {
        STAILQ_REMOVE_HEAD(&pending->waiters, link);
        if (answer != NULL)
            ocsp_reply(&waiter->asker, answer, origin, now);
        else
            ocsp_reply_error(waiter->asker.exchange, OCSP_ERROR_TRY_LATER);
        ocsp_asker_done(&waiter->asker);
        free(waiter);
    }
}

static enum sk_status finish(const struct pending *pending, struct sk_bytes signature,
                             struct sk_buf *der, struct memo_answer *out)
{
    const struct ocsp_answer *answer = &pending->answer;
    const struct signer_key *key = signer_key_get0(pending->memo->options.signer, answer->key.key);
    enum sk_status status = ocsp_write_response(
        buf_bytes(&answer->data), key->algorithms[answer->key.algorithm], signature,
        key->model == SIGN_MODEL_CA ? bytes_of(NULL, 0) : key->certs, /* O-09 */
        der);

    memset(out, 0, sizeof(*out));
    out->der = buf_bytes(der);
    out->verdict = answer->verdict;
    out->produced_at = answer->produced_at;
    out->is_requested = pending->num_waiters > 0;
    out->is_renewed = answer->is_renewed;
    out->ends = out->kept_until = answer->ends;
    if (answer->key.is_second && out->kept_until > answer->produced_at + LIMIT_MEMO_SECOND_S)
        out->kept_until = answer->produced_at + LIMIT_MEMO_SECOND_S;
    return status == SK_OK && !answer->is_private ? ocsp_reply_tag(out) : status;
}

static void on_signature(void *arg, enum sk_status status, struct sk_bytes signature)
{
    struct pending *pending = arg;
    struct ocsp_memo *memo = pending->memo;
    int64_t now = clock_wall();
    struct memo_answer answer;
    struct sk_buf der;

    buf_init(&der, MAX_RESPONSE);
    if (status == SK_OK)
        status = finish(pending, signature, &der, &answer);
    pending_leave(pending);
    if (status == SK_OK && pending->is_ahead)
        counter_add(&memo->options.stats->produced, 1);
    if (status == SK_OK && pending->answer.is_kept && !is_single(pending) &&
        pending->count == memo->count)
        memo_put(memo->kept, buf_bytes(&pending->key), &answer, now);
    reply_all(pending, status == SK_OK ? &answer : NULL, now);
    pending_free(pending);
    buf_done(&der);
}

static struct pending *pending_new(struct ocsp_memo *memo, struct sk_bytes key)
{
    struct pending *pending = calloc(1, sizeof(*pending));

    if (pending == NULL)
        return NULL;
    buf_init(&pending->key, LIMIT_MEMO_KEY_BYTES);
    buf_put(&pending->key, key.p, key.len);
    if (buf_status(&pending->key) != SK_OK) {
        free(pending);
        return NULL;
    }
    pending->memo = memo;
    pending->count = memo->count;
    STAILQ_INIT(&pending->waiters);
    return pending;
}

void ocsp_memo_sign(struct ocsp_memo *memo, struct sk_bytes key, struct conn_exchange *exchange,
                    const struct http_request *http, struct ocsp_answer *answer)
{
    struct pending *pending = pending_new(memo, key);
    const struct signer_ask ask = {.key = answer->key.key,
                                   .algorithm = answer->key.algorithm,
                                   .class = key.len > 0 ? SIGN_CLASS_NORMAL : SIGN_CLASS_NONCE,
                                   .tbs = buf_bytes(&answer->data)};

    if (pending == NULL) {
        ocsp_answer_done(answer);
        if (exchange != NULL)
            ocsp_reply_error(exchange, OCSP_ERROR_TRY_LATER);
        return;
    }
    pending->answer = *answer;
    pending->is_ahead = exchange == NULL;
    if (exchange != NULL && !join(pending, exchange, http)) {
        pending_free(pending);
        ocsp_reply_error(exchange, OCSP_ERROR_TRY_LATER);
        return;
    }
    if (signer_sign(memo->options.signer, &ask, on_signature, pending) == SK_OK) {
        pending_enter(pending);
        return;
    }
    reply_all(pending, NULL, 0);
    pending_free(pending);
}

/* ---- answers that are there ---- */

bool ocsp_memo_is_idle(const struct ocsp_memo *memo)
{
    return memo->num_waiting == 0 && signer_is_ready(memo->options.signer);
}

bool ocsp_memo_has(struct ocsp_memo *memo, struct sk_bytes key, int64_t now)
{
    return memo_has(memo->kept, key, now) || look_up(memo, key) != NULL;
}

static bool refuse_single(struct ocsp_memo *memo, struct conn_exchange *exchange)
{
    if (memo->num_single < memo->options.max_single)
        return false;
    counter_add(&memo->options.stats->single_refused, 1);
    ocsp_reply_error(exchange, OCSP_ERROR_TRY_LATER);
    return true;
}

static bool reply_kept(struct ocsp_memo *memo, struct sk_bytes key, struct conn_exchange *exchange,
                       const struct http_request *http, int64_t now)
{
    const struct memo_answer *answer = memo_find(memo->kept, key, now);
    struct ocsp_asker asker;

    if (answer == NULL)
        return false;
    ocsp_asker_init(&asker, exchange, http);
    ocsp_reply(&asker, answer, OCSP_KEPT, now);
    ocsp_asker_done(&asker);
    return true;
}

bool ocsp_memo_reply(struct ocsp_memo *memo, struct sk_bytes key, struct conn_exchange *exchange,
                     const struct http_request *http, int64_t now)
{
    struct pending *pending;

    if (key.len > 0 && reply_kept(memo, key, exchange, http, now))
        return true;
    if (conn_is_overloaded(exchange)) {
        conn_shed(exchange);
        return true;
    }
    if (key.len == 0)
        return refuse_single(memo, exchange);
    pending = look_up(memo, key);
    if (pending == NULL)
        return false;
    counter_add(&memo->options.stats->joined, 1);
    if (!join(pending, exchange, http))
        ocsp_reply_error(exchange, OCSP_ERROR_TRY_LATER);
    return true;
}

/* ---- life ---- */

struct ocsp_memo *ocsp_memo_new(const struct ocsp_memo_options *options)
{
    struct memo_options kept = {.max_bytes = options->max_bytes,
                                .max_entries = options->max_bytes / ENTRY_BYTES,
                                .max_age_s = options->max_age_s,
                                .stats = options->stats};
    struct ocsp_memo *memo = calloc(1, sizeof(*memo));

    if (memo == NULL)
        return NULL;
    memo->options = *options;
    memo->waiting = calloc(BUCKETS, sizeof(*memo->waiting));
    if (getrandom(memo->seed, sizeof(memo->seed), 0) == (ssize_t)sizeof(memo->seed)) {
        memcpy(kept.seed, memo->seed, sizeof(kept.seed));
        memo->kept = memo_new(&kept);
    }
    if (memo->waiting == NULL || memo->kept == NULL) {
        ocsp_memo_free(memo);
        return NULL;
    }
    return memo;
}

void ocsp_memo_free(struct ocsp_memo *memo)
{
    if (memo == NULL)
        return;
    memo_free(memo->kept);
    free(memo->waiting);
    free(memo);
}
