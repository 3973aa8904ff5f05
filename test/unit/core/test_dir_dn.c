/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distinguished names: what is refused, what is one name (L-16), and OpenLDAP's reader as oracle
 * over generated texts (test/support/dn_oracle.h has the differences).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "core/dir_dn.h"
#include "core/name.h"
#include "test/support/dn_oracle.h"

static struct sk_arena *arena;

static struct sk_bytes text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

static enum sk_status key_status(const char *text)
{
    struct dir_key key = {.depth = 77};
    struct sk_err err = {0};
    enum sk_status status = dir_dn_key(arena, text_of(text), &key, &err);

    if (status != SK_OK) {
        assert_int_equal(key.depth, 77);
        assert_int_equal(err.status, status);
        assert_true(err.text[0] != '\0');
    }
    return status;
}

static struct dir_key key_of(const char *text)
{
    struct dir_key key;
    struct sk_err err = {0};

    if (dir_dn_key(arena, text_of(text), &key, &err) != SK_OK)
        fail_msg("%s: %s", text, err.text);
    return key;
}

static void test_dn_refuses_what_is_no_dn(void **state)
{
    static const char *const bad[] = {
        " ",
        ",",
        "cn",
        "=a",
        "cn=a,",
        ",cn=a",
        "cn=a,,c=JP",
        "cn=a;;c=JP",
        "cn=a+",
        "+cn=a",
        "cn=a+,c=JP",
        "cn=a\"b",
        "cn=a<b",
        "cn=a>b",
        "cn=\"a",
        "cn=\"a\"b",
        "cn=\"a\\",
        "cn=a\\",
        "cn=a\\4",
        "cn=a\\zz",
        "cn=a\\-b",
        "cn=a\\*b",
        "cn=#",
        "cn=#0",
        "cn=#0c0",
        "cn=#zz",
        "cn=#0c0141 41",
        "cn=#0c0241",   /* length goes past the end */
        "cn=#0c014100", /* something behind it */
        "cn=#0c810141", /* not minimal */
        "cn=\xff",
        "cn=\\ff",
        "cn=\xe6\x97",
        "unknown=a",
        "cn;binary=a",
        "c n=a",
        "2.5.4.=a",
        "2.5.04.3=a",
        "2=a",
        "3.1=a",
        "OID.=a",
        "OID.cnn=a",
        "OID.cn=a",
        "cn=a+cn=b",
        "cn=a+2.5.4.3=a",
        "cn=a+commonName=b+sn=c",
        "cn=a/o=b,x",
        "1.2.10889035741470030830827987437816582766592=a",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (key_status(bad[i]) != SK_INPUT)
            fail_msg("taken: %s", bad[i]);
    }
}

static void test_dn_refuses_a_nul(void **state)
{
    struct dir_key key;

    (void)state;
    assert_int_equal(dir_dn_key(arena, bytes_of("cn=a\0b", 6), &key, NULL), SK_INPUT);
    assert_int_equal(dir_dn_key(arena, bytes_of("cn=\"\0\"", 6), &key, NULL), SK_INPUT);
    assert_int_equal(dir_dn_key(arena, bytes_of("c\0n=a", 5), &key, NULL), SK_INPUT);
    assert_int_equal(dir_dn_key(arena, bytes_of("cn=a\\\0", 6), &key, NULL), SK_INPUT);
}

static void test_dn_limits_are_kept(void **state)
{
    char text[LIMIT_DIR_DN_BYTES + 2];
    struct sk_bytes der;
    struct sk_buf deep;
    struct dir_key key;
    unsigned i;

    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text, "cn=", 3);
    assert_int_equal(dir_dn_key(arena, bytes_of(text, LIMIT_DIR_DN_BYTES), &key, NULL), SK_OK);
    assert_int_equal(dir_dn_key(arena, bytes_of(text, LIMIT_DIR_DN_BYTES + 1), &key, NULL),
                     SK_LIMIT);
    buf_init(&deep, 4096);
    for (i = 0; i < LIMIT_NAME_RDNS; i++) {
        buf_put_text(&deep, i == 0 ? "ou=x" : ",ou=x");
        assert_int_equal(dir_dn_key(arena, buf_bytes(&deep), &key, NULL),
                         i < LIMIT_DIR_DEPTH ? SK_OK : SK_LIMIT);
        assert_int_equal(dir_dn_name(arena, buf_bytes(&deep), &der, NULL), SK_OK);
    }
    buf_put_text(&deep, ",ou=x");
    assert_int_equal(dir_dn_name(arena, buf_bytes(&deep), &der, NULL), SK_LIMIT);
    buf_reset(&deep);
    for (i = 0; i < LIMIT_NAME_AVAS + 1; i++) {
        buf_printf(&deep, "%s1.2.3.%u=x", i == 0 ? "" : "+", i);
        assert_int_equal(dir_dn_key(arena, buf_bytes(&deep), &key, NULL),
                         i < LIMIT_NAME_AVAS ? SK_OK : SK_LIMIT);
    }
    buf_done(&deep);
}

