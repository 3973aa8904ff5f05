/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small published directory, and searches in it; liblber reads what they give. What fails ends
 * the test.
 */
#ifndef SEKISHO_TEST_SUPPORT_LDAP_TREE_H
#define SEKISHO_TEST_SUPPORT_LDAP_TREE_H

#include "net/ldap_search.h"
#include "policy/config.h"

enum { TREE_PEOPLE = 600, TREE_NAMES = 64 * 1024 };

struct tree {
    char dir[64], cache[96];
    struct sk_arena *arena, *scratch;
    struct sk_reader *reader;
    struct config_ldap config;
};

/* What a search gave. */
struct tree_seen {
    int code;
    unsigned entries, references, slices;
    char names[TREE_NAMES]; /* DNs, each with a line's end */
    char attributes[512];   /* of the last entry */
    char urls[512];
    char matched[512];
    char cookie[1024];
    bool has_page;
};

/* What is asked. */
struct tree_ask {
    const char *base;
    int scope, size_limit, time_limit;
    const char *filter;
    const char *attributes[8];
    bool manages, types_only;
    int page; /* 0: no control */
    const char *cookie;
    int64_t late_us; /* the clock runs on before each slice */
};

void tree_publish(struct tree *f, bool with_more);
int tree_setup(void **state);
int tree_teardown(void **state);
void tree_search(struct tree *f, const struct tree_ask *ask, struct tree_seen *seen);

#endif
