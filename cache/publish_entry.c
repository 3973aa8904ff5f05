/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cache/cache_int.h"
#include "cache/dit.h"
#include "cache/publish_int.h"
#include "cache/record_dir.h"
#include "core/clock.h"
#include "core/dir_value.h"

/* A blob that is no longer is kept back and written in order with the others. */
#define SMALL_BLOB (64u * 1024u)
/* What one value's canonical form, or the head of a list, may take. */
#define SCRATCH_BYTES (256u * 1024u * 1024u)

static const struct sk_bytes none = {NULL, 0};

static struct sk_bytes text_bytes(const char *text)
{
    return bytes_of(text, strlen(text));
}

static enum sk_status check_limits(const struct sk_publish *pub, const struct dir_entry *entry,
                                   struct sk_err *err)
{
    size_t i, num = 0;

    for (i = 0; i < entry->num; i++)
        num += entry->attributes[i].num;
    if (entry->dn.len > LIMIT_DIR_DN_BYTES || entry->num > LIMIT_DIR_ENTRY_TYPES ||
        num > LIMIT_DIR_ENTRY_VALUES)
        return err_set(err, SK_LIMIT,
                       "a DN of %zu octets, %zu attributes and %zu values; at most %u, %u, %u",
                       entry->dn.len, entry->num, num, LIMIT_DIR_DN_BYTES, LIMIT_DIR_ENTRY_TYPES,
                       LIMIT_DIR_ENTRY_VALUES);
    if (pub->entries->num >= LIMIT_GENERATION_ENTRIES)
        return err_set(err, SK_LIMIT, "more than %u directory entries", LIMIT_GENERATION_ENTRIES);
    if (entry->key.depth == 0)
        return err_set(err, SK_INTERNAL, "the root is no entry");
    return SK_OK;
}

/* A type's id in this generation, with its record. */
static enum sk_status put_type(struct sk_publish *pub, const struct dir_attribute *attribute,
                               struct sk_err *err)
{
    const uint8_t id[2] = {(uint8_t)(attribute->index >> 8), (uint8_t)attribute->index};
    struct sk_buf value;
    enum sk_status status;

    buf_init(&value, LIMIT_OID_TEXT + RECORD_CHECK);
    buf_put_text(&value, attribute->oid);
    record_put_check(&value, bytes_of(id, sizeof(id)));
    status = buf_status(&value);
    if (status == SK_OK)
        status = build_put(&pub->build, RECORD_DIR_TYPE, bytes_of(id, sizeof(id)),
                           buf_bytes(&value), err);
    buf_done(&value);
    return status;
}

static enum sk_status put_value(struct sk_publish *pub, struct sk_bytes value, struct sk_buf *out,
                                struct sk_err *err)
{
    uint8_t hash[SK_SHA256];

    if (value.len <= RECORD_DIR_INLINE) {
        record_dir_put_value(out, value);
        return SK_OK;
    }
    if (value.len > LIMIT_CRL_BYTES)
        return err_set(err, SK_LIMIT, "a value of %zu octets, at most %u", value.len,
                       LIMIT_CRL_BYTES);
    key_sha256(value, hash);
    record_dir_put_blob(out, hash, value.len);
    if (value.len <= SMALL_BLOB)
        return spill_put(&pub->entries->blobs, bytes_of(hash, sizeof(hash)), value, err);
    return build_put(&pub->build, RECORD_BLOB, bytes_of(hash, sizeof(hash)), value, err);
}

static enum sk_status put_record(struct sk_publish *pub, const struct dir_entry *entry,
                                 struct sk_buf *out, struct sk_err *err)
{
    const struct dir_values *values;
    enum sk_status status = SK_OK;
    size_t i, j;

    record_dir_put_head(out, entry->is_referral ? RECORD_DIR_REFERRAL : 0, entry->dn, entry->num);
    for (i = 0; status == SK_OK && i < entry->num; i++) {
        values = &entry->attributes[i];
        status = put_type(pub, values->attribute, err);
        record_dir_put_type(out, values->attribute->index, values->num);
        for (j = 0; status == SK_OK && j < values->num; j++)
            status = put_value(pub, values->values[j], out, err);
    }
    record_put_check(out, dir_key_bytes(&entry->key));
    if (status == SK_OK && buf_status(out) != SK_OK)
        status = err_set(err, buf_status(out), "a directory entry of more than %u octets",
                         LIMIT_DIR_ENTRY_BYTES);
    return status == SK_OK
               ? spill_put(&pub->entries->entries, dir_key_bytes(&entry->key), buf_bytes(out), err)
               : status;
}