static void test_dn_fails_when_memory_ends(void **state)
{
    static const char text[] = "cn=a+sn=#0c0141,o=\"b\",c=JP";
    enum sk_status status = SK_NOMEM;
    size_t room;

    (void)state;
    for (room = 0; status != SK_OK; room += 16) {
        struct sk_arena *small = arena_new(room);
        struct dir_key key = {.depth = 77};
        struct sk_bytes der = {0};

        status = dir_dn_key(small, text_of(text), &key, NULL);
        assert_true(status == SK_OK || (status == SK_NOMEM && key.depth == 77));
        arena_reset(small);
        if (dir_dn_name(small, text_of(text), &der, NULL) != SK_OK) {
            assert_null(der.p);
            status = SK_NOMEM;
        }
        arena_free(small);
    }
    assert_true(room > 128);
}

/* L-16: all of a row are one name. */
static void test_dn_spellings_of_one_name_have_one_key(void **state)
{
    static const char *const rows[][8] = {
        {"cn=a b,c=JP", "CN=A  B,C=jp", " commonName = a b , countryName = JP ",
         "2.5.4.3=\\61\\20b;c=JP", "OID.2.5.4.3=\"a b\",c=JP", "cn=#0c03612062,2.5.4.6=#13024A50",
         "cn=\\ a\\ b\\ ,c=#0c026a70", NULL},
        {"cn=a+sn=b,o=x", "sn=B+cn=A,o=X", "surname=\"b\" + 2.5.4.3=#130141, o = x", NULL},
        {"ou=\xe6\x97\xa5,c=JP", "ou=\\E6\\97\\A5,c=JP", "ou=\"\xe6\x97\xa5\",c=JP",
         "ou=#0c03e697a5,c=JP", "ou=#1e0265e5,c=JP", NULL},
        {"cn=a\\,b", "cn=\"a,b\"", "cn=a\\2cb", "cn=#0c03612c62", NULL},
        {"cn=", "cn=\"\"", "cn= ", "cn=#0c00", "cn=\\ ", NULL},
        {"dc=example,dc=jp", "DC=Example,DC=JP", "0.9.2342.19200300.100.1.25=example,dc=jp", NULL},
        {"1.2.3.4=x", "OID.1.2.3.4=X", "1.2.3.4=#0c0158", NULL},
        {"cn=\\#a\\=b=c#", "cn=\"#a=b=c#\"", "cn=#0c0723613d623d6323", NULL},
    };
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dir_key key = key_of(rows[i][0]);

        for (k = 1; rows[i][k] != NULL; k++) {
            struct dir_key other = key_of(rows[i][k]);

            if (!dir_key_equal(&key, &other))
                fail_msg("not one name: %s and %s", rows[i][0], rows[i][k]);
        }
    }
}

static void test_dn_different_names_have_different_keys(void **state)
{
    static const char *const names[] = {
        "",           "cn=a",        "cn=b",      "sn=a",        "name=a",     "cn=ab",
        "cn=a,c=JP",  "c=JP,cn=a",   "cn=a+c=JP", "cn=a\\,c=JP", "cn=#040161", /* an OCTET STRING */
        "cn=#020161", "cn=\xc3\xa4", "cn=a=b",    "cn=a\\+sn=b", "cn=a+sn=b"};
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (k = 0; k < i; k++) {
            struct dir_key a = key_of(names[i]), b = key_of(names[k]);

            if (dir_key_equal(&a, &b))
                fail_msg("one key: %s and %s", names[i], names[k]);
        }
    }
}

