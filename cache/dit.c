/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/dit.h"

#include <stdlib.h>

#include "cache/cache_int.h"
#include "cache/record_dir.h"
#include "core/clock.h"

/* More ids than this no schema has. */
enum { TYPES_MAX = 4096 };
enum { TIME_BYTES = 5, LIST_HEAD = TIME_BYTES + 2 };

/* ---- attribute types of this generation ---- */

/* Reads the ids that records name types by. A type that this program does not know is not shown. */
static enum sk_status read_types(struct sk_reader *reader, const struct dir_attribute **types)
{
    struct sk_bytes key, value;
    MDB_cursor *cursor;
    MDB_val k, v;
    enum sk_status status = SK_OK;
    unsigned id;
    int rc = mdb_cursor_open(reader->txn, reader->gen->dbis[RECORD_DIR_TYPE], &cursor);

    if (rc != MDB_SUCCESS)
        return cache_lmdb(rc, NULL, "generation", "read");
    while (status == SK_OK && (rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) == MDB_SUCCESS) {
        key = bytes_of(k.mv_data, k.mv_size);
        value = bytes_of(v.mv_data, v.mv_size);
        status = record_get_u16(key, &id);
        if (status == SK_OK)
            status = record_take_check(key, &value);
        if (status == SK_OK && id >= TYPES_MAX)
            status = SK_INPUT;
        if (status == SK_OK)
            types[id] = dir_schema_attribute(value);
    }
    mdb_cursor_close(cursor);
    if (status == SK_OK && rc != MDB_NOTFOUND)
        status = cache_lmdb(rc, NULL, "generation", "read");
    return status;
}

static enum sk_status need_types(struct sk_reader *reader)
{
    const struct dir_attribute **types;
    enum sk_status status;

    if (reader->types != NULL)
        return SK_OK;
    types = calloc(TYPES_MAX, sizeof(*types));
    if (types == NULL)
        return SK_NOMEM;
    status = read_types(reader, types);
    if (status != SK_OK) {
        free(types);
        return status;
    }
    reader->types = types;
    return SK_OK;
}

/* ---- one entry ---- */

static enum sk_status get_value(const struct sk_reader *reader, struct record_dir_walk *walk,
                                struct sk_bytes *out)
{
    struct record_dir_value value;
    enum sk_status status = record_dir_value(walk, &value);

    if (status != SK_OK || !value.is_blob) {
        if (status == SK_OK)
            *out = value.bytes;
        return status;
    }
    status = cache_get(reader, RECORD_BLOB, bytes_of(value.sha256, SK_SHA256), out);
    if (status == SK_NOTFOUND || (status == SK_OK && out->len != value.len))
        status = SK_INPUT;
    return status;
}

/* One attribute type with its values; attribute NULL when it is not known. */
static enum sk_status get_values(const struct sk_reader *reader, struct sk_arena *arena,
                                 struct record_dir_walk *walk, struct dir_values *out)
{
    struct sk_bytes *values;
    enum sk_status status;
    unsigned id;
    size_t i;

    status = record_dir_type(walk, &id, &out->num);
    if (status != SK_OK || id >= TYPES_MAX)
        return SK_INPUT;
    out->attribute = reader->types[id];
    values = arena_array(arena, out->num, sizeof(*values));
    if (values == NULL)
        return SK_LIMIT;
    out->values = values;
    for (i = 0; status == SK_OK && i < out->num; i++)
        status = get_value(reader, walk, &values[i]);
    return status;
}

static enum sk_status get_entry(const struct sk_reader *reader, struct sk_arena *arena,
                                struct sk_bytes key, struct sk_bytes record, struct dir_entry *out)
{
    struct record_dir_walk walk;
    struct dir_values *values;
    enum sk_status status = record_dir_open(key, record, &walk);
    size_t num = 0;
    unsigned i;

    if (status != SK_OK)
        return status;
    values = arena_array(arena, walk.num_types, sizeof(*values));
    if (values == NULL)
        return SK_LIMIT;
    for (i = 0; status == SK_OK && i < walk.num_types; i++) {
        status = get_values(reader, arena, &walk, &values[num]);
        if (status == SK_OK && values[num].attribute != NULL)
            num++;
    }
    if (status == SK_OK)
        status = record_dir_finish(&walk);
    if (status != SK_OK)
        return status;
    out->dn = walk.dn;
    out->is_referral = (walk.flags & RECORD_DIR_REFERRAL) != 0;
    out->num = num;
    out->attributes = values;
    return SK_OK;
}