/* The hash of the record stands for it in the digest: all that it says, and all blobs' hashes. */
static enum sk_status note_record(struct sk_publish *pub, struct sk_bytes record,
                                  struct sk_err *err)
{
    uint8_t hash[SK_SHA256];

    key_sha256(record, hash);
    return publish_note(pub, CONTENT_ENTRY, bytes_of(hash, sizeof(hash)), none, err);
}

/* ---- equality indexes ---- */

/* Every entry has these: looking for them by the index would be a walk over all. */
static bool is_everywhere(const struct dir_attribute *attribute, struct sk_bytes canon)
{
    return attribute->equality == DIR_RULE_OBJECT_IDENTIFIER &&
           bytes_equal(canon, text_bytes("2.5.6.0"));
}

static enum sk_status index_value(struct sk_publish *pub, const struct dir_entry *entry,
                                  const struct dir_attribute *attribute, struct sk_bytes value,
                                  struct sk_err *err)
{
    uint8_t hash[RECORD_DIR_HASH];
    struct record_key key;
    struct sk_bytes canon;
    enum sk_status status =
        dir_value_canon(pub->entries->scratch, attribute->equality, value, &canon);

    /* Not of its syntax, or too long to be compared: no assertion equals it. */
    if (status == SK_INPUT || status == SK_LIMIT ||
        (status == SK_OK && is_everywhere(attribute, canon)))
        return SK_OK;
    if (status == SK_OK)
        status = record_dir_hash(attribute->oid, canon, hash);
    if (status != SK_OK)
        return err_set(err, status, "index of %s", attribute->names[0]);
    record_key_init(&key);
    if (!record_key_put(&key, hash, sizeof(hash)) ||
        !record_key_put(&key, entry->key.hash, dir_key_bytes(&entry->key).len))
        return err_set(err, SK_INTERNAL, "index of %s: key too long", attribute->names[0]);
    return spill_put(&pub->entries->index, record_key_bytes(&key), none, err);
}

/* A class and its superiors, which an entry of the class is of as well (RFC 4512 3.3). */
static enum sk_status index_class(struct sk_publish *pub, const struct dir_entry *entry,
                                  const struct dir_attribute *attribute, struct sk_bytes value,
                                  struct sk_err *err)
{
    const struct dir_class *class = dir_schema_class(value);
    enum sk_status status = SK_OK;

    if (class == NULL)
        return index_value(pub, entry, attribute, value, err);
    for (; status == SK_OK && class != NULL; class = class->sup)
        status = index_value(pub, entry, attribute, text_bytes(class->oid), err);
    return status;
}

static enum sk_status index_values(struct sk_publish *pub, const struct dir_entry *entry,
                                   const struct dir_values *values, struct sk_err *err)
{
    const bool is_class = values->attribute == dir_schema_attribute(text_bytes("objectClass"));
    enum sk_status status = SK_OK;
    size_t i;

    if (!dit_is_indexed(values->attribute))
        return SK_OK;
    for (i = 0; status == SK_OK && i < values->num; i++) {
        arena_reset(pub->entries->scratch);
        status = is_class ? index_class(pub, entry, values->attribute, values->values[i], err)
                          : index_value(pub, entry, values->attribute, values->values[i], err);
    }
    return status;
}

/* ---- dates of lists ---- */

/* Does another list of the attribute go on where this one ends: same issuer, same scope, in force
 * by then, and ending later? */
static bool is_followed(const struct sk_crl *list, const struct sk_crl *others, size_t num)
{
    size_t i;

    for (i = 0; i < num; i++) {
        if (others[i].is_delta == list->is_delta && crl_same_scope(&others[i], list) &&
            others[i].this_update <= list->next_update && others[i].has_next_update &&
            others[i].next_update > list->next_update)
            return true;
    }
    return false;
}

static enum sk_status date_list(struct sk_publish *pub, const struct dir_entry *entry,
                                const struct dir_attribute *attribute, int64_t next_update,
                                struct sk_err *err)
{
    const uint8_t id[2] = {(uint8_t)(attribute->index >> 8), (uint8_t)attribute->index};
    struct sk_buf key, check;
    enum sk_status status;

