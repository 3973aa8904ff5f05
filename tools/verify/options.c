/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/verify/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "usage: sekisho-verify [-c FILE -p POLICY] [--anchor FILE]... [--certs FILE|DIR]...\n"
    "           [--crls FILE|DIR]... [--ocsp FILE|DIR]... [--ocsp-responder FILE]...\n"
    "           [--time RFC3339] [--policy-oid OID]...\n"
    "           [--require-explicit-policy] [--inhibit-policy-mapping] [--inhibit-any-policy]\n"
    "           [--honour-anchor-constraints] [--nested-extended-key-usage]\n"
    "           [--revocation required|if-available|off] [--ocsp-evidence no|yes|prefer]\n"
    "           [--json] CERT...\n"
    "       sekisho-verify [-c FILE -p POLICY] --batch [--json]\n"
    "\n"
    "Judges certificates offline (RFC 5280). Files are PEM or DER.\n"
    "\n"
    "  -c, --config FILE          configuration that holds the policy\n"
    "  -p, --policy POLICY        policy to judge by (default: the configuration's default)\n"
    "      --anchor FILE          trust anchor\n"
    "      --certs FILE|DIR       other certificates that may stand in a path\n"
    "      --crls FILE|DIR        CRLs\n"
    "      --ocsp FILE|DIR        stored OCSP responses\n"
    "      --ocsp-responder FILE  responder trusted for every CA\n"
    "      --time RFC3339         time to judge at (now)\n"
    "      --policy-oid OID       acceptable certificate policy (any)\n"
    "      --require-explicit-policy, --inhibit-policy-mapping, --inhibit-any-policy\n"
    "                             inputs of RFC 5280 6.1.1\n"
    "      --honour-anchor-constraints\n"
    "                             the anchors' own extensions count (RFC 5937)\n"
    "      --nested-extended-key-usage\n"
    "                             the policy's purposes are asked of CA certificates as well\n"
    "      --revocation MODE      required (with --crls or --ocsp), if-available, off (without)\n"
    "      --ocsp-evidence MODE   yes (with --ocsp), prefer, no (without)\n"
    "      --json                 one JSON object for each CERT\n"
    "      --batch                read JSON lines on standard input, answer each with one\n"
    "      --help, --version\n"
    "\n"
    "Exit: 0 valid, 1 invalid or revoked, 2 undetermined, 64 usage, 65 unreadable input.\n";

enum option_id {
    OPTION_ANCHOR = 256,
    OPTION_CERTS,
    OPTION_CRLS,
    OPTION_TIME,
    OPTION_POLICY_OID,
    OPTION_EXPLICIT,
    OPTION_NO_MAPPING,
    OPTION_NO_ANY,
    OPTION_HONOUR_ANCHOR,
    OPTION_NESTED_EKU,
    OPTION_REVOCATION,
    OPTION_OCSP,
    OPTION_OCSP_RESPONDER,
    OPTION_OCSP_EVIDENCE,
    OPTION_JSON,
    OPTION_BATCH,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"policy", required_argument, NULL, 'p'},
    {"anchor", required_argument, NULL, OPTION_ANCHOR},
    {"certs", required_argument, NULL, OPTION_CERTS},
    {"crls", required_argument, NULL, OPTION_CRLS},
    {"time", required_argument, NULL, OPTION_TIME},
    {"policy-oid", required_argument, NULL, OPTION_POLICY_OID},
    {"require-explicit-policy", no_argument, NULL, OPTION_EXPLICIT},
    {"inhibit-policy-mapping", no_argument, NULL, OPTION_NO_MAPPING},
    {"inhibit-any-policy", no_argument, NULL, OPTION_NO_ANY},
    {"honour-anchor-constraints", no_argument, NULL, OPTION_HONOUR_ANCHOR},
    {"nested-extended-key-usage", no_argument, NULL, OPTION_NESTED_EKU},
    {"revocation", required_argument, NULL, OPTION_REVOCATION},
    {"ocsp", required_argument, NULL, OPTION_OCSP},
    {"ocsp-responder", required_argument, NULL, OPTION_OCSP_RESPONDER},
    {"ocsp-evidence", required_argument, NULL, OPTION_OCSP_EVIDENCE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"batch", no_argument, NULL, OPTION_BATCH},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static void add(struct option_list *list, const char *value)
{
    list->values[list->num_values++] = value;
}

