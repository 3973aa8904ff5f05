/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/chain.h"

#include "cache/cache_int.h"

/* ---- the check ---- */

static void check_of(struct sk_bytes key, struct sk_bytes value, struct sk_bytes next_key,
                     uint8_t out[CHAIN_CHECK])
{
    uint64_t state =
        record_check(record_check(record_check(RECORD_CHECK_BEGIN, key), value), next_key);
    unsigned i;

    state ^= state >> 32;
    for (i = 0; i < CHAIN_CHECK; i++)
        out[i] = (uint8_t)(state >> (8 * i));
}

/* ---- writing ---- */

static enum sk_status append(struct build *build, enum record_db db,
                             const struct stage_record *record, struct sk_bytes next_key,
                             struct sk_err *err)
{
    uint8_t value[UINT8_MAX + CHAIN_CHECK]; /* a stage's values are no longer */

    if (record->value.len > 0)
        memcpy(value, record->value.p, record->value.len);
    check_of(record->key, record->value, next_key, value + record->value.len);
    return build_append(build, db, record->key, bytes_of(value, record->value.len + CHAIN_CHECK),
                        err);
}

enum sk_status chain_append(struct build *build, enum record_db db, unsigned id,
                            struct stage *records, struct sk_err *err)
{
    const uint8_t head[CHAIN_ID] = {(uint8_t)(id >> 8), (uint8_t)id};
    const struct sk_bytes none = {NULL, 0};
    struct stage_record record = {bytes_of(head, sizeof(head)), none}, next;
    enum sk_status status = SK_OK;
    size_t i;

    stage_sort(records, false);
    for (i = 0; status == SK_OK && i < records->num; i++) {
        next = stage_at(records, i);
        if (i + 1 < records->num && bytes_equal(next.key, stage_at(records, i + 1).key))
            continue;
        status = append(build, db, &record, next.key, err);
        record = next;
    }
    return status == SK_OK ? append(build, db, &record, none, err) : status;
}

/* ---- reading ---- */

/* Where a cursor stands; key.len 0: past the end. */
struct place {
    struct sk_bytes key, value;
};

static enum sk_status move(MDB_cursor *cursor, MDB_cursor_op op, MDB_val *key, struct place *out)
{
    MDB_val value;
    int rc = mdb_cursor_get(cursor, key, &value, op);

    memset(out, 0, sizeof(*out));
    if (rc == MDB_NOTFOUND)
        return SK_OK;
    if (rc == MDB_SUCCESS) {
        out->key = bytes_of(key->mv_data, key->mv_size);
        out->value = bytes_of(value.mv_data, value.mv_size);
    }
    return cache_lmdb(rc, NULL, "generation", "read");
}

static bool is_of_list(struct sk_bytes key, struct sk_bytes id)
{
    return key.len >= CHAIN_ID && memcmp(key.p, id.p, CHAIN_ID) == 0;
}

/* Takes the check from at's value; SK_INPUT when it does not vouch for what follows. */
static enum sk_status take_check(struct place *at, const struct place *next)
{
    uint8_t check[CHAIN_CHECK];
    struct sk_bytes next_key = {NULL, 0};

    if (at->value.len < CHAIN_CHECK)
        return SK_INPUT;
    at->value.len -= CHAIN_CHECK;
    if (is_of_list(next->key, at->key))
        next_key = next->key;
    check_of(at->key, at->value, next_key, check);
    return memcmp(check, at->value.p + at->value.len, CHAIN_CHECK) == 0 ? SK_OK : SK_INPUT;
}

enum sk_status chain_find(MDB_cursor *cursor, struct sk_bytes key, struct sk_bytes *out)
{
    uint8_t copy[RECORD_KEY_MAX]; /* MDB_val is not const */
    MDB_val k = {key.len, copy};
    struct place at, next;
    enum sk_status status;
    bool is_found;

    if (key.len <= CHAIN_ID || key.len > sizeof(copy))
        return SK_INPUT;
    memcpy(copy, key.p, key.len);
    status = move(cursor, MDB_SET_RANGE, &k, &next);
    if (status != SK_OK)
        return status;
    is_found = bytes_equal(next.key, key);
    if (is_found) {
        at = next;
        status = move(cursor, MDB_NEXT, &k, &next);
    } else {
        status = move(cursor, next.key.len > 0 ? MDB_PREV : MDB_LAST, &k, &at);
    }
    if (status != SK_OK)
        return status;
    if (!is_of_list(at.key, key) || (!is_found && bytes_compare(at.key, key) >= 0) ||
        (is_of_list(next.key, key) && bytes_compare(next.key, key) <= 0))
        return SK_INPUT;
    status = take_check(&at, &next);
    if (status != SK_OK)
        return status;
    if (!is_found)
        return SK_NOTFOUND;
    *out = at.value;
    return SK_OK;
}
