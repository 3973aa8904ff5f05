/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sample configuration and the manual page, written from the schema table.
 */
#include "policy/config_int.h"

#include <string.h>

enum { SAMPLE_WIDTH = 98 }; /* columns of a comment line */

/* ---- sample file ---- */

/* text in comment lines, broken at blanks. */
static void put_comment(struct sk_buf *out, const char *text)
{
    size_t column = 0, len;

    while (*text != '\0') {
        len = strcspn(text, " ");
        if (column == 0 || column + 1 + len > SAMPLE_WIDTH) {
            buf_put_text(out, column == 0 ? "#" : "\n#");
            column = 1;
        }
        buf_put_byte(out, ' ');
        buf_put(out, text, len);
        column += 1 + len;
        text += len + strspn(text + len, " ");
    }
    buf_put_byte(out, '\n');
}

static void put_words(struct sk_buf *out, const struct schema_row *row, const char *separator)
{
    const struct schema_word *w;

    for (w = row->words; w->text != NULL; w++)
        buf_printf(out, "%s%s", w == row->words ? "" : separator, w->text);
}

/* What may be written: "1 to 256", "yes or no", "pkcs11, software". False: said by the help. */
static bool put_range(struct sk_buf *out, const struct schema_row *row)
{
    if (row->type == SCHEMA_BOOL) {
        buf_put_text(out, "yes or no");
    } else if (row->type == SCHEMA_WORD || row->type == SCHEMA_FLAGS) {
        put_words(out, row, ", ");
    } else if (schema_is_number(row->type)) {
        config_value_print_number(row->type, row->min, out);
        buf_put_text(out, " to ");
        config_value_print_number(row->type, row->max, out);
    } else {
        return false;
    }
    return true;
}

static void put_sample_row(struct sk_buf *out, const struct schema_row *row)
{
    struct sk_buf range;

    put_comment(out, row->help);
    buf_init(&range, 1024);
    if (put_range(&range, row)) {
        buf_put_text(&range, ".");
        buf_put_byte(&range, '\0');
        if (buf_status(&range) == SK_OK)
            put_comment(out, (char *)range.data);
    }
    buf_done(&range);
    buf_printf(out, "#%s = ", row->key);
    if (config_value_print_default(row, out) != SK_OK)
        buf_put_text(out, row->example);
    buf_put_text(out, "\n\n");
}

void config_print_sample(struct sk_buf *out)
{
    size_t num_rows, i;
    const struct schema_row *rows = schema_rows(&num_rows);
    enum config_kind kind;

    buf_put_text(
        out, "# Configuration of Sekisho; sekisho.conf(5) says more. Each option stands here as a "
             "comment with\n# its default, or with an example where it has none. A comment begins "
             "with '#' or ';' at the start\n# of a line, or with a blank and ';' after a value. "
             "Relative paths begin at this file's folder.\n");
    for (kind = CONFIG_SERVER; kind < CONFIG_KINDS; kind++) {
        const struct schema_section *section = schema_section(kind);

        buf_put_byte(out, '\n');
        put_comment(out, section->help);
        buf_printf(out, "#[%s%s%s]\n\n", section->word, section->name != NULL ? " " : "",
                   section->name != NULL ? section->example : "");
        for (i = 0; i < num_rows; i++) {
            if (rows[i].kind == kind)
                put_sample_row(out, &rows[i]);
        }
    }
    if (out->len > 0 && buf_status(out) == SK_OK)
        out->len--; /* the last row's empty line */
}

/* ---- manual page ---- */

/* Text of a roff line: a leading dot or quote is a request, a backslash an escape, '-' a hyphen. */
static void put_roff(struct sk_buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_put_text(out, "\\&");
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            buf_put_text(out, "\\e");
        else if (*text == '-')
            buf_put_text(out, "\\-");
        else
            buf_put_byte(out, (uint8_t)*text);
    }
}

static const char *argument(enum schema_type type)
{
    switch (type) {
    case SCHEMA_COUNT:
        return "NUMBER";
    case SCHEMA_SIZE:
    case SCHEMA_SIZE64:
        return "SIZE";
    case SCHEMA_MS:
    case SCHEMA_SECONDS:
    case SCHEMA_SECONDS64:
        return "TIME";
    case SCHEMA_BOOL:
        return "yes|no";
    case SCHEMA_FLAGS:
        return "NAME...";
    case SCHEMA_TEXT:
    case SCHEMA_TEXTS:
        return "TEXT";
    case SCHEMA_PIN:
        return "file:PATH|credential:NAME|prompt";
    case SCHEMA_FILE:
    case SCHEMA_FILES:
        return "PATH";
    case SCHEMA_LISTEN:
        return "ADDRESS:PORT";
    case SCHEMA_URL:
        return "URL";
    case SCHEMA_DN:
        return "DN";
    case SCHEMA_OID:
    case SCHEMA_ONE_OID:
        return "OID";
    case SCHEMA_ANCHOR:
        return "FILE sha256:HEX";
    case SCHEMA_RULE:
        return "allow|deny WHO...";
    case SCHEMA_WORD:
    case SCHEMA_NONE:
        break;
    }
    return "";
}

