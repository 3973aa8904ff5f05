/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/authority.h"

#include <stdlib.h>
#include <string.h>

#include "core/derout.h"
#include "core/general_name.h"
#include "core/name.h"
#include "tools/fetch/pairs.h"

/* A certificate that is published. */
struct item {
    const struct sk_cert *cert;
    bool is_ca;
    bool is_own; /* a source of a CA's own certificates gave it */
};

struct job {
    struct tree *tree;
    const struct authority_input *in;
    struct pairs_edges edges;
    struct item *items;
    size_t num_items;
    const struct list **lists; /* those in force first, each kind from the newest on */
    const struct config_ca *ca;
    const struct sk_cert *names[LIMIT_CA_NAMES]; /* a certificate of each name of ca */
    size_t num_names;
    bool is_cut; /* it has more */
};

static const struct dir_attribute *type_of(const char *name)
{
    return dir_schema_attribute(bytes_of(name, strlen(name)));
}

/* Version 1 certificates cannot say that they are a CA's: the self-signed ones are. */
static bool is_ca_cert(const struct sk_cert *cert)
{
    return cert->is_ca || (cert->version < 3 && cert->is_self_issued);
}

/* ---- entries ---- */

/* The entry of a name; *out NULL when it has been told that there can be none. */
static enum sk_status find_node(struct job *job, struct sk_bytes name, unsigned marks,
                                struct tree_node **out)
{
    struct sk_err err = {SK_OK, ""};
    char shown[LIMIT_NAME_TOLD];
    struct sk_buf dn;
    enum sk_status status;

    *out = NULL;
    buf_init(&dn, LIMIT_DIR_DN_BYTES);
    status = name_to_text(name, &dn);
    if (status == SK_LIMIT)
        (void)err_set(&err, status, "a name of more than %u octets", LIMIT_DIR_DN_BYTES);
    if (status == SK_OK)
        status = tree_node(job->tree, buf_bytes(&dn), marks, out, &err);
    buf_done(&dn);
    if (status == SK_OK || status == SK_NOMEM)
        return status;
    name_short_text(name, shown, sizeof(shown));
    (void)err_context(&err, "no entry in the directory");
    report_fault(job->tree->report, job->ca->name, shown, REASON_UNUSABLE, &err);
    return SK_OK;
}

static enum sk_status put(struct job *job, const char *dn, struct sk_bytes name, unsigned marks,
                          struct tree_node **out)
{
    struct sk_err err = {SK_OK, ""};
    enum sk_status status;

    if (dn == NULL)
        return find_node(job, name, marks, out);
    *out = NULL;
    status = tree_node(job->tree, bytes_of(dn, strlen(dn)), marks, out, &err);
    if (status == SK_OK || status == SK_NOMEM)
        return status;
    (void)err_context(&err, "no entry in the directory");
    report_fault(job->tree->report, job->ca->name, dn, REASON_UNUSABLE, &err);
    return SK_OK;
}

/* Does the text name what the certificate's subject does? */
static bool is_name(struct job *job, const char *dn, const struct sk_cert *cert)
{
    struct dir_key a, b;

    return dir_dn_key(job->tree->arena, bytes_of(dn, strlen(dn)), &a, NULL) == SK_OK &&
           dir_dn_key_of_name(job->tree->arena, cert->subject, &b, NULL) == SK_OK &&
           dir_key_equal(&a, &b);
}

static bool is_any_name(struct job *job, const char *dn)
{
    size_t i;

    for (i = 0; i < job->num_names; i++) {
        if (is_name(job, dn, job->names[i]))
            return true;
    }
    return false;
}

/* Calls visit for each entry of one of the CA's names: that name's own, or where the configuration
 * gives names, the one that is it and those that are none of the CA's names. */
typedef enum sk_status (*node_fn)(struct job *job, const struct sk_cert *name,
                                  struct tree_node *node);
static enum sk_status each_node(struct job *job, const struct sk_cert *name, node_fn visit)
{
    const struct config_list *dns = &job->ca->dns;
    enum sk_status status = SK_OK;
    struct tree_node *node;
    size_t i;

