/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every cap on what comes from outside, in one place; each line says what it guards.
 *
 * A cap that the operator may lower or raise is only the default here and has its row in the
 * configuration schema. Each cap has a test at the cap and one past it.
 */
#ifndef SEKISHO_CORE_LIMITS_H
#define SEKISHO_CORE_LIMITS_H

/* DER and BER reading */
#define LIMIT_DER_DEPTH    32u  /* nesting of constructed values */
#define LIMIT_OID_BYTES    64u  /* content octets of an OBJECT IDENTIFIER */
#define LIMIT_OID_TEXT     256u /* dotted text of an OID, with its NUL */
#define LIMIT_SERIAL_BYTES 64u  /* content octets of a serial number that we still compare */

/* Certificates */
#define LIMIT_CERT_BYTES       (256u * 1024u) /* one certificate */
#define LIMIT_CERT_EXTENSIONS  64u            /* extensions of one certificate */
#define LIMIT_NAME_RDNS        64u            /* RDNs of one Name */
#define LIMIT_NAME_AVAS        16u            /* attributes of one RDN */
#define LIMIT_NAME_VALUE_BYTES 4096u          /* one attribute value */
#define LIMIT_NAME_CANON_BYTES (128u * 1024u) /* canonical form of one Name */
#define LIMIT_GENERAL_NAMES    1024u          /* names in one SAN, IAN, distribution point */
#define LIMIT_POLICIES         256u           /* policies in one certificatePolicies */
#define LIMIT_POLICY_MAPPINGS  256u           /* pairs in one policyMappings */
#define LIMIT_SUBTREES         1024u          /* subtrees in one nameConstraints, each kind */
#define LIMIT_DIST_POINTS      64u            /* points in one cRLDistributionPoints */
#define LIMIT_EKUS             64u            /* purposes in one extendedKeyUsage */
#define LIMIT_ACCESS           64u            /* descriptions in one AIA or SIA */
#define LIMIT_RSA_BITS         16384u         /* modulus of a key we compute with */
#define LIMIT_RSA_EXPONENT     8u             /* octets of its public exponent */
#define LIMIT_DSA_BITS         4096u          /* prime p of a DSA key */
#define LIMIT_PSS_SALT         512u           /* octets of a PSS salt */

/* CRLs */
#define LIMIT_CRL_BYTES        (1024u * 1024u * 1024u) /* one CRL */
#define LIMIT_CRL_EXTENSIONS   32u                     /* crlExtensions of one CRL */
#define LIMIT_ENTRY_EXTENSIONS 16u                     /* crlEntryExtensions of one entry */
#define LIMIT_ENTRY_ISSUERS    8u                      /* directoryNames of one certificateIssuer */
#define LIMIT_ENTRY_NAME_WORK  65536u /* names compared for a serial in a list: name_work() */
#define LIMIT_CRL_ISSUERS      4096u  /* certificate issuers of one indirect CRL */

#define LIMIT_STORE_BYTES (3ull * 1024u * 1024u * 1024u) /* one store in memory, all objects */

/* Path search: the defaults of a job's budget (core/budget.h) */
#define LIMIT_PATH_CERTS      32u    /* certificates in a path, anchor not counted; a hard cap */
#define LIMIT_JOB_PATHS       256u   /* complete paths judged */
#define LIMIT_JOB_STEPS       20000u /* candidate issuers looked at */
#define LIMIT_JOB_SIGNATURES  256u   /* signatures verified by arithmetic */
#define LIMIT_SIGNATURE_US    80u    /* what each of them may cost on average: key_cost_us() */
#define LIMIT_JOB_CPU_MS      250u   /* thread CPU of one job; the budgets above end it before */
#define LIMIT_JOB_ARENA_BYTES (64u * 1024u * 1024u)
#define LIMIT_CRL_PATH_DEPTH  4u    /* CRL issuers' paths nested: one a rollover */
#define LIMIT_DOUBTFUL_STEPS  4000u /* candidate issuers looked at for them, a search */
#define LIMIT_DOUBTFUL_PATHS  4u    /* hopeless paths proposed when there is no other, to explain */
#define LIMIT_POLICY_NODES    8192u /* nodes of the policy graphs of all paths of a job */
#define LIMIT_NAME_CHECKS     65536u /* comparisons of names and of lists of a job */
#define LIMIT_FINDINGS        64u    /* findings in one verdict */
#define LIMIT_FINDING_TEXT    256u   /* each text of one finding, with its NUL */
#define LIMIT_TRIED_PATHS     8u     /* paths explained beside the one of the verdict */
#define LIMIT_TRIED_FINDINGS  4u     /* findings told of each of them */
#define LIMIT_DEAD_ENDS       4u     /* missing issuers told when there is no path */
#define LIMIT_NAME_SHOWN      100u   /* a distinguished name in a finding, with its NUL */
#define LIMIT_NAME_TOLD       512u   /* the same where a certificate is described */

