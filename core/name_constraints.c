/* SPDX-License-Identifier: Apache-2.0 */
#include "core/name_constraints.h"

#include <stdio.h>

#include "core/host.h"
#include "core/name.h"
#include "core/subtree.h"

enum { QUOTED_BYTES = 64, BASES_SHOWN = 3 };

enum { KINDS = GENERAL_NAME_REGISTERED_ID + 1 };

/* Sorted by kind, so that a name meets none but its own. */
struct subtree_list {
    struct subtree *items;
    size_t first[KINDS + 1]; /* of each kind; the last is the number of all */
};

/* One nameConstraints extension, read. */
struct constraint_set {
    const struct constraint_set *next; /* of the job */
    const struct sk_cert *ca;          /* it came from */
    enum sk_status status;             /* SK_OK, or SK_INPUT: it cannot be processed */
    const char *text;                  /* why not */
    struct subtree_list permitted, excluded;
};

static void sort_by_kind(const struct subtree *items, size_t num, struct subtree_list *out)
{
    size_t next[KINDS], kind, i;

    for (i = 0; i < num; i++)
        out->first[items[i].base.kind + 1]++;
    for (kind = 0; kind < KINDS; kind++) {
        next[kind] = out->first[kind];
        out->first[kind + 1] += out->first[kind];
    }
    for (i = 0; i < num; i++)
        out->items[next[items[i].base.kind]++] = items[i];
}

static enum sk_status count_items(struct der list, size_t *out)
{
    struct der_tlv tlv;
    size_t num;

    for (num = 0; !der_at_end(&list); num++) {
        if (der_any(&list, &tlv) != SK_OK)
            return SK_INPUT;
    }
    *out = num;
    return SK_OK;
}

/* GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree */
static enum sk_status read_list(struct sk_job *job, struct der *seq, uint8_t tag,
                                struct subtree_list *out, struct sk_err *err)
{
    bool is_present = false;
    struct subtree *items;
    struct der list;
    size_t num, i;

    if (der_enter_optional(seq, tag, &is_present, &list) != SK_OK)
        return err_set(err, SK_INPUT, "malformed nameConstraints");
    if (!is_present)
        return SK_OK;
    if (count_items(list, &num) != SK_OK || num == 0 || num > LIMIT_SUBTREES)
        return err_set(err, SK_INPUT, "nameConstraints with an empty or too long list");
    if (!job_spend_names(job, bytes_of(list.p, (size_t)(list.end - list.p))))
        return err_set(err, SK_LIMIT, "the name checks of this job are used up");
    items = job_alloc(job, num, sizeof(items[0]));
    out->items = job_alloc(job, num, sizeof(items[0]));
    if (items == NULL || out->items == NULL)
        return err_set(err, SK_LIMIT, "no room for the nameConstraints");
    for (i = 0; i < num; i++) {
        enum sk_status status = subtree_next(&list, job->arena, &items[i], err);

        if (status != SK_OK) /* a name past our caps is this certificate's fault, not the job's */
            return status == SK_LIMIT ? SK_INPUT : status;
    }
    sort_by_kind(items, num, out);
    return SK_OK;
}

/*  NameConstraints ::= SEQUENCE {
 *       permittedSubtrees       [0]     GeneralSubtrees OPTIONAL,
 *       excludedSubtrees        [1]     GeneralSubtrees OPTIONAL } */
static enum sk_status read_set(struct sk_job *job, struct sk_bytes value,
                               struct constraint_set *out, struct sk_err *err)
{
    struct der d, seq;
    enum sk_status status;

    der_init(&d, value);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK)
        return err_set(err, SK_INPUT, "malformed nameConstraints");
    status = read_list(job, &seq, DER_CONTEXT_CONSTRUCTED(0), &out->permitted, err);
    if (status == SK_OK)
        status = read_list(job, &seq, DER_CONTEXT_CONSTRUCTED(1), &out->excluded, err);
    if (status == SK_OK && der_finish(&seq) != SK_OK)
        return err_set(err, SK_INPUT, "malformed nameConstraints");
    return status;
}

static enum sk_status set_of(struct sk_job *job, const struct sk_cert *ca,
                             const struct constraint_set **out)
{
    const struct constraint_set *known;
    struct constraint_set *set;
    struct sk_err err = {0};

    for (known = job->constraints; known != NULL; known = known->next) {
        if (memcmp(known->ca->sha256, ca->sha256, SK_SHA256) == 0) {
            *out = known;
            return SK_OK;
        }
    }
    set = job_alloc(job, 1, sizeof(*set));
    if (set == NULL)
        return SK_LIMIT;
    set->ca = ca;
    set->status = read_set(job, ca->name_constraints.value, set, &err);
    if (set->status != SK_OK && set->status != SK_INPUT)
        return set->status;
    set->text = arena_copy(job->arena, err.text, strlen(err.text));
    set->next = job->constraints;
    job->constraints = set;
    *out = set;
    return SK_OK;
}

