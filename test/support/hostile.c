/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/hostile.h"

#include <openssl/ec.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/name.h"
#include "test/support/hostile_exts.h"

enum { NAME = 32, KEYS = 20, LEAF_KEY = 22, BUF_BYTES = 4u << 20 };
enum {
    VALID = HOSTILE_MAY(VERDICT_VALID),
    INVALID = HOSTILE_MAY(VERDICT_INVALID),
    UNDETERMINED = HOSTILE_MAY(VERDICT_UNDETERMINED),
};

unsigned hostile_many = 10000;

static const struct sk_bytes none;

/* ---- pieces ---- */

static void certify(struct graph *g, const char *subject, size_t key, const char *issuer,
                    size_t signer, struct sk_bytes exts)
{
    fast_cert(g, &(struct fast_cert){.subject = subject,
                                     .issuer = issuer,
                                     .spki = fast_spki(g->arena, fast_key(key)),
                                     .signer = fast_key(signer),
                                     .is_ca = true,
                                     .exts = exts});
}

static const struct sk_cert *leaf(struct graph *g, const char *issuer, EVP_PKEY *signer,
                                  struct sk_bytes exts)
{
    return fast_target(g, &(struct fast_cert){.subject = "leaf",
                                              .issuer = issuer,
                                              .spki = fast_spki(g->arena, fast_key(LEAF_KEY)),
                                              .signer = signer,
                                              .exts = exts});
}

/* ---- meshes ---- */

/* layers of width CAs; each is certified by every CA of the layer above, the top by the anchor. */
static const struct sk_cert *layers(struct graph *g, unsigned num, unsigned width,
                                    struct sk_bytes exts, size_t wrong)
{
    char subject[NAME], issuer[NAME];
    unsigned layer, i, j;

    fast_anchor(g, "root", fast_key(0));
    for (layer = 0; layer < num; layer++)
        for (i = 0; i < width; i++)
            for (j = 0; j < (layer == 0 ? 1 : width); j++) {
                size_t key = 1 + (layer * width + i) % KEYS;
                size_t above = 1 + ((layer - 1) * width + j) % KEYS;

                (void)snprintf(subject, sizeof(subject), "ca %u %u", layer, i);
                (void)snprintf(issuer, sizeof(issuer), "ca %u %u", layer - 1, j);
                certify(g, subject, key, layer == 0 ? "root" : issuer,
                        wrong != 0   ? wrong
                        : layer == 0 ? 0
                                     : above,
                        exts);
            }
    return leaf(g, subject, fast_key(1 + ((num - 1) * width + width - 1) % KEYS), none);
}

static const struct sk_cert *mesh_valid(struct graph *g)
{
    return layers(g, 10, 8, none, 0);
}

static const struct sk_cert *mesh_policy(struct graph *g)
{
    g->params.require_explicit_policy = true;
    return layers(g, 10, 8, none, 0);
}

/* Asks for a policy that no path gives, which shows at the anchor's end of it alone. Returns what
 * the certificates of such a path assert. */
static struct sk_bytes ask_another_policy(struct graph *g)
{
    static struct sk_bytes asked;

    asked = oid_bytes(OID_KP_OCSP_SIGNING);
    g->params.require_explicit_policy = true;
    g->params.policies = &asked;
    g->params.num_policies = 1;
    return exts_list(g->arena, OID_EXT_CERTIFICATE_POLICIES, exts_put_policy, 1);
}

static const struct sk_cert *mesh_other_policy(struct graph *g)
{
    struct sk_bytes policy = ask_another_policy(g);

    (void)layers(g, 10, 8, policy, 0);
    return leaf(g, "ca 9 7", fast_key(1 + (9 * 8 + 7) % KEYS), policy);
}

static const struct sk_cert *mesh_signatures(struct graph *g)
{
    return layers(g, 10, 8, none, 21);
}

static const struct sk_cert *mesh_revocation(struct graph *g)
{
    g->params.revocation = REVOCATION_REQUIRED;
    return layers(g, 8, 4, none, 0);
}

/* A CA with the serial 1, which the list of its issuer revokes. */
static void certify_revoked(struct graph *g, const char *subject, size_t key, const char *issuer,
                            size_t signer)
{
    g->params.revocation = REVOCATION_IF_AVAILABLE;
    fast_cert(g, &(struct fast_cert){.subject = subject,
                                     .issuer = issuer,
                                     .spki = fast_spki(g->arena, fast_key(key)),
                                     .signer = fast_key(signer),
                                     .is_ca = true,
                                     .serial = 1});
    fast_crl(g, &(struct fast_crl){
                    .issuer = issuer, .signer = fast_key(signer), .number = 1, .revokes = 1});
}

