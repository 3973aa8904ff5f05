/* SPDX-License-Identifier: Apache-2.0 */
/* Searches in pages (RFC 2696). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hex.h"
#include "test/support/ldap_tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

/* ---- pages ---- */

static unsigned count_pages(struct tree *f, struct tree_ask ask, struct tree_seen *all,
                            struct tree_seen *page)
{
    char cookie[1024] = "";
    unsigned pages = 0;

    memset(all, 0, sizeof(*all));
    do {
        ask.cookie = cookie;
        tree_search(f, &ask, page);
        assert_int_equal(page->code, 0);
        assert_true(page->has_page);
        assert_in_range(page->entries, 0, ask.page);
        assert_in_range(strlen(all->names) + strlen(page->names), 0, TREE_NAMES - 1);
        memcpy(all->names + strlen(all->names), page->names, strlen(page->names) + 1);
        all->entries += page->entries;
        all->references += page->references;
        memcpy(cookie, page->cookie, sizeof(cookie));
        pages++;
    } while (cookie[0] != '\0');
    return pages;
}

static void pages_are_the_whole(void **state)
{
    static const struct tree_ask rows[] = {
        {.base = "c=JP", .scope = 2, .page = 7},
        {.base = "c=JP", .scope = 2, .page = 1000},
        {.base = "ou=People,o=Test,c=JP", .scope = 1, .page = 100},
        {.base = "c=JP", .scope = 2, .filter = "(sn=sato)", .page = 13},
        {.base = "c=JP", .scope = 2, .filter = "(uid=u3)", .page = 1},
        {.base = "c=JP", .scope = 2, .filter = "(uid=nobody)", .page = 1},
        {.base = "c=JP", .scope = 0, .page = 1},
    };
    struct tree_seen *seen = malloc(3 * sizeof(*seen));
    size_t i;

    assert_non_null(seen);
    for (i = 0; i < COUNT(rows); i++) {
        struct tree_ask whole = rows[i];

        whole.page = 0;
        tree_search(*state, &whole, &seen[0]);
        (void)count_pages(*state, rows[i], &seen[1], &seen[2]);
        assert_string_equal(seen[0].names, seen[1].names);
        assert_int_equal(seen[0].references, seen[1].references);
    }
    free(seen);
}

static void a_page_is_no_longer_than_a_search(void **state)
{
    const struct tree_ask ask = {.base = "c=JP", .scope = 2, .page = 500};
    struct tree *f = *state;
    struct tree_seen *seen = malloc(2 * sizeof(*seen));

    assert_non_null(seen);
    f->config.size_limit = 100;
    assert_in_range(count_pages(f, ask, &seen[0], &seen[1]), 7, 8);
    assert_int_equal(seen[0].entries, 4 + TREE_PEOPLE);
    f->config.size_limit = 0;
    free(seen);
}

static void cookies_are_of_their_search(void **state)
{
    struct tree_ask ask = {.base = "c=JP", .scope = 2, .page = 7};
    struct tree_seen *seen = malloc(sizeof(*seen));
    char cookie[1024], changed[1024];
    size_t i;

    assert_non_null(seen);
    tree_search(*state, &ask, seen);
    assert_int_equal(seen->entries, 7);
    memcpy(cookie, seen->cookie, sizeof(cookie));
    assert_string_not_equal(cookie, "");
    ask.cookie = cookie;
    ask.filter = "(sn=*)";
    tree_search(*state, &ask, seen);
    assert_int_equal(seen->code, 53);
    ask.filter = NULL;
    ask.base = "o=Test,c=JP";
    tree_search(*state, &ask, seen);
    assert_int_equal(seen->code, 53);
    ask.base = "c=JP";
    ask.scope = 1;
    tree_search(*state, &ask, seen);
    assert_int_equal(seen->code, 53);
    ask.scope = 2;
    ask.page = -1; /* written as 0: the client has seen enough */
    tree_search(*state, &ask, seen);
    assert_int_equal(seen->code, 0);
    assert_int_equal(seen->entries, 0);
    assert_string_equal(seen->cookie, "");
    ask.page = 7;
    ask.cookie = changed;
    for (i = 0; i + 2 < strlen(cookie); i += 2) { /* cut anywhere but at an RDN's end */
        memcpy(changed, cookie, i);
        changed[i] = '\0';
        tree_search(*state, &ask, seen);
        assert_int_equal(seen->code, i == 0 || (i > 32 && i % 32 == 0) ? 0 : 53);
    }
    free(seen);
}

static void a_page_larger_than_the_size_limit_is_none(void **state)
{
    const struct tree_ask ask = {.base = "c=JP", .scope = 2, .page = 10, .size_limit = 10};
    struct tree_seen *seen = malloc(sizeof(*seen));

    assert_non_null(seen);
    tree_search(*state, &ask, seen);
    assert_int_equal(seen->code, 4);
    assert_false(seen->has_page);
    free(seen);
}

/* Behind the same place, whatever is there now. */
static void a_cookie_goes_on_in_the_next_generation(void **state)
{
    struct tree_ask ask = {.base = "c=JP", .scope = 2, .page = 50};
    struct tree *f = *state;
    struct tree_seen *seen = malloc(3 * sizeof(*seen));
    char cookie[1024];
    unsigned total;

    assert_non_null(seen);
    tree_search(f, &ask, &seen[0]);
    memcpy(cookie, seen[0].cookie, sizeof(cookie));
    total = seen[0].entries;
    tree_publish(f, true);
    do {
        ask.cookie = cookie;
        tree_search(f, &ask, &seen[1]);
        assert_int_equal(seen[1].code, 0);
        total += seen[1].entries;
        memcpy(cookie, seen[1].cookie, sizeof(cookie));
    } while (cookie[0] != '\0');
    assert_in_range(total, 4 + TREE_PEOPLE, 5 + TREE_PEOPLE);
    tree_publish(f, false);
    free(seen);
}