static void test_dn_key_of_an_ancestor_is_a_prefix(void **state)
{
    struct dir_key root = key_of(""), country = key_of("c=JP"), org = key_of("o=x,c=JP");
    struct dir_key leaf = key_of("cn=a+sn=b, o=x, c=JP"), other = key_of("o=y,c=JP");

    (void)state;
    assert_int_equal(root.depth, 0);
    assert_int_equal(dir_key_bytes(&root).len, 0);
    assert_int_equal(leaf.depth, 3);
    assert_int_equal(dir_key_bytes(&leaf).len, 3 * DIR_RDN_HASH);
    assert_true(dir_key_within(&leaf, &root) && dir_key_within(&leaf, &country));
    assert_true(dir_key_within(&leaf, &org) && dir_key_within(&leaf, &leaf));
    assert_false(dir_key_within(&leaf, &other));
    assert_false(dir_key_within(&org, &leaf));
    assert_false(dir_key_within(&root, &country));
}

/* ---- the DER of a Name, read by OpenSSL ------------------------------------------------------ */

static X509_NAME *name_of(const char *text, struct sk_bytes *der)
{
    const uint8_t *p;
    X509_NAME *name;

    assert_int_equal(dir_dn_name(arena, text_of(text), der, NULL), SK_OK);
    p = der->p;
    name = d2i_X509_NAME(NULL, &p, (long)der->len);
    assert_non_null(name);
    assert_ptr_equal(p, der->p + der->len);
    return name;
}

static void test_dn_name_is_the_der_that_openssl_reads(void **state)
{
    static const struct {
        int nid, tag, set;
        const char *value;
    } rows[] = {
        {NID_domainComponent, V_ASN1_IA5STRING, 0, "jp"},
        {NID_countryName, V_ASN1_PRINTABLESTRING, 1, "JP"},
        {NID_organizationName, V_ASN1_UTF8STRING, 2, "\xe6\x97\xa5, Ltd."},
        {NID_serialNumber, V_ASN1_PRINTABLESTRING, 3, "5-a"},
        {NID_commonName, V_ASN1_UTF8STRING, 3, " x#"},
        {NID_pkcs9_emailAddress, V_ASN1_IA5STRING, 4, "a@b"},
    };
    struct sk_bytes der;
    X509_NAME *name = name_of("emailAddress=a@b,serialNumber=5-a + CN=\\ x#,"
                              "O=\"\\e6\\97\xa5, Ltd.\",c=JP,dc=jp",
                              &der);
    unsigned char *again = NULL;
    bool is_seen[2] = {false, false};
    int i, len;

    (void)state;
    assert_int_equal(X509_NAME_entry_count(name), 6);
    for (i = 0; i < 6; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)), k = i;

        if (i == 3 || i == 4) { /* a SET OF is sorted by its octets */
            k = nid == NID_serialNumber ? 3 : 4;
            is_seen[k - 3] = true;
        }
        assert_int_equal(nid, rows[k].nid);
        assert_int_equal(ASN1_STRING_type(value), rows[k].tag);
        assert_int_equal(X509_NAME_ENTRY_set(entry), rows[k].set);
        assert_int_equal(ASN1_STRING_length(value), strlen(rows[k].value));
        assert_memory_equal(ASN1_STRING_get0_data(value), rows[k].value, strlen(rows[k].value));
    }
    assert_true(is_seen[0] && is_seen[1]);
    len = i2d_X509_NAME(name, &again);
    assert_int_equal(len, der.len);
    assert_memory_equal(again, der.p, der.len);
    OPENSSL_free(again);
    X509_NAME_free(name);
}

/* A Name of a certificate, its text and the Name made of the text are one. */
static void test_dn_key_of_a_name_is_that_of_its_text(void **state)
{
    static const char *const names[] = {
        "",
        "C=JP",
        "CN=a,OU=b+O=c,ST=d,L=e,STREET=f,C=JP",
        "title=x,GN=y,SN=z,UID=u,DC=d,serialNumber=1,dnQualifier=q,organizationIdentifier=i",
        "emailAddress=a@b,CN=#0c026120,C=JP",
        "1.2.3.4=#04020102,1.2.3.5=x",
        "CN=\\ \\#\\,\\+\\\"\\\\\\<\\>\\;\\00\\ ,C=\xe6\x97\xa5",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct dir_key key = key_of(names[i]), of_name, of_text;
        struct sk_bytes der;
        struct sk_buf text;

        assert_int_equal(dir_dn_name(arena, text_of(names[i]), &der, NULL), SK_OK);
        assert_int_equal(dir_dn_key_of_name(arena, der, &of_name, NULL), SK_OK);
        buf_init(&text, 1024);
        assert_int_equal(name_to_text(der, &text), SK_OK);
        assert_int_equal(dir_dn_key(arena, buf_bytes(&text), &of_text, NULL), SK_OK);
        buf_done(&text);
        assert_true(dir_key_equal(&key, &of_name));
        assert_true(dir_key_equal(&key, &of_text));
    }
}

