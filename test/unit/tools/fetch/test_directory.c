/* SPDX-License-Identifier: Apache-2.0 */
/* Whole runs: what stands in which entry of the directory, and what LDIF files add. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "cache/dit.h"
#include "core/hex.h"
#include "test/support/fetchrun.h"

#define CA_DN "CN=CA,O=Seal,C=JP"

/* The directory of the last run. */
struct look {
    struct fetchrun *f;
    struct sk_reader *reader;
    struct dir_entry entry;
};

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

static void look_begin(struct look *look, struct fetchrun *f)
{
    look->f = f;
    look->reader = fetchrun_open_reader(f);
}

static void look_end(struct look *look)
{
    reader_free(look->reader);
}

static bool look_at(struct look *look, const char *dn)
{
    struct dir_key key;
    enum sk_status status;

    assert_int_equal(dir_dn_key(look->f->arena, text(dn), &key, NULL), SK_OK);
    status = dit_get(look->reader, look->f->arena, &key, &look->entry);
    assert_true(status == SK_OK || status == SK_NOTFOUND);
    return status == SK_OK;
}

static const struct dir_values *values_of(const struct look *look, const char *name)
{
    return dir_entry_get0(&look->entry, dir_schema_attribute(text(name)));
}

static size_t count(const struct look *look, const char *name)
{
    const struct dir_values *values = values_of(look, name);

    return values != NULL ? values->num : 0;
}

static bool has(const struct look *look, const char *name, struct sk_bytes value)
{
    const struct dir_values *values = values_of(look, name);
    size_t i;

    for (i = 0; values != NULL && i < values->num; i++) {
        if (bytes_equal(values->values[i], value))
            return true;
    }
    return false;
}

static void assert_classes(const struct look *look, const char *const *names, size_t num)
{
    size_t i;

    assert_int_equal(count(look, "objectClass"), num);
    for (i = 0; i < num; i++)
        assert_true(has(look, "objectClass", text(names[i])));
}
#define ASSERT_CLASSES(look, ...)                                                                  \
    assert_classes(look, (const char *const[]){__VA_ARGS__},                                       \
                   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* A CertificatePair with these halves, or without one of them. */
static struct sk_bytes pair(struct fetchrun *f, struct sk_bytes to_this, struct sk_bytes by_this)
{
    const struct sk_bytes halves[] = {to_this, by_this};
    struct sk_bytes out;
    struct sk_buf body, whole;
    size_t i;

    buf_init(&body, 100000);
    buf_init(&whole, 100000);
    for (i = 0; i < 2; i++) {
        if (halves[i].len == 0)
            continue;
        buf_put_byte(&body, (uint8_t)(0xa0 | i));
        buf_put_byte(&body, 0x82);
        buf_put_byte(&body, (uint8_t)(halves[i].len >> 8));
        buf_put_byte(&body, (uint8_t)halves[i].len);
        buf_put(&body, halves[i].p, halves[i].len);
    }
    buf_put_byte(&whole, 0x30);
    buf_put_byte(&whole, 0x82);
    buf_put_byte(&whole, (uint8_t)(body.len >> 8));
    buf_put_byte(&whole, (uint8_t)body.len);
    buf_put(&whole, body.data, body.len);
    out = bytes_of(arena_copy(f->arena, whole.data, whole.len), whole.len);
    buf_done(&body);
    buf_done(&whole);
    return out;
}

static const struct sk_bytes none = {NULL, 0};

/* ---- CAs ---- */

static void test_directory_has_an_entry_of_each_ca_and_of_what_is_above(void **state)
{
    struct fetchrun *f = *state;
    struct look look;

    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, "cn=ca, o=SEAL, c=jp"));
    assert_true(bytes_equal(look.entry.dn, text(CA_DN)));
    assert_false(look.entry.is_referral);
    ASSERT_CLASSES(&look, "top", "organizationalRole", "pkiCA");
    assert_true(has(&look, "cn", text("CA")));
    assert_true(has(&look, "cACertificate", f->ca));
    assert_int_equal(count(&look, "cACertificate"), 1);
    assert_true(has(&look, "crossCertificatePair", pair(f, f->ca, none)));
    assert_int_equal(count(&look, "crossCertificatePair"), 1);
    assert_true(has(&look, "certificateRevocationList", f->crl));
    assert_int_equal(count(&look, "authorityRevocationList"), 0);
    assert_true(look_at(&look, "O=Seal,C=JP"));
    ASSERT_CLASSES(&look, "top", "organization");
    assert_true(has(&look, "o", text("Seal")));
    assert_int_equal(look.entry.num, 2);
    assert_true(look_at(&look, "C=JP"));
    ASSERT_CLASSES(&look, "top", "country");
    /* The root has no section. */
    assert_false(look_at(&look, "CN=Root,O=Seal,C=JP"));
    assert_int_equal(dit_num_entries(look.reader), 3);
    look_end(&look);
}

