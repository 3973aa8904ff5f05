/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crl.h"
#include "core/dir_value_int.h"
#include "core/general_name.h"
#include "core/name.h"
#include "core/shape_int.h"

/* ---- stored values --------------------------------------------------------------------------- */

/* Only as far as the rule looks: a certificate with a fault in an extension still has its serial.
 */
enum sk_status dir_pki_certificate(struct sk_arena *arena, struct sk_bytes der,
                                   struct pki_certificate *out)
{
    struct pki_certificate found;
    struct shape_signed parts;
    struct sk_bytes version, algorithm, issuer;
    struct der d, tbs;
    bool has_version;
    enum sk_status status;

    if (der.len > LIMIT_CERT_BYTES)
        return SK_LIMIT;
    if (shape_signed(der, &parts) != SK_OK)
        return SK_INPUT;
    der_init(&d, parts.tbs);
    if (der_enter(&d, DER_SEQUENCE, &tbs) != SK_OK ||
        der_take_optional(&tbs, DER_CONTEXT_CONSTRUCTED(0), &has_version, &version) != SK_OK ||
        der_integer(&tbs, DER_INTEGER, &found.serial) != SK_OK ||
        shape_algorithm(&tbs, &algorithm) != SK_OK ||
        der_take_whole(&tbs, DER_SEQUENCE, &issuer) != SK_OK)
        return SK_INPUT;
    if (found.serial.len > LIMIT_SERIAL_BYTES)
        return SK_LIMIT;
    status = name_canon(arena, issuer, &found.issuer, NULL);
    if (status == SK_OK)
        *out = found;
    return status;
}

static enum sk_status take_half(struct sk_arena *arena, struct der *pair, uint8_t tag,
                                struct pki_certificate *out)
{
    struct sk_bytes der;
    bool is_present;

    if (der_take_optional(pair, tag, &is_present, &der) != SK_OK)
        return SK_INPUT;
    return is_present ? dir_pki_certificate(arena, der, out) : SK_OK;
}

/* RFC 4523 2.3: CertificatePair ::= SEQUENCE { [0] Certificate OPTIONAL, [1] Certificate OPTIONAL
 * }, tags explicit. */
enum sk_status dir_pki_pair(struct sk_arena *arena, struct sk_bytes der, struct pki_pair *out)
{
    struct pki_pair found = {0};
    struct der d, pair;
    enum sk_status status;

    der_init(&d, der);
    if (der_enter(&d, DER_SEQUENCE, &pair) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    status = take_half(arena, &pair, DER_CONTEXT_CONSTRUCTED(0), &found.to);
    if (status == SK_OK)
        status = take_half(arena, &pair, DER_CONTEXT_CONSTRUCTED(1), &found.by);
    if (status != SK_OK)
        return status;
    if (!der_at_end(&pair) || (found.to.serial.p == NULL && found.by.serial.p == NULL))
        return SK_INPUT;
    *out = found;
    return SK_OK;
}

enum sk_status dir_pki_list(struct sk_arena *arena, struct sk_bytes der, struct pki_list *out)
{
    struct pki_list found = {0};
    struct sk_crl crl;
    enum sk_status status = crl_parse(arena, der, &crl, NULL);

    if (status != SK_OK)
        return status;
    found.issuer = crl.issuer_canon;
    found.this_update = crl.this_update;
    found.has_point = crl.idp.is_present && crl.idp.has_name;
    if (found.has_point && crl.idp.full_name.len > 0)
        found.full_name = crl.idp.full_name;
    else if (found.has_point)
        status = name_canon_rdn(arena, crl.idp.relative, true, &found.relative, NULL);
    if (status == SK_OK)
        *out = found;
    return status;
}

/* ---- matching -------------------------------------------------------------------------------- */

bool dir_pki_is_certificate(const struct pki_certificate *asserted,
                            const struct pki_certificate *stored)
{
    return bytes_equal(asserted->serial, stored->serial) &&
           name_equal(asserted->issuer, stored->issuer);
}

/* X.509 11.3.3: each half that is asserted must be there and match. */
bool dir_pki_is_pair(const struct pki_pair *asserted, const struct pki_pair *stored)
{
    if (asserted->to.serial.p != NULL &&
        (stored->to.serial.p == NULL || !dir_pki_is_certificate(&asserted->to, &stored->to)))
        return false;
    return asserted->by.serial.p == NULL ||
           (stored->by.serial.p != NULL && dir_pki_is_certificate(&asserted->by, &stored->by));
}

/* X.509 11.3.5 and, for the distribution point, 11.3.6: one name in common. */
bool dir_pki_is_list(struct sk_arena *arena, const struct pki_list *asserted,
                     const struct pki_list *stored)
{
    if (asserted->this_update != stored->this_update ||
        !name_equal(asserted->issuer, stored->issuer))
        return false;
    if (!asserted->has_point)
        return true;
    if (!stored->has_point)
        return false;
    if (asserted->full_name.p == NULL || stored->full_name.p == NULL)
        return asserted->full_name.p == NULL && stored->full_name.p == NULL &&
               bytes_equal(asserted->relative, stored->relative);
    return general_names_intersect(arena, asserted->full_name, stored->full_name);
}

/* ---- canonical forms ------------------------------------------------------------------------- */

/* serial length u8 (LIMIT_SERIAL_BYTES), serial, issuer */
void dir_pki_put_certificate(const struct pki_certificate *certificate, struct sk_buf *out)
{
    buf_put_byte(out, (uint8_t)certificate->serial.len);
    buf_put(out, certificate->serial.p, certificate->serial.len);
    buf_put(out, certificate->issuer.p, certificate->issuer.len);
}

static void put_u64(uint64_t value, struct sk_buf *out)
{
    int shift;

    for (shift = 56; shift >= 0; shift -= 8)
        buf_put_byte(out, (uint8_t)(value >> shift));
}

/* length u64, issuedToThisCA, issuedByThisCA; no octets for a half that is not there */
void dir_pki_put_pair(const struct pki_pair *pair, struct sk_buf *out)
{
    const struct pki_certificate *to = &pair->to;

    put_u64(to->serial.p != NULL ? 1 + to->serial.len + to->issuer.len : 0, out);
    if (to->serial.p != NULL)
        dir_pki_put_certificate(to, out);
    if (pair->by.serial.p != NULL)
        dir_pki_put_certificate(&pair->by, out);
}

/* thisUpdate u64, issuer */
void dir_pki_put_list(const struct pki_list *list, struct sk_buf *out)
{
    put_u64((uint64_t)list->this_update, out);
    buf_put(out, list->issuer.p, list->issuer.len);
}
