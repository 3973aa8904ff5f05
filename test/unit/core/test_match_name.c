/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/match_name.h"
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

static struct sk_cert *cert_of(struct fixture *f, const char *subject, const char *san)
{
    return pki_cert(
        f->arena, &(struct pki_cert_spec){.subject = subject,
                                          .issuer = "/CN=CA",
                                          .key = pki_key(PKI_EC, 1),
                                          .signer = pki_key(PKI_EC, 0),
                                          .sections = "[a]\nC=JP\nO=A\n",
                                          .exts = {{san != NULL ? "subjectAltName" : NULL, san}}});
}

struct row {
    const char *subject, *san;
    enum general_name_kind kind;
    const char *asked;
};

static enum sk_status match(struct fixture *f, const struct row *row, bool *out)
{
    struct general_name asked = {.kind = row->kind,
                                 .value = bytes_of(row->asked, strlen(row->asked))};
    struct sk_err err = {0};

    if (row->kind == GENERAL_NAME_DIRECTORY)
        asked.value = pki_name(f->arena, row->asked[0] != '\0' ? row->asked : NULL, true);
    return match_name(&f->job, cert_of(f, row->subject, row->san), &asked, out, &err);
}

#define DNS   GENERAL_NAME_DNS
#define EMAIL GENERAL_NAME_EMAIL
#define URI   GENERAL_NAME_URI
#define DIR   GENERAL_NAME_DIRECTORY

static void test_match_name_refuses_what_is_no_name(void **state)
{
    static const struct row rows[] = {
        {"/CN=x", "DNS:*.example.com", DNS, "*.example.com"},
        {"/CN=x", "DNS:192.0.2.1", DNS, "192.0.2.1"},
        {"/CN=x", "DNS:example.com", DNS, "example.com."},
        {"/CN=x", "DNS:example.com", DNS, ""},
        {"/CN=x", "email:a@example.com", EMAIL, "example.com"},
        {"/CN=x", "email:a@b@example.com", EMAIL, "a@b@example.com"},
        {"/CN=x", "URI:http://example.com", URI, "example.com"},
        {"/CN=x", "DNS:example.com", GENERAL_NAME_IP, "abc"},
        {NULL, "critical,DNS:example.com", DIR, ""},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_match = false;

        assert_int_equal(match(*state, &rows[i], &is_match), SK_INPUT);
        assert_false(is_match);
    }
}

