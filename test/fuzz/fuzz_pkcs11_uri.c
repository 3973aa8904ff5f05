/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS#11 URIs: what is accepted here p11-kit accepts too, and reads alike.
 *
 * rooms: tools/signer policy core
 */
#include <stdlib.h>
#include <string.h>

#include <p11-kit/uri.h>

#include "tools/signer/pkcs11_uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static struct sk_bytes attribute(P11KitUri *uri, CK_ATTRIBUTE_TYPE type)
{
    CK_ATTRIBUTE_PTR a = p11_kit_uri_get_attribute(uri, type);

    return a != NULL ? bytes_of(a->pValue, (size_t)a->ulValueLen) : bytes_of(NULL, 0);
}

static void compare(const char *text, const struct pkcs11_uri *ours)
{
    P11KitUri *theirs = p11_kit_uri_new();
    CK_TOKEN_INFO info;
    CK_SLOT_ID slot;
    struct sk_bytes label, id;

    must(theirs != NULL && p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, theirs) == P11_KIT_URI_OK);
    must(p11_kit_uri_any_unrecognized(theirs) == 0);
    must(same_text(pkcs11_uri_module_path(ours), p11_kit_uri_get_module_path(theirs)));
    must(same_text(pkcs11_uri_pin_source(ours), p11_kit_uri_get_pin_source(theirs)));
    must(p11_kit_uri_get_pin_value(theirs) == NULL && p11_kit_uri_get_module_name(theirs) == NULL);
    if (pkcs11_uri_key(ours, &label, &id, NULL) == SK_OK)
        must(bytes_equal(label, attribute(theirs, CKA_LABEL)) &&
             bytes_equal(id, attribute(theirs, CKA_ID)));
    /* A token that is just what their reading says is meant by ours: zeros there are "any". */
    info = *p11_kit_uri_get_token_info(theirs);
    slot = p11_kit_uri_get_slot_id(theirs);
    must(pkcs11_uri_matches(ours, slot == (CK_SLOT_ID)-1 ? 3 : slot, &info));
    must(p11_kit_uri_match_token_info(theirs, &info) == 1);
    p11_kit_uri_free(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pkcs11_uri *uri = NULL, *token = NULL;
    char *text = malloc(size + 8), *first, *second;

    if (text == NULL)
        return 0;
    memcpy(text, "pkcs11:", 7); /* the scheme is no puzzle */
    memcpy(text + 7, data, size);
    text[size + 7] = '\0';
    if (pkcs11_uri_new(text, &uri, NULL) == SK_OK) {
        compare(text, uri);
        first = pkcs11_uri_token_text(uri);
        must(first != NULL && pkcs11_uri_new(first, &token, NULL) == SK_OK);
        must(pkcs11_uri_names_token(uri) == pkcs11_uri_names_token(token));
        second = pkcs11_uri_token_text(token);
        must(second != NULL && strcmp(first, second) == 0);
        free(first);
        free(second);
        pkcs11_uri_free(token);
        pkcs11_uri_free(uri);
    }
    free(text);
    return 0;
}
