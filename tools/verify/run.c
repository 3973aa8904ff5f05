/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/verify/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/config.h"
#include "tools/verify/batch.h"
#include "tools/verify/case.h"
#include "tools/verify/load.h"
#include "tools/verify/options.h"
#include "tools/verify/report.h"

enum { RUN_KEYS = 1024 };

struct run {
    struct verify_options options;
    struct sk_config *config;
    const struct sk_params *base; /* of the policy, or NULL */
    struct sk_keyring *keys;
    struct verify_case *c;
    struct sk_err err;
};

static int fail(const struct sk_err *err, int code)
{
    fprintf(stderr, "sekisho-verify: %s\n", err->text);
    return code;
}

static void print_fault(void *arg, const char *line)
{
    (void)arg;
    fprintf(stderr, "sekisho-verify: %s\n", line);
}

/* ---- what to judge with ---- */

static int load_policy(struct run *run)
{
    const struct verify_options *o = &run->options;
    const struct sk_policy *policy;

    if (o->config == NULL)
        return 0;
    if (config_load(o->config, print_fault, NULL, &run->config) != SK_OK)
        return VERIFY_EXIT_INPUT;
    policy =
        o->policy != NULL ? config_policy(run->config, o->policy) : run->config->default_policy;
    if (policy == NULL) {
        (void)err_set(&run->err, SK_NOTFOUND, "%s: no policy %s", o->config,
                      o->policy != NULL ? o->policy : "at all");
        return fail(&run->err, VERIFY_EXIT_USAGE);
    }
    run->base = &policy->params;
    return 0;
}

static enum sk_status add_anchor(void *arg, const char *file, struct sk_bytes der,
                                 struct sk_err *err)
{
    struct run *run = arg;

    (void)file;
    return case_add_anchor(run->c, der, err);
}

/* A malformed object of the pool is no candidate: told, not fatal. */
static enum sk_status warn(enum sk_status status, const char *file, const struct sk_err *err)
{
    if (status != SK_INPUT && status != SK_LIMIT)
        return status;
    fprintf(stderr, "sekisho-verify: warning: %s: passed over: %s\n", file, err->text);
    return SK_OK;
}

static enum sk_status add_cert(void *arg, const char *file, struct sk_bytes der, struct sk_err *err)
{
    struct run *run = arg;

    return warn(case_add_cert(run->c, der, err), file, err);
}

static enum sk_status add_crl(void *arg, const char *file, struct sk_bytes der, struct sk_err *err)
{
    struct run *run = arg;

    return warn(case_add_crl(run->c, der, err), file, err);
}

static enum sk_status add_ocsp(void *arg, const char *file, struct sk_bytes der, struct sk_err *err)
{
    struct run *run = arg;

    return warn(case_add_ocsp(run->c, der, err), file, err);
}

static enum sk_status add_ocsp_responder(void *arg, const char *file, struct sk_bytes der,
                                         struct sk_err *err)
{
    struct run *run = arg;

    (void)file;
    return case_add_ocsp_responder(run->c, der, err);
}

static enum sk_status load_pool(struct run *run)
{
    const struct verify_options *o = &run->options;
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < o->anchors.num_values; i++)
        status = load_file(o->anchors.values[i], LOAD_CERT, add_anchor, run, &run->err);
    for (i = 0; status == SK_OK && i < o->certs.num_values; i++)
        status = load_path(o->certs.values[i], LOAD_CERT, add_cert, run, &run->err);
    for (i = 0; status == SK_OK && i < o->crls.num_values; i++)
        status = load_path(o->crls.values[i], LOAD_CRL, add_crl, run, &run->err);
    for (i = 0; status == SK_OK && i < o->ocsp.num_values; i++)
        status = load_path(o->ocsp.values[i], LOAD_OCSP, add_ocsp, run, &run->err);
    for (i = 0; status == SK_OK && i < o->ocsp_responders.num_values; i++)
        status =
            load_file(o->ocsp_responders.values[i], LOAD_CERT, add_ocsp_responder, run, &run->err);
    return status;
}

static enum sk_status set_options(struct run *run)
{
    const struct verify_options *o = &run->options;
    const char *revocation = o->revocation, *ocsp_evidence = o->ocsp_evidence;
    enum sk_status status = SK_OK;
    size_t i;

    if (revocation == NULL && run->base == NULL && o->crls.num_values + o->ocsp.num_values > 0)
        revocation = "required";
    if (ocsp_evidence == NULL && run->base == NULL && o->ocsp.num_values > 0)
        ocsp_evidence = "yes";
    if (ocsp_evidence != NULL)
        status = case_set_ocsp_evidence(run->c, ocsp_evidence, &run->err);
    if (status == SK_OK && revocation != NULL)
        status = case_set_revocation(run->c, revocation, &run->err);
    if (status == SK_OK && o->time != NULL)
        status = case_set_time(run->c, o->time, &run->err);
    for (i = 0; status == SK_OK && i < o->policy_oids.num_values; i++)
        status = case_add_policy(run->c, o->policy_oids.values[i], &run->err);
    if (o->require_explicit_policy)
        case_require_explicit_policy(run->c);
    if (o->inhibit_policy_mapping)
        case_inhibit_policy_mapping(run->c);
    if (o->inhibit_any_policy)
        case_inhibit_any_policy(run->c);
    if (o->honour_anchor_constraints)
        case_honour_anchor_constraints(run->c);
    if (o->nested_ekus)
        case_nest_ekus(run->c);
    return status;
}