static bool take(struct verify_options *out, int id, const char *value)
{
    if (id == 'c')
        out->config = value;
    else if (id == 'p')
        out->policy = value;
    else if (id == OPTION_ANCHOR)
        add(&out->anchors, value);
    else if (id == OPTION_CERTS)
        add(&out->certs, value);
    else if (id == OPTION_CRLS)
        add(&out->crls, value);
    else if (id == OPTION_OCSP)
        add(&out->ocsp, value);
    else if (id == OPTION_OCSP_RESPONDER)
        add(&out->ocsp_responders, value);
    else if (id == OPTION_TIME)
        out->time = value;
    else if (id == OPTION_POLICY_OID)
        add(&out->policy_oids, value);
    else if (id == OPTION_EXPLICIT)
        out->require_explicit_policy = true;
    else if (id == OPTION_NO_MAPPING)
        out->inhibit_policy_mapping = true;
    else if (id == OPTION_NO_ANY)
        out->inhibit_any_policy = true;
    else if (id == OPTION_HONOUR_ANCHOR)
        out->honour_anchor_constraints = true;
    else if (id == OPTION_NESTED_EKU)
        out->nested_ekus = true;
    else if (id == OPTION_REVOCATION)
        out->revocation = value;
    else if (id == OPTION_OCSP_EVIDENCE)
        out->ocsp_evidence = value;
    else if (id == OPTION_JSON)
        out->json = true;
    else if (id == OPTION_BATCH)
        out->batch = true;
    else if (id == OPTION_HELP)
        out->help = true;
    else if (id == OPTION_VERSION)
        out->version = true;
    else
        return false;
    return true;
}

static enum sk_status check(const struct verify_options *o, struct sk_err *err)
{
    bool has_case = o->anchors.num_values + o->certs.num_values + o->crls.num_values +
                            o->ocsp.num_values + o->ocsp_responders.num_values +
                            o->policy_oids.num_values + o->targets.num_values >
                        0 ||
                    o->time != NULL || o->revocation != NULL || o->ocsp_evidence != NULL ||
                    o->require_explicit_policy || o->inhibit_policy_mapping ||
                    o->inhibit_any_policy || o->honour_anchor_constraints || o->nested_ekus;

    if (o->help || o->version)
        return SK_OK;
    if (o->policy != NULL && o->config == NULL)
        return err_set(err, SK_INPUT, "-p: needs -c FILE");
    if (o->batch)
        return has_case ? err_set(err, SK_INPUT, "--batch: goes with -c, -p and --json only")
                        : SK_OK;
    if (o->targets.num_values == 0)
        return err_set(err, SK_INPUT, "no certificate to judge");
    if (o->anchors.num_values == 0 && o->config == NULL)
        return err_set(err, SK_INPUT, "no trust anchor: give --anchor FILE or -c FILE");
    return SK_OK;
}

enum sk_status options_parse(int argc, char **argv, struct verify_options *out, struct sk_err *err)
{
    struct option_list *lists[] = {&out->anchors, &out->certs,           &out->crls,
                                   &out->ocsp,    &out->ocsp_responders, &out->policy_oids,
                                   &out->targets};
    size_t i;
    int id;

    memset(out, 0, sizeof(*out));
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) /* no list is longer than argv */
        if ((lists[i]->values = calloc((size_t)argc + 1, sizeof(char *))) == NULL)
            return err_set(err, SK_NOMEM, "no memory");
    optind = 0;
    opterr = 0;
    while ((id = getopt_long(argc, argv, ":c:p:", long_options, NULL)) != -1) {
        if (id == ':')
            return err_set(err, SK_INPUT, "%s: wants a value", argv[optind - 1]);
        if (!take(out, id, optarg))
            return err_set(err, SK_INPUT, "%s: unknown option", argv[optind - 1]);
    }
    for (; optind < argc; optind++)
        add(&out->targets, argv[optind]);
    return check(out, err);
}

void options_done(struct verify_options *options)
{
    free(options->anchors.values);
    free(options->certs.values);
    free(options->crls.values);
    free(options->ocsp.values);
    free(options->ocsp_responders.values);
    free(options->policy_oids.values);
    free(options->targets.values);
}
