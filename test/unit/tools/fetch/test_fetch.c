/* SPDX-License-Identifier: Apache-2.0 */
/* Whole runs over file: sources: what is refused and why, what stays, what is published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/generation.h"
#include "core/hex.h"
#include "core/limits.h"
#include "core/name.h"
#include "test/support/pki.h"
#include "tools/fetch/fetch.h"

#define ROOT  "/C=JP/O=Seal/CN=Root"
#define CA    "/C=JP/O=Seal/CN=CA"
#define ALIEN "/C=XX/CN=Alien"

enum { KEY_ROOT, KEY_CA, KEY_ALIEN, KEY_CA2 };

struct fixture {
    char dir[64];
    struct sk_arena *arena;
    struct sk_bytes root, ca, alien;
    struct sk_bytes crl; /* number 5, of PKI_T - 100 */
    char *text;          /* what the last run said */
    const char *config_more;
    uint64_t max_bytes;
};

static void write_file(const struct fixture *f, const char *name, struct sk_bytes body)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(body.p, 1, body.len, file), body.len);
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const struct fixture *f, const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    assert_int_equal(unlink(path), 0);
}

static struct sk_bytes make_ca(const struct fixture *f, const char *subject, size_t key,
                               const char *issuer, size_t signer)
{
    return pki_cert_der(f->arena, &(struct pki_cert_spec){.subject = subject,
                                                          .issuer = issuer,
                                                          .key = pki_key(PKI_EC, key),
                                                          .signer = pki_key(PKI_EC, signer),
                                                          .exts = {PKI_CA_EXTS}});
}

/* A list of the CA: its cRLNumber, when it was made, and one revoked serial. */
static struct pki_crl_spec spec_of(const char *number, int64_t when, long serial)
{
    struct pki_crl_spec spec = {.issuer = CA,
                                .signer = pki_key(PKI_EC, KEY_CA),
                                .this_update = when,
                                .next_update = PKI_T1,
                                .exts = {{"crlNumber", number}},
                                .entries = {{.serial = serial}}};

    return spec;
}

static struct sk_bytes crl_of(const struct fixture *f, const struct pki_crl_spec *spec)
{
    return pki_crl_der(f->arena, spec);
}

static struct sk_bytes make_crl(const struct fixture *f, const char *number, int64_t when,
                                long serial)
{
    const struct pki_crl_spec spec = spec_of(number, when, serial);

    return crl_of(f, &spec);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/sekisho-fetch-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = arena_new(256u << 20);
    f->max_bytes = 1u << 20;
    f->config_more = "";
    f->root = make_ca(f, ROOT, KEY_ROOT, ROOT, KEY_ROOT);
    f->ca = make_ca(f, CA, KEY_CA, ROOT, KEY_ROOT);
    f->alien = make_ca(f, ALIEN, KEY_ALIEN, ALIEN, KEY_ALIEN);
    write_file(f, "root.cer", f->root);
    write_file(f, "ca.cer", f->ca);
    f->crl = make_crl(f, "DER:02:01:05", PKI_T - 100, 9);
    write_file(f, "ca.crl", f->crl);
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
    free(f->text);
    free(f);
    return 0;
}

static void print_fault(void *arg, const char *line)
{
    (void)arg;
    fail_msg("%s", line);
}

static struct sk_config *make_config(const struct fixture *f)
{
    char text[4096], name[128], hex[2 * SK_SHA256 + 1];
    struct sk_config *config = NULL;
    uint8_t hash[SK_SHA256];

    key_sha256(f->root, hash);
    hex_encode(bytes_of(hash, sizeof(hash)), hex);
    (void)snprintf(name, sizeof(name), "%s/sekisho.conf", f->dir);
    (void)snprintf(text, sizeof(text),
                   "[server]\ncache = cache\n"
                   "[fetch]\nmax-bytes = %llu\nstale-warn = 1h\n"
                   "[policy default]\nanchor = root.cer sha256:%s\n"
                   "[ca seal]\ncertificates = file:ca.cer\ncrls = file:ca.crl\n%s",
                   (unsigned long long)f->max_bytes, hex, f->config_more);
    assert_int_equal(config_parse(name, bytes_of(text, strlen(text)), print_fault, NULL, &config),
                     SK_OK);
    return config;
}

