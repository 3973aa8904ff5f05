/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graphs of certificates and CRLs from a short text: the files of test/data/gen, whose README.md
 * tells the language.
 *
 *     struct described *d = describe_file("test/data/gen/good_loop.graph");
 *     graph_init(&g);
 *     describe_build(d, seed, &g);
 *     describe_check(d, graph_judge_order(&g, d->target, seed));
 *
 * Times, names, serials and key identifiers are those of the text; signatures are new at each
 * building and seed decides which key plays which part, so that no order of hashes is the rule.
 * A text that cannot be read ends the program with file and line.
 */
#ifndef SEKISHO_TEST_SUPPORT_DESCRIBE_H
#define SEKISHO_TEST_SUPPORT_DESCRIBE_H

#include "test/support/graph.h"

enum { DESCRIBE_LINES = 512, DESCRIBE_WORDS = 24, DESCRIBE_LABEL = 48 };

struct described_line {
    char *words[DESCRIBE_WORDS]; /* until a NULL */
    unsigned number;             /* in the file */
};

/* A named certificate; its serial is known before it is made. */
struct described_cert {
    const char *label;
    long serial;
    const struct described_line *line;
    const struct sk_cert *cert; /* of the last building */
};

struct described {
    const char *path;
    struct sk_arena *arena;
    struct described_line lines[DESCRIBE_LINES];
    size_t num_lines;
    struct described_cert certs[DESCRIBE_LINES];
    size_t num_certs;
    /* of the last building */
    const char *keys[PKI_KEYS]; /* their names, in order of mention */
    size_t num_keys, shift;
    const struct sk_cert *target;
    bool has_crls;
    /* from "expect" */
    const char *verdict, *finding; /* finding NULL: not asked */
    const char *path_labels;       /* "ee,pca,bca,osca", or NULL */
    const char *policies;          /* "1,2", or NULL */
    long length;                   /* certificates of the path, anchor too; 0: not asked */
};

struct described *describe_file(const char *path);
void describe_free(struct described *d);
/* Fills a new graph. */
void describe_build(struct described *d, unsigned seed, struct graph *g);
/* NULL, or what differs from "expect": a text of this module, until the next call. */
const char *describe_check(const struct described *d, const struct sk_verdict *verdict);

#endif
