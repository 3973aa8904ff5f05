/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a generation: random trees against a model that looks at every entry, what is
 * stored once, dates of lists, and damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cache/dirs.h"
#include "cache/dit.h"
#include "cache/publish.h"
#include "cache/record_dir.h"
#include "core/clock.h"
#include "core/dir_value.h"
#include "test/support/pki.h"

enum { ENTRIES_MAX = 400, TREES = 30 };

struct fixture {
    char dir[64], cache[96];
    struct sk_arena *arena;
    unsigned random;
};

/* What was published, in order of the keys. */
struct model {
    size_t num;
    struct model_entry {
        char dn[128];
        struct dir_key key;
        char value[2][16]; /* of cn and of description */
    } entries[ENTRIES_MAX];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/sekisho-dit-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->cache, sizeof(f->cache), "%s/cache", f->dir);
    f->arena = arena_new(256u << 20);
    f->random = 20261122;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[160];

    (void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    arena_free(f->arena);
    free(f);
    return 0;
}

static unsigned below(struct fixture *f, unsigned end)
{
    f->random = f->random * 1103515245u + 12345u;
    return (f->random >> 8) % end;
}

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

static struct dir_key key_of(struct fixture *f, const char *dn)
{
    struct sk_err err = {SK_OK, ""};
    struct dir_key key;

    if (dir_dn_key(f->arena, text(dn), &key, &err) != SK_OK)
        fail_msg("%s: %s", dn, err.text);
    return key;
}

static const struct dir_attribute *type(const char *name)
{
    const struct dir_attribute *attribute = dir_schema_attribute(text(name));

    assert_non_null(attribute);
    return attribute;
}

static struct sk_publish *begin(const struct fixture *f)
{
    struct sk_publish *pub;
    struct sk_err err = {SK_OK, ""};

    if (publish_begin(f->cache, &pub, &err) != SK_OK)
        fail_msg("%s", err.text);
    return pub;
}

/* Puts an entry of one to three attributes: objectClass, and name with a value. */
static enum sk_status put(struct fixture *f, struct sk_publish *pub, const char *dn,
                          const char *name, const struct sk_bytes *values, size_t num)
{
    const struct sk_bytes classes[] = {text("top"), text("applicationProcess")};
    const struct dir_values attributes[] = {{type("objectClass"), 2, classes},
                                            {type(name), num, values}};
    const struct dir_entry entry = {
        .dn = text(dn), .key = key_of(f, dn), .num = 2, .attributes = attributes};

    return publish_entry(pub, &entry, NULL);
}

static void must_put(struct fixture *f, struct sk_publish *pub, const char *dn, const char *name,
                     struct sk_bytes value)
{
    assert_int_equal(put(f, pub, dn, name, &value, 1), SK_OK);
}

static uint64_t commit(struct sk_publish *pub)
{
    struct sk_err err = {SK_OK, ""};
    uint64_t number;

    if (publish_commit(pub, 0, &number, &err) != SK_OK)
        fail_msg("%s", err.text);
    return number;
}

static struct sk_reader *open_reader(const struct fixture *f)
{
    struct sk_generation *gen;
    struct sk_reader *reader;

    assert_int_equal(generation_open(f->cache, &gen, NULL), SK_OK);
    assert_int_equal(reader_new(gen, &reader, NULL), SK_OK);
    generation_unref(gen);
    return reader;
}

/* ---- random trees ---- */

static int compare_keys(const struct dir_key *a, const struct dir_key *b)
{
    return bytes_compare(dir_key_bytes(a), dir_key_bytes(b));
}

static const struct model_entry *model_find(const struct model *m, const struct dir_key *key)
{
    size_t i;

    for (i = 0; i < m->num; i++) {
        if (dir_key_equal(&m->entries[i].key, key))
            return &m->entries[i];
    }
    return NULL;
}

