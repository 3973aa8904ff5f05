/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/facts.h"

#include <stdio.h>

enum { SECONDS_A_STEP = 100, LAST_STEP = 32 };

static bool has_bit(unsigned octet, unsigned bit)
{
    return (octet >> bit & 1) != 0;
}

/* ---- octets to facts ---- */

struct record { /* zeros follow the input */
    const uint8_t *p;
    size_t len;
};

static struct record record_at(struct sk_bytes octets, size_t from, size_t len)
{
    size_t left = octets.len > from ? octets.len - from : 0;

    return (struct record){octets.p + (left > 0 ? from : 0), left < len ? left : len};
}

size_t facts_cert_at(size_t i)
{
    size_t place = i < FACTS_CRLS ? 2 * i : FACTS_CRLS + i;

    return FACTS_HEAD_OCTETS + place * FACTS_RECORD_OCTETS;
}

size_t facts_crl_at(size_t i)
{
    return FACTS_HEAD_OCTETS + (2 * i + 1) * FACTS_RECORD_OCTETS;
}

static unsigned octet(const struct record *r, size_t i)
{
    return i < r->len ? r->p[i] : 0;
}

static int64_t moment(unsigned step)
{
    return FACTS_T0 + (int64_t)step * SECONDS_A_STEP;
}

/* Bits 0-2: the key; 6: signed by arithmetic; 7: by nobody. */
static struct fact_signature signature_of(unsigned octet, size_t usual)
{
    return (struct fact_signature){.key = (unsigned)(usual + octet) % FACTS_KEYS,
                                   .is_real = has_bit(octet, 6),
                                   .is_broken = has_bit(octet, 7)};
}

/* kind: 0 absent, else bit 0 a name, bit 1 a CRL issuer, bits 2-4 the name, 5-7 the issuer */
static struct fact_point point_of(unsigned kind, unsigned reasons)
{
    return (struct fact_point){.is_present = (kind & 3) != 0,
                               .has_name = has_bit(kind, 0),
                               .has_issuer = has_bit(kind, 1),
                               .name = kind >> 2 & 7,
                               .issuer = kind >> 5,
                               .reasons = reasons};
}

static void decode_policies(const struct record *r, struct fact_cert *c)
{
    unsigned counters = octet(r, 12);
    size_t i;

    c->policies = octet(r, 8) & 0x1f;
    for (i = 0; i < FACTS_MAPS; i++) {
        unsigned map = octet(r, 9 + i);

        if (map == 0)
            continue;
        /* 1..5 each, so that a small octet maps no anyPolicy by chance */
        c->maps[c->num_maps].from = (map >> 4) % FACTS_POLICIES;
        c->maps[c->num_maps++].to = (map & 15) % FACTS_POLICIES;
    }
    c->has_require_explicit = has_bit(counters, 0);
    c->require_explicit = counters >> 1 & 3;
    c->has_inhibit_mapping = has_bit(counters, 3);
    c->inhibit_mapping = counters >> 4 & 1;
    c->has_inhibit_any = has_bit(counters, 5);
    c->inhibit_any = counters >> 6;
}

static void decode_usage(const struct record *r, struct fact_cert *c)
{
    unsigned form = octet(r, 6), usage = octet(r, 7);

    c->has_basic_constraints = !has_bit(form, 0);
    c->is_ca = c->has_basic_constraints && !has_bit(form, 1);
    c->has_path_len = c->is_ca && has_bit(form, 2);
    c->path_len = form >> 3 & 3;
    c->is_v1 = has_bit(form, 5) && has_bit(form, 7);
    c->has_unknown_critical = has_bit(form, 6);
    c->key_usage = (has_bit(usage, 0) ? KEY_USAGE_KEY_CERT_SIGN : 0) |
                   (has_bit(usage, 1) ? KEY_USAGE_CRL_SIGN : 0) |
                   (has_bit(usage, 2) ? KEY_USAGE_DIGITAL_SIGNATURE : 0);
}

/* A version 1 certificate says nothing else. */
static void drop_extensions(struct fact_cert *c)
{
    c->has_basic_constraints = c->is_ca = c->has_path_len = c->has_unknown_critical = false;
    c->has_require_explicit = c->has_inhibit_mapping = c->has_inhibit_any = false;
    c->key_usage = c->policies = c->permitted = c->excluded = c->sans = c->ekus = 0;
    c->num_maps = 0;
    c->point.is_present = false;
}

