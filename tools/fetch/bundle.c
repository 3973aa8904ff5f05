/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/bundle.h"

#include <stdlib.h>

#include "core/der.h"
#include "core/derout.h"

/* 1.2.840.113549.1.7.2 and .1: contents octets */
static const uint8_t oid_signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t oid_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};

static int compare(const void *a, const void *b)
{
    const struct sk_bytes *x = a, *y = b;

    return bytes_compare(*x, *y);
}

/*
 * ContentInfo ::= SEQUENCE { contentType id-signedData, content [0] EXPLICIT SignedData }
 * SignedData ::= SEQUENCE { version 1, digestAlgorithms SET OF (empty),
 *     encapContentInfo SEQUENCE { id-data }, certificates [0] IMPLICIT SET OF Certificate,
 *     signerInfos SET OF (empty) }
 */
void bundle_write(struct sk_buf *out, struct sk_bytes *certs, size_t num_certs)
{
    const struct sk_bytes none = {NULL, 0};
    size_t info, content, data, encap, list, i;

    if (num_certs > 0)
        qsort(certs, num_certs, sizeof(*certs), compare);
    info = derout_open(out, DER_SEQUENCE);
    derout_tlv(out, DER_OID, bytes_of(oid_signed_data, sizeof(oid_signed_data)));
    content = derout_open(out, DER_CONTEXT_CONSTRUCTED(0));
    data = derout_open(out, DER_SEQUENCE);
    derout_uint(out, DER_INTEGER, 1);
    derout_tlv(out, DER_SET, none);
    encap = derout_open(out, DER_SEQUENCE);
    derout_tlv(out, DER_OID, bytes_of(oid_data, sizeof(oid_data)));
    derout_close(out, encap);
    list = derout_open(out, DER_CONTEXT_CONSTRUCTED(0));
    for (i = 0; i < num_certs; i++)
        derout_raw(out, certs[i]);
    derout_close(out, list);
    derout_tlv(out, DER_SET, none);
    derout_close(out, data);
    derout_close(out, content);
    derout_close(out, info);
}