static int run_at(struct fixture *f, int64_t now, const char *only)
{
    struct sk_config *config = make_config(f);
    char *name = only != NULL ? strdup(only) : NULL;
    struct report report = {stdout, NULL, false, false};
    size_t size;
    int result;

    free(f->text);
    report.err = open_memstream(&f->text, &size);
    assert_non_null(report.err);
    result = (int)fetch_run(config, &name, only != NULL, now, &report);
    assert_int_equal(fclose(report.err), 0);
    free(name);
    config_free(config);
    return result;
}

static int run(struct fixture *f)
{
    return run_at(f, PKI_T, NULL);
}

static void assert_said(const struct fixture *f, const char *what)
{
    if (strstr(f->text, what) == NULL)
        fail_msg("'%s' is not in: %s", what, f->text);
}

static struct sk_reader *open_reader(const struct fixture *f)
{
    struct sk_generation *gen;
    struct sk_reader *reader;
    char dir[96];

    (void)snprintf(dir, sizeof(dir), "%s/cache", f->dir);
    assert_int_equal(generation_open(dir, &gen, NULL), SK_OK);
    assert_int_equal(reader_new(gen, &reader, NULL), SK_OK);
    generation_unref(gen);
    return reader;
}

static uint64_t number_of(const struct fixture *f)
{
    struct sk_reader *reader = open_reader(f);
    uint64_t number = generation_number(reader_generation(reader));

    reader_free(reader);
    return number;
}

/* Is the object below /pki/ these bytes? */
static bool serves(const struct fixture *f, const char *path, struct sk_bytes body)
{
    struct sk_reader *reader = open_reader(f);
    struct reader_object object;
    bool is_equal =
        reader_object_get(reader, path, &object) == SK_OK && bytes_equal(object.body, body);

    reader_free(reader);
    return is_equal;
}

static bool has_object(const struct fixture *f, const char *path)
{
    struct sk_reader *reader = open_reader(f);
    struct reader_object object;
    enum sk_status status = reader_object_get(reader, path, &object);

    reader_free(reader);
    return status == SK_OK;
}

static bool has_cert(const struct fixture *f, struct sk_bytes der)
{
    struct sk_reader *reader = open_reader(f);
    const struct sk_cert *cert;
    uint8_t hash[SK_SHA256];
    enum sk_status status;

    key_sha256(der, hash);
    status = reader_cert(reader, f->arena, hash, &cert);
    reader_free(reader);
    return status == SK_OK;
}

/* A good first run; then the list is replaced by something that must be refused for this reason
 * while the held one stays. */
static void assert_refused(struct fixture *f, struct sk_bytes bad, const char *reason)
{
    char said[256];

    write_file(f, "ca.crl", f->crl);
    if (run(f) != 0)
        fail_msg("%s", f->text);
    write_file(f, "ca.crl", bad);
    assert_int_equal(run(f), 1);
    (void)snprintf(said, sizeof(said), "sekisho-fetch: seal: file:%s/ca.crl: %s: ", f->dir, reason);
    assert_said(f, said);
    assert_true(serves(f, "seal/crl.crl", f->crl));
    assert_int_equal(number_of(f), 1);
}

static void test_fetch_refuses_a_truncated_list(void **state)
{
    struct fixture *f = *state;
    struct sk_bytes crl = make_crl(f, "DER:02:01:06", PKI_T, 10);

    crl.len -= 1;
    assert_refused(f, crl, "truncated");
    crl.len = 5;
    write_file(f, "ca.crl", crl);
    assert_int_equal(run(f), 1);
    assert_said(f, ": truncated: ");
}

