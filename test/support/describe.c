/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/oid.h"

enum { ARENA = 16 * 1024 * 1024, FIRST_SERIAL = 0x1000, DAY = 86400, TEXT = 512 };

static _Noreturn void fail(const struct described *d, const struct described_line *line,
                           const char *what)
{
    (void)fprintf(stderr, "%s:%u: %s\n", d->path, line != NULL ? line->number : 0, what);
    abort();
}

static char *SK_PRINTF(2, 3) text_of(struct sk_arena *arena, const char *fmt, ...)
{
    char text[TEXT], *copy;
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len < 0 || len >= TEXT || (copy = arena_copy(arena, text, (size_t)len + 1)) == NULL)
        abort();
    return copy;
}

/* ---- reading lines ---- */

/* A word with % for the number of a repetition and %< for the number before. */
static char *expand(struct described *d, const char *word, long number)
{
    char out[TEXT] = "";
    size_t used = 0;

    for (; *word != '\0' && used + 24 < sizeof(out); word++) {
        if (*word == '%' && number >= 0) {
            bool is_before = word[1] == '<';

            used += (size_t)snprintf(out + used, sizeof(out) - used, "%ld", number - is_before);
            word += is_before;
        } else {
            out[used++] = *word;
        }
    }
    out[used] = '\0';
    return text_of(d->arena, "%s", out);
}

static bool is_cert_line(const struct described_line *line)
{
    return strcmp(line->words[0], "anchor") == 0 || strcmp(line->words[0], "ca") == 0 ||
           strcmp(line->words[0], "leaf") == 0 || strcmp(line->words[0], "target") == 0;
}

static const char *option_of(const struct described_line *line, const char *name)
{
    size_t i, len = strlen(name);

    for (i = 1; line->words[i] != NULL; i++)
        if (strncmp(line->words[i], name, len) == 0 && line->words[i][len] == '=')
            return line->words[i] + len + 1;
    return NULL;
}

static void take_expect(struct described *d, const struct described_line *line)
{
    const char *length = option_of(line, "length");

    if (line->words[1] == NULL)
        fail(d, line, "expect VERDICT [FINDING]");
    d->verdict = line->words[1];
    if (line->words[2] != NULL && strchr(line->words[2], '=') == NULL)
        d->finding = line->words[2];
    d->path_labels = option_of(line, "path");
    d->policies = option_of(line, "policies");
    d->length = length != NULL ? strtol(length, NULL, 10) : 0;
}

static void take_line(struct described *d, char *const *words, size_t num, unsigned number,
                      long repetition)
{
    struct described_line *line = &d->lines[d->num_lines++];
    const char *serial;
    size_t i;

    if (d->num_lines == DESCRIBE_LINES)
        fail(d, line, "too many lines");
    line->number = number;
    for (i = 0; i < num; i++)
        line->words[i] = expand(d, words[i], repetition);
    if (strcmp(line->words[0], "expect") == 0)
        take_expect(d, line);
    if (strcmp(line->words[0], "crl") == 0)
        d->has_crls = true;
    if (!is_cert_line(line))
        return;
    if (num < 3)
        fail(d, line, "a label, a subject and (but for anchors) an issuer are missing");
    serial = option_of(line, "serial");
    d->certs[d->num_certs].label = line->words[1];
    d->certs[d->num_certs].line = line;
    d->certs[d->num_certs].serial =
        serial != NULL ? strtol(serial, NULL, 10) : FIRST_SERIAL + (long)d->num_certs;
    d->num_certs++;
}

static void read_line(struct described *d, char *text, unsigned number)
{
    char *words[DESCRIBE_WORDS + 2], *save = NULL, *word;
    long first = -1, last = -1;
    size_t num = 0, skip = 0;

    for (word = strtok_r(text, " \t\n", &save); word != NULL && word[0] != '#';
         word = strtok_r(NULL, " \t\n", &save)) {
        if (num == DESCRIBE_WORDS + 1)
            fail(d, &(struct described_line){.number = number}, "too many words");
        words[num++] = word;
    }
    if (num == 0)
        return;
    if (strcmp(words[0], "repeat") == 0) {
        if (num < 3 || sscanf(words[1], "%ld..%ld", &first, &last) != 2 || first < 0)
            fail(d, &(struct described_line){.number = number}, "repeat FIRST..LAST line");
        skip = 2;
    }
    do {
        take_line(d, words + skip, num - skip, number, first);
    } while (first++ < last);
}

