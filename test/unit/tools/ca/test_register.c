/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "tools/ca/register.h"

struct fixture {
    char dir[64], file[96];
    struct sk_register *reg;
};

static struct sk_err err; /* of the last call */

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != SK_OK)                                                                       \
            fail_msg("%s", err.text);                                                              \
    } while (0)

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/sekisho-register.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->file, sizeof(f->file), "%s/ca.db", f->dir);
    OK(register_open(f->file, true, &f->reg, &err));
    OK(register_begin(f->reg, &err));
    OK(register_create(f->reg, &err));
    OK(register_add_key(f->reg, 1, "k1", "ec:P-256", 100, &err));
    OK(register_commit(f->reg, &err));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    register_close(f->reg);
    (void)unlink(f->file);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

static void add(struct fixture *f, const char *serial, enum register_role role, int64_t not_after)
{
    struct register_cert cert = {.serial = serial,
                                 .generation = 1,
                                 .role = role,
                                 .profile = "office",
                                 .subject = "CN=\"x\\",
                                 .file = serial,
                                 .not_before = 1,
                                 .not_after = not_after,
                                 .issued = 2,
                                 .der = bytes_of(serial, strlen(serial))};

    OK(register_add_cert(f->reg, &cert, &err));
}

static void take_back(struct fixture *f, const char *serial, int64_t when, enum crl_reason reason)
{
    struct register_cert cert = {.serial = serial,
                                 .state = reason == CRL_REASON_CERTIFICATE_HOLD ? STATE_HOLD
                                                                                : STATE_REVOKED,
                                 .revoked_at = when,
                                 .reason = reason};

    OK(register_set_state(f->reg, &cert, &err));
}

static enum sk_status append_serial(void *arg, const struct register_cert *cert, struct sk_err *e)
{
    (void)e;
    buf_put_text(arg, cert->serial);
    return SK_OK;
}

static void assert_listed(struct fixture *f, enum register_list kind, const char *serials)
{
    struct sk_buf found;

    buf_init(&found, 128);
    OK(register_each_listed(f->reg, kind, append_serial, &found, &err));
    assert_true(bytes_equal(buf_bytes(&found), bytes_of(serials, strlen(serials))));
    buf_done(&found);
}

static void make_list(struct fixture *f, enum register_list kind, uint64_t number, int64_t when,
                      bool is_regular)
{
    struct register_crl list = {.kind = kind,
                                .number = number,
                                .generation = 1,
                                .is_regular = is_regular,
                                .this_update = when,
                                .next_update = when + 10,
                                .der = bytes_of("x", 1)};

    OK(register_add_list(f->reg, &list, &err));
}

static void test_register_refuses_a_second_one_in_its_place(void **state)
{
    struct fixture *f = *state;
    struct sk_register *other = NULL;

    assert_int_equal(register_open(f->file, true, &other, &err), SK_INPUT);
    assert_non_null(strstr(err.text, "already"));
    assert_null(other);
}

static void test_register_refuses_what_is_none(void **state)
{
    struct fixture *f = *state;
    char file[128];
    struct sk_register *other = NULL;
    FILE *to;

    (void)snprintf(file, sizeof(file), "%s/other", f->dir);
    assert_int_equal(register_open(file, false, &other, &err), SK_NOTFOUND);
    to = fopen(file, "w");
    assert_non_null(to);
    assert_int_equal(register_open(file, false, &other, &err), SK_NOTFOUND); /* empty */
    (void)fputs("certainly not a database, and long enough to be looked at as one", to);
    (void)fclose(to);
    assert_int_not_equal(register_open(file, false, &other, &err), SK_OK);
    assert_null(other);
    (void)unlink(file);
}

static void test_register_refuses_a_serial_number_twice(void **state)
{
    struct fixture *f = *state;
    struct register_cert cert = {.serial = "a",
                                 .generation = 1,
                                 .role = ROLE_USER,
                                 .profile = "p",
                                 .subject = "s",
                                 .file = "other",
                                 .der = bytes_of("d", 1)};

    add(f, "a", ROLE_USER, 10);
    assert_int_equal(register_add_cert(f->reg, &cert, &err), SK_INPUT);
    cert.serial = "b";
    cert.file = "a";
    assert_int_equal(register_add_cert(f->reg, &cert, &err), SK_INPUT);
    cert.file = "b";
    cert.generation = 9; /* a key that does not exist */
    assert_int_not_equal(register_add_cert(f->reg, &cert, &err), SK_OK);
}

static void test_register_finds_nothing_for_an_unknown_serial(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(register_find(f->reg, "nope", append_serial, NULL, &err), SK_NOTFOUND);
}

static void test_register_forgets_what_was_not_committed(void **state)
{
    struct fixture *f = *state;

    OK(register_begin(f->reg, &err));
    add(f, "a", ROLE_USER, 10);
    register_close(f->reg);
    OK(register_open(f->file, false, &f->reg, &err));
    assert_int_equal(register_find(f->reg, "a", append_serial, NULL, &err), SK_NOTFOUND);
}

