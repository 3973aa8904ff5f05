/* SPDX-License-Identifier: Apache-2.0 */
/* Counting and the text of /metrics; the reader of the text below is written from the format's
 * description and shares nothing with the writer. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/metrics.h"
#include "net/metrics_int.h"
#include "net/prom.h"

enum { WORKERS = 3, MAX_SAMPLES = 2000, TEXT = 256 };

/* ---- a reader of the format ---- */

struct sample {
    char name[TEXT];
    char labels[8][2][TEXT];
    size_t num_labels;
    double value;
};

struct page {
    struct sample samples[MAX_SAMPLES];
    size_t count;
    char types[TEXT][2][TEXT]; /* name, type */
    size_t num_types;
};

static struct page page;

static const char *read_name(const char *p, char *out)
{
    size_t n = 0;

    assert_true(isalpha((unsigned char)*p) || *p == '_');
    for (; isalnum((unsigned char)*p) || *p == '_'; p++) {
        assert_true(n + 1 < TEXT);
        out[n++] = *p;
    }
    out[n] = '\0';
    return p;
}

static const char *read_value(const char *p, char *out)
{
    size_t n = 0;

    assert_int_equal(*p++, '"');
    for (; *p != '"'; p++) {
        char c = *p;

        assert_true(c != '\0' && c != '\n');
        if (c == '\\') {
            p++;
            assert_non_null(strchr("\\\"n", *p));
            c = *p == 'n' ? '\n' : *p;
        }
        assert_true(n + 1 < TEXT);
        out[n++] = c;
    }
    out[n] = '\0';
    return p + 1;
}

static const char *read_sample(const char *p)
{
    struct sample *s = &page.samples[page.count++];
    char *end;

    assert_true(page.count < MAX_SAMPLES);
    memset(s, 0, sizeof(*s));
    p = read_name(p, s->name);
    if (*p == '{') {
        do {
            p = read_name(p + 1, s->labels[s->num_labels][0]);
            assert_int_equal(*p++, '=');
            p = read_value(p, s->labels[s->num_labels++][1]);
        } while (*p == ',');
        assert_int_equal(*p++, '}');
    }
    assert_int_equal(*p++, ' ');
    s->value = strtod(p, &end);
    assert_true(end > p && *end == '\n');
    return end + 1;
}

static const char *read_comment(const char *p)
{
    const char *end = strchr(p, '\n');

    assert_non_null(end);
    if (strncmp(p, "# TYPE ", 7) == 0) {
        size_t i;

        p = read_name(p + 7, page.types[page.num_types][0]);
        assert_int_equal(*p, ' ');
        p = read_name(p + 1, page.types[page.num_types][1]);
        assert_ptr_equal(p, end);
        for (i = 0; i < page.num_types; i++) /* one family, one head */
            assert_string_not_equal(page.types[i][0], page.types[page.num_types][0]);
        page.num_types++;
    } else {
        assert_int_equal(strncmp(p, "# HELP ", 7), 0);
    }
    return end + 1;
}

static bool is_same(const struct sample *a, const struct sample *b)
{
    size_t i;

    if (strcmp(a->name, b->name) != 0 || a->num_labels != b->num_labels)
        return false;
    for (i = 0; i < a->num_labels; i++) {
        if (strcmp(a->labels[i][0], b->labels[i][0]) != 0 ||
            strcmp(a->labels[i][1], b->labels[i][1]) != 0)
            return false;
    }
    return true;
}

static void read_page(struct sk_buf *out)
{
    const char *p;
    size_t i, j;

    assert_int_equal(buf_status(out), SK_OK);
    buf_put_byte(out, 0);
    page.count = page.num_types = 0;
    for (p = (const char *)out->data; *p != '\0';)
        p = *p == '#' ? read_comment(p) : read_sample(p);
    for (i = 0; i < page.count; i++) {
        for (j = 0; j < i; j++)
            assert_false(is_same(&page.samples[i], &page.samples[j]));
    }
    buf_done(out);
}