struct described *describe_file(const char *path)
{
    struct described *d = calloc(1, sizeof(*d));
    FILE *file = fopen(path, "r");
    char line[TEXT];
    unsigned number = 0;

    if (d == NULL || file == NULL || (d->arena = arena_new(ARENA)) == NULL) {
        perror(path);
        abort();
    }
    d->path = text_of(d->arena, "%s", path);
    while (fgets(line, sizeof(line), file) != NULL)
        read_line(d, line, ++number);
    (void)fclose(file);
    if (d->verdict == NULL)
        fail(d, NULL, "no line \"expect\"");
    return d;
}

void describe_free(struct described *d)
{
    arena_free(d->arena);
    free(d);
}

/* ---- building ---- */

struct building {
    struct described *d;
    const struct described_line *line;
    struct graph *g;
    struct pki_cert_spec cert;
    struct pki_crl_spec crl;
    struct pki_ext *exts; /* of the one being built */
    size_t num_exts, num_entries;
    const char *key_name, *signer_name;
    char constraints[TEXT]; /* policyConstraints */
    char idp[TEXT];         /* section of the issuingDistributionPoint */
    bool is_arl, is_indirect;
    const char *basic, *usage;
};

static void add_ext(struct building *b, const char *name, const char *value)
{
    if (b->num_exts == PKI_EXTS)
        fail(b->d, b->line, "too many extensions");
    b->exts[b->num_exts++] = (struct pki_ext){name, value};
}

static size_t key_number(struct building *b, const char *name)
{
    struct described *d = b->d;
    size_t i;

    for (i = 0; i < d->num_keys; i++)
        if (strcmp(d->keys[i], name) == 0)
            return i;
    if (d->num_keys == PKI_KEYS)
        fail(d, b->line, "too many keys");
    d->keys[d->num_keys] = name;
    return d->num_keys++;
}

static EVP_PKEY *key_of(struct building *b, const char *name)
{
    return pki_key(PKI_EC, (key_number(b, name) + b->d->shift) % PKI_KEYS);
}

/* "NAME@KEY": the key is called like the name when it is not said. A NAME that starts with a slash
 * is a whole DN; _ stands for a blank. */
static const char *name_of(struct building *b, const char *entity, const char **out_key)
{
    char *name = text_of(b->g->arena, "%s%s", entity[0] == '/' ? "" : "/C=JP/CN=", entity), *at;

    if ((at = strchr(name, '@')) != NULL)
        *at = '\0';
    *out_key = at != NULL ? at + 1 : text_of(b->g->arena, "%s", entity);
    for (; *name == ' '; name++)
        continue;
    for (at = name; *at != '\0'; at++)
        if (*at == '_')
            *at = ' ';
    return name;
}

/* Seconds from the time of the graph, or days: -1, +30d. */
static int64_t time_of(const struct building *b, const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (end == text || (*end != '\0' && strcmp(end, "d") != 0))
        fail(b->d, b->line, "a time is [+-]SECONDS or [+-]DAYSd");
    return PKI_T + (int64_t)number * (*end == 'd' ? DAY : 1);
}

static const struct described_cert *cert_of(const struct building *b, const char *label, size_t len)
{
    size_t i;

    for (i = 0; i < b->d->num_certs; i++)
        if (strlen(b->d->certs[i].label) == len && strncmp(b->d->certs[i].label, label, len) == 0)
            return &b->d->certs[i];
    fail(b->d, b->line, "no certificate has this label");
}

/* "1,any" as a list of OIDs; with_pairs: "1:2,2:3". */
static const char *oids_of(struct building *b, const char *text)
{
    char out[TEXT] = "";
    size_t used = 0;

    while (*text != '\0' && used + 32 < sizeof(out)) {
        size_t len = strcspn(text, ",:");
        bool is_any = len == 3 && strncmp(text, "any", 3) == 0;

        used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%.*s",
                                 is_any ? "2.5.29.32.0" : "1.2.3.", is_any ? 0 : (int)len, text);
        text += len;
        if (*text != '\0')
            out[used++] = *text++;
        out[used] = '\0';
    }
    return text_of(b->g->arena, "%s", out);
}

static void add_constraint(struct building *b, const char *name, const char *value)
{
    size_t used = strlen(b->constraints);

    (void)snprintf(b->constraints + used, sizeof(b->constraints) - used, ",%s:%s", name, value);
}

