/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/derout.h"
#include "core/name.h"
#include "core/name_constraints.h"
#include "core/subtree.h"
#include "test/support/pki.h"

struct fixture {
    struct sk_arena *arena;
    struct sk_params params;
    struct sk_job job;
};

static int setup(void **state)
{
    static struct fixture f;

    f.arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    params_init(&f.params);
    f.job = (struct sk_job){.arena = f.arena, .params = &f.params};
    *state = &f;
    return f.arena == NULL;
}

static int teardown(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

/* ---- one subtree, one name
 * ------------------------------------------------------------------------- */

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

static enum subtree_answer answer(enum general_name_kind kind, const char *base, const char *name)
{
    struct subtree s = {.base = {.kind = kind, .value = text(base)}};
    struct subtree_name n = {.kind = kind, .value = text(name)};

    return subtree_holds(&s, &n);
}

struct row {
    const char *base, *name;
    enum subtree_answer answer;
};

static void check_rows(enum general_name_kind kind, const struct row *rows, size_t num)
{
    size_t i;

    for (i = 0; i < num; i++) {
        enum subtree_answer got = answer(kind, rows[i].base, rows[i].name);

        if (got != rows[i].answer)
            print_error("\"%s\" in \"%s\": %d\n", rows[i].name, rows[i].base, (int)got);
        assert_int_equal(got, rows[i].answer);
    }
}
#define CHECK(kind, rows) check_rows(kind, rows, sizeof(rows) / sizeof((rows)[0]))
#define IN                SUBTREE_WITHIN
#define OUT               SUBTREE_OUTSIDE
#define UNDECIDED         SUBTREE_UNDECIDED

#define LABEL_59 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghi"
#define LABEL_63 LABEL_59 "jabc"

static void test_subtree_dns(void **state)
{
    static const struct row rows[] = {
        {"example.com", "badexample.com", OUT}, /* labels, not letters */
        {"example.com", "example.com.evil.org", OUT},
        {"example.com", "com", OUT},
        {"example.com", "example.com", IN},
        {"example.com", "EXAMPLE.com", IN},
        {"example.com", "a.b.example.com", IN},
        {"example.com", "a_b.example.com", IN},
        {"", "example.com", IN},
        {"", "*.example.com", IN},
        {".example.com", "a.example.com", IN},
        {".example.com", "example.com", UNDECIDED}, /* read in two ways */
        {".example.com", "badexample.com", OUT},
        /* wildcards: all they stand for, or some */
        {"example.com", "*.example.com", IN},
        {".example.com", "*.example.com", IN},
        {"example.com", "*.a.example.com", IN},
        {"a.example.com", "*.example.com", UNDECIDED},
        {"b.a.example.com", "*.example.com", UNDECIDED},
        {"a.example.com", "*.com", UNDECIDED},
        {".a.example.com", "*.example.com", UNDECIDED},
        {"a.example.com", "*.b.example.com", OUT},
        {"example.org", "*.example.com", OUT},
        /* what is no host name is not decided */
        {"example.com", "a*.example.com", UNDECIDED},
        {"example.com", "a.*.example.com", UNDECIDED},
        {"example.com", "*", UNDECIDED},
        {"example.com", "*.", UNDECIDED},
        {"example.com", "example.com.", UNDECIDED},
        {"example.com", ".example.com", UNDECIDED},
        {"example.com", "a..example.com", UNDECIDED},
        {"example.com", "a b.example.com", UNDECIDED},
        {"example.com", "", UNDECIDED},
        {"example.com", "192.0.2.1", UNDECIDED},
        {"*.example.com", "a.example.com", UNDECIDED},
        {"example.com.", "example.com", UNDECIDED},
        {".", "example.com", UNDECIDED},
        {".", "*.example.com", UNDECIDED},
        /* longer than the DNS holds */
        {"example.com", LABEL_63 ".example.com", IN},
        {"example.com", LABEL_63 "a.example.com", UNDECIDED},
        {"a", LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_59 ".a", IN},
        {"a", LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_59 "a.a", UNDECIDED},
    };

    (void)state;
    CHECK(GENERAL_NAME_DNS, rows);
}

static void test_subtree_mailbox(void **state)
{
    static const struct row rows[] = {
        {"a@example.com", "b@example.com", OUT},
        {"a@example.com", "a@x.example.com", OUT},
        {"a@example.com", "a@example.com", IN},
        {"a@example.com", "a@EXAMPLE.com", IN},
        {"a@example.com", "A@example.com", UNDECIDED},     /* the host decides about case */
        {"a@example.com", "\"a\"@example.com", UNDECIDED}, /* and about quotes */
        {"a@example.com", "\"a\"@example.org", OUT},
        {"example.com", "a@example.com", IN},
        {"example.com", "a@x.example.com", OUT}, /* a host, not a domain */
        {"example.com", "a@badexample.com", OUT},
        {".example.com", "a@x.example.com", IN},
        {".example.com", "a@x.y.example.com", IN},
        {".example.com", "a@example.com", OUT},
        {".example.com", "a@badexample.com", OUT},
        {"", "a@example.com", IN},
        {"example.com", "\"a@example.com\"@example.org", OUT}, /* the last @ counts */
        {"example.com", "\"a \\\"b\"@example.com", IN},
        {"example.com", "a..b.@example.com", IN}, /* as hosts have given out */
        {"example.com", "\xc3\xa4@example.com", IN},
        /* an @ without quotes: some read the first one */
        {"example.com", "a@example.org@example.com", UNDECIDED},
        {"example.com", "a@example.com@example.org", UNDECIDED},
        {"example.com", "\"a\"b@c\"@example.com", UNDECIDED},
        {"example.com", "\"a\\\"@example.com", UNDECIDED},
        {"example.com", "\"@example.com", UNDECIDED},
        {"example.com", "a b@example.com", UNDECIDED},
        {"example.com", "<a@example.com", UNDECIDED},
        {"example.com", "\xc3\xa4@ex\xc3\xa4mple.com", UNDECIDED}, /* no A-labels */
        {"example.com", "example.com", UNDECIDED},
        {"example.com", "@example.com", UNDECIDED},
        {"example.com", "a@", UNDECIDED},
        {"example.com", "a@[192.0.2.1]", UNDECIDED},
        {"example.com", "a@192.0.2.1", UNDECIDED},
        {"example.com", "a@example.com.", UNDECIDED},
        {"a@", "a@example.com", UNDECIDED},
        {"@example.com", "a@example.com", UNDECIDED},
    };

    (void)state;
    CHECK(GENERAL_NAME_EMAIL, rows);
}

static void test_subtree_uri(void **state)
{
    static const struct row rows[] = {
        {"example.com", "http://example.com/a", IN},
        {"example.com", "http://u:p@EXAMPLE.com:80?q", IN},
        {"example.com", "http://x.example.com/", OUT}, /* a host, not a domain */
        {".example.com", "ldap://x.example.com/cn=a", IN},
        {".example.com", "http://example.com/", OUT},
        {"example.com", "http://example.org/example.com", OUT},
        {"example.com", "http://example.com@example.org/", OUT},
        {"example.com", "http://example.org#@example.com", OUT},
        {"example.com", "http://example.org?@example.com", OUT},
        {"example.com", "http://evil.org\\@example.com/", UNDECIDED}, /* browsers read evil.org */
        {"example.com", "http://a@b@example.com/", UNDECIDED},
        {"example.com", "http://192.0.2.1/", UNDECIDED},
        {"example.com", "http://[2001:db8::1]/", UNDECIDED},
        {"example.com", "http:///a", UNDECIDED},
        {"example.com", "http://example.com:8a/", UNDECIDED},
        {"example.com", "http://ex%61mple.com/", UNDECIDED},
        {"example.com", "urn:example:com", UNDECIDED},
        {"example.com", "mailto:a@example.com", UNDECIDED},
        {"example.com", "//example.com/", UNDECIDED},
        {"example.com", "1http://example.com/", UNDECIDED},
        {"example.com", "", UNDECIDED},
        {"", "http://192.0.2.1/", UNDECIDED},
        {"http://example.com", "http://example.com", UNDECIDED},
    };

    (void)state;
    CHECK(GENERAL_NAME_URI, rows);
}

static enum subtree_answer ip(const void *base, size_t base_len, const void *name, size_t len)
{
    struct subtree s = {.base = {.kind = GENERAL_NAME_IP, .value = bytes_of(base, base_len)}};
    struct subtree_name n = {.kind = GENERAL_NAME_IP, .value = bytes_of(name, len)};

    return subtree_holds(&s, &n);
}

static void test_subtree_address(void **state)
{
    static const uint8_t net[] = {192, 0, 2, 0, 255, 255, 255, 0};
    static const uint8_t net_bits[] = {192, 0,   2,   77,
                                       255, 255, 255, 0}; /* host bits do not count */
    static const uint8_t all[8] = {0}, inside[] = {192, 0, 2, 9}, outside[] = {192, 0, 3, 9};
    static const uint8_t net6[32] = {0x20, 0x01, [16] = 0xff, 0xff}, all6[32] = {0};
    static const uint8_t inside6[16] = {0x20, 0x01, 0x0d, 0xb8}, outside6[16] = {0x20, 0x02};
    static const uint8_t mapped[16] = {[10] = 0xff, 0xff, 192, 0, 2, 9};

    (void)state;
    assert_int_equal(ip(net, 8, outside, 4), OUT);
    assert_int_equal(ip(net, 8, inside, 4), IN);
    assert_int_equal(ip(net_bits, 8, inside, 4), IN);
    assert_int_equal(ip(all, 8, outside, 4), IN);
    assert_int_equal(ip(net6, 32, outside6, 16), OUT);
    assert_int_equal(ip(net6, 32, inside6, 16), IN);
    assert_int_equal(ip(all6, 32, inside, 4), OUT); /* the other family */
    assert_int_equal(ip(all, 8, inside6, 16), OUT);
    assert_int_equal(ip(net, 8, mapped, 16), UNDECIDED);
}

static enum subtree_answer directory(struct sk_arena *arena, const char *base, const char *name)
{
    struct subtree s = {.base = {.kind = GENERAL_NAME_DIRECTORY}};
    struct subtree_name n = {.kind = GENERAL_NAME_DIRECTORY};

    assert_int_equal(name_canon(arena, pki_name(arena, base, true), &s.canon, NULL), SK_OK);
    assert_int_equal(name_canon(arena, pki_name(arena, name, false), &n.canon, NULL), SK_OK);
    return subtree_holds(&s, &n);
}

static void test_subtree_directory(void **state)
{
    struct sk_arena *arena = ((struct fixture *)*state)->arena;

    assert_int_equal(directory(arena, "/C=JP/O=A", "/C=JP/O=AB"), OUT);
    assert_int_equal(directory(arena, "/C=JP/O=A", "/C=JP"), OUT);
    assert_int_equal(directory(arena, "/C=JP/O=A", "/O=A/C=JP"), OUT);
    assert_int_equal(directory(arena, "/C=JP/O=A", "/C=JP/O=A"), IN);
    assert_int_equal(directory(arena, "/C=JP/O=a  b", "/C=JP/O=A B/CN=x"), IN); /* V-42, V-20 */
    assert_int_equal(directory(arena, NULL, "/C=JP"), IN);                      /* V-45 */
}

static void test_subtree_undecided_for_other_kinds(void **state)
{
    (void)state;
    assert_int_equal(answer(GENERAL_NAME_OTHER, "x", "x"), UNDECIDED);
    assert_int_equal(answer(GENERAL_NAME_X400, "x", "x"), UNDECIDED);
    assert_int_equal(answer(GENERAL_NAME_EDI_PARTY, "x", "x"), UNDECIDED);
    assert_int_equal(answer(GENERAL_NAME_REGISTERED_ID, "x", "x"), UNDECIDED);
}

/* ---- reading
 * ------------------------------------------------------------------------------------------- */

static enum sk_status read_subtree(struct fixture *f, const char *der, size_t len)
{
    struct subtree s;
    struct der d;

    der_init(&d, bytes_of(der, len));
    return subtree_next(&d, f->arena, &s, NULL);
}
#define READ(f, der) read_subtree(f, "" der "", sizeof(der) - 1)

static void test_subtree_refuses_distances_and_masks_with_holes(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(READ(f, "\x30\x03\x82\x01\x61"), SK_OK);
    assert_int_equal(READ(f, "\x30\x06\x82\x01\x61\x80\x01\x00"), SK_OK);    /* minimum 0 */
    assert_int_equal(READ(f, "\x30\x06\x82\x01\x61\x80\x01\x01"), SK_INPUT); /* V-43 */
    assert_int_equal(READ(f, "\x30\x06\x82\x01\x61\x81\x01\x00"), SK_INPUT); /* maximum */
    assert_int_equal(READ(f, "\x30\x06\x82\x01\x61\x83\x01\x00"), SK_INPUT);
    assert_int_equal(READ(f, "\x30\x0a\x87\x08\x0a\x00\x00\x00\xff\x00\x00\x00"), SK_OK);
    assert_int_equal(READ(f, "\x30\x0a\x87\x08\x0a\x00\x00\x00\xff\xff\xff\xff"), SK_OK);
    assert_int_equal(READ(f, "\x30\x0a\x87\x08\x0a\x00\x00\x00\xff\x00\xff\x00"), SK_INPUT);
    assert_int_equal(READ(f, "\x30\x0a\x87\x08\x0a\x00\x00\x00\xfd\x00\x00\x00"), SK_INPUT);
    assert_int_equal(READ(f, "\x30\x06\x87\x04\x0a\x00\x00\x00"), SK_INPUT); /* no mask */
}

/* ---- certificates
 * ----------------------------------------------------------------------------------- */

#define SMTP_UTF8 "1.3.6.1.5.5.7.8.9"

/* The names of a certificate (subject, subjectAltName) against one or two nameConstraints. */
static enum sk_status check(struct fixture *f, const char *nc1, const char *nc2,
                            const char *subject, const char *san, struct sk_err *err)
{
    static const char sections[] = "[jp]\nC=JP\n[a]\nC=JP\nO=A\n[none]\n"
                                   "[other]\nC=US\n[jpx]\nC=JP\nCN=x\n";
    struct name_constraints constraints = {0};
    const char *const texts[] = {nc1, nc2};
    struct sk_cert *cert;
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; i < 2 && status == SK_OK; i++) {
        if (texts[i] == NULL)
            continue;
        cert =
            pki_cert(f->arena,
                     &(struct pki_cert_spec){.subject = "/CN=CA",
                                             .key = pki_key(PKI_EC, 0),
                                             .sections = sections,
                                             .exts = {PKI_CA_EXTS, {"nameConstraints", texts[i]}}});
        status = name_constraints_add(&constraints, &f->job, cert, err);
    }
    if (status != SK_OK)
        return status;
    cert = pki_cert(
        f->arena, &(struct pki_cert_spec){.subject = subject,
                                          .issuer = "/CN=CA",
                                          .key = pki_key(PKI_EC, 1),
                                          .signer = pki_key(PKI_EC, 0),
                                          .sections = sections,
                                          .exts = {{san != NULL ? "subjectAltName" : NULL, san}}});
    return name_constraints_check(&constraints, &f->job, cert, err);
}