enum sk_status dit_get(struct sk_reader *reader, struct sk_arena *arena, const struct dir_key *key,
                       struct dir_entry *out)
{
    const struct sk_bytes bytes = dir_key_bytes(key);
    struct dir_entry entry = {.key = *key};
    struct sk_bytes record;
    enum sk_status status = need_types(reader);

    if (status == SK_OK)
        status = cache_get(reader, RECORD_ENTRY, bytes, &record);
    if (status == SK_OK)
        status = get_entry(reader, arena, bytes, record, &entry);
    if (status == SK_OK)
        *out = entry;
    return status;
}

enum sk_status dit_deepest(struct sk_reader *reader, const struct dir_key *key, unsigned *out_depth)
{
    struct dir_key ancestor = *key;
    struct sk_bytes record;
    enum sk_status status = SK_NOTFOUND;

    for (; ancestor.depth > 0; ancestor.depth--) {
        status = cache_get(reader, RECORD_ENTRY, dir_key_bytes(&ancestor), &record);
        if (status == SK_OK)
            *out_depth = ancestor.depth;
        if (status != SK_NOTFOUND)
            break;
    }
    return status;
}

enum sk_status dit_referral(struct sk_reader *reader, const struct dir_key *key, unsigned depth,
                            struct dir_key *out)
{
    struct dir_key ancestor = *key;
    struct record_dir_walk walk;
    struct sk_bytes record;
    enum sk_status status;

    for (ancestor.depth = depth + 1; ancestor.depth <= key->depth; ancestor.depth++) {
        const struct sk_bytes bytes = dir_key_bytes(&ancestor);

        status = cache_get(reader, RECORD_ENTRY, bytes, &record);
        if (status == SK_NOTFOUND)
            continue;
        if (status == SK_OK)
            status = record_dir_open(bytes, record, &walk);
        if (status != SK_OK)
            return status;
        if ((walk.flags & RECORD_DIR_REFERRAL) != 0) {
            *out = ancestor;
            return SK_OK;
        }
    }
    return SK_NOTFOUND;
}

uint64_t dit_num_entries(const struct sk_reader *reader)
{
    return reader->gen->meta.num_entries;
}

/* ---- keys in order ---- */

/* The first key of a database that is not below the given one. Its bytes are dead after the next
 * step. SK_NOTFOUND. */
static enum sk_status seek(MDB_cursor *cursor, struct sk_bytes from, struct sk_bytes *out)
{
    uint8_t copy[RECORD_KEY_MAX]; /* MDB_val is not const */
    MDB_val k = {from.len, copy}, v;
    int rc;

    if (from.len > sizeof(copy))
        return SK_INPUT;
    if (from.len > 0)
        memcpy(copy, from.p, from.len);
    rc = mdb_cursor_get(cursor, &k, &v, from.len > 0 ? MDB_SET_RANGE : MDB_FIRST);
    if (rc == MDB_SUCCESS)
        *out = bytes_of(k.mv_data, k.mv_size);
    return cache_lmdb(rc, NULL, "generation", "read");
}

/* The first key behind all that begin with key: the next greater octets of its length, or of less
 * where it ends in FF. False: nothing is behind. */
static bool skip_subtree(struct record_key *key)
{
    while (key->len > 0 && key->p[key->len - 1] == 0xff)
        key->len--;
    if (key->len == 0)
        return false;
    key->p[key->len - 1]++;
    return true;
}

/* The key, with what it takes to come behind it: its whole subtree, or itself alone. */
static enum sk_status seek_behind(MDB_cursor *cursor, struct sk_bytes key, bool with_subtree,
                                  struct sk_bytes *out)
{
    static const uint8_t least = 0;
    struct record_key from;

    record_key_init(&from);
    if (!record_key_put(&from, key.p, key.len))
        return SK_INPUT;
    if (with_subtree) {
        if (!skip_subtree(&from))
            return SK_NOTFOUND;
    } else if (!record_key_put(&from, &least, 1)) {
        return SK_INPUT;
    }
    return seek(cursor, record_key_bytes(&from), out);
}

enum sk_status dit_suffixes(struct sk_reader *reader, struct sk_arena *arena, dit_suffix_fn visit,
                            void *arg)
{
    struct sk_bytes key;
    struct dir_entry entry;
    struct dir_key suffix;
    MDB_cursor *cursor;
    enum sk_status status;
    int rc = mdb_cursor_open(reader->txn, reader->gen->dbis[RECORD_SUFFIX], &cursor);

    if (rc != MDB_SUCCESS)
        return cache_lmdb(rc, NULL, "generation", "read");
    status = seek(cursor, bytes_of(NULL, 0), &key);
    while (status == SK_OK) {
        status = record_dir_key(key, &suffix);
        if (status == SK_OK)
            status = dit_get(reader, arena, &suffix, &entry);
        if (status == SK_NOTFOUND)
            status = SK_INPUT; /* another record promises it */
        if (status == SK_OK)
            status = visit(arg, entry.dn);
        if (status == SK_OK)
            status = seek_behind(cursor, dir_key_bytes(&suffix), false, &key);
    }
    mdb_cursor_close(cursor);
    return status == SK_NOTFOUND ? SK_OK : status;
}

