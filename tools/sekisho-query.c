/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/query/query.h"

int main(int argc, char **argv)
{
    return query_main(argc, argv);
}