static const struct sk_cert *mesh_revoked_below(struct graph *g)
{
    (void)layers(g, 8, 4, none, 0);
    certify_revoked(g, "revoked", 21, "ca 7 3", 1 + (7 * 4 + 3) % KEYS);
    return leaf(g, "revoked", fast_key(21), none);
}

/* Under an anchor whose own certificate of the first layer is revoked, and there is no other. */
static const struct sk_cert *mesh_revoked_above(struct graph *g)
{
    char subject[NAME];
    unsigned i;

    (void)layers(g, 8, 4, none, 0);
    fast_anchor(g, "top", fast_key(21));
    g->params.anchors++;
    g->params.num_anchors--;
    certify_revoked(g, "root", 0, "top", 21);
    for (i = 0; i < 4; i++) {
        (void)snprintf(subject, sizeof(subject), "ca 0 %u", i);
        certify(g, subject, 1 + i, "root", 0, none);
    }
    return leaf(g, "ca 7 3", fast_key(1 + (7 * 4 + 3) % KEYS), none);
}

/* A bridge and 13 CAs of two keys each, all certified both ways. The anchor has the name of one of
 * them and another key. */
static const struct sk_cert *mesh_of_other_keys(struct graph *g)
{
    char name[NAME];
    unsigned i, k;

    fast_anchor(g, "m0", fast_key(0));
    for (i = 0; i < 13; i++)
        for (k = 0; k < 4; k++) {
            (void)snprintf(name, sizeof(name), "m%u", i);
            certify(g, name, 3 + k / 2, "bridge", 1 + k % 2, none);
            certify(g, "bridge", 1 + k % 2, name, 3 + k / 2, none);
        }
    return leaf(g, "m12", fast_key(4), none);
}

/* num CAs that certify each other and are certified by no anchor. */
static const struct sk_cert *mesh_without_anchor(struct graph *g)
{
    char subject[NAME], issuer[NAME];
    unsigned i, j;

    fast_anchor(g, "root", fast_key(0));
    for (i = 0; i < 60; i++)
        for (j = 0; j < 60; j++) {
            (void)snprintf(subject, sizeof(subject), "m%u", i);
            (void)snprintf(issuer, sizeof(issuer), "m%u", j);
            certify(g, subject, 1 + i % KEYS, issuer, 1 + j % KEYS, none);
        }
    return leaf(g, "m3", fast_key(4), none);
}

/* The same, and the only way to the anchor is a certificate that nobody may accept. */
static const struct sk_cert *mesh_without_hope(struct graph *g)
{
    const struct sk_cert *target = mesh_without_anchor(g);

    fast_cert(g, &(struct fast_cert){.subject = "m7",
                                     .issuer = "root",
                                     .spki = fast_spki(g->arena, fast_key(8)),
                                     .signer = fast_key(0)}); /* no CA */
    return target;
}

/* ---- look-alikes ---- */

struct look_alikes {
    const char *issuer;       /* of all but the right one */
    size_t signer;            /* of those */
    struct sk_bytes key_id;   /* their key identifier; len 0: none */
    struct sk_bytes right_id; /* of the right one */
    bool is_right_missing;
};

static const struct sk_cert *look_alikes(struct graph *g, const struct look_alikes *how,
                                         struct sk_bytes leaf_exts)
{
    unsigned i;

    fast_anchor(g, "root", fast_key(0));
    for (i = 0; i < hostile_many; i++)
        fast_cert(g, &(struct fast_cert){.subject = "ca",
                                         .issuer = how->issuer,
                                         .spki = fast_foreign_spki(g->arena, i),
                                         .signer = fast_key(how->signer),
                                         .is_ca = true,
                                         .key_id = how->key_id});
    if (!how->is_right_missing)
        fast_cert(g, &(struct fast_cert){.subject = "ca",
                                         .issuer = "root",
                                         .spki = fast_spki(g->arena, fast_key(1)),
                                         .signer = fast_key(0),
                                         .is_ca = true,
                                         .key_id = how->right_id});
    return leaf(g, "ca", fast_key(1), leaf_exts);
}