void dit_walk_init(struct dit_walk *walk, const struct dir_key *base, enum dit_scope scope)
{
    memset(walk, 0, sizeof(*walk));
    walk->base = *base;
    walk->scope = scope;
}

static enum sk_status walk_base(struct sk_reader *reader, const struct dit_walk *walk,
                                struct dir_key *out)
{
    struct sk_bytes record;
    enum sk_status status;

    if (walk->is_begun)
        return SK_NOTFOUND;
    status = cache_get(reader, RECORD_ENTRY, dir_key_bytes(&walk->base), &record);
    if (status == SK_OK)
        *out = walk->base;
    return status;
}

/* The next child: behind the subtree of the last one, and of whatever lies deeper at the root. */
static enum sk_status walk_one(struct sk_reader *reader, const struct dit_walk *walk,
                               struct dir_key *out)
{
    const unsigned depth = walk->base.depth + 1;
    struct dir_key key;
    struct sk_bytes found;
    enum sk_status status;

    status = walk->is_begun
                 ? seek_behind(reader->entries, dir_key_bytes(&walk->last), true, &found)
                 : seek_behind(reader->entries, dir_key_bytes(&walk->base), false, &found);
    while (status == SK_OK) {
        status = record_dir_key(found, &key);
        if (status == SK_OK && !dir_key_within(&key, &walk->base))
            status = SK_NOTFOUND;
        if (status != SK_OK)
            break;
        if (key.depth == depth) {
            *out = key;
            break;
        }
        key.depth = depth;
        status = seek_behind(reader->entries, dir_key_bytes(&key), true, &found);
    }
    return status;
}

static enum sk_status walk_sub(struct sk_reader *reader, const struct dit_walk *walk,
                               struct dir_key *out)
{
    struct dir_key key;
    struct sk_bytes found;
    enum sk_status status;

    status = walk->is_begun
                 ? seek_behind(reader->entries, dir_key_bytes(&walk->last), false, &found)
                 : seek(reader->entries, dir_key_bytes(&walk->base), &found);
    if (status == SK_OK)
        status = record_dir_key(found, &key);
    if (status == SK_OK && !dir_key_within(&key, &walk->base))
        status = SK_NOTFOUND;
    if (status == SK_OK)
        *out = key;
    return status;
}

enum sk_status dit_walk_next(struct sk_reader *reader, struct dit_walk *walk, struct dir_key *out)
{
    struct dir_key key = {0};
    enum sk_status status = SK_NOTFOUND;

    switch (walk->scope) {
    case DIT_BASE:
        status = walk_base(reader, walk, &key);
        break;
    case DIT_ONE:
        status = walk_one(reader, walk, &key);
        break;
    case DIT_SUB:
        status = walk_sub(reader, walk, &key);
        break;
    }
    if (status == SK_OK) {
        walk->is_begun = true;
        walk->last = key;
        *out = key;
    }
    return status;
}

/* ---- equality indexes ---- */

bool dit_is_indexed(const struct dir_attribute *attribute)
{
    static const char *const names[] = {"objectClass",  "cn",   "sn", "givenName", "uid",
                                        "serialNumber", "mail", "ou", "o"};
    size_t i;

    if (attribute->equality == DIR_RULE_CERTIFICATE_EXACT ||
        attribute->equality == DIR_RULE_CERTIFICATE_PAIR_EXACT ||
        attribute->equality == DIR_RULE_CERTIFICATE_LIST_EXACT)
        return true;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(attribute->names[0], names[i]) == 0)
            return true;
    }
    return false;
}

/* The next key of an index that begins with its hash, behind that of *after. */
static enum sk_status index_step(struct sk_reader *reader, const uint8_t hash[RECORD_DIR_HASH],
                                 const struct dir_key *after, struct dir_key *out)
{
    struct record_key from;
    struct sk_bytes found;
    enum sk_status status;

    record_key_init(&from);
    if (!record_key_put(&from, hash, RECORD_DIR_HASH) ||
        (after != NULL && !record_key_put(&from, after->hash, dir_key_bytes(after).len)))
        return SK_INPUT;
    status = seek_behind(reader->index, record_key_bytes(&from), false, &found);
    if (status != SK_OK)
        return status;
    if (found.len < RECORD_DIR_HASH || memcmp(found.p, hash, RECORD_DIR_HASH) != 0)
        return SK_NOTFOUND;
    return record_dir_key(bytes_of(found.p + RECORD_DIR_HASH, found.len - RECORD_DIR_HASH), out);
}