/* HTTP front */
#define LIMIT_HTTP_HEAD_BYTES   8192u           /* request line and headers */
#define LIMIT_HTTP_HEADERS      64u             /* header lines */
#define LIMIT_HTTP_BODY_BYTES   (1024u * 1024u) /* request body */
#define LIMIT_HTTP_TARGET_BYTES 4096u           /* request target */
#define LIMIT_HTTP_HEAD_MS      5000u           /* from first byte to the end of the head */
#define LIMIT_HTTP_BODY_MS      10000u /* from the end of the head to the end of the body */
#define LIMIT_HTTP_IDLE_MS      30000u /* keep-alive without a request */
#define LIMIT_HTTP_WRITE_MS     30000u /* an answer not taken by the client */
#define LIMIT_TLS_HANDSHAKE_MS  5000u  /* from the connection to the end of the handshake */
#define LIMIT_HTTP_CONNECTIONS  10000u /* open connections of the network process */
#define LIMIT_HTTP_CLIENT       1024u  /* of these, of one client address */
#define LIMIT_HTTP_V6_PREFIX    64u    /* bits of an IPv6 address that make one client */
#define LIMIT_HTTP_QUEUE        1024u  /* requests of the network process that wait for answers */

#define LIMIT_HTTP_PIPELINE 16u /* requests of one connection that wait for their answers */
#define LIMIT_HTTP_OUTPUT_BYTES                                                                    \
    (256u * 1024u) /* answers not yet taken: above it nothing is read                              \
                    */
#define LIMIT_HTTP_WRITE_BYTES                                                                     \
    (64u * 1024u)                      /* taken per LIMIT_HTTP_WRITE_MS, or the client is cut */
#define LIMIT_HTTP_LINGER_MS     1000u /* reading on after the last answer of a connection */
#define LIMIT_HTTP_LINGER_BYTES  (4u * 1024u * 1024u) /* octets thrown away meanwhile */
#define LIMIT_HTTP_DRAIN_IDLE_MS 1000u                /* an idle connection when the server ends */
#define LIMIT_HTTP_TURN          16u   /* requests of one connection in one turn of the loop */
#define LIMIT_HTTP_ACCEPTS       64u   /* connections accepted in one turn of the loop */
#define LIMIT_HTTP_SLOW_MS       1000u /* sending one request; then the connection may make room */
#define LIMIT_HTTP_RETRY_S       1u    /* Retry-After of an answer that says there is no room */

#define LIMIT_HTTP_ID_BYTES 64u            /* X-Request-Id that a client may choose */
#define LIMIT_WHY_ENTRIES   4096u          /* decisions of one worker that why can tell */
#define LIMIT_ADMIN_CLIENTS 8u             /* connections of sekisho-ctl at once */
#define LIMIT_ADMIN_MS      10000u         /* one of them, from its beginning to its end */
#define LIMIT_ACCESS_BUFFER (256u * 1024u) /* access log lines that wait, of one worker */

/* A client that takes an answer out of a generation keeps its file, though it was replaced. */
#define LIMIT_HELD_GENERATIONS 16u /* new ones while it takes; then it is cut */

