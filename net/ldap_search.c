/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ldap_search.h"

#include <stdlib.h>

#include <event2/buffer.h>

#include "core/derout.h"
#include "core/key.h"
#include "net/ldap_base.h"
#include "net/ldap_entry.h"
#include "net/ldap_plan.h"

enum {
    COOKIE_SUM = 16, /* octets that tie it to its search */
    COOKIE_BYTES = COOKIE_SUM + LIMIT_DIR_DEPTH * DIR_RDN_HASH, /* at most */
};

struct ldap_search {
    struct ldap_env env;
    struct sk_arena *arena; /* what was prepared, and the result's texts */
    uint32_t id;
    enum ldap_scope scope;
    bool types_only, manages_dsa_it;
    int64_t end_us;       /* 0: none */
    uint64_t max_entries; /* 0: any number */
    uint64_t left_looks;  /* candidates that may still be looked at */
    bool is_paged;
    bool is_done;
    bool has_own;             /* the only candidate is an entry of the server's own */
    enum ldap_base_kind kind; /* which one */
    bool *wanted;             /* by index of the attribute */
    bool completes;           /* asks for what the server makes itself */
    const struct dir_filter *filter;
    struct ldap_plan plan;
    bool has_shadow;
    struct dir_key shadow; /* a referral object: nothing below it is ours */
    struct dir_key given;  /* of the last entry or reference: where the next page begins */
    uint8_t sum[COOKIE_SUM];
    unsigned entries, references;
    struct ldap_result result;
};

/* ---- the request ---- */

static void end_with(struct ldap_search *search, enum ldap_code code, const char *text)
{
    search->is_done = true;
    search->result.code = code;
    search->result.text = text;
}

static void end_on(struct ldap_search *search, enum sk_status status)
{
    search->is_done = true;
    (void)ldap_base_fail(status, &search->result);
}

static void want_all(struct ldap_search *search, bool is_operational)
{
    unsigned i, num = dir_schema_num_attributes();

    for (i = 0; i < num; i++) {
        if (dir_schema_at(i)->is_operational == is_operational)
            search->wanted[i] = true;
    }
}

/* The type and its subtypes (RFC 4512 2.5.1). */
static void want(struct ldap_search *search, const struct dir_attribute *attribute)
{
    unsigned i, num = dir_schema_num_attributes();

    for (i = 0; i < num; i++) {
        if (dir_schema_is_a(dir_schema_at(i), attribute))
            search->wanted[i] = true;
    }
}

static bool is_text(struct sk_bytes bytes, const char *text)
{
    return bytes_equal(bytes, bytes_of(text, strlen(text)));
}

/* RFC 4511 4.5.1.8; what is not known is passed over (L-04). */
static void select_attributes(struct ldap_search *search, const struct ldap_search_request *request)
{
    struct dir_description description;
    size_t i;

    search->wanted =
        arena_array(search->arena, dir_schema_num_attributes(), sizeof(*search->wanted));
    if (search->wanted == NULL) {
        end_on(search, SK_LIMIT);
        return;
    }
    if (request->num_attributes == 0)
        want_all(search, false);
    for (i = 0; i < request->num_attributes; i++) {
        struct sk_bytes name = request->attributes[i];

        if (is_text(name, "*"))
            want_all(search, false);
        else if (is_text(name, "+"))
            want_all(search, true);
        else if (dir_schema_describe(name, &description) == SK_OK && description.attribute != NULL)
            want(search, description.attribute);
    }
}

/* Making them costs a look into the tree for each entry. */
static bool is_made_wanted(const struct ldap_search *search)
{
    unsigned i, num = dir_schema_num_attributes();

    for (i = 0; i < num; i++) {
        if (search->wanted[i] && ldap_entry_makes(dir_schema_at(i)))
            return true;
    }
    return ldap_entry_is_asked(search->filter);
}