static void test_directory_puts_a_ca_at_its_configured_names(void **state)
{
    struct fetchrun *f = *state;
    struct look look;

    f->config_more = "dn = ou=The Seal,dc=example\ndn = CN=CA+OU=x+UID=y,c=JP\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_false(look_at(&look, CA_DN));
    assert_true(look_at(&look, "OU=the seal,DC=example"));
    ASSERT_CLASSES(&look, "top", "organizationalUnit", "pkiCA");
    assert_true(has(&look, "cACertificate", f->ca));
    assert_true(has(&look, "certificateRevocationList", f->crl));
    assert_true(look_at(&look, "dc=example"));
    ASSERT_CLASSES(&look, "top", "domain");
    assert_true(look_at(&look, "ou=x+uid=y+cn=ca,c=jp"));
    ASSERT_CLASSES(&look, "top", "organizationalRole", "extensibleObject", "pkiCA");
    assert_true(has(&look, "uid", text("y")));
    assert_true(has(&look, "cACertificate", f->ca));
    look_end(&look);
}

/* Two names: each has what is of it; a configured name that is one of them too. */
static void test_directory_keeps_names_of_one_ca_apart(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes old = fetchrun_make_ca(f, "/C=JP/O=Seal/CN=Old CA", KEY_CA2, ROOT, KEY_ROOT);
    struct look look;

    fetchrun_write_file(f, "old.cer", old);
    f->config_more = "certificates = file:old.cer\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, CA_DN));
    assert_int_equal(count(&look, "cACertificate"), 1);
    assert_true(look_at(&look, "CN=Old CA,O=Seal,C=JP"));
    assert_int_equal(count(&look, "cACertificate"), 1);
    assert_true(has(&look, "cACertificate", old));
    assert_int_equal(count(&look, "certificateRevocationList"), 0);
    look_end(&look);
    f->config_more = "certificates = file:old.cer\ndn = cn=ca,o=seal,c=jp\ndn = c=XX\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, CA_DN));
    assert_int_equal(count(&look, "cACertificate"), 1);
    assert_false(look_at(&look, "CN=Old CA,O=Seal,C=JP"));
    assert_true(look_at(&look, "C=XX"));
    assert_int_equal(count(&look, "cACertificate"), 2);
    ASSERT_CLASSES(&look, "top", "country", "pkiCA");
    look_end(&look);
}

static void test_directory_stays_within_its_suffixes(void **state)
{
    struct fetchrun *f = *state;
    struct look look;

    f->config_more = "[repository]\nsuffix = O=Seal,C=JP\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, CA_DN));
    assert_true(look_at(&look, "O=Seal,C=JP"));
    assert_false(look_at(&look, "C=JP"));
    look_end(&look);
    f->config_more = "[repository]\nsuffix = O=Other,C=JP\n";
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "seal: " CA_DN ": unusable: no entry in the directory: outside every");
    look_begin(&look, f);
    assert_false(look_at(&look, CA_DN));
    assert_true(look_at(&look, "O=Other,C=JP"));
    assert_int_equal(dit_num_entries(look.reader), 1);
    look_end(&look);
}