static void test_fetch_refuses_a_malformed_list(void **state)
{
    struct fixture *f = *state;
    struct sk_bytes crl = make_crl(f, "DER:02:01:06", PKI_T, 10);
    uint8_t *copy = arena_copy(f->arena, crl.p, crl.len);

    assert_refused(f, bytes_of("<html>sorry</html>", 18), "malformed");
    write_file(f, "ca.crl", bytes_of(copy, crl.len + 1)); /* arena_copy() leaves a NUL behind */
    assert_int_equal(run(f), 1);
    assert_said(f, ": malformed: ");
    write_file(f, "ca.crl", f->ca);
    assert_int_equal(run(f), 1);
    assert_said(f, ": malformed: ");
    write_file(f, "ca.crl", bytes_of("", 0));
    assert_int_equal(run(f), 1);
    assert_said(f, ": malformed: ");
}

static void test_fetch_refuses_an_oversized_list_and_takes_one_at_the_cap(void **state)
{
    struct fixture *f = *state;
    struct sk_bytes crl = make_crl(f, "DER:02:01:06", PKI_T, 10);
    uint8_t *junk = arena_alloc(f->arena, 1025);

    f->max_bytes = 1024;
    memset(junk, 0x30, 1025);
    assert_refused(f, bytes_of(junk, 1025), "oversized");
    write_file(f, "ca.crl", bytes_of(junk, 1024));
    assert_int_equal(run(f), 1);
    assert_said(f, ": malformed: ");
    write_file(f, "ca.crl", crl);
    assert_int_equal(run(f), 0);
    assert_true(serves(f, "seal/crl.crl", crl));
}

static void test_fetch_refuses_a_list_with_a_wrong_signature(void **state)
{
    struct fixture *f = *state;
    struct pki_crl_spec spec = spec_of("DER:02:01:06", PKI_T, 10);
    struct sk_bytes crl = crl_of(f, &spec);
    uint8_t *copy = arena_copy(f->arena, crl.p, crl.len);

    spec.signer = pki_key(PKI_EC, KEY_ALIEN);
    assert_refused(f, crl_of(f, &spec), "wrong-signature");
    copy[crl.len - 1] ^= 1;
    write_file(f, "ca.crl", bytes_of(copy, crl.len));
    assert_int_equal(run(f), 1);
    assert_said(f, ": wrong-signature: ");
}

static void test_fetch_refuses_a_list_of_another_issuer(void **state)
{
    struct fixture *f = *state;
    struct pki_crl_spec spec = spec_of("DER:02:01:06", PKI_T, 10);

    /* Rightly signed by a verified CA, but not this one. */
    spec.issuer = ROOT;
    spec.signer = pki_key(PKI_EC, KEY_ROOT);
    assert_refused(f, crl_of(f, &spec), "wrong-issuer");
}

static void test_fetch_refuses_a_list_of_the_future(void **state)
{
    struct fixture *f = *state;

    assert_refused(f, make_crl(f, "DER:02:01:06", PKI_T + 1, 10), "not-yet-valid");
}

static void test_fetch_refuses_an_expired_list_and_one_that_never_ends(void **state)
{
    struct fixture *f = *state;
    struct pki_crl_spec spec = spec_of("DER:02:01:06", PKI_T - 50, 10);

    spec.next_update = PKI_T - 1;
    assert_refused(f, crl_of(f, &spec), "expired");
    spec.next_update = -1;
    write_file(f, "ca.crl", crl_of(f, &spec));
    assert_int_equal(run(f), 1);
    assert_said(f, ": expired: ");
    spec.next_update = PKI_T; /* its last second */
    write_file(f, "ca.crl", crl_of(f, &spec));
    assert_int_equal(run(f), 2);
    assert_null(strstr(f->text, "expired"));
    assert_int_equal(number_of(f), 2);
}

static void test_fetch_refuses_a_list_older_than_the_held_one(void **state)
{
    struct fixture *f = *state;
    struct pki_crl_spec spec = spec_of("DER:02:01:06", PKI_T - 101, 10);

    /* An older thisUpdate, a lower number, an older one of another scope, one without a number. */
    assert_refused(f, crl_of(f, &spec), "older-than-held");
    assert_refused(f, make_crl(f, "DER:02:01:04", PKI_T, 10), "older-than-held");
    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,onlyuser:TRUE"};
    assert_refused(f, crl_of(f, &spec), "older-than-held");
    spec.exts[0] = (struct pki_ext){NULL, NULL};
    assert_refused(f, crl_of(f, &spec), "older-than-held");
}

