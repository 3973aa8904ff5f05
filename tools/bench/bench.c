/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/bench/bench.h"

static enum bench_exit exit_of(enum sk_status status)
{
    if (status == SK_NOTFOUND)
        return BENCH_NO_SERVER;
    return status == SK_INPUT || status == SK_IO ? BENCH_UNREADABLE : BENCH_FAULTS;
}

int bench_main(int argc, char **argv)
{
    static struct bench_result result; /* 27 kB */
    struct bench_options options;
    struct sk_err err = {0};
    bool is_done;
    enum bench_exit end = options_read(argc, argv, &options, &is_done);
    enum sk_status status;

    if (end != BENCH_GOOD || is_done)
        return (int)end;
    status = run_load(&options, &result, &err);
    if (status != SK_OK) {
        bench_complain(&err);
        return (int)exit_of(status);
    }
    if (!report_print(&options, &result)) {
        (void)err_set(&err, SK_IO, "standard output: cannot be written");
        bench_complain(&err);
        return BENCH_FAULTS;
    }
    return result_faults(&result) == 0 ? BENCH_GOOD : BENCH_FAULTS;
}
