/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/der.h"
#include "core/hex.h"
#include "test/support/pki.h"
#include "tools/fetch/bundle.h"
#include "tools/fetch/decode.h"

/* After core/crl.h: OpenSSL has macros of the names of its enum. */
#include <openssl/cms.h>

struct fixture {
    struct sk_arena *arena;
    struct sk_bytes certs[3]; /* in the order of their octets */
    struct sk_bytes crl;
    struct sk_bytes met[8]; /* what the last decode_certs() visited */
    size_t num_met;
    enum fetch_reason reason;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sk_bytes swap;
    size_t i, j;

    f->arena = arena_new(64u << 20);
    for (i = 0; i < 3; i++)
        f->certs[i] = pki_cert_der(f->arena, &(struct pki_cert_spec){.subject = "/CN=x",
                                                                     .key = pki_key(PKI_EC, i),
                                                                     .exts = {PKI_CA_EXTS}});
    for (i = 0; i < 3; i++) {
        for (j = i + 1; j < 3; j++) {
            if (bytes_compare(f->certs[i], f->certs[j]) > 0) {
                swap = f->certs[i];
                f->certs[i] = f->certs[j];
                f->certs[j] = swap;
            }
        }
    }
    f->crl = pki_crl_der(f->arena,
                         &(struct pki_crl_spec){.issuer = "/CN=x", .signer = pki_key(PKI_EC, 0)});
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_free(f->arena);
    free(f);
    return 0;
}

static enum sk_status take(void *arg, struct sk_bytes der)
{
    struct fixture *f = arg;

    assert_true(f->num_met < 8);
    f->met[f->num_met++] = der;
    return SK_OK;
}

static enum sk_status stop(void *arg, struct sk_bytes der)
{
    (void)take(arg, der);
    return SK_NOMEM;
}

static enum sk_status decode(struct fixture *f, struct sk_bytes body)
{
    struct sk_err err = {SK_OK, ""};
    enum sk_status status;

    f->num_met = 0;
    f->reason = REASON_NONE;
    status = decode_certs(f->arena, body, take, f, &f->reason, &err);
    assert_true((status == SK_OK) == (err.text[0] == '\0'));
    return status;
}

static void assert_bad(struct fixture *f, struct sk_bytes body, enum fetch_reason reason)
{
    assert_int_equal(decode(f, body), SK_INPUT);
    assert_int_equal(f->reason, reason);
}

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

static void put_pem(struct sk_buf *out, const char *label, struct sk_bytes der)
{
    buf_printf(out, "-----BEGIN %s-----\n", label);
    base64_encode(der, out); /* one long line, which PEM readers take */
    buf_printf(out, "\n-----END %s-----\n", label);
}

static struct sk_bytes bundle(struct fixture *f, size_t num)
{
    struct sk_bytes certs[3] = {f->certs[2], f->certs[0], f->certs[1]}, result;
    struct sk_buf buf;