static struct sk_bytes aki_of(struct sk_arena *arena, struct sk_bytes key_id)
{
    return fast_ext(arena, OID_EXT_AUTHORITY_KEY_IDENTIFIER,
                    exts_wrap(arena, DER_SEQUENCE, exts_wrap(arena, DER_CONTEXT(0), key_id)));
}

static const struct sk_cert *look_alikes_unrooted(struct graph *g)
{
    return look_alikes(g, &(struct look_alikes){.issuer = "nowhere", .signer = 2}, none);
}

static const struct sk_cert *look_alikes_rooted(struct graph *g)
{
    return look_alikes(g, &(struct look_alikes){.issuer = "root"}, none);
}

static const struct sk_cert *look_alikes_missing(struct graph *g)
{
    return look_alikes(g, &(struct look_alikes){.issuer = "root", .is_right_missing = true}, none);
}

static const struct sk_cert *look_alikes_key_id(struct graph *g)
{
    return look_alikes(g,
                       &(struct look_alikes){.issuer = "root",
                                             .key_id = ASN1_LIT("other"),
                                             .right_id = ASN1_LIT("right")},
                       aki_of(g->arena, ASN1_LIT("right")));
}

/* The right one is the only one without a key identifier. */
static const struct sk_cert *look_alikes_no_key_id(struct graph *g)
{
    return look_alikes(g, &(struct look_alikes){.issuer = "root", .key_id = ASN1_LIT("other")},
                       aki_of(g->arena, ASN1_LIT("right")));
}

static const struct sk_cert *look_alikes_lying(struct graph *g)
{
    return look_alikes(g,
                       &(struct look_alikes){.issuer = "root",
                                             .key_id = ASN1_LIT("right"),
                                             .right_id = ASN1_LIT("right")},
                       aki_of(g->arena, ASN1_LIT("right")));
}

/* The leaf says by many names who issued its issuer. */
static const struct sk_cert *aki_names(struct graph *g, exts_put_fn put, unsigned num)
{
    struct sk_bytes names =
        exts_wrap(g->arena, DER_CONTEXT_CONSTRUCTED(1), exts_repeat(g->arena, put, num));
    struct sk_bytes both = fast_join(g->arena, names, ASN1_LIT("\x82\x02\x10\x00"));

    return look_alikes(g, &(struct look_alikes){.issuer = "root"},
                       fast_ext(g->arena, OID_EXT_AUTHORITY_KEY_IDENTIFIER,
                                exts_wrap(g->arena, DER_SEQUENCE, both)));
}

static const struct sk_cert *look_alikes_aki_names(struct graph *g)
{
    return aki_names(g, exts_put_directory_name, 1000);
}

static const struct sk_cert *look_alikes_aki_ligatures(struct graph *g)
{
    return aki_names(g, exts_put_ligatures, 80);
}

/* Keys whose arithmetic is slow. */
static const struct sk_cert *look_alikes_p384(struct graph *g)
{
    EVP_PKEY *right = EVP_EC_gen("P-384"), *other;
    const struct sk_cert *target;
    unsigned i;

    fast_anchor(g, "root", fast_key(0));
    for (i = 0; i < 400; i++) {
        if ((other = EVP_EC_gen("P-384")) == NULL)
            abort();
        fast_cert(g, &(struct fast_cert){.subject = "ca",
                                         .issuer = "root",
                                         .spki = fast_spki(g->arena, other),
                                         .signer = fast_key(0),
                                         .is_ca = true});
        EVP_PKEY_free(other);
    }
    target = leaf(g, "ca", right, none);
    EVP_PKEY_free(right);
    return target;
}

/* An RSA key of the greatest size and exponent; the modulus is whatever SHA-256 gives. */
static struct sk_bytes slow_rsa_spki(struct sk_arena *arena, unsigned n)
{
    static const uint8_t alg[] = {0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0};
    static const uint8_t exponent[] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t modulus[1 + LIMIT_RSA_BITS / 8] = {0};
    struct sk_buf buf, key;
    size_t i, mark;