static void test_fetch_refuses_an_older_list_from_another_source(void **state)
{
    struct fixture *f = *state;

    if (run(f) != 0)
        fail_msg("%s", f->text);
    f->config_more = "crls = file:mirror.crl\n";
    write_file(f, "mirror.crl", make_crl(f, "DER:02:01:04", PKI_T, 10));
    assert_int_equal(run(f), 1);
    assert_said(f, "mirror.crl: older-than-held: ");
    write_file(f, "mirror.crl", make_crl(f, "DER:02:01:06", PKI_T, 10));
    assert_int_equal(run(f), 0);
}

static void test_fetch_refuses_a_list_for_another_kind_of_certificate(void **state)
{
    struct fixture *f = *state;
    struct pki_crl_spec spec = spec_of("DER:02:01:06", PKI_T, 10);
    struct sk_bytes arl;

    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,onlyCA:TRUE"};
    assert_refused(f, crl_of(f, &spec), "wrong-scope");
    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,onlyAA:TRUE"};
    write_file(f, "ca.crl", crl_of(f, &spec));
    assert_int_equal(run(f), 1);
    assert_said(f, ": wrong-scope: ");
    f->config_more = "arls = file:ca.arl\n";
    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,onlyuser:TRUE"};
    write_file(f, "ca.arl", crl_of(f, &spec));
    assert_int_equal(run(f), 1);
    assert_said(f, "ca.arl: wrong-scope: ");
    assert_false(has_object(f, "seal/arl.crl"));
    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,onlyCA:TRUE"};
    arl = crl_of(f, &spec);
    write_file(f, "ca.arl", arl);
    assert_int_equal(run(f), 1);
    assert_null(strstr(f->text, "ca.arl"));
    assert_true(serves(f, "seal/arl.crl", arl));
}

static void test_fetch_keeps_what_it_holds_of_a_source_that_fails(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run(f), 0);
    assert_string_equal(f->text, "");
    remove_file(f, "ca.crl");
    remove_file(f, "ca.cer");
    assert_int_equal(run(f), 1);
    assert_said(f, "ca.crl: unreadable: ");
    assert_said(f, "ca.cer: unreadable: ");
    assert_int_equal(number_of(f), 1);
    assert_true(serves(f, "seal/crl.crl", f->crl));
    assert_true(has_cert(f, f->ca));
    /* Garbage in the certificate's place, too. */
    write_file(f, "ca.cer", bytes_of("garbage", 7));
    write_file(f, "ca.crl", f->crl);
    assert_int_equal(run(f), 1);
    assert_said(f, "ca.cer: malformed: ");
    assert_int_equal(number_of(f), 1);
    /* And a certificate of nobody we know. */
    write_file(f, "ca.cer", make_ca(f, CA, KEY_CA, ALIEN, KEY_ALIEN));
    assert_int_equal(run(f), 1);
    assert_said(f, "ca.cer: unverified: ");
    assert_true(has_cert(f, f->ca));
    assert_int_equal(number_of(f), 1);
}

static void test_fetch_tells_what_is_or_will_soon_be_stale(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(run_at(f, PKI_T1 - 3600, NULL), 0);
    assert_int_equal(run_at(f, PKI_T1 - 3599, NULL), 2);
    assert_said(f, "sekisho-fetch: seal: stale: the CRL that is served ends 2014-05-13T16:53:20Z");
    /* Past its end the same list is refused from the source, and stays as what is held. */
    assert_int_equal(run_at(f, PKI_T1 + 1, NULL), 2);
    assert_said(f, ": expired: ");
    assert_true(has_object(f, "seal/crl.crl"));
    assert_int_equal(number_of(f), 1);
}

static void test_fetch_is_stale_where_nothing_can_be_published(void **state)
{
    struct fixture *f = *state;

    write_file(f, "cache", bytes_of("a file", 6));
    assert_int_equal(run(f), 2);
    assert_said(f, ": failed: ");
    assert_said(f, "nothing is published");
}