    buf_init(&buf, 1u << 20);
    bundle_write(&buf, certs, num);
    assert_int_equal(buf_status(&buf), SK_OK);
    result = bytes_of(arena_copy(f->arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    return result;
}

static void test_decode_refuses_what_is_neither_der_nor_pem(void **state)
{
    struct fixture *f = *state;

    assert_bad(f, text(""), REASON_MALFORMED);
    assert_bad(f, text("<html>"), REASON_MALFORMED);
    assert_bad(f, text("-----BEGIN "), REASON_MALFORMED);
    assert_bad(f, text("junk -----BEGIN CERTIFICATE"), REASON_MALFORMED);
    assert_bad(f, bundle(f, 0), REASON_MALFORMED);
    assert_int_equal(f->num_met, 0);
}

static void test_decode_tells_what_is_cut_from_what_is_too_long(void **state)
{
    struct fixture *f = *state;
    struct sk_bytes der = f->certs[0];
    const uint8_t *longer = arena_copy(f->arena, der.p, der.len);
    size_t len;

    for (len = 1; len < der.len; len++)
        assert_bad(f, bytes_of(der.p, len), REASON_TRUNCATED);
    assert_bad(f, bytes_of(longer, der.len + 1), REASON_MALFORMED);
    der = bundle(f, 3);
    for (len = 1; len < der.len; len++)
        assert_bad(f, bytes_of(der.p, len), REASON_TRUNCATED);
}

static void test_decode_refuses_pem_of_something_else_or_without_end(void **state)
{
    struct fixture *f = *state;
    struct sk_buf pem;

    buf_init(&pem, 1u << 20);
    put_pem(&pem, "CERTIFICATE", f->certs[0]);
    assert_bad(f, bytes_of(pem.data, pem.len - 8), REASON_TRUNCATED);
    put_pem(&pem, "PRIVATE KEY", f->certs[1]);
    assert_bad(f, buf_bytes(&pem), REASON_MALFORMED);
    buf_reset(&pem);
    put_pem(&pem, "X509 CRL", f->crl);
    assert_bad(f, buf_bytes(&pem), REASON_MALFORMED);
    buf_reset(&pem);
    buf_put_text(&pem, "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nMAA=\n"
                       "-----END CERTIFICATE-----\n");
    assert_bad(f, buf_bytes(&pem), REASON_MALFORMED);
    buf_done(&pem);
}

static void test_decode_passes_on_that_the_visitor_has_stopped(void **state)
{
    struct fixture *f = *state;

    f->reason = REASON_NONE;
    assert_int_equal(decode_certs(f->arena, bundle(f, 3), stop, f, &f->reason, NULL), SK_NOMEM);
    assert_int_equal(f->num_met, 1);
    assert_int_equal(f->reason, REASON_NONE);
}

static void test_decode_gives_certificates_of_every_form(void **state)
{
    struct fixture *f = *state;
    struct sk_buf pem;
    size_t i;

    assert_int_equal(decode(f, f->certs[0]), SK_OK);
    assert_int_equal(f->num_met, 1);
    assert_true(bytes_equal(f->met[0], f->certs[0]));
    assert_int_equal(decode(f, bundle(f, 3)), SK_OK);
    assert_int_equal(f->num_met, 3);
    for (i = 0; i < 3; i++)
        assert_true(bytes_equal(f->met[i], f->certs[i]));
    buf_init(&pem, 1u << 20);
    buf_put_text(&pem, "subject=x\n");
    put_pem(&pem, "CERTIFICATE", f->certs[2]);
    put_pem(&pem, "PKCS7", bundle(f, 2));
    put_pem(&pem, "X509 CERTIFICATE", f->certs[1]);
    assert_int_equal(decode(f, buf_bytes(&pem)), SK_OK);
    assert_int_equal(f->num_met, 4);
    assert_true(bytes_equal(f->met[3], f->certs[1]));
    buf_done(&pem);
}

static void test_decode_takes_exactly_one_list(void **state)
{
    struct fixture *f = *state;
    enum fetch_reason reason = REASON_NONE;
    struct sk_bytes der = {NULL, 0};
    struct sk_buf pem;

    assert_int_equal(decode_crl(f->arena, f->crl, &der, &reason, NULL), SK_OK);
    assert_true(bytes_equal(der, f->crl));
    buf_init(&pem, 1u << 20);
    put_pem(&pem, "X509 CRL", f->crl);
    assert_int_equal(decode_crl(f->arena, buf_bytes(&pem), &der, &reason, NULL), SK_OK);
    assert_true(bytes_equal(der, f->crl));
    assert_int_equal(reason, REASON_NONE);
    put_pem(&pem, "X509 CRL", f->crl);
    assert_int_equal(decode_crl(f->arena, buf_bytes(&pem), &der, &reason, NULL), SK_INPUT);
    assert_int_equal(reason, REASON_MALFORMED);
    assert_int_equal(decode_crl(f->arena, bytes_of(f->crl.p, f->crl.len - 1), &der, &reason, NULL),
                     SK_INPUT);
    assert_int_equal(reason, REASON_TRUNCATED);
    buf_done(&pem);
}

static void test_bundle_is_read_by_openssl_and_sorted(void **state)
{
    struct fixture *f = *state;
    struct sk_bytes der = bundle(f, 3);
    const unsigned char *p = der.p;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
    unsigned char *again = NULL;
    STACK_OF(X509) * certs;
    int len;

    assert_non_null(cms);
    assert_ptr_equal(p, der.p + der.len);
    certs = CMS_get1_certs(cms);
    assert_int_equal(sk_X509_num(certs), 3);
    /* Read and written again it is the same: it was DER. */
    len = i2d_CMS_ContentInfo(cms, &again);
    assert_true(bytes_equal(der, bytes_of(again, (size_t)len)));
    OPENSSL_free(again);
    sk_X509_pop_free(certs, X509_free);
    CMS_ContentInfo_free(cms);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_decode_refuses_what_is_neither_der_nor_pem),
        TEST(test_decode_tells_what_is_cut_from_what_is_too_long),
        TEST(test_decode_refuses_pem_of_something_else_or_without_end),
        TEST(test_decode_passes_on_that_the_visitor_has_stopped),
        TEST(test_decode_gives_certificates_of_every_form),
        TEST(test_decode_takes_exactly_one_list),
        TEST(test_bundle_is_read_by_openssl_and_sorted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
