/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/ldif.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/hex.h"
#include "core/limits.h"

void ldif_init(struct ldif *ldif, FILE *file)
{
    memset(ldif, 0, sizeof(*ldif));
    ldif->file = file;
    ldif->max_bytes = LIMIT_LDIF_RECORD_BYTES;
    buf_init(&ldif->text, SIZE_MAX / 2);
    buf_init(&ldif->decoded, SIZE_MAX / 2);
}

void ldif_done(struct ldif *ldif)
{
    buf_done(&ldif->text);
    buf_done(&ldif->decoded);
    free(ldif->lines);
    ldif->lines = NULL;
}

/* ---- lines ---- */

/* What a line of the file is to the record being read. */
enum place { PLACE_NEW, PLACE_FOLDED, PLACE_COMMENT, PLACE_BLANK, PLACE_END };

/* How many octets the record would have with one more. */
static bool is_full(const struct ldif *ldif)
{
    return ldif->text.len >= ldif->max_bytes || ldif->num > LIMIT_DIR_ENTRY_VALUES;
}

/* Reads the rest of a line into the text, or past it. CR before the end of the line is no part of
 * it. *out_len: octets of the line. */
static void read_rest(struct ldif *ldif, int first, bool is_kept, size_t *out_len)
{
    int c = first;
    size_t len = 0;
    bool has_cr = false;

    for (; c != EOF && c != '\n'; c = getc_unlocked(ldif->file)) {
        if (has_cr && is_kept && !is_full(ldif))
            buf_put_byte(&ldif->text, '\r');
        len += has_cr;
        has_cr = c == '\r';
        if (has_cr)
            continue;
        len++;
        if (is_kept && !is_full(ldif))
            buf_put_byte(&ldif->text, (uint8_t)c);
    }
    *out_len = len;
}

static enum sk_status add_line(struct ldif *ldif)
{
    size_t cap = ldif->cap > 0 ? ldif->cap * 2 : 64;
    struct ldif_line *lines;

    if (is_full(ldif))
        return SK_OK;
    if (ldif->num == ldif->cap) {
        lines = realloc(ldif->lines, cap * sizeof(*lines));
        if (lines == NULL)
            return SK_NOMEM;
        ldif->lines = lines;
        ldif->cap = cap;
    }
    /* The end of a line is where the next one begins; the text moves until the record is read. */
    ldif->lines[ldif->num].number = ldif->number;
    ldif->lines[ldif->num].value = bytes_of(NULL, ldif->text.len);
    ldif->num++;
    return SK_OK;
}

/* One line of the file. last: what the line before was, for a folded one goes on with it. */
static enum sk_status read_line(struct ldif *ldif, enum place last, enum place *out)
{
    int c = getc_unlocked(ldif->file);
    enum sk_status status = SK_OK;
    enum place place = PLACE_NEW;
    size_t len;

    if (c == EOF) {
        *out = PLACE_END;
        return SK_OK;
    }
    ldif->number++;
    if (c == ' ') {
        place = last == PLACE_COMMENT ? PLACE_COMMENT : PLACE_FOLDED;
        c = getc_unlocked(ldif->file);
    } else if (c == '#') {
        place = PLACE_COMMENT;
    }
    if (place == PLACE_NEW)
        status = add_line(ldif);
    /* A continuation without a line before it becomes one that no type begins. */
    if (place == PLACE_FOLDED && ldif->num == 0) {
        status = add_line(ldif);
        buf_put_byte(&ldif->text, ' ');
    }
    read_rest(ldif, c, place != PLACE_COMMENT, &len);
    if (place == PLACE_NEW && len == 0) {
        place = PLACE_BLANK;
        if (ldif->num > 0 && ldif->lines[ldif->num - 1].number == ldif->number)
            ldif->num--;
    }
    *out = place;
    return status;
}

/* The lines up to the next blank one; none at the end of the file. */
static enum sk_status read_lines(struct ldif *ldif, struct sk_err *err)
{
    enum place place = PLACE_BLANK;
    enum sk_status status = SK_OK;

    buf_reset(&ldif->text);
    ldif->num = 0;
    while (status == SK_OK && place != PLACE_END && (place != PLACE_BLANK || ldif->num == 0))
        status = read_line(ldif, place, &place);
    if (status == SK_OK)
        status = buf_status(&ldif->text);
    if (status != SK_OK)
        return err_set(err, status, "no memory");
    if (ferror(ldif->file) != 0)
        return err_errno(err, SK_IO, "read");
    ldif->is_ended = place == PLACE_END;
    return SK_OK;
}

/* ---- what a line says ---- */

static struct sk_bytes without_blanks(struct sk_bytes text)
{
    while (text.len > 0 && text.p[0] == ' ') {
        text.p++;
        text.len--;
    }
    return text;
}

static enum sk_status decode(struct ldif *ldif, struct ldif_line *line, uint8_t *at,
                             struct sk_bytes text, struct sk_err *err)
{
    enum sk_status status;

