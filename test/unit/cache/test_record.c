/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache/record.h"
#include "core/clock.h"

static const struct record_meta meta = {RECORD_FORMAT, 77, 1700000000, {1, 2, 3}, 4, 5, 6};
static const struct record_crl crl = {.sha256 = {9, 8, 7},
                                      .seal = {1, 2, 3},
                                      .flags = RECORD_CRL_ARL | RECORD_CRL_INDIRECT,
                                      .this_update = 1300000000,
                                      .next_update = CLOCK_NEVER,
                                      .num_entries = 1000000,
                                      .ca = "osca"};
static const struct record_object object = {1, {4, 4, 4}, -62167219200, 253402300799};

/* Any prefix of a record, and the record with something behind it, must be refused. */
#define ASSERT_EXACT(decode, buf, out)                                                             \
    do {                                                                                           \
        size_t cut;                                                                                \
        buf_put_byte(buf, 'x');                                                                    \
        for (cut = 0; cut <= (buf)->len; cut++) {                                                  \
            enum sk_status status_ = decode(bytes_of((buf)->data, cut), out);                      \
            assert_int_equal(status_, cut == (buf)->len - 1 ? SK_OK : SK_INPUT);                   \
        }                                                                                          \
    } while (0)

static void test_record_refuses_a_value_of_another_length(void **state)
{
    struct record_meta meta_out;
    struct record_crl crl_out;
    struct record_object object_out;
    struct crl_entry entry = {.revoked_at = 5, .has_invalidity = true, .invalidity_date = 4};
    struct crl_entry entry_out;
    unsigned id;
    struct sk_buf buf;

    (void)state;
    buf_init(&buf, 1000);
    record_put_meta(&buf, &meta);
    ASSERT_EXACT(record_get_meta, &buf, &meta_out);
    buf_reset(&buf);
    record_put_crl(&buf, &crl);
    ASSERT_EXACT(record_get_crl, &buf, &crl_out);
    buf_reset(&buf);
    record_put_object(&buf, &object);
    ASSERT_EXACT(record_get_object, &buf, &object_out);
    buf_reset(&buf);
    record_put_entry(&buf, &entry);
    ASSERT_EXACT(record_get_entry, &buf, &entry_out);
    buf_reset(&buf);
    record_put_u16(&buf, 65535);
    ASSERT_EXACT(record_get_u16, &buf, &id);
    buf_done(&buf);
}

