/* SPDX-License-Identifier: Apache-2.0 */
#include "net/memo.h"

#include <stdlib.h>
#include <sys/queue.h>

enum {
    MAX_LIVES = 3,
    MAX_ROUNDS = 256,    /* survivors that one memo_put() passes by: it has an end */
    NEW_SHARE = 4,       /* one part in so many is for what is new */
    MALLOC_OVERHEAD = 16 /* of one allocation */
};

struct entry {
    TAILQ_ENTRY(entry) link; /* of its queue */
    struct entry *next;      /* in its bucket */
    uint64_t hash;
    struct sk_bytes key;
    struct memo_answer answer;
    uint32_t asked;
    uint8_t lives;
    bool is_new;      /* in the first queue */
    uint8_t octets[]; /* key, answer */
};

TAILQ_HEAD(queue, entry);

struct sk_memo {
    struct memo_options options;
    struct queue fresh, proven;
    size_t room; /* octets for entries: what the table leaves */
    size_t fresh_bytes, bytes, count;
    size_t num_buckets; /* a power of two */
    struct entry **buckets;
};

static size_t size_of(const struct entry *entry)
{
    return sizeof(*entry) + entry->key.len + entry->answer.der.len + MALLOC_OVERHEAD;
}

static void tell(const struct sk_memo *memo)
{
    counter_set(&memo->options.stats->entries, memo->count);
    counter_set(&memo->options.stats->octets,
                memo->bytes + memo->num_buckets * sizeof(struct entry *));
}

/* ---- the table ---- */

static struct entry **bucket_of(const struct sk_memo *memo, uint64_t hash)
{
    return &memo->buckets[hash & (memo->num_buckets - 1)];
}

static struct entry *look_up(const struct sk_memo *memo, struct sk_bytes key, uint64_t hash)
{
    struct entry *entry = *bucket_of(memo, hash);

    while (entry != NULL && (entry->hash != hash || !bytes_equal(entry->key, key)))
        entry = entry->next;
    return entry;
}

static bool has_ended(const struct sk_memo *memo, const struct memo_answer *answer, int64_t now)
{
    /* The clock may be set back: what was made later than now would be refused by clients. */
    return now >= answer->kept_until || now < answer->produced_at ||
           now - answer->produced_at >= memo->options.max_age_s;
}

/* ---- the queues ---- */

static void enqueue(struct sk_memo *memo, struct entry *entry, bool is_new)
{
    entry->is_new = is_new;
    TAILQ_INSERT_TAIL(is_new ? &memo->fresh : &memo->proven, entry, link);
    if (is_new)
        memo->fresh_bytes += size_of(entry);
}

static void dequeue(struct sk_memo *memo, struct entry *entry)
{
    TAILQ_REMOVE(entry->is_new ? &memo->fresh : &memo->proven, entry, link);
    if (entry->is_new)
        memo->fresh_bytes -= size_of(entry);
}

static void drop(struct sk_memo *memo, struct entry *entry)
{
    struct entry **at = bucket_of(memo, entry->hash);

    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    dequeue(memo, entry);
    memo->bytes -= size_of(entry);
    memo->count--;
    free(entry);
}

/* Whose turn it is to go. */
static struct entry *first_to_go(const struct sk_memo *memo)
{
    if (TAILQ_EMPTY(&memo->proven) || memo->fresh_bytes > memo->room / NEW_SHARE)
        return TAILQ_FIRST(&memo->fresh);
    return TAILQ_FIRST(&memo->proven);
}

static bool survives(struct sk_memo *memo, struct entry *entry, int64_t now)
{
    if (entry->lives == 0 || has_ended(memo, &entry->answer, now))
        return false;
    entry->lives--;
    dequeue(memo, entry);
    enqueue(memo, entry, false);
    return true;
}

/* need: no more than there is room at all. */
static void make_room(struct sk_memo *memo, size_t need, int64_t now)
{
    unsigned rounds = 0;

    while (memo->bytes + need > memo->room || memo->count >= memo->options.max_entries) {
        struct entry *entry = first_to_go(memo);

        if (rounds++ < MAX_ROUNDS && survives(memo, entry, now))
            continue;
        drop(memo, entry);
        counter_add(&memo->options.stats->evicted, 1);
    }
}

/* ---- asked for, kept, forgotten ---- */