/* AKI issuer and serial of a certificate (RFC 5280 4.2.1.1). */
static void add_aki_serial(struct building *b, const char *label)
{
    const struct described_cert *other = cert_of(b, label, strlen(label));
    const char *unused, *words = other->line->words[3] != NULL ? other->line->words[3] : "";
    const char *issuer =
        strcmp(other->line->words[0], "anchor") == 0 ? other->line->words[2] : words;
    struct sk_bytes name = pki_name(b->g->arena, name_of(b, issuer, &unused), false);
    char out[TEXT];
    size_t used, i;

    used = (size_t)snprintf(out, sizeof(out), "DER:30:%02x:a1:%02x:a4:%02x",
                            (unsigned)(name.len + 4 + 4), (unsigned)(name.len + 2),
                            (unsigned)name.len);
    for (i = 0; i < name.len; i++)
        used += (size_t)snprintf(out + used, sizeof(out) - used, ":%02x", name.p[i]);
    (void)snprintf(out + used, sizeof(out) - used, ":82:02:%02x:%02x",
                   (unsigned)(other->serial >> 8) & 0x7fu, (unsigned)other->serial & 0xffu);
    add_ext(b, "authorityKeyIdentifier", text_of(b->g->arena, "%s", out));
}

static bool is_named(const char *word, const char *name, const char **out_value)
{
    size_t len = strlen(name);

    if (strncmp(word, name, len) != 0 || (word[len] != '=' && word[len] != '\0'))
        return false;
    *out_value = word[len] == '=' ? word + len + 1 : NULL;
    return true;
}

/* Options that certificates and CRLs share. */
static bool take_common(struct building *b, const char *word)
{
    const char *value, *equals;

    if (is_named(word, "aki", &value)) {
        add_ext(b, "authorityKeyIdentifier",
                text_of(b->g->arena, "DER:30:04:80:02:4b:%02x",
                        (unsigned)key_number(b, value != NULL ? value : b->signer_name)));
    } else if (strncmp(word, "ext:", 4) == 0 && (equals = strchr(word, '=')) != NULL) {
        add_ext(b, text_of(b->g->arena, "%.*s", (int)(equals - word - 4), word + 4), equals + 1);
    } else {
        return false;
    }
    return true;
}

static bool take_cert_field(struct building *b, const char *word)
{
    struct pki_cert_spec *spec = &b->cert;
    const char *value;

    if (is_named(word, "from", &value))
        spec->not_before = time_of(b, value);
    else if (is_named(word, "until", &value))
        spec->not_after = time_of(b, value);
    else if (is_named(word, "version", &value))
        spec->version = (unsigned)strtoul(value, NULL, 10);
    else if (is_named(word, "hash", &value))
        spec->hash = value;
    else if (is_named(word, "printable", &value))
        spec->subject_printable = true;
    else if (is_named(word, "issuer-utf8", &value))
        spec->issuer_utf8 = true;
    else if (is_named(word, "bc", &value))
        b->basic = value;
    else if (is_named(word, "pathlen", &value))
        b->basic = text_of(b->g->arena, "critical,CA:TRUE,pathlen:%s", value);
    else if (is_named(word, "ku", &value))
        b->usage = value;
    else
        return is_named(word, "serial", &value);
    return true;
}

static bool take_cert_ext(struct building *b, const char *word)
{
    struct sk_arena *arena = b->g->arena;
    const char *value, *unused;

    if (is_named(word, "policies", &value))
        add_ext(b, "certificatePolicies", oids_of(b, value));
    else if (is_named(word, "map", &value))
        add_ext(b, "policyMappings", oids_of(b, value));
    else if (is_named(word, "explicit", &value))
        add_constraint(b, "requireExplicitPolicy", value);
    else if (is_named(word, "nomap", &value))
        add_constraint(b, "inhibitPolicyMapping", value);
    else if (is_named(word, "noany", &value))
        add_ext(b, "inhibitAnyPolicy", text_of(arena, "critical,%s", value));
    else if (is_named(word, "nc", &value))
        add_ext(b, "nameConstraints", text_of(arena, "critical,%s", value));
    else if (is_named(word, "san", &value))
        add_ext(b, "subjectAltName", value);
    else if (is_named(word, "eku", &value))
        add_ext(b, "extendedKeyUsage", value);
    else if (is_named(word, "ski", &value))
        add_ext(b, "subjectKeyIdentifier",
                text_of(arena, "DER:04:02:4b:%02x",
                        (unsigned)key_number(b, value != NULL ? value : b->key_name)));
    else if (is_named(word, "akicert", &value))
        add_aki_serial(b, value);
    else if (is_named(word, "dpissuer", &value)) {
        b->cert.sections = text_of(arena, "[dp]\nCRLissuer=dirName:who\n[who]\nC=JP\nCN=%s\n",
                                   name_of(b, value, &unused) + strlen("/C=JP/CN="));
        add_ext(b, "crlDistributionPoints", "dp");
    } else
        return false;
    return true;
}