static void test_name_constraints_refuse(void **state)
{
    static const struct {
        const char *nc1, *nc2, *subject, *san;
    } rows[] = {
        {"critical,permitted;DNS:a.example", NULL, "/CN=x", "DNS:b.example"},
        {"critical,permitted;DNS:a.example", NULL, "/CN=x", "DNS:a.example,DNS:b.example"},
        {"critical,excluded;DNS:a.example", NULL, "/CN=x", "DNS:b.example,DNS:x.a.example"},
        {"critical,excluded;DNS:x.a.example", NULL, "/CN=x", "DNS:*.a.example"},
        {"critical,permitted;DNS:x.a.example", NULL, "/CN=x", "DNS:*.a.example"},
        /* V-40: every set counts */
        {"permitted;DNS:example", "permitted;DNS:a.example", "/CN=x", "DNS:b.example"},
        {"permitted;DNS:a.example", "permitted;DNS:b.example", "/CN=x", "DNS:a.example"},
        {"permitted;DNS:example", "excluded;DNS:b.example", "/CN=x", "DNS:b.example"},
        /* excluded wins */
        {"permitted;DNS:example,excluded;DNS:a.example", NULL, "/CN=x", "DNS:a.example"},
        {"permitted;dirName:jp", NULL, "/C=US/CN=x", NULL},
        {"permitted;dirName:jp", NULL, "/C=JP/CN=x", "dirName:other"}, /* V-41 */
        {"excluded;dirName:jp", NULL, "/C=US/CN=x", "dirName:jpx"},
        {"excluded;dirName:none", NULL, "/C=US/CN=x", NULL}, /* V-45 */
        /* the mailbox of the subject, when no alternative name is one */
        {"permitted;email:a.example", NULL, "/CN=x/emailAddress=u@b.example", NULL},
        {"permitted;email:a.example", NULL, "/CN=x/emailAddress=u@b.example", "DNS:a.example"},
        {"excluded;email:b.example", NULL, "/CN=x/emailAddress=u@b.example", NULL},
        {"permitted;email:a.example", NULL, "/CN=x/emailAddress=u@a.example", "email:u@b.example"},
        /* V-44 */
        {"excluded;RID:1.2.3", NULL, "/CN=x", "RID:1.2.4"},
        {"permitted;RID:1.2.3", NULL, "/CN=x", "RID:1.2.3"},
        {"excluded;otherName:1.2.3;UTF8:a", NULL, "/CN=x", "otherName:1.2.4;UTF8:b"},
        /* RFC 9598: rfc822Name subtrees bind mailboxes in otherNames */
        {"excluded;email:a.example", NULL, "/CN=x", "otherName:" SMTP_UTF8 ";UTF8:u@a.example"},
        {"permitted;email:a.example", NULL, "/CN=x", "otherName:" SMTP_UTF8 ";UTF8:u@b.example"},
        {"permitted;email:a.example", NULL, "/CN=x", "otherName:" SMTP_UTF8 ";IA5:u@a.example"},
        {"permitted;email:a.example", NULL, "/CN=x/emailAddress=u@b.example",
         "otherName:" SMTP_UTF8 ";UTF8:u@a.example"},
        {"permitted;URI:a.example", NULL, "/CN=x", "URI:http://192.0.2.1/"},
        {"excluded;URI:a.example", NULL, "/CN=x", "URI:urn:a"},
        {"permitted;IP:192.0.2.0/255.255.255.0", NULL, "/CN=x", "IP:192.0.3.1"},
        {"permitted;IP:192.0.2.0/255.255.255.0", NULL, "/CN=x", "IP:2001:db8::1"},
        {"excluded;IP:192.0.2.0/255.255.255.0", NULL, "/CN=x", "IP:192.0.2.1"},
        /* cannot be processed at all, whatever the names */
        {"permitted;IP:10.0.0.0/255.0.255.0", NULL, "/CN=x", NULL},
    };
    struct sk_err err = {0};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum sk_status got =
            check(*state, rows[i].nc1, rows[i].nc2, rows[i].subject, rows[i].san, &err);

        if (got != SK_INPUT)
            print_error("%s, %s: %s\n", rows[i].nc1, rows[i].subject, status_name(got));
        assert_int_equal(got, SK_INPUT);
        assert_true(err.text[0] != '\0');
    }
}