/* Both halves in one value where names and keys fit, in both CAs' entries. */
static void test_directory_pairs_cross_certificates(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes back = fetchrun_make_ca(f, ROOT, KEY_ROOT, CA, KEY_CA);
    struct sk_bytes other = fetchrun_make_ca(f, ROOT, KEY_CA2, CA, KEY_CA);
    struct look look;

    fetchrun_write_file(f, "back.cer", back);
    fetchrun_write_file(f, "other.cer", other);
    f->config_more = "cross = file:back.cer\ncross = file:other.cer\n"
                     "[ca root]\ncertificates = file:root.cer\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, CA_DN));
    assert_int_equal(count(&look, "crossCertificatePair"), 2);
    assert_true(has(&look, "crossCertificatePair", pair(f, f->ca, back)));
    assert_true(has(&look, "crossCertificatePair", pair(f, none, other)));
    assert_int_equal(count(&look, "cACertificate"), 1);
    assert_true(look_at(&look, "CN=Root,O=Seal,C=JP"));
    assert_int_equal(count(&look, "crossCertificatePair"), 2);
    assert_true(has(&look, "crossCertificatePair", pair(f, back, f->ca)));
    assert_true(has(&look, "crossCertificatePair", pair(f, other, none)));
    assert_int_equal(count(&look, "cACertificate"), 1);
    assert_true(has(&look, "cACertificate", f->root));
    look_end(&look);
}

/* Link certificates are self-issued: cACertificate has them, no pair. */
static void test_directory_has_link_certificates_with_the_cas_own(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes link = fetchrun_make_ca(f, CA, KEY_CA2, CA, KEY_CA);
    struct look look;

    fetchrun_write_file(f, "link.cer", link);
    f->config_more = "cross = file:link.cer\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, CA_DN));
    assert_int_equal(count(&look, "cACertificate"), 2);
    assert_true(has(&look, "cACertificate", link));
    assert_int_equal(count(&look, "crossCertificatePair"), 1);
    look_end(&look);
}

/* ---- lists ---- */

static void test_directory_has_lists_by_kind(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T - 50, 9);
    struct sk_bytes arl, delta;
    struct look look;

    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,onlyCA:TRUE"};
    arl = fetchrun_crl_of(f, &spec);
    spec.exts[1] = (struct pki_ext){"deltaCRL", "critical,DER:02:01:05"};
    delta = fetchrun_crl_of(f, &spec);
    fetchrun_write_file(f, "arl.crl", arl);
    fetchrun_write_file(f, "delta.crl", delta);
    f->config_more = "crls = file:delta.crl\narls = file:arl.crl\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, CA_DN));
    assert_int_equal(count(&look, "certificateRevocationList"), 1);
    assert_true(has(&look, "certificateRevocationList", f->crl));
    assert_int_equal(count(&look, "authorityRevocationList"), 1);
    assert_true(has(&look, "authorityRevocationList", arl));
    assert_int_equal(count(&look, "deltaRevocationList"), 1);
    assert_true(has(&look, "deltaRevocationList", delta));
    ASSERT_CLASSES(&look, "top", "organizationalRole", "pkiCA", "deltaCRL");
    look_end(&look);
}

/* The list in force comes before one that is not yet, and alone once it is. */
static void test_directory_puts_the_list_in_force_first(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes next = fetchrun_make_crl(f, "DER:02:01:06", PKI_T + 1000, 9);
    struct look look;

    assert_int_equal(fetchrun_run(f), 0);
    fetchrun_write_file(f, "ca.crl", next);
    assert_int_equal(fetchrun_run(f), 1); /* told: not yet in force */
    look_begin(&look, f);
    assert_true(look_at(&look, CA_DN));
    assert_int_equal(count(&look, "certificateRevocationList"), 2);
    assert_true(bytes_equal(values_of(&look, "certificateRevocationList")->values[0], f->crl));
    assert_true(bytes_equal(values_of(&look, "certificateRevocationList")->values[1], next));
    look_end(&look);
    assert_int_equal(fetchrun_run_at(f, PKI_T + 1001, NULL), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, CA_DN));
    assert_int_equal(count(&look, "certificateRevocationList"), 1);
    assert_true(has(&look, "certificateRevocationList", next));
    look_end(&look);
}