/* The value of a sample with these labels, "k=v,k=v" in order; fails when it is not there. */
static double value_of(const char *name, const char *labels)
{
    size_t i, l;

    for (i = 0; i < page.count; i++) {
        const struct sample *s = &page.samples[i];
        char text[TEXT * 4] = "";

        for (l = 0; l < s->num_labels; l++)
            (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s",
                           l > 0 ? "," : "", s->labels[l][0], s->labels[l][1]);
        if (strcmp(s->name, name) == 0 && strcmp(text, labels) == 0)
            return s->value;
    }
    fail_msg("no sample %s{%s}", name, labels);
    return 0;
}

static bool has(const char *name)
{
    size_t i;

    for (i = 0; i < page.count; i++) {
        if (strcmp(page.samples[i].name, name) == 0)
            return true;
    }
    return false;
}

/* ---- the tests ---- */

static void a_label_may_hold_anything(void **state)
{
    static const char odd[] = "a\"b\\c\nd{e=\"f\"}, \xe9\x96\xa2 \\n";
    struct prom_sample sample;
    struct sk_buf out;

    (void)state;
    buf_init(&out, 65536);
    prom_family(&out, "x_total", PROM_COUNTER, "Help.");
    prom_begin(&sample, &out, "x_total");
    prom_label(&sample, "ca", odd);
    prom_label(&sample, "b", "");
    prom_end_count(&sample, UINT64_MAX / 4096 * 4096);
    prom_family(&out, "y", PROM_GAUGE, "Help.");
    prom_begin(&sample, &out, "y");
    prom_end_number(&sample, -17);
    prom_begin(&sample, &out, "z");
    prom_end_us(&sample, 12000345);
    read_page(&out);
    assert_int_equal(page.count, 3);
    assert_string_equal(page.samples[0].labels[0][1], odd);
    assert_string_equal(page.samples[0].labels[1][1], "");
    assert_true(page.samples[0].value > 1.8e19);
    assert_true(page.samples[1].value == -17);
    assert_true(page.samples[2].value > 12.000344 && page.samples[2].value < 12.000346);
    assert_string_equal(page.types[0][1], "counter");
    assert_string_equal(page.types[1][1], "gauge");
}

static struct sk_counters counters[WORKERS];
static struct sk_config config;
static struct sk_process process = {
    .config = &config, .counters = counters, .workers = WORKERS, .started = 1000};

static void write_page(int64_t now)
{
    const struct metrics_view view = {.ready = {.process = &process, .now = now}};
    struct sk_buf out;

    buf_init(&out, 1u << 20);
    metrics_write(&view, &out);
    read_page(&out);
}

static void note(unsigned worker, enum counted_protocol protocol, const char *method,
                 unsigned status, const char *verdict, int64_t took_us)
{
    metrics_note_answer(&counters[worker], &(struct metrics_answer){.protocol = protocol,
                                                                    .method = method,
                                                                    .status = status,
                                                                    .verdict = verdict,
                                                                    .took_us = took_us});
}

static void verdicts_are_told_by_policy(void **state)
{
    enum { POLICIES = COUNTED_POLICIES + 4 };
    static struct sk_policy policies[POLICIES];
    static char names[POLICIES][8];
    size_t i;

    (void)state;
    memset(counters, 0, sizeof(counters));
    for (i = 0; i < POLICIES; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "p%zu", i);
        policies[i].name = names[i];
        metrics_note_answer(
            &counters[i % WORKERS],
            &(struct metrics_answer){
                .protocol = COUNTED_VALIDATE, .status = 200, .verdict = "mixed", .policy = i});
    }
    metrics_note_answer(&counters[2], &(struct metrics_answer){.protocol = COUNTED_VALIDATE,
                                                               .status = 200,
                                                               .verdict = "mixed",
                                                               .policy = 3});
    note(0, COUNTED_OCSP, "POST", 200, "good", 40);
    config.policies = policies;
    config.num_policies = POLICIES;
    config.default_policy = &policies[1];
    write_page(2000);
    assert_true(value_of("sekisho_verdicts_total", "protocol=ocsp,policy=p1,verdict=good") == 1);
    assert_true(value_of("sekisho_verdicts_total", "protocol=validate,policy=p0,verdict=mixed") ==
                1);
    assert_true(value_of("sekisho_verdicts_total", "protocol=validate,policy=p3,verdict=mixed") ==
                2);
    assert_true(value_of("sekisho_verdicts_total", "protocol=validate,policy=p3,verdict=valid") ==
                0);
    assert_true(
        value_of("sekisho_verdicts_total", "protocol=validate,policy=(others),verdict=mixed") == 5);
    memset(&config, 0, sizeof(config));
}