    buf_init(&key, RECORD_KEY_MAX);
    buf_init(&check, RECORD_CHECK);
    record_put_time(&key, next_update);
    buf_put(&key, id, sizeof(id));
    buf_put(&key, entry->key.hash, dir_key_bytes(&entry->key).len);
    record_put_check(&check, buf_bytes(&key));
    status = buf_status(&key) != SK_OK ? buf_status(&key) : buf_status(&check);
    if (status == SK_OK)
        status = build_put(&pub->build, RECORD_DIR_LIST, buf_bytes(&key), buf_bytes(&check), err);
    else
        (void)err_set(err, status, "dates of lists");
    buf_done(&key);
    buf_done(&check);
    return status;
}

static bool is_list_type(const struct dir_attribute *attribute)
{
    return attribute->equality == DIR_RULE_CERTIFICATE_LIST_EXACT;
}

static enum sk_status date_lists(struct sk_publish *pub, const struct dir_entry *entry,
                                 const struct dir_values *values, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct sk_crl *lists;
    size_t i, num = 0;

    if (!is_list_type(values->attribute))
        return SK_OK;
    arena_reset(pub->entries->scratch);
    lists = arena_array(pub->entries->scratch, values->num, sizeof(*lists));
    if (lists == NULL)
        return err_set(err, SK_LIMIT, "%zu lists in one entry", values->num);
    for (i = 0; i < values->num; i++) {
        /* What is no list (LDIF may hold anything) has no date. */
        if (crl_parse(pub->entries->scratch, values->values[i], &lists[num], NULL) == SK_OK)
            num++;
    }
    for (i = 0; status == SK_OK && i < num; i++) {
        if (!is_followed(&lists[i], lists, num))
            status = date_list(pub, entry, values->attribute, lists[i].next_update, err);
    }
    return status;
}

/* ---- which names there are ---- */

static void name_hash_of(const struct dir_key *key, uint8_t out[NAME_BYTES])
{
    uint8_t hash[SK_SHA256];

    key_sha256(dir_key_bytes(key), hash);
    memcpy(out, hash, NAME_BYTES);
}

/* Where a name stands or may be put: the first slot from its hash on that holds it, or nothing. */
static uint8_t *find_name(const struct publish_dir *dir, const uint8_t name[NAME_BYTES])
{
    static const uint8_t nothing[NAME_BYTES];
    size_t i;

    memcpy(&i, name, sizeof(i));
    for (i &= dir->num_slots - 1; memcmp(dir->names[i], nothing, NAME_BYTES) != 0 &&
                                  memcmp(dir->names[i], name, NAME_BYTES) != 0;)
        i = (i + 1) & (dir->num_slots - 1);
    return dir->names[i];
}

/* Keeps half of the slots free. */
static enum sk_status grow_names(struct publish_dir *dir, struct sk_err *err)
{
    const struct publish_dir old = *dir;
    static const uint8_t nothing[NAME_BYTES];
    size_t i;

    if (dir->num < dir->num_slots / 2)
        return SK_OK;
    dir->num_slots = old.num_slots > 0 ? old.num_slots * 2 : 1024;
    dir->names = calloc(dir->num_slots, NAME_BYTES);
    if (dir->names == NULL) {
        *dir = old;
        return err_set(err, SK_NOMEM, "no memory");
    }
    for (i = 0; i < old.num_slots; i++) {
        if (memcmp(old.names[i], nothing, NAME_BYTES) != 0)
            memcpy(find_name(dir, old.names[i]), old.names[i], NAME_BYTES);
    }
    free(old.names);
    return SK_OK;
}

bool publish_has_entry(const struct sk_publish *pub, const struct dir_key *key)
{
    uint8_t name[NAME_BYTES];

    name_hash_of(key, name);
    return pub->entries != NULL && memcmp(find_name(pub->entries, name), name, NAME_BYTES) == 0;
}

/* ---- */

static enum sk_status need_dir(struct sk_publish *pub, struct sk_err *err)
{
    struct publish_dir *dir;

