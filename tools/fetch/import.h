/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LDIF files into the directory: [repository] ldif.
 *
 * An entry is taken as it is and refused, with its file and line, when its DN is none, when it is
 * outside the naming contexts, when there is no entry above it (so parents come first), when there
 * is one of its name, or when it lacks objectClass or the attributes of its own name. An attribute
 * that the schema does not know is left out. Where no suffix is configured, a file's first entry
 * and those of one RDN may begin a naming context.
 *
 * Where the tree has an entry of the name, LDIF adds to it what the run does not know itself. When
 * a file cannot be read, the entries that are held stay.
 */
#ifndef SEKISHO_TOOLS_FETCH_IMPORT_H
#define SEKISHO_TOOLS_FETCH_IMPORT_H

#include "tools/fetch/held.h"
#include "tools/fetch/tree.h"

/* SK_NOMEM and failures of the publication; all else is told. */
enum sk_status import_files(struct tree *tree, struct sk_publish *pub,
                            const struct config_list *files, const struct held *held,
                            struct sk_err *err) SK_MUST_CHECK;

#endif
