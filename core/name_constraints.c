/* SPDX-License-Identifier: Apache-2.0 */
#include "core/name_constraints.h"

#include "core/name.h"
#include "core/subtree.h"

enum { QUOTED_BYTES = 100 };

enum { KINDS = GENERAL_NAME_REGISTERED_ID + 1 };

/* Sorted by kind, so that a name meets none but its own. */
struct subtree_list {
    struct subtree *items;
    size_t first[KINDS + 1]; /* of each kind; the last is the number of all */
};

/* One nameConstraints extension, read. */
struct constraint_set {
    const struct constraint_set *next; /* of the job */
    uint8_t sha256[SK_SHA256];         /* of the certificate it came from */
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

        if (status != SK_OK)
            return status;
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
        if (memcmp(known->sha256, ca->sha256, SK_SHA256) == 0) {
            *out = known;
            return SK_OK;
        }
    }
    set = job_alloc(job, 1, sizeof(*set));
    if (set == NULL)
        return SK_LIMIT;
    memcpy(set->sha256, ca->sha256, SK_SHA256);
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
    if (constraints->num == LIMIT_PATH_CERTS_MAX)
        return err_set(err, SK_LIMIT, "too many certificates");
    status = set_of(job, ca, &set);
    if (status != SK_OK)
        return err_set(err, status, "no room for the nameConstraints");
    if (set->status != SK_OK)
        return err_set(err, set->status, "%s", set->text != NULL ? set->text : "");
    constraints->sets[constraints->num++] = set;
    return SK_OK;
}

/* Only kinds that have a text are quoted, and directory names of people are not. */
static enum sk_status refuse(struct sk_err *err, const struct subtree_name *name, const char *what)
{
    bool is_text = name->kind == GENERAL_NAME_DNS || name->kind == GENERAL_NAME_URI ||
                   name->kind == GENERAL_NAME_EMAIL;
    size_t len = name->value.len < QUOTED_BYTES ? name->value.len : (size_t)QUOTED_BYTES;

    if (!is_text)
        return err_set(err, SK_INPUT, "a %s is %s", general_name_kind_text(name->kind), what);
    return err_set(err, SK_INPUT, "the %s \"%.*s\" is %s", general_name_kind_text(name->kind),
                   (int)len, (const char *)name->value.p, what);
}

static enum sk_status check_list(struct sk_job *job, const struct subtree_list *list,
                                 const struct subtree_name *name, bool is_permitted,
                                 struct sk_err *err)
{
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
            return refuse(err, name, "inside an excluded subtree");
    }
    return is_permitted ? refuse(err, name, "outside the permitted subtrees") : SK_OK;
}

static enum sk_status check_name(const struct name_constraints *constraints, struct sk_job *job,
                                 const struct subtree_name *name, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; i < constraints->num && status == SK_OK; i++) {
        status = check_list(job, &constraints->sets[i]->permitted, name, true, err);
        if (status == SK_OK)
            status = check_list(job, &constraints->sets[i]->excluded, name, false, err);
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
        if (!is_constrained(constraints, found.kind))
            continue;
        if (found.kind == GENERAL_NAME_DIRECTORY && !job_spend_names(job, found.value))
            return err_set(err, SK_LIMIT, "the name checks of this job are used up");
        if (found.kind == GENERAL_NAME_DIRECTORY)
            status = name_canon(job->arena, found.value, &name.canon, err);
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