static void test_match_name_says_no(void **state)
{
    static const struct row rows[] = {
        {"/CN=example.com", NULL, DNS, "example.com"}, /* commonName is no host */
        {"/CN=x", "email:a@example.com", DNS, "example.com"},
        {"/CN=x", "DNS:example.com", DNS, "a.example.com"},
        {"/CN=x", "DNS:a.example.com", DNS, "example.com"},
        {"/CN=x", "DNS:*.example.com", DNS, "example.com"},
        {"/CN=x", "DNS:*.example.com", DNS, "a.b.example.com"},
        {"/CN=x", "DNS:*.com", DNS, "example.com"},
        {"/CN=x", "DNS:*", DNS, "com"},
        {"/CN=x", "DNS:a*.example.com", DNS, "ab.example.com"},
        {"/CN=x", "DNS:*a.example.com", DNS, "ba.example.com"},
        {"/CN=x", "DNS:a.*.example.com", DNS, "a.b.example.com"},
        {"/CN=x", "DNS:*.*.example.com", DNS, "a.b.example.com"},
        {"/CN=x", "email:a@example.com", EMAIL, "A@example.com"},
        {"/CN=x", "email:a@example.com", EMAIL, "a@x.example.com"},
        {"/CN=x/emailAddress=a@example.com", "email:b@example.com", EMAIL, "a@example.com"},
        {"/CN=x", "URI:example.com", URI, "http://example.com"}, /* no scheme, no URI */
        {"/CN=x", "URI:http://example.com/", URI, "https://example.com/"},
        {"/CN=x", "URI:http://example.com/", URI, "http://www.example.com/"},
        {"/CN=x", "DNS:example.com", URI, "http://example.com/"},
        {"/CN=x", "URI:http://example.com/a", URI, "http://example.com/b"},
        {"/CN=x", "URI:http://example.com/a", URI, "http://example.com/A"},
        {"/CN=x", "URI:http://example.com/", URI, "http://example.com/a"},
        {"/CN=x", "URI:http://example.com/", URI, "http://example.com:80/"},
        {"/CN=x", "URI:http://example.com/", URI, "http://u@example.com/"},
        {"/CN=x", "URI:http://u@example.com/a", URI, "http://U@example.com/a"},
        {"/CN=x", "URI:urn:example:a", URI, "urn:example:b"},
        {"/CN=x", "URI:urn:example:a", URI, "urn:example:A"},
        {"/CN=x", "URI:http://192.0.2.1/", URI, "http://192.0.2.2/"},
        {"/CN=x", "IP:192.0.2.1", GENERAL_NAME_IP, "abcd"},
        {"/CN=x", "RID:1.2.3.4", GENERAL_NAME_REGISTERED_ID, "\x2a\x03\x05"},
        {"/CN=x", "DNS:a.example", GENERAL_NAME_OTHER, "a.example"},
        {"/C=JP/O=B", "dirName:a", DIR, "/C=JP"},
        {"/C=JP/O=B", NULL, DIR, "/C=JP/O=B/CN=x"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_match = true;

        assert_int_equal(match(*state, &rows[i], &is_match), SK_OK);
        if (is_match)
            print_error("\"%s\" matched %s\n", rows[i].asked, rows[i].san);
        assert_false(is_match);
    }
}

static void test_match_name_says_yes(void **state)
{
    static const struct row rows[] = {
        {"/CN=x", "DNS:other.example,DNS:Example.COM", DNS, "example.com"},
        {"/CN=x", "DNS:*.example.com", DNS, "a.example.com"},
        {"/CN=x", "email:a@EXAMPLE.com", EMAIL, "a@example.com"},
        {"/CN=x/emailAddress=a@example.com", "DNS:x.example", EMAIL, "a@example.com"},
        {"/CN=x", "URI:HTTP://Example.com:80/a", URI, "http://example.com"},
        {"/CN=x", "URI:HTTP://Example.com:80/a", URI, "http://example.com/"},
        {"/CN=x", "URI:HTTP://u@Example.com:80/a?b#c", URI, "http://u@example.com:80/a?b#c"},
        {"/CN=x", "URI:urn:example:a", URI, "URN:example:a"},
        {"/CN=x", "IP:97.98.99.100", GENERAL_NAME_IP, "abcd"},
        {"/CN=x", "RID:1.2.3.4", GENERAL_NAME_REGISTERED_ID, "\x2a\x03\x04"},
        {"/C=JP/O=a  b", NULL, DIR, "/C=JP/O=A B"},
        {"/C=JP/O=B", "dirName:a", DIR, "/C=JP/O=a"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_match = false;

        assert_int_equal(match(*state, &rows[i], &is_match), SK_OK);
        if (!is_match)
            print_error("\"%s\" did not match %s\n", rows[i].asked, rows[i].san);
        assert_true(is_match);
    }
}

static void test_match_name_stops_at_its_budget(void **state)
{
    struct fixture *f = *state;
    const struct row row = {"/CN=x", "DNS:a.example,DNS:b.example", DNS, "c.example"};
    bool is_match = false;

    f->params.budget.max_name_checks = 2;
    assert_int_equal(match(f, &row, &is_match), SK_OK);
    f->job.work.name_checks = 1;
    assert_int_equal(match(f, &row, &is_match), SK_LIMIT);
    assert_true(f->job.is_exhausted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_match_name_##name, setup, teardown)
        T(refuses_what_is_no_name),
        T(says_no),
        T(stops_at_its_budget),
        T(says_yes),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
