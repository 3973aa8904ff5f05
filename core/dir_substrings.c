/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dir_value.h"
#include "core/dir_value_int.h"

/*
 * Substrings (RFC 4518 2.6.1). The value is given one blank at each end and two between words, so
 * that a piece may begin and end with a blank of its own: " foo  bar ". An initial piece gets one
 * in front, a final one behind; where else a piece had blanks at its ends there is one, between its
 * words there are two. Pieces are found from the left, each behind the one before it.
 */
struct dir_substrings {
    enum dir_rule rule;
    struct dir_pieces pieces; /* prepared */
};

enum place { PLACE_VALUE, PLACE_INITIAL, PLACE_ANY, PLACE_FINAL };

/* What stands around a piece while it is prepared, so that its blanks are kept: no letter, and
 * nothing that combines with what follows. */
static const char guard = '|';

static bool has_blanks(enum dir_rule rule)
{
    return rule != DIR_RULE_NUMERIC_STRING && rule != DIR_RULE_TELEPHONE_NUMBER;
}

/* Every run of blanks between words becomes two; words come without blanks at their ends. */
static void put_spread(struct sk_bytes words, struct sk_buf *out)
{
    size_t i;

    for (i = 0; i < words.len; i++) {
        buf_put_byte(out, words.p[i]);
        if (words.p[i] == ' ')
            buf_put_byte(out, ' ');
    }
}

/* words: prepared, its blanks at the ends as they were (one at most). */
static void put_placed(enum place place, struct sk_bytes words, struct sk_buf *out)
{
    bool is_front = words.len > 0 && words.p[0] == ' ';
    bool is_back = words.len > 1 && words.p[words.len - 1] == ' ';

    if (words.len == (is_front ? 1 : 0)) { /* no word at all */
        buf_put(out, "  ", place == PLACE_VALUE ? 2 : 1);
        return;
    }
    if (is_front || place == PLACE_INITIAL || place == PLACE_VALUE)
        buf_put_byte(out, ' ');
    words = bytes_of(words.p + is_front, words.len - is_front - is_back);
    put_spread(words, out);
    if (is_back || place == PLACE_FINAL || place == PLACE_VALUE)
        buf_put_byte(out, ' ');
}

/* Appends text with its blanks in the right number. SK_INPUT: it cannot be compared. */
static enum sk_status put_text(enum dir_rule rule, enum place place, struct sk_bytes text,
                               struct sk_buf *out)
{
    struct sk_buf guarded, prepared;
    enum sk_status status;

    if (!has_blanks(rule))
        return dir_syntax_prepare(rule, text, out);
    buf_init(&guarded, text.len + 2);
    buf_init(&prepared, LIMIT_NAME_CANON_BYTES);
    buf_put_byte(&guarded, (uint8_t)guard);
    buf_put(&guarded, text.p, text.len);
    buf_put_byte(&guarded, (uint8_t)guard);
    status = buf_status(&guarded);
    if (status == SK_OK)
        status = dir_syntax_prepare(rule, buf_bytes(&guarded), &prepared);
    if (status == SK_OK)
        put_placed(place, bytes_of(prepared.data + 1, prepared.len - 2), out);
    buf_done(&guarded);
    buf_done(&prepared);
    if (status == SK_NOTFOUND)
        return SK_INPUT;
    return status == SK_OK ? buf_status(out) : status;
}

static enum sk_status to_arena(struct sk_arena *arena, struct sk_buf *buf, struct sk_bytes *out)
{
    const void *copy = arena_copy(arena, buf->data, buf->len);

    *out = bytes_of(copy, buf->len);
    return copy != NULL ? SK_OK : SK_NOMEM;
}

/* ---- assertions ------------------------------------------------------------------------------ */

static enum sk_status prepare_piece(struct sk_arena *arena, enum dir_rule rule, enum place place,
                                    struct sk_bytes piece, struct sk_bytes *out)
{
    struct sk_buf buf;
    enum sk_status status;

