/* SPDX-License-Identifier: Apache-2.0 */
#include "core/params.h"

void params_init(struct sk_params *params)
{
    *params = (struct sk_params){
        .revocation = REVOCATION_REQUIRED,
        .allow_sha1 = true,
        .allow_dsa = true,
        .budget =
            {
                .max_path_certs = LIMIT_PATH_CERTS,
                .max_paths = LIMIT_JOB_PATHS,
                .max_steps = LIMIT_JOB_STEPS,
                .max_signatures = LIMIT_JOB_SIGNATURES,
                .max_cpu_ms = LIMIT_JOB_CPU_MS,
                .max_policy_nodes = LIMIT_POLICY_NODES,
                .max_name_checks = LIMIT_NAME_CHECKS,
            },
    };
}