static void model_add(struct fixture *f, struct model *m, const char *dn)
{
    struct model_entry entry = {.key = key_of(f, dn)};
    size_t at;

    if (model_find(m, &entry.key) != NULL)
        return;
    (void)snprintf(entry.dn, sizeof(entry.dn), "%s", dn);
    (void)snprintf(entry.value[0], sizeof(entry.value[0]), "Name %u", below(f, 5));
    (void)snprintf(entry.value[1], sizeof(entry.value[1]), "other %u", below(f, 5));
    for (at = m->num; at > 0 && compare_keys(&entry.key, &m->entries[at - 1].key) < 0; at--)
        m->entries[at] = m->entries[at - 1];
    m->entries[at] = entry;
    m->num++;
}

/* Two naming contexts one RDN deep and one two deep, and children of whatever is there. */
static void model_make(struct fixture *f, struct model *m)
{
    static const char *const suffixes[] = {"c=JP", "o=Deep,c=US", "dc=example"};
    const size_t num = 3 + below(f, ENTRIES_MAX - 3);
    char dn[128];
    size_t i;

    m->num = 0;
    for (i = 0; i < 3; i++)
        model_add(f, m, suffixes[i]);
    for (i = 0; i < 4 * num && m->num < num; i++) {
        const struct model_entry *parent = &m->entries[below(f, (unsigned)m->num)];

        if (parent->key.depth < 7 && strlen(parent->dn) < 100) {
            (void)snprintf(dn, sizeof(dn), "ou=%u,%s", below(f, 6), parent->dn);
            model_add(f, m, dn);
        }
    }
}

static void model_publish(struct fixture *f, const struct model *m)
{
    struct sk_publish *pub = begin(f);
    size_t order[ENTRIES_MAX], i, j, swap;

    for (i = 0; i < m->num; i++)
        order[i] = i;
    for (i = m->num; i-- > 1;) {
        j = below(f, (unsigned)i + 1);
        swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    for (i = 0; i < m->num; i++) {
        const struct model_entry *entry = &m->entries[order[i]];
        const struct sk_bytes values[] = {text(entry->value[0]), text(entry->value[1])};

        assert_int_equal(put(f, pub, entry->dn, "cn", values, 2), SK_OK);
    }
    (void)commit(pub);
}

/* Does the scope take it? */
static bool model_in_scope(const struct dir_key *key, const struct dir_key *base,
                           enum dit_scope scope)
{
    if (!dir_key_within(key, base))
        return false;
    return scope == DIT_SUB || key->depth == base->depth + (scope == DIT_ONE ? 1 : 0);
}

static void check_walk(struct fixture *f, const struct model *m, struct sk_reader *reader,
                       const struct dir_key *base, enum dit_scope scope)
{
    struct dit_walk walk, paused;
    struct dir_key key;
    size_t i;

    (void)f;
    dit_walk_init(&walk, base, scope);
    for (i = 0; i < m->num; i++) {
        if (!model_in_scope(&m->entries[i].key, base, scope))
            continue;
        paused = walk; /* plain data: a copy goes on as well */
        assert_int_equal(dit_walk_next(reader, &paused, &key), SK_OK);
        assert_true(dir_key_equal(&key, &m->entries[i].key));
        walk = paused;
    }
    assert_int_equal(dit_walk_next(reader, &walk, &key), SK_NOTFOUND);
}

static void check_entry(struct fixture *f, struct sk_reader *reader,
                        const struct model_entry *expected)
{
    const struct dir_values *values;
    struct dir_entry entry;

    assert_int_equal(dit_get(reader, f->arena, &expected->key, &entry), SK_OK);
    assert_true(bytes_equal(entry.dn, text(expected->dn)));
    assert_true(dir_key_equal(&entry.key, &expected->key));
    assert_false(entry.is_referral);
    assert_int_equal(entry.num, 2);
    values = dir_entry_get0(&entry, type("cn"));
    assert_non_null(values);
    assert_int_equal(values->num, 2);
    assert_true(bytes_equal(values->values[0], text(expected->value[0])));
    assert_true(bytes_equal(values->values[1], text(expected->value[1])));
}

static void check_deepest(struct fixture *f, const struct model *m, struct sk_reader *reader,
                          const struct dir_key *key)
{
    struct dir_key ancestor = *key;
    unsigned depth = 99;
    enum sk_status status = dit_deepest(reader, key, &depth);

    (void)f;
    while (ancestor.depth > 0 && model_find(m, &ancestor) == NULL)
        ancestor.depth--;
    assert_int_equal(status, ancestor.depth > 0 ? SK_OK : SK_NOTFOUND);
    assert_int_equal(depth, ancestor.depth > 0 ? ancestor.depth : 99);
}

static void check_index(struct fixture *f, const struct model *m, struct sk_reader *reader,
                        const char *value, const char *stored)
{
    const struct dir_attribute *cn = type("cn");
    struct dir_key key;
    struct sk_bytes canon;
    size_t i, num = 0, count;

    assert_int_equal(dir_assertion_canon(f->arena, cn->equality, text(value), &canon), SK_OK);
    for (i = 0; i < m->num; i++) {
        if (strcmp(m->entries[i].value[0], stored) != 0 &&
            strcmp(m->entries[i].value[1], stored) != 0)
            continue;
        assert_int_equal(dit_index_next(reader, cn, canon, num > 0 ? &key : NULL, &key), SK_OK);
        assert_true(dir_key_equal(&key, &m->entries[i].key));
        num++;
    }
    assert_int_equal(dit_index_next(reader, cn, canon, num > 0 ? &key : NULL, &key), SK_NOTFOUND);
    assert_int_equal(dit_index_count(reader, cn, canon, 1000, &count), SK_OK);
    assert_int_equal(count, num);
    assert_int_equal(dit_index_count(reader, cn, canon, 2, &count), SK_OK);
    assert_int_equal(count, num < 2 ? num : 2);
}

static void check_tree(struct fixture *f, const struct model *m, struct sk_reader *reader)
{
    static const char *const strangers[] = {"c=US", "cn=none,c=JP", "ou=1,ou=77,o=Deep,c=US",
                                            "ou=1,o=Deep,c=UK", "cn=x"};
    struct dir_key key, root = {.depth = 0};
    struct dir_entry entry;
    size_t i;
    int scope;

    assert_int_equal(dit_num_entries(reader), m->num);
    for (i = 0; i < m->num; i++) {
        check_entry(f, reader, &m->entries[i]);
        check_deepest(f, m, reader, &m->entries[i].key);
        for (scope = DIT_BASE; scope <= DIT_SUB; scope++)
            check_walk(f, m, reader, &m->entries[i].key, (enum dit_scope)scope);
    }
    for (scope = DIT_BASE; scope <= DIT_SUB; scope++)
        check_walk(f, m, reader, &root, (enum dit_scope)scope);
    for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        key = key_of(f, strangers[i]);
        assert_int_equal(dit_get(reader, f->arena, &key, &entry), SK_NOTFOUND);
        check_deepest(f, m, reader, &key);
        for (scope = DIT_BASE; scope <= DIT_SUB; scope++)
            check_walk(f, m, reader, &key, (enum dit_scope)scope);
    }
    check_index(f, m, reader, "name  3", "Name 3");
    check_index(f, m, reader, "OTHER 0 ", "other 0");
    check_index(f, m, reader, "nobody", "nobody");
}