static void set_limits(struct ldap_search *search, const struct ldap_search_request *request,
                       int64_t now_us)
{
    const struct config_ldap *config = search->env.config;
    uint64_t seconds = config->time_limit_s;

    search->max_entries = config->size_limit;
    if (request->size_limit > 0 &&
        (search->max_entries == 0 || request->size_limit < search->max_entries))
        search->max_entries = request->size_limit;
    if (request->time_limit > 0 && (seconds == 0 || request->time_limit < seconds))
        seconds = request->time_limit;
    search->end_us = seconds > 0 ? now_us + (int64_t)seconds * 1000000 : 0;
    search->left_looks = config->look_through > 0 ? config->look_through : UINT64_MAX;
}

static void read_filter(struct ldap_search *search, struct sk_bytes filter)
{
    struct der ber;
    enum sk_status status;

    der_init_ber(&ber, filter);
    status = dir_filter_read(&ber, search->arena, &search->filter, NULL);
    if (status == SK_INPUT)
        end_with(search, LDAP_PROTOCOL_ERROR, "a malformed filter");
    else if (status == SK_LIMIT)
        end_with(search, LDAP_ADMIN_LIMIT_EXCEEDED, "the filter is too large or too deep");
    else if (status != SK_OK)
        end_on(search, status);
}

/* ---- pages (RFC 2696) ---- */

/*
 * A cookie is the key of the last entry that was given, behind a sum of base, scope and filter: it
 * works on every connection, after a reload, and under the next generation, where it goes on behind
 * the same place. There is nothing secret in it and nothing to win by inventing one: whatever its
 * position, what is given is in the scope and matches the filter.
 */
static void sum_up(struct ldap_search *search, const struct ldap_search_request *request)
{
    uint8_t parts[2][SK_SHA256], digest[SK_SHA256];
    const uint8_t scope = (uint8_t)request->scope;
    struct sk_bytes base = dir_key_bytes(&search->plan.base);

    key_sha256(base, parts[0]);
    key_sha256(request->filter, parts[1]);
    parts[0][0] = (uint8_t)(parts[0][0] ^ scope);
    key_sha256(bytes_of(parts, sizeof(parts)), digest);
    memcpy(search->sum, digest, sizeof(search->sum));
}

static bool read_cookie(struct ldap_search *search, struct sk_bytes cookie, struct dir_key *out)
{
    size_t len;

    if (cookie.len <= COOKIE_SUM || cookie.len > COOKIE_BYTES ||
        memcmp(cookie.p, search->sum, COOKIE_SUM) != 0)
        return false;
    len = cookie.len - COOKIE_SUM;
    if (len % DIR_RDN_HASH != 0)
        return false;
    memset(out, 0, sizeof(*out));
    out->depth = (unsigned)(len / DIR_RDN_HASH);
    memcpy(out->hash, cookie.p + COOKIE_SUM, len);
    return dir_key_within(out, &search->plan.base);
}

/* Called once the base is known. *out_after: where the page begins, when *out_has_after. */
static void read_page(struct ldap_search *search, const struct ldap_request *request,
                      struct dir_key *out_after, bool *out_has_after)
{
    const struct ldap_control *control = ldap_message_control(request, LDAP_OID_PAGED);
    struct sk_bytes cookie;
    struct der value, page;
    uint64_t size;

    *out_has_after = false;
    if (control == NULL)
        return;
    der_init_ber(&value, control->value);
    if (!control->has_value || der_enter(&value, DER_SEQUENCE, &page) != SK_OK ||
        der_uint(&page, DER_INTEGER, INT32_MAX, &size) != SK_OK ||
        der_take(&page, DER_OCTET_STRING, &cookie) != SK_OK) {
        end_with(search, LDAP_PROTOCOL_ERROR, "a malformed control of paged results");
        return;
    }
    /* RFC 2696 3: as if it were not there. */
    if (size > 0 && request->of.search.size_limit > 0 && size >= request->of.search.size_limit)
        return;
    sum_up(search, &request->of.search);
    search->is_paged = true;
    search->result.has_page = true;
    if (cookie.len > 0 && !read_cookie(search, cookie, out_after)) {
        end_with(search, LDAP_UNWILLING_TO_PERFORM, "the cookie is of no such search");
        return;
    }
    *out_has_after = cookie.len > 0;
    if (size == 0) /* the client has seen enough */
        end_with(search, LDAP_SUCCESS, NULL);
    if (search->max_entries == 0 || size < search->max_entries)
        search->max_entries = size;
}