    for (i = 1; i < sizeof(modulus); i += SK_SHA256, n += 0x10000)
        key_sha256(bytes_of((const uint8_t *)&n, sizeof(n)), modulus + i);
    modulus[1] |= 0x80;
    modulus[sizeof(modulus) - 1] |= 1;
    buf_init(&key, BUF_BYTES);
    mark = derout_open(&key, DER_SEQUENCE);
    derout_tlv(&key, DER_INTEGER, bytes_of(modulus, sizeof(modulus)));
    derout_tlv(&key, DER_INTEGER, bytes_of(exponent, sizeof(exponent)));
    derout_close(&key, mark);
    buf_init(&buf, BUF_BYTES);
    mark = derout_open(&buf, DER_SEQUENCE);
    derout_raw(&buf, bytes_of(alg, sizeof(alg)));
    derout_bits(&buf, DER_BIT_STRING, fast_take(arena, &key));
    derout_close(&buf, mark);
    return fast_take(arena, &buf);
}

static const struct sk_cert *look_alikes_rsa(struct graph *g)
{
    unsigned i;

    fast_anchor(g, "root", fast_key(0));
    for (i = 0; i < 1000; i++)
        fast_cert(g, &(struct fast_cert){.subject = "ca",
                                         .issuer = "root",
                                         .spki = slow_rsa_spki(g->arena, i),
                                         .signer = fast_key(0),
                                         .is_ca = true});
    return fast_target(g, &(struct fast_cert){.subject = "leaf",
                                              .issuer = "ca",
                                              .spki = fast_spki(g->arena, fast_key(LEAF_KEY)),
                                              .octets = LIMIT_RSA_BITS / 8});
}

/* Every one is issued by the name itself, and one by the anchor. */
static const struct sk_cert *self_issued(struct graph *g)
{
    return look_alikes(g, &(struct look_alikes){.issuer = "ca", .signer = 1}, none);
}

/* A chain of them: each key signs the next. Longer than any path may be. */
static const struct sk_cert *self_issued_chain(struct graph *g)
{
    unsigned i;

    fast_anchor(g, "root", fast_key(0));
    certify(g, "ca", 1, "root", 0, none);
    for (i = 1; i < KEYS; i++)
        certify(g, "ca", i + 1, "ca", i, none);
    for (i = 0; i < 1000; i++)
        fast_cert(g, &(struct fast_cert){.subject = "ca",
                                         .issuer = "ca",
                                         .spki = fast_foreign_spki(g->arena, i),
                                         .signer = fast_key(1 + i % KEYS),
                                         .is_ca = true});
    return leaf(g, "ca", fast_key(KEYS), none);
}

/* Nobody may accept the one that the anchor issued. */
static const struct sk_cert *self_issued_without_hope(struct graph *g)
{
    const struct sk_cert *target = look_alikes(
        g, &(struct look_alikes){.issuer = "ca", .signer = 1, .is_right_missing = true}, none);

    fast_cert(g, &(struct fast_cert){.subject = "ca",
                                     .issuer = "root",
                                     .spki = fast_spki(g->arena, fast_key(1)),
                                     .signer = fast_key(0)});
    return target;
}

/* Ten thousand anchors; the right one has the same name when is_one_name. */
static const struct sk_cert *anchors(struct graph *g, bool is_one_name)
{
    struct sk_anchor *list = arena_array(g->arena, hostile_many + 1, sizeof(list[0]));
    char name[NAME];
    unsigned i;

    if (list == NULL)
        abort();
    for (i = 0; i <= hostile_many; i++) {
        (void)snprintf(name, sizeof(name), "root %u", is_one_name ? 0 : i);
        list[i].cert = fast_target(
            g, &(struct fast_cert){.subject = name,
                                   .issuer = name,
                                   .spki = i == hostile_many ? fast_spki(g->arena, fast_key(0))
                                                             : fast_foreign_spki(g->arena, i),
                                   .is_ca = true});
    }
    g->params.anchors = list;
    g->params.num_anchors = hostile_many + 1;
    for (i = 0; i < hostile_many; i++) {
        (void)snprintf(name, sizeof(name), "ca %u", i);
        fast_cert(g, &(struct fast_cert){.subject = "ca",
                                         .issuer = name,
                                         .spki = fast_foreign_spki(g->arena, i),
                                         .is_ca = true});
    }
    (void)snprintf(name, sizeof(name), "root %u", is_one_name ? 0 : hostile_many);
    certify(g, "ca", 1, name, 0, none);
    return leaf(g, "ca", fast_key(1), none);
}

static const struct sk_cert *anchors_of_one_name(struct graph *g)
{
    return anchors(g, true);
}

static const struct sk_cert *anchors_of_many_names(struct graph *g)
{
    return anchors(g, false);
}