/* LDAP */
#define LIMIT_LDAP_HEAD           6u             /* octets in front of a message's contents */
#define LIMIT_LDAP_MESSAGE_BYTES  (256u * 1024u) /* one request; default */
#define LIMIT_LDAP_STRANGER_BYTES (64u * 1024u)  /* one before the first bind; default */
#define LIMIT_LDAP_ATTRIBUTES     100u           /* attributes named in one search */
#define LIMIT_LDAP_CONTROLS       16u            /* controls of one request */
#define LIMIT_LDAP_OPERATIONS     64u            /* unanswered requests of a connection; default */
#define LIMIT_LDAP_SEARCHES       4u             /* of these, searches that have begun */
#define LIMIT_LDAP_REFERRALS      16u            /* URLs of one answer */
#define LIMIT_LDAP_ENTRIES        1000u          /* of one search; default of size-limit */
#define LIMIT_LDAP_LOOK_THROUGH   100000u        /* entries compared by one search; default */
#define LIMIT_LDAP_TIME_S         60u            /* one search; default of time-limit */
#define LIMIT_LDAP_CONNECTIONS    4096u          /* open connections of the network process */
#define LIMIT_LDAP_IDLE_MS        300000u        /* a connection without a request */
#define LIMIT_LDAP_MESSAGE_MS     10000u         /* from the first octet of a request to its last */
#define LIMIT_LDAP_WRITE_MS       30000u         /* answers not taken by the client */
#define LIMIT_LDAP_WRITE_BYTES    (64u * 1024u)  /* taken per that time, or the client is cut */
#define LIMIT_LDAP_OUTPUT_BYTES   (256u * 1024u) /* answers not yet taken: above it all waits */
#define LIMIT_LDAP_OWN_BYTES      (64u * 1024u)  /* memory that each connection may take */
#define LIMIT_LDAP_SHARED_BYTES   (64u * 1024u * 1024u) /* what all of a worker take beyond that */
#define LIMIT_LDAP_SEARCH_BYTES   (2u * 1024u * 1024u)  /* what one search may prepare */
#define LIMIT_LDAP_ENTRY_BYTES    (16u * 1024u * 1024u) /* lists of one entry, and comparing it */
#define LIMIT_LDAP_SLICE_WORK     16384u /* octets that a search compares in one turn, */
#define LIMIT_LDAP_LOOK_WORK      128u   /* and what looking at an entry counts for */
#define LIMIT_LDAP_TURN           16u    /* requests of one connection in one turn */
#define LIMIT_LDAP_TURNS          64u    /* turns of connections before the loop goes on */
#define LIMIT_LDAP_TURNS_US       500u   /* or this long */
#define LIMIT_LDAP_LINGER_MS      1000u  /* reading on after the last word */
#define LIMIT_LDAP_LINGER_BYTES   (4u * 1024u * 1024u) /* octets thrown away meanwhile */
#define LIMIT_LDAP_DRAIN_IDLE_MS  1000u /* a connection without a request when the server ends */
#define LIMIT_LDAP_SLOW_MS        1000u /* sending one request; then the connection may make room */