static enum sk_status count_suffix(void *arg, struct sk_bytes dn)
{
    size_t *num = arg;

    assert_true(bytes_equal(dn, text("c=JP")) || bytes_equal(dn, text("o=Deep,c=US")) ||
                bytes_equal(dn, text("dc=example")));
    (*num)++;
    return SK_OK;
}

static void test_dit_finds_what_a_look_at_every_entry_finds(void **state)
{
    struct fixture *f = *state;
    struct model *m = calloc(1, sizeof(*m));
    struct sk_reader *reader;
    size_t num;
    int i;

    for (i = 0; i < TREES; i++) {
        model_make(f, m);
        model_publish(f, m);
        reader = open_reader(f);
        check_tree(f, m, reader);
        num = 0;
        assert_int_equal(dit_suffixes(reader, f->arena, count_suffix, &num), SK_OK);
        assert_int_equal(num, 3);
        reader_free(reader);
        arena_reset(f->arena);
    }
    free(m);
}

/* A hash of nothing but FF is where the next key has fewer octets, or none. */
static void test_dit_walks_past_the_greatest_keys(void **state)
{
    static const struct {
        uint8_t rdn[2]; /* every octet of the RDN's hash; 0: there is none */
    } keys[] = {{{0xfe}}, {{0xfe, 0xff}}, {{0xff}}, {{0xff, 0x01}}, {{0xff, 0xff}}};
    struct fixture *f = *state;
    struct sk_publish *pub = begin(f);
    const struct sk_bytes value = text("x");
    const struct dir_values attribute = {type("cn"), 1, &value};
    struct dir_entry entry = {.dn = text("cn=x"), .num = 1, .attributes = &attribute};
    struct dir_key root = {.depth = 0}, key, last;
    struct sk_reader *reader;
    struct dit_walk walk;
    size_t i, j, num = 0;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        entry.key.depth = keys[i].rdn[1] != 0 ? 2 : 1;
        for (j = 0; j < 2; j++)
            memset(entry.key.hash + j * DIR_RDN_HASH, keys[i].rdn[j], DIR_RDN_HASH);
        assert_int_equal(publish_entry(pub, &entry, NULL), SK_OK);
    }
    last = entry.key;
    (void)commit(pub);
    reader = open_reader(f);
    dit_walk_init(&walk, &root, DIT_ONE);
    while (dit_walk_next(reader, &walk, &key) == SK_OK)
        num++;
    assert_int_equal(num, 2);
    last.depth = 1;
    dit_walk_init(&walk, &last, DIT_ONE);
    for (num = 0; dit_walk_next(reader, &walk, &key) == SK_OK; num++)
        continue;
    assert_int_equal(num, 2);
    dit_walk_init(&walk, &root, DIT_SUB);
    for (num = 0; dit_walk_next(reader, &walk, &key) == SK_OK; num++)
        continue;
    assert_int_equal(num, 5);
    reader_free(reader);
}