static void end_page(struct ldap_search *search)
{
    struct sk_bytes key = dir_key_bytes(&search->given);
    uint8_t *cookie = arena_alloc(search->arena, COOKIE_SUM + key.len);

    if (cookie == NULL) {
        end_on(search, SK_LIMIT);
        return;
    }
    memcpy(cookie, search->sum, COOKIE_SUM);
    memcpy(cookie + COOKIE_SUM, key.p, key.len);
    search->result.cookie = bytes_of(cookie, COOKIE_SUM + key.len);
    end_with(search, LDAP_SUCCESS, NULL);
}

/* What is below a referral object is not ours, though a page begins there: in the generation of the
 * page before it may have been. */
static enum sk_status find_shadow(struct ldap_search *search, const struct dir_key *after)
{
    enum sk_status status;

    if (search->manages_dsa_it || search->has_own)
        return SK_OK;
    status = dit_referral(search->env.reader, after, search->plan.base.depth, &search->shadow);
    search->has_shadow = status == SK_OK;
    return status == SK_NOTFOUND ? SK_OK : status;
}

/* ---- preparing ---- */

static void find_base(struct ldap_search *search, const struct ldap_request *request)
{
    const struct ldap_target target = {.dn = request->of.search.base,
                                       .manages_dsa_it = search->manages_dsa_it,
                                       .scope = search->scope,
                                       .is_search = true};
    struct ldap_base base;

    if (ldap_base_find(&search->env, search->arena, &target, &base, &search->result) !=
        LDAP_SUCCESS) {
        search->is_done = true;
        return;
    }
    search->kind = base.kind;
    search->has_own = base.kind != LDAP_BASE_TREE;
    search->plan.base = base.key;
    switch (search->scope) {
    case LDAP_SCOPE_BASE:
        search->plan.scope = DIT_BASE;
        break;
    case LDAP_SCOPE_ONE:
        search->plan.scope = DIT_ONE;
        break;
    case LDAP_SCOPE_SUB:
        search->plan.scope = DIT_SUB;
        break;
    }
    /* The root DSE is of no naming context, and what is below it is asked for by its name. */
    if (base.kind == LDAP_BASE_ROOT && search->scope != LDAP_SCOPE_BASE)
        end_with(search, LDAP_NO_SUCH_OBJECT, "name a naming context of the root DSE");
    else if (base.kind == LDAP_BASE_SUBSCHEMA && search->scope == LDAP_SCOPE_ONE)
        end_with(search, LDAP_SUCCESS, NULL);
}

static void prepare(struct ldap_search *search, const struct ldap_request *request, int64_t now_us)
{
    struct dir_key after;
    bool has_after = false;
    enum sk_status status = SK_OK;

    search->manages_dsa_it = ldap_message_control(request, LDAP_OID_MANAGE_DSA_IT) != NULL;
    set_limits(search, &request->of.search, now_us);
    read_filter(search, request->of.search.filter);
    if (!search->is_done)
        find_base(search, request);
    if (!search->is_done)
        select_attributes(search, &request->of.search);
    if (!search->is_done)
        read_page(search, request, &after, &has_after);
    if (!search->is_done && has_after)
        status = find_shadow(search, &after);
    search->completes = !search->is_done && !search->has_own && is_made_wanted(search);
    if (status == SK_OK && !search->is_done && !search->has_own)
        status = ldap_plan_init(&search->plan, search->env.reader, search->arena, search->filter,
                                !search->manages_dsa_it, has_after ? &after : NULL);
    if (status != SK_OK)
        end_on(search, status);
}

struct ldap_search *ldap_search_new(const struct ldap_env *env, const struct ldap_request *request,
                                    int64_t now_us)
{
    struct ldap_search *search = calloc(1, sizeof(*search));

    if (search == NULL)
        return NULL;
    search->arena = arena_new(LIMIT_LDAP_SEARCH_BYTES);
    if (search->arena == NULL) {
        free(search);
        return NULL;
    }
    search->env = *env;
    search->id = request->id;
    search->scope = request->of.search.scope;
    search->types_only = request->of.search.types_only;
    prepare(search, request, now_us);
    return search;
}

