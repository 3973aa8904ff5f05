/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "cache/record_dir.h"

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

static enum sk_status walk_record(struct sk_bytes key, struct sk_bytes value)
{
    struct record_dir_walk walk;
    struct record_dir_value v;
    enum sk_status status = record_dir_open(key, value, &walk);
    unsigned i, id;
    size_t j, num;

    for (i = 0; status == SK_OK && i < walk.num_types; i++) {
        status = record_dir_type(&walk, &id, &num);
        for (j = 0; status == SK_OK && j < num; j++)
            status = record_dir_value(&walk, &v);
    }
    return status == SK_OK ? record_dir_finish(&walk) : status;
}

static void put_record(struct sk_buf *out, struct sk_bytes key)
{
    static const uint8_t hash[SK_SHA256] = {1, 2, 3};

    buf_reset(out);
    record_dir_put_head(out, RECORD_DIR_REFERRAL, text("cn=x,c=JP"), 2);
    record_dir_put_type(out, 3, 2);
    record_dir_put_value(out, text("one"));
    record_dir_put_value(out, text(""));
    record_dir_put_type(out, 7, 1);
    record_dir_put_blob(out, hash, 70000);
    record_put_check(out, key);
    assert_int_equal(buf_status(out), SK_OK);
}

/* Every single bit, every length, and another entry's record under this key. With a check that fits
 * the damage (a writer that was wrong) it must still not read past its end. */
static void test_record_of_an_entry_shows_every_damage(void **state)
{
    const struct sk_bytes k = text("a key"), other = text("b key");
    struct sk_bytes value;
    struct sk_buf buf, again;
    size_t i, len;
    uint8_t *exact;

    (void)state;
    buf_init(&buf, 1000);
    buf_init(&again, 1000);
    put_record(&buf, k);
    len = buf.len;
    assert_int_equal(walk_record(k, buf_bytes(&buf)), SK_OK);
    assert_int_equal(walk_record(other, buf_bytes(&buf)), SK_INPUT);
    for (i = 0; i < 8 * len; i++) {
        buf.data[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(walk_record(k, buf_bytes(&buf)), SK_INPUT);
        value = bytes_of(buf.data, len - RECORD_CHECK);
        buf_reset(&again);
        buf_put(&again, value.p, value.len);
        record_put_check(&again, k);
        exact = malloc(again.len);
        memcpy(exact, again.data, again.len);
        (void)!walk_record(k, bytes_of(exact, again.len));
        free(exact);
        buf.data[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    for (i = 0; i < len; i++) {
        assert_int_equal(walk_record(k, bytes_of(buf.data, i)), SK_INPUT);
        buf_reset(&again);
        buf_put(&again, buf.data, i < len - RECORD_CHECK ? i : 0);
        record_put_check(&again, k);
        assert_int_equal(walk_record(k, buf_bytes(&again)), SK_INPUT);
    }
    buf_done(&buf);
    buf_done(&again);
}

static void test_record_dir_key_is_of_whole_hashes(void **state)
{
    uint8_t bytes[(LIMIT_DIR_DEPTH + 1) * DIR_RDN_HASH] = {1, 2, 3};
    struct dir_key key;
    size_t len;

    (void)state;
    for (len = 0; len <= sizeof(bytes); len++) {
        const bool is_key = len > 0 && len < sizeof(bytes) && len % DIR_RDN_HASH == 0;

        assert_int_equal(record_dir_key(bytes_of(bytes, len), &key), is_key ? SK_OK : SK_INPUT);
        if (is_key)
            assert_true(bytes_equal(dir_key_bytes(&key), bytes_of(bytes, len)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_of_an_entry_shows_every_damage),
        cmocka_unit_test(test_record_dir_key_is_of_whole_hashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
