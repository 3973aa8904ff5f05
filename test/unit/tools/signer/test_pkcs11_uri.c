/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "tools/signer/pkcs11_uri.h"

static struct pkcs11_uri *uri_of(const char *text)
{
    struct pkcs11_uri *uri = NULL;
    struct sk_err err = {0};

    if (pkcs11_uri_new(text, &uri, &err) != SK_OK)
        fail_msg("%s: %s", text, err.text);
    return uri;
}

static void test_pkcs11_uri_refuses_what_it_would_have_to_guess(void **state)
{
    static const char *const bad[] = {
        "",
        "token=a",
        "PKCS11:token=a",
        "pkcs11:token",
        "pkcs11:token=%4",
        "pkcs11:token=%zz",
        "pkcs11:token=a;token=b",           /* twice */
        "pkcs11:object=a;token=x;object=a", /* twice, the same */
        "pkcs11:token=a;colour=red",        /* unknown */
        "pkcs11:token=a; object=b",         /* blanks */
        "pkcs11:token=a\n",
        "pkcs11:token=\xc3\xa9", /* not in the URI's letters */
        "pkcs11:type=rubbish;object=a",
        "pkcs11:type=cert;object=a",
        "pkcs11:type=public;object=a",
        "pkcs11:object=", /* empty */
        "pkcs11:object=a;",
        "pkcs11:object=a?",
        "pkcs11:object=a%00b",
        "pkcs11:object=a/b", /* must be encoded in the path */
        "pkcs11:token=a-label-of-more-than-32-characters",
        "pkcs11:serial=12345678901234567",
        "pkcs11:slot-id=many",
        "pkcs11:slot-id=1%32",            /* digits are not encoded */
        "pkcs11:type=%70rivate;object=a", /* nor is this word */
        "pkcs11:token=a?pin-value=1234",
        "pkcs11:token=a?module-name=softhsm2",
        "pkcs11:token=a?pin-source=/a&pin-source=/b",
    };
    struct sk_err err = {0};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct pkcs11_uri *uri = NULL;

        if (pkcs11_uri_new(bad[i], &uri, &err) != SK_INPUT)
            fail_msg("taken: %s", bad[i]);
        assert_null(strstr(err.text, "1234")); /* it may be a PIN */
    }
}

static void test_pkcs11_uri_tells_key_module_and_pin(void **state)
{
    struct pkcs11_uri *uri = uri_of("pkcs11:token=My%20token;object=k%3b1;id=%00%ff;type=private"
                                    "?module-path=/usr/lib/m.so&pin-source=file:/etc/pin");
    struct sk_bytes label, id;

    (void)state;
    assert_string_equal(pkcs11_uri_module_path(uri), "/usr/lib/m.so");
    assert_string_equal(pkcs11_uri_pin_source(uri), "file:/etc/pin");
    assert_int_equal(pkcs11_uri_key(uri, &label, &id, NULL), SK_OK);
    assert_true(bytes_equal(label, bytes_of("k;1", 3)));
    assert_true(bytes_equal(id, bytes_of("\x00\xff", 2)));
    assert_true(pkcs11_uri_names_token(uri));
    pkcs11_uri_free(uri);
    uri = uri_of("pkcs11:object=only");
    assert_int_equal(pkcs11_uri_key(uri, &label, &id, NULL), SK_OK);
    assert_int_equal(id.len, 0);
    assert_null(pkcs11_uri_module_path(uri));
    assert_null(pkcs11_uri_pin_source(uri));
    assert_false(pkcs11_uri_names_token(uri));
    pkcs11_uri_free(uri);
}

static void test_pkcs11_uri_wants_a_private_key_by_name(void **state)
{
    struct pkcs11_uri *uri = uri_of("pkcs11:token=a;type=private");
    struct sk_bytes label, id;

    (void)state;
    assert_int_equal(pkcs11_uri_key(uri, &label, &id, NULL), SK_INPUT);
    pkcs11_uri_free(uri);
}

static bool matches(const char *text, CK_SLOT_ID slot)
{
    struct pkcs11_uri *uri = uri_of(text);
    CK_TOKEN_INFO token;
    bool result;

    memset(&token, ' ', sizeof(token));
    memcpy(token.label, "responder", 9);
    memcpy(token.serialNumber, "0123", 4);
    memcpy(token.manufacturerID, "maker", 5);
    memcpy(token.model, "box", 3);
    result = pkcs11_uri_matches(uri, slot, &token);
    pkcs11_uri_free(uri);
    return result;
}

static void test_pkcs11_uri_matches_every_word_of_it(void **state)
{
    (void)state;
    assert_true(matches("pkcs11:", 7));
    assert_true(matches("pkcs11:token=responder", 7));
    assert_true(matches("pkcs11:token=responder;serial=0123;manufacturer=maker;model=box", 7));
    assert_true(matches("pkcs11:slot-id=7;object=x", 7));
    assert_false(matches("pkcs11:slot-id=8", 7));
    assert_false(matches("pkcs11:token=respond", 7)); /* the beginning is not the label */
    assert_false(matches("pkcs11:token=responder2", 7));
    assert_false(matches("pkcs11:token=responder;serial=0124", 7));
    assert_false(matches("pkcs11:token=responder;model=bag", 7));
}

static char *token_text(const char *text)
{
    struct pkcs11_uri *uri = uri_of(text);
    char *out = pkcs11_uri_token_text(uri);

    assert_non_null(out);
    pkcs11_uri_free(uri);
    return out;
}

static void test_pkcs11_uri_gives_one_token_one_text(void **state)
{
    struct pkcs11_uri *uri = NULL;
    char *a = token_text("pkcs11:token=one%20two;object=x?module-path=/m.so&pin-source=/p");
    char *b = token_text("pkcs11:id=%01;token=%6fne%20two"), *c;

    (void)state;
    assert_int_equal(pkcs11_uri_of_token("one two", &uri, NULL), SK_OK);
    c = pkcs11_uri_token_text(uri);
    assert_string_equal(a, "pkcs11:token=one%20two");
    assert_string_equal(a, b);
    assert_string_equal(a, c);
    pkcs11_uri_free(uri);
    free(a);
    free(b);
    free(c);
    assert_int_equal(pkcs11_uri_of_token("", &uri, NULL), SK_INPUT);
    assert_int_equal(pkcs11_uri_of_token("a label of more than 32 characters", &uri, NULL),
                     SK_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pkcs11_uri_refuses_what_it_would_have_to_guess),
        cmocka_unit_test(test_pkcs11_uri_tells_key_module_and_pin),
        cmocka_unit_test(test_pkcs11_uri_wants_a_private_key_by_name),
        cmocka_unit_test(test_pkcs11_uri_matches_every_word_of_it),
        cmocka_unit_test(test_pkcs11_uri_gives_one_token_one_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
