/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/memo_model.h"

#include "net/memo.h"

enum { KEYS = 64, KEY_BYTES = 40, MAX_AGE = 50, MAX_BYTES = 8192, MAX_ENTRIES = 16 };

struct known {
    bool is_known;
    uint8_t der[256];
    size_t len;
    int64_t produced_at, ends;
};

struct model {
    struct sk_memo *memo;
    struct memo_stats stats;
    struct known known[KEYS];
    struct sk_bytes script;
    size_t seen; /* entries met by memo_each() */
    int64_t now;
    uint64_t asked, found;
    const char *fault;
};

static uint8_t take(struct model *m)
{
    if (m->script.len == 0)
        return 0;
    m->script.p++;
    m->script.len--;
    return m->script.p[-1];
}

static void must(struct model *m, bool holds, const char *what)
{
    if (!holds && m->fault == NULL)
        m->fault = what;
}

/* Keys differ in one octet or two; the last two begin as the first two do, and are shorter. */
static struct sk_bytes key_of(size_t index, uint8_t out[KEY_BYTES])
{
    bool is_short = index >= KEYS - 2;
    size_t mark = is_short ? index - (KEYS - 2) : index;

    memset(out, 0, KEY_BYTES);
    out[mark % KEY_BYTES] = (uint8_t)(1 + mark / KEY_BYTES);
    return bytes_of(out, is_short ? KEY_BYTES - 1 : KEY_BYTES);
}

static bool is_alive(const struct model *m, const struct known *known)
{
    return known->is_known && known->produced_at <= m->now && m->now < known->ends &&
           m->now - known->produced_at < MAX_AGE;
}

static void put(struct model *m)
{
    uint8_t octets[KEY_BYTES];
    size_t index = take(m) % KEYS, i;
    struct known *known = &m->known[index];
    struct memo_answer answer = {.verdict = "good", .is_requested = true};

    known->is_known = true;
    known->len = 1 + take(m);
    for (i = 0; i < known->len; i++)
        known->der[i % sizeof(known->der)] = (uint8_t)(index ^ i ^ (size_t)m->now);
    known->produced_at = m->now - take(m) % 4 + 1;
    known->ends = m->now + take(m) % 100 - 10;
    answer.der = bytes_of(known->der, known->len);
    answer.produced_at = known->produced_at;
    answer.ends = m->now + 1000;
    answer.kept_until = known->ends;
    memo_put(m->memo, key_of(index, octets), &answer, m->now);
    must(m, is_alive(m, known) || !memo_has(m->memo, key_of(index, octets), m->now),
         "what had ended was kept");
    must(m, !is_alive(m, known) || memo_has(m->memo, key_of(index, octets), m->now),
         "what fits was not kept");
}

static void check(struct model *m, size_t index, const struct memo_answer *answer)
{
    const struct known *known = &m->known[index];

    must(m, is_alive(m, known), "an answer outlived its end");
    must(m, bytes_equal(answer->der, bytes_of(known->der, known->len)), "another key's answer");
    must(m, answer->kept_until == known->ends && answer->produced_at == known->produced_at,
         "another answer's dates");
}

static void find(struct model *m)
{
    uint8_t octets[KEY_BYTES];
    size_t index = take(m) % KEYS;
    bool has = memo_has(m->memo, key_of(index, octets), m->now);
    const struct memo_answer *answer = memo_find(m->memo, key_of(index, octets), m->now);

    m->asked++;
    must(m, has == (answer != NULL), "has and find disagree");
    if (answer == NULL)
        return;
    m->found++;
    check(m, index, answer);
}

static void visit(void *arg, struct sk_bytes key, const struct memo_answer *answer, uint32_t asked)
{
    struct model *m = arg;
    uint8_t octets[KEY_BYTES];
    size_t i;

    m->seen++;
    must(m, asked > 0, "an answer that nobody asked for");
    for (i = 0; i < KEYS; i++) {
        if (bytes_equal(key_of(i, octets), key))
            break;
    }
    must(m, i < KEYS && bytes_equal(answer->der, bytes_of(m->known[i].der, m->known[i].len)),
         "an entry that nobody put");
}

static void check_bounds(struct model *m)
{
    must(m, counter_get(&m->stats.octets) <= MAX_BYTES, "more octets than the bound");
    must(m, counter_get(&m->stats.entries) <= MAX_ENTRIES, "more entries than the bound");
    must(m, counter_get(&m->stats.hits) == m->found, "hits are not counted");
    must(m, counter_get(&m->stats.hits) + counter_get(&m->stats.misses) == m->asked,
         "misses are not counted");
}

static void step(struct model *m)
{
    uint8_t what = take(m);

    if (what < 100)
        put(m);
    else if (what < 230)
        find(m);
    else if (what < 250)
        m->now += (int64_t)take(m) - 16; /* back as well */
    else if (what < 252) {
        memo_clear(m->memo);
        memset(m->known, 0, sizeof(m->known));
    } else {
        m->seen = 0;
        memo_each(m->memo, visit, m);
        must(m, m->seen == counter_get(&m->stats.entries), "entries are miscounted");
    }
    check_bounds(m);
}

const char *memo_model_run(struct sk_bytes script)
{
    struct model m = {.script = script, .now = 1000};
    const struct memo_options options = {.max_bytes = MAX_BYTES,
                                         .max_entries = MAX_ENTRIES,
                                         .max_age_s = MAX_AGE,
                                         .stats = &m.stats};

    m.memo = memo_new(&options);
    if (m.memo == NULL)
        return "no memory";
    while (m.script.len > 0 && m.fault == NULL)
        step(&m);
    memo_free(m.memo);
    return m.fault;
}
