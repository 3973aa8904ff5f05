/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: tools/fetch cache policy core */
#include <stdlib.h>

#include "core/dir_dn.h"
#include "core/dir_schema.h"
#include "core/hex.h"
#include "tools/fetch/ldif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum sk_status see_naming(void *arg, struct sk_bytes type, struct sk_bytes value)
{
    size_t *num = arg;

    *num += type.len + value.len;
    return SK_OK;
}

/* What an import does with a record before it is stored. */
static void look_at(const struct ldif_record *record)
{
    struct sk_arena *arena = arena_new(16u << 20);
    struct dir_description description;
    struct dir_key key;
    size_t i, num = 0;

    if (arena == NULL)
        abort();
    if (dir_dn_key(arena, record->dn, &key, NULL) == SK_OK && key.depth > 0 &&
        dir_dn_rdn_values(arena, record->dn, see_naming, &num) != SK_OK)
        abort();
    for (i = 0; i < record->num; i++)
        (void)!dir_schema_describe(record->lines[i].type, &description);
    arena_free(arena);
}

static void put_line(struct sk_buf *out, struct sk_bytes type, struct sk_bytes value)
{
    buf_put(out, type.p, type.len);
    buf_put_text(out, value.len > 0 ? ":: " : ":");
    base64_encode(value, out);
    buf_put_text(out, "\n");
}

/* The records of a file, all values in base64. SK_OK: it was read to its end. */
static enum sk_status rewrite(const uint8_t *data, size_t size, struct sk_buf *out, size_t *out_num)
{
    FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
    const struct ldif_record *record;
    struct sk_err err = {SK_OK, ""};
    enum sk_status status;
    struct ldif ldif;
    size_t i;

    if (file == NULL)
        abort();
    ldif_init(&ldif, file);
    ldif.max_bytes = 4096;
    *out_num = 0;
    while ((status = ldif_next(&ldif, &record, &err)) != SK_NOTFOUND) {
        if (status == SK_INPUT || status == SK_LIMIT) {
            if (err.text[0] == '\0')
                abort(); /* every refusal says why */
            err_clear(&err);
            continue;
        }
        if (status != SK_OK)
            abort();
        ++*out_num;
        look_at(record);
        put_line(out, bytes_of("dn", 2), record->dn);
        for (i = 0; i < record->num; i++)
            put_line(out, record->lines[i].type, record->lines[i].value);
        buf_put_text(out, "\n");
    }
    ldif_done(&ldif);
    (void)fclose(file);
    return buf_status(out);
}

/* What was read, written in the simplest form, is read the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sk_buf once, twice;
    size_t num, again;

    if (size == 0)
        return 0;
    buf_init(&once, 8 * size + 4096);
    buf_init(&twice, 8 * size + 4096);
    if (rewrite(data, size, &once, &num) != SK_OK)
        abort();
    if (num > 0) {
        if (rewrite(once.data, once.len, &twice, &again) != SK_OK)
            abort();
        /* A record that had room in the cap may have none in base64. */
        if (again > num || (again == num && !bytes_equal(buf_bytes(&once), buf_bytes(&twice))))
            abort();
    }
    buf_done(&once);
    buf_done(&twice);
    return 0;
}
