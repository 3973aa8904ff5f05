/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/stage.h"

#include <stdlib.h>

enum { RECORD_HEAD = 2 };

void stage_init(struct stage *stage)
{
    memset(stage, 0, sizeof(*stage));
    buf_init(&stage->bytes, UINT32_MAX);
}

void stage_done(struct stage *stage)
{
    buf_done(&stage->bytes);
    free(stage->offsets);
    stage->offsets = NULL;
    stage->num = stage->cap = 0;
}

void stage_reset(struct stage *stage)
{
    buf_reset(&stage->bytes);
    stage->num = 0;
    stage->is_sorted = false;
}

static enum sk_status grow(struct stage *stage)
{
    size_t cap = stage->cap > 0 ? stage->cap * 2 : 64;
    uint32_t *offsets;

    if (stage->num < stage->cap)
        return SK_OK;
    offsets = realloc(stage->offsets, cap * sizeof(*offsets));
    if (offsets == NULL)
        return SK_NOMEM;
    stage->offsets = offsets;
    stage->cap = cap;
    return SK_OK;
}

enum sk_status stage_put(struct stage *stage, struct sk_bytes key, struct sk_bytes value)
{
    size_t offset = stage->bytes.len;
    enum sk_status status;

    if (key.len > UINT8_MAX || value.len > UINT8_MAX)
        return SK_LIMIT;
    status = grow(stage);
    if (status != SK_OK)
        return status;
    buf_put_byte(&stage->bytes, (uint8_t)key.len);
    buf_put_byte(&stage->bytes, (uint8_t)value.len);
    buf_put(&stage->bytes, key.p, key.len);
    buf_put(&stage->bytes, value.p, value.len);
    status = buf_status(&stage->bytes);
    if (status != SK_OK)
        return status;
    stage->offsets[stage->num++] = (uint32_t)offset;
    stage->is_sorted = false;
    return SK_OK;
}

static struct stage_record record_of(const uint8_t *bytes, uint32_t offset)
{
    const uint8_t *p = bytes + offset;
    struct stage_record record = {bytes_of(p + RECORD_HEAD, p[0]),
                                  bytes_of(p + RECORD_HEAD + p[0], p[1])};

    return record;
}

struct order {
    const uint8_t *bytes;
    bool by_value;
};

static int compare(const void *a, const void *b, void *arg)
{
    const struct order *order = arg;
    struct stage_record x, y;
    uint32_t i, j;
    int result;

    memcpy(&i, a, sizeof(i));
    memcpy(&j, b, sizeof(j));
    x = record_of(order->bytes, i);
    y = record_of(order->bytes, j);
    result = bytes_compare(x.key, y.key);
    if (result == 0 && order->by_value)
        result = bytes_compare(x.value, y.value);
    return result != 0 ? result : (i > j) - (i < j);
}

void stage_sort(struct stage *stage, bool by_value)
{
    struct order order = {stage->bytes.data, by_value};
    size_t i;

    /* Many CAs list serials in ascending order: then there is nothing to do. */
    for (i = 1; i < stage->num; i++) {
        if (compare(&stage->offsets[i - 1], &stage->offsets[i], &order) > 0)
            break;
    }
    if (i < stage->num)
        qsort_r(stage->offsets, stage->num, sizeof(*stage->offsets), compare, &order);
    stage->is_sorted = true;
}

struct stage_record stage_at(const struct stage *stage, size_t index)
{
    return record_of(stage->bytes.data, stage->offsets[index]);
}
