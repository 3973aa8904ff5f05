/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of the form file:PATH: a regular file, or for certificates a folder of such files.
 */
#ifndef SEKISHO_TOOLS_FETCH_SOURCE_FILE_H
#define SEKISHO_TOOLS_FETCH_SOURCE_FILE_H

#include "tools/fetch/plan.h"

bool source_file_is(const char *url);
/* Sets source->outcome to FETCH_GOT or FETCH_FAILED. In a folder every file counts whose name does
 * not begin with a dot, in order of the names; together they take at most max_bytes. */
void source_file_get(struct fetch_source *source, uint64_t max_bytes);

#endif