    buf_reset(&ldif->decoded);
    status = base64_decode(text, &ldif->decoded);
    if (status == SK_INPUT)
        return err_set(err, status, "line %lu: not base64", line->number);
    if (status != SK_OK)
        return err_set(err, status, "no memory");
    /* It is shorter than the text it stood in. */
    if (ldif->decoded.len > 0)
        memcpy(at, ldif->decoded.data, ldif->decoded.len);
    line->value = bytes_of(at, ldif->decoded.len);
    return SK_OK;
}

static enum sk_status parse_line(struct ldif *ldif, struct ldif_line *line, struct sk_bytes text,
                                 struct sk_err *err)
{
    const uint8_t *colon = text.len > 0 ? memchr(text.p, ':', text.len) : NULL;
    size_t at;

    if (colon == NULL || colon == text.p)
        return err_set(err, SK_INPUT, "line %lu: no attribute type and ':'", line->number);
    line->type = bytes_of(text.p, (size_t)(colon - text.p));
    at = line->type.len + 1;
    text = bytes_of(text.p + at, text.len - at);
    if (text.len > 0 && text.p[0] == '<')
        return err_set(err, SK_INPUT, "line %lu: values of other files or addresses are not taken",
                       line->number);
    if (text.len > 0 && text.p[0] == ':') {
        text = without_blanks(bytes_of(text.p + 1, text.len - 1));
        return decode(ldif, line, ldif->text.data + (text.p - ldif->text.data), text, err);
    }
    line->value = without_blanks(text);
    if (line->value.len > 0 && memchr(line->value.p, '\0', line->value.len) != NULL)
        return err_set(err, SK_INPUT, "line %lu: a NUL that is not in base64", line->number);
    return SK_OK;
}

static enum sk_status parse_lines(struct ldif *ldif, struct sk_err *err)
{
    const struct sk_bytes none = {NULL, 0};
    enum sk_status status = SK_OK;
    size_t i, begin, end;

    for (i = 0; status == SK_OK && i < ldif->num; i++) {
        begin = ldif->lines[i].value.len;
        end = i + 1 < ldif->num ? ldif->lines[i + 1].value.len : ldif->text.len;
        status =
            parse_line(ldif, &ldif->lines[i],
                       end > begin ? bytes_of(ldif->text.data + begin, end - begin) : none, err);
    }
    return status;
}

static bool is_type(const struct ldif_line *line, const char *type)
{
    return line->type.len == strlen(type) &&
           strncasecmp((const char *)line->type.p, type, line->type.len) == 0;
}

/* "version: 1" may begin the file, with or without a blank line behind it. */
static enum sk_status take_version(struct ldif *ldif, struct ldif_record *record,
                                   struct sk_err *err)
{
    if (ldif->is_begun || record->num == 0 || !is_type(record->lines, "version"))
        return SK_OK;
    if (!bytes_equal(record->lines->value, bytes_of("1", 1))) {
        ldif->is_ended = true;
        return err_set(err, SK_INPUT, "line %lu: a version of LDIF that is not 1",
                       record->lines->number);
    }
    record->lines++;
    record->num--;
    return SK_OK;
}

static enum sk_status make_record(struct ldif *ldif, struct sk_err *err)
{
    struct ldif_record *record = &ldif->record;

    if (record->num == 0)
        return SK_OK;
    if (!is_type(record->lines, "dn"))
        return err_set(err, SK_INPUT,
                       "line %lu: a record begins with dn:, not with %.*s:", record->lines->number,
                       (int)(record->lines->type.len < 64 ? record->lines->type.len : 64),
                       (const char *)record->lines->type.p);
    record->dn = record->lines->value;
    record->lines++;
    record->num--;
    if (record->num > 0 &&
        (is_type(record->lines, "changetype") || is_type(record->lines, "control")))
        return err_set(err, SK_INPUT, "line %lu: a change, not an entry", record->lines->number);
    return SK_OK;
}

static enum sk_status next_record(struct ldif *ldif, struct sk_err *err)
{
    enum sk_status status = read_lines(ldif, err);
    struct ldif_record *record = &ldif->record;

    memset(record, 0, sizeof(*record));
    if (status != SK_OK || ldif->num == 0)
        return status;
    record->number = ldif->lines[0].number;
    if (is_full(ldif))
        return err_set(err, SK_LIMIT, "line %lu: a record of more than %zu octets or %u lines",
                       record->number, ldif->max_bytes, LIMIT_DIR_ENTRY_VALUES);
    status = parse_lines(ldif, err);
    record->lines = ldif->lines;
    record->num = ldif->num;
    if (status == SK_OK)
        status = take_version(ldif, record, err);
    ldif->is_begun = true;
    return status == SK_OK ? make_record(ldif, err) : status;
}

enum sk_status ldif_next(struct ldif *ldif, const struct ldif_record **out, struct sk_err *err)
{
    enum sk_status status = SK_OK;

    while (!ldif->is_ended) {
        status = next_record(ldif, err);
        if (status != SK_OK)
            return status;
        if (ldif->record.dn.p != NULL) {
            *out = &ldif->record;
            return SK_OK;
        }
    }
    return SK_NOTFOUND;
}