static void test_directory_has_lists_at_their_distribution_points(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T - 50, 9);
    struct sk_bytes full, relative;
    struct look look;

    spec.sections = "[full]\nfullname=dirName:point\n[point]\nC=JP\nO=Seal\nCN=Point 1\n"
                    "[relative]\nrelativename=rdn\n[rdn]\nOU=Point 2\n";
    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,@full"};
    full = fetchrun_crl_of(f, &spec);
    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,@relative"};
    relative = fetchrun_crl_of(f, &spec);
    fetchrun_write_file(f, "full.crl", full);
    fetchrun_write_file(f, "relative.crl", relative);
    f->config_more = "crls = file:full.crl\ncrls = file:relative.crl\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, CA_DN));
    assert_int_equal(count(&look, "certificateRevocationList"), 1);
    assert_true(look_at(&look, "CN=Point 1,O=Seal,C=JP"));
    ASSERT_CLASSES(&look, "top", "cRLDistributionPoint");
    assert_int_equal(count(&look, "certificateRevocationList"), 1);
    assert_true(has(&look, "certificateRevocationList", full));
    assert_true(look_at(&look, "OU=Point 2,CN=CA,O=Seal,C=JP"));
    ASSERT_CLASSES(&look, "top", "organizationalUnit", "pkiCA");
    assert_true(has(&look, "certificateRevocationList", relative));
    look_end(&look);
}

/* A list whose distribution point is the CA's own entry is in its other entries, too; that of any
 * other point is not. */
static void test_directory_has_lists_of_the_cas_own_point_in_all_its_entries(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T - 50, 9);
    struct sk_bytes own, part;
    struct look look;

    spec.sections = "[own]\nfullname=dirName:ca\n[ca]\nC=JP\nO=Seal\nCN=CA\n"
                    "[part]\nfullname=dirName:point\n[point]\nC=JP\nO=Seal\nCN=Point 1\n";
    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,@own"};
    own = fetchrun_crl_of(f, &spec);
    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,@part"};
    part = fetchrun_crl_of(f, &spec);
    fetchrun_write_file(f, "own.crl", own);
    fetchrun_write_file(f, "part.crl", part);
    f->config_more = "dn = " CA_DN "\ndn = OU=\xe5\x8d\xb0,C=JP\ncrls = file:own.crl\n"
                     "crls = file:part.crl\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, CA_DN));
    assert_true(has(&look, "certificateRevocationList", own));
    assert_false(has(&look, "certificateRevocationList", part));
    assert_true(look_at(&look, "OU=\xe5\x8d\xb0,C=JP"));
    assert_true(has(&look, "certificateRevocationList", own));
    assert_false(has(&look, "certificateRevocationList", part));
    assert_true(look_at(&look, "CN=Point 1,O=Seal,C=JP"));
    assert_int_equal(count(&look, "certificateRevocationList"), 1);
    assert_true(has(&look, "certificateRevocationList", part));
    look_end(&look);
}

static enum sk_status take_stale(void *arg, const struct dit_stale *stale)
{
    assert_true(bytes_equal(stale->dn, text(CA_DN)));
    assert_string_equal(stale->attribute->names[0], "certificateRevocationList");
    assert_int_equal(stale->next_update, PKI_T1);
    ++*(size_t *)arg;
    return SK_OK;
}

static void test_directory_tells_which_entry_is_stale(void **state)
{
    struct fetchrun *f = *state;
    struct look look;
    size_t num = 0;

    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_int_equal(dit_stale(look.reader, f->arena, PKI_T1, take_stale, &num), SK_OK);
    assert_int_equal(num, 0);
    assert_int_equal(dit_stale(look.reader, f->arena, PKI_T1 + 1, take_stale, &num), SK_OK);
    assert_int_equal(num, 1);
    look_end(&look);
}

/* ---- end entities ---- */

