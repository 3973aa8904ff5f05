/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/register.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    REGISTER_APPLICATION = 0x536b4361, /* "SkCa", SQLite's application_id */
    REGISTER_VERSION = 1,
    REGISTER_BUSY_MS = 5000,
};

static const char register_schema[] =
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE key (generation INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE,"
    " algorithm TEXT NOT NULL, created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE certificate (id INTEGER PRIMARY KEY, serial TEXT NOT NULL UNIQUE,"
    " generation INTEGER NOT NULL REFERENCES key, role INTEGER NOT NULL CHECK (role BETWEEN 1 AND "
    "4),"
    " profile TEXT NOT NULL, subject TEXT NOT NULL, file TEXT NOT NULL UNIQUE,"
    " not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, issued INTEGER NOT NULL,"
    " der BLOB NOT NULL, state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),"
    " revoked_at INTEGER, reason INTEGER, invalidity INTEGER,"
    " is_done INTEGER NOT NULL DEFAULT 0,"
    " CHECK ((state = 1) = (revoked_at IS NULL)), CHECK ((state = 1) = (reason IS NULL))) STRICT;"
    "CREATE INDEX certificate_listed ON certificate (revoked_at) WHERE state <> 1 AND is_done = 0;"
    "CREATE TABLE list (kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 2),"
    " number INTEGER NOT NULL, generation INTEGER NOT NULL REFERENCES key,"
    " this_update INTEGER NOT NULL, next_update INTEGER NOT NULL, der BLOB,"
    " PRIMARY KEY (kind, number, generation)) STRICT;";

struct sk_register {
    sqlite3 *db;
    char *file; /* for messages */
};

static enum sk_status fail(struct sk_register *reg, struct sk_err *err)
{
    int code = sqlite3_errcode(reg->db) & 0xff;

    if (code == SQLITE_BUSY)
        return err_set(err, SK_IO, "%s: another sekisho-ca is at work", reg->file);
    if (code == SQLITE_NOMEM)
        return err_set(err, SK_NOMEM, "%s: no memory", reg->file);
    return err_set(err, SK_IO, "%s: %s", reg->file, sqlite3_errmsg(reg->db));
}

static enum sk_status run(struct sk_register *reg, const char *sql, struct sk_err *err)
{
    if (sqlite3_exec(reg->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail(reg, err);
    return SK_OK;
}

/* binds: one letter a parameter: i int64_t, t text, b struct sk_bytes *, n NULL. */
static enum sk_status prepare(struct sk_register *reg, sqlite3_stmt **out, struct sk_err *err,
                              const char *sql, const char *binds, ...)
{
    sqlite3_stmt *st = NULL;
    const struct sk_bytes *bytes;
    int rc = sqlite3_prepare_v2(reg->db, sql, -1, &st, NULL);
    va_list args;
    int i;

    va_start(args, binds);
    for (i = 1; rc == SQLITE_OK && binds[i - 1] != '\0'; i++) {
        if (binds[i - 1] == 'i') {
            rc = sqlite3_bind_int64(st, i, va_arg(args, int64_t));
        } else if (binds[i - 1] == 't') {
            rc = sqlite3_bind_text(st, i, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
        } else if (binds[i - 1] == 'b') {
            bytes = va_arg(args, const struct sk_bytes *);
            rc = sqlite3_bind_blob64(st, i, bytes->p, bytes->len, SQLITE_TRANSIENT);
        } else {
            rc = sqlite3_bind_null(st, i);
        }
    }
    va_end(args);
    if (rc != SQLITE_OK) {
        enum sk_status status = fail(reg, err);

        sqlite3_finalize(st);
        return status;
    }
    *out = st;
    return SK_OK;
}

/* Runs a statement that gives no row and finalizes it. */
static enum sk_status finish(struct sk_register *reg, sqlite3_stmt *st, struct sk_err *err)
{
    enum sk_status status = SK_OK;

    if (sqlite3_step(st) != SQLITE_DONE)
        status = fail(reg, err);
    sqlite3_finalize(st);
    return status;
}

static const char *column_text(sqlite3_stmt *st, int column)
{
    return (const char *)sqlite3_column_text(st, column);
}

static struct sk_bytes column_bytes(sqlite3_stmt *st, int column)
{
    const void *p = sqlite3_column_blob(st, column);

    return bytes_of(p, (size_t)sqlite3_column_bytes(st, column));
}

static enum sk_status pragma(struct sk_register *reg, const char *name, int64_t *out,
                             struct sk_err *err)
{
    char sql[64];
    sqlite3_stmt *st;

    (void)snprintf(sql, sizeof(sql), "PRAGMA %s", name);
    if (prepare(reg, &st, err, sql, "") != SK_OK)
        return SK_IO;
    if (sqlite3_step(st) != SQLITE_ROW) {
        enum sk_status status = fail(reg, err);

        sqlite3_finalize(st);
        return status;
    }
    *out = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return SK_OK;
}

static enum sk_status no_register(const char *file, struct sk_err *err)
{
    return err_set(err, SK_NOTFOUND, "%s: there is no CA here (sekisho-ca DIR init)", file);
}

static enum sk_status check_version(struct sk_register *reg, bool is_new, struct sk_err *err)
{
    int64_t application, version;

    if (pragma(reg, "application_id", &application, err) != SK_OK ||
        pragma(reg, "user_version", &version, err) != SK_OK)
        return SK_IO;
    if (application == 0 && version == 0) /* an init that did not come to its end leaves this */
        return is_new ? SK_OK : no_register(reg->file, err);
    if (application != REGISTER_APPLICATION)
        return err_set(err, SK_INPUT, "%s: not the register of a CA", reg->file);
    if (is_new)
        return err_set(err, SK_INPUT, "%s: there is a CA here already", reg->file);
    if (version != REGISTER_VERSION)
        return err_set(err, SK_INPUT, "%s: version %lld, this program knows %d", reg->file,
                       (long long)version, REGISTER_VERSION);
    return SK_OK;
}

enum sk_status register_open(const char *file, bool is_new, struct sk_register **out,
                             struct sk_err *err)
{
    struct sk_register *reg;
    enum sk_status status;
    int flags = SQLITE_OPEN_READWRITE | (is_new ? SQLITE_OPEN_CREATE : 0);

    if (!is_new && access(file, F_OK) != 0)
        return no_register(file, err);
    reg = calloc(1, sizeof(*reg));
    if (reg == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    reg->file = strdup(file);
    if (reg->file == NULL) {
        status = err_set(err, SK_NOMEM, "no memory");
        goto out;
    }
    if (sqlite3_open_v2(file, &reg->db, flags, NULL) != SQLITE_OK) {
        status = fail(reg, err);
        goto out;
    }
    (void)sqlite3_busy_timeout(reg->db, REGISTER_BUSY_MS);
    /* EXTRA: the journal's directory entry is synced too, so that a committed act survives. */
    status = run(reg, "PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA", err);
    if (status == SK_OK)
        status = check_version(reg, is_new, err);
out:
    if (status != SK_OK)
        register_close(reg);
    else
        *out = reg;
    return status;
}

void register_close(struct sk_register *reg)
{
    if (reg == NULL)
        return;
    (void)sqlite3_close(reg->db);
    free(reg->file);
    free(reg);
}

enum sk_status register_begin(struct sk_register *reg, struct sk_err *err)
{
    return run(reg, "BEGIN IMMEDIATE", err);
}

enum sk_status register_commit(struct sk_register *reg, struct sk_err *err)
{
    return run(reg, "COMMIT", err);
}

enum sk_status register_create(struct sk_register *reg, struct sk_err *err)
{
    char sql[96];
    enum sk_status status = check_version(reg, true, err);

    if (status != SK_OK)
        return status;
    (void)snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   REGISTER_APPLICATION, REGISTER_VERSION);
    status = run(reg, sql, err);
    if (status == SK_OK)
        status = run(reg, register_schema, err);
    return status;
}

enum sk_status register_set(struct sk_register *reg, const char *name, const char *value,
                            struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status;

    if (value == NULL)
        return SK_OK;
    status = prepare(reg, &st, err,
                     "INSERT INTO setting (name, value) VALUES (?, ?)"
                     " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                     "tt", name, value);
    return status == SK_OK ? finish(reg, st, err) : status;
}

enum sk_status register_get(struct sk_register *reg, const char *name, char **out,
                            struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status =
        prepare(reg, &st, err, "SELECT value FROM setting WHERE name = ?", "t", name);
    char *value = NULL;
    int rc;

    if (status != SK_OK)
        return status;
    rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        value = strdup(column_text(st, 0));
        status = value ? SK_OK : err_set(err, SK_NOMEM, "no memory");
    } else if (rc != SQLITE_DONE) {
        status = fail(reg, err);
    }
    sqlite3_finalize(st);
    if (status == SK_OK)
        *out = value;
    return status;
}

enum sk_status register_add_key(struct sk_register *reg, unsigned generation, const char *label,
                                const char *algorithm, int64_t now, struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status =
        prepare(reg, &st, err,
                "INSERT INTO key (generation, label, algorithm, created) VALUES (?, ?, ?, ?)",
                "itti", (int64_t)generation, label, algorithm, now);

    return status == SK_OK ? finish(reg, st, err) : status;
}

enum sk_status register_newest(struct sk_register *reg, unsigned *out, struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status =
        prepare(reg, &st, err, "SELECT coalesce(max(generation), 0) FROM key", "");

    if (status != SK_OK)
        return status;
    if (sqlite3_step(st) == SQLITE_ROW)
        *out = (unsigned)sqlite3_column_int(st, 0);
    else
        status = fail(reg, err);
    sqlite3_finalize(st);
    return status;
}

enum sk_status register_key(struct sk_register *reg, unsigned generation, char **out_label,
                            struct sk_buf *out_cert, struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status = prepare(reg, &st, err,
                                    "SELECT k.label, c.der FROM key k JOIN certificate c"
                                    " ON c.generation = k.generation AND c.role = 1"
                                    " WHERE k.generation = ?",
                                    "i", (int64_t)generation);
    struct sk_bytes der;
    char *label;
    int rc;

    if (status != SK_OK)
        return status;
    rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        der = column_bytes(st, 1);
        buf_put(out_cert, der.p, der.len);
        label = strdup(column_text(st, 0));
        status = label != NULL ? buf_status(out_cert) : SK_NOMEM;
        if (status == SK_OK)
            *out_label = label;
        else {
            free(label);
            (void)err_set(err, status, "no memory");
        }
    } else if (rc == SQLITE_DONE) {
        status = err_set(err, SK_NOTFOUND, "there is no key generation %u", generation);
    } else {
        status = fail(reg, err);
    }
    sqlite3_finalize(st);
    return status;
}

enum sk_status register_add_cert(struct sk_register *reg, const struct register_cert *cert,
                                 struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status = prepare(
        reg, &st, err,
        "INSERT INTO certificate (serial, generation, role, profile, subject, file, not_before,"
        " not_after, issued, der, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        "tiitttiiib", cert->serial, (int64_t)cert->generation, (int64_t)cert->role, cert->profile,
        cert->subject, cert->file, cert->not_before, cert->not_after, cert->issued, &cert->der);

    if (status != SK_OK)
        return status;
    if (sqlite3_step(st) == SQLITE_DONE)
        status = SK_OK;
    else if (sqlite3_extended_errcode(reg->db) == SQLITE_CONSTRAINT_UNIQUE)
        status =
            err_set(err, SK_INPUT, "%s: there is a certificate of this name already", cert->file);
    else
        status = fail(reg, err);
    sqlite3_finalize(st);
    return status;
}

#define CERT_COLUMNS                                                                               \
    "SELECT serial, generation, role, profile, subject, file, not_before, not_after, issued, der," \
    " state, revoked_at, reason, invalidity FROM certificate "

static void read_cert(sqlite3_stmt *st, struct register_cert *out)
{
    memset(out, 0, sizeof(*out));
    out->serial = column_text(st, 0);
    out->generation = (unsigned)sqlite3_column_int(st, 1);
    out->role = (enum register_role)sqlite3_column_int(st, 2);
    out->profile = column_text(st, 3);
    out->subject = column_text(st, 4);
    out->file = column_text(st, 5);
    out->not_before = sqlite3_column_int64(st, 6);
    out->not_after = sqlite3_column_int64(st, 7);
    out->issued = sqlite3_column_int64(st, 8);
    out->der = column_bytes(st, 9);
    out->state = (enum register_state)sqlite3_column_int(st, 10);
    out->revoked_at = sqlite3_column_int64(st, 11);
    out->reason = (enum crl_reason)sqlite3_column_int(st, 12);
    out->has_invalidity = sqlite3_column_type(st, 13) != SQLITE_NULL;
    out->invalidity = sqlite3_column_int64(st, 13);
}

/* Visits every row and finalizes; *out_rows may be NULL. */
static enum sk_status walk(struct sk_register *reg, sqlite3_stmt *st, register_cert_fn visit,
                           void *arg, size_t *out_rows, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct register_cert cert;
    size_t rows = 0;
    int rc = SQLITE_DONE;

    while (status == SK_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        read_cert(st, &cert);
        status = visit(arg, &cert, err);
        rows++;
    }
    if (status == SK_OK && rc != SQLITE_DONE)
        status = fail(reg, err);
    sqlite3_finalize(st);
    if (out_rows != NULL)
        *out_rows = rows;
    return status;
}

enum sk_status register_find(struct sk_register *reg, const char *serial, register_cert_fn visit,
                             void *arg, struct sk_err *err)
{
    sqlite3_stmt *st;
    size_t rows = 0;
    enum sk_status status = prepare(reg, &st, err, CERT_COLUMNS "WHERE serial = ?", "t", serial);

    if (status == SK_OK)
        status = walk(reg, st, visit, arg, &rows, err);
    if (status == SK_OK && rows == 0)
        status = err_set(err, SK_NOTFOUND, "%s: no certificate with this serial number", serial);
    return status;
}

enum sk_status register_each(struct sk_register *reg, register_cert_fn visit, void *arg,
                             struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status = prepare(reg, &st, err, CERT_COLUMNS "ORDER BY id", "");

    return status == SK_OK ? walk(reg, st, visit, arg, NULL, err) : status;
}

/* The roles of a list as a range: users on the CRL, link and cross certificates on the ARL. */
static int64_t first_role(enum register_list kind)
{
    return kind == LIST_CRL ? ROLE_USER : ROLE_LINK;
}

static int64_t last_role(enum register_list kind)
{
    return kind == LIST_CRL ? ROLE_USER : ROLE_CROSS;
}

enum sk_status register_each_listed(struct sk_register *reg, enum register_list kind,
                                    register_cert_fn visit, void *arg, struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status =
        prepare(reg, &st, err,
                CERT_COLUMNS "WHERE state <> 1 AND is_done = 0 AND role BETWEEN ? AND ?"
                             " ORDER BY revoked_at, id",
                "ii", first_role(kind), last_role(kind));

    return status == SK_OK ? walk(reg, st, visit, arg, NULL, err) : status;
}

enum sk_status register_set_state(struct sk_register *reg, const struct register_cert *cert,
                                  struct sk_err *err)
{
    static const char sql[] = "UPDATE certificate SET state = ?, revoked_at = ?, reason = ?,"
                              " invalidity = ?, is_done = 0 WHERE serial = ?";
    sqlite3_stmt *st;
    enum sk_status status;

    if (cert->state == STATE_GOOD)
        status = prepare(reg, &st, err, sql, "innnt", (int64_t)STATE_GOOD, cert->serial);
    else if (cert->has_invalidity)
        status = prepare(reg, &st, err, sql, "iiiit", (int64_t)cert->state, cert->revoked_at,
                         (int64_t)cert->reason, cert->invalidity, cert->serial);
    else
        status = prepare(reg, &st, err, sql, "iiint", (int64_t)cert->state, cert->revoked_at,
                         (int64_t)cert->reason, cert->serial);
    return status == SK_OK ? finish(reg, st, err) : status;
}

enum sk_status register_last_list(struct sk_register *reg, enum register_list kind,
                                  uint64_t *out_number, int64_t *out_this_update,
                                  struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status = prepare(reg, &st, err,
                                    "SELECT coalesce(max(number), 0), coalesce(max(this_update), 0)"
                                    " FROM list WHERE kind = ?",
                                    "i", (int64_t)kind);

    if (status != SK_OK)
        return status;
    if (sqlite3_step(st) == SQLITE_ROW) {
        *out_number = (uint64_t)sqlite3_column_int64(st, 0);
        *out_this_update = sqlite3_column_int64(st, 1);
    } else {
        status = fail(reg, err);
    }
    sqlite3_finalize(st);
    return status;
}

/* RFC 5280 3.3: an entry stays until it stood on one regular list made after the certificate's end.
 */
static enum sk_status mark_done(struct sk_register *reg, const struct register_crl *list,
                                struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status =
        prepare(reg, &st, err,
                "UPDATE certificate SET is_done = 1 WHERE state <> 1 AND"
                " is_done = 0 AND role BETWEEN ? AND ? AND not_after < ?",
                "iii", first_role(list->kind), last_role(list->kind), list->this_update);

    return status == SK_OK ? finish(reg, st, err) : status;
}

enum sk_status register_add_list(struct sk_register *reg, const struct register_crl *list,
                                 struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status =
        prepare(reg, &st, err, "UPDATE list SET der = NULL WHERE kind = ? AND generation = ?", "ii",
                (int64_t)list->kind, (int64_t)list->generation);

    if (status == SK_OK)
        status = finish(reg, st, err);
    if (status == SK_OK)
        status =
            prepare(reg, &st, err,
                    "INSERT INTO list (kind, number, generation, this_update, next_update,"
                    " der) VALUES (?, ?, ?, ?, ?, ?)",
                    "iiiiib", (int64_t)list->kind, (int64_t)list->number, (int64_t)list->generation,
                    list->this_update, list->next_update, &list->der);
    if (status == SK_OK)
        status = finish(reg, st, err);
    if (status == SK_OK && list->is_regular)
        status = mark_done(reg, list, err);
    return status;
}

enum sk_status register_each_list(struct sk_register *reg, register_list_fn visit, void *arg,
                                  struct sk_err *err)
{
    sqlite3_stmt *st;
    enum sk_status status =
        prepare(reg, &st, err,
                "SELECT kind, number, generation, this_update, next_update, der,"
                " generation = (SELECT max(generation) FROM key)"
                " FROM list WHERE der IS NOT NULL ORDER BY kind, generation",
                "");
    struct register_crl list;
    int rc = SQLITE_DONE;

    if (status != SK_OK)
        return status;
    while (status == SK_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        list.kind = (enum register_list)sqlite3_column_int(st, 0);
        list.number = (uint64_t)sqlite3_column_int64(st, 1);
        list.generation = (unsigned)sqlite3_column_int(st, 2);
        list.this_update = sqlite3_column_int64(st, 3);
        list.next_update = sqlite3_column_int64(st, 4);
        list.der = column_bytes(st, 5);
        list.is_regular = sqlite3_column_int(st, 6) != 0;
        status = visit(arg, &list, err);
    }
    if (status == SK_OK && rc != SQLITE_DONE)
        status = fail(reg, err);
    sqlite3_finalize(st);
    return status;
}

enum sk_status register_json(struct sk_register *reg, const char *serial_or_null,
                             register_text_fn visit, void *arg, struct sk_err *err)
{
    static const char sql[] =
        "SELECT json_object('serial', serial, 'generation', generation, 'role',"
        " CASE role WHEN 1 THEN 'self' WHEN 2 THEN 'link' WHEN 3 THEN 'cross' ELSE 'user' END,"
        " 'profile', profile, 'subject', subject, 'file', file,"
        " 'not_before', strftime('%Y-%m-%dT%H:%M:%SZ', not_before, 'unixepoch'),"
        " 'not_after', strftime('%Y-%m-%dT%H:%M:%SZ', not_after, 'unixepoch'),"
        " 'state', CASE state WHEN 1 THEN 'good' WHEN 2 THEN 'hold' ELSE 'revoked' END,"
        " 'revoked_at', strftime('%Y-%m-%dT%H:%M:%SZ', revoked_at, 'unixepoch'),"
        " 'reason', reason) FROM certificate WHERE ?1 IS NULL OR serial = ?1 ORDER BY id";
    sqlite3_stmt *st;
    enum sk_status status;
    int rc = SQLITE_DONE;

    if (serial_or_null != NULL)
        status = prepare(reg, &st, err, sql, "t", serial_or_null);
    else
        status = prepare(reg, &st, err, sql, "n");
    if (status != SK_OK)
        return status;
    while (status == SK_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
        status = visit(arg, column_text(st, 0), err);
    if (status == SK_OK && rc != SQLITE_DONE)
        status = fail(reg, err);
    sqlite3_finalize(st);
    return status;
}

const char *register_role_text(enum register_role role)
{
    switch (role) {
    case ROLE_NONE:
        break;
    case ROLE_SELF:
        return "self";
    case ROLE_LINK:
        return "link";
    case ROLE_CROSS:
        return "cross";
    case ROLE_USER:
        return "user";
    }
    return "none";
}

const char *register_state_text(enum register_state state)
{
    switch (state) {
    case STATE_NONE:
        break;
    case STATE_GOOD:
        return "good";
    case STATE_HOLD:
        return "hold";
    case STATE_REVOKED:
        return "revoked";
    }
    return "none";
}

const char *register_list_text(enum register_list kind)
{
    switch (kind) {
    case LIST_NONE:
        break;
    case LIST_CRL:
        return "crl";
    case LIST_ARL:
        return "arl";
    }
    return "none";
}
