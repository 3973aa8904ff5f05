/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/ldap_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/buffer.h>

#include "cache/publish.h"
#include "core/derout.h"
#include "core/hex.h"
#include "test/support/ldap_lber.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { BYTES = 4 * 1024 * 1024, MAX_VALUES = 4 };

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

/* ---- the tree ---- */

/* values: type, value, type, value ... in any order, each type's values together. */
static void put(struct tree *f, struct sk_publish *pub, const char *dn, const char *const *values)
{
    static struct sk_bytes list[16][MAX_VALUES];
    struct dir_values attributes[16];
    struct dir_entry entry = {.dn = text(dn), .attributes = attributes};
    struct sk_err err = {0};
    size_t i;

    assert_int_equal(dir_dn_key(f->arena, entry.dn, &entry.key, &err), SK_OK);
    for (i = 0; values[i] != NULL; i += 2) {
        const struct dir_attribute *type = dir_schema_attribute(text(values[i]));

        assert_non_null(type);
        if (entry.num == 0 || attributes[entry.num - 1].attribute != type) {
            attributes[entry.num] =
                (struct dir_values){.attribute = type, .values = list[entry.num]};
            entry.num++;
        }
        list[entry.num - 1][attributes[entry.num - 1].num++] = text(values[i + 1]);
        if (strcmp(values[i + 1], "referral") == 0)
            entry.is_referral = true;
    }
    if (publish_entry(pub, &entry, &err) != SK_OK)
        fail_msg("%s: %s", dn, err.text);
}

static void put_people(struct tree *f, struct sk_publish *pub)
{
    static const char *const towns[] = {"Kyoto", "Nara", "Osaka"};
    char dn[128], cn[64], uid[32];
    unsigned i;

    for (i = 0; i < TREE_PEOPLE; i++) {
        const char *values[] = {
            "objectClass", "top",        "objectClass", "person",
            "cn",          cn,           "sn",          i % 2 == 0 ? "Sato" : "Suzuki",
            "l",           towns[i % 3], "uid",         uid,
            NULL};

        (void)snprintf(cn, sizeof(cn), "Person %u", i);
        (void)snprintf(uid, sizeof(uid), "u%u", i);
        (void)snprintf(dn, sizeof(dn), "cn=Person %u,ou=People,o=Test,c=JP", i);
        put(f, pub, dn, values);
    }
}

void tree_publish(struct tree *f, bool with_more)
{
    static const char *const root[] = {"objectClass", "top", "objectClass", "country",
                                       "c",           "JP",  NULL};
    static const char *const test[] = {"objectClass",  "top",      "objectClass",
                                       "organization", "o",        "Test",
                                       "description",  "of tests", NULL};
    static const char *const unit[] = {"objectClass", "top",    "objectClass", "organizationalUnit",
                                       "ou",          "People", NULL};
    static const char *const more[] = {"objectClass", "top",  "objectClass", "organizationalUnit",
                                       "ou",          "More", NULL};
    static const char *const far[] = {"objectClass", "top",
                                      "objectClass", "referral",
                                      "objectClass", "extensibleObject",
                                      "ou",          "Far",
                                      "ref",         "ldap://far/ou=Far,o=Other,c=JP",
                                      "ref",         "ldaps://far2",
                                      NULL};
    static const char *const hidden[] = {"objectClass", "top", "objectClass", "person", "cn",
                                         "Hidden",      "sn",  "Sato",        NULL};
    static const char *const name[] = {
        "objectClass", "top", "objectClass", "organization", "o", "\xe6\x97\xa5 a?b", NULL};
    struct sk_publish *pub;
    struct sk_generation *gen;
    uint64_t number;
    struct sk_err err = {0};

    assert_int_equal(publish_begin(f->cache, &pub, &err), SK_OK);
    put(f, pub, "c=JP", root);
    put(f, pub, "o=Test,c=JP", test);
    put(f, pub, "ou=People,o=Test,c=JP", unit);
    put(f, pub, "ou=Far,o=Test,c=JP", far);
    put(f, pub, "cn=Hidden,ou=Far,o=Test,c=JP", hidden);
    put(f, pub, "cn=Hidden 2,ou=Far,o=Test,c=JP", hidden);
    put(f, pub, "o=\xe6\x97\xa5 a?b,c=JP", name);
    if (with_more)
        put(f, pub, "ou=More,o=Test,c=JP", more);
    put_people(f, pub);
    assert_int_equal(publish_commit(pub, 1, &number, &err), SK_OK);
    if (generation_open(f->cache, &gen, &err) != SK_OK)
        fail_msg("%s", err.text);
    reader_free(f->reader);
    assert_int_equal(reader_new(gen, &f->reader, &err), SK_OK);
    generation_unref(gen);
}