static void test_directory_has_end_entities_when_it_is_told_to(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes user = pki_cert_der(
        f->arena, &(struct pki_cert_spec){.subject = "/C=JP/O=People/CN=Taro/serialNumber=7",
                                          .issuer = CA,
                                          .key = pki_key(PKI_EC, KEY_ALIEN),
                                          .signer = pki_key(PKI_EC, KEY_CA)});
    struct look look;

    fetchrun_write_file(f, "user.cer", user);
    f->config_more = "certificates = file:user.cer\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_int_equal(dit_num_entries(look.reader), 3);
    look_end(&look);
    f->config_more = "certificates = file:user.cer\nend-entities = yes\n";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, "serialNumber=7,CN=Taro,O=People,C=JP"));
    ASSERT_CLASSES(&look, "top", "locality", "extensibleObject", "pkiUser");
    assert_true(has(&look, "userCertificate", user));
    assert_true(look_at(&look, "CN=Taro,O=People,C=JP"));
    assert_int_equal(count(&look, "userCertificate"), 0);
    assert_true(look_at(&look, CA_DN));
    assert_int_equal(count(&look, "userCertificate"), 0);
    look_end(&look);
}

/* ---- LDIF ---- */

#define LDIF "[repository]\nldif = x.ldif\n"

static void write_ldif(struct fetchrun *f, const char *ldif)
{
    fetchrun_write_file(f, "x.ldif", text(ldif));
}

static void test_import_adds_to_what_is_known(void **state)
{
    struct fetchrun *f = *state;
    struct look look;
    uint64_t number;

    write_ldif(f, "dn: c=JP\nobjectClass: country\nc: JP\ndescription: from a file\n\n"
                  "dn: o=Seal,c=jp\nobjectClass: top\nobjectClass: organization\no: Seal\n\n"
                  "dn: cn=ca,o=seal,c=jp\nobjectClass: device\ncn: ca\nl: Osaka\n"
                  "cACertificate;binary:: AAEC\ncertificateRevocationList;binary:: AAEC\n"
                  "crossCertificatePair;binary:: AAEC\nuserCertificate;binary:: AAEC\n\n"
                  "dn: cn=Elsewhere,o=Seal,c=JP\nobjectClass: top\nobjectClass: referral\n"
                  "objectClass: extensibleObject\ncn: Elsewhere\n"
                  "ref: ldap://other.example/o=Seal,c=JP\n\n"
                  "dn: ou=People,c=JP\nobjectClass: organizationalUnit\nou: People\nou: Leute\n"
                  "userCertificate;binary:: AAEC\nmodifyTimestamp: 20260101000000Z\n"
                  "entryDN: ou=People,c=JP\n");
    f->config_more = LDIF;
    assert_int_equal(fetchrun_run(f), 0);
    assert_string_equal(f->text, "");
    look_begin(&look, f);
    assert_true(look_at(&look, "c=JP"));
    ASSERT_CLASSES(&look, "country");
    assert_true(has(&look, "description", text("from a file")));
    assert_true(look_at(&look, CA_DN));
    ASSERT_CLASSES(&look, "device", "pkiCA");
    assert_true(has(&look, "l", text("Osaka")));
    assert_true(bytes_equal(look.entry.dn, text("cn=ca,o=seal,c=jp")));
    assert_int_equal(count(&look, "cACertificate"), 1);
    assert_true(has(&look, "cACertificate", f->ca));
    assert_true(has(&look, "certificateRevocationList", f->crl));
    assert_int_equal(count(&look, "certificateRevocationList"), 1);
    assert_int_equal(count(&look, "crossCertificatePair"), 1);
    assert_true(has(&look, "userCertificate", bytes_of("\0\1\2", 3)));
    assert_true(look_at(&look, "cn=elsewhere,o=seal,c=jp"));
    assert_true(look.entry.is_referral);
    assert_true(look_at(&look, "ou=People,c=JP"));
    assert_int_equal(count(&look, "ou"), 2);
    assert_true(has(&look, "userCertificate", bytes_of("\0\1\2", 3)));
    assert_true(has(&look, "modifyTimestamp", text("20260101000000Z")));
    assert_int_equal(count(&look, "entryDN"), 0);
    assert_int_equal(dit_num_entries(look.reader), 5);
    look_end(&look);
    number = fetchrun_number_of(f);
    assert_int_equal(fetchrun_run(f), 0);
    assert_int_equal(fetchrun_number_of(f), number);
}

