/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one run fetches: every address of the configuration as a source, with what came of it.
 */
#ifndef SEKISHO_TOOLS_FETCH_PLAN_H
#define SEKISHO_TOOLS_FETCH_PLAN_H

#include "core/buf.h"
#include "policy/config.h"
#include "tools/fetch/report.h"

enum fetch_kind { FETCH_CERTIFICATE = 0, FETCH_CROSS, FETCH_CRL, FETCH_ARL };

enum fetch_outcome {
    FETCH_SKIPPED = 0, /* not asked for in this run: what is held stays */
    FETCH_GOT,         /* bodies are there */
    FETCH_UNCHANGED,   /* the server says that what is held is current */
    FETCH_FAILED,      /* reason and err say why; what is held stays */
};

/* What a server gave to recognise its answer by (RFC 9110 8.8); "" when it gave none. */
struct fetch_validators {
    char etag[256], last_modified[64];
};

struct fetch_body {
    char *name; /* owned: the URL, or the file of a folder; for messages */
    struct sk_buf bytes;
};

struct fetch_source {
    const struct config_ca *ca;
    enum fetch_kind kind;
    const char *url; /* borrowed from the configuration */
    bool is_wanted;  /* the run was asked for this CA, or for all */

    enum fetch_outcome outcome;
    struct fetch_body *bodies; /* owned; one, but for a folder */
    size_t num_bodies;
    enum fetch_reason reason; /* when FETCH_FAILED */
    struct sk_err err;
    struct fetch_validators sent, got;
    bool has_fault; /* it failed, or something it gave was refused */
};

struct fetch_plan {
    struct fetch_source *sources; /* in the order of the configuration */
    size_t num_sources;
};

/* cas: names of the CAs to fetch, none for all. SK_INPUT: a name that is not configured. */
enum sk_status plan_init(struct fetch_plan *plan, const struct sk_config *config, char *const *cas,
                         size_t num_cas, struct sk_err *err) SK_MUST_CHECK;
void plan_done(struct fetch_plan *plan);

static inline bool plan_is_list(const struct fetch_source *source)
{
    return source->kind == FETCH_CRL || source->kind == FETCH_ARL;
}

/* Adds an empty body that takes at most max_bytes; NULL: no memory. It moves when another one is
 * added. */
struct fetch_body *plan_add_body(struct fetch_source *source, const char *name, size_t max_bytes);
/* The source failed: source->err has the text. What it gave so far is dropped. */
void plan_fail(struct fetch_source *source, enum fetch_reason reason);

#endif