static void finish_cert(struct building *b)
{
    if (b->basic != NULL && strcmp(b->basic, "none") != 0)
        add_ext(b, "basicConstraints", b->basic);
    if (b->usage != NULL && strcmp(b->usage, "none") != 0)
        add_ext(b, "keyUsage", b->usage);
    if (b->constraints[0] != '\0')
        add_ext(b, "policyConstraints", text_of(b->g->arena, "critical%s", b->constraints));
}

static void place_cert(struct building *b, struct described_cert *out)
{
    const char *kind = b->line->words[0];

    if (strcmp(kind, "anchor") == 0) {
        if (b->g->params.num_anchors == GRAPH_ANCHORS)
            fail(b->d, b->line, "too many anchors");
        out->cert = graph_target(b->g, &b->cert);
        b->g->anchors[b->g->params.num_anchors++].cert = out->cert;
    } else if (strcmp(kind, "target") == 0) {
        out->cert = b->d->target = graph_target(b->g, &b->cert);
    } else {
        out->cert = graph_cert(b->g, &b->cert);
    }
}

/* anchor LABEL SUBJECT [OPTION]... ; ca, leaf, target LABEL SUBJECT ISSUER [OPTION]... */
static void build_cert(struct building *b, struct described_cert *out)
{
    char *const *words = b->line->words;
    bool is_anchor = strcmp(words[0], "anchor") == 0;
    size_t i;

    if (!is_anchor && words[3] == NULL)
        fail(b->d, b->line, "no issuer");
    b->exts = b->cert.exts;
    b->cert.serial = out->serial;
    b->cert.subject = name_of(b, words[2], &b->key_name);
    b->cert.issuer = name_of(b, is_anchor ? words[2] : words[3], &b->signer_name);
    b->cert.key = key_of(b, b->key_name);
    b->cert.signer = key_of(b, b->signer_name);
    if (is_anchor || strcmp(words[0], "ca") == 0) {
        b->basic = "critical,CA:TRUE";
        b->usage = "critical,keyCertSign,cRLSign";
    }
    for (i = is_anchor ? 3 : 4; words[i] != NULL; i++)
        if (!take_cert_field(b, words[i]) && !take_cert_ext(b, words[i]) &&
            !take_common(b, words[i]))
            fail(b->d, b->line, words[i]);
    finish_cert(b);
    place_cert(b, out);
}

/* "LABEL/REASON+TIME,...": the certificates a CRL lists. */
static void add_entries(struct building *b, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, ",/");
        const struct described_cert *cert = cert_of(b, text, len);
        struct pki_entry *entry = &b->crl.entries[b->num_entries++];
        const char *unused;
        char *end;

        if (b->num_entries == PKI_ENTRIES)
            fail(b->d, b->line, "too many entries");
        entry->serial = cert->serial;
        if (b->is_indirect)
            entry->issuer = name_of(b, cert->line->words[3], &unused);
        text += len;
        if (*text == '/') {
            entry->reason = (int)strtol(text + 1, &end, 10) + 1;
            text = end;
            if (*text == '+' || *text == '-')
                entry->when = PKI_T + strtol(text, &end, 10);
            text = end;
        }
        text += *text == ',';
    }
}

static void add_idp(struct building *b, const char *line)
{
    size_t used = strlen(b->idp);

    (void)snprintf(b->idp + used, sizeof(b->idp) - used, "%s%s\n", used == 0 ? "[idp]\n" : "",
                   line);
}