static void put_man_row(struct sk_buf *out, const struct schema_row *row)
{
    struct sk_buf text;

    buf_put_text(out, ".TP\n.B ");
    put_roff(out, row->key);
    buf_put_text(out, " = ");
    buf_init(&text, 1024);
    if (row->type == SCHEMA_WORD)
        put_words(&text, row, "|");
    else
        buf_put_text(&text, argument(row->type));
    buf_put_byte(&text, '\0');
    if (buf_status(&text) == SK_OK)
        put_roff(out, (char *)text.data);
    buf_put_byte(out, '\n');
    put_roff(out, row->help);
    buf_put_byte(out, '\n');
    buf_reset(&text);
    if (row->type != SCHEMA_WORD && row->type != SCHEMA_BOOL && put_range(&text, row)) {
        buf_put_byte(&text, '\0');
        buf_put_text(out, row->type == SCHEMA_FLAGS ? "Names: " : "Range: ");
        if (buf_status(&text) == SK_OK)
            put_roff(out, (char *)text.data);
        buf_put_text(out, ".\n");
    }
    buf_reset(&text);
    if (config_value_print_default(row, &text) == SK_OK) {
        buf_put_byte(&text, '\0');
        buf_put_text(out, "Default: ");
        put_roff(out, (char *)text.data);
        buf_put_text(out, ".\n");
    } else if (row->is_required) {
        buf_put_text(out, "Required.\n");
    }
    buf_done(&text);
}

static const char MAN_HEAD[] =
    ".\\\" SPDX-License-Identifier: Apache-2.0\n"
    ".\\\" Written by dev/config-docs from policy/config_schema.c.\n"
    ".TH SEKISHO.CONF 5 \"\" \"Sekisho " SEKISHO_VERSION "\"\n"
    ".SH NAME\n"
    "sekisho.conf \\- configuration of Sekisho\n"
    ".SH DESCRIPTION\n"
    "One file configures\n"
    ".BR sekishod (8),\n"
    ".BR sekisho\\-fetch (1)\n"
    "and\n"
    ".BR sekisho\\-verify (1).\n"
    "It is a text of sections, each begun by a heading\n"
    ".B [section]\n"
    "or\n"
    ".BR \"[section NAME]\" ,\n"
    "and of lines\n"
    ".BR \"key = value\" .\n"
    "Blanks at the start of a line and around key and value do not count.\n"
    "A line that begins with # or ; is a comment, and so is what follows a blank and ; after a\n"
    "value.\n"
    ".PP\n"
    "A section may stand once, those with a name once for each name; a key may stand once in its\n"
    "section unless it is said to stand several times.\n"
    "An unknown section or key, a value that cannot be used and a missing required key are "
    "faults.\n"
    "All faults of the file are reported in one run as\n"
    ".IR \"FILE:LINE: [section] key: what and why\" ,\n"
    "and a program does not start with one.\n"
    ".PP\n"
    "TIME is a number and one of the units ms, s, m, h and d (ms not everywhere).\n"
    "SIZE is a number of octets, optionally with k, M or G (1024 and its powers).\n"
    "A relative PATH, FILE or file: address begins at the folder of the configuration file.\n";

static void put_man_limits(struct sk_buf *out)
{
    buf_printf(
        out,
        ".PP\n"
        "A file has at most %u octets and %u sections, a value %u octets, and a key that may "
        "stand several times\n"
        "%u values; of certificates (anchor, ocsp\\-responder, ocsp\\-requestor) a policy "
        "has at most %u each.\n",
        LIMIT_CONFIG_BYTES, LIMIT_CONFIG_SECTIONS, LIMIT_CONFIG_VALUE_BYTES, LIMIT_CONFIG_LIST,
        LIMIT_ANCHORS);
}

static const char MAN_TAIL[] = ".SH EXAMPLE\n"
                               ".EX\n"
                               "[server]\n"
                               "listen = 0.0.0.0:8080\n"
                               "cache = /var/lib/sekisho/cache\n"
                               "\n"
                               "[policy default]\n"
                               "anchor = anchors/root.pem sha256:0a1b...\n"
                               "revocation = required\n"
                               "\n"
                               "[ca office]\n"
                               "certificates = http://ca.example/ca.p7c\n"
                               "crls = http://ca.example/crl.crl\n"
                               ".EE\n"
                               ".SH SEE ALSO\n"
                               ".BR sekishod (8),\n"
                               ".BR sekisho\\-fetch (1),\n"
                               ".BR sekisho\\-verify (1)\n";

void config_print_man(struct sk_buf *out)
{
    size_t num_rows, i;
    const struct schema_row *rows = schema_rows(&num_rows);
    enum config_kind kind;

    buf_put_text(out, MAN_HEAD);
    put_man_limits(out);
    for (kind = CONFIG_SERVER; kind < CONFIG_KINDS; kind++) {
        const struct schema_section *section = schema_section(kind);

        buf_printf(out, ".SH \"SECTION [%s%s%s]\"\n", section->word,
                   section->name != NULL ? " " : "", section->name != NULL ? section->name : "");
        put_roff(out, section->help);
        buf_put_byte(out, '\n');
        for (i = 0; i < num_rows; i++) {
            if (rows[i].kind == kind)
                put_man_row(out, &rows[i]);
        }
    }
    buf_put_text(out, MAN_TAIL);
}
