/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of a CRL into records: one walk over the DER, a compact record of each entry (about
 * 30 octets), one sort, then appended in order. Memory is that of the compact records.
 */
#include "cache/chain.h"
#include "cache/publish_int.h"
#include "core/arena.h"
#include "core/der.h"
#include "core/general_name.h"
#include "core/name.h"

/* One canonical name at a time. */
#define INGEST_ARENA_BYTES (4u * 1024u * 1024u)

enum { NAME_SLOTS = 2 * LIMIT_CRL_ISSUERS };

struct ingest {
    const struct sk_crl *crl;
    unsigned id;
    struct sk_arena *arena;
    struct stage entries;
    struct stage names;  /* crlname records */
    struct sk_buf value; /* of the record at hand */
    uint64_t num_entries;
    unsigned flags;
    struct sk_err why;            /* it is unusable */
    struct sk_bytes issuer_names; /* certificateIssuer that name_ids are of */
    unsigned name_ids[LIMIT_ENTRY_ISSUERS];
    size_t num_name_ids;
    unsigned num_names;              /* name ids given out; 0 is the CRL's own issuer */
    uint16_t name_slots[NAME_SLOTS]; /* open hash over names: 1 + name id, 0 is free */
};

/* Only the first reason is told. */
static void set_unusable(struct ingest *in, const char *text)
{
    in->flags |= RECORD_CRL_UNUSABLE;
    if (in->why.status == SK_OK)
        (void)err_set(&in->why, SK_INPUT, "%s", text);
}

/* The name id of a crlname key, a new one when the name was not met before. */
static enum sk_status id_of_key(struct ingest *in, const struct record_key *key,
                                const uint8_t hash[SK_SHA256], unsigned *out, struct sk_err *err)
{
    size_t slot = ((size_t)hash[0] << 8 | hash[1]) % NAME_SLOTS;
    uint8_t two[2] = {(uint8_t)(in->num_names >> 8), (uint8_t)in->num_names};
    enum sk_status status;

    for (; in->name_slots[slot] != 0; slot = (slot + 1) % NAME_SLOTS) {
        *out = in->name_slots[slot] - 1u;
        if (bytes_equal(stage_at(&in->names, *out).key, record_key_bytes(key)))
            return SK_OK;
    }
    if (in->num_names >= LIMIT_CRL_ISSUERS)
        return err_set(err, SK_LIMIT, "CRL: entries of more than %u certificate issuers",
                       LIMIT_CRL_ISSUERS);
    status = stage_put(&in->names, record_key_bytes(key), bytes_of(two, sizeof(two)));
    if (status != SK_OK)
        return err_set(err, status, "CRL: too many certificate issuers");
    *out = in->num_names++;
    in->name_slots[slot] = (uint16_t)in->num_names;
    return SK_OK;
}

static enum sk_status name_id(struct ingest *in, struct sk_bytes name, unsigned *out,
                              struct sk_err *err)
{
    struct record_key key;
    struct sk_bytes canon;
    uint8_t hash[SK_SHA256];
    enum sk_status status;

    arena_reset(in->arena);
    status = name_canon(in->arena, name, &canon, err);
    if (status != SK_OK)
        return status;
    name_hash(canon, hash);
    record_key_init(&key);
    if (!record_key_put_u16(&key, in->id) || !record_key_put(&key, hash, sizeof(hash)))
        return err_set(err, SK_INTERNAL, "CRL: name key");
    return id_of_key(in, &key, hash, out, err);
}

/* The name ids of the certificateIssuer in force (RFC 5280 5.3.3): of its directoryNames. When it
 * has none, or too many, nobody can say whose certificate the entry is of. */
static enum sk_status enter_issuer(struct ingest *in, struct sk_bytes names, struct sk_err *err)
{
    struct general_name name;
    struct der d;
    enum sk_status status;

    in->issuer_names = names;
    in->num_name_ids = 0;
    der_init(&d, names);
    while (!der_at_end(&d)) {
        if (general_name_next(&d, false, &name) != SK_OK)
            return err_set(err, SK_INPUT, "CRL: malformed certificateIssuer");
        if (name.kind != GENERAL_NAME_DIRECTORY)
            continue;
        if (in->num_name_ids == LIMIT_ENTRY_ISSUERS) {
            in->num_name_ids = 0;
            break;
        }
        status = name_id(in, name.value, &in->name_ids[in->num_name_ids], err);
        if (status != SK_OK)
            return status;
        in->num_name_ids++;
    }
    if (in->num_name_ids == 0)
        set_unusable(in, "an entry's certificateIssuer has no directoryName, or too many");
    return SK_OK;
}

static enum sk_status put_record(struct ingest *in, const struct crl_entry *entry,
                                 const unsigned *id, struct sk_err *err)
{
    struct record_key key;
    enum sk_status status = SK_LIMIT;

    record_key_init(&key);
    if (record_key_put_u16(&key, in->id) && (id == NULL || record_key_put_u16(&key, *id)) &&
        record_key_put(&key, entry->serial.p, entry->serial.len))
        status = stage_put(&in->entries, record_key_bytes(&key), buf_bytes(&in->value));
    return status == SK_OK ? SK_OK : err_set(err, status, "CRL: too many entries");
}

static enum sk_status put_entry(struct ingest *in, const struct crl_entry *entry,
                                struct sk_err *err)
{
    const unsigned own = 0;
    enum sk_status status = SK_OK;
    size_t i;