/* What names another certificate does so by its distance from the one above, so that a chain whose
 * names or keys change stays a chain. */
static void decode_cert(const struct record *r, size_t i, struct fact_cert *certs)
{
    struct fact_cert *c = &certs[i];
    const struct fact_cert *above = i > 0 ? c - 1 : c;
    unsigned validity = octet(r, 5), place = octet(r, 18);

    memset(c, 0, sizeof(*c));
    c->subject = (unsigned)(i + octet(r, 0)) % FACTS_NAMES;
    c->is_other_string = has_bit(octet(r, 0), 3);
    if (has_bit(octet(r, 0), 4))
        c->subject = above->subject; /* self-issued, when nothing else changes */
    c->issuer = (above->subject + octet(r, 1)) % FACTS_NAMES;
    c->key = (unsigned)(i + octet(r, 2)) % FACTS_KEYS;
    c->signature = signature_of(octet(r, 3), above->key);
    c->serial = 1 + ((unsigned)i + octet(r, 4)) % 16;
    c->not_before = moment(validity & 15);
    c->not_after = moment(LAST_STEP - (validity >> 4));
    decode_usage(r, c);
    decode_policies(r, c);
    c->permitted = octet(r, 13) & 0x7f;
    c->is_constraint_critical = has_bit(octet(r, 13), 7);
    c->excluded = octet(r, 14) & 0x7f;
    c->sans = octet(r, 15) & 15;
    c->ekus = octet(r, 15) >> 4 & 7;
    c->ski = octet(r, 16) & 3;
    if (c->ski == 1 && !c->has_basic_constraints)
        c->ski = 0; /* a list of extensions is not empty */
    c->aki = octet(r, 16) >> 2 & 7;
    c->point = point_of(octet(r, 17), octet(r, 19));
    c->is_anchor = (i == 0) != has_bit(place, 0);
    c->is_in_pool = !c->is_anchor != has_bit(place, 1);
    if (c->is_v1)
        drop_extensions(c);
}

/* Three octets: the serial (0: no entry); reason (4 bits) and date; bit 3 certificateIssuer, bits
 * 0-2 its name, bit 4 an early invalidityDate. */
static void decode_entries(const struct record *r, struct fact_crl *crl)
{
    size_t i;

    for (i = 0; i < FACTS_ENTRIES; i++) {
        unsigned serial = octet(r, 8 + 3 * i), how = octet(r, 9 + 3 * i),
                 who = octet(r, 10 + 3 * i);
        struct fact_entry *e = &crl->entries[crl->num_entries];

        if (serial == 0)
            continue;
        e->serial = 1 + (serial - 1) % 16;
        e->reason = (how & 15) % 12;
        if (e->reason == 8) /* CRLReason has no 7 */
            e->reason = 0;
        e->revoked_at = moment(2 * (how >> 4));
        e->has_issuer = has_bit(who, 3) && crl->is_indirect;
        e->issuer = who & 7;
        e->is_far_invalid = has_bit(who, 4);
        crl->num_entries++;
    }
}

static void decode_crl(const struct record *r, const struct fact_cert *usual, struct fact_crl *crl)
{
    unsigned times = octet(r, 2), number = octet(r, 3), scope = octet(r, 4), form = octet(r, 7);

    memset(crl, 0, sizeof(*crl));
    crl->issuer = (usual->subject + octet(r, 0)) % FACTS_NAMES;
    crl->signature = signature_of(octet(r, 1), usual->key);
    crl->this_update = moment(2 * (times & 15));
    crl->next_update = moment(LAST_STEP - 2 * (times >> 4));
    crl->number = 1 + (number & 15);
    crl->base = number >> 4;
    crl->is_delta = crl->base != 0;
    crl->idp = point_of(octet(r, 5) & 0x1d, octet(r, 6));
    crl->only_user = (scope & 3) == 1;
    crl->only_ca = (scope & 3) == 2;
    crl->only_attribute = (scope & 3) == 3;
    crl->is_indirect = has_bit(scope, 2);
    crl->idp.is_present = crl->idp.is_present || (scope & 15) != 0 || crl->idp.reasons != 0;
    crl->is_arl = has_bit(form, 0);
    crl->has_next_update = !has_bit(form, 1);
    crl->has_number = !has_bit(form, 2) || crl->is_delta;
    crl->has_unknown_critical = has_bit(form, 3);
    decode_entries(r, crl);
}

