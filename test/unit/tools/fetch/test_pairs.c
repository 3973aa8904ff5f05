/* SPDX-License-Identifier: Apache-2.0 */
/* Which halves of cross certificate pairs go together: a table of certificates and keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/der.h"
#include "core/name.h"
#include "test/support/pki.h"
#include "tools/fetch/pairs.h"

enum { CERTS = 4, PAIRS = 6 };

/* A certificate of the table: names and keys are single letters and digits. */
struct row {
    char subject, issuer; /* 0: there is none */
    size_t key, signer;
    int64_t not_before;
};

struct pair_case {
    const char *what;
    struct row to_this[CERTS], by_this[CERTS];
    struct {
        int to, by; /* indexes; -1: absent */
    } pairs[PAIRS];
    size_t num;
};

/* This CA is T, with the keys 0 and 1; its peers P (2, 3) and Q (4). */
static const struct pair_case cases[] = {
    {"nothing", {{0}}, {{0}}, {{0}}, 0},
    {"both halves", {{'T', 'P', 0, 2, 0}}, {{'P', 'T', 2, 0, 0}}, {{0, 0}}, 1},
    {"one direction", {{'T', 'P', 0, 2, 0}}, {{0}}, {{0, -1}}, 1},
    {"the other one", {{0}}, {{'P', 'T', 2, 0, 0}}, {{-1, 0}}, 1},
    {"two peers",
     {{'T', 'P', 0, 2, 0}, {'T', 'Q', 0, 4, 0}},
     {{'Q', 'T', 4, 0, 0}, {'P', 'T', 2, 0, 0}},
     {{0, 1}, {1, 0}},
     2},
    {"the names do not fit", {{'T', 'P', 0, 2, 0}}, {{'Q', 'T', 2, 0, 0}}, {{0, -1}, {-1, 0}}, 2},
    {"the peer has another key there",
     {{'T', 'P', 0, 2, 0}},
     {{'P', 'T', 3, 0, 0}},
     {{0, -1}, {-1, 0}},
     2},
    {"this CA has another key there",
     {{'T', 'P', 1, 2, 0}},
     {{'P', 'T', 2, 0, 0}},
     {{0, -1}, {-1, 0}},
     2},
    {"two keys on either side",
     {{'T', 'P', 0, 2, 0}, {'T', 'P', 1, 3, 0}},
     {{'P', 'T', 3, 1, 0}, {'P', 'T', 2, 0, 0}},
     {{0, 1}, {1, 0}},
     2},
    {"the newest go together, the rest alone",
     {{'T', 'P', 0, 2, PKI_T0}, {'T', 'P', 0, 2, PKI_T}},
     {{'P', 'T', 2, 0, PKI_T}, {'P', 'T', 2, 0, PKI_T0 + 5}, {'P', 'T', 2, 0, PKI_T0}},
     {{1, 0}, {0, 1}, {-1, 2}},
     3},
};

static const struct sk_cert *make(struct sk_arena *arena, const struct row *row, long serial)
{
    char subject[] = "/CN=?", issuer[] = "/CN=?";

    subject[4] = row->subject;
    issuer[4] = row->issuer;
    return pki_cert(arena, &(struct pki_cert_spec){.subject = subject,
                                                   .issuer = issuer,
                                                   .key = pki_key(PKI_EC, row->key),
                                                   .signer = pki_key(PKI_EC, row->signer),
                                                   .not_before = row->not_before,
                                                   .serial = serial,
                                                   .exts = {PKI_CA_EXTS}});
}

struct table {
    struct sk_arena *arena;
    const struct sk_cert *to_this[CERTS], *by_this[CERTS];
    size_t num_to, num_by;
    struct edges edges;
    const struct pair_case *c;
    bool is_seen[PAIRS];
    size_t num;
};

static void make_table(struct table *t)
{
    const struct sk_cert *all[2 * CERTS];
    size_t i, j, num;
    struct sk_key *key;

    for (; t->num_to < CERTS && t->c->to_this[t->num_to].subject != 0; t->num_to++)
        t->to_this[t->num_to] = make(t->arena, &t->c->to_this[t->num_to], (long)t->num_to + 1);
    for (; t->num_by < CERTS && t->c->by_this[t->num_by].subject != 0; t->num_by++)
        t->by_this[t->num_by] = make(t->arena, &t->c->by_this[t->num_by], (long)t->num_by + 11);
    num = t->num_to + t->num_by;
    memcpy(all, t->to_this, t->num_to * sizeof(all[0]));
    memcpy(all + t->num_to, t->by_this, t->num_by * sizeof(all[0]));
    /* Every signature that holds is an edge. */
    for (i = 0; i < num; i++) {
        assert_int_equal(key_new(all[i]->spki, NULL, &key, NULL), SK_OK);
        for (j = 0; j < num; j++) {
            if (name_equal(all[i]->subject_canon, all[j]->issuer_canon) &&
                key_verify(key, all[j]->sig_alg, all[j]->tbs, all[j]->signature, NULL) == SK_OK)
                assert_int_equal(edges_add(&t->edges, all[j]->sha256, all[i]), SK_OK);
        }
        key_free(key);
    }
}

/* The index of the certificate in its column; -1: absent. */
static int which(const struct sk_cert *const *column, size_t num, bool is_present,
                 struct sk_bytes der)
{
    size_t i;

    for (i = 0; is_present && i < num; i++) {
        if (bytes_equal(column[i]->der, der))
            return (int)i;
    }
    assert_false(is_present);
    return -1;
}

static enum sk_status see(void *arg, struct sk_bytes value)
{
    struct table *t = arg;
    struct der der, pair;
    struct sk_bytes to = {NULL, 0}, by = {NULL, 0};
    bool has_to, has_by;
    int i, j;
    size_t n;

    der_init(&der, value);
    assert_int_equal(der_enter(&der, DER_SEQUENCE, &pair), SK_OK);
    assert_int_equal(der_take_optional(&pair, DER_CONTEXT_CONSTRUCTED(0), &has_to, &to), SK_OK);
    assert_int_equal(der_take_optional(&pair, DER_CONTEXT_CONSTRUCTED(1), &has_by, &by), SK_OK);
    assert_int_equal(der_finish(&pair), SK_OK);
    assert_int_equal(der_finish(&der), SK_OK);
    i = which(t->to_this, t->num_to, has_to, to);
    j = which(t->by_this, t->num_by, has_by, by);
    for (n = 0; n < t->c->num; n++) {
        if (t->c->pairs[n].to == i && t->c->pairs[n].by == j)
            break;
    }
    if (n == t->c->num || t->is_seen[n])
        fail_msg("%s: unexpected pair %d, %d", t->c->what, i, j);
    t->is_seen[n] = true;
    t->num++;
    return SK_OK;
}

static void test_pairs_join_what_fits_and_leave_out_nothing(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct table t = {.arena = arena_new(64u << 20), .c = &cases[i]};
        const struct sk_cert *to_this[CERTS], *by_this[CERTS];
        struct pairs_edges edges;

        make_table(&t);
        memcpy(to_this, t.to_this, sizeof(to_this));
        memcpy(by_this, t.by_this, sizeof(by_this));
        assert_int_equal(pairs_edges_init(&edges, &t.edges, t.arena), SK_OK);
        assert_int_equal(pairs_each(to_this, t.num_to, by_this, t.num_by, &edges, t.arena, see, &t),
                         SK_OK);
        if (t.num != t.c->num)
            fail_msg("%s: %zu pairs, not %zu", t.c->what, t.num, t.c->num);
        edges_done(&t.edges);
        arena_free(t.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_join_what_fits_and_leave_out_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