static bool take_crl_option(struct building *b, const char *word)
{
    const char *value;

    if (is_named(word, "from", &value))
        b->crl.this_update = time_of(b, value);
    else if (is_named(word, "until", &value))
        b->crl.next_update = strcmp(value, "none") == 0 ? -1 : time_of(b, value);
    else if (is_named(word, "number", &value))
        add_ext(b, "crlNumber", text_of(b->g->arena, "DER:02:01:%02lx", strtoul(value, NULL, 10)));
    else if (is_named(word, "delta", &value))
        add_ext(b, "deltaCRL",
                text_of(b->g->arena, "critical,DER:02:01:%02lx", strtoul(value, NULL, 10)));
    else if (is_named(word, "revokes", &value))
        add_entries(b, value);
    else if (is_named(word, "arl", &value))
        b->is_arl = true;
    else if (is_named(word, "onlyca", &value))
        add_idp(b, "onlyCA=TRUE");
    else if (is_named(word, "onlyuser", &value))
        add_idp(b, "onlyuser=TRUE");
    else if (is_named(word, "onlyreasons", &value))
        add_idp(b, text_of(b->g->arena, "onlysomereasons=%s", value));
    else if (is_named(word, "indirect", &value)) {
        b->is_indirect = true;
        add_idp(b, "indirectCRL=TRUE");
    } else
        return is_named(word, "hash", &b->crl.hash);
    return true;
}

/* crl ISSUER [OPTION]... */
static void build_crl(struct building *b)
{
    char *const *words = b->line->words;
    size_t i;

    if (words[1] == NULL)
        fail(b->d, b->line, "no issuer");
    b->exts = b->crl.exts;
    b->crl.issuer = name_of(b, words[1], &b->signer_name);
    b->crl.signer = key_of(b, b->signer_name);
    for (i = 2; words[i] != NULL; i++)
        if (!take_crl_option(b, words[i]) && !take_common(b, words[i]))
            fail(b->d, b->line, words[i]);
    if (b->idp[0] != '\0') {
        b->crl.sections = b->idp;
        add_ext(b, "issuingDistributionPoint", "critical,@idp");
    }
    if (b->is_arl)
        graph_arl(b->g, &b->crl);
    else
        graph_crl(b->g, &b->crl);
}

static void ask_policies(struct building *b, const char *text)
{
    const char *list = oids_of(b, text);
    struct sk_bytes *oids = arena_array(b->g->arena, PKI_EXTS, sizeof(oids[0]));

    while (*list != '\0' && oids != NULL && b->g->params.num_policies < PKI_EXTS) {
        size_t len = strcspn(list, ",");
        struct sk_buf buf;
        uint8_t *copy;

        buf_init(&buf, LIMIT_OID_BYTES);
        if (oid_from_text(text_of(b->g->arena, "%.*s", (int)len, list), &buf) != SK_OK ||
            (copy = arena_copy(b->g->arena, buf.data, buf.len)) == NULL)
            fail(b->d, b->line, "no OID");
        oids[b->g->params.num_policies++] = bytes_of(copy, buf.len);
        buf_done(&buf);
        list += len + (list[len] == ',');
    }
    b->g->params.policies = oids;
}

/* ask OPTION... */
static void build_ask(struct building *b)
{
    struct sk_params *params = &b->g->params;
    const char *value;
    size_t i;

    for (i = 1; b->line->words[i] != NULL; i++) {
        const char *word = b->line->words[i];

        if (is_named(word, "policies", &value))
            ask_policies(b, value);
        else if (is_named(word, "explicit", &value))
            params->require_explicit_policy = true;
        else if (is_named(word, "nomap", &value))
            params->inhibit_policy_mapping = true;
        else if (is_named(word, "noany", &value))
            params->inhibit_any_policy = true;
        else if (is_named(word, "no-sha1", &value))
            params->allow_sha1 = false;
        else if (is_named(word, "honour", &value))
            params->honour_anchor_constraints = true;
        else if (is_named(word, "if-available", &value))
            params->revocation = REVOCATION_IF_AVAILABLE;
        else if (is_named(word, "off", &value))
            params->revocation = REVOCATION_OFF;
        else if (is_named(word, "required", &value))
            params->revocation = REVOCATION_REQUIRED;
        else if (is_named(word, "max-certs", &value))
            params->budget.max_path_certs = (unsigned)strtoul(value, NULL, 10);
        else if (is_named(word, "time", &value))
            b->g->time = time_of(b, value);
        else
            fail(b->d, b->line, word);
    }
}

/* pool LABEL: what is an anchor or the target lies in the pool as well.
 * judge LABEL: this certificate is the target. */