/* ---- invented cookies ---- */

/* The cookie of ask's first page, moved to another place. */
static void move_cookie(struct tree *f, struct tree_ask ask, const struct dir_key *key,
                        char out[1024])
{
    const struct sk_bytes bytes = dir_key_bytes(key);
    struct tree_seen *seen = malloc(sizeof(*seen));

    assert_non_null(seen);
    ask.cookie = NULL;
    ask.page = 1;
    tree_search(f, &ask, seen);
    assert_int_equal(seen->code, 0);
    assert_in_range(strlen(seen->cookie), 32, 1023);
    memcpy(out, seen->cookie, 32); /* the sum of the search */
    hex_encode(bytes, out + 32);
    free(seen);
}

/* Nothing that the search itself would not give. */
static void expect_part(struct tree *f, const struct tree_ask *ask, const char *all)
{
    struct tree_seen *seen = malloc(sizeof(*seen));
    char *line, *rest;

    assert_non_null(seen);
    tree_search(f, ask, seen);
    assert_int_equal(seen->code, 0);
    for (line = strtok_r(seen->names, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *found = strstr(all, line);

        if (found == NULL || (found != all && found[-1] != '\n'))
            fail_msg("%s is not of this search", line);
    }
    free(seen);
}

static void a_cookie_leads_nowhere_else(void **state)
{
    struct tree_ask ask = {.base = "o=Test,c=JP", .scope = 2, .filter = "(sn=sato)"};
    struct tree *f = *state;
    struct tree_seen *whole = malloc(sizeof(*whole));
    struct dir_key base, key;
    char cookie[1024];
    unsigned i, j;

    assert_non_null(whole);
    tree_search(f, &ask, whole);
    assert_int_equal(whole->entries, TREE_PEOPLE / 2);
    assert_int_equal(dir_dn_key(f->arena, text("o=Test,c=JP"), &base, NULL), SK_OK);
    for (i = 0; i < 256; i++) {
        key = base;
        for (j = 0; j < DIR_RDN_HASH; j++)
            key.hash[base.depth * DIR_RDN_HASH + j] = (uint8_t)(i + j * 37);
        key.depth = base.depth + 1;
        move_cookie(f, ask, &key, cookie);
        ask.cookie = cookie;
        ask.page = 5;
        expect_part(f, &ask, whole->names);
    }
    key.hash[0] ^= 1; /* above the base */
    move_cookie(f, ask, &key, cookie);
    tree_search(f, &ask, whole);
    assert_int_equal(whole->code, 53);
    free(whole);
}

static void a_cookie_does_not_lead_behind_a_referral(void **state)
{
    static const char *const filters[] = {"(objectClass=*)", "(sn=sato)"}; /* a walk, an index */
    struct tree_ask ask = {.base = "o=Test,c=JP", .scope = 2};
    struct tree *f = *state;
    struct tree_seen *seen = malloc(sizeof(*seen));
    struct dir_key key;
    char cookie[1024];
    size_t i;

    assert_non_null(seen);
    assert_int_equal(dir_dn_key(f->arena, text("ou=Far,o=Test,c=JP"), &key, NULL), SK_OK);
    memset(key.hash + key.depth * DIR_RDN_HASH, 0, DIR_RDN_HASH);
    key.depth++; /* before all that is below it */
    for (i = 0; i < COUNT(filters); i++) {
        ask.filter = filters[i];
        ask.cookie = NULL;
        ask.page = 0;
        tree_search(f, &ask, seen);
        assert_null(strstr(seen->names, "Hidden"));
        move_cookie(f, ask, &key, cookie);
        ask.cookie = cookie;
        ask.page = 1000;
        tree_search(f, &ask, seen);
        assert_int_equal(seen->code, 0);
        assert_null(strstr(seen->names, "Hidden"));
        ask.manages = true;
        tree_search(f, &ask, seen);
        assert_non_null(strstr(seen->names, "Hidden 2"));
        ask.manages = false;
    }
    free(seen);
}

static void a_malformed_page_control(void **state)
{
    const struct ldap_env env = {.config = &((struct tree *)*state)->config,
                                 .reader = ((struct tree *)*state)->reader};
    static const char *const values[] = {"", "3000", "3003020101", "30060201ff0400", "04020400"};
    struct ldap_request request = {.id = 1, .kind = LDAP_SEARCH, .num_controls = 1};
    uint8_t octets[16];
    size_t i;

    request.of.search.base = text("c=JP");
    request.of.search.filter = text("\x87\x02"
                                    "cn");
    for (i = 0; i < COUNT(values); i++) {
        struct ldap_search *search;

        assert_int_equal(hex_decode(values[i], octets, strlen(values[i]) / 2), SK_OK);
        request.controls[0] =
            (struct ldap_control){.type = text(LDAP_OID_PAGED),
                                  .has_value = i > 0,
                                  .value = bytes_of(octets, strlen(values[i]) / 2)};
        search = ldap_search_new(&env, &request, 0);
        assert_int_equal(ldap_search_result_get0(search)->code, LDAP_PROTOCOL_ERROR);
        ldap_search_free(search);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_the_whole),
        cmocka_unit_test(a_page_is_no_longer_than_a_search),
        cmocka_unit_test(cookies_are_of_their_search),
        cmocka_unit_test(a_page_larger_than_the_size_limit_is_none),
        cmocka_unit_test(a_cookie_goes_on_in_the_next_generation),
        cmocka_unit_test(a_cookie_leads_nowhere_else),
        cmocka_unit_test(a_cookie_does_not_lead_behind_a_referral),
        cmocka_unit_test(a_malformed_page_control),
    };

    return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