/* OCSP and JSON */
#define LIMIT_OCSP_REQUEST_BYTES  (64u * 1024u)
#define LIMIT_OCSP_CERTIDS        32u
#define LIMIT_OCSP_NONCE_BYTES    128u  /* RFC 9654 */
#define LIMIT_OCSP_UNKNOWN_S      60u   /* how long an answer without a CRL behind it may be kept */
#define LIMIT_OCSP_MAX_AGE_S      3600u /* Cache-Control: max-age of an OCSP answer */
#define LIMIT_OCSP_PREFERENCES    16u   /* signature algorithms a client prefers, the first ones */
#define LIMIT_OCSP_REQUEST_CERTS  8u    /* certificates with the signature of a request */
#define LIMIT_CVS_CERTS           16u   /* certificates with one CertID of a CVS request */
#define LIMIT_CVS_POLICIES        64u   /* policies of one */
#define LIMIT_OCSP_EXTENSIONS     32u   /* extensions of one request, or of one of its CertIDs */
#define LIMIT_OCSP_RESPONSE_BYTES (1024u * 1024u) /* one stored OCSP answer */
#define LIMIT_OCSP_SINGLES        1024u           /* certificates it speaks of */
#define LIMIT_OCSP_RESPONSE_CERTS 8u              /* certificates it brings along */
#define LIMIT_OCSP_JOINED         1024u /* identical questions that wait for one signature */
#define LIMIT_OCSP_NONCE_QUEUE    256u  /* answers for one request that wait for theirs */
#define LIMIT_MEMO_BYTES          (64u * 1024u * 1024u) /* finished answers kept by one worker */
#define LIMIT_MEMO_KEY_BYTES      8192u                 /* a longer question is not kept */
#define LIMIT_MEMO_SECOND_S       5u /* an answer that another key would have signed, were it there */
#define LIMIT_PRODUCE             16384u /* answers to be signed before anybody asks, of one worker */
#define LIMIT_PRODUCE_PAUSE_MS    2u     /* between two of them */
#define LIMIT_PRODUCE_BUSY_MS     20u /* until the next try, when somebody waits for a signature */
#define LIMIT_MEMO_AGE_S          3600u /* since an answer was signed */
#define LIMIT_PKI_MAX_AGE_S       3600u /* Cache-Control: max-age of a download */
#define LIMIT_PKI_PATH_BYTES      256u  /* a path below /pki/ */
#define LIMIT_PKI_FOUND           64u   /* certificates in one answer to a search */
#define LIMIT_PKI_FOUND_BYTES     (1024u * 1024u)
#define LIMIT_PKI_ROWS            500u /* lines of a page */
#define LIMIT_PKI_PAGE_BYTES      (1024u * 1024u)
#define LIMIT_PKI_QUERY_BYTES     2048u /* a value searched for */
#define LIMIT_JSON_ANSWER_BYTES   (16u * 1024u * 1024u)
#define LIMIT_JSON_CERTS          64u     /* certificates in one request */
#define LIMIT_JSON_NAME_WORK      262144u /* names of its intermediates: name_work() */
#define LIMIT_BATCH_LINE_BYTES    (32u * 1024u * 1024u) /* one line of sekisho-verify --batch */
#define LIMIT_VERIFY_ANCHORS      1024u /* trust anchors of sekisho-verify: whole root stores */

/* Signer */
#define LIMIT_SIGN_REQUEST_BYTES (64u * 1024u)
#define LIMIT_SIGN_QUEUE         1024u /* requests of one class that wait for the key process */
#define LIMIT_SIGN_MS            2000u /* from the request to the signature */
#define LIMIT_SIGN_DRAIN_MS      5000u /* for queued signatures when the key process ends */
#define LIMIT_SIGN_PROBE_MS      250u  /* between two questions how keys are that are not well */
#define LIMIT_SIGN_HANG_MS       800u  /* then a call into a PKCS#11 module counts as hanging */
#define LIMIT_SIGNER_KEYS        32u
#define LIMIT_SIGNER_PLACES      4u /* of one key: tokens that hold it */
#define LIMIT_SIGNER_STORES      8u /* tokens of all keys */
#define LIMIT_PIN_BYTES          256u
#define LIMIT_KEY_FILE_BYTES     (64u * 1024u) /* a PEM file with one private key */

/* Directory */
#define LIMIT_DIR_DEPTH           15u    /* RDNs of an entry's name */
#define LIMIT_DIR_DN_BYTES        4096u  /* a distinguished name as text */
#define LIMIT_DIR_TEXT_BYTES      16384u /* a value that is compared as text */
#define LIMIT_DIR_ASSERTION_BYTES 8192u  /* an assertion value, or a piece of a substring */
#define LIMIT_DIR_POINT_NAMES     16u    /* names of a distribution point that is asserted */
#define LIMIT_DIR_FILTER_DEPTH    32u    /* nesting of a search filter */
#define LIMIT_DIR_FILTER_ITEMS    256u /* items, and pieces of substring items, of a search filter */
#define LIMIT_DIR_FILTER_UNICODE  8192u /* octets of its values that may be other than ASCII */
#define LIMIT_DIR_MATCH_WORK      (4u * 1024u * 1024u) /* octets compared of an entry with a filter */
#define LIMIT_DIR_ENTRY_TYPES     256u                 /* attribute types of one entry */
#define LIMIT_DIR_ENTRY_VALUES    100000u              /* values of one entry, all types */
#define LIMIT_DIR_ENTRY_BYTES     (16u * 1024u * 1024u) /* one entry but for its large values */
#define LIMIT_DIR_SUFFIXES        256u                  /* naming contexts */