/* ---- policies and names ---- */

static struct sk_bytes bomb_exts(struct sk_arena *arena)
{
    return fast_join(arena, exts_list(arena, OID_EXT_CERTIFICATE_POLICIES, exts_put_policy, 16),
                     exts_list(arena, OID_EXT_POLICY_MAPPINGS, exts_put_mapping, 256));
}

/* CVE-2023-0464: a tree with 16 ^ depth nodes. */
static const struct sk_cert *policy_bomb(struct graph *g)
{
    g->params.require_explicit_policy = true;
    return layers(g, 11, 1, bomb_exts(g->arena), 0);
}

static const struct sk_cert *policy_bomb_with_leaf(struct graph *g)
{
    (void)policy_bomb(g);
    return leaf(g, "ca 10 0", fast_key(11),
                exts_list(g->arena, OID_EXT_CERTIFICATE_POLICIES, exts_put_policy, 16));
}

static const struct sk_cert *policy_bomb_any(struct graph *g)
{
    g->params.require_explicit_policy = true;
    return layers(
        g, 11, 1,
        fast_join(g->arena,
                  exts_list(g->arena, OID_EXT_CERTIFICATE_POLICIES, exts_put_any_policy, 1),
                  exts_list(g->arena, OID_EXT_POLICY_MAPPINGS, exts_put_mapping, 256)),
        0);
}

static const struct sk_cert *policy_bomb_mesh(struct graph *g)
{
    (void)ask_another_policy(g);
    (void)layers(g, 8, 4, bomb_exts(g->arena), 0);
    return leaf(g, "ca 7 3", fast_key(1 + (7 * 4 + 3) % KEYS),
                exts_list(g->arena, OID_EXT_CERTIFICATE_POLICIES, exts_put_policy, 16));
}

static const struct sk_cert *names_product(struct graph *g, exts_put_fn subtree, uint8_t tag,
                                           struct sk_bytes san)
{
    (void)layers(g, 6, 1, exts_constraints(g->arena, subtree, tag), 0);
    return leaf(g, "ca 5 0", fast_key(6), san);
}

static const struct sk_cert *names_excluded(struct graph *g)
{
    return names_product(g, exts_put_long_subtree, DER_CONTEXT_CONSTRUCTED(1),
                         exts_list(g->arena, OID_EXT_SUBJECT_ALT_NAME, exts_put_long_san, 1024));
}

static const struct sk_cert *names_permitted(struct graph *g)
{
    return names_product(g, exts_put_dns_subtree, DER_CONTEXT_CONSTRUCTED(0),
                         exts_list(g->arena, OID_EXT_SUBJECT_ALT_NAME, exts_put_san, 1024));
}

static const struct sk_cert *names_directory(struct graph *g)
{
    return names_product(
        g, exts_put_directory_subtree, DER_CONTEXT_CONSTRUCTED(1),
        exts_list(g->arena, OID_EXT_SUBJECT_ALT_NAME, exts_put_directory_name, 1024));
}

static const struct sk_cert *names_of_other_kinds(struct graph *g)
{
    return names_product(g, exts_put_directory_subtree, DER_CONTEXT_CONSTRUCTED(1),
                         exts_list(g->arena, OID_EXT_SUBJECT_ALT_NAME, exts_put_long_san, 1024));
}

static const struct sk_cert *names_ligatures(struct graph *g)
{
    return names_product(g, exts_put_dns_subtree, DER_CONTEXT_CONSTRUCTED(1),
                         exts_list(g->arena, OID_EXT_SUBJECT_ALT_NAME, exts_put_ligatures, 80));
}

static void put_ligature_subtree(struct sk_buf *buf, unsigned i)
{
    exts_put_subtree(buf, i, exts_put_ligatures);
}

static const struct sk_cert *names_directory_ligatures(struct graph *g)
{
    return names_product(g, exts_put_directory_subtree, DER_CONTEXT_CONSTRUCTED(1),
                         exts_list(g->arena, OID_EXT_SUBJECT_ALT_NAME, exts_put_ligatures, 80));
}

static const struct sk_cert *names_ligature_subtrees(struct graph *g)
{
    struct sk_bytes subtrees = exts_wrap(g->arena, DER_CONTEXT_CONSTRUCTED(1),
                                         exts_repeat(g->arena, put_ligature_subtree, 80));

    return layers(
        g, 6, 1,
        fast_ext(g->arena, OID_EXT_NAME_CONSTRAINTS, exts_wrap(g->arena, DER_SEQUENCE, subtrees)),
        0);
}

