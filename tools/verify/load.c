/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/verify/load.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/hex.h"
#include "core/limits.h"
#include "policy/file.h"

static const char *label_of(enum load_kind kind)
{
    switch (kind) {
    case LOAD_CERT:
        return "CERTIFICATE";
    case LOAD_CRL:
        return "X509 CRL";
    case LOAD_OCSP:
        break;
    }
    return "OCSP RESPONSE";
}

static const char *name_of(enum load_kind kind)
{
    switch (kind) {
    case LOAD_CERT:
        return "certificate";
    case LOAD_CRL:
        return "CRL";
    case LOAD_OCSP:
        break;
    }
    return "OCSP response";
}

static bool find(struct sk_bytes text, const char *what, size_t from, size_t *out_at)
{
    const uint8_t *hit;

    if (from > text.len)
        return false;
    hit = memmem(text.p + from, text.len - from, what, strlen(what));
    if (hit == NULL)
        return false;
    *out_at = (size_t)(hit - text.p);
    return true;
}

/* One PEM block of the label at or after *at (RFC 7468); SK_NOTFOUND: no more. */
static enum sk_status next_block(struct sk_bytes text, const char *label, size_t *at,
                                 struct sk_buf *out, struct sk_err *err)
{
    char begin[64], end[64];
    size_t start, stop;

    snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
    snprintf(end, sizeof(end), "-----END %s-----", label);
    if (!find(text, begin, *at, &start))
        return SK_NOTFOUND;
    start += strlen(begin);
    if (!find(text, end, start, &stop))
        return err_set(err, SK_INPUT, "PEM block %s has no end", label);
    *at = stop + strlen(end);
    buf_reset(out);
    if (base64_decode_spaced(bytes_of(text.p + start, stop - start), out) != SK_OK ||
        buf_status(out) != SK_OK)
        return err_set(err, SK_INPUT, "PEM block %s is not base64", label);
    return SK_OK;
}

/* SK_NOTFOUND: no object of the kind. */
static enum sk_status load_bytes(const char *file, struct sk_bytes bytes, enum load_kind kind,
                                 load_fn visit, void *arg, struct sk_err *err)
{
    enum sk_status status;
    struct sk_buf der;
    size_t at = 0, count = 0;

    if (bytes.len > 0 && bytes.p[0] == 0x30) /* DER SEQUENCE */
        return visit(arg, file, bytes, err);
    buf_init(&der, LIMIT_CRL_BYTES);
    while ((status = next_block(bytes, label_of(kind), &at, &der, err)) == SK_OK) {
        count++;
        if ((status = visit(arg, file, buf_bytes(&der), err)) != SK_OK)
            break;
    }
    buf_done(&der);
    return status == SK_NOTFOUND && count > 0 ? SK_OK : status;
}

static enum sk_status load_one(const char *file, enum load_kind kind, load_fn visit, void *arg,
                               struct sk_err *err)
{
    struct sk_buf bytes;
    enum sk_status status;

    buf_init(&bytes, LIMIT_CRL_BYTES);
    status = file_read(file, &bytes, err);
    if (status == SK_OK) {
        status = load_bytes(file, buf_bytes(&bytes), kind, visit, arg, err);
        if (status != SK_OK && status != SK_NOTFOUND)
            (void)err_context(err, "%s", file);
    }
    buf_done(&bytes);
    return status;
}

enum sk_status load_file(const char *file, enum load_kind kind, load_fn visit, void *arg,
                         struct sk_err *err)
{
    enum sk_status status = load_one(file, kind, visit, arg, err);

    if (status == SK_NOTFOUND)
        return err_set(err, SK_INPUT, "%s: holds no %s, PEM or DER", file, name_of(kind));
    return status;
}

static int is_plain(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static enum sk_status load_folder(const char *folder, enum load_kind kind, load_fn visit, void *arg,
                                  struct sk_err *err)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_plain, alphasort), i;
    enum sk_status status = SK_OK;
    struct stat st;
    char *file;

    if (count < 0)
        return err_errno(err, SK_IO, "%s", folder);
    for (i = 0; i < count; i++) {
        if (status == SK_OK) {
            if (asprintf(&file, "%s/%s", folder, entries[i]->d_name) < 0)
                status = err_set(err, SK_NOMEM, "%s: no memory", folder);
            else {
                if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
                    status = load_one(file, kind, visit, arg, err);
                free(file);
            }
            status = status == SK_NOTFOUND ? SK_OK : status;
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum sk_status load_path(const char *path, enum load_kind kind, load_fn visit, void *arg,
                         struct sk_err *err)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return err_errno(err, SK_IO, "%s", path);
    if (S_ISDIR(st.st_mode))
        return load_folder(path, kind, visit, arg, err);
    return load_file(path, kind, visit, arg, err);
}