/* Whatever bit is wrong: SK_INPUT, or a record whose every field is in range. */
static void test_record_survives_every_single_bit_flip(void **state)
{
    struct crl_entry entry = {.revoked_at = 1300000000,
                              .reason = CRL_REASON_AA_COMPROMISE,
                              .has_reason = true,
                              .has_invalidity = true,
                              .invalidity_date = 7};
    struct crl_entry entry_out;
    struct record_crl crl_out;
    struct record_object object_out;
    struct sk_buf buf;
    size_t bit;

    (void)state;
    buf_init(&buf, 1000);
    record_put_entry(&buf, &entry);
    for (bit = 0; bit < 8 * buf.len; bit++) {
        buf.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (record_get_entry(buf_bytes(&buf), &entry_out) == SK_OK) {
            assert_true(entry_out.reason <= CRL_REASON_AA_COMPROMISE);
            assert_int_not_equal(entry_out.reason, 7);
            assert_true(entry_out.has_invalidity);
        }
        buf.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_reset(&buf);
    record_put_crl(&buf, &crl);
    for (bit = 0; bit < 8 * buf.len; bit++) {
        buf.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (record_get_crl(buf_bytes(&buf), &crl_out) == SK_OK)
            assert_int_equal(strlen(crl_out.ca), 4);
        buf.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_reset(&buf);
    record_put_object(&buf, &object);
    for (bit = 0; bit < 8 * buf.len; bit++) {
        buf.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (record_get_object(buf_bytes(&buf), &object_out) == SK_OK)
            assert_non_null(record_media_type(object_out.media_type));
        buf.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_done(&buf);
}

static void test_record_refuses_lists_that_do_not_divide(void **state)
{
    uint8_t bytes[64] = {0};
    size_t num;

    (void)state;
    assert_int_equal(record_list(bytes_of(bytes, 0), 32, &num), SK_INPUT);
    assert_int_equal(record_list(bytes_of(bytes, 33), 32, &num), SK_INPUT);
    assert_int_equal(record_list(bytes_of(bytes, 64), 32, &num), SK_OK);
    assert_int_equal(num, 2);
}

static void test_record_key_holds_its_cap_and_not_one_more(void **state)
{
    uint8_t bytes[RECORD_KEY_MAX] = {0};
    struct record_key key;

    (void)state;
    record_key_init(&key);
    assert_true(record_key_put(&key, bytes, RECORD_KEY_MAX));
    assert_false(record_key_put(&key, bytes, 1));
    assert_true(record_key_put(&key, NULL, 0));
    record_key_init(&key);
    assert_true(record_key_put(&key, bytes, RECORD_KEY_MAX - 1));
    assert_false(record_key_put_u16(&key, 1));
}

static void test_record_gives_back_what_was_put(void **state)
{
    struct crl_entry entry = {
        .revoked_at = -62167219200, .reason = CRL_REASON_CERTIFICATE_HOLD, .has_reason = true};
    struct crl_entry entry_out;
    struct record_meta meta_out;
    struct record_crl crl_out;
    struct record_object object_out;
    unsigned index;
    struct sk_buf buf;

    (void)state;
    buf_init(&buf, 1000);
    record_put_meta(&buf, &meta);
    assert_int_equal(record_get_meta(buf_bytes(&buf), &meta_out), SK_OK);
    assert_int_equal(meta_out.number, 77);
    assert_int_equal(meta_out.created, 1700000000);
    assert_memory_equal(meta_out.digest, meta.digest, SK_SHA256);
    assert_int_equal(meta_out.num_certs, 4);
    assert_int_equal(meta_out.num_crls, 5);
    buf_reset(&buf);
    record_put_crl(&buf, &crl);
    assert_int_equal(record_get_crl(buf_bytes(&buf), &crl_out), SK_OK);
    assert_memory_equal(crl_out.sha256, crl.sha256, SK_SHA256);
    assert_memory_equal(crl_out.seal, crl.seal, SK_SHA256);
    assert_int_equal(crl_out.flags, crl.flags);
    assert_int_equal(crl_out.this_update, 1300000000);
    assert_true(crl_out.next_update == CLOCK_NEVER);
    assert_int_equal(crl_out.num_entries, 1000000);
    assert_string_equal(crl_out.ca, "osca");
    buf_reset(&buf);
    record_put_object(&buf, &object);
    assert_int_equal(record_get_object(buf_bytes(&buf), &object_out), SK_OK);
    assert_int_equal(object_out.modified, -62167219200);
    assert_int_equal(object_out.expires, 253402300799);
    buf_reset(&buf);
    record_put_entry(&buf, &entry);
    assert_int_equal(buf.len, 6);
    assert_int_equal(record_get_entry(buf_bytes(&buf), &entry_out), SK_OK);
    assert_int_equal(entry_out.revoked_at, -62167219200);
    assert_int_equal(entry_out.reason, CRL_REASON_CERTIFICATE_HOLD);
    assert_true(entry_out.has_reason);
    assert_false(entry_out.has_invalidity);
    assert_int_equal(record_media_index(RECORD_MEDIA_BUNDLE, &index), SK_OK);
    assert_string_equal(record_media_type(index), RECORD_MEDIA_BUNDLE);
    assert_int_equal(record_media_index("text/html", &index), SK_NOTFOUND);
    assert_null(record_media_type(99));
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_refuses_a_value_of_another_length),
        cmocka_unit_test(test_record_survives_every_single_bit_flip),
        cmocka_unit_test(test_record_refuses_lists_that_do_not_divide),
        cmocka_unit_test(test_record_key_holds_its_cap_and_not_one_more),
        cmocka_unit_test(test_record_gives_back_what_was_put),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