static void build_use(struct building *b)
{
    const char *label = b->line->words[1] != NULL ? b->line->words[1] : "";
    const struct described_cert *cert = cert_of(b, label, strlen(label));

    if (cert->cert == NULL || b->g->num_objects == GRAPH_OBJECTS)
        fail(b->d, b->line, "the certificate must come before");
    if (strcmp(b->line->words[0], "judge") == 0) {
        b->d->target = cert->cert;
        return;
    }
    b->g->is_crl[b->g->num_objects] = b->g->is_arl[b->g->num_objects] = false;
    b->g->objects[b->g->num_objects++] = cert->cert->der;
}

void describe_build(struct described *d, unsigned seed, struct graph *g)
{
    size_t i, next_cert = 0;

    d->num_keys = 0;
    d->shift = seed % PKI_KEYS;
    d->target = NULL;
    g->params.revocation = d->has_crls ? REVOCATION_REQUIRED : REVOCATION_OFF;
    for (i = 0; i < d->num_certs; i++)
        d->certs[i].cert = NULL;
    for (i = 0; i < d->num_lines; i++) {
        struct building b = {.d = d, .line = &d->lines[i], .g = g};

        if (is_cert_line(b.line))
            build_cert(&b, &d->certs[next_cert++]);
        else if (strcmp(b.line->words[0], "crl") == 0)
            build_crl(&b);
        else if (strcmp(b.line->words[0], "ask") == 0)
            build_ask(&b);
        else if (strcmp(b.line->words[0], "pool") == 0 || strcmp(b.line->words[0], "judge") == 0)
            build_use(&b);
        else if (strcmp(b.line->words[0], "expect") != 0)
            fail(d, b.line, b.line->words[0]);
    }
    if (d->target == NULL)
        fail(d, NULL, "no target");
}

/* ---- comparing ---- */

static const char *check_path(const struct described *d, const struct sk_verdict *verdict)
{
    static char found[TEXT];
    size_t i, k, used = 0;

    found[0] = '\0';
    for (i = 0; i < verdict->num_path && used + DESCRIBE_LABEL < sizeof(found); i++) {
        const char *label = "?";

        for (k = 0; k < d->num_certs; k++)
            if (memcmp(d->certs[k].cert->sha256, verdict->path[i]->sha256, SK_SHA256) == 0)
                label = d->certs[k].label;
        used +=
            (size_t)snprintf(found + used, sizeof(found) - used, "%s%s", i > 0 ? "," : "", label);
    }
    return strcmp(found, d->path_labels) == 0 ? NULL : found;
}

static const char *check_policies(const struct described *d, const struct sk_verdict *verdict)
{
    static char found[TEXT];
    size_t i, used = 0;

    found[0] = '\0';
    for (i = 0; i < verdict->num_policies && used + LIMIT_OID_TEXT < sizeof(found); i++) {
        char oid[LIMIT_OID_TEXT];
        bool is_any;

        if (oid_to_text(verdict->policies[i], oid, sizeof(oid)) != SK_OK)
            abort();
        is_any = strcmp(oid, "2.5.29.32.0") == 0;
        used += (size_t)snprintf(found + used, sizeof(found) - used, "%s%s", i > 0 ? "," : "",
                                 is_any ? "any" : oid + strlen("1.2.3."));
    }
    return strcmp(found, d->policies) == 0 ? NULL : found;
}

const char *describe_check(const struct described *d, const struct sk_verdict *verdict)
{
    static char text[2 * TEXT];
    const char *kind = verdict_kind_text(verdict->kind), *differs = NULL;
    const char *code = finding_code_text(graph_finding(verdict));

    if (strcmp(kind, d->verdict) != 0 || (d->finding != NULL && strcmp(code, d->finding) != 0)) {
        (void)snprintf(text, sizeof(text), "%s %s (%s), expected %s %s", kind, code,
                       verdict->num_findings > 0 ? verdict->findings[0].text : "", d->verdict,
                       d->finding != NULL ? d->finding : "");
        return text;
    }
    if (d->length != 0 && (size_t)d->length != verdict->num_path) {
        (void)snprintf(text, sizeof(text), "path of %zu, expected %ld", verdict->num_path,
                       d->length);
        return text;
    }
    if (d->path_labels != NULL)
        differs = check_path(d, verdict);
    if (differs == NULL && d->policies != NULL)
        differs = check_policies(d, verdict);
    if (differs != NULL)
        (void)snprintf(text, sizeof(text), "found %s", differs);
    return differs != NULL ? text : NULL;
}
