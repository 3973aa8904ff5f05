/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-verify from its command line to its exit code.
 */
#ifndef SEKISHO_TOOLS_VERIFY_RUN_H
#define SEKISHO_TOOLS_VERIFY_RUN_H

/* Reads argv, judges, writes to standard output, errors to standard error. Returns the exit code.
 */
int run_verify(int argc, char **argv);

#endif
