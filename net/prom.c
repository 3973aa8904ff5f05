/* SPDX-License-Identifier: Apache-2.0 */
#include "net/prom.h"

#include <inttypes.h>

static const char *type_text(enum prom_type type)
{
    switch (type) {
    case PROM_COUNTER:
        return "counter";
    case PROM_GAUGE:
        return "gauge";
    case PROM_HISTOGRAM:
        return "histogram";
    }
    return "untyped";
}

void prom_family(struct sk_buf *out, const char *name, enum prom_type type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type_text(type));
}

void prom_begin(struct prom_sample *sample, struct sk_buf *out, const char *name)
{
    sample->out = out;
    sample->has_labels = false;
    buf_put_text(out, name);
}

void prom_label(struct prom_sample *sample, const char *name, const char *value)
{
    struct sk_buf *out = sample->out;
    const char *p;

    buf_put_byte(out, sample->has_labels ? ',' : '{');
    sample->has_labels = true;
    buf_put_text(out, name);
    buf_put_text(out, "=\"");
    for (p = value; *p != '\0'; p++) {
        if (*p == '\n') {
            buf_put_text(out, "\\n");
            continue;
        }
        if (*p == '"' || *p == '\\')
            buf_put_byte(out, '\\');
        buf_put_byte(out, (uint8_t)*p);
    }
    buf_put_byte(out, '"');
}

static void end_labels(struct prom_sample *sample)
{
    buf_put_text(sample->out, sample->has_labels ? "} " : " ");
}

void prom_end_count(struct prom_sample *sample, uint64_t value)
{
    end_labels(sample);
    buf_printf(sample->out, "%" PRIu64 "\n", value);
}

void prom_end_number(struct prom_sample *sample, int64_t value)
{
    end_labels(sample);
    buf_printf(sample->out, "%" PRId64 "\n", value);
}

void prom_end_us(struct prom_sample *sample, uint64_t us)
{
    end_labels(sample);
    buf_printf(sample->out, "%" PRIu64 ".%06" PRIu64 "\n", us / 1000000, us % 1000000);
}

void prom_count(struct sk_buf *out, const char *name, enum prom_type type, const char *help,
                uint64_t value)
{
    struct prom_sample sample;

    prom_family(out, name, type, help);
    prom_begin(&sample, out, name);
    prom_end_count(&sample, value);
}