void ldap_search_free(struct ldap_search *search)
{
    if (search == NULL)
        return;
    arena_free(search->arena);
    free(search);
}

/* ---- entries ---- */

/* The attributes that were asked for, in the order of the entry. */
static enum sk_status pick(const struct ldap_search *search, struct sk_arena *scratch,
                           const struct dir_entry *entry, struct ldap_entry *out)
{
    const struct dir_values **picked = arena_array(scratch, entry->num, sizeof(*picked));
    size_t i, num = 0;

    if (picked == NULL)
        return SK_LIMIT;
    for (i = 0; i < entry->num; i++) {
        if (search->wanted[entry->attributes[i].attribute->index])
            picked[num++] = &entry->attributes[i];
    }
    *out = (struct ldap_entry){.dn = entry->dn,
                               .attributes = picked,
                               .num_attributes = num,
                               .types_only = search->types_only};
    return SK_OK;
}

/* True when no further one may be given. */
static bool is_full(struct ldap_search *search)
{
    if (search->max_entries == 0 || search->entries < search->max_entries)
        return false;
    if (search->is_paged)
        end_page(search);
    else
        end_with(search, LDAP_SIZE_LIMIT_EXCEEDED, NULL);
    return true;
}

static enum ldap_progress give_entry(struct ldap_search *search, struct sk_arena *scratch,
                                     const struct dir_entry *entry, struct evbuffer *out)
{
    struct sk_generation *gen = search->has_own ? NULL : reader_generation(search->env.reader);
    struct ldap_entry picked;
    enum sk_status status;

    if (is_full(search))
        return LDAP_IS_DONE;
    status = pick(search, scratch, entry, &picked);
    if (status == SK_OK) {
        status = ldap_write_entry(out, search->id, &picked, gen);
        if (status == SK_NOMEM)
            return LDAP_IS_BROKEN;
    }
    if (status != SK_OK) {
        end_on(search, status);
        return LDAP_IS_DONE;
    }
    search->entries++;
    search->given = entry->key;
    return LDAP_GOES_ON;
}

/* L-12 */
static enum ldap_progress give_reference(struct ldap_search *search, struct sk_arena *scratch,
                                         const struct dir_entry *entry, struct evbuffer *out)
{
    const char *scope_text = search->scope == LDAP_SCOPE_ONE ? "base" : "sub";
    const struct sk_bytes none = {0}, *urls;
    enum ldap_progress progress = LDAP_GOES_ON;
    struct sk_buf message;
    size_t num;
    enum sk_status status;

    search->has_shadow = true;
    search->shadow = entry->key;
    status = ldap_base_urls(scratch, entry, none, scope_text, &urls, &num);
    if (status != SK_OK) {
        end_on(search, status);
        return LDAP_IS_DONE;
    }
    if (num == 0)
        return LDAP_GOES_ON;
    if (is_full(search))
        return LDAP_IS_DONE;
    buf_init(&message, LIMIT_LDAP_ENTRY_BYTES);
    ldap_write_reference(&message, search->id, urls, num);
    if (buf_status(&message) != SK_OK || evbuffer_add(out, message.data, message.len) != 0)
        progress = LDAP_IS_BROKEN;
    buf_done(&message);
    search->references++;
    search->given = entry->key;
    return progress;
}

static enum ldap_progress look_at(struct ldap_search *search, struct sk_arena *scratch,
                                  const struct dir_entry *entry, struct evbuffer *out,
                                  uint64_t *io_work)
{
    uint64_t before = *io_work;
    enum dir_truth truth;

    if (entry->is_referral && !search->manages_dsa_it)
        return give_reference(search, scratch, entry, out);
    truth = dir_filter_match(search->filter, entry, scratch, io_work);
    if (truth == DIR_TRUE) {
        *io_work += entry->num * LIMIT_LDAP_LOOK_WORK;
        return give_entry(search, scratch, entry, out);
    }
    if (*io_work - before <= LIMIT_DIR_MATCH_WORK)
        return LDAP_GOES_ON;
    end_with(search, LDAP_ADMIN_LIMIT_EXCEEDED, "an entry that is too large for this filter");
    return LDAP_IS_DONE;
}

