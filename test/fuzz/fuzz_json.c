/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: net cache policy core */
/*
 * The reader of validation requests beside jansson. What it takes jansson takes as well, and as the
 * same question; what it calls no JSON is none for jansson either.
 */
#include <stdlib.h>

#include <jansson.h>

#include "core/memstore.h"
#include "net/json_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CERTS = 3, MAX_BODY = 65536 };

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static bool holds(const json_t *list, const char *text)
{
    size_t i;

    for (i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return true;
    return false;
}

static void compare(const struct json_ask *ask, const json_t *root)
{
    const json_t *policy = json_object_get(root, "policy"), *want = json_object_get(root, "want");
    const char *name = json_is_string(policy) ? json_string_value(policy) : "default";

    must(json_is_object(root));
    must(ask->num_certs > 0 && ask->num_certs <= CERTS);
    must(json_array_size(json_object_get(root, "certificates")) == ask->num_certs);
    must(strcmp(ask->policy->name, name) == 0);
    must((ask->hints != NULL) == (json_array_size(json_object_get(root, "intermediates")) > 0));
    must(ask->want_evidence == holds(want, "evidence"));
    must(ask->want_explanation == holds(want, "explanation"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char first[] = "default", second[] = "a/b";
    static struct sk_policy policies[2] = {{.name = first}, {.name = second}};
    static const struct sk_config config = {.policies = policies,
                                            .num_policies = 2,
                                            .default_policy = &policies[0],
                                            .limits = {.json_certs = CERTS}};
    static const char not_json[] = "\"bad-json\"";
    struct sk_arena *arena;
    struct http_answer answer;
    struct json_ask ask;
    uint8_t *body;
    json_t *root;

    if (size > MAX_BODY)
        return 0;
    arena = arena_new(16 * 1024 * 1024);
    body = malloc(size > 0 ? size : 1); /* of this very size, so that a step outside is seen */
    must(arena != NULL && body != NULL);
    if (size > 0)
        memcpy(body, data, size);
    root = json_loadb((const char *)body, size, JSON_REJECT_DUPLICATES, NULL);
    if (json_ask_read(&config, arena, bytes_of(body, size), &ask, &answer) == SK_OK) {
        compare(&ask, root);
        json_ask_done(&ask);
    } else {
        must(ask.hints == NULL && answer.status >= 400 && buf_status(&answer.body) == SK_OK);
        must(root == NULL ||
             memmem(answer.body.data, answer.body.len, not_json, sizeof(not_json) - 1) == NULL);
        answer_done(&answer);
    }
    json_decref(root);
    free(body);
    arena_free(arena);
    return 0;
}
