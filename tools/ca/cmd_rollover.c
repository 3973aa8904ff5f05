/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key rollover by RFC 4210 4.4: a new key under the old name, its self-signed certificate
 * (newWithNew), and two link certificates so that holders of either anchor reach both.
 */
#include <stdlib.h>

#include "tools/ca/command.h"
#include "tools/ca/extension.h"
#include "tools/ca/selfsigned.h"

static const struct option_def options[] = {
    {"key", OPTION_TEXT, true, false, "ALGORITHM",
     "rsa:2048, rsa:3072, rsa:4096, ec:P-256, ec:P-384"},
    {"label", OPTION_NAME, true, false, "NAME", "label of the new key"},
    {"existing-key", OPTION_FLAG, false, false, NULL,
     "take the key that has this label, make none"},
    {"pin-file", OPTION_TEXT, false, false, "FILE", "file with the token's PIN, this once"},
    COMMAND_VALIDITY,
    COMMAND_END,
};

struct link { /* one link certificate to be made */
    const struct ca_key *issuer, *subject;
    const char *name;
    int64_t not_before, not_after;
};

static enum sk_status make_link(struct sk_ca *ca, const struct link *link, unsigned generation,
                                struct sk_err *err)
{
    struct certify_record record = {.role = ROLE_LINK, .profile = "link", .dir = ""};
    struct certify c = {0};
    char *san_dn = NULL;
    char name[64];
    enum sk_status status;

    (void)snprintf(name, sizeof(name), "link-%s-g%u", link->name, generation);
    record.name = name;
    status = certify_begin(link->issuer, X509_get_subject_name(link->subject->cert),
                           X509_get0_pubkey(link->subject->cert), link->not_before, link->not_after,
                           &c, err);
    if (status == SK_OK)
        status = selfsigned_ca_extensions(&c, EXTENSION_NO_NUMBER, err);
    /* without a policy a link would end every path that needs one (RFC 5280 6.1.3(e)) */
    if (status == SK_OK)
        status = extension_any_policy(c.cert, err);
    if (status == SK_OK)
        status = certify_common(ca, link->issuer, &c, LIST_ARL, err);
    if (status == SK_OK)
        status = register_get(ca->reg, CA_SETTING_SAN_DN, &san_dn, err);
    if (status == SK_OK && san_dn != NULL)
        status = extension_alt_dn(c.cert, NID_subject_alt_name, san_dn, err);
    if (status == SK_OK)
        status = certify_finish(ca, link->issuer, &c, &record, err);
    free(san_dn);
    certify_done(&c);
    return status;
}

/* RFC 4210 4.4.1: newWithOld runs from the birth of the new key to the end of the old one at the
 * latest, oldWithNew over the life of the old key. The old key's end may lie after the new one's;
 * a link never outlives its issuer. */
static enum sk_status make_links(struct sk_ca *ca, const struct ca_key *old,
                                 const struct ca_key *new, int64_t new_begin, int64_t new_end,
                                 struct sk_err *err)
{
    struct link new_with_old = {.issuer = old, .subject = new, .name = "new-with-old"};
    struct link old_with_new = {.issuer = new, .subject = old, .name = "old-with-new"};
    int64_t old_begin = 0, old_end = 0, end;
    enum sk_status status = certify_time(X509_get0_notBefore(old->cert), &old_begin, err);

    if (status == SK_OK)
        status = certify_time(X509_get0_notAfter(old->cert), &old_end, err);
    if (status != SK_OK)
        return status;
    if (new_begin > old_end)
        return err_set(err, SK_INPUT,
                       "the old key ends before the new one begins: no link is possible");
    end = old_end < new_end ? old_end : new_end;
    new_with_old.not_before = new_begin;
    new_with_old.not_after = end;
    old_with_new.not_before = old_begin;
    old_with_new.not_after = end;
    status = make_link(ca, &new_with_old, new->generation, err);
    if (status == SK_OK)
        status = make_link(ca, &old_with_new, new->generation, err);
    return status;
}

static enum sk_status run(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    struct ca_key old = {0}, new = {0};
    int64_t not_before = 0, not_after = 0;
    enum sk_status status = certify_validity(o, ca->now, &not_before, &not_after, err);

    if (status == SK_OK)
        status = ca_key_load(ca, 0, &old, err);
    if (status == SK_OK)
        status = ca_key_make(ca, options_text(o, "label"), options_text(o, "key"),
                             options_has(o, "existing-key"), &new, err);
    if (status == SK_OK)
        status =
            selfsigned_make(ca, &new, X509_get_subject_name(old.cert), not_before, not_after, err);
    if (status == SK_OK)
        status = make_links(ca, &old, &new, not_before, not_after, err);
    ca_key_done(&old);
    ca_key_done(&new);
    return status;
}

const struct command command_rollover = {
    .name = "rollover",
    .summary = "a new key under the same name, with link certificates both ways",
    .kind = COMMAND_ACT,
    .options = options,
    .run = run,
};