    if (pub->entries != NULL)
        return SK_OK;
    dir = calloc(1, sizeof(*dir));
    if (dir == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    spill_init(&dir->entries, pub->build.path);
    spill_init(&dir->index, pub->build.path);
    spill_init(&dir->blobs, pub->build.path);
    dir->scratch = arena_new(SCRATCH_BYTES);
    pub->entries = dir;
    if (dir->scratch == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    return grow_names(dir, err);
}

void publish_dir_free(struct publish_dir *dir)
{
    if (dir == NULL)
        return;
    spill_done(&dir->entries);
    spill_done(&dir->index);
    spill_done(&dir->blobs);
    arena_free(dir->scratch);
    free(dir->names);
    free(dir);
}

/* The record, and what is found by it. */
static enum sk_status put_all(struct sk_publish *pub, const struct dir_entry *entry,
                              struct sk_buf *record, struct sk_err *err)
{
    enum sk_status status = put_record(pub, entry, record, err);
    size_t i;

    if (status == SK_OK)
        status = note_record(pub, buf_bytes(record), err);
    for (i = 0; status == SK_OK && i < entry->num; i++) {
        status = index_values(pub, entry, &entry->attributes[i], err);
        if (status == SK_OK)
            status = date_lists(pub, entry, &entry->attributes[i], err);
    }
    return status;
}

enum sk_status publish_entry(struct sk_publish *pub, const struct dir_entry *entry,
                             struct sk_err *err)
{
    enum sk_status status = need_dir(pub, err);
    uint8_t name[NAME_BYTES];
    struct sk_buf record;

    if (status == SK_OK)
        status = check_limits(pub, entry, err);
    if (status == SK_OK)
        status = grow_names(pub->entries, err);
    if (status == SK_OK && publish_has_entry(pub, &entry->key))
        status = err_set(err, SK_AGAIN, "there is an entry of this name");
    if (status != SK_OK)
        return status;
    buf_init(&record, LIMIT_DIR_ENTRY_BYTES);
    status = put_all(pub, entry, &record, err);
    buf_done(&record);
    if (status == SK_OK) {
        name_hash_of(&entry->key, name);
        memcpy(find_name(pub->entries, name), name, NAME_BYTES);
        pub->entries->num++;
    }
    return status;
}

/* ---- at the end ---- */

/* Entries pass in order of their keys: each after its ancestors. */
struct passing {
    struct sk_publish *pub;
    struct dir_key last; /* the entry before; depth 0: none */
    struct dir_key suffix;
    size_t num_suffixes;
    struct record_key last_index;
    struct sk_err *err;
};

static enum sk_status pass_entry(void *arg, struct sk_bytes bytes, struct sk_bytes record)
{
    struct passing *passing = arg;
    struct build *build = &passing->pub->build;
    struct dir_key key, parent;
    enum sk_status status = record_dir_key(bytes, &key);

    if (status != SK_OK)
        return err_set(passing->err, SK_INTERNAL, "key of a directory entry");
    if (passing->num_suffixes == 0 || !dir_key_within(&key, &passing->suffix)) {
        passing->suffix = key;
        passing->num_suffixes++;
        status = build_append(build, RECORD_SUFFIX, bytes, none, passing->err);
    } else {
        /* All ancestors of the one before are there, so they are of this one if it shares them. */
        parent = key;
        parent.depth--;
        if (!dir_key_within(&passing->last, &parent))
            status = err_set(passing->err, SK_INTERNAL, "a directory entry without its parent");
    }
    passing->last = key;
    return status == SK_OK ? build_append(build, RECORD_ENTRY, bytes, record, passing->err)
                           : status;
}

static enum sk_status pass_index(void *arg, struct sk_bytes key, struct sk_bytes value)
{
    struct passing *passing = arg;
    struct sk_bytes last = record_key_bytes(&passing->last_index);

    /* One entry may have two values that are the same to the rule. */
    if (bytes_equal(key, last))
        return SK_OK;
    record_key_init(&passing->last_index);
    if (!record_key_put(&passing->last_index, key.p, key.len))
        return err_set(passing->err, SK_INTERNAL, "key of an index");
    return build_append(&passing->pub->build, RECORD_DIR_INDEX, key, value, passing->err);
}

static enum sk_status pass_blob(void *arg, struct sk_bytes key, struct sk_bytes value)
{
    struct passing *passing = arg;

    return build_put(&passing->pub->build, RECORD_BLOB, key, value, passing->err);
}

enum sk_status publish_entry_finish(struct sk_publish *pub, uint32_t *out_num, struct sk_err *err)
{
    struct publish_dir *dir = pub->entries;
    struct passing passing = {.pub = pub, .err = err};
    enum sk_status status;

    *out_num = 0;
    if (dir == NULL)
        return SK_OK;
    status = spill_each(&dir->blobs, pass_blob, &passing, err);
    if (status == SK_OK)
        status = spill_each(&dir->entries, pass_entry, &passing, err);
    if (status == SK_OK)
        status = spill_each(&dir->index, pass_index, &passing, err);
    if (status == SK_OK && passing.num_suffixes > LIMIT_DIR_SUFFIXES)
        status = err_set(err, SK_LIMIT, "%zu naming contexts, at most %u", passing.num_suffixes,
                         LIMIT_DIR_SUFFIXES);
    if (status == SK_OK)
        *out_num = dir->num;
    return status;
}
