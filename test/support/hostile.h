/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graphs made to keep the judge busy: the cases of bench/micro/hostile.c (which times them) and of
 * test/unit/core/test_hostile.c (which counts their work).
 *
 * Certificates and CRLs are written here octet by octet and signed with Ed25519, so that ten
 * thousand of them take less than a second.
 */
#ifndef SEKISHO_TEST_SUPPORT_HOSTILE_H
#define SEKISHO_TEST_SUPPORT_HOSTILE_H

#include "test/support/graph.h"

#define HOSTILE_MAY(kind) (1u << (kind))

/* How many "many" are in the names of cases: 10,000 until it is set to less. */
extern unsigned hostile_many;

struct hostile_case {
    const char *name;
    /* Fills g and returns the target. */
    const struct sk_cert *(*build)(struct graph *g);
    unsigned may;            /* HOSTILE_MAY() of every right verdict */
    unsigned max_signatures; /* 0: as the budget says */
};
extern const struct hostile_case hostile_cases[];
extern const size_t hostile_num_cases;

/* One certificate that is only read. */
struct hostile_octets {
    const char *name;
    struct sk_bytes (*build)(struct sk_arena *arena);
    enum sk_status status; /* of cert_parse() */
};
extern const struct hostile_octets hostile_octets[];
extern const size_t hostile_num_octets;

#endif