static void test_dn_key_of_a_name_refuses_malformed_ones(void **state)
{
    static const uint8_t empty_rdn[] = {0x30, 0x02, 0x31, 0x00};
    static const uint8_t no_set[] = {0x30, 0x02, 0x30, 0x00};
    static const uint8_t behind[] = {0x30, 0x00, 0x00};
    static const uint8_t none[] = {0x30, 0x00};
    struct dir_key key = {.depth = 77};
    struct sk_buf deep;
    struct sk_bytes der;
    unsigned i;

    (void)state;
    assert_int_equal(dir_dn_key_of_name(arena, bytes_of(empty_rdn, 4), &key, NULL), SK_INPUT);
    assert_int_equal(dir_dn_key_of_name(arena, bytes_of(no_set, 4), &key, NULL), SK_INPUT);
    assert_int_equal(dir_dn_key_of_name(arena, bytes_of(behind, 3), &key, NULL), SK_INPUT);
    assert_int_equal(dir_dn_key_of_name(arena, bytes_of(NULL, 0), &key, NULL), SK_INPUT);
    assert_int_equal(key.depth, 77);
    assert_int_equal(dir_dn_key_of_name(arena, bytes_of(none, 2), &key, NULL), SK_OK);
    assert_int_equal(key.depth, 0);
    buf_init(&deep, 4096);
    for (i = 0; i <= LIMIT_DIR_DEPTH; i++)
        buf_put_text(&deep, i == 0 ? "ou=x" : ",ou=x");
    assert_int_equal(dir_dn_name(arena, buf_bytes(&deep), &der, NULL), SK_OK);
    assert_int_equal(dir_dn_key_of_name(arena, der, &key, NULL), SK_LIMIT);
    buf_done(&deep);
}

/* ---- parent, values of the RDN --------------------------------------------------------------- */

static void test_dn_parent_is_what_follows_the_first_rdn(void **state)
{
    static const char *const rows[][2] = {
        {"cn=a", ""},
        {"cn=a,c=JP", "c=JP"},
        {"cn=a ; o=\"b,c\" , c=JP ", "o=\"b,c\" , c=JP "},
        {"cn=a\\,b+sn=\"x,y\",c=JP", "c=JP"},
        {"cn=#0c0141 , c=JP", "c=JP"},
    };
    struct sk_bytes parent = {0};
    size_t i;

    (void)state;
    assert_int_equal(dir_dn_parent(text_of(""), &parent), SK_NOTFOUND);
    assert_int_equal(dir_dn_parent(text_of("cn=a,"), &parent), SK_INPUT);
    assert_int_equal(dir_dn_parent(text_of("cn"), &parent), SK_INPUT);
    assert_null(parent.p);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(dir_dn_parent(text_of(rows[i][0]), &parent), SK_OK);
        assert_true(bytes_equal(parent, text_of(rows[i][1])));
    }
}

static enum sk_status append(void *arg, struct sk_bytes type, struct sk_bytes value)
{
    struct sk_buf *out = arg;

    buf_put(out, type.p, type.len);
    buf_put_byte(out, '[');
    buf_put(out, value.p, value.len);
    buf_put_byte(out, ']');
    return out->len < 60 ? SK_OK : SK_AGAIN;
}

static void rdn_values(const char *text, enum sk_status status, const char *expected)
{
    struct sk_buf out;

    buf_init(&out, 1024);
    assert_int_equal(dir_dn_rdn_values(arena, text_of(text), append, &out), status);
    assert_true(bytes_equal(buf_bytes(&out), text_of(expected)));
    buf_done(&out);
}