/* Configuration and fetching */
#define LIMIT_CONFIG_BYTES       (1024u * 1024u)
#define LIMIT_CONFIG_FAULTS      100u  /* faults reported in one run */
#define LIMIT_CONFIG_VALUE_BYTES 4096u /* one value; policies, CAs, ACLs follow */
#define LIMIT_CONFIG_SECTIONS    1024u
#define LIMIT_CONFIG_NAME_BYTES  64u  /* NAME of [policy NAME], [ca NAME] */
#define LIMIT_CONFIG_LIST        256u /* values of one key that may stand several times */
#define LIMIT_CONFIG_ARENA_BYTES (256u * 1024u * 1024u)
#define LIMIT_ANCHORS            64u /* trust anchors of one policy */
#define LIMIT_GENERATION_CERTS   200000u
#define LIMIT_SERVED_ARENA_BYTES                                                                   \
    (256u * 1024u * 1024u) /* heads of all its lists, while looked at */
#define LIMIT_GENERATION_CRLS    65535u
#define LIMIT_GENERATION_OBJECTS 500000u              /* paths below /pki/ */
#define LIMIT_OBJECT_PATH_BYTES  255u                 /* one such path */
#define LIMIT_PUBLISH_ARENA      (4u * 1024u * 1024u) /* work on one object being published */
#define LIMIT_GENERATION_ENTRIES 4000000u             /* entries of the directory */
#define LIMIT_GENERATION_BYTES   (64ull * 1024u * 1024u * 1024u) /* map size of a generation */
#define LIMIT_READER_CERTS       4096u                 /* certificates that a reader keeps parsed */
#define LIMIT_READER_CRLS        4096u                 /* heads of CRLs likewise */
#define LIMIT_READER_BYTES       (16u * 1024u * 1024u) /* what both may take */
#define LIMIT_FETCH_BYTES        (64u * 1024u * 1024u) /* one fetched object; default */
#define LIMIT_CERT_FILE_BYTES    (4u * 1024u * 1024u)  /* a file of certificates, PEM or DER */
#define LIMIT_FETCH_MS           30000u                /* one fetch; default */
#define LIMIT_FETCH_REDIRECTS    5u
#define LIMIT_FETCH_CONNECT_MS   10000u /* of LIMIT_FETCH_MS, for connecting */
#define LIMIT_FETCH_PARALLEL     8u     /* transfers at a time */
#define LIMIT_FETCH_FILES        10000u /* files of a folder that is a source */
#define LIMIT_FETCH_CERTS        50000u /* certificates that one source gives */
#define LIMIT_CA_NAMES           1024u  /* names of one CA that have entries in the directory */
#define LIMIT_LDIF_RECORD_BYTES  (96u * 1024u * 1024u) /* one entry of an LDIF file, as text */
#define LIMIT_LDIF_FAULTS        100u                  /* told of one LDIF file */

/* Offline CA (sekisho-ca) */
#define LIMIT_CA_OPTIONS 128u          /* options of one command */
#define LIMIT_CA_NUMBER  100000L       /* a number on the command line */
#define LIMIT_CA_NAME    64u           /* a key label or published file name */
#define LIMIT_CA_TEXT    4096u         /* any other value on the command line */
#define LIMIT_CSR_BYTES  (64u * 1024u) /* one certification request */

/* sekisho-query */
#define LIMIT_QUERY_OCSP_BYTES (1024u * 1024u)        /* an OCSP answer */
#define LIMIT_QUERY_JSON_BYTES (16u * 1024u * 1024u)  /* a JSON answer */
#define LIMIT_QUERY_CERTS      64u                    /* certificates on one command line */
#define LIMIT_QUERY_LDAP_BYTES (256u * 1024u * 1024u) /* one LDAP message */
#define LIMIT_QUERY_SIGNERS    64u                    /* certificates of --ca-file */
#define LIMIT_QUERY_MS         10000u                 /* one exchange; default of --timeout */

#endif