/* ---- publication ---- */

static void test_publish_takes_one_entry_of_a_name(void **state)
{
    struct fixture *f = *state;
    struct sk_publish *pub = begin(f);
    struct dir_key key = key_of(f, "C=jp"), other = key_of(f, "c=US");
    struct sk_bytes value = text("second");
    struct sk_reader *reader;
    struct dir_entry entry;

    assert_false(publish_has_entry(pub, &key));
    must_put(f, pub, "c=JP", "cn", text("first"));
    assert_true(publish_has_entry(pub, &key));
    assert_false(publish_has_entry(pub, &other));
    assert_int_equal(put(f, pub, "C=jp", "cn", &value, 1), SK_AGAIN);
    (void)commit(pub);
    reader = open_reader(f);
    assert_int_equal(dit_get(reader, f->arena, &key, &entry), SK_OK);
    assert_true(bytes_equal(dir_entry_get0(&entry, type("cn"))->values[0], text("first")));
    assert_int_equal(dit_num_entries(reader), 1);
    reader_free(reader);
}

static void test_publish_refuses_an_entry_without_its_parent(void **state)
{
    static const char *const dns[] = {"c=JP", "o=a,c=JP", "cn=x,ou=b,o=a,c=JP"};
    struct fixture *f = *state;
    struct sk_publish *pub = begin(f);
    uint64_t number;
    size_t i;

    for (i = 0; i < 3; i++)
        must_put(f, pub, dns[i], "cn", text("x"));
    assert_int_equal(publish_commit(pub, 0, &number, NULL), SK_INTERNAL);
}

static void test_publish_refuses_what_is_past_its_caps(void **state)
{
    struct fixture *f = *state;
    struct sk_publish *pub = begin(f);
    struct sk_bytes *values = calloc(LIMIT_DIR_ENTRY_VALUES + 1, sizeof(*values));
    char *dn = malloc(LIMIT_DIR_DN_BYTES + 2);
    struct dir_entry entry = {.key = key_of(f, "c=JP")};
    struct dir_values attribute = {type("cn"), LIMIT_DIR_ENTRY_VALUES, values};
    size_t i;

    for (i = 0; i <= LIMIT_DIR_ENTRY_VALUES; i++)
        values[i] = text("x");
    memset(dn, 'x', LIMIT_DIR_DN_BYTES + 1);
    entry.dn = bytes_of(dn, LIMIT_DIR_DN_BYTES + 1);
    entry.num = 1;
    entry.attributes = &attribute;
    assert_int_equal(publish_entry(pub, &entry, NULL), SK_LIMIT);
    entry.dn.len--;
    assert_int_equal(publish_entry(pub, &entry, NULL), SK_OK);
    entry.key = key_of(f, "c=US");
    attribute.num++;
    assert_int_equal(publish_entry(pub, &entry, NULL), SK_LIMIT);
    publish_abort(pub);
    free(values);
    free(dn);
}

