/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /readyz and GET /metrics.
 */
#include "core/clock.h"
#include "net/metrics.h"
#include "net/prom.h"
#include "net/service.h"

enum { MAX_REASONS = 64 * 1024, MAX_PAGE = 4 * 1024 * 1024 };

struct ready_view service_view(const struct service *service)
{
    return (struct ready_view){.process = service->process,
                               .has_snapshot = service->reader != NULL,
                               .served = service->served,
                               .now = clock_wall()};
}

/* What has no room is left out: that it is not ready has been said. */
static void put_reason(void *arg, enum ready_reason reason, const char *text)
{
    struct sk_buf *out = arg;

    (void)reason;
    if (out->len + strlen(text) + 16 < MAX_REASONS)
        buf_printf(out, "not ready: %s\n", text);
}

void service_readyz(const struct service *service, struct http_answer *out)
{
    const struct ready_view view = service_view(service);

    answer_init(out, 200, "text/plain; charset=utf-8", MAX_REASONS);
    answer_field(out, "Cache-Control", "no-store");
    if (ready_look(&view, put_reason, &out->body))
        buf_put_text(&out->body, "ready\n");
    else
        out->status = 503;
}

void service_metrics(const struct service *service, struct http_answer *out)
{
    const struct metrics_view view = {
        .ready = service_view(service),
        .gen = service->reader != NULL ? reader_generation(service->reader) : NULL};

    if (service->signer != NULL)
        metrics_note_signer(service->counters, service->signer);
    answer_init(out, 200, PROM_MEDIA_TYPE, MAX_PAGE);
    answer_field(out, "Cache-Control", "no-store");
    metrics_write(&view, &out->body);
    if (buf_status(&out->body) == SK_OK)
        return;
    answer_done(out);
    answer_error(out, 503, "no-memory", "no memory for this answer");
}