static void test_fetch_refuses_certificates_that_no_anchor_leads_to(void **state)
{
    struct fixture *f = *state;
    struct sk_bytes stranger = make_ca(f, CA, KEY_CA2, ALIEN, KEY_ALIEN);
    struct sk_bytes forged = make_ca(f, CA, KEY_CA2, ROOT, KEY_ALIEN);
    struct sk_bytes ee =
        pki_cert_der(f->arena, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                       .issuer = CA,
                                                       .key = pki_key(PKI_EC, 5),
                                                       .signer = pki_key(PKI_EC, KEY_CA)});
    struct sk_bytes child = make_ca(f, "/CN=child", 6, "/CN=EE", 5);

    f->config_more = "cross = file:a.cer\ncross = file:b.cer\ncross = file:c.cer\n"
                     "cross = file:d.cer\ncross = file:e.cer\n";
    write_file(f, "a.cer", stranger);
    write_file(f, "b.cer", forged);
    write_file(f, "c.cer", ee);
    write_file(f, "d.cer", child); /* signed by an end entity */
    write_file(f, "e.cer", f->alien);
    assert_int_equal(run(f), 1);
    assert_said(f, "a.cer: unverified: ");
    assert_said(f, "b.cer: wrong-signature: ");
    assert_null(strstr(f->text, "c.cer"));
    assert_said(f, "d.cer: unverified: ");
    assert_null(strstr(f->text, "e.cer"));
    assert_false(has_cert(f, stranger));
    assert_false(has_cert(f, forged));
    assert_true(has_cert(f, ee));
    assert_false(has_cert(f, child));
    /* A strange self-signed CA is kept as a candidate, and lends trust to nobody. */
    assert_true(has_cert(f, f->alien));
    assert_true(has_cert(f, f->root));
}

static void test_fetch_records_the_edges_it_verified_and_no_others(void **state)
{
    struct fixture *f = *state;
    const struct sk_source *source;
    struct sk_cert root, ca, alien;
    struct sk_reader *reader;
    uint8_t crl[SK_SHA256];

    f->config_more = "cross = file:e.cer\n";
    write_file(f, "e.cer", f->alien);
    assert_int_equal(run(f), 0);
    assert_int_equal(cert_parse(f->arena, f->root, &root, NULL), SK_OK);
    assert_int_equal(cert_parse(f->arena, f->ca, &ca, NULL), SK_OK);
    assert_int_equal(cert_parse(f->arena, f->alien, &alien, NULL), SK_OK);
    reader = open_reader(f);
    source = reader_source(reader);
    assert_true(source->ops->is_checked(source, ca.sha256, root.spki_sha256));
    assert_false(source->ops->is_checked(source, ca.sha256, ca.spki_sha256));
    assert_false(source->ops->is_checked(source, alien.sha256, alien.spki_sha256));
    key_sha256(f->crl, crl);
    assert_true(source->ops->is_checked(source, crl, ca.spki_sha256));
    assert_false(source->ops->is_checked(source, crl, root.spki_sha256));
    reader_free(reader);
}

static void test_fetch_drops_what_its_source_withdrew(void **state)
{
    struct fixture *f = *state;
    struct sk_bytes sub = make_ca(f, "/CN=sub", 7, CA, KEY_CA2);

    /* sub is verified through the CA's second key, which is then withdrawn. */
    f->config_more = "cross = file:second.cer\ncross = file:sub.cer\n";
    write_file(f, "second.cer", make_ca(f, CA, KEY_CA2, ROOT, KEY_ROOT));
    write_file(f, "sub.cer", sub);
    assert_int_equal(run(f), 0);
    assert_true(has_cert(f, sub));
    write_file(f, "second.cer", f->ca);
    assert_int_equal(run(f), 1);
    assert_said(f, "sub.cer: wrong-signature: ");
    assert_false(has_cert(f, sub));
    /* Nothing changes any more: the same again is no new generation. */
    assert_int_equal(number_of(f), 2);
    assert_int_equal(run(f), 1);
    assert_int_equal(number_of(f), 2);
}