static void workers_are_summed_up(void **state)
{
    (void)state;
    memset(counters, 0, sizeof(counters));
    note(0, COUNTED_OCSP, "POST", 200, "good", 40);
    note(1, COUNTED_OCSP, "POST", 200, "good", 50);
    note(2, COUNTED_OCSP, "POST", 200, "tryLater", 51);
    note(2, COUNTED_OCSP, "HEAD", 304, "revoked", 6000000);
    note(0, COUNTED_VALIDATE, "POST", 200, "mixed", -3);
    note(1, COUNTED_OTHER, NULL, 400, NULL, 1);
    note(1, COUNTED_OTHER, "DELETE", 404, NULL, 1);
    note(1, COUNTED_OTHER, "DELETE", 299, "sideways", 1);
    counter_add(&counters[0].accepted, 5);
    counter_add(&counters[2].accepted, 6);
    counter_add(&counters[1].refused_client, 2);
    write_page(2000);
    assert_true(value_of("sekisho_http_requests_total", "protocol=ocsp,method=POST,status=200") ==
                3);
    assert_true(value_of("sekisho_http_requests_total", "protocol=ocsp,method=HEAD,status=304") ==
                1);
    assert_true(
        value_of("sekisho_http_requests_total", "protocol=other,method=other,status=other") == 1);
    assert_true(value_of("sekisho_http_requests_total", "protocol=other,method=other,status=404") ==
                1);
    assert_true(value_of("sekisho_verdicts_total", "protocol=ocsp,verdict=good") == 2);
    assert_true(value_of("sekisho_verdicts_total", "protocol=ocsp,verdict=tryLater") == 1);
    assert_true(value_of("sekisho_connections_accepted_total", "") == 11);
    assert_true(value_of("sekisho_connections_refused_total", "reason=client") == 2);
    assert_true(value_of("sekisho_start_time_seconds", "") == 1000);
    assert_true(value_of("sekisho_workers", "") == (double)WORKERS);
}

static void a_duration_is_in_its_bucket_and_all_above(void **state)
{
    static const char bucket[] = "sekisho_http_request_duration_seconds_bucket";

    (void)state;
    memset(counters, 0, sizeof(counters));
    note(0, COUNTED_OCSP, "POST", 200, NULL, 50);
    note(1, COUNTED_OCSP, "POST", 200, NULL, 51);
    note(2, COUNTED_OCSP, "POST", 200, NULL, 5000000);
    note(2, COUNTED_OCSP, "POST", 200, NULL, 5000001);
    write_page(2000);
    assert_true(value_of(bucket, "protocol=ocsp,le=0.00005") == 1);
    assert_true(value_of(bucket, "protocol=ocsp,le=0.0001") == 2);
    assert_true(value_of(bucket, "protocol=ocsp,le=2.5") == 2);
    assert_true(value_of(bucket, "protocol=ocsp,le=5") == 3);
    assert_true(value_of(bucket, "protocol=ocsp,le=+Inf") == 4);
    assert_true(value_of(bucket, "protocol=validate,le=+Inf") == 0);
    assert_true(value_of("sekisho_http_request_duration_seconds_count", "protocol=ocsp") == 4);
    assert_true(value_of("sekisho_http_request_duration_seconds_sum", "protocol=ocsp") > 10.000101);
    assert_true(value_of("sekisho_http_request_duration_seconds_sum", "protocol=ocsp") < 10.000103);
}