static void test_name_constraints_accept(void **state)
{
    static const struct {
        const char *nc1, *nc2, *subject, *san;
    } rows[] = {
        {NULL, NULL, "/CN=x", "DNS:b.example"},
        {"permitted;DNS:a.example", NULL, "/CN=x", "DNS:x.a.example,DNS:*.a.example"},
        {"permitted;DNS:a.example", NULL, "/CN=x", NULL}, /* the kind does not appear */
        {"permitted;DNS:a.example", NULL, "/CN=x", "email:u@b.example"},
        {"permitted;DNS:a.example,permitted;DNS:b.example", NULL, "/CN=x", "DNS:b.example"},
        {"permitted;DNS:example", "permitted;DNS:a.example", "/CN=x", "DNS:a.example"},
        {"excluded;DNS:a.example", NULL, "/CN=x", "DNS:b.example"},
        {"permitted;dirName:jp", NULL, "/C=JP/O=A/CN=x", "dirName:a"},
        {"permitted;dirName:none", NULL, "/C=US/CN=x", NULL}, /* V-45 */
        {"permitted;dirName:jp", NULL, NULL, "critical,DNS:a.example"},
        {"permitted;email:a.example", NULL, "/CN=x/emailAddress=u@a.example", NULL},
        {"permitted;email:a.example", NULL, "/CN=x/emailAddress=u@b.example", "email:u@a.example"},
        {"permitted;email:a.example", NULL, "/CN=x", "otherName:" SMTP_UTF8 ";UTF8:u@a.example"},
        {"excluded;email:a.example", NULL, "/CN=x", "otherName:" SMTP_UTF8 ";UTF8:u@b.example"},
        {"permitted;DNS:a.example", NULL, "/CN=x", "otherName:" SMTP_UTF8 ";UTF8:u@b.example"},
        {"permitted;email:a.example", NULL, "/CN=x", "otherName:1.2.3;UTF8:u@b.example"},
        {"permitted;email:a.example", NULL, "/CN=x",
         "otherName:" SMTP_UTF8 ";UTF8:\xe4\xba\x80@a.example"},
        {"permitted;RID:1.2.3", NULL, "/CN=x", "DNS:a.example"}, /* not of that kind */
        {"permitted;IP:192.0.2.0/255.255.255.0", NULL, "/CN=x", "IP:192.0.2.1"},
        {"permitted;URI:a.example", NULL, "/CN=x", "URI:https://a.example/x"},
    };
    struct sk_err err = {0};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum sk_status got =
            check(*state, rows[i].nc1, rows[i].nc2, rows[i].subject, rows[i].san, &err);

        if (got != SK_OK)
            print_error("%s, %s: %s\n", rows[i].nc1, rows[i].subject, err.text);
        assert_int_equal(got, SK_OK);
    }
}

