/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of sekisho-verify.
 */
#ifndef SEKISHO_TOOLS_VERIFY_OPTIONS_H
#define SEKISHO_TOOLS_VERIFY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

enum { /* exit codes; of several targets the worst counts: 65, 1, 2, 0 */
       VERIFY_EXIT_VALID = 0,
       VERIFY_EXIT_INVALID = 1, /* or revoked */
       VERIFY_EXIT_UNDETERMINED = 2,
       VERIFY_EXIT_USAGE = 64,
       VERIFY_EXIT_INPUT = 65,
};

struct option_list {
    const char **values; /* point into argv */
    size_t num_values;
};

struct verify_options {
    const char *config, *policy; /* -c, -p */
    struct option_list anchors, certs, crls, ocsp, ocsp_responders, policy_oids, targets;
    const char *time, *revocation, *ocsp_evidence;
    bool require_explicit_policy, inhibit_policy_mapping, inhibit_any_policy;
    bool honour_anchor_constraints, nested_ekus;
    bool json, batch, help, version;
};

/* SK_INPUT with text: wrong use. */
enum sk_status options_parse(int argc, char **argv, struct verify_options *out,
                             struct sk_err *err) SK_MUST_CHECK;
void options_done(struct verify_options *options);
/* The text of --help. */
extern const char options_help[];

#endif