    in->num_entries++;
    if (entry->has_unknown_critical)
        set_unusable(in, "an entry has an unknown critical extension");
    buf_reset(&in->value);
    record_put_entry(&in->value, entry);
    status = buf_status(&in->value);
    if (status != SK_OK)
        return err_set(err, status, "CRL: no memory");
    if ((in->flags & RECORD_CRL_INDIRECT) == 0)
        return put_record(in, entry, NULL, err);
    if (entry->issuer_names.len == 0)
        return put_record(in, entry, &own, err);
    if (entry->issuer_names.p != in->issuer_names.p)
        status = enter_issuer(in, entry->issuer_names, err);
    for (i = 0; status == SK_OK && i < in->num_name_ids; i++)
        status = put_record(in, entry, &in->name_ids[i], err);
    return status;
}

static enum sk_status walk(struct ingest *in, struct sk_err *err)
{
    struct crl_walk w;
    struct crl_entry entry;
    enum sk_status status = SK_OK;
    unsigned own;

    if (in->crl->idp.is_indirect) {
        in->flags |= RECORD_CRL_INDIRECT;
        status = name_id(in, in->crl->issuer, &own, err); /* the first: name id 0 */
    }
    crl_entries(in->crl, &w);
    while (status == SK_OK) {
        status = crl_entry_next(&w, &entry, err);
        if (status == SK_OK)
            status = put_entry(in, &entry, err);
    }
    return status == SK_NOTFOUND ? SK_OK : status;
}

/* The records of one key, of num in order, from first on; *end is where they end. */
static enum sk_status read_worst(const struct stage *entries, size_t num, size_t first, size_t *end,
                                 struct crl_entry *worst)
{
    struct stage_record record = stage_at(entries, first), other;
    enum sk_status status = record_get_entry(record.value, worst);
    struct crl_entry next;
    size_t i;

    for (i = first + 1; status == SK_OK && i < num; i++) {
        other = stage_at(entries, i);
        if (!bytes_equal(record.key, other.key))
            break;
        if ((status = record_get_entry(other.value, &next)) == SK_OK)
            crl_entry_worsen(worst, &next);
    }
    *end = i;
    return status;
}

/* A serial that comes more than once (C-19) gets one record more, with what all of them say at
 * worst: it was put last, and the last one of a key counts. */
static enum sk_status merge_duplicates(struct ingest *in, struct sk_err *err)
{
    const size_t num = in->entries.num;
    enum sk_status status = SK_OK;
    struct crl_entry worst;
    struct record_key key;
    struct sk_bytes first;
    size_t i, end;

    stage_sort(&in->entries, false);
    for (i = 0; status == SK_OK && i < num; i = end) {
        end = i + 1;
        if (end == num ||
            !bytes_equal(stage_at(&in->entries, i).key, stage_at(&in->entries, end).key))
            continue;
        if ((status = read_worst(&in->entries, num, i, &end, &worst)) != SK_OK)
            break;
        buf_reset(&in->value);
        record_put_entry(&in->value, &worst);
        first = stage_at(&in->entries, i).key;
        record_key_init(&key); /* a copy: putting a record may move all of them */
        if (!record_key_put(&key, first.p, first.len))
            status = SK_INTERNAL;
        else if ((status = buf_status(&in->value)) == SK_OK)
            status = stage_put(&in->entries, record_key_bytes(&key), buf_bytes(&in->value));
    }
    return status == SK_OK ? SK_OK : err_set(err, status, "CRL: entries of one serial");
}

/* Entries that cannot be read through, or that no record can hold: nothing may be said of a serial
 * by this list, neither that it is listed nor that it is not. To leave the list out would let an
 * older one answer in its place. */
static void give_up(struct ingest *in, const char *text)
{
    stage_done(&in->entries);
    stage_done(&in->names);
    stage_init(&in->entries);
    stage_init(&in->names);
    set_unusable(in, text);
    in->num_entries = 0;
}

enum sk_status ingest_entries(struct build *build, const struct sk_crl *crl, unsigned id,
                              struct ingest_result *out, struct sk_err *err)
{
    struct sk_err said = {SK_OK, ""};
    struct ingest in;
    enum sk_status status;

    memset(&in, 0, sizeof(in));
    in.crl = crl;
    in.id = id;
    stage_init(&in.entries);
    stage_init(&in.names);
    buf_init(&in.value, UINT8_MAX);
    in.arena = arena_new(INGEST_ARENA_BYTES);
    if (in.arena == NULL)
        status = err_set(&said, SK_NOMEM, "CRL: no memory");
    else
        status = walk(&in, &said);
    if (status == SK_OK)
        status = merge_duplicates(&in, &said);
    if (status == SK_INPUT || status == SK_LIMIT) {
        give_up(&in, said.text);
        status = SK_OK;
    } else if (status != SK_OK) {
        (void)err_set(err, status, "%s", said.text);
    }
    if (status == SK_OK)
        status = chain_append(build, RECORD_REVOKED, id, &in.entries, err);
    if (status == SK_OK && in.names.num > 0)
        status = chain_append(build, RECORD_CRL_NAME, id, &in.names, err);
    if (status == SK_OK) {
        out->flags = in.flags;
        out->num_entries = in.num_entries;
        out->why = in.why;
    }
    arena_free(in.arena);
    buf_done(&in.value);
    stage_done(&in.names);
    stage_done(&in.entries);
    return status;
}