/* Certificates of a file are in no path: what is not verified is not published for validation. */
static void test_import_gives_no_trust(void **state)
{
    struct fetchrun *f = *state;
    struct sk_buf ldif;
    struct look look;
    const struct sk_cert *cert;
    uint8_t hash[SK_SHA256];

    buf_init(&ldif, 100000);
    buf_put_text(&ldif, "dn: c=XX\nobjectClass: country\nobjectClass: pkiCA\nc: XX\n"
                        "cACertificate;binary:: ");
    base64_encode(f->alien, &ldif);
    buf_put_text(&ldif, "\n");
    fetchrun_write_file(f, "x.ldif", buf_bytes(&ldif));
    buf_done(&ldif);
    f->config_more = LDIF;
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_true(look_at(&look, "c=XX"));
    assert_true(has(&look, "cACertificate", f->alien));
    key_sha256(f->alien, hash);
    assert_int_equal(reader_cert(look.reader, f->arena, hash, &cert), SK_NOTFOUND);
    look_end(&look);
}

static void test_import_refuses_what_is_wrong_and_takes_the_rest(void **state)
{
    static const char *const said[] = {
        "x.ldif:5: malformed: attribute nonsense left out: the schema does not have it",
        "x.ldif:7: malformed: it has no objectClass",
        "x.ldif:10: malformed: DN: ",
        "x.ldif:14: malformed: there is no entry above it",
        "x.ldif:18: malformed: an attribute of its name is not among its attributes",
        "x.ldif:22: malformed: line 25: values of other files or addresses are not taken",
        "x.ldif:27: malformed: line 28: a change, not an entry",
        "x.ldif:31: malformed: there is an entry of this name",
        "x.ldif:35: malformed: line 35: a record begins with dn:, not with include:",
        "x.ldif:37: malformed: outside every suffix of [repository], or the root",
        "x.ldif:44: malformed: line 46: not base64",
        "x.ldif:48: malformed: there is no entry above it",
        "x.ldif:56: malformed: attribute userPassword left out: everybody could read it",
    };
    struct fetchrun *f = *state;
    struct look look;
    size_t i;

    write_ldif(f, "version: 1\ndn: c=FR\nobjectClass: country\nc: FR\nnonsense: x\n\n"
                  "dn: o=A,c=FR\no: A\n\n"                                  /* 7 */
                  "dn: nobody\nobjectClass: country\nc: FR\n\n"             /* 10 */
                  "dn: cn=x,o=Nowhere,c=FR\nobjectClass: device\ncn: x\n\n" /* 14 */
                  "dn: o=B,c=FR\nobjectClass: organization\no: C\n\n"       /* 18 */
                  "dn: o=D,c=FR\nobjectClass: organization\no: D\n"         /* 22 */
                  "description:< file:///etc/passwd\n\n"                    /* 25 */
                  "dn: o=E,c=FR\nchangetype: delete\n\n\n"                  /* 27 */
                  "dn: C=fr\nobjectClass: country\nc: FR\n\n"               /* 31 */
                  "include: file:///etc/passwd\n\n"                         /* 35 */
                  "dn:\nobjectClass: country\nc: FR\n\n"                    /* 37 */
                  "# a comment\n in two lines\n\n"                          /* 41 */
                  "dn: o=F,c=FR\nobjectClass: organization\no:: !!!\n\n"    /* 44 */
                  "dn: cn=x,c=UK\nobjectClass: device\ncn: x\n\n"           /* 48 */
                  "dn: o=Good,\n c=FR\nobjectClass: organization\no:: R29vZA==\n"
                  "userPassword: secret\n");
    f->config_more = LDIF;
    assert_int_equal(fetchrun_run(f), 1);
    for (i = 0; i < sizeof(said) / sizeof(said[0]); i++)
        fetchrun_assert_said(f, said[i]);
    look_begin(&look, f);
    assert_true(look_at(&look, "o=good,c=fr"));
    assert_true(has(&look, "o", text("Good")));
    assert_int_equal(look.entry.num, 2); /* no password */
    assert_true(look_at(&look, "c=FR"));
    assert_int_equal(look.entry.num, 2);
    assert_int_equal(dit_num_entries(look.reader), 5);
    look_end(&look);
}

