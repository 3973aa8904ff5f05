/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What token.c (sessions, recovery) and token_key.c (objects, signatures) share.
 */
#ifndef SEKISHO_TOOLS_SIGNER_TOKEN_INT_H
#define SEKISHO_TOOLS_SIGNER_TOKEN_INT_H

#include <p11-kit/pkcs11.h>
#include <pthread.h>

#include "tools/signer/token.h"

enum { TOKEN_KEY_ID_BYTES = 64 }; /* longest CKA_ID we follow */

struct token_key {
    struct token *token;
    char *label;  /* or URI: what texts call it */
    char *object; /* CKA_LABEL; NULL: only the id tells the key */
    enum token_key_type type;
    EVP_PKEY *public_key;
    size_t field_bytes;      /* EC: octets of r and of s */
    CK_OBJECT_HANDLE handle; /* private key; CK_INVALID_HANDLE while it cannot be found */
    CK_BYTE id[TOKEN_KEY_ID_BYTES];
    size_t id_len;          /* 0: only the label tells the key */
    struct token_key *next; /* in the token's list, for finding the handles again */
};

/* One act with one session. Reports through the return value alone, may be called twice. */
typedef CK_RV (*token_act_fn)(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session, void *arg);

/* Runs act in a session of the pool, after recovery once more. what: for the text, "C_Sign". */
enum sk_status token_run(struct token *token, const char *what, token_act_fn act, void *arg,
                         struct sk_err *err) SK_MUST_CHECK;
/* The same in a read-write session of its own. */
enum sk_status token_run_writing(struct token *token, const char *what, token_act_fn act, void *arg,
                                 struct sk_err *err) SK_MUST_CHECK;

const char *token_label(const struct token *token);

/* The list of keys whose handles are found again after recovery. */
void token_add_key(struct token *token, struct token_key *key);
void token_remove_key(struct token *token, struct token_key *key);

/* Finds the private key's handle anew: one key with this label (and CKA_ID, when id_len is not 0).
 * Sets handle to CK_INVALID_HANDLE when there is none. */
CK_RV token_key_locate(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session,
                       struct token_key *key);

#endif