/* Each of many paths walks the names anew. */
static const struct sk_cert *names_mesh(struct graph *g)
{
    struct sk_bytes policy = ask_another_policy(g);

    (void)layers(g, 8, 4,
                 fast_join(g->arena, policy,
                           exts_constraints(g->arena, exts_put_directory_subtree,
                                            DER_CONTEXT_CONSTRUCTED(1))),
                 0);
    return leaf(g, "ca 7 3", fast_key(12),
                fast_join(g->arena, policy,
                          exts_list(g->arena, OID_EXT_SUBJECT_ALT_NAME, exts_put_long_san, 1024)));
}

/* ---- lists ---- */

static const struct sk_cert *with_lists(struct graph *g, struct sk_bytes leaf_exts)
{
    g->params.revocation = REVOCATION_REQUIRED;
    fast_anchor(g, "root", fast_key(0));
    return leaf(g, "root", fast_key(0), leaf_exts);
}

static const struct sk_cert *lists_signed(struct graph *g) /* by one of two keys */
{
    unsigned i = 1;

    for (certify(g, "root", i, "root", 0, none); i <= hostile_many; i++)
        fast_crl(g, &(struct fast_crl){.issuer = "root", .signer = fast_key(0), .number = i});
    return with_lists(g, none);
}

static const struct sk_cert *lists_forged(struct graph *g)
{
    unsigned i;

    for (i = 1; i <= hostile_many; i++)
        fast_crl(g, &(struct fast_crl){.issuer = "root", .number = i});
    fast_crl(g, &(struct fast_crl){.issuer = "root", .signer = fast_key(0), .number = 1});
    return with_lists(g, none);
}

/* Of which one is for the leaf. */
static const struct sk_cert *lists_partitioned(struct graph *g)
{
    unsigned i;

    for (i = 1; i <= hostile_many; i++)
        fast_crl(g, &(struct fast_crl){.issuer = "root",
                                       .signer = fast_key(0),
                                       .number = i,
                                       .idp = exts_idp(g->arena, exts_put_directory_name, i, 1)});
    return with_lists(g, fast_ext(g->arena, OID_EXT_CRL_DISTRIBUTION_POINTS,
                                  exts_wrap(g->arena, DER_SEQUENCE,
                                            exts_idp(g->arena, exts_put_directory_name, 77, 1))));
}

static const struct sk_cert *lists_deltas(struct graph *g)
{
    unsigned i;

    for (i = 1; i <= 200; i++)
        fast_crl(g, &(struct fast_crl){.issuer = "root", .signer = fast_key(0), .number = i});
    for (; i <= 8000; i++)
        fast_crl(
            g, &(struct fast_crl){.issuer = "root", .signer = fast_key(0), .number = i, .base = 1});
    return with_lists(g, none);
}

static const struct sk_cert *lists_points(struct graph *g)
{
    unsigned i;

    for (i = 1; i <= 500; i++)
        fast_crl(g,
                 &(struct fast_crl){.issuer = "root",
                                    .signer = fast_key(0),
                                    .number = i,
                                    .idp = exts_idp(g->arena, exts_put_directory_name, 0, 1000)});
    return with_lists(g,
                      exts_list(g->arena, OID_EXT_CRL_DISTRIBUTION_POINTS, exts_put_dir_point, 60));
}

static const struct sk_cert *lists_crl_issuers(struct graph *g)
{
    unsigned i;

    for (i = 1; i <= hostile_many; i++)
        fast_crl(g, &(struct fast_crl){.issuer = "name 1", .signer = fast_key(0), .number = i});
    return with_lists(
        g, exts_list(g->arena, OID_EXT_CRL_DISTRIBUTION_POINTS, exts_put_issuer_point, 64));
}

/* Lists of the root signed with other keys of it, which only lists like these can clear. */
static const struct sk_cert *lists_nested(struct graph *g)
{
    unsigned i, k;

    for (i = 1; i < KEYS; i++) {
        certify(g, "root", i, "root", 0, none);
        for (k = 0; k < 5; k++)
            certify(g, "root", i, "root", 1 + (i + k) % KEYS, none);
        for (k = 0; k < 3; k++)
            fast_crl(g,
                     &(struct fast_crl){.issuer = "root", .signer = fast_key(i), .number = i + k});
    }
    return with_lists(g, none);
}

