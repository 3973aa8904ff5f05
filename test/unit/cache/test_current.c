/* SPDX-License-Identifier: Apache-2.0 */
/* Which generation is current, when the folder around it changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cache/publish.h"
#include "core/arena.h"
#include "test/support/pki.h"

/* A generation that holds certificate number i. */
static uint64_t publish(const char *cache, long i)
{
    struct sk_arena *arena = arena_new(16u << 20);
    const struct sk_cert *cert = pki_cert(
        arena, &(struct pki_cert_spec){.subject = "/CN=x", .key = pki_key(PKI_EC, 0), .serial = i});
    struct sk_publish *pub;
    uint64_t number;

    assert_int_equal(publish_begin(cache, &pub, NULL), SK_OK);
    assert_int_equal(publish_cert(pub, cert, NULL), SK_OK);
    assert_int_equal(publish_commit(pub, 1, &number, NULL), SK_OK);
    arena_free(arena);
    return number;
}

static void remove_folder(const char *path)
{
    char command[160];

    (void)snprintf(command, sizeof(command), "rm -rf %s", path);
    assert_int_equal(system(command), 0);
}

/* A folder removed and filled anew counts from 1 again. */
static void test_generation_is_told_from_another_of_its_number(void **state)
{
    char dir[] = "/tmp/sekisho-current-XXXXXX", cache[64];
    struct sk_generation *gen, *again;

    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(cache, sizeof(cache), "%s/cache", dir);
    assert_int_equal(publish(cache, 1), 1);
    assert_int_equal(generation_open(cache, &gen, NULL), SK_OK);
    assert_true(generation_is_current(gen, cache));
    remove_folder(cache);
    assert_true(generation_is_current(gen, cache)); /* nothing better is there */
    assert_int_equal(publish(cache, 2), 1);
    assert_false(generation_is_current(gen, cache));
    assert_int_equal(generation_open(cache, &again, NULL), SK_OK);
    assert_true(generation_is_current(again, cache));
    assert_int_equal(publish(cache, 3), 2);
    assert_false(generation_is_current(again, cache));
    generation_unref(again);
    generation_unref(gen);
    remove_folder(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generation_is_told_from_another_of_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