/* Octet 7: the default budget, or when its two high bits are set: which ones are small (bits 0-5);
 * octet 8: how small. */
static void decode_budget(const struct record *r, struct facts *f)
{
    unsigned which = octet(r, 7) >= 0xc0 ? octet(r, 7) & 63 : 0, small = octet(r, 8) % 48;
    struct sk_params usual;

    params_init(&usual);
    f->budget = usual.budget;
    f->budget.max_cpu_ms = 0;
    f->is_budget_ample = which == 0;
    if (has_bit(which, 0))
        f->budget.max_paths = small;
    if (has_bit(which, 1))
        f->budget.max_steps = small;
    if (has_bit(which, 2))
        f->budget.max_signatures = small;
    if (has_bit(which, 3))
        f->budget.max_policy_nodes = small;
    if (has_bit(which, 4))
        f->budget.max_name_checks = small;
    if (has_bit(which, 5))
        f->budget.max_path_certs = 1 + small % 12;
}

static void decode_head(const struct record *r, struct facts *f)
{
    static const enum revocation_mode modes[] = {REVOCATION_REQUIRED, REVOCATION_REQUIRED,
                                                 REVOCATION_IF_AVAILABLE, REVOCATION_OFF};
    static const int64_t skews[] = {0, 0, SECONDS_A_STEP / 2, 2 * SECONDS_A_STEP};
    static const int64_t graces[] = {0, 0, SECONDS_A_STEP, 10 * SECONDS_A_STEP};
    unsigned flags = octet(r, 4), asked = octet(r, 5), status = octet(r, 6);

    f->num_certs = 1 + (octet(r, 0) + 2) % FACTS_CERTS;
    f->num_crls = (octet(r, 1) + 2) % (FACTS_CRLS + 1);
    f->target = f->num_certs - 1 - octet(r, 2) % f->num_certs;
    f->time = moment(LAST_STEP / 2) + (int64_t)(int8_t)octet(r, 3) * (SECONDS_A_STEP / 4);
    f->require_explicit = has_bit(flags, 0);
    f->inhibit_mapping = has_bit(flags, 1);
    f->inhibit_any = has_bit(flags, 2);
    f->honour_anchor = has_bit(flags, 3);
    f->nested_ekus = has_bit(flags, 4);
    f->asks_name = has_bit(flags, 5);
    f->asks_usage = has_bit(flags, 6);
    f->policies = asked & 0x1f;
    f->ekus = asked >> 5 & 3;
    f->revocation = modes[status & 3];
    f->skew = skews[status >> 2 & 3];
    f->grace = graces[status >> 4 & 3];
    f->asked_san = status >> 6;
    f->fraction = octet(r, 9);
    decode_budget(r, f);
}

void facts_decode(struct sk_bytes octets, struct facts *out)
{
    struct record r = record_at(octets, 0, FACTS_HEAD_OCTETS);
    size_t i;

    memset(out, 0, sizeof(*out));
    decode_head(&r, out);
    for (i = 0; i < out->num_certs; i++) {
        r = record_at(octets, facts_cert_at(i), FACTS_RECORD_OCTETS);
        decode_cert(&r, i, out->certs);
    }
    for (i = 0; i < out->num_crls; i++) {
        r = record_at(octets, facts_crl_at(i), FACTS_RECORD_OCTETS);
        decode_crl(&r, &out->certs[i % out->num_certs], &out->crls[i]);
    }
}

/* ---- facts to text ---- */

static void show_point(const struct fact_point *p)
{
    if (!p->is_present)
        return;
    (void)fprintf(stderr, " point%s%u%s%u reasons %x", p->has_name ? " n" : " no-", p->name,
                  p->has_issuer ? " issuer n" : " no-", p->issuer, p->reasons);
}

