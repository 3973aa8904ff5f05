/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/pem.h>
#include <stdio.h>

#include "core/clock.h"
#include "tools/ca/command.h"
#include "tools/ca/revlist.h"
#include "tools/ca/target.h"

static const struct option_def list_options[] = {
    {"json", OPTION_FLAG, false, false, NULL, "one JSON object a line"},
    COMMAND_END,
};

static const struct option_def show_options[] = {
    {"json", OPTION_FLAG, false, false, NULL, "what the register says, as a JSON object"},
    {"pem", OPTION_FLAG, false, false, NULL, "the certificate as PEM"},
    COMMAND_END,
};

static const struct option_def export_options[] = {COMMAND_END};

static enum sk_status print_json(void *arg, const char *line, struct sk_err *err)
{
    (void)arg;
    (void)err;
    (void)puts(line);
    return SK_OK;
}

static enum sk_status print_row(void *arg, const struct register_cert *cert, struct sk_err *err)
{
    char end[CLOCK_TEXT];

    (void)arg;
    (void)err;
    clock_format_rfc3339(cert->not_after, end);
    (void)printf("%s  %-5s  %-7s  %s  %s\n", cert->serial, register_role_text(cert->role),
                 register_state_text(cert->state), end, cert->subject);
    return SK_OK;
}

static enum sk_status run_list(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    if (options_has(o, "json"))
        return register_json(ca->reg, NULL, print_json, NULL, err);
    return register_each(ca->reg, print_row, NULL, err);
}

static void print_state(const struct target *target)
{
    char when[CLOCK_TEXT];

    (void)printf("Register: %s certificate, %s", register_role_text(target->role),
                 register_state_text(target->state));
    if (target->state != STATE_GOOD) {
        clock_format_rfc3339(target->revoked_at, when);
        (void)printf(" since %s (%s)", when, revlist_reason_text(target->reason));
    }
    (void)putchar('\n');
}

static enum sk_status print_cert(const struct target *target, bool is_pem, struct sk_err *err)
{
    const unsigned char *p = target->der.data;
    X509 *cert = d2i_X509(NULL, &p, (long)target->der.len);
    enum sk_status status = SK_OK;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len = 0;
    int done;

    if (cert == NULL || bio == NULL) {
        status = err_openssl(err, SK_CRYPTO, "%s", target->serial);
        goto out;
    }
    if (is_pem)
        done = PEM_write_bio_X509(bio, cert);
    else
        done = X509_print_ex(bio, cert, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB, X509_FLAG_COMPAT);
    if (done != 1)
        status = err_openssl(err, SK_CRYPTO, "%s", target->serial);
    else
        len = BIO_get_mem_data(bio, &text);
    if (!is_pem)
        print_state(target);
    (void)fwrite(text, 1, (size_t)len, stdout);
out:
    BIO_free(bio);
    X509_free(cert);
    return status;
}

static enum sk_status run_show(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    struct target target = {.role = ROLE_NONE};
    enum sk_status status = target_find(ca, o->operand, &target, err);

    if (status == SK_OK && options_has(o, "json"))
        status = register_json(ca->reg, target.serial, print_json, NULL, err);
    else if (status == SK_OK)
        status = print_cert(&target, options_has(o, "pem"), err);
    target_done(&target);
    return status;
}

static enum sk_status export_cert(void *arg, const struct register_cert *cert, struct sk_err *err)
{
    return ca_publish(arg, cert->file, cert->der, err);
}

static enum sk_status export_list(void *arg, const struct register_crl *list, struct sk_err *err)
{
    char name[32];

    ca_list_name(list, name, sizeof(name));
    return ca_publish(arg, name, list->der, err);
}

static enum sk_status run_export(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    enum sk_status status = register_each(ca->reg, export_cert, ca, err);

    (void)o;
    if (status == SK_OK)
        status = register_each_list(ca->reg, export_list, ca, err);
    return status;
}

const struct command command_list = {
    .name = "list",
    .summary = "all certificates: serial, role, state, end, subject",
    .kind = COMMAND_LOOK,
    .options = list_options,
    .run = run_list,
};

const struct command command_show = {
    .name = "show",
    .summary = "one certificate",
    .kind = COMMAND_LOOK,
    .operand = "SERIAL|FILE",
    .options = show_options,
    .run = run_show,
};

const struct command command_export = {
    .name = "export",
    .summary = "write all published files again, from the register",
    .kind = COMMAND_ACT,
    .options = export_options,
    .run = run_export,
};