const struct memo_answer *memo_find(struct sk_memo *memo, struct sk_bytes key, int64_t now)
{
    struct entry *entry = look_up(memo, key, siphash(memo->options.seed, key));

    if (entry != NULL && has_ended(memo, &entry->answer, now)) {
        drop(memo, entry);
        tell(memo);
        entry = NULL;
    }
    counter_add(entry != NULL ? &memo->options.stats->hits : &memo->options.stats->misses, 1);
    if (entry == NULL)
        return NULL;
    if (entry->lives < MAX_LIVES)
        entry->lives++;
    if (entry->asked < UINT32_MAX)
        entry->asked++;
    return &entry->answer;
}

bool memo_has(const struct sk_memo *memo, struct sk_bytes key, int64_t now)
{
    const struct entry *entry = look_up(memo, key, siphash(memo->options.seed, key));

    return entry != NULL && !has_ended(memo, &entry->answer, now);
}

static struct entry *entry_new(struct sk_bytes key, const struct memo_answer *answer, size_t size)
{
    struct entry *entry = malloc(size);

    if (entry == NULL)
        return NULL;
    memset(entry, 0, sizeof(*entry));
    memcpy(entry->octets, key.p, key.len);
    memcpy(entry->octets + key.len, answer->der.p, answer->der.len);
    entry->key = bytes_of(entry->octets, key.len);
    entry->answer = *answer;
    entry->answer.der = bytes_of(entry->octets + key.len, answer->der.len);
    entry->asked = answer->is_requested ? 1 : 0;
    return entry;
}

void memo_put(struct sk_memo *memo, struct sk_bytes key, const struct memo_answer *answer,
              int64_t now)
{
    uint64_t hash = siphash(memo->options.seed, key);
    struct entry *entry = look_up(memo, key, hash), **bucket;
    size_t size = sizeof(*entry) + key.len + answer->der.len;

    if (entry != NULL)
        drop(memo, entry);
    entry = NULL;
    if (!has_ended(memo, answer, now) && memo->options.max_entries > 0 &&
        size + MALLOC_OVERHEAD <= memo->room / NEW_SHARE) {
        make_room(memo, size + MALLOC_OVERHEAD, now);
        entry = entry_new(key, answer, size);
    }
    if (entry != NULL) {
        entry->hash = hash;
        bucket = bucket_of(memo, hash);
        entry->next = *bucket;
        *bucket = entry;
        memo->bytes += size_of(entry);
        memo->count++;
        enqueue(memo, entry, true);
    }
    tell(memo);
}

void memo_each(const struct sk_memo *memo, memo_visit_fn visit, void *arg)
{
    const struct entry *entry;

    TAILQ_FOREACH(entry, &memo->proven, link)
    visit(arg, entry->key, &entry->answer, entry->asked);
    TAILQ_FOREACH(entry, &memo->fresh, link)
    visit(arg, entry->key, &entry->answer, entry->asked);
}

void memo_clear(struct sk_memo *memo)
{
    struct queue *const queues[] = {&memo->fresh, &memo->proven};
    struct entry *entry;
    size_t i;

    for (i = 0; i < 2; i++) {
        while ((entry = TAILQ_FIRST(queues[i])) != NULL) {
            TAILQ_REMOVE(queues[i], entry, link);
            free(entry);
        }
    }
    memset(memo->buckets, 0, memo->num_buckets * sizeof(struct entry *));
    memo->fresh_bytes = memo->bytes = memo->count = 0;
    tell(memo);
}

struct sk_memo *memo_new(const struct memo_options *options)
{
    struct sk_memo *memo = calloc(1, sizeof(*memo));

    if (memo == NULL)
        return NULL;
    memo->options = *options;
    TAILQ_INIT(&memo->fresh);
    TAILQ_INIT(&memo->proven);
    memo->num_buckets = 1;
    while (memo->num_buckets < options->max_entries)
        memo->num_buckets *= 2;
    memo->buckets = calloc(memo->num_buckets, sizeof(struct entry *));
    if (memo->buckets == NULL) {
        free(memo);
        return NULL;
    }
    if (options->max_bytes > memo->num_buckets * sizeof(struct entry *))
        memo->room = options->max_bytes - memo->num_buckets * sizeof(struct entry *);
    tell(memo);
    return memo;
}

void memo_free(struct sk_memo *memo)
{
    if (memo == NULL)
        return;
    memo_clear(memo);
    free(memo->buckets);
    free(memo);
}