/* Forged lists in front of very many keys that may have signed them. */
static const struct sk_cert *lists_look_alikes(struct graph *g)
{
    unsigned i;

    g->params.revocation = REVOCATION_REQUIRED;
    for (i = 1; i <= 100; i++)
        fast_crl(g, &(struct fast_crl){.issuer = "root", .number = i});
    for (i = 0; i < hostile_many; i++)
        fast_cert(g, &(struct fast_cert){.subject = "root",
                                         .issuer = "root",
                                         .spki = fast_foreign_spki(g->arena, i),
                                         .is_ca = true});
    return with_lists(g, none);
}

/* Names whose hashes begin alike, as whoever makes them can choose: a table of few buckets
 * would have them all in one. */
static bool begins_alike(struct sk_arena *arena, const char *name)
{
    struct sk_bytes cn = bytes_of(name, strlen(name)), canon;
    uint8_t der[64] = {0x30, 0, 0x31, 0, 0x30, 0, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0},
            hash[NAME_HASH];

    memcpy(der + 13, cn.p, cn.len);
    der[12] = (uint8_t)cn.len;
    der[5] = (uint8_t)(cn.len + 7);
    der[3] = (uint8_t)(cn.len + 9);
    der[1] = (uint8_t)(cn.len + 11);
    if (name_canon(arena, bytes_of(der, cn.len + 13), &canon, NULL) != SK_OK)
        abort();
    name_hash(canon, hash);
    return hash[1] == 0 && (hash[0] & 1) == 0;
}

static const struct sk_cert *names_alike(struct graph *g)
{
    struct sk_arena *arena = arena_new(1u << 20);
    char name[NAME];
    unsigned i, found = 0;

    fast_anchor(g, "root", fast_key(0));
    for (i = 0; found < (hostile_many > 1000 ? 19000 : hostile_many); i++) {
        (void)snprintf(name, sizeof(name), "n%u", i);
        arena_reset(arena);
        if (!begins_alike(arena, name))
            continue;
        fast_cert(g, &(struct fast_cert){.subject = "hub",
                                         .issuer = name,
                                         .spki = fast_spki(g->arena, fast_key(1)),
                                         .octets = 64,
                                         .is_ca = true});
        found++;
    }
    certify(g, "hub", 1, "root", 0, none);
    arena_free(arena);
    return leaf(g, "hub", fast_key(1), none);
}

/* The tree is NULL from the first certificate on, so that no policy below is paid for. */
static const struct sk_cert *policies_unpaid(struct graph *g)
{
    struct sk_bytes exts =
        fast_join(g->arena, exts_list(g->arena, OID_EXT_CERTIFICATE_POLICIES, exts_put_policy, 256),
                  exts_list(g->arena, OID_EXT_POLICY_MAPPINGS, exts_put_mapping, 256));
    char subject[NAME], issuer[NAME];
    unsigned layer, i, j;

    g->params.revocation = REVOCATION_REQUIRED;
    fast_anchor(g, "root", fast_key(0));
    for (layer = 0; layer < 30; layer++)
        for (i = 0; i < 2; i++)
            for (j = 0; j < (layer == 0 ? 1 : 2); j++) {
                (void)snprintf(subject, sizeof(subject), "ca %u %u", layer, i);
                (void)snprintf(issuer, sizeof(issuer), "ca %u %u", layer - 1, j);
                certify(g, subject, 1 + (layer * 2 + i) % KEYS, layer == 0 ? "root" : issuer,
                        layer == 0 ? 0 : 1 + ((layer - 1) * 2 + j) % KEYS,
                        layer == 0 ? none : exts);
            }
    return leaf(g, subject, fast_key(1 + (29 * 2 + 1) % KEYS), none);
}

/* ---- the tables ---- */