static void show_cert(const struct facts *f, size_t i)
{
    const struct fact_cert *c = &f->certs[i];
    size_t k;

    (void)fprintf(stderr, "%c%c%zu: n%u k%u by n%u k%u%s%s #%u %ld..%ld%s%s%s",
                  c->is_anchor ? 'A' : ' ', i == f->target ? 'T' : ' ', i, c->subject, c->key,
                  c->issuer, c->signature.key, c->signature.is_broken ? " broken" : "",
                  c->signature.is_real ? " real" : "", c->serial, (long)(c->not_before - FACTS_T0),
                  (long)(c->not_after - FACTS_T0), c->is_in_pool ? "" : " outside",
                  c->is_v1 ? " v1" : "",
                  !c->has_basic_constraints ? " no-bc"
                  : !c->is_ca               ? " no-ca"
                                            : "");
    if (c->has_path_len)
        (void)fprintf(stderr, " pathlen %u", c->path_len);
    if (c->has_unknown_critical)
        (void)fprintf(stderr, " unknown-critical");
    (void)fprintf(stderr, " ku %x eku %x san %x pol %x", c->key_usage, c->ekus, c->sans,
                  c->policies);
    for (k = 0; k < c->num_maps; k++)
        (void)fprintf(stderr, " map %u>%u", c->maps[k].from, c->maps[k].to);
    if (c->has_require_explicit)
        (void)fprintf(stderr, " require %u", c->require_explicit);
    if (c->has_inhibit_mapping)
        (void)fprintf(stderr, " nomap %u", c->inhibit_mapping);
    if (c->has_inhibit_any)
        (void)fprintf(stderr, " noany %u", c->inhibit_any);
    (void)fprintf(stderr, " nc %x/%x%s ski %u aki %u", c->permitted, c->excluded,
                  c->is_constraint_critical ? " critical" : "", c->ski, c->aki);
    show_point(&c->point);
    (void)fprintf(stderr, "\n");
}

static void show_crl(const struct fact_crl *crl)
{
    size_t k;

    (void)fprintf(stderr, "  CRL n%u k%u%s%s %ld..%ld%s #%u%s", crl->issuer, crl->signature.key,
                  crl->signature.is_broken ? " broken" : "", crl->signature.is_real ? " real" : "",
                  (long)(crl->this_update - FACTS_T0), (long)(crl->next_update - FACTS_T0),
                  crl->has_next_update ? "" : " no-next", crl->number,
                  crl->has_number ? "" : "(not said)");
    if (crl->is_delta)
        (void)fprintf(stderr, " delta to %u", crl->base);
    (void)fprintf(stderr, "%s%s%s%s%s%s", crl->has_unknown_critical ? " unknown-critical" : "",
                  crl->is_arl ? " arl" : "", crl->only_user ? " user" : "",
                  crl->only_ca ? " ca" : "", crl->only_attribute ? " attribute" : "",
                  crl->is_indirect ? " indirect" : "");
    show_point(&crl->idp);
    for (k = 0; k < crl->num_entries; k++)
        (void)fprintf(stderr, " [#%u at %ld reason %d%s]", crl->entries[k].serial,
                      (long)(crl->entries[k].revoked_at - FACTS_T0),
                      (int)crl->entries[k].reason - 1,
                      crl->entries[k].has_issuer ? " of another" : "");
    (void)fprintf(stderr, "\n");
}

void facts_show(const struct facts *f)
{
    const struct sk_budget *b = &f->budget;
    size_t i;

    (void)fprintf(stderr,
                  "time %ld skew %ld grace %ld revocation %d asked: policies %x eku %x%s%s%s%s%s\n",
                  (long)(f->time - FACTS_T0), (long)f->skew, (long)f->grace, (int)f->revocation,
                  f->policies, f->ekus, f->require_explicit ? " explicit" : "",
                  f->inhibit_mapping ? " nomap" : "", f->inhibit_any ? " noany" : "",
                  f->honour_anchor ? " honour" : "", f->nested_ekus ? " nested" : "");
    (void)fprintf(stderr, "budget: certs %u paths %u steps %u signatures %u nodes %u checks %u\n",
                  b->max_path_certs, b->max_paths, b->max_steps, b->max_signatures,
                  b->max_policy_nodes, b->max_name_checks);
    if (f->asks_name)
        (void)fprintf(stderr, "name %s\n", facts_sans[f->asked_san]);
    for (i = 0; i < f->num_certs; i++)
        show_cert(f, i);
    for (i = 0; i < f->num_crls; i++)
        show_crl(&f->crls[i]);
}