static uint64_t publish_two(struct fixture *f, const char *first, const char *second,
                            const char *value)
{
    struct sk_publish *pub = begin(f);

    must_put(f, pub, first, "cn", text(value));
    must_put(f, pub, second, "cn", text("y"));
    return commit(pub);
}

/* The digest is over the entries, in whichever order they came. */
static void test_publish_knows_the_same_directory(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(publish_two(f, "c=JP", "o=a,c=JP", "y"), 1);
    assert_int_equal(publish_two(f, "o=a,c=JP", "c=JP", "y"), 1);
    assert_int_equal(publish_two(f, "c=JP", "o=a,c=JP", "z"), 2);
    assert_int_equal(publish_two(f, "C=JP", "o=a,c=JP", "z"), 3);
    assert_int_equal(publish_two(f, "c=JP", "o=b,c=JP", "z"), 4);
}

/* A value that is a certificate of the generation is that very blob; a long value is stored once.
 */
static void test_publish_stores_large_values_once(void **state)
{
    struct fixture *f = *state;
    struct sk_publish *pub = begin(f);
    const struct sk_cert *cert = pki_cert(
        f->arena, &(struct pki_cert_spec){
                      .subject = "/C=JP", .key = pki_key(PKI_EC, 0), .exts = {PKI_CA_EXTS}});
    struct dir_key key = key_of(f, "c=JP"), child = key_of(f, "o=a,c=JP");
    struct dir_entry entry, other;
    struct sk_reader *reader;
    struct sk_bytes blob;

    assert_true(cert->der.len > RECORD_DIR_INLINE);
    assert_int_equal(publish_cert(pub, cert, NULL), SK_OK);
    must_put(f, pub, "c=JP", "cACertificate", cert->der);
    must_put(f, pub, "o=a,c=JP", "cACertificate", cert->der);
    (void)commit(pub);
    reader = open_reader(f);
    assert_int_equal(reader_blob(reader, cert->sha256, &blob), SK_OK);
    assert_int_equal(dit_get(reader, f->arena, &key, &entry), SK_OK);
    assert_int_equal(dit_get(reader, f->arena, &child, &other), SK_OK);
    assert_ptr_equal(dir_entry_get0(&entry, type("cACertificate"))->values[0].p, blob.p);
    assert_ptr_equal(dir_entry_get0(&other, type("cACertificate"))->values[0].p, blob.p);
    assert_true(bytes_equal(blob, cert->der));
    reader_free(reader);
}

/* ---- dates of lists ---- */

struct told {
    size_t num;
    char dn[8][32];
    int64_t next_update[8];
    const struct dir_attribute *attribute[8];
};

static enum sk_status tell(void *arg, const struct dit_stale *stale)
{
    struct told *told = arg;

    assert_true(told->num < 8);
    (void)snprintf(told->dn[told->num], sizeof(told->dn[0]), "%.*s", (int)stale->dn.len,
                   (const char *)stale->dn.p);
    told->attribute[told->num] = stale->attribute;
    told->next_update[told->num++] = stale->next_update;
    return SK_OK;
}

static struct told ask(struct fixture *f, struct sk_reader *reader, int64_t now)
{
    struct told told = {.num = 0};

    assert_int_equal(dit_stale(reader, f->arena, now, tell, &told), SK_OK);
    return told;
}

static struct sk_bytes list(struct fixture *f, const char *issuer, int64_t from, int64_t to)
{
    return pki_crl_der(f->arena, &(struct pki_crl_spec){.issuer = issuer,
                                                        .signer = pki_key(PKI_EC, 0),
                                                        .this_update = from,
                                                        .next_update = to});
}

