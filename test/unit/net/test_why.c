/* SPDX-License-Identifier: Apache-2.0 */
/* What was decided, by id; and the line that asks for it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/admin_ask.h"
#include "net/why.h"

static void add(struct why_ring *ring, const char *id, size_t index)
{
    struct why_decision decision = {.index = index};
    struct why_answer answer = {.took_us = (uint32_t)index};

    (void)snprintf(decision.id, sizeof(decision.id), "%s", id);
    (void)snprintf(answer.id, sizeof(answer.id), "%s", id);
    why_add_decision(ring, &decision);
    why_add_answer(ring, &answer);
}

/* Both kinds hold those that are given, and no more. */
static void assert_found(struct why_ring *ring, const char *id, size_t max, const size_t *expected,
                         size_t count)
{
    struct why_decision decisions[8];
    struct why_answer answers[8];
    size_t i;

    assert_int_equal(why_find_decisions(ring, id, decisions, max), count);
    assert_int_equal(why_find_answers(ring, id, answers, max), count);
    for (i = 0; i < count; i++) {
        assert_int_equal(decisions[i].index, expected[i]);
        assert_int_equal(answers[i].took_us, expected[i]);
    }
}

static void the_last_are_found_oldest_first(void **state)
{
    struct why_ring *ring = why_new(4);

    (void)state;
    assert_found(ring, "a", 8, NULL, 0);
    add(ring, "a", 1);
    add(ring, "b", 2);
    add(ring, "a", 3);
    assert_found(ring, "a", 8, (const size_t[]){1, 3}, 2);
    assert_found(ring, "a", 1, (const size_t[]){1}, 1);
    add(ring, "a", 4);
    add(ring, "c", 5); /* in the place of the first */
    assert_found(ring, "a", 8, (const size_t[]){3, 4}, 2);
    assert_found(ring, "", 8, NULL, 0);
    why_free(ring);
}

/* More entries than are looked at under one hold of the lock. */
static void all_of_a_long_ring_are_looked_at(void **state)
{
    struct why_ring *ring = why_new(1000);
    size_t i;

    (void)state;
    for (i = 1; i <= 2500; i++)
        add(ring, i == 1499 || i == 1501 || i == 2000 || i == 2500 ? "a" : "b", i);
    assert_found(ring, "a", 8, (const size_t[]){1501, 2000, 2500}, 3);
    why_free(ring);
}

enum { WRITES = 200000 };

static void *write_many(void *arg)
{
    struct why_decision decision = {0};
    size_t i;

    for (i = 0; i < WRITES; i++) {
        decision.index = decision.num_findings = i;
        (void)snprintf(decision.id, sizeof(decision.id), "%zu", i % 10);
        why_add_decision(arg, &decision);
    }
    return NULL;
}