    if (dns->num_values == 0) {
        status = find_node(job, name->subject, TREE_CA, &node);
        return status == SK_OK && node != NULL ? visit(job, name, node) : status;
    }
    for (i = 0; status == SK_OK && i < dns->num_values; i++) {
        if (!is_name(job, dns->values[i], name) && is_any_name(job, dns->values[i]))
            continue;
        status = put(job, dns->values[i], name->subject, TREE_CA, &node);
        if (status == SK_OK && node != NULL)
            status = visit(job, name, node);
    }
    return status;
}

/* ---- certificates ---- */

static enum sk_status put_own(struct job *job, const struct sk_cert *name, struct tree_node *node)
{
    const struct dir_attribute *type = type_of("cACertificate");
    enum sk_status status = SK_OK;
    const struct item *item;
    size_t i;

    for (i = 0; status == SK_OK && i < job->num_items; i++) {
        item = &job->items[i];
        if (item->is_ca && (item->cert->is_self_issued || item->is_own) &&
            memcmp(item->cert->subject_hash, name->subject_hash, SK_SHA256) == 0)
            status = tree_put(job->tree, node, type, item->cert->der);
    }
    return status;
}

struct pair_visit {
    struct tree *tree;
    struct tree_node *node;
};

static enum sk_status put_pair(void *arg, struct sk_bytes pair)
{
    const struct pair_visit *visit = arg;

    return tree_put(visit->tree, visit->node, type_of("crossCertificatePair"), pair);
}

static enum sk_status put_pairs(struct job *job, const struct sk_cert *name, struct tree_node *node)
{
    struct pair_visit visit = {job->tree, node};
    const struct sk_cert **certs = calloc(2 * job->num_items + 1, sizeof(const struct sk_cert *));
    const struct sk_cert **by_this = certs + job->num_items, *cert;
    enum sk_status status;
    size_t i, num_to = 0, num_by = 0;

    if (certs == NULL)
        return SK_NOMEM;
    for (i = 0; i < job->num_items; i++) {
        cert = job->items[i].cert;
        if (!job->items[i].is_ca || cert->is_self_issued)
            continue;
        if (memcmp(cert->subject_hash, name->subject_hash, SK_SHA256) == 0)
            certs[num_to++] = cert;
        else if (memcmp(cert->issuer_hash, name->subject_hash, SK_SHA256) == 0)
            by_this[num_by++] = cert;
    }
    status =
        pairs_each(certs, num_to, by_this, num_by, &job->edges, job->tree->arena, put_pair, &visit);
    free(certs);
    return status;
}

/* ---- lists ---- */

static enum sk_status put_list(struct job *job, struct tree_node *node, const struct list *list)
{
    static const char *const types[CRL_KINDS] = {
        [CRL_KIND_CRL] = "certificateRevocationList",
        [CRL_KIND_ARL] = "authorityRevocationList",
        [CRL_KIND_DELTA] = "deltaRevocationList",
    };

    return tree_put(job->tree, node, type_of(types[crl_kind(&list->crl, list_is_arl(list))]),
                    list->crl.der);
}

/* The issuer's name and an RDN more (RFC 5280 5.2.5), in the arena. relative: contents of the SET.
 */
static enum sk_status relative_name(struct job *job, const struct sk_crl *crl, struct sk_bytes *out)
{
    struct sk_bytes rdns;
    struct sk_buf buf;
    struct der der;
    enum sk_status status;
    size_t mark;