static void test_fetch_takes_a_list_of_the_next_key(void **state)
{
    struct fixture *f = *state;
    struct pki_crl_spec spec = spec_of("DER:02:01:06", PKI_T - 10, 10);

    /* The new key is certified by the old one: newWithOld. */
    f->config_more = "certificates = file:link.cer\n";
    write_file(f, "link.cer", make_ca(f, CA, KEY_CA2, CA, KEY_CA));
    assert_int_equal(run(f), 0);
    spec.signer = pki_key(PKI_EC, KEY_CA2);
    write_file(f, "ca.crl", crl_of(f, &spec));
    assert_int_equal(run(f), 0);
    assert_int_equal(number_of(f), 2);
    /* The old key's older list does not come back at this address. */
    write_file(f, "ca.crl", make_crl(f, "DER:02:01:07", PKI_T - 11, 10));
    assert_int_equal(run(f), 1);
    assert_said(f, ": older-than-held: ");
    assert_int_equal(number_of(f), 2);
    /* A third list: the new key's numbers do not go back, though they may begin below the old's. */
    spec = spec_of("DER:02:01:05", PKI_T - 9, 10);
    spec.signer = pki_key(PKI_EC, KEY_CA2);
    write_file(f, "ca.crl", crl_of(f, &spec));
    assert_int_equal(run(f), 1);
    assert_said(f, ": older-than-held: ");
}

static void test_fetch_takes_a_next_key_that_counts_from_one(void **state)
{
    struct fixture *f = *state;
    struct pki_crl_spec spec = spec_of("DER:02:01:01", PKI_T - 10, 10);

    f->config_more = "certificates = file:link.cer\n";
    write_file(f, "link.cer", make_ca(f, CA, KEY_CA2, CA, KEY_CA));
    assert_int_equal(run(f), 0);
    spec.signer = pki_key(PKI_EC, KEY_CA2);
    write_file(f, "ca.crl", crl_of(f, &spec));
    assert_int_equal(run(f), 0);
    assert_int_equal(number_of(f), 2);
}

static void test_fetch_publishes_a_list_it_cannot_use_and_says_so(void **state)
{
    struct fixture *f = *state;
    struct pki_crl_spec spec = spec_of("DER:02:01:06", PKI_T, 10);

    spec.exts[1] = (struct pki_ext){"1.2.3.4", "critical,DER:05:00"};
    write_file(f, "ca.crl", crl_of(f, &spec));
    assert_int_equal(run(f), 1);
    assert_said(f, ": unusable: ");
    assert_true(has_object(f, "seal/crl.crl"));
}

static void test_fetch_of_one_ca_leaves_the_others_alone(void **state)
{
    struct fixture *f = *state;

    f->config_more = "[ca root]\ncertificates = file:root.cer\n";
    assert_int_equal(run(f), 0);
    remove_file(f, "ca.crl");
    remove_file(f, "ca.cer");
    assert_int_equal(run_at(f, PKI_T, "root"), 0);
    assert_string_equal(f->text, "");
    assert_true(has_object(f, "seal/crl.crl"));
    assert_int_equal(number_of(f), 1);
    assert_int_equal(run_at(f, PKI_T, "nobody"), 64);
    assert_said(f, "no [ca nobody]");
}

static void test_fetch_drops_what_is_not_configured_any_more(void **state)
{
    struct fixture *f = *state;

    f->config_more = "[ca root]\ncertificates = file:root.cer\n[ca alien]\n"
                     "certificates = file:alien.cer\n";
    write_file(f, "alien.cer", f->alien);
    assert_int_equal(run(f), 0);
    assert_true(has_object(f, "alien/ca.p7c"));
    f->config_more = "";
    assert_int_equal(run(f), 0);
    assert_false(has_object(f, "alien/ca.p7c"));
    assert_false(has_object(f, "root/ca.p7c"));
    assert_false(has_cert(f, f->alien));
}

static void test_fetch_mends_a_damaged_generation(void **state)
{
    struct fixture *f = *state;
    char path[96];

    assert_int_equal(run(f), 0);
    (void)snprintf(path, sizeof(path), "%s/cache/1/data.mdb", f->dir);
    assert_int_equal(truncate(path, 8192), 0);
    assert_int_equal(run(f), 1);
    assert_said(f, "damaged: ");
    assert_int_equal(number_of(f), 2);
    assert_int_equal(run(f), 0);
}