/* ---- judging ---- */

/* The first certificate of a target's file is judged, the others may stand in its path. */
struct target {
    struct run *run;
    struct sk_buf der;
    bool has_der;
};

static enum sk_status take_target(void *arg, const char *file, struct sk_bytes der,
                                  struct sk_err *err)
{
    struct target *target = arg;

    if (target->has_der)
        return add_cert(target->run, file, der, err);
    target->has_der = true;
    buf_put(&target->der, der.p, der.len);
    if (buf_status(&target->der) != SK_OK)
        return err_set(err, buf_status(&target->der), "certificate: too large");
    return SK_OK;
}

static int print_json(const char *name, const struct sk_verdict *verdict)
{
    json_t *out = report_json(verdict, false), *named = json_pack("{s:s}", "file", name);

    if (named == NULL) /* a name that is not UTF-8 */
        named = json_object();
    if (out == NULL || named == NULL || json_object_update(named, out) != 0 ||
        json_dumpf(named, stdout, JSON_INDENT(2)) != 0 || fputc('\n', stdout) == EOF) {
        json_decref(out);
        json_decref(named);
        return VERIFY_EXIT_INPUT;
    }
    json_decref(out);
    json_decref(named);
    return report_exit(verdict);
}

static int judge_target(struct run *run, const char *file)
{
    struct target target = {.run = run};
    const struct sk_verdict *verdict;
    enum sk_status status;
    int code;

    buf_init(&target.der, LIMIT_CERT_BYTES);
    status = load_file(file, LOAD_CERT, take_target, &target, &run->err);
    if (status == SK_OK)
        status = case_judge(run->c, buf_bytes(&target.der), &verdict);
    if (status != SK_OK) {
        if (run->err.status == SK_OK)
            (void)err_set(&run->err, status, "%s: cannot judge: %s", file, status_name(status));
        code = fail(&run->err, VERIFY_EXIT_INPUT);
    } else if (run->options.json) {
        code = print_json(file, verdict);
    } else {
        report_text(stdout, file, verdict);
        code = report_exit(verdict);
    }
    buf_done(&target.der);
    err_clear(&run->err);
    return code;
}

/* Of several targets the worst counts. */
static int worse(int a, int b)
{
    static const int order[] = {VERIFY_EXIT_INPUT, VERIFY_EXIT_INVALID, VERIFY_EXIT_UNDETERMINED};
    size_t i;

    for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return VERIFY_EXIT_VALID;
}

static int judge_all(struct run *run)
{
    const struct option_list *targets = &run->options.targets;
    int code = VERIFY_EXIT_VALID;
    enum sk_status status;
    size_t i;

    run->keys = keyring_new(RUN_KEYS);
    run->c = run->keys != NULL ? case_new(run->base, run->keys) : NULL;
    if (run->c == NULL) {
        (void)err_set(&run->err, SK_NOMEM, "no memory");
        return fail(&run->err, VERIFY_EXIT_INPUT);
    }
    if (set_options(run) != SK_OK)
        return fail(&run->err, VERIFY_EXIT_USAGE);
    if ((status = load_pool(run)) != SK_OK)
        return fail(&run->err, VERIFY_EXIT_INPUT);
    for (i = 0; i < targets->num_values; i++) {
        if (i > 0 && !run->options.json)
            putchar('\n');
        code = worse(code, judge_target(run, targets->values[i]));
    }
    if (fflush(stdout) != 0) {
        (void)err_errno(&run->err, SK_IO, "standard output");
        return fail(&run->err, VERIFY_EXIT_INPUT);
    }
    return code;
}

static int run_options(struct run *run)
{
    int code;

    if (run->options.help) {
        fputs(options_help, stdout);
        return 0;
    }
    if (run->options.version) {
        puts("sekisho-verify " SEKISHO_VERSION);
        return 0;
    }
    if ((code = load_policy(run)) != 0)
        return code;
    if (!run->options.batch)
        return judge_all(run);
    if (batch_run(stdin, stdout, run->base, &run->err) != SK_OK)
        return fail(&run->err, VERIFY_EXIT_INPUT);
    return 0;
}

int run_verify(int argc, char **argv)
{
    struct run run = {0};
    int code;

    if (options_parse(argc, argv, &run.options, &run.err) == SK_OK)
        code = run_options(&run);
    else
        code = fail(&run.err, VERIFY_EXIT_USAGE);
    case_free(run.c);
    keyring_free(run.keys);
    config_free(run.config);
    options_done(&run.options);
    return code;
}
