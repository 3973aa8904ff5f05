/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the verified certificates and lists stands in which entry of the directory (RFC 4523).
 *
 * Each [ca NAME] has an entry at each of its names, or at those the configuration gives. There:
 * cACertificate holds the self-issued certificates of that name and those a source of a CA's own
 * certificates gave; crossCertificatePair everything that others issued to it and it issued to
 * others; the three list attributes the lists it issued, those in force first. A list whose
 * distribution point has a directory name stands there instead. End entities' certificates stand at
 * their subjects when the CA's section says so.
 */
#ifndef SEKISHO_TOOLS_FETCH_AUTHORITY_H
#define SEKISHO_TOOLS_FETCH_AUTHORITY_H

#include "tools/fetch/lists.h"
#include "tools/fetch/tree.h"

struct authority_input {
    const struct sk_config *config;
    const struct pool *pool;
    const struct edges *edges;
    const struct lists *lists;
    int64_t now;
};

/* A name that cannot have an entry is told and left out. SK_NOMEM. */
enum sk_status authority_add(struct tree *tree, const struct authority_input *in,
                             struct sk_err *err) SK_MUST_CHECK;

#endif