/* The held list cannot be found any more: that is no reason to refuse the next one. */
static void test_fetch_takes_a_list_where_the_held_one_is_damaged(void **state)
{
    struct fixture *f = *state;
    const struct sk_bytes next = make_crl(f, "DER:02:01:06", PKI_T - 10, 10);
    uint8_t key[SK_SHA256 + 4], file[1u << 18];
    uint8_t *at;
    char path[128];
    size_t len;
    FILE *data;

    assert_int_equal(run(f), 0);
    key_sha256(f->crl, key);
    memcpy(key + SK_SHA256, f->crl.p, 4);
    (void)snprintf(path, sizeof(path), "%s/cache/1/data.mdb", f->dir);
    data = fopen(path, "r+");
    assert_non_null(data);
    len = fread(file, 1, sizeof(file), data);
    at = memmem(file, len, key, sizeof(key));
    assert_non_null(at);
    at[SK_SHA256 - 1] ^= 1;
    rewind(data);
    assert_int_equal(fwrite(file, 1, len, data), len);
    assert_int_equal(fclose(data), 0);
    write_file(f, "ca.crl", next);
    (void)run(f);
    assert_int_equal(number_of(f), 2);
    assert_true(serves(f, "seal/crl.crl", next));
}

static void test_fetch_keeps_the_time_of_objects_that_did_not_change(void **state)
{
    struct fixture *f = *state;
    struct reader_object object;
    struct sk_reader *reader;

    assert_int_equal(run(f), 0);
    write_file(f, "ca.crl", make_crl(f, "DER:02:01:06", PKI_T + 50, 10));
    assert_int_equal(run_at(f, PKI_T + 100, NULL), 0);
    assert_int_equal(number_of(f), 2);
    reader = open_reader(f);
    assert_int_equal(reader_object_get(reader, "seal/ca.p7c", &object), SK_OK);
    assert_int_equal(object.modified, PKI_T);
    assert_int_equal(reader_object_get(reader, "seal/crl.crl", &object), SK_OK);
    assert_int_equal(object.modified, PKI_T + 50);
    assert_int_equal(object.expires, PKI_T1);
    reader_free(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fetch_refuses_a_truncated_list),
        TEST(test_fetch_refuses_a_malformed_list),
        TEST(test_fetch_refuses_an_oversized_list_and_takes_one_at_the_cap),
        TEST(test_fetch_refuses_a_list_with_a_wrong_signature),
        TEST(test_fetch_refuses_a_list_of_another_issuer),
        TEST(test_fetch_refuses_a_list_of_the_future),
        TEST(test_fetch_refuses_an_expired_list_and_one_that_never_ends),
        TEST(test_fetch_refuses_a_list_older_than_the_held_one),
        TEST(test_fetch_refuses_an_older_list_from_another_source),
        TEST(test_fetch_refuses_a_list_for_another_kind_of_certificate),
        TEST(test_fetch_refuses_certificates_that_no_anchor_leads_to),
        TEST(test_fetch_keeps_what_it_holds_of_a_source_that_fails),
        TEST(test_fetch_drops_what_its_source_withdrew),
        TEST(test_fetch_tells_what_is_or_will_soon_be_stale),
        TEST(test_fetch_is_stale_where_nothing_can_be_published),
        TEST(test_fetch_records_the_edges_it_verified_and_no_others),
        TEST(test_fetch_takes_a_list_of_the_next_key),
        TEST(test_fetch_takes_a_next_key_that_counts_from_one),
        TEST(test_fetch_publishes_a_list_it_cannot_use_and_says_so),
        TEST(test_fetch_of_one_ca_leaves_the_others_alone),
        TEST(test_fetch_drops_what_is_not_configured_any_more),
        TEST(test_fetch_mends_a_damaged_generation),
        TEST(test_fetch_takes_a_list_where_the_held_one_is_damaged),
        TEST(test_fetch_keeps_the_time_of_objects_that_did_not_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
