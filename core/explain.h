/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verdict says beside the findings of its own path: the other paths that were tried, what
 * was missing where no path was found, and which budget ended.
 *
 * Bounded by LIMIT_TRIED_PATHS, LIMIT_TRIED_FINDINGS and LIMIT_DEAD_ENDS, whatever the graph. Works
 * only where a path was given up: a target that is valid at the first path pays nothing. Internal
 * to core/ and its tests.
 */
#ifndef SEKISHO_CORE_EXPLAIN_H
#define SEKISHO_CORE_EXPLAIN_H

#include "core/job.h"
#include "core/path.h"

/* The paths given up so far. */
struct explain {
    struct sk_arena *arena;
    struct tried_path tried[LIMIT_TRIED_PATHS + 1]; /* one for the way that leads nowhere */
    size_t num_tried;
    size_t num_untold; /* for which there was no room */
};

/* Notes the path of a verdict that will not be the answer. */
void explain_keep(struct explain *explain, const struct sk_verdict *verdict);
/* No path was found: says what is missing. */
void explain_no_path(struct explain *explain, const struct path_search *search,
                     struct sk_verdict *out);
/* A budget ended; is_cut: only that on the length of paths. Becomes the first finding. */
void explain_budget(const struct explain *explain, const struct sk_job *job, bool is_cut,
                    struct sk_verdict *out);
/* Hands over what was kept; the first finding of each path is told after those of the verdict when
 * it is not valid. */
void explain_others(const struct explain *explain, struct sk_verdict *out);

#endif
