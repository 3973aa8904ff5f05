/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/ctl/ctl.h"

/* Text of a member; "-" where there is none. */
static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "-";
}

static int64_t number_of(const json_t *object, const char *name)
{
    return (int64_t)json_integer_value(json_object_get(object, name));
}

static bool is_set(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

/* "3d 04:05:06", with a sign. */
static const char *span(int64_t s, char *out, size_t size)
{
    const char *sign = s < 0 ? "-" : "";

    s = s < 0 ? -s : s;
    (void)snprintf(out, size, "%s%" PRId64 "d %02d:%02d:%02d", sign, s / 86400,
                   (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60));
    return out;
}

static void print_lists(const json_t *lists)
{
    const json_t *one;
    char left[64];
    size_t i;

    if (json_array_size(lists) > 0)
        (void)printf("\n%-20s %-5s %-20s %-20s %15s  %s\n", "CA", "list", "thisUpdate",
                     "nextUpdate", "left", "state");
    json_array_foreach(lists, i, one)
    {
        bool has_end = json_is_integer(json_object_get(one, "seconds_left"));

        (void)printf("%-20s %-5s %-20s %-20s %15s  %s%s\n", text_of(one, "ca"),
                     text_of(one, "kind"), text_of(one, "this_update"), text_of(one, "next_update"),
                     has_end ? span(number_of(one, "seconds_left"), left, sizeof(left)) : "-",
                     text_of(one, "state"), is_set(one, "stale") ? ", stale" : "");
    }
}

static void print_entries(const json_t *status)
{
    const json_t *entries = json_object_get(status, "stale_entries"), *one;
    size_t i;

    if (json_array_size(entries) > 0)
        (void)printf("\nentries of the directory with a list that has ended\n");
    json_array_foreach(entries, i, one)
    {
        (void)printf("%-20s %s: %s\n", text_of(one, "next_update"), text_of(one, "dn"),
                     text_of(one, "attribute"));
    }
    if (json_is_false(json_object_get(status, "stale_entries_complete")))
        (void)printf("and more, or the directory cannot be read\n");
}

static void print_keys(const json_t *keys)
{
    const json_t *one;
    size_t i;

    if (json_array_size(keys) > 0)
        (void)printf("\n%-20s %-9s %-20s %15s\n", "key", "state", "certificate ends", "days left");
    json_array_foreach(keys, i, one)
    {
        (void)printf("%-20s %-9s %-20s %15" PRId64 "\n", text_of(one, "key"), text_of(one, "state"),
                     text_of(one, "not_after"), number_of(one, "days_left"));
    }
}

void ctl_print_status(const json_t *status)
{
    const json_t *generation = json_object_get(status, "generation"), *one;
    char text[64];
    size_t i;

    (void)printf("%s\n", is_set(status, "ready") ? "ready" : "not ready");
    json_array_foreach(json_object_get(status, "reasons"), i, one)
    {
        (void)printf("  %s: %s\n", text_of(one, "reason"), text_of(one, "text"));
    }
    (void)printf("version      %s\n", text_of(status, "version"));
    (void)printf("up           %s, since %s\n",
                 span(number_of(status, "uptime"), text, sizeof(text)), text_of(status, "started"));
    if (json_is_object(generation))
        (void)printf("generation   %" PRId64 ", published %s, %s ago\n",
                     number_of(generation, "number"), text_of(generation, "created"),
                     span(number_of(generation, "age"), text, sizeof(text)));
    else
        (void)printf("generation   none\n");
    (void)printf("workers      %" PRId64 "\n", number_of(status, "workers"));
    (void)printf("connections  %" PRId64 "\n", number_of(status, "connections"));
    (void)printf("requests     %" PRId64 "\n", number_of(status, "requests"));
    print_lists(json_object_get(status, "lists"));
    print_entries(status);
    print_keys(json_object_get(status, "keys"));
}

static void print_decision(const json_t *one)
{
    const json_t *finding;
    size_t i;

    (void)printf("certificate %" PRId64 " of %s: %s\n", number_of(one, "index"),
                 text_of(one, "service"), text_of(one, "verdict"));
    (void)printf("  at %s, policy %s, generation %" PRId64 "\n", text_of(one, "time"),
                 text_of(one, "policy"), number_of(one, "snapshot"));
    (void)printf("  sha256 %s\n", text_of(one, "certificate"));
    json_array_foreach(json_object_get(one, "findings"), i, finding)
    {
        (void)printf("  %s: %s (%s)\n", text_of(finding, "code"), text_of(finding, "meaning"),
                     text_of(finding, "rule"));
    }
    if (number_of(one, "findings_in_all") > (int64_t)i)
        (void)printf("  and %" PRId64 " more\n", number_of(one, "findings_in_all") - (int64_t)i);
}

void ctl_print_why(const json_t *why)
{
    const json_t *decisions = json_object_get(why, "decisions"), *one;
    size_t i;

    json_array_foreach(decisions, i, one)
    {
        print_decision(one);
    }
    json_array_foreach(json_object_get(why, "answers"), i, one)
    {
        (void)printf("answered %s: HTTP %" PRId64 ", %s, at %s, in %" PRId64 " us\n",
                     text_of(one, "service"), number_of(one, "status"), text_of(one, "verdict"),
                     text_of(one, "time"), number_of(one, "microseconds"));
    }
    if (json_array_size(decisions) == 0)
        (void)printf("nothing was decided for it: an answer that was kept, or an error\n");
}

/* Without comments, the steps of histograms, and what is 0. */
void ctl_print_stats(const char *metrics)
{
    const char *p = metrics, *end;

    for (; (end = strchr(p, '\n')) != NULL; p = end + 1) {
        size_t len = (size_t)(end - p);
        const char *value = memrchr(p, ' ', len);
        bool is_bucket = memmem(p, len, "_bucket{", 8) != NULL;

        if (*p == '#' || value == NULL || is_bucket || (value[1] == '0' && value + 2 == end) ||
            strncmp(value, " 0.000000\n", 10) == 0)
            continue;
        (void)printf("%16.*s  %.*s\n", (int)(end - value - 1), value + 1, (int)(value - p), p);
    }
}