static void test_dn_rdn_values_are_unescaped(void **state)
{
    (void)state;
    rdn_values("", SK_OK, "");
    rdn_values("cn=a,c=JP", SK_OK, "cn[a]");
    rdn_values(" cn = \\ a\\2c\\\\ \\  + OID.2.5.4.4=\"b + \\\"\" ,c=JP", SK_OK,
               "cn[ a,\\  ]2.5.4.4[b + \"]");
    rdn_values("cn=#1e0265e5", SK_OK, "cn[\xe6\x97\xa5]");
    rdn_values("cn=#04024142", SK_OK,
               "cn[\x04\x02"
               "AB]");
    rdn_values("cn=#0402414200", SK_INPUT, "");
    rdn_values("cn=", SK_OK, "cn[]");
    rdn_values("cn=a+sn", SK_INPUT, "cn[a]");
    /* the visitor's status ends it */
    rdn_values("cn=0123456789012345678901234567890123456789012345678901234567890+sn=b", SK_AGAIN,
               "cn[0123456789012345678901234567890123456789012345678901234567890]");
}

/* ---- libldap as oracle ----------------------------------------------------------------------- */

/* Pieces of which texts are made; every second text comes from changing one octet of another. */
static const char *const pieces[] = {"cn",    "o",        "C",    "2.5.4.3",
                                     "ou",    "=",        " = ",  "=",
                                     "=",     ",",        " , ",  ";",
                                     "+",     " + ",      "a",    "b c",
                                     "JP",    "\\,",      "\\2c", "\\E6\\97\\a5",
                                     "\"",    "\"x,y\"",  "#",    "#0c0141",
                                     "#",     "\\",       " ",    "\xe6\x97\xa5",
                                     "<",     "\\<",      "\\ ",  "\\#",
                                     "cn=a,", "o=b+ou=c", "\\\\", "\\\"",
                                     "'",     "*",        "/",    "(",
                                     "=",     "\t"};

static unsigned random_next(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fff;
}

static void make_text(unsigned *seed, char *out, size_t size)
{
    unsigned n = 1 + random_next(seed) % 12, i;
    size_t len = 0;

    if (random_next(seed) % 2 == 0)
        len = (size_t)snprintf(out, size, "cn=");
    else
        out[0] = '\0';
    for (i = 0; i < n; i++) {
        const char *piece = pieces[random_next(seed) % (sizeof(pieces) / sizeof(pieces[0]))];

        len += (size_t)snprintf(out + len, size - len, "%s", piece);
    }
    if (random_next(seed) % 4 == 0 && len > 0)
        out[random_next(seed) % len] = (char)(1 + random_next(seed) % 255);
}

static void test_dn_is_read_as_libldap_reads_it(void **state)
{
    const char *more = getenv("SEKISHO_DN_TEXTS");
    unsigned long rounds = more != NULL ? strtoul(more, NULL, 10) : 30000, i;
    unsigned seed = 1, taken = 0, refused = 0;
    struct dn_oracle oracle;
    char text[512];

    (void)state;
    for (i = 0; i < rounds; i++) {
        arena_reset(arena);
        make_text(&seed, text, sizeof(text));
        oracle = dn_oracle_ask(arena, text);
        if (oracle.fault != NULL)
            fail_msg("%s: %s", text, oracle.fault);
        taken += oracle.is_ours && oracle.is_theirs;
        refused += !oracle.is_ours && !oracle.is_theirs;
    }
    /* both sides of the border were visited */
    assert_true(taken > rounds / 50 && refused > rounds / 50);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(16u << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dn_refuses_what_is_no_dn),
        cmocka_unit_test(test_dn_refuses_a_nul),
        cmocka_unit_test(test_dn_limits_are_kept),
        cmocka_unit_test(test_dn_fails_when_memory_ends),
        cmocka_unit_test(test_dn_spellings_of_one_name_have_one_key),
        cmocka_unit_test(test_dn_different_names_have_different_keys),
        cmocka_unit_test(test_dn_key_of_an_ancestor_is_a_prefix),
        cmocka_unit_test(test_dn_name_is_the_der_that_openssl_reads),
        cmocka_unit_test(test_dn_key_of_a_name_is_that_of_its_text),
        cmocka_unit_test(test_dn_key_of_a_name_refuses_malformed_ones),
        cmocka_unit_test(test_dn_parent_is_what_follows_the_first_rdn),
        cmocka_unit_test(test_dn_rdn_values_are_unescaped),
        cmocka_unit_test(test_dn_is_read_as_libldap_reads_it),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