static void test_dit_tells_of_lists_that_have_ended(void **state)
{
    struct fixture *f = *state;
    struct sk_publish *pub = begin(f);
    struct sk_bytes both[] = {list(f, "/CN=a", PKI_T0, PKI_T), list(f, "/CN=a", PKI_T, PKI_T1)};
    struct sk_bytes gap[] = {list(f, "/CN=a", PKI_T0, PKI_T - 5), list(f, "/CN=b", PKI_T, PKI_T1)};
    struct sk_reader *reader;
    struct told told;

    must_put(f, pub, "c=JP", "cn", text("x"));
    must_put(f, pub, "o=once,c=JP", "certificateRevocationList", both[0]);
    assert_int_equal(put(f, pub, "o=goes on,c=JP", "certificateRevocationList", both, 2), SK_OK);
    assert_int_equal(put(f, pub, "o=two,c=JP", "authorityRevocationList", gap, 2), SK_OK);
    must_put(f, pub, "o=never,c=JP", "deltaRevocationList", list(f, "/CN=a", PKI_T0, -1));
    must_put(f, pub, "o=bad,c=JP", "deltaRevocationList", text("\x30\x03 no list"));
    (void)commit(pub);
    reader = open_reader(f);
    told = ask(f, reader, PKI_T0);
    assert_int_equal(told.num, 1);
    assert_string_equal(told.dn[0], "o=never,c=JP");
    assert_true(told.next_update[0] == CLOCK_NEVER);
    assert_ptr_equal(told.attribute[0], type("deltaRevocationList"));
    assert_int_equal(ask(f, reader, PKI_T - 5).num, 1);
    told = ask(f, reader, PKI_T - 4);
    assert_int_equal(told.num, 2);
    assert_string_equal(told.dn[0], "o=two,c=JP");
    assert_int_equal(told.next_update[0], PKI_T - 5);
    assert_ptr_equal(told.attribute[0], type("authorityRevocationList"));
    told = ask(f, reader, PKI_T + 1);
    assert_int_equal(told.num, 3);
    assert_string_equal(told.dn[1], "o=once,c=JP");
    assert_int_equal(ask(f, reader, PKI_T1 + 1).num, 5);
    reader_free(reader);
}

/* ---- damage ---- */

/* Changes one record of the published file; value.p NULL: removes it. */
static void overwrite(const struct fixture *f, enum record_db db, struct sk_bytes key,
                      struct sk_bytes value)
{
    char path[DIRS_PATH];
    uint8_t key_copy[RECORD_KEY_MAX], value_copy[512];
    MDB_val k = {key.len, key_copy}, v = {value.len, value_copy};
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;

