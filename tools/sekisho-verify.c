/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/verify/run.h"

int main(int argc, char **argv)
{
    return run_verify(argc, argv);
}