enum sk_status name_constraints_add(struct name_constraints *constraints, struct sk_job *job,
                                    const struct sk_cert *ca, struct sk_err *err)
{
    const struct constraint_set *set = NULL;
    enum sk_status status;

    if (!ca->name_constraints.is_present)
        return SK_OK;
    if (constraints->num == LIMIT_PATH_CERTS)
        return err_set(err, SK_LIMIT, "too many certificates");
    status = set_of(job, ca, &set);
    if (status != SK_OK)
        return err_set(err, status, "no room for the nameConstraints");
    if (set->status != SK_OK)
        return err_set(err, set->status, "%s", set->text != NULL ? set->text : "");
    constraints->sets[constraints->num++] = set;
    return SK_OK;
}

static int quoted_len(struct sk_bytes text)
{
    return (int)(text.len < QUOTED_BYTES ? text.len : (size_t)QUOTED_BYTES);
}

/* What may be repeated of a name of the certificate: a host. The rest may be about a person. */
static struct sk_bytes host_of(const struct subtree_name *name)
{
    struct sk_bytes other, host = bytes_of(NULL, 0);
    bool is_host = true;

    if (name->kind == GENERAL_NAME_DNS)
        return name->value;
    if (name->kind == GENERAL_NAME_EMAIL)
        is_host = host_of_mailbox(name->value, &other, &host);
    else if (name->kind == GENERAL_NAME_URI)
        is_host = host_of_uri(name->value, &other, &host);
    return is_host ? host : bytes_of(NULL, 0);
}

/* " (base, base ...)" of the kinds that are text. */
static void bases_text(const struct subtree_list *list, enum general_name_kind kind, char *out,
                       size_t size)
{
    size_t first = list->first[kind], end = list->first[kind + 1], i, used = 0;

    out[0] = '\0';
    if (kind != GENERAL_NAME_DNS && kind != GENERAL_NAME_EMAIL && kind != GENERAL_NAME_URI)
        return;
    for (i = first; i < end && i < first + BASES_SHOWN; i++) {
        (void)snprintf(out + used, size - used, "%s\"%.*s\"", i == first ? " (" : ", ",
                       quoted_len(list->items[i].base.value),
                       (const char *)list->items[i].base.value.p);
        used = strlen(out);
    }
    (void)snprintf(out + used, size - used, "%s", i < end ? " ...)" : ")");
}

static enum sk_status refuse(struct sk_err *err, const struct subtree_name *name,
                             const struct constraint_set *set, bool is_permitted)
{
    const char *what = is_permitted ? "outside the permitted subtrees" : "in an excluded subtree";
    char ca[LIMIT_NAME_SHOWN], bases[BASES_SHOWN * (QUOTED_BYTES + 4) + 8];
    struct sk_bytes host = host_of(name);

    bases_text(is_permitted ? &set->permitted : &set->excluded, name->kind, bases, sizeof(bases));
    name_short_text(set->ca->subject, ca, sizeof(ca));
    return err_set(err, SK_INPUT, "a %s%s%.*s %s of %s%s", general_name_kind_text(name->kind),
                   host.len > 0 ? " of host " : "", quoted_len(host),
                   host.len > 0 ? (const char *)host.p : "", what, ca, bases);
}

static enum sk_status check_list(struct sk_job *job, const struct constraint_set *set,
                                 const struct subtree_name *name, bool is_permitted,
                                 struct sk_err *err)
{
    const struct subtree_list *list = is_permitted ? &set->permitted : &set->excluded;
    size_t i, end = list->first[name->kind + 1];

    if (list->first[name->kind] == end)
        return SK_OK;
    for (i = list->first[name->kind]; i < end; i++) {
        enum subtree_answer answer;

        if (!job_spend_name_check(job))
            return err_set(err, SK_LIMIT, "the name checks of this job are used up");
        answer = subtree_holds(&list->items[i], name);
        if (is_permitted && answer == SUBTREE_WITHIN)
            return SK_OK;
        if (!is_permitted && answer != SUBTREE_OUTSIDE)
            return refuse(err, name, set, false);
    }
    return is_permitted ? refuse(err, name, set, true) : SK_OK;
}

static enum sk_status check_name(const struct name_constraints *constraints, struct sk_job *job,
                                 const struct subtree_name *name, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; i < constraints->num && status == SK_OK; i++) {
        status = check_list(job, constraints->sets[i], name, true, err);
        if (status == SK_OK)
            status = check_list(job, constraints->sets[i], name, false, err);
    }
    return status;
}

static bool is_constrained(const struct name_constraints *constraints, enum general_name_kind kind)
{
    size_t i;

    for (i = 0; i < constraints->num; i++) {
        const struct subtree_list *permitted = &constraints->sets[i]->permitted;
        const struct subtree_list *excluded = &constraints->sets[i]->excluded;

        if (permitted->first[kind] != permitted->first[kind + 1] ||
            excluded->first[kind] != excluded->first[kind + 1])
            return true;
    }
    return false;
}

