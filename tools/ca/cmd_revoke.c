/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking certificates back. The register changes at once, relying parties learn it from the next
 * `crl` or `arl`.
 */
#include "core/clock.h"
#include "tools/ca/command.h"
#include "tools/ca/revlist.h"
#include "tools/ca/target.h"

static const struct option_def revoke_options[] = {
    {"reason", OPTION_NAME, true, false, "REASON", "why (see below)"},
    {"date", OPTION_TIME, false, false, "TIME", "revocationDate, now when absent"},
    {"invalidity-date", OPTION_TIME, false, false, "TIME",
     "since when the key is not to be trusted"},
    COMMAND_END,
};

static const struct option_def unhold_options[] = {COMMAND_END};

static enum sk_status check_state(const struct target *target, enum crl_reason reason,
                                  struct sk_err *err)
{
    char when[CLOCK_TEXT];

    if (target->role == ROLE_SELF)
        return err_set(err, SK_INPUT, "%s: no list can revoke a self-signed certificate",
                       target->serial);
    clock_format_rfc3339(target->revoked_at, when);
    if (target->state == STATE_REVOKED)
        return err_set(err, SK_INPUT, "%s: is revoked already, since %s (%s)", target->serial, when,
                       revlist_reason_text(target->reason));
    if (target->state == STATE_HOLD && reason == CRL_REASON_CERTIFICATE_HOLD)
        return err_set(err, SK_INPUT, "%s: is on hold already, since %s", target->serial, when);
    if (target->role != ROLE_USER && reason == CRL_REASON_CERTIFICATE_HOLD)
        return err_set(err, SK_INPUT, "%s: a CA certificate is not put on hold", target->serial);
    return SK_OK;
}

static enum sk_status set_revoked(struct sk_ca *ca, const struct options *o,
                                  const struct target *target, enum crl_reason reason,
                                  struct sk_err *err)
{
    struct register_cert row = {.serial = target->serial,
                                .reason = reason,
                                .state = reason == CRL_REASON_CERTIFICATE_HOLD ? STATE_HOLD
                                                                               : STATE_REVOKED};

    /* what was signed while on hold must not become good: the date of the hold stays */
    row.revoked_at = target->state == STATE_HOLD ? target->revoked_at : ca->now;
    (void)options_time(o, "date", &row.revoked_at);
    row.has_invalidity = options_time(o, "invalidity-date", &row.invalidity);
    if (row.revoked_at > ca->now || (row.has_invalidity && row.invalidity > ca->now))
        return err_set(err, SK_INPUT, "%s: revocation cannot begin in the future", target->serial);
    return register_set_state(ca->reg, &row, err);
}

static enum sk_status run_revoke(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    enum crl_reason reason = CRL_REASON_UNSPECIFIED;
    struct target target = {.role = ROLE_NONE};
    enum sk_status status;

    if (!revlist_reason(options_text(o, "reason"), &reason))
        return err_set(err, SK_INPUT, "--reason %s: no such reason", options_text(o, "reason"));
    status = target_find(ca, o->operand, &target, err);
    if (status == SK_OK)
        status = check_state(&target, reason, err);
    if (status == SK_OK)
        status = set_revoked(ca, o, &target, reason, err);
    target_done(&target);
    return status;
}

static enum sk_status run_unhold(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    struct target target = {.role = ROLE_NONE};
    struct register_cert row = {.state = STATE_GOOD};
    enum sk_status status = target_find(ca, o->operand, &target, err);

    if (status == SK_OK && target.state != STATE_HOLD)
        status = err_set(err, SK_INPUT, "%s: is not on hold but %s", target.serial,
                         register_state_text(target.state));
    if (status == SK_OK) {
        row.serial = target.serial;
        status = register_set_state(ca->reg, &row, err);
    }
    target_done(&target);
    return status;
}

static void more_help(FILE *to)
{
    (void)fputs("Reasons: unspecified keyCompromise cACompromise affiliationChanged superseded\n"
                "  cessationOfOperation certificateHold privilegeWithdrawn\n",
                to);
}

const struct command command_revoke = {
    .name = "revoke",
    .summary = "revoke a certificate, or put it on hold",
    .kind = COMMAND_ACT,
    .operand = "SERIAL|FILE",
    .options = revoke_options,
    .run = run_revoke,
    .more_help = more_help,
};

const struct command command_unhold = {
    .name = "unhold",
    .summary = "release a certificate from hold",
    .kind = COMMAND_ACT,
    .operand = "SERIAL|FILE",
    .options = unhold_options,
    .run = run_unhold,
};