    der_init(&der, crl->issuer);
    if (der_take(&der, DER_SEQUENCE, &rdns) != SK_OK)
        return SK_INPUT;
    buf_init(&buf, LIMIT_NAME_CANON_BYTES);
    mark = derout_open(&buf, DER_SEQUENCE);
    derout_raw(&buf, rdns);
    derout_tlv(&buf, DER_SET, crl->idp.relative);
    derout_close(&buf, mark);
    status = buf_status(&buf);
    if (status == SK_OK)
        *out = bytes_of(arena_copy(job->tree->arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    return status == SK_OK && out->p == NULL ? SK_NOMEM : status;
}

static enum sk_status put_at(struct job *job, struct sk_bytes name, const struct list *list)
{
    struct tree_node *node;
    enum sk_status status = find_node(job, name, TREE_POINT, &node);

    return status == SK_OK && node != NULL ? put_list(job, node, list) : status;
}

static bool is_issuer(struct job *job, const struct list *list, struct sk_bytes name)
{
    struct dir_key a, b;

    return dir_dn_key_of_name(job->tree->arena, name, &a, NULL) == SK_OK &&
           dir_dn_key_of_name(job->tree->arena, list->crl.issuer, &b, NULL) == SK_OK &&
           dir_key_equal(&a, &b);
}

/* Puts a list at the directory names of its distribution point. *out_apart: it has such, and none
 * is the CA's own. */
static enum sk_status put_at_points(struct job *job, const struct list *list, bool *out_apart)
{
    const struct crl_idp *idp = &list->crl.idp;
    enum sk_status status = SK_OK;
    struct general_name name;
    struct sk_bytes relative;
    bool is_own = false;
    struct der names;

    *out_apart = idp->relative.len > 0;
    if (*out_apart) {
        status = relative_name(job, &list->crl, &relative);
        return status == SK_OK ? put_at(job, relative, list) : status;
    }
    der_init(&names, idp->full_name);
    while (status == SK_OK && idp->full_name.len > 0 && !der_at_end(&names)) {
        if (general_name_next(&names, false, &name) != SK_OK)
            break; /* crl_parse() has read them: not reached */
        if (name.kind != GENERAL_NAME_DIRECTORY)
            continue;
        is_own = is_own || is_issuer(job, list, name.value);
        *out_apart = !is_own;
        status = put_at(job, name.value, list);
    }
    return status;
}

static enum sk_status put_lists(struct job *job, const struct sk_cert *name, struct tree_node *node)
{
    enum sk_status status = SK_OK;
    const struct list *list;
    bool is_apart;
    size_t i;

    for (i = 0; status == SK_OK && i < job->in->lists->num_lists; i++) {
        list = job->lists[i];
        if (memcmp(list->crl.issuer_hash, name->subject_hash, SK_SHA256) != 0)
            continue;
        status = put_at_points(job, list, &is_apart);
        if (status == SK_OK && !is_apart)
            status = put_list(job, node, list);
    }
    return status;
}

/* ---- one CA ---- */

static void add_name(struct job *job, const struct sk_cert *cert)
{
    struct sk_err err = {SK_OK, ""};
    size_t i;

    for (i = 0; i < job->num_names; i++) {
        if (memcmp(job->names[i]->subject_hash, cert->subject_hash, SK_SHA256) == 0)
            return;
    }
    if (job->num_names < LIMIT_CA_NAMES) {
        job->names[job->num_names++] = cert;
        return;
    }
    (void)err_set(&err, SK_LIMIT, "more than %u names; the directory has those", LIMIT_CA_NAMES);
    if (!job->is_cut)
        report_fault(job->tree->report, job->ca->name, NULL, REASON_OVERSIZED, &err);
    job->is_cut = true;
}

/* The subjects of its own certificates, of its cross certificates where it has no others
 * (lists.c). */
static void find_names(struct job *job)
{
    const enum fetch_kind kind =
        job->ca->certificates.num_values > 0 ? FETCH_CERTIFICATE : FETCH_CROSS;
    const struct pool *pool = job->in->pool;
    const struct pool_gift *gift;
    size_t i;

    job->num_names = 0;
    job->is_cut = false;
    for (i = 0; i < pool->num_gifts; i++) {
        gift = &pool->gifts[i];
        if (gift->is_kept && gift->source != NULL && gift->source->ca == job->ca &&
            gift->source->kind == kind && is_ca_cert(&gift->cert->cert))
            add_name(job, &gift->cert->cert);
    }
}

static enum sk_status put_user(struct job *job, const struct sk_cert *cert)
{
    struct tree_node *node;
    enum sk_status status;
    size_t i;

    for (i = 0; i < job->num_names; i++) {
        if (memcmp(job->names[i]->subject_hash, cert->issuer_hash, SK_SHA256) == 0)
            break;
    }
    if (i == job->num_names || is_ca_cert(cert) || cert->subject_canon.len == 0)
        return SK_OK;
    status = find_node(job, cert->subject, TREE_USER, &node);
    return status == SK_OK && node != NULL
               ? tree_put(job->tree, node, type_of("userCertificate"), cert->der)
               : status;
}

static enum sk_status put_users(struct job *job)
{
    const struct pool *pool = job->in->pool;
    enum sk_status status = SK_OK;
    const struct pool_gift *gift;
    size_t i;

    for (i = 0; status == SK_OK && job->ca->end_entities && i < pool->num_gifts; i++) {
        gift = &pool->gifts[i];
        if (gift->is_kept && gift->source != NULL && gift->source->ca == job->ca)
            status = put_user(job, &gift->cert->cert);
    }
    return status;
}

static enum sk_status put_ca(struct job *job)
{
    static const node_fn parts[] = {put_own, put_pairs, put_lists};
    enum sk_status status = SK_OK;
    struct tree_node *node;
    size_t i, j;

    find_names(job);
    /* An entry that is configured is there, whatever was fetched. */
    for (i = 0; status == SK_OK && i < job->ca->dns.num_values; i++)
        status = put(job, job->ca->dns.values[i], bytes_of(NULL, 0), TREE_CA, &node);
    for (i = 0; status == SK_OK && i < job->num_names; i++) {
        for (j = 0; status == SK_OK && j < sizeof(parts) / sizeof(parts[0]); j++)
            status = each_node(job, job->names[i], parts[j]);
    }
    return status == SK_OK ? put_users(job) : status;
}

/* ---- all ---- */

static enum sk_status gather_items(struct job *job)
{
    const struct pool *pool = job->in->pool;
    const struct pool_gift *gift;
    struct item *item = NULL;
    size_t i;

    job->items = arena_array(job->tree->arena, pool->num_gifts + 1, sizeof(*job->items));
    if (job->items == NULL)
        return SK_NOMEM;
    for (i = 0; i < pool->num_gifts; i++) {
        gift = &pool->gifts[i];
        if (!gift->is_kept)
            continue;
        /* Gifts of one certificate follow each other. */
        if (item == NULL || item->cert != &gift->cert->cert) {
            item = &job->items[job->num_items++];
            item->cert = &gift->cert->cert;
            item->is_ca = is_ca_cert(item->cert);
        }
        item->is_own |= gift->source != NULL && gift->source->kind == FETCH_CERTIFICATE;
    }
    return SK_OK;
}

/* In force, not yet, ended. */
static int rank(const struct list *list, int64_t now)
{
    if (list->crl.this_update > now)
        return 1;
    return list->crl.has_next_update && list->crl.next_update >= now ? 0 : 2;
}

static int compare_lists(const void *a, const void *b, void *arg)
{
    const struct list *const *x = a, *const *y = b;
    const int64_t *now = arg;
    const int order = rank(*x, *now) - rank(*y, *now);

    if (order != 0)
        return order;
    if ((*x)->crl.this_update != (*y)->crl.this_update)
        return (*x)->crl.this_update > (*y)->crl.this_update ? -1 : 1;
    return memcmp((*x)->sha256, (*y)->sha256, SK_SHA256);
}

static enum sk_status sort_lists(struct job *job)
{
    const struct lists *lists = job->in->lists;
    int64_t now = job->in->now;
    size_t i;

    job->lists = arena_array(job->tree->arena, lists->num_lists + 1, sizeof(const struct list *));
    if (job->lists == NULL)
        return SK_NOMEM;
    for (i = 0; i < lists->num_lists; i++)
        job->lists[i] = &lists->lists[i];
    if (lists->num_lists > 1)
        qsort_r(job->lists, lists->num_lists, sizeof(const struct list *), compare_lists, &now);
    return SK_OK;
}

enum sk_status authority_add(struct tree *tree, const struct authority_input *in,
                             struct sk_err *err)
{
    struct job job = {.tree = tree, .in = in};
    enum sk_status status = pairs_edges_init(&job.edges, in->edges, tree->arena);
    size_t i;

    if (status == SK_OK)
        status = gather_items(&job);
    if (status == SK_OK)
        status = sort_lists(&job);
    for (i = 0; status == SK_OK && i < in->config->num_cas; i++) {
        job.ca = &in->config->cas[i];
        status = put_ca(&job);
    }
    return status == SK_OK ? SK_OK : err_set(err, status, "the directory: no memory");
}