const struct hostile_case hostile_cases[] = {
    {"policies that nobody pays for on 2 ^ 30 paths", policies_unpaid, UNDETERMINED, 0},
    {"many issuers, hashes that begin alike", names_alike, VALID, 0},
    {"mesh, 8 ^ 10 paths, any is good", mesh_valid, VALID, 12},
    {"mesh, 8 ^ 10 paths, no policy", mesh_policy, INVALID, 0},
    {"mesh, 8 ^ 10 paths, another policy", mesh_other_policy, UNDETERMINED, 0},
    {"mesh, 8 ^ 10 paths, forged", mesh_signatures, INVALID | UNDETERMINED, 0},
    {"mesh, 4 ^ 8 paths, no revocation data", mesh_revocation, UNDETERMINED, 0},
    {"mesh, 4 ^ 8 paths, revoked below", mesh_revoked_below, INVALID, 64},
    {"mesh, 4 ^ 8 paths, revoked above", mesh_revoked_above, INVALID, 64},
    {"mesh of 13 CAs of two keys, anchor of another", mesh_of_other_keys, INVALID, 64},
    {"mesh of 60 without an anchor", mesh_without_anchor, INVALID, 0},
    {"mesh of 60 over what is no CA", mesh_without_hope, INVALID, 0},
    {"many look-alikes, unrooted", look_alikes_unrooted, VALID, 2},
    {"many look-alikes, rooted", look_alikes_rooted, UNDETERMINED | VALID, 0},
    {"many look-alikes, rooted, right one missing", look_alikes_missing, UNDETERMINED, 0},
    {"many look-alikes, right one has the key id", look_alikes_key_id, VALID, 2},
    {"many look-alikes, right one has no key id", look_alikes_no_key_id, VALID, 2},
    {"many look-alikes, all have the key id", look_alikes_lying, UNDETERMINED | VALID, 0},
    {"many look-alikes, AKI of 1,000 names", look_alikes_aki_names, UNDETERMINED | VALID, 0},
    {"many look-alikes, AKI of ligatures", look_alikes_aki_ligatures, UNDETERMINED | VALID, 0},
    {"400 look-alikes, P-384", look_alikes_p384, UNDETERMINED, 0},
    {"1,000 look-alikes, RSA-16384, long exponent", look_alikes_rsa, UNDETERMINED, 0},
    {"many self-issued", self_issued, UNDETERMINED | VALID, 0},
    {"self-issued, 20 in a chain, 1,000 beside", self_issued_chain, UNDETERMINED, 0},
    {"many self-issued over what is no CA", self_issued_without_hope, INVALID | UNDETERMINED, 0},
    {"many anchors of one name", anchors_of_one_name, UNDETERMINED | VALID, 0},
    {"many anchors, many issuers", anchors_of_many_names, VALID, 2},
    {"policy tree 16 ^ 11, leaf without", policy_bomb, INVALID, 0},
    {"policy tree 16 ^ 11", policy_bomb_with_leaf, VALID, 0},
    {"policy tree 16 ^ 11 under anyPolicy", policy_bomb_any, INVALID, 0},
    {"policy tree 16 ^ 8 on 4 ^ 8 paths", policy_bomb_mesh, UNDETERMINED, 0},
    {"6 x 1,024 excluded x 1,024 long names", names_excluded, UNDETERMINED, 0},
    {"6 x 1,024 permitted x 1,024 names", names_permitted, INVALID | UNDETERMINED, 0},
    {"6 x 1,024 excluded x 1,024 directory names", names_directory, INVALID | UNDETERMINED, 0},
    {"6 x 1,024 subtrees, names of another kind", names_of_other_kinds, VALID, 0},
    {"6 x 1,024 subtrees, 256 KiB of ligatures", names_ligatures, VALID | UNDETERMINED, 0},
    {"the same, subtrees of directory names", names_directory_ligatures, UNDETERMINED, 0},
    {"6 x 256 KiB of subtrees of ligatures", names_ligature_subtrees, UNDETERMINED, 0},
    {"1,024 names on 4 ^ 8 paths", names_mesh, UNDETERMINED, 0},
    {"many CRLs of one issuer of two keys, signed", lists_signed, UNDETERMINED, 0},
    {"many CRLs of one issuer, one signed", lists_forged, UNDETERMINED, 0},
    {"many CRLs, one of the right partition", lists_partitioned, VALID, 2},
    {"200 CRLs and 7,800 deltas", lists_deltas, VALID, 60},
    {"60 x 150 points, 500 IDPs of 1,000 names", lists_points, UNDETERMINED, 0},
    {"64 x 150 CRL issuers", lists_crl_issuers, UNDETERMINED, 0},
    {"CRL signers nested in each other", lists_nested, UNDETERMINED | VALID, 0},
    {"100 forged CRLs, many keys", lists_look_alikes, UNDETERMINED, 0},
};
const size_t hostile_num_cases = sizeof(hostile_cases) / sizeof(hostile_cases[0]);