    if (piece.len > LIMIT_DIR_ASSERTION_BYTES)
        return SK_LIMIT;
    /* RFC 4517 3.3.30: 1*SUBCHAR */
    if (piece.len == 0)
        return SK_INPUT;
    buf_init(&buf, LIMIT_NAME_CANON_BYTES);
    if (rule == DIR_RULE_CASE_IGNORE_LIST) {
        struct sk_bytes line;

        /* The lines of an address have '$' and '\\' escaped; a piece may as well. */
        if (dir_syntax_line(arena, piece, &line) == SK_OK)
            piece = line;
    }
    status = put_text(rule, place, piece, &buf);
    if (status == SK_OK)
        status = to_arena(arena, &buf, out);
    buf_done(&buf);
    return status;
}

enum sk_status dir_substrings_new(struct sk_arena *arena, enum dir_rule rule,
                                  const struct dir_pieces *pieces,
                                  const struct dir_substrings **out)
{
    struct dir_substrings *made;
    struct sk_bytes *any;
    enum sk_status status = SK_OK;
    size_t i;

    if (!dir_syntax_is_string(rule))
        return SK_INPUT;
    made = arena_alloc(arena, sizeof(*made));
    any = arena_array(arena, pieces->num_any, sizeof(*any));
    if (made == NULL || any == NULL)
        return SK_NOMEM;
    made->rule = rule;
    made->pieces.any = any;
    made->pieces.num_any = pieces->num_any;
    if (pieces->initial.p != NULL)
        status = prepare_piece(arena, rule, PLACE_INITIAL, pieces->initial, &made->pieces.initial);
    for (i = 0; i < pieces->num_any && status == SK_OK; i++)
        status = prepare_piece(arena, rule, PLACE_ANY, pieces->any[i], &any[i]);
    if (status == SK_OK && pieces->final.p != NULL)
        status = prepare_piece(arena, rule, PLACE_FINAL, pieces->final, &made->pieces.final);
    if (status == SK_OK)
        *out = made;
    return status;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Lines one after the other, with a line feed between them, which no piece has: RFC 4517 4.2.13. */
static enum sk_status put_lines(struct sk_arena *scratch, enum dir_rule rule, struct sk_bytes text,
                                struct sk_buf *out)
{
    const uint8_t *end = text.p + text.len, *dollar;
    enum sk_status status;

    do {
        struct sk_bytes line;

        dollar = memchr(text.p, '$', text.len);
        line = bytes_of(text.p, dollar != NULL ? (size_t)(dollar - text.p) : text.len);
        status = dir_syntax_line(scratch, line, &line);
        if (status == SK_OK)
            status = put_text(rule, PLACE_VALUE, line, out);
        if (dollar != NULL) {
            buf_put_byte(out, '\n');
            text = bytes_of(dollar + 1, (size_t)(end - dollar) - 1);
        }
    } while (dollar != NULL && status == SK_OK);
    return status;
}

static bool is_found(const struct dir_pieces *pieces, struct sk_bytes text)
{
    const uint8_t *p = text.p, *end = text.p + text.len;
    size_t i;

    if (pieces->initial.len + pieces->final.len > text.len ||
        (pieces->initial.len > 0 && memcmp(p, pieces->initial.p, pieces->initial.len) != 0) ||
        (pieces->final.len > 0 &&
         memcmp(end - pieces->final.len, pieces->final.p, pieces->final.len) != 0))
        return false;
    p += pieces->initial.len;
    end -= pieces->final.len;
    for (i = 0; i < pieces->num_any; i++) {
        const uint8_t *found = memmem(p, (size_t)(end - p), pieces->any[i].p, pieces->any[i].len);

        if (found == NULL)
            return false;
        p = found + pieces->any[i].len;
    }
    return true;
}

enum dir_truth dir_value_has(struct sk_arena *scratch, const struct dir_substrings *substrings,
                             struct sk_bytes value)
{
    struct sk_buf text;
    enum sk_status status;
    enum dir_truth truth = DIR_UNDEFINED;

    if (value.len == 0 || value.len > LIMIT_DIR_TEXT_BYTES)
        return DIR_UNDEFINED;
    buf_init(&text, LIMIT_NAME_CANON_BYTES);
    if (substrings->rule == DIR_RULE_CASE_IGNORE_LIST)
        status = put_lines(scratch, substrings->rule, value, &text);
    else
        status = put_text(substrings->rule, PLACE_VALUE, value, &text);
    if (status == SK_OK && buf_status(&text) == SK_OK)
        truth = is_found(&substrings->pieces, buf_bytes(&text)) ? DIR_TRUE : DIR_FALSE;
    buf_done(&text);
    return truth;
}
