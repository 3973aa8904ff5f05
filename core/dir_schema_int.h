/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema's rows of matching rules and classes, for the texts of the subschema entry. Internal
 * to core/dir_schema*.c.
 */
#ifndef SEKISHO_CORE_DIR_SCHEMA_INT_H
#define SEKISHO_CORE_DIR_SCHEMA_INT_H

#include "core/dir_schema.h"

struct dir_rule_row {
    enum dir_rule rule;
    enum dir_rule_use use;
    const char *oid, *name;
    const char *syntax; /* of the assertion */
};
/* NULL: the rule has no such use. */
const struct dir_rule_row *dir_schema_rule_row(enum dir_rule rule, enum dir_rule_use use);
/* In order of their tables; NULL at the end. */
const struct dir_rule_row *dir_schema_rule_at(unsigned index);
const struct dir_class *dir_schema_class_at(unsigned index);

#endif