/* RFC 9598 6: what binds an rfc822Name binds a mailbox in an otherName. Its host consists of
 * A-labels; one that does not, or that is no UTF8String, is undecided. */
static bool is_smtp_utf8_mailbox(const struct general_name *name, struct sk_bytes *out)
{
    struct sk_bytes type, mailbox;
    struct der d, value;

    if (name->kind != GENERAL_NAME_OTHER)
        return false;
    der_init(&d, name->value);
    if (der_oid(&d, DER_OID, &type) != SK_OK || !oid_is(type, OID_ON_SMTP_UTF8_MAILBOX))
        return false;
    *out = bytes_of(NULL, 0);
    if (der_enter(&d, DER_CONTEXT_CONSTRUCTED(0), &value) == SK_OK &&
        der_take(&value, DER_UTF8_STRING, &mailbox) == SK_OK)
        *out = mailbox;
    return true;
}

/* One alternative name that may be such a mailbox; otherNames are never quoted. */
static enum sk_status check_mailbox(const struct name_constraints *constraints, struct sk_job *job,
                                    const struct general_name *found, struct sk_err *err)
{
    struct subtree_name name = {.kind = GENERAL_NAME_EMAIL};
    enum sk_status status;

    if (!is_constrained(constraints, GENERAL_NAME_EMAIL) ||
        !is_smtp_utf8_mailbox(found, &name.value))
        return SK_OK;
    status = check_name(constraints, job, &name, err);
    return status != SK_INPUT ? status
                              : err_set(err, SK_INPUT,
                                        "an SmtpUTF8Mailbox is outside the permitted or inside an "
                                        "excluded rfc822Name subtree");
}

static enum sk_status check_alternatives(const struct name_constraints *constraints,
                                         struct sk_job *job, const struct sk_cert *cert,
                                         bool *out_has_mailbox, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct cert_walk walk;
    struct der names;

    if (cert_walk_init(&walk, &cert->san) != SK_OK)
        return err_set(err, SK_INPUT, "malformed subjectAltName");
    der_init(&names, bytes_of(walk.p, (size_t)(walk.end - walk.p)));
    while (status == SK_OK && !der_at_end(&names)) {
        struct subtree_name name = {0};
        struct general_name found;

        if (general_name_next(&names, false, &found) != SK_OK)
            return err_set(err, SK_INPUT, "malformed subjectAltName");
        if (!job_spend_name_check(job))
            return err_set(err, SK_LIMIT, "the name checks of this job are used up");
        name.kind = found.kind;
        name.value = found.value;
        if (found.kind == GENERAL_NAME_EMAIL)
            *out_has_mailbox = true;
        if ((status = check_mailbox(constraints, job, &found, err)) != SK_OK)
            return status;
        if (!is_constrained(constraints, found.kind))
            continue;
        if (found.kind == GENERAL_NAME_DIRECTORY && !job_spend_names(job, found.value))
            return err_set(err, SK_LIMIT, "the name checks of this job are used up");
        if (found.kind == GENERAL_NAME_DIRECTORY)
            status = name_canon(job->arena, found.value, &name.canon, err);
        if (status == SK_LIMIT) /* past our caps: no budget has ended */
            return SK_INPUT;
        if (status == SK_OK)
            status = check_name(constraints, job, &name, err);
    }
    return status;
}

static enum sk_status check_subject_mailboxes(const struct name_constraints *constraints,
                                              struct sk_job *job, const struct sk_cert *cert,
                                              struct sk_err *err)
{
    struct name_attribute attribute;
    struct name_walk walk;
    enum sk_status status = name_walk_init(&walk, cert->subject);

    while (status == SK_OK) {
        status = name_walk_next(&walk, &attribute);
        if (status == SK_OK && oid_is(attribute.type, OID_AT_EMAIL_ADDRESS)) {
            struct subtree_name name = {.kind = GENERAL_NAME_EMAIL, .value = attribute.value};

            status = check_name(constraints, job, &name, err);
            if (status != SK_OK)
                return status;
        }
    }
    return status == SK_NOTFOUND ? SK_OK : err_set(err, SK_INPUT, "malformed subject");
}

enum sk_status name_constraints_check(const struct name_constraints *constraints,
                                      struct sk_job *job, const struct sk_cert *cert,
                                      struct sk_err *err)
{
    struct subtree_name subject = {.kind = GENERAL_NAME_DIRECTORY, .canon = cert->subject_canon};
    bool has_mailbox = false;
    enum sk_status status = SK_OK;

    if (constraints->num == 0)
        return SK_OK;
    if (cert->subject_canon.len > 0) /* the empty subject is no name (RFC 5280 4.2.1.10) */
        status = check_name(constraints, job, &subject, err);
    if (status == SK_OK)
        status = check_alternatives(constraints, job, cert, &has_mailbox, err);
    if (status == SK_OK && !has_mailbox)
        status = check_subject_mailboxes(constraints, job, cert, err);
    return status;
}