static void test_register_lists_users_and_cas_apart_by_date(void **state)
{
    struct fixture *f = *state;

    add(f, "a", ROLE_USER, 1000);
    add(f, "b", ROLE_USER, 1000);
    add(f, "c", ROLE_CROSS, 1000);
    add(f, "d", ROLE_LINK, 1000);
    add(f, "e", ROLE_USER, 1000);
    assert_listed(f, LIST_CRL, "");
    take_back(f, "a", 30, CRL_REASON_KEY_COMPROMISE);
    take_back(f, "b", 20, CRL_REASON_CERTIFICATE_HOLD);
    take_back(f, "c", 20, CRL_REASON_CA_COMPROMISE);
    take_back(f, "d", 10, CRL_REASON_SUPERSEDED);
    assert_listed(f, LIST_CRL, "ba");
    assert_listed(f, LIST_ARL, "dc");
}

static void test_register_releases_a_hold(void **state)
{
    struct fixture *f = *state;
    struct register_cert good = {.serial = "a", .state = STATE_GOOD};

    add(f, "a", ROLE_USER, 1000);
    take_back(f, "a", 30, CRL_REASON_CERTIFICATE_HOLD);
    OK(register_set_state(f->reg, &good, &err));
    assert_listed(f, LIST_CRL, "");
}

/* RFC 5280 3.3 */
static void test_register_keeps_an_entry_for_one_list_after_expiry(void **state)
{
    struct fixture *f = *state;

    add(f, "a", ROLE_USER, 100);
    take_back(f, "a", 50, CRL_REASON_KEY_COMPROMISE);
    make_list(f, LIST_CRL, 1, 100, true); /* the last second of validity: not yet after it */
    assert_listed(f, LIST_CRL, "a");
    make_list(f, LIST_CRL, 2, 101, false); /* not the published list */
    make_list(f, LIST_ARL, 1, 101, true);  /* another list */
    assert_listed(f, LIST_CRL, "a");
    make_list(f, LIST_CRL, 3, 101, true);
    assert_listed(f, LIST_CRL, "");
}

static void test_register_knows_the_last_number_of_each_kind(void **state)
{
    struct fixture *f = *state;
    uint64_t number = 9;
    int64_t when = 9;

    OK(register_last_list(f->reg, LIST_CRL, &number, &when, &err));
    assert_int_equal(number, 0);
    assert_int_equal(when, 0);
    make_list(f, LIST_CRL, 1, 100, true);
    make_list(f, LIST_CRL, 2, 200, true);
    make_list(f, LIST_ARL, 1, 300, true);
    OK(register_last_list(f->reg, LIST_CRL, &number, &when, &err));
    assert_int_equal(number, 2);
    assert_int_equal(when, 200);
}

static enum sk_status count_list(void *arg, const struct register_crl *list, struct sk_err *e)
{
    (void)e;
    *(uint64_t *)arg = *(uint64_t *)arg * 10 + list->number;
    return SK_OK;
}

static void test_register_keeps_the_bytes_of_the_newest_list_only(void **state)
{
    struct fixture *f = *state;
    uint64_t numbers = 0;

    make_list(f, LIST_CRL, 1, 100, true);
    make_list(f, LIST_CRL, 2, 200, true);
    make_list(f, LIST_ARL, 7, 300, true);
    OK(register_each_list(f->reg, count_list, &numbers, &err));
    assert_int_equal(numbers, 27);
}

static enum sk_status keep_line(void *arg, const char *line, struct sk_err *e)
{
    (void)e;
    (void)snprintf(arg, 1024, "%s", line);
    return SK_OK;
}

static void test_register_escapes_names_in_json(void **state)
{
    struct fixture *f = *state;
    char line[1024] = "";

    add(f, "a", ROLE_USER, 0);
    OK(register_json(f->reg, "a", keep_line, line, &err));
    assert_non_null(strstr(line, "\"subject\":\"CN=\\\"x\\\\\""));
    assert_non_null(strstr(line, "\"not_after\":\"1970-01-01T00:00:00Z\""));
    assert_non_null(strstr(line, "\"revoked_at\":null"));
}

static void test_register_keeps_settings(void **state)
{
    struct fixture *f = *state;
    char *value = NULL;

    OK(register_get(f->reg, "x", &value, &err));
    assert_null(value);
    OK(register_set(f->reg, "x", "one", &err));
    OK(register_set(f->reg, "x", "two", &err));
    OK(register_set(f->reg, "x", NULL, &err));
    OK(register_get(f->reg, "x", &value, &err));
    assert_string_equal(value, "two");
    free(value);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_register_refuses_a_second_one_in_its_place),
        T(test_register_refuses_what_is_none),
        T(test_register_refuses_a_serial_number_twice),
        T(test_register_finds_nothing_for_an_unknown_serial),
        T(test_register_forgets_what_was_not_committed),
        T(test_register_lists_users_and_cas_apart_by_date),
        T(test_register_releases_a_hold),
        T(test_register_keeps_an_entry_for_one_list_after_expiry),
        T(test_register_knows_the_last_number_of_each_kind),
        T(test_register_keeps_the_bytes_of_the_newest_list_only),
        T(test_register_escapes_names_in_json),
        T(test_register_keeps_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
