/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/plan.h"

#include <stdlib.h>
#include <string.h>

static const struct config_list *urls_of(const struct config_ca *ca, enum fetch_kind kind)
{
    switch (kind) {
    case FETCH_CERTIFICATE:
        return &ca->certificates;
    case FETCH_CROSS:
        return &ca->cross;
    case FETCH_CRL:
        return &ca->crls;
    case FETCH_ARL:
        return &ca->arls;
    }
    return NULL;
}

static bool is_named(const char *ca, char *const *cas, size_t num_cas)
{
    size_t i;

    for (i = 0; i < num_cas; i++) {
        if (strcmp(cas[i], ca) == 0)
            return true;
    }
    return false;
}

static enum sk_status check_names(const struct sk_config *config, char *const *cas, size_t num_cas,
                                  struct sk_err *err)
{
    size_t i, j;

    for (i = 0; i < num_cas; i++) {
        for (j = 0; j < config->num_cas && strcmp(config->cas[j].name, cas[i]) != 0; j++)
            continue;
        if (j == config->num_cas)
            return err_set(err, SK_INPUT, "%s: no [ca %s] in the configuration", cas[i], cas[i]);
    }
    return SK_OK;
}

static size_t count_urls(const struct sk_config *config)
{
    size_t i, num = 0;
    int kind;

    for (i = 0; i < config->num_cas; i++) {
        for (kind = FETCH_CERTIFICATE; kind <= FETCH_ARL; kind++)
            num += urls_of(&config->cas[i], (enum fetch_kind)kind)->num_values;
    }
    return num;
}

static void add_ca(struct fetch_plan *plan, const struct config_ca *ca, bool is_wanted)
{
    const struct config_list *urls;
    struct fetch_source *source;
    size_t i;
    int kind;

    for (kind = FETCH_CERTIFICATE; kind <= FETCH_ARL; kind++) {
        urls = urls_of(ca, (enum fetch_kind)kind);
        for (i = 0; i < urls->num_values; i++) {
            source = &plan->sources[plan->num_sources++];
            source->ca = ca;
            source->kind = (enum fetch_kind)kind;
            source->url = urls->values[i];
            source->is_wanted = is_wanted;
        }
    }
}

enum sk_status plan_init(struct fetch_plan *plan, const struct sk_config *config, char *const *cas,
                         size_t num_cas, struct sk_err *err)
{
    enum sk_status status = check_names(config, cas, num_cas, err);
    size_t i, num = count_urls(config);

    memset(plan, 0, sizeof(*plan));
    if (status != SK_OK)
        return status;
    plan->sources = calloc(num > 0 ? num : 1, sizeof(*plan->sources));
    if (plan->sources == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    for (i = 0; i < config->num_cas; i++)
        add_ca(plan, &config->cas[i], num_cas == 0 || is_named(config->cas[i].name, cas, num_cas));
    return SK_OK;
}

static void drop_bodies(struct fetch_source *source)
{
    size_t i;

    for (i = 0; i < source->num_bodies; i++) {
        buf_done(&source->bodies[i].bytes);
        free(source->bodies[i].name);
    }
    free(source->bodies);
    source->bodies = NULL;
    source->num_bodies = 0;
}

void plan_done(struct fetch_plan *plan)
{
    size_t i;

    for (i = 0; i < plan->num_sources; i++)
        drop_bodies(&plan->sources[i]);
    free(plan->sources);
    memset(plan, 0, sizeof(*plan));
}

struct fetch_body *plan_add_body(struct fetch_source *source, const char *name, size_t max_bytes)
{
    struct fetch_body *bodies, *body;

    bodies = realloc(source->bodies, (source->num_bodies + 1) * sizeof(*bodies));
    if (bodies == NULL)
        return NULL;
    source->bodies = bodies;
    body = &bodies[source->num_bodies];
    body->name = strdup(name);
    if (body->name == NULL)
        return NULL;
    buf_init(&body->bytes, max_bytes);
    source->num_bodies++;
    return body;
}

void plan_fail(struct fetch_source *source, enum fetch_reason reason)
{
    drop_bodies(source);
    source->outcome = FETCH_FAILED;
    source->reason = reason;
    source->has_fault = true;
}