enum sk_status dit_index_next(struct sk_reader *reader, const struct dir_attribute *attribute,
                              struct sk_bytes canon, const struct dir_key *after,
                              struct dir_key *out)
{
    uint8_t hash[RECORD_DIR_HASH];
    enum sk_status status = record_dir_hash(attribute->oid, canon, hash);

    return status == SK_OK ? index_step(reader, hash, after, out) : status;
}

enum sk_status dit_index_count(struct sk_reader *reader, const struct dir_attribute *attribute,
                               struct sk_bytes canon, size_t max, size_t *out)
{
    uint8_t hash[RECORD_DIR_HASH];
    enum sk_status status = record_dir_hash(attribute->oid, canon, hash);
    struct dir_key key;
    size_t num = 0;

    while (status == SK_OK && num < max) {
        status = index_step(reader, hash, num > 0 ? &key : NULL, &key);
        if (status == SK_OK)
            num++;
    }
    if (status != SK_OK && status != SK_NOTFOUND)
        return status;
    *out = num;
    return SK_OK;
}

/* ---- dates of lists ---- */

struct dating {
    struct sk_reader *reader;
    struct sk_arena *arena;
    dit_stale_fn visit;
    void *arg;
};

static enum sk_status visit_list(const struct dating *dating, struct sk_bytes key, int64_t when)
{
    struct dit_stale stale = {.next_update = when};
    struct dir_entry entry;
    struct dir_key at;
    enum sk_status status;
    unsigned id;

    status = record_get_u16(bytes_of(key.p + TIME_BYTES, 2), &id);
    if (status == SK_OK && id >= TYPES_MAX)
        status = SK_INPUT;
    if (status == SK_OK)
        status = record_dir_key(bytes_of(key.p + LIST_HEAD, key.len - LIST_HEAD), &at);
    if (status != SK_OK)
        return status;
    stale.attribute = dating->reader->types[id];
    if (stale.attribute == NULL)
        return SK_OK;
    status = dit_get(dating->reader, dating->arena, &at, &entry);
    if (status != SK_OK)
        return status == SK_NOTFOUND ? SK_INPUT : status;
    stale.dn = entry.dn;
    return dating->visit(dating->arg, &stale);
}

/* Visits the lists whose nextUpdate is from .. to. */
static enum sk_status each_list(const struct dating *dating, MDB_cursor *cursor, int64_t from,
                                int64_t to)
{
    struct sk_bytes key, value;
    struct sk_buf first;
    MDB_val k, v;
    enum sk_status status;
    int64_t when;
    int rc = MDB_NOTFOUND;

    buf_init(&first, TIME_BYTES);
    record_put_time(&first, from);
    status = buf_status(&first);
    if (status == SK_OK) {
        k.mv_size = first.len;
        k.mv_data = first.data;
        rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
    }
    while (status == SK_OK && rc == MDB_SUCCESS) {
        key = bytes_of(k.mv_data, k.mv_size);
        value = bytes_of(v.mv_data, v.mv_size);
        if (key.len <= LIST_HEAD || record_take_check(key, &value) != SK_OK || value.len != 0 ||
            record_get_time(bytes_of(key.p, TIME_BYTES), &when) != SK_OK)
            status = SK_INPUT;
        else if (when > to)
            break;
        else
            status = visit_list(dating, key, when);
        if (status == SK_OK)
            rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    buf_done(&first);
    return status != SK_OK || rc == MDB_NOTFOUND ? status
                                                 : cache_lmdb(rc, NULL, "generation", "read");
}

enum sk_status dit_stale(struct sk_reader *reader, struct sk_arena *arena, int64_t now,
                         dit_stale_fn visit, void *arg)
{
    const struct dating dating = {reader, arena, visit, arg};
    enum sk_status status = need_types(reader);
    MDB_cursor *cursor;
    int rc;

    if (status != SK_OK)
        return status;
    rc = mdb_cursor_open(reader->txn, reader->gen->dbis[RECORD_DIR_LIST], &cursor);
    if (rc != MDB_SUCCESS)
        return cache_lmdb(rc, NULL, "generation", "read");
    status = each_list(&dating, cursor, INT64_MIN, now - 1);
    if (status == SK_OK)
        status = each_list(&dating, cursor, CLOCK_NEVER, CLOCK_NEVER);
    mdb_cursor_close(cursor);
    return status;
}