static void test_name_constraints_stop_at_their_budget(void **state)
{
    struct fixture *f = *state;
    struct sk_err err = {0};

    f->params.budget.max_name_checks = 3; /* one to read the name */
    assert_int_equal(check(f, "excluded;DNS:a,excluded;DNS:b", NULL, "/CN=x", "DNS:c", &err),
                     SK_OK);
    assert_int_equal(f->job.work.name_checks, 3);
    f->job.work.name_checks = 0;
    assert_int_equal(check(f, "excluded;DNS:a,excluded;DNS:b", NULL, "/CN=x", "DNS:c,DNS:d", &err),
                     SK_LIMIT);
    assert_true(f->job.is_exhausted);
    f->job.is_exhausted = false;
    f->job.work.name_checks = 0; /* names of kinds that nobody constrains cost a look as well */
    assert_int_equal(check(f, "excluded;DNS:a", NULL, "/CN=x", "URI:a:,URI:b:,URI:c:", &err),
                     SK_OK);
    assert_int_equal(f->job.work.name_checks, 3);
    f->job.work.name_checks = 0;
    assert_int_equal(check(f, "excluded;DNS:a", NULL, "/CN=x", "URI:a:,URI:b:,URI:c:,URI:d:", &err),
                     SK_LIMIT);
}

static void test_name_constraints_tell_the_first_bases(void **state)
{
    struct sk_err err = {0};

    assert_int_equal(check(*state, "permitted;DNS:a,permitted;DNS:b,permitted;DNS:c", NULL, "/CN=x",
                           "DNS:z", &err),
                     SK_INPUT);
    assert_string_equal(err.text, "a dNSName of host z outside the permitted subtrees of CN=CA "
                                  "(\"a\", \"b\", \"c\")");
    assert_int_equal(check(*state,
                           "permitted;DNS:a,permitted;DNS:b,permitted;DNS:c,permitted;DNS:d", NULL,
                           "/CN=x", "DNS:z", &err),
                     SK_INPUT);
    assert_string_equal(err.text, "a dNSName of host z outside the permitted subtrees of CN=CA "
                                  "(\"a\", \"b\", \"c\" ...)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
        T(subtree_refuses_distances_and_masks_with_holes),
        T(subtree_undecided_for_other_kinds),
        T(subtree_dns),
        T(subtree_mailbox),
        T(subtree_uri),
        T(subtree_address),
        T(subtree_directory),
        T(name_constraints_refuse),
        T(name_constraints_stop_at_their_budget),
        T(name_constraints_tell_the_first_bases),
        T(name_constraints_accept),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
