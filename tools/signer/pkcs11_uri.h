/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS#11 URIs (RFC 7512), and the plain labels that may stand instead.
 *
 * Stricter than the RFC where a wrong guess would be about a key: known are token, manufacturer,
 * serial, model, slot-id, object, id, type=private, module-path and pin-source; others, repeated
 * and empty ones are refused. So is pin-value: a PIN does not belong into a configuration file.
 * (Not p11-kit's parser: linking it would bring its machinery into the network process too, which
 * is the same program. It is the oracle of the fuzz target.)
 */
#ifndef SEKISHO_TOOLS_SIGNER_PKCS11_URI_H
#define SEKISHO_TOOLS_SIGNER_PKCS11_URI_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "core/bytes.h"
#include "core/err.h"

struct pkcs11_uri;

/* True when the text is meant as a URI: it begins with "pkcs11:". */
bool pkcs11_uri_is(const char *text);

/* SK_INPUT: not a URI that can be used, err says why without the text itself. */
enum sk_status pkcs11_uri_new(const char *text, struct pkcs11_uri **out,
                              struct sk_err *err) SK_MUST_CHECK;
/* The URI of the token with this label. SK_INPUT: longer than a token's label can be. */
enum sk_status pkcs11_uri_of_token(const char *label, struct pkcs11_uri **out,
                                   struct sk_err *err) SK_MUST_CHECK;
void pkcs11_uri_free(struct pkcs11_uri *uri); /* accepts NULL */

/* What the query says; NULL when it does not. */
const char *pkcs11_uri_module_path(const struct pkcs11_uri *uri);
const char *pkcs11_uri_pin_source(const struct pkcs11_uri *uri);

/* True when the path names a token or a slot at all. */
bool pkcs11_uri_names_token(const struct pkcs11_uri *uri);
/* What tells the token, as a URI of its own; free() it. NULL: no memory. The same token in the same
 * words gives the same text. */
char *pkcs11_uri_token_text(const struct pkcs11_uri *uri);
/* True when a slot with this token is meant. */
bool pkcs11_uri_matches(const struct pkcs11_uri *uri, CK_SLOT_ID slot, const CK_TOKEN_INFO *token);

/* Label and id of the object; empty when the URI has none. SK_INPUT: it has neither. Points into
 * uri. */
enum sk_status pkcs11_uri_key(const struct pkcs11_uri *uri, struct sk_bytes *out_label,
                              struct sk_bytes *out_id, struct sk_err *err) SK_MUST_CHECK;

#endif
