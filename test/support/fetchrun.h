/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole runs of tools/fetch over file: sources in a folder of their own: a root, a CA below it and
 * one list of that CA, which tests change or add to, and a look at what was published then. For
 * tests that link tools/fetch; what is not as foreseen fails the test.
 */
#ifndef SEKISHO_TEST_SUPPORT_FETCHRUN_H
#define SEKISHO_TEST_SUPPORT_FETCHRUN_H

#include "cache/generation.h"
#include "test/support/pki.h"

#define ROOT  "/C=JP/O=Seal/CN=Root"
#define CA    "/C=JP/O=Seal/CN=CA"
#define ALIEN "/C=XX/CN=Alien"

enum { KEY_ROOT, KEY_CA, KEY_ALIEN, KEY_CA2 };

struct fetchrun {
    char dir[64];
    struct sk_arena *arena;
    struct sk_bytes root, ca, alien;
    struct sk_bytes crl; /* number 5, of PKI_T - 100 */
    char *text;          /* what the last run said */
    const char *config_more;
    uint64_t max_bytes;
};

/* cmocka fixtures. */
int fetchrun_setup(void **state);
int fetchrun_teardown(void **state);

/* Files of the folder, by name. */
void fetchrun_write_file(const struct fetchrun *f, const char *name, struct sk_bytes body);
void fetchrun_remove_file(const struct fetchrun *f, const char *name);

struct sk_bytes fetchrun_make_ca(const struct fetchrun *f, const char *subject, size_t key,
                                 const char *issuer, size_t signer);
/* A list of the CA: its cRLNumber, when it was made, and one revoked serial. */
struct pki_crl_spec fetchrun_spec_of(const char *number, int64_t when, long serial);
struct sk_bytes fetchrun_crl_of(const struct fetchrun *f, const struct pki_crl_spec *spec);
struct sk_bytes fetchrun_make_crl(const struct fetchrun *f, const char *number, int64_t when,
                                  long serial);

/* One run at PKI_T, or at another time and of one CA only; its exit status. */
int fetchrun_run(struct fetchrun *f);
int fetchrun_run_at(struct fetchrun *f, int64_t now, const char *only);
/* What the last run said holds this. */
void fetchrun_assert_said(const struct fetchrun *f, const char *what);

struct sk_reader *fetchrun_open_reader(const struct fetchrun *f);
uint64_t fetchrun_number_of(const struct fetchrun *f);
/* Is the object below /pki/ these bytes? */
bool fetchrun_serves(const struct fetchrun *f, const char *path, struct sk_bytes body);
bool fetchrun_has_object(const struct fetchrun *f, const char *path);
/* Is it in the generation, for validation? */
bool fetchrun_has_list(const struct fetchrun *f, struct sk_bytes der);
bool fetchrun_has_cert(const struct fetchrun *f, struct sk_bytes der);

#endif
