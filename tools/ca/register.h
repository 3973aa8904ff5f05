/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CA's register: what was issued, revoked and published, in one SQLite file (ca.db).
 *
 * The register is the truth; files below out/ are made from it and can be made again. Every act is
 * one transaction: register_begin() takes the write lock, so that two operators cannot give out one
 * number twice. Texts handed out live until the call they were handed to returns. One thread.
 */
#ifndef SEKISHO_TOOLS_CA_REGISTER_H
#define SEKISHO_TOOLS_CA_REGISTER_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/crl.h"
#include "core/err.h"

struct sk_register;

/* What a certificate is to this CA: decides which list carries its revocation. */
enum register_role { ROLE_NONE = 0, ROLE_SELF, ROLE_LINK, ROLE_CROSS, ROLE_USER };
enum register_state { STATE_NONE = 0, STATE_GOOD, STATE_HOLD, STATE_REVOKED };
enum register_list { LIST_NONE = 0, LIST_CRL, LIST_ARL };

enum { SERIAL_BYTES = 16, SERIAL_TEXT = 2 * SERIAL_BYTES + 1 };

struct register_cert {
    const char *serial; /* hexadecimal, lower case */
    unsigned generation;
    enum register_role role;
    const char *profile, *subject, *file; /* file: relative to out/ */
    int64_t not_before, not_after, issued;
    struct sk_bytes der;
    enum register_state state;
    int64_t revoked_at;     /* when not good */
    enum crl_reason reason; /* when not good */
    bool has_invalidity;
    int64_t invalidity;
};

struct register_crl {
    enum register_list kind;
    uint64_t number;
    unsigned generation; /* of the key that signed */
    bool is_regular;     /* signed by the newest key: what the CA publishes as its list */
    int64_t this_update, next_update;
    struct sk_bytes der;
};

/* Opens FILE; with is_new the file may be missing and must not hold a register yet. SK_NOTFOUND:
 * there is none; SK_INPUT: it holds one already (is_new), or is no register of ours. */
enum sk_status register_open(const char *file, bool is_new, struct sk_register **out,
                             struct sk_err *err) SK_MUST_CHECK;
void register_close(struct sk_register *reg); /* rolls back what was not committed; accepts NULL */

enum sk_status register_begin(struct sk_register *reg, struct sk_err *err) SK_MUST_CHECK;
enum sk_status register_commit(struct sk_register *reg, struct sk_err *err) SK_MUST_CHECK;
/* The tables, inside the transaction of `init`. */
enum sk_status register_create(struct sk_register *reg, struct sk_err *err) SK_MUST_CHECK;

/* Settings of the CA. Setting NULL does nothing. */
enum sk_status register_set(struct sk_register *reg, const char *name, const char *value,
                            struct sk_err *err) SK_MUST_CHECK;
/* *out is owned by the caller (free()); NULL and SK_OK when the setting does not exist. */
enum sk_status register_get(struct sk_register *reg, const char *name, char **out,
                            struct sk_err *err) SK_MUST_CHECK;

/* Key generations count from 1; the newest has the greatest number. */
enum sk_status register_add_key(struct sk_register *reg, unsigned generation, const char *label,
                                const char *algorithm, int64_t now,
                                struct sk_err *err) SK_MUST_CHECK;
enum sk_status register_newest(struct sk_register *reg, unsigned *out,
                               struct sk_err *err) SK_MUST_CHECK;
/* Label (free() it) and self-signed certificate (appended) of a generation; SK_NOTFOUND. */
enum sk_status register_key(struct sk_register *reg, unsigned generation, char **out_label,
                            struct sk_buf *out_cert, struct sk_err *err) SK_MUST_CHECK;

/* SK_INPUT when the serial number or the file name is taken. */
enum sk_status register_add_cert(struct sk_register *reg, const struct register_cert *cert,
                                 struct sk_err *err) SK_MUST_CHECK;

/* Return SK_OK to go on; anything else ends the walk and is returned from it. */
typedef enum sk_status (*register_cert_fn)(void *arg, const struct register_cert *cert,
                                           struct sk_err *err);
/* The certificate with this serial; SK_NOTFOUND. */
enum sk_status register_find(struct sk_register *reg, const char *serial, register_cert_fn visit,
                             void *arg, struct sk_err *err) SK_MUST_CHECK;
/* All, oldest first. */
enum sk_status register_each(struct sk_register *reg, register_cert_fn visit, void *arg,
                             struct sk_err *err) SK_MUST_CHECK;
/* Those a list of this kind must name (not good, of its roles, and not yet on a regular list made
 * after their end: RFC 5280 3.3), by date of revocation. */
enum sk_status register_each_listed(struct sk_register *reg, enum register_list kind,
                                    register_cert_fn visit, void *arg,
                                    struct sk_err *err) SK_MUST_CHECK;

/* Takes state, revoked_at, reason and invalidity from cert. */
enum sk_status register_set_state(struct sk_register *reg, const struct register_cert *cert,
                                  struct sk_err *err) SK_MUST_CHECK;

/* The greatest number and thisUpdate of a kind so far; both 0 when there is none. */
enum sk_status register_last_list(struct sk_register *reg, enum register_list kind,
                                  uint64_t *out_number, int64_t *out_this_update,
                                  struct sk_err *err) SK_MUST_CHECK;
/* Also marks the expired entries a regular list carried, and forgets the bytes (not the facts) of
 * the list it replaces. */
enum sk_status register_add_list(struct sk_register *reg, const struct register_crl *list,
                                 struct sk_err *err) SK_MUST_CHECK;
typedef enum sk_status (*register_list_fn)(void *arg, const struct register_crl *list,
                                           struct sk_err *err);
/* The newest list of each kind and key. */
enum sk_status register_each_list(struct sk_register *reg, register_list_fn visit, void *arg,
                                  struct sk_err *err) SK_MUST_CHECK;

/* One JSON object about a certificate, or about each, a line each; not its bytes. */
typedef enum sk_status (*register_text_fn)(void *arg, const char *line, struct sk_err *err);
enum sk_status register_json(struct sk_register *reg, const char *serial_or_null,
                             register_text_fn visit, void *arg, struct sk_err *err) SK_MUST_CHECK;

const char *register_role_text(enum register_role role);    /* "self" ... */
const char *register_state_text(enum register_state state); /* "good" ... */
const char *register_list_text(enum register_list kind);    /* "crl", "arl" */

#endif