static void who_looks_while_it_is_written_sees_whole_entries(void **state)
{
    struct why_ring *ring = why_new(500);
    struct why_decision found[64];
    size_t last = 0, count, i;
    pthread_t writer;

    (void)state;
    assert_int_equal(pthread_create(&writer, NULL, write_many, ring), 0);
    while (last != WRITES - 3) {
        size_t before = 0;

        count = why_find_decisions(ring, "7", found, 64);
        for (i = 0; i < count; i++) {
            assert_int_equal(found[i].index % 10, 7);
            assert_int_equal(found[i].index, found[i].num_findings);
            assert_true(i == 0 || found[i].index > before);
            before = found[i].index;
        }
        last = count > 0 ? found[count - 1].index : 0;
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    why_free(ring);
}

static void a_verdict_is_noted_with_its_first_findings(void **state)
{
    static struct sk_verdict verdict;
    struct why_ring *ring = why_new(4);
    const struct why_note note = {
        .ring = ring, .id = "x", .service = "/v1/validate", .policy = "p", .generation = 7};
    struct sk_cert cert = {.sha256 = {1, 2, 3}};
    struct why_decision out;
    size_t i;

    (void)state;
    verdict.kind = VERDICT_INVALID;
    for (i = 0; i < WHY_FINDINGS + 3; i++)
        verdict_add(&verdict, FINDING_EXPIRED, (int)i, "RFC 5280 6.1.3(a)(2)", "text %zu", i);
    why_note_verdict(&note, 2, &cert, &verdict);
    assert_int_equal(why_find_decisions(ring, "x", &out, 1), 1);
    assert_string_equal(out.verdict, "invalid");
    assert_string_equal(out.policy, "p");
    assert_int_equal(out.num_findings, WHY_FINDINGS + 3);
    assert_int_equal(out.findings[WHY_FINDINGS - 1].cert, WHY_FINDINGS - 1);
    assert_string_equal(out.findings[0].rule, "RFC 5280 6.1.3(a)(2)");
    assert_true(out.has_cert && out.sha256[2] == 3 && out.index == 2);
    why_note_status(&note, 0, NULL, "unknown", FINDING_REVOCATION_STALE, "C-05");
    why_note_status(&(struct why_note){.id = "y"}, 0, NULL, "good", FINDING_NONE, NULL);
    why_free(ring);
}

static enum sk_status read_ask(const char *line, struct admin_ask *out)
{
    struct sk_err err = {0};
    enum sk_status status = admin_ask_read(bytes_of(line, strlen(line)), out, &err);

    assert_true(status == SK_OK || err.text[0] != '\0');
    return status;
}

static void a_question_is_read_strictly(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "\"status\"",
        "{}",
        "{\"command\":1}",
        "{\"command\":\"Status\"}",
        "{\"command\":\"status\"} x",
        "{\"command\":\"status\",\"id\":\"a\"}",
        "{\"command\":\"status\",\"more\":1}",
        "{\"command\":\"why\"}",
        "{\"command\":\"why\",\"id\":7}",
        "{\"command\":\"why\",\"id\":\"\"}",
        "{\"command\":\"why\",\"id\":\"a\",\"id\":\"b\"}",
        "{\"command\":\"why\",\"id\":\"a\\u0000b\"}",
        "{\"command\":\"why\",\"id\":\"\xff\"}",
    };
    struct admin_ask ask = {.command = ADMIN_STATS};
    char line[ADMIN_LINE_BYTES + 2], id[LIMIT_HTTP_ID_BYTES + 2];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_ask(bad[i], &ask), SK_INPUT);
        assert_int_equal(ask.command, ADMIN_STATS);
    }
    memset(line, ' ', sizeof(line));
    memcpy(line, "{\"command\":\"status\"}", 20);
    line[ADMIN_LINE_BYTES] = '\0';
    assert_int_equal(read_ask(line, &ask), SK_OK);
    assert_int_equal(ask.command, ADMIN_STATUS);
    line[ADMIN_LINE_BYTES] = ' ';
    line[ADMIN_LINE_BYTES + 1] = '\0';
    assert_int_equal(read_ask(line, &ask), SK_INPUT);
    memset(id, 'a', sizeof(id));
    id[LIMIT_HTTP_ID_BYTES] = '\0';
    (void)snprintf(line, sizeof(line), "{\"id\":\"%s\",\"command\":\"why\"}", id);
    assert_int_equal(read_ask(line, &ask), SK_OK);
    assert_string_equal(ask.id, id);
    (void)snprintf(line, sizeof(line), "{\"id\":\"%sa\",\"command\":\"why\"}", id);
    assert_int_equal(read_ask(line, &ask), SK_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_are_found_oldest_first),
        cmocka_unit_test(all_of_a_long_ring_are_looked_at),
        cmocka_unit_test(who_looks_while_it_is_written_sees_whole_entries),
        cmocka_unit_test(a_verdict_is_noted_with_its_first_findings),
        cmocka_unit_test(a_question_is_read_strictly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
