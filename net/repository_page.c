/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The repository as pages for people: which CAs there are, and what each publishes.
 *
 * Pages are plain HTML without script. Of a certificate that is no CA's only its serial number is
 * shown: its names are a citizen's.
 */
#include <stdio.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/name.h"
#include "net/repository.h"

static void put_escaped(struct sk_buf *out, struct sk_bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        switch (text.p[i]) {
        case '<':
            buf_put_text(out, "&lt;");
            break;
        case '>':
            buf_put_text(out, "&gt;");
            break;
        case '&':
            buf_put_text(out, "&amp;");
            break;
        case '"':
            buf_put_text(out, "&quot;");
            break;
        default:
            buf_put_byte(out, text.p[i]);
            break;
        }
    }
}

static void put_text(struct sk_buf *out, const char *text)
{
    put_escaped(out, bytes_of(text, strlen(text)));
}

static void put_cell(struct sk_buf *out, const char *text)
{
    buf_put_text(out, "<td>");
    put_text(out, text);
    buf_put_text(out, "</td>");
}

static void put_time(struct sk_buf *out, int64_t when)
{
    char text[CLOCK_TEXT] = "never";

    if (when != CLOCK_NEVER)
        clock_format_rfc3339(when, text);
    put_cell(out, text);
}

static void begin_page(struct service *service, const char *title, struct http_answer *out)
{
    struct sk_generation *gen = reader_generation(service->reader);
    char created[CLOCK_TEXT];

    answer_init(out, 200, "text/html; charset=utf-8", LIMIT_PKI_PAGE_BYTES);
    answer_field(out, "Cache-Control", "no-cache");
    answer_field(out, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    answer_field(out, "X-Content-Type-Options", "nosniff");
    buf_put_text(&out->body, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                             "<title>");
    put_text(&out->body, title);
    buf_put_text(&out->body, "</title><style>body{font-family:sans-serif;margin:2em}"
                             "th,td{text-align:left;padding:.2em 1em .2em 0}</style></head>\n"
                             "<body><h1>");
    put_text(&out->body, title);
    clock_format_rfc3339(generation_created(gen), created);
    buf_printf(&out->body, "</h1>\n<p>Snapshot %llu of %s.</p>\n<table>\n",
               (unsigned long long)generation_number(gen), created);
}

static void end_page(struct http_answer *out, bool has_more)
{
    buf_put_text(&out->body, "</table>\n");
    if (has_more)
        buf_printf(&out->body, "<p>The first %u only.</p>\n", LIMIT_PKI_ROWS);
    buf_put_text(&out->body, "</body></html>\n");
    if (buf_status(&out->body) == SK_OK)
        return;
    answer_done(out);
    answer_error(out, 503, "too-large", "the page is too large");
}

/* ---- all CAs ---- */

/* When the list at NAME/FILE ends; nothing when there is none. */
static void put_list_end(struct service *service, const char *name, const char *file,
                         struct sk_buf *out)
{
    char path[LIMIT_OBJECT_PATH_BYTES + 1];
    struct reader_object object;
    int n = snprintf(path, sizeof(path), "%s/%s", name, file);

    if (n < 0 || (size_t)n >= sizeof(path) ||
        reader_object_get(service->reader, path, &object) != SK_OK)
        put_cell(out, "");
    else
        put_time(out, object.expires);
}

static void put_ca(struct service *service, const char *name, struct sk_buf *out)
{
    buf_put_text(out, "<tr><td><a href=\"/pki/");
    put_text(out, name);
    buf_put_text(out, "/\">");
    put_text(out, name);
    buf_put_text(out, "</a></td>");
    put_list_end(service, name, "crl.crl", out);
    put_list_end(service, name, "arl.crl", out);
    buf_put_text(out, "</tr>\n");
}

/* Paths that begin with "NAME/" follow each other; '0' is the octet after '/'. */
static enum sk_status next_ca(struct service *service, char path[LIMIT_OBJECT_PATH_BYTES + 1],
                              bool is_first)
{
    char *slash = is_first ? NULL : strchr(path, '/');
    enum sk_status status;

    if (slash != NULL) {
        slash[0] = '0';
        slash[1] = '\0';
    }
    do
        status = reader_object_after(service->reader, path, path);
    while (status == SK_OK && strchr(path, '/') == NULL);
    return status;
}

static void page_of_all(struct service *service, struct http_answer *out)
{
    char path[LIMIT_OBJECT_PATH_BYTES + 1] = "", name[LIMIT_OBJECT_PATH_BYTES + 1];
    enum sk_status status;
    unsigned rows = 0;

    begin_page(service, "Certification authorities", out);
    buf_put_text(&out->body, "<tr><th>authority</th><th>revocation list ends</th>"
                             "<th>authority revocation list ends</th></tr>\n");
    status = next_ca(service, path, true);
    for (; status == SK_OK && rows < LIMIT_PKI_ROWS; rows++) {
        size_t len = strcspn(path, "/");

        memcpy(name, path, len);
        name[len] = '\0';
        put_ca(service, name, &out->body);
        status = next_ca(service, path, false);
    }
    end_page(out, status == SK_OK);
}

/* ---- one CA ---- */

/* What a CA's certificate says in the last cell; of others the serial alone. */
static void put_cert(struct service *service, const struct reader_object *object,
                     struct sk_buf *out)
{
    const struct sk_cert *cert;
    char text[LIMIT_NAME_TOLD], serial[2 * LIMIT_SERIAL_BYTES + 1];

    arena_reset(service->arena);
    if (reader_cert(service->reader, service->arena, object->sha256, &cert) != SK_OK) {
        buf_put_text(out, "<td></td><td></td>");
        return;
    }
    put_time(out, cert->not_after);
    if (cert->is_ca || cert->is_self_issued) {
        buf_put_text(out, "<td>");
        name_short_text(cert->subject, text, sizeof(text));
        put_text(out, text);
        buf_put_text(out, "<br>by ");
        name_short_text(cert->issuer, text, sizeof(text));
        put_text(out, text);
        buf_put_text(out, "</td>");
        return;
    }
    hex_encode(cert->serial, serial);
    buf_put_text(out, "<td>serial number ");
    put_text(out, serial);
    buf_put_text(out, "</td>");
}

static const char *kind_text(const char *file, const char *media_type)
{
    if (strcmp(file, "crl.crl") == 0)
        return "revocation list (CRL)";
    if (strcmp(file, "arl.crl") == 0)
        return "authority revocation list (ARL)";
    if (strcmp(file, "delta.crl") == 0)
        return "delta revocation list";
    return strcmp(media_type, "application/pkix-cert") == 0 ? "certificate" : "all certificates";
}

static void put_object(struct service *service, const char *path, const char *file,
                       struct sk_buf *out)
{
    struct reader_object object;

    if (reader_object_get(service->reader, path, &object) != SK_OK)
        return;
    buf_put_text(out, "<tr><td><a href=\"/pki/");
    put_text(out, path);
    buf_put_text(out, "\">");
    put_text(out, strlen(file) > 16 ? "DER" : file);
    buf_put_text(out, "</a></td>");
    put_cell(out, kind_text(file, object.media_type));
    buf_printf(out, "<td>%zu</td>", object.body.len);
    if (strcmp(object.media_type, "application/pkix-cert") == 0) {
        put_cell(out, "");
        put_cert(service, &object, out);
    } else {
        put_time(out, object.modified);
        put_time(out, object.expires);
        put_cell(out, "");
    }
    buf_put_text(out, "</tr>\n");
}

/* prefix: "NAME/". */
static void page_of_one(struct service *service, const char *prefix, struct http_answer *out)
{
    char path[LIMIT_OBJECT_PATH_BYTES + 1], title[LIMIT_OBJECT_PATH_BYTES + 1];
    size_t len = strlen(prefix);
    enum sk_status status = reader_object_after(service->reader, prefix, path);
    unsigned rows = 0;

    if (status != SK_OK || strncmp(path, prefix, len) != 0) {
        answer_error(out, 404, "not-found", "no such authority");
        return;
    }
    (void)snprintf(title, sizeof(title), "%.*s", (int)(len - 1), prefix);
    begin_page(service, title, out);
    buf_put_text(&out->body, "<tr><th>file</th><th>what</th><th>octets</th><th>of</th>"
                             "<th>ends</th><th></th></tr>\n");
    for (; status == SK_OK && strncmp(path, prefix, len) == 0 && rows < LIMIT_PKI_ROWS; rows++) {
        put_object(service, path, path + len, &out->body);
        status = reader_object_after(service->reader, path, path);
    }
    end_page(out, status == SK_OK && strncmp(path, prefix, len) == 0);
}

void repository_page(struct service *service, const char *ca, struct http_answer *out)
{
    if (ca[0] == '\0')
        page_of_all(service, out);
    else
        page_of_one(service, ca, out);
}