int tree_setup(void **state)
{
    struct tree *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/sekisho-search-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->cache, sizeof(f->cache), "%s/cache", f->dir);
    f->arena = arena_new(64u << 20);
    f->scratch = arena_new(LIMIT_LDAP_ENTRY_BYTES);
    tree_publish(f, false);
    *state = f;
    return 0;
}

int tree_teardown(void **state)
{
    struct tree *f = *state;
    char command[160];

    reader_free(f->reader);
    (void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    arena_free(f->arena);
    arena_free(f->scratch);
    free(f);
    return 0;
}

/* ---- asking ---- */

/* RFC 4515 as far as it is needed: no escapes, "*" alone or at the end. */
static const char *tree_put_filter(struct sk_buf *out, const char *at)
{
    static const struct {
        char letter;
        uint8_t tag;
    } sets[] = {{'&', 0xa0}, {'|', 0xa1}, {'!', 0xa2}};
    const char *equals, *end;
    size_t mark, inner, i, name_len;

    assert_int_equal(*at, '(');
    at++;
    for (i = 0; i < COUNT(sets); i++) {
        if (*at != sets[i].letter)
            continue;
        mark = derout_open(out, sets[i].tag);
        for (at++; *at == '(';)
            at = tree_put_filter(out, at);
        derout_close(out, mark);
        return at + 1;
    }
    equals = strchr(at, '=');
    end = strchr(at, ')');
    name_len = (size_t)(equals - at) - (equals[-1] == '>' || equals[-1] == '<');
    if (strncmp(equals, "=*)", 3) == 0) {
        derout_tlv(out, 0x87, bytes_of(at, name_len));
    } else if (end[-1] == '*') {
        mark = derout_open(out, 0xa4);
        derout_tlv(out, 0x04, bytes_of(at, name_len));
        inner = derout_open(out, 0x30);
        derout_tlv(out, 0x80, bytes_of(equals + 1, (size_t)(end - equals) - 2));
        derout_close(out, inner);
        derout_close(out, mark);
    } else {
        mark = derout_open(out, equals[-1] == '>' ? 0xa5 : equals[-1] == '<' ? 0xa6 : 0xa3);
        derout_tlv(out, 0x04, bytes_of(at, name_len));
        derout_tlv(out, 0x04, bytes_of(equals + 1, (size_t)(end - equals) - 1));
        derout_close(out, mark);
    }
    return end + 1;
}

static void put_page(struct ldap_request *request, struct tree *f, const struct tree_ask *ask)
{
    struct sk_buf value;
    uint8_t cookie[512];
    size_t len = ask->cookie != NULL ? strlen(ask->cookie) / 2 : 0, mark;

    if (ask->cookie != NULL)
        assert_int_equal(hex_decode(ask->cookie, cookie, len), SK_OK);
    buf_init(&value, BYTES);
    mark = derout_open(&value, 0x30);
    derout_uint(&value, 0x02, (uint64_t)(ask->page > 0 ? ask->page : 0));
    derout_tlv(&value, 0x04, bytes_of(cookie, len));
    derout_close(&value, mark);
    request->controls[request->num_controls++] = (struct ldap_control){
        .type = text(LDAP_OID_PAGED),
        .has_value = true,
        .value = bytes_of(arena_copy(f->arena, value.data, value.len), value.len)};
    buf_done(&value);
}

static void make_request(struct tree *f, const struct tree_ask *ask, struct sk_buf *filter,
                         struct ldap_request *out)
{
    struct ldap_search_request *search = &out->of.search;
    size_t i;

    memset(out, 0, sizeof(*out));
    (void)tree_put_filter(filter, ask->filter != NULL ? ask->filter : "(objectClass=*)");
    out->id = 4711;
    out->kind = LDAP_SEARCH;
    search->base = text(ask->base);
    search->scope = (enum ldap_scope)ask->scope;
    search->size_limit = (uint32_t)ask->size_limit;
    search->time_limit = (uint32_t)ask->time_limit;
    search->types_only = ask->types_only;
    search->filter = buf_bytes(filter);
    for (i = 0; i < COUNT(ask->attributes) && ask->attributes[i] != NULL; i++)
        search->attributes[search->num_attributes++] = text(ask->attributes[i]);
    if (ask->manages)
        out->controls[out->num_controls++] =
            (struct ldap_control){.type = text(LDAP_OID_MANAGE_DSA_IT)};
    if (ask->page != 0)
        put_page(out, f, ask);
}

static void look(struct tree_seen *seen, struct evbuffer *queue)
{
    size_t total = evbuffer_get_length(queue), at = 0, len;
    const uint8_t *octets = evbuffer_pullup(queue, -1);
    size_t names = strlen(seen->names);
    struct lber_response read;

    for (; at < total; at += len) {
        len = lber_response_read(bytes_of(octets + at, total - at), &read);
        assert_int_not_equal(len, 0);
        assert_int_equal(read.id, 4711);
        if (read.op == 0x64) {
            seen->entries++;
            memcpy(seen->attributes, read.attributes, sizeof(seen->attributes));
            names += (size_t)snprintf(seen->names + names, TREE_NAMES - names, "%s\n", read.dn);
        } else {
            assert_int_equal(read.op, 0x73);
            seen->references++;
            memcpy(seen->urls, read.urls, sizeof(seen->urls));
        }
    }
    (void)evbuffer_drain(queue, total);
}

static void take_result(struct tree_seen *seen, const struct ldap_result *result)
{
    struct lber_response read;
    struct sk_buf message;

    buf_init(&message, BYTES);
    ldap_write_result(&message, 4711, LDAP_SEARCH, result);
    assert_int_equal(lber_response_read(buf_bytes(&message), &read), message.len);
    seen->code = read.code;
    seen->has_page = read.has_page;
    (void)snprintf(seen->cookie, sizeof(seen->cookie), "%s", read.cookie);
    (void)snprintf(seen->matched, sizeof(seen->matched), "%s", read.matched);
    if (read.num_urls > 0)
        (void)snprintf(seen->urls, sizeof(seen->urls), "%s", read.urls);
    buf_done(&message);
}

void tree_search(struct tree *f, const struct tree_ask *ask, struct tree_seen *seen)
{
    const struct ldap_env env = {.config = &f->config, .reader = f->reader};
    struct evbuffer *queue = evbuffer_new();
    enum ldap_progress progress;
    struct ldap_request request;
    struct ldap_search *search;
    struct sk_buf filter;
    int64_t now = 1000;

    memset(seen, 0, sizeof(*seen));
    buf_init(&filter, BYTES);
    make_request(f, ask, &filter, &request);
    search = ldap_search_new(&env, &request, now);
    assert_non_null(search);
    assert_in_range(ldap_search_octets(search), 1, LIMIT_LDAP_OWN_BYTES);
    do {
        now += ask->late_us;
        progress = ldap_search_run(search, f->scratch, queue, now);
        look(seen, queue);
        seen->slices++;
    } while (progress == LDAP_GOES_ON);
    assert_int_equal(progress, LDAP_IS_DONE);
    assert_int_equal(ldap_search_entries(search), seen->entries);
    take_result(seen, ldap_search_result_get0(search));
    ldap_search_free(search);
    evbuffer_free(queue);
    buf_done(&filter);
}