    memcpy(key_copy, key.p, key.len);
    if (value.len > 0)
        memcpy(value_copy, value.p, value.len);
    assert_int_equal(dirs_path(f->cache, "current", path, NULL), SK_OK);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_mapsize(env, 64u << 20), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, RECORD_DBS), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOLOCK, 0644), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, record_db_name(db), 0, &dbi), 0);
    assert_int_equal(value.p != NULL ? mdb_put(txn, dbi, &k, &v, 0) : mdb_del(txn, dbi, &k, NULL),
                     0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void publish_small(struct fixture *f)
{
    struct sk_publish *pub = begin(f);
    static const char large[] = "0123456789012345678901234567890123456789012345678901234567890123"
                                "0123456789012345678901234567890123456789012345678901234567890123"
                                "0123456789012345678901234567890123456789012345678901234567890123"
                                "0123456789012345678901234567890123456789012345678901234567890123x";

    must_put(f, pub, "c=JP", "description", text(large));
    must_put(f, pub, "o=list,c=JP", "certificateRevocationList", list(f, "/CN=a", PKI_T0, PKI_T));
    (void)commit(pub);
}

static enum sk_status visit_suffix(void *arg, struct sk_bytes dn)
{
    (void)arg;
    (void)dn;
    return SK_OK;
}

static void test_dit_refuses_damaged_records(void **state)
{
    struct fixture *f = *state;
    struct dir_key key = key_of(f, "c=JP"), child = key_of(f, "o=list,c=JP");
    struct sk_bytes none = {NULL, 0}, value = text("x");
    const struct dir_attribute *cn = type("description");
    uint8_t id[2] = {(uint8_t)(cn->index >> 8), (uint8_t)cn->index};
    uint8_t blob[SK_SHA256], bad_key[20] = {0xff};
    struct told told = {.num = 0};
    struct sk_reader *reader;
    struct dir_entry entry;
    struct dit_walk walk;

    publish_small(f);
    reader = open_reader(f);
    assert_int_equal(dit_get(reader, f->arena, &key, &entry), SK_OK);
    key_sha256(dir_entry_get0(&entry, cn)->values[0], blob);
    reader_free(reader);
    /* A blob that is gone, or of another length. */
    overwrite(f, RECORD_BLOB, bytes_of(blob, sizeof(blob)), none);
    reader = open_reader(f);
    assert_int_equal(dit_get(reader, f->arena, &key, &entry), SK_INPUT);
    reader_free(reader);
    overwrite(f, RECORD_BLOB, bytes_of(blob, sizeof(blob)), value);
    reader = open_reader(f);
    assert_int_equal(dit_get(reader, f->arena, &key, &entry), SK_INPUT);
    assert_int_equal(dit_get(reader, f->arena, &child, &entry), SK_OK);
    reader_free(reader);
    /* An entry that is gone, where others speak of it. */
    overwrite(f, RECORD_ENTRY, dir_key_bytes(&child), none);
    overwrite(f, RECORD_ENTRY, dir_key_bytes(&key), none);
    overwrite(f, RECORD_ENTRY, bytes_of(bad_key, sizeof(bad_key)), value);
    reader = open_reader(f);
    assert_int_equal(dit_suffixes(reader, f->arena, visit_suffix, NULL), SK_INPUT);
    assert_int_equal(dit_stale(reader, f->arena, PKI_T1, tell, &told), SK_INPUT);
    dit_walk_init(&walk, &(struct dir_key){.depth = 0}, DIT_SUB);
    assert_int_equal(dit_walk_next(reader, &walk, &key), SK_INPUT);
    dit_walk_init(&walk, &(struct dir_key){.depth = 0}, DIT_ONE);
    assert_int_equal(dit_walk_next(reader, &walk, &key), SK_INPUT);
    reader_free(reader);
    /* The names of types. */
    overwrite(f, RECORD_DIR_TYPE, bytes_of(id, sizeof(id)), text("2.5.4.300000000"));
    reader = open_reader(f);
    assert_int_equal(dit_get(reader, f->arena, &key, &entry), SK_INPUT);
    assert_int_equal(dit_stale(reader, f->arena, PKI_T1, tell, &told), SK_INPUT);
    reader_free(reader);
}

/* A type that this program's schema does not have is not shown; the rest of the entry is. */
static void test_dit_passes_over_types_it_does_not_know(void **state)
{
    struct fixture *f = *state;
    const struct dir_attribute *description = type("description");
    uint8_t id[2] = {(uint8_t)(description->index >> 8), (uint8_t)description->index};
    struct dir_key key = key_of(f, "c=JP");
    struct sk_reader *reader;
    struct dir_entry entry;
    struct sk_buf value;

    publish_small(f);
    buf_init(&value, 100);
    buf_put_text(&value, "1.3.6.1.4.1.32473.99");
    record_put_check(&value, bytes_of(id, sizeof(id)));
    overwrite(f, RECORD_DIR_TYPE, bytes_of(id, sizeof(id)), buf_bytes(&value));
    reader = open_reader(f);
    assert_int_equal(dit_get(reader, f->arena, &key, &entry), SK_OK);
    assert_int_equal(entry.num, 1);
    assert_ptr_equal(entry.attributes[0].attribute, type("objectClass"));
    reader_free(reader);
    buf_done(&value);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_dit_finds_what_a_look_at_every_entry_finds),
        TEST(test_dit_walks_past_the_greatest_keys),
        TEST(test_publish_takes_one_entry_of_a_name),
        TEST(test_publish_refuses_an_entry_without_its_parent),
        TEST(test_publish_refuses_what_is_past_its_caps),
        TEST(test_publish_knows_the_same_directory),
        TEST(test_publish_stores_large_values_once),
        TEST(test_dit_tells_of_lists_that_have_ended),
        TEST(test_dit_refuses_damaged_records),
        TEST(test_dit_passes_over_types_it_does_not_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