/* ---- slices ---- */

static enum ldap_progress run_own(struct ldap_search *search, struct sk_arena *scratch,
                                  struct evbuffer *out)
{
    struct dir_entry entry;
    uint64_t work = 0;
    enum sk_status status = search->kind == LDAP_BASE_ROOT
                                ? ldap_root_dse(&search->env, scratch, &entry)
                                : ldap_root_subschema(scratch, &entry);

    if (status != SK_OK) {
        end_on(search, status);
        return LDAP_IS_DONE;
    }
    if (look_at(search, scratch, &entry, out, &work) == LDAP_IS_BROKEN)
        return LDAP_IS_BROKEN;
    if (!search->is_done)
        end_with(search, LDAP_SUCCESS, NULL);
    return LDAP_IS_DONE;
}

/* One candidate, if there is one. */
static enum ldap_progress run_one(struct ldap_search *search, struct sk_arena *scratch,
                                  struct evbuffer *out, uint64_t *io_work)
{
    struct dir_key key;
    struct dir_entry entry;
    enum sk_status status =
        ldap_plan_next(&search->plan, search->env.reader, LIMIT_LDAP_SLICE_WORK, io_work, &key);

    if (status == SK_AGAIN)
        return LDAP_GOES_ON;
    if (status == SK_NOTFOUND) {
        end_with(search, LDAP_SUCCESS, NULL);
        return LDAP_IS_DONE;
    }
    if (status == SK_OK && search->has_shadow && dir_key_within(&key, &search->shadow))
        return LDAP_GOES_ON;
    if (search->left_looks == 0) {
        end_with(search, LDAP_ADMIN_LIMIT_EXCEEDED, "too many entries to look at");
        return LDAP_IS_DONE;
    }
    search->left_looks--;
    arena_reset(scratch);
    if (status == SK_OK)
        status = dit_get(search->env.reader, scratch, &key, &entry);
    if (status == SK_OK && search->completes) {
        *io_work += LIMIT_LDAP_LOOK_WORK;
        status = ldap_entry_complete(search->env.reader, scratch, &entry);
    }
    if (status != SK_OK) {
        end_on(search, status);
        return LDAP_IS_DONE;
    }
    return look_at(search, scratch, &entry, out, io_work);
}

enum ldap_progress ldap_search_run(struct ldap_search *search, struct sk_arena *scratch,
                                   struct evbuffer *out, int64_t now_us)
{
    enum ldap_progress progress = LDAP_GOES_ON;
    uint64_t work = 0;

    arena_reset(scratch);
    if (search->is_done)
        return LDAP_IS_DONE;
    if (search->has_own)
        return run_own(search, scratch, out);
    if (search->end_us != 0 && now_us >= search->end_us) {
        end_with(search, LDAP_TIME_LIMIT_EXCEEDED, NULL);
        return LDAP_IS_DONE;
    }
    while (progress == LDAP_GOES_ON && work < LIMIT_LDAP_SLICE_WORK &&
           evbuffer_get_length(out) < LIMIT_LDAP_OUTPUT_BYTES)
        progress = run_one(search, scratch, out, &work);
    return progress;
}

/* ---- what others ask ---- */

const struct ldap_result *ldap_search_result_get0(const struct ldap_search *search)
{
    return &search->result;
}

size_t ldap_search_octets(const struct ldap_search *search)
{
    return sizeof(*search) + arena_used(search->arena);
}

unsigned ldap_search_entries(const struct ldap_search *search)
{
    return search->entries;
}

unsigned ldap_search_references(const struct ldap_search *search)
{
    return search->references;
}

enum ldap_scope ldap_search_scope(const struct ldap_search *search)
{
    return search->scope;
}
