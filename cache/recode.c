/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/recode.h"

#include "core/ascii.h"
#include "core/der.h"
#include "core/derout.h"
#include "core/oid.h"

/* X.520 wants these printable. */
static bool is_always_printable(struct sk_bytes attribute)
{
    return oid_is(attribute, OID_AT_COUNTRY) || oid_is(attribute, OID_AT_SERIAL_NUMBER) ||
           oid_is(attribute, OID_AT_DN_QUALIFIER);
}

static uint8_t tag_of(struct sk_bytes attribute, const struct der_tlv *value, uint8_t type)
{
    if (value->tag != DER_PRINTABLE_STRING && value->tag != DER_UTF8_STRING)
        return value->tag;
    if (type == DER_PRINTABLE_STRING ? !ascii_is_printable(value->body)
                                     : is_always_printable(attribute))
        return value->tag;
    return type;
}

/* AttributeTypeAndValue. The order of a SET of several is that of their types first, and then of
 * tags that all change alike; where it is not, the name is one that nobody writes. */
static enum sk_status put_attribute(struct der *set, uint8_t type, struct sk_buf *out)
{
    struct der pair;
    struct sk_bytes attribute;
    struct der_tlv value;
    size_t mark;

    if (der_enter(set, DER_SEQUENCE, &pair) != SK_OK ||
        der_oid(&pair, DER_OID, &attribute) != SK_OK || der_any(&pair, &value) != SK_OK ||
        der_finish(&pair) != SK_OK)
        return SK_INPUT;
    mark = derout_open(out, DER_SEQUENCE);
    derout_tlv(out, DER_OID, attribute);
    derout_tlv(out, tag_of(attribute, &value, type), value.body);
    derout_close(out, mark);
    return SK_OK;
}

enum sk_status recode_name(struct sk_bytes name, uint8_t type, struct sk_buf *out)
{
    struct der top, rdns, set;
    size_t whole, mark;

    der_init(&top, name);
    if (der_enter(&top, DER_SEQUENCE, &rdns) != SK_OK || der_finish(&top) != SK_OK)
        return SK_INPUT;
    whole = derout_open(out, DER_SEQUENCE);
    while (!der_at_end(&rdns)) {
        if (der_enter(&rdns, DER_SET, &set) != SK_OK)
            return SK_INPUT;
        mark = derout_open(out, DER_SET);
        while (!der_at_end(&set)) {
            if (put_attribute(&set, type, out) != SK_OK)
                return SK_INPUT;
        }
        derout_close(out, mark);
    }
    derout_close(out, whole);
    return buf_status(out);
}
