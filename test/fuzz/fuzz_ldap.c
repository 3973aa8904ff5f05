/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: net cache policy core */
/*
 * The LDAP reader: a stream of messages, framed and read, their filters too. What it takes as a
 * search, liblber takes as the same one.
 */
#include <stdlib.h>

#include "core/dir_filter.h"
#include "test/support/ldap_lber.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_MESSAGE = 65536, ARENA_BYTES = 4 * 1024 * 1024 };

static void check(bool is_so)
{
    if (!is_so)
        abort();
}

static void compare(struct sk_bytes message, const struct ldap_search_request *ours)
{
    struct lber_search theirs;

    lber_search_init(&theirs);
    check(lber_search_read(message, &theirs));
    check(bytes_equal(ours->base, buf_bytes(&theirs.base)));
    check((int)ours->scope == theirs.scope && ours->size_limit == (uint32_t)theirs.size_limit &&
          ours->time_limit == (uint32_t)theirs.time_limit &&
          ours->num_attributes == theirs.num_attributes &&
          ours->types_only == (theirs.types_only != 0));
    lber_search_done(&theirs);
}

static void read_filter(struct sk_bytes filter)
{
    struct sk_arena *arena = arena_new(ARENA_BYTES);
    const struct dir_filter *read;
    struct der ber;

    check(arena != NULL);
    der_init_ber(&ber, filter);
    if (dir_filter_read(&ber, arena, &read, NULL) == SK_OK)
        check(read != NULL);
    arena_free(arena);
}

/* A copy of exactly its size, so that a step outside is seen. */
static void take(const uint8_t *p, size_t len)
{
    struct ldap_request request;
    uint8_t *copy = malloc(len);

    check(copy != NULL);
    memcpy(copy, p, len);
    if (ldap_message_read(bytes_of(copy, len), &request) == SK_OK) {
        check(request.id > 0 && request.kind < LDAP_KINDS);
        check(request.num_controls <= LIMIT_LDAP_CONTROLS);
        if (request.kind == LDAP_SEARCH && request.fault == LDAP_SUCCESS) {
            compare(bytes_of(copy, len), &request.of.search);
            read_filter(request.of.search.filter);
        }
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;

    while (size > 0 && ldap_message_frame(bytes_of(data, size), MAX_MESSAGE, &len) == SK_OK &&
           len <= size) {
        check(len > 0);
        take(data, len);
        data += len;
        size -= len;
    }
    return 0;
}