/* What the text of a bucket says is what is counted. */
static void buckets_are_named_after_their_ends(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i + 1 < COUNTED_BUCKETS; i++) {
        double end = (double)METRICS_BUCKETS[i].end_us / 1e6,
               le = strtod(METRICS_BUCKETS[i].le, NULL);

        assert_true(le > end * 0.999999 && le < end * 1.000001);
        assert_true(METRICS_BUCKETS[i].end_us < METRICS_BUCKETS[i + 1].end_us);
    }
    assert_string_equal(METRICS_BUCKETS[i].le, "+Inf");
}

static void every_family_has_a_head(void **state)
{
    static const char *const ends[] = {"_bucket", "_sum", "_count"};
    size_t i, t, e;

    (void)state;
    memset(counters, 0, sizeof(counters));
    note(0, COUNTED_METRICS, "GET", 200, NULL, 1);
    write_page(2000);
    for (i = 0; i < page.count; i++) {
        const struct sample *s = &page.samples[i];
        bool is_known = false;

        for (t = 0; t < page.num_types; t++) {
            size_t len = strlen(page.types[t][0]);
            bool is_histogram = strcmp(page.types[t][1], "histogram") == 0;
            bool is_counter = strcmp(page.types[t][1], "counter") == 0;

            is_known = is_known || (!is_histogram && strcmp(s->name, page.types[t][0]) == 0);
            for (e = 0; is_histogram && e < 3; e++)
                is_known = is_known || (strncmp(s->name, page.types[t][0], len) == 0 &&
                                        strcmp(s->name + len, ends[e]) == 0);
            assert_true(!is_counter || strcmp(page.types[t][0] + len - 6, "_total") == 0);
        }
        assert_true(is_known);
    }
}

static void without_snapshot_and_signer_it_says_so(void **state)
{
    (void)state;
    memset(counters, 0, sizeof(counters));
    config.signer.backend = CONFIG_SIGNER_SOFTWARE;
    counter_set(&counters[0].signer.is_ready, 1);
    counter_set(&counters[0].signer.num_keys, 1);
    counter_set(&counters[0].signer.keys[0].state, SIGN_STATE_READY);
    atomic_store(&counters[0].signer.keys[0].not_after, 1999);
    write_page(2000);
    assert_true(value_of("sekisho_ready", "") == 0);
    assert_true(value_of("sekisho_not_ready_reasons", "reason=no-snapshot") == 1);
    assert_true(value_of("sekisho_not_ready_reasons", "reason=signer-down") == 1);
    assert_true(value_of("sekisho_not_ready_reasons", "reason=signer-certificate") == 1);
    assert_true(value_of("sekisho_not_ready_reasons", "reason=draining") == 0);
    assert_true(value_of("sekisho_generation", "") == 0);
    assert_false(has("sekisho_generation_age_seconds"));
    assert_false(has("sekisho_crl_stale"));
    atomic_store(&process.is_draining, true);
    write_page(2000);
    assert_true(value_of("sekisho_not_ready_reasons", "reason=draining") == 1);
    atomic_store(&process.is_draining, false);
    config.signer.backend = CONFIG_SIGNER_NONE;
    write_page(2000);
    assert_true(value_of("sekisho_not_ready_reasons", "reason=signer-down") == 0);
}

/* A page that does not fit is no page: half of one would be taken for the whole. */
static void a_page_without_room_fails(void **state)
{
    const struct metrics_view view = {.ready = {.process = &process, .now = 2000}};
    struct sk_buf out;

    (void)state;
    buf_init(&out, 500);
    metrics_write(&view, &out);
    assert_int_equal(buf_status(&out), SK_LIMIT);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_may_hold_anything),
        cmocka_unit_test(workers_are_summed_up),
        cmocka_unit_test(verdicts_are_told_by_policy),
        cmocka_unit_test(a_duration_is_in_its_bucket_and_all_above),
        cmocka_unit_test(buckets_are_named_after_their_ends),
        cmocka_unit_test(every_family_has_a_head),
        cmocka_unit_test(without_snapshot_and_signer_it_says_so),
        cmocka_unit_test(a_page_without_room_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
