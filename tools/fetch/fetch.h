/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of sekisho-fetch: gather, verify, publish, tell.
 */
#ifndef SEKISHO_TOOLS_FETCH_FETCH_H
#define SEKISHO_TOOLS_FETCH_FETCH_H

#include "policy/config.h"
#include "tools/fetch/report.h"

enum fetch_exit {
    FETCH_EXIT_FRESH = 0,
    FETCH_EXIT_FAILED = 1, /* a source failed or gave something bad; what is served is valid */
    FETCH_EXIT_STALE = 2,  /* nothing is served, or something that ends now or soon */
    FETCH_EXIT_USAGE = 64, /* command line or configuration */
};

/* cas: names of the CAs to fetch, none for all. now: wall time, seconds. */
enum fetch_exit fetch_run(const struct sk_config *config, char *const *cas, size_t num_cas,
                          int64_t now, struct report *report);

#endif