/* A file's first entry may be a naming context of several RDNs; a later one may not. */
static void test_import_begins_a_naming_context_with_a_files_first_entry(void **state)
{
    struct fetchrun *f = *state;
    struct look look;

    write_ldif(f, "dn: o=X,c=US\nobjectClass: organization\no: X\n\n"
                  "dn: ou=Y,o=X,c=US\nobjectClass: organizationalUnit\nou: Y\n\n"
                  "dn: o=Z,c=UK\nobjectClass: organization\no: Z\n\n");
    f->config_more = LDIF;
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "x.ldif:9: malformed: there is no entry above it");
    look_begin(&look, f);
    assert_true(look_at(&look, "ou=y,o=x,c=us"));
    assert_false(look_at(&look, "o=Z,c=UK"));
    look_end(&look);
    f->config_more = LDIF "suffix = o=Z,c=UK\nsuffix = c=JP\n";
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "x.ldif:1: malformed: outside every suffix");
    look_begin(&look, f);
    assert_true(look_at(&look, "o=Z,c=UK"));
    assert_false(look_at(&look, "o=x,c=us"));
    look_end(&look);
}

/* L-36: what was imported stays while its file cannot be read. */
static void test_import_keeps_what_is_held_when_a_file_fails(void **state)
{
    struct fetchrun *f = *state;
    struct look look;

    write_ldif(f, "dn: o=X,c=US\nobjectClass: organization\no: X\n\n"
                  "dn: ou=Y,o=X,c=US\nobjectClass: organizationalUnit\nou: Y\n\n"
                  "dn: ou=Y,o=Seal,c=JP\nobjectClass: organizationalUnit\nou: Y\n");
    f->config_more = LDIF;
    assert_int_equal(fetchrun_run(f), 0);
    fetchrun_remove_file(f, "x.ldif");
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "x.ldif: unreadable: ");
    look_begin(&look, f);
    assert_true(look_at(&look, "ou=y,o=x,c=us"));
    assert_true(look_at(&look, "ou=y,o=Seal,c=JP"));
    assert_true(look_at(&look, CA_DN));
    assert_int_equal(dit_num_entries(look.reader), 6);
    look_end(&look);
    f->config_more = "";
    assert_int_equal(fetchrun_run(f), 0);
    look_begin(&look, f);
    assert_false(look_at(&look, "o=x,c=us"));
    look_end(&look);
}

static void test_import_tells_so_many_faults_and_then_how_many_more(void **state)
{
    struct fetchrun *f = *state;
    struct sk_buf ldif;
    const char *p;
    size_t i, num = 0;

    buf_init(&ldif, 1u << 20);
    for (i = 0; i < LIMIT_LDIF_FAULTS + 7; i++)
        buf_put_text(&ldif, "dn: bad\nc: JP\n\n");
    fetchrun_write_file(f, "x.ldif", buf_bytes(&ldif));
    buf_done(&ldif);
    f->config_more = LDIF;
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "x.ldif: malformed: 7 faults more");
    for (p = f->text; (p = strchr(p, '\n')) != NULL; p++)
        num++;
    assert_int_equal(num, LIMIT_LDIF_FAULTS + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fetchrun_setup, fetchrun_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_directory_has_an_entry_of_each_ca_and_of_what_is_above),
        TEST(test_directory_puts_a_ca_at_its_configured_names),
        TEST(test_directory_keeps_names_of_one_ca_apart),
        TEST(test_directory_stays_within_its_suffixes),
        TEST(test_directory_pairs_cross_certificates),
        TEST(test_directory_has_link_certificates_with_the_cas_own),
        TEST(test_directory_has_lists_by_kind),
        TEST(test_directory_puts_the_list_in_force_first),
        TEST(test_directory_has_lists_at_their_distribution_points),
        TEST(test_directory_has_lists_of_the_cas_own_point_in_all_its_entries),
        TEST(test_directory_tells_which_entry_is_stale),
        TEST(test_directory_has_end_entities_when_it_is_told_to),
        TEST(test_import_adds_to_what_is_known),
        TEST(test_import_gives_no_trust),
        TEST(test_import_refuses_what_is_wrong_and_takes_the_rest),
        TEST(test_import_begins_a_naming_context_with_a_files_first_entry),
        TEST(test_import_keeps_what_is_held_when_a_file_fails),
        TEST(test_import_tells_so_many_faults_and_then_how_many_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
