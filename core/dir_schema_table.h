/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the directory schema. Internal to core/dir_schema*.c.
 *
 * DIR_ATTRIBUTES(X): X(id, oid, names, sup, syntax, equality, ordering, substrings, flags...),
 * where the KIND_* macros stand for syntax and the three rules. A superior stands before what
 * derives from it. DIR_CLASSES(X): X(id, oid, names, sup, kind, must, may).
 */
#ifndef SEKISHO_CORE_DIR_SCHEMA_TABLE_H
#define SEKISHO_CORE_DIR_SCHEMA_TABLE_H

#include "core/dir_schema.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_SUP    NULL

/* RFC 4517 3.3 */
#define SYNTAX(n) "1.3.6.1.4.1.1466.115.121.1." #n
/* RFC 4523 2 */
#define PKI_SYNTAX(n) "1.3.6.1.1.15." #n

#define RULES(equality, ordering, substrings)                                                      \
    DIR_RULE_##equality, DIR_RULE_##ordering, DIR_RULE_##substrings
#define KIND_TEXT       SYNTAX(15), RULES(CASE_IGNORE, NONE, CASE_IGNORE)
#define KIND_COUNTRY    SYNTAX(11), RULES(CASE_IGNORE, NONE, CASE_IGNORE)
#define KIND_PRINTABLE  SYNTAX(44), RULES(CASE_IGNORE, NONE, CASE_IGNORE)
#define KIND_IA5        SYNTAX(26), RULES(CASE_IGNORE_IA5, NONE, CASE_IGNORE_IA5)
#define KIND_LINES      SYNTAX(41), RULES(CASE_IGNORE_LIST, NONE, CASE_IGNORE_LIST)
#define KIND_PHONE      SYNTAX(50), RULES(TELEPHONE_NUMBER, NONE, TELEPHONE_NUMBER)
#define KIND_NUMERIC    SYNTAX(36), RULES(NUMERIC_STRING, NONE, NUMERIC_STRING)
#define KIND_DN         SYNTAX(12), RULES(DISTINGUISHED_NAME, NONE, NONE)
#define KIND_OID        SYNTAX(38), RULES(OBJECT_IDENTIFIER, NONE, NONE)
#define KIND_INTEGER    SYNTAX(27), RULES(INTEGER, INTEGER, NONE)
#define KIND_BOOLEAN    SYNTAX(7), RULES(BOOLEAN, NONE, NONE)
#define KIND_TIME       SYNTAX(24), RULES(GENERALIZED_TIME, GENERALIZED_TIME, NONE)
#define KIND_OCTETS     SYNTAX(40), RULES(OCTET_STRING, NONE, NONE)
#define KIND_OPAQUE(n)  SYNTAX(n), RULES(NONE, NONE, NONE)
#define KIND_CERT       SYNTAX(8), RULES(CERTIFICATE_EXACT, NONE, NONE), .is_binary = true
#define KIND_CERT_PAIR  SYNTAX(10), RULES(CERTIFICATE_PAIR_EXACT, NONE, NONE), .is_binary = true
#define KIND_CERT_LIST  SYNTAX(9), RULES(CERTIFICATE_LIST_EXACT, NONE, NONE), .is_binary = true
#define KIND_DEFINITION RULES(OID_FIRST_COMPONENT, NONE, NONE)

#define SINGLE .is_single = true
/* RFC 4512 4.1.2: usage, and NO-USER-MODIFICATION */
#define OPERATIONAL .is_operational = true, .usage = "directoryOperation"
#define MAINTAINED  OPERATIONAL, .is_fixed = true
#define OF_THE_DSA  .is_operational = true, .usage = "dSAOperation"

/* RFC 4512: entries, subschema, root DSE; RFC 3045, 4530, 5020 */
#define ATTRIBUTES_OF_THE_MODEL(X)                                                                 \
    X(OBJECT_CLASS, "2.5.4.0", LIST("objectClass"), NO_SUP, KIND_OID)                              \
    X(ALIASED_OBJECT_NAME, "2.5.4.1", LIST("aliasedObjectName", "aliasedEntryName"), NO_SUP,       \
      KIND_DN, SINGLE)                                                                             \
    X(CREATE_TIMESTAMP, "2.5.18.1", LIST("createTimestamp"), NO_SUP, KIND_TIME, SINGLE,            \
      MAINTAINED)                                                                                  \
    X(MODIFY_TIMESTAMP, "2.5.18.2", LIST("modifyTimestamp"), NO_SUP, KIND_TIME, SINGLE,            \
      MAINTAINED)                                                                                  \
    X(CREATORS_NAME, "2.5.18.3", LIST("creatorsName"), NO_SUP, KIND_DN, SINGLE, MAINTAINED)        \
    X(MODIFIERS_NAME, "2.5.18.4", LIST("modifiersName"), NO_SUP, KIND_DN, SINGLE, MAINTAINED)      \
    X(HAS_SUBORDINATES, "2.5.18.9", LIST("hasSubordinates"), NO_SUP, KIND_BOOLEAN, SINGLE,         \
      MAINTAINED)                                                                                  \
    X(SUBSCHEMA_SUBENTRY, "2.5.18.10", LIST("subschemaSubentry"), NO_SUP, KIND_DN, SINGLE,         \
      MAINTAINED)                                                                                  \
    X(STRUCTURAL_OBJECT_CLASS, "2.5.21.9", LIST("structuralObjectClass"), NO_SUP, KIND_OID,        \
      SINGLE, MAINTAINED)                                                                          \
    X(MATCHING_RULES, "2.5.21.4", LIST("matchingRules"), NO_SUP, SYNTAX(30), KIND_DEFINITION,      \
      OPERATIONAL)                                                                                 \
    X(ATTRIBUTE_TYPES, "2.5.21.5", LIST("attributeTypes"), NO_SUP, SYNTAX(3), KIND_DEFINITION,     \
      OPERATIONAL)                                                                                 \
    X(OBJECT_CLASSES, "2.5.21.6", LIST("objectClasses"), NO_SUP, SYNTAX(37), KIND_DEFINITION,      \
      OPERATIONAL)                                                                                 \
    X(LDAP_SYNTAXES, "1.3.6.1.4.1.1466.101.120.16", LIST("ldapSyntaxes"), NO_SUP, SYNTAX(54),      \
      KIND_DEFINITION, OPERATIONAL)                                                                \
    X(NAMING_CONTEXTS, "1.3.6.1.4.1.1466.101.120.5", LIST("namingContexts"), NO_SUP,               \
      KIND_OPAQUE(12), OF_THE_DSA)                                                                 \
    X(ALT_SERVER, "1.3.6.1.4.1.1466.101.120.6", LIST("altServer"), NO_SUP, KIND_OPAQUE(26),        \
      OF_THE_DSA)                                                                                  \
    X(SUPPORTED_EXTENSION, "1.3.6.1.4.1.1466.101.120.7", LIST("supportedExtension"), NO_SUP,       \
      KIND_OPAQUE(38), OF_THE_DSA)                                                                 \
    X(SUPPORTED_CONTROL, "1.3.6.1.4.1.1466.101.120.13", LIST("supportedControl"), NO_SUP,          \
      KIND_OPAQUE(38), OF_THE_DSA)                                                                 \
    X(SUPPORTED_SASL_MECHANISMS, "1.3.6.1.4.1.1466.101.120.14", LIST("supportedSASLMechanisms"),   \
      NO_SUP, KIND_OPAQUE(15), OF_THE_DSA)                                                         \
    X(SUPPORTED_LDAP_VERSION, "1.3.6.1.4.1.1466.101.120.15", LIST("supportedLDAPVersion"), NO_SUP, \
      KIND_OPAQUE(27), OF_THE_DSA)                                                                 \
    X(SUPPORTED_FEATURES, "1.3.6.1.4.1.4203.1.3.5", LIST("supportedFeatures"), NO_SUP, KIND_OID,   \
      OF_THE_DSA)                                                                                  \
    X(VENDOR_NAME, "1.3.6.1.1.4", LIST("vendorName"), NO_SUP, SYNTAX(15),                          \
      RULES(CASE_EXACT, NONE, NONE), SINGLE, OF_THE_DSA, .is_fixed = true)                         \
    X(VENDOR_VERSION, "1.3.6.1.1.5", LIST("vendorVersion"), NO_SUP, SYNTAX(15),                    \
      RULES(CASE_EXACT, NONE, NONE), SINGLE, OF_THE_DSA, .is_fixed = true)                         \
    X(ENTRY_UUID, "1.3.6.1.1.16.4", LIST("entryUUID"), NO_SUP, "1.3.6.1.1.16.1",                   \
      RULES(UUID, UUID, NONE), SINGLE, MAINTAINED)                                                 \
    X(ENTRY_DN, "1.3.6.1.1.20", LIST("entryDN"), NO_SUP, KIND_DN, SINGLE, MAINTAINED)              \
    X(NUM_SUBORDINATES, "1.3.1.1.4.1.453.16.2.103", LIST("numSubordinates"), NO_SUP, KIND_INTEGER, \
      SINGLE, MAINTAINED)                                                                          \
    X(REF, "2.16.840.1.113730.3.1.34", LIST("ref"), NO_SUP, SYNTAX(15),                            \
      RULES(CASE_EXACT, NONE, NONE), .is_operational = true, .usage = "distributedOperation")

/* RFC 4519; pseudonym and organizationIdentifier of X.520 */
#define ATTRIBUTES_OF_PEOPLE(X)                                                                    \
    X(NAME, "2.5.4.41", LIST("name"), NO_SUP, KIND_TEXT)                                           \
    X(CN, "2.5.4.3", LIST("cn", "commonName"), SUP(NAME), KIND_TEXT)                               \
    X(SN, "2.5.4.4", LIST("sn", "surname"), SUP(NAME), KIND_TEXT)                                  \
    X(SERIAL_NUMBER, "2.5.4.5", LIST("serialNumber"), NO_SUP, KIND_PRINTABLE)                      \
    X(C, "2.5.4.6", LIST("c", "countryName"), SUP(NAME), KIND_COUNTRY, SINGLE)                     \
    X(L, "2.5.4.7", LIST("l", "localityName"), SUP(NAME), KIND_TEXT)                               \
    X(ST, "2.5.4.8", LIST("st", "stateOrProvinceName"), SUP(NAME), KIND_TEXT)                      \
    X(STREET, "2.5.4.9", LIST("street", "streetAddress"), NO_SUP, KIND_TEXT)                       \
    X(O, "2.5.4.10", LIST("o", "organizationName"), SUP(NAME), KIND_TEXT)                          \
    X(OU, "2.5.4.11", LIST("ou", "organizationalUnitName"), SUP(NAME), KIND_TEXT)                  \
    X(TITLE, "2.5.4.12", LIST("title"), SUP(NAME), KIND_TEXT)                                      \
    X(DESCRIPTION, "2.5.4.13", LIST("description"), NO_SUP, KIND_TEXT)                             \
    X(SEARCH_GUIDE, "2.5.4.14", LIST("searchGuide"), NO_SUP, KIND_OPAQUE(25))                      \
    X(BUSINESS_CATEGORY, "2.5.4.15", LIST("businessCategory"), NO_SUP, KIND_TEXT)                  \
    X(POSTAL_ADDRESS, "2.5.4.16", LIST("postalAddress"), NO_SUP, KIND_LINES)                       \
    X(POSTAL_CODE, "2.5.4.17", LIST("postalCode"), NO_SUP, KIND_TEXT)                              \
    X(POST_OFFICE_BOX, "2.5.4.18", LIST("postOfficeBox"), NO_SUP, KIND_TEXT)                       \
    X(PHYSICAL_DELIVERY_OFFICE_NAME, "2.5.4.19", LIST("physicalDeliveryOfficeName"), NO_SUP,       \
      KIND_TEXT)                                                                                   \
    X(TELEPHONE_NUMBER, "2.5.4.20", LIST("telephoneNumber"), NO_SUP, KIND_PHONE)                   \
    X(TELEX_NUMBER, "2.5.4.21", LIST("telexNumber"), NO_SUP, KIND_OPAQUE(52))                      \
    X(TELETEX_TERMINAL_IDENTIFIER, "2.5.4.22", LIST("teletexTerminalIdentifier"), NO_SUP,          \
      KIND_OPAQUE(51))                                                                             \
    X(FACSIMILE_TELEPHONE_NUMBER, "2.5.4.23", LIST("facsimileTelephoneNumber", "fax"), NO_SUP,     \
      KIND_OPAQUE(22))                                                                             \
    X(X121_ADDRESS, "2.5.4.24", LIST("x121Address"), NO_SUP, KIND_NUMERIC)                         \
    X(INTERNATIONAL_ISDN_NUMBER, "2.5.4.25", LIST("internationaliSDNNumber"), NO_SUP,              \
      KIND_NUMERIC)                                                                                \
    X(REGISTERED_ADDRESS, "2.5.4.26", LIST("registeredAddress"), SUP(POSTAL_ADDRESS), KIND_LINES)  \
    X(DESTINATION_INDICATOR, "2.5.4.27", LIST("destinationIndicator"), NO_SUP, KIND_PRINTABLE)     \
    X(PREFERRED_DELIVERY_METHOD, "2.5.4.28", LIST("preferredDeliveryMethod"), NO_SUP,              \
      KIND_OPAQUE(14), SINGLE)                                                                     \
    X(DISTINGUISHED_NAME, "2.5.4.49", LIST("distinguishedName"), NO_SUP, KIND_DN)                  \
    X(MEMBER, "2.5.4.31", LIST("member"), SUP(DISTINGUISHED_NAME), KIND_DN)                        \
    X(OWNER, "2.5.4.32", LIST("owner"), SUP(DISTINGUISHED_NAME), KIND_DN)                          \
    X(ROLE_OCCUPANT, "2.5.4.33", LIST("roleOccupant"), SUP(DISTINGUISHED_NAME), KIND_DN)           \
    X(SEE_ALSO, "2.5.4.34", LIST("seeAlso"), SUP(DISTINGUISHED_NAME), KIND_DN)                     \
    X(USER_PASSWORD, "2.5.4.35", LIST("userPassword"), NO_SUP, KIND_OCTETS)                        \
    X(GIVEN_NAME, "2.5.4.42", LIST("givenName", "gn"), SUP(NAME), KIND_TEXT)                       \
    X(INITIALS, "2.5.4.43", LIST("initials"), SUP(NAME), KIND_TEXT)                                \
    X(GENERATION_QUALIFIER, "2.5.4.44", LIST("generationQualifier"), SUP(NAME), KIND_TEXT)         \
    X(X500_UNIQUE_IDENTIFIER, "2.5.4.45", LIST("x500UniqueIdentifier"), NO_SUP, SYNTAX(6),         \
      RULES(BIT_STRING, NONE, NONE))                                                               \
    X(DN_QUALIFIER, "2.5.4.46", LIST("dnQualifier"), NO_SUP, SYNTAX(44),                           \
      RULES(CASE_IGNORE, CASE_IGNORE, CASE_IGNORE))                                                \
    X(ENHANCED_SEARCH_GUIDE, "2.5.4.47", LIST("enhancedSearchGuide"), NO_SUP, KIND_OPAQUE(21))     \
    X(UNIQUE_MEMBER, "2.5.4.50", LIST("uniqueMember"), NO_SUP, SYNTAX(34),                         \
      RULES(UNIQUE_MEMBER, NONE, NONE))                                                            \
    X(HOUSE_IDENTIFIER, "2.5.4.51", LIST("houseIdentifier"), NO_SUP, KIND_TEXT)                    \
    X(PSEUDONYM, "2.5.4.65", LIST("pseudonym"), SUP(NAME), KIND_TEXT)                              \
    X(ORGANIZATION_IDENTIFIER, "2.5.4.97", LIST("organizationIdentifier"), NO_SUP, KIND_TEXT)      \
    X(EMAIL_ADDRESS, "1.2.840.113549.1.9.1", LIST("emailAddress", "email", "pkcs9email"), NO_SUP,  \
      KIND_IA5)

/* RFC 4523 2 */
#define ATTRIBUTES_OF_PKI(X)                                                                       \
    X(USER_CERTIFICATE, "2.5.4.36", LIST("userCertificate"), NO_SUP, KIND_CERT)                    \
    X(CA_CERTIFICATE, "2.5.4.37", LIST("cACertificate"), NO_SUP, KIND_CERT)                        \
    X(AUTHORITY_REVOCATION_LIST, "2.5.4.38", LIST("authorityRevocationList"), NO_SUP,              \
      KIND_CERT_LIST)                                                                              \
    X(CERTIFICATE_REVOCATION_LIST, "2.5.4.39", LIST("certificateRevocationList"), NO_SUP,          \
      KIND_CERT_LIST)                                                                              \
    X(CROSS_CERTIFICATE_PAIR, "2.5.4.40", LIST("crossCertificatePair"), NO_SUP, KIND_CERT_PAIR)    \
    X(SUPPORTED_ALGORITHMS, "2.5.4.52", LIST("supportedAlgorithms"), NO_SUP, SYNTAX(49),           \
      RULES(ALGORITHM_IDENTIFIER, NONE, NONE), .is_binary = true)                                  \
    X(DELTA_REVOCATION_LIST, "2.5.4.53", LIST("deltaRevocationList"), NO_SUP, KIND_CERT_LIST)

/* RFC 4524 2, and uid and dc of RFC 4519 */
#define COSINE(n) "0.9.2342.19200300.100.1." #n
#define ATTRIBUTES_OF_COSINE(X)                                                                    \
    X(UID, COSINE(1), LIST("uid", "userid"), NO_SUP, KIND_TEXT)                                    \
    X(MAIL, COSINE(3), LIST("mail", "rfc822Mailbox"), NO_SUP, KIND_IA5)                            \
    X(INFO, COSINE(4), LIST("info"), NO_SUP, KIND_TEXT)                                            \
    X(DRINK, COSINE(5), LIST("drink", "favouriteDrink"), NO_SUP, KIND_TEXT)                        \
    X(ROOM_NUMBER, COSINE(6), LIST("roomNumber"), NO_SUP, KIND_TEXT)                               \
    X(PHOTO, COSINE(7), LIST("photo"), NO_SUP, KIND_OPAQUE(23))                                    \
    X(USER_CLASS, COSINE(8), LIST("userClass"), NO_SUP, KIND_TEXT)                                 \
    X(HOST, COSINE(9), LIST("host"), NO_SUP, KIND_TEXT)                                            \
    X(MANAGER, COSINE(10), LIST("manager"), NO_SUP, KIND_DN)                                       \
    X(DOCUMENT_IDENTIFIER, COSINE(11), LIST("documentIdentifier"), NO_SUP, KIND_TEXT)              \
    X(DOCUMENT_TITLE, COSINE(12), LIST("documentTitle"), NO_SUP, KIND_TEXT)                        \
    X(DOCUMENT_VERSION, COSINE(13), LIST("documentVersion"), NO_SUP, KIND_TEXT)                    \
    X(DOCUMENT_AUTHOR, COSINE(14), LIST("documentAuthor"), NO_SUP, KIND_DN)                        \
    X(DOCUMENT_LOCATION, COSINE(15), LIST("documentLocation"), NO_SUP, KIND_TEXT)                  \
    X(HOME_PHONE, COSINE(20), LIST("homePhone", "homeTelephoneNumber"), NO_SUP, KIND_PHONE)        \
    X(SECRETARY, COSINE(21), LIST("secretary"), NO_SUP, KIND_DN)                                   \
    X(DC, COSINE(25), LIST("dc", "domainComponent"), NO_SUP, KIND_IA5, SINGLE)                     \
    X(ASSOCIATED_DOMAIN, COSINE(37), LIST("associatedDomain"), NO_SUP, KIND_IA5)                   \
    X(ASSOCIATED_NAME, COSINE(38), LIST("associatedName"), NO_SUP, KIND_DN)                        \
    X(HOME_POSTAL_ADDRESS, COSINE(39), LIST("homePostalAddress"), NO_SUP, KIND_LINES)              \
    X(PERSONAL_TITLE, COSINE(40), LIST("personalTitle"), NO_SUP, KIND_TEXT)                        \
    X(MOBILE, COSINE(41), LIST("mobile", "mobileTelephoneNumber"), NO_SUP, KIND_PHONE)             \
    X(PAGER, COSINE(42), LIST("pager", "pagerTelephoneNumber"), NO_SUP, KIND_PHONE)                \
    X(CO, COSINE(43), LIST("co", "friendlyCountryName"), NO_SUP, KIND_TEXT)                        \
    X(UNIQUE_IDENTIFIER, COSINE(44), LIST("uniqueIdentifier"), NO_SUP, KIND_TEXT)                  \
    X(ORGANIZATIONAL_STATUS, COSINE(45), LIST("organizationalStatus"), NO_SUP, KIND_TEXT)          \
    X(BUILDING_NAME, COSINE(48), LIST("buildingName"), NO_SUP, KIND_TEXT)                          \
    X(AUDIO, COSINE(55), LIST("audio"), NO_SUP, KIND_OPAQUE(40))                                   \
    X(DOCUMENT_PUBLISHER, COSINE(56), LIST("documentPublisher"), NO_SUP, KIND_TEXT)                \
    X(JPEG_PHOTO, COSINE(60), LIST("jpegPhoto"), NO_SUP, KIND_OPAQUE(28))

/* RFC 2798 and 2079. userSMIMECertificate and userPKCS12 are asked for as NAME;binary too. */
#define NETSCAPE(n) "2.16.840.1.113730.3.1." #n
#define ATTRIBUTES_OF_INET_ORG_PERSON(X)                                                           \
    X(CAR_LICENSE, NETSCAPE(1), LIST("carLicense"), NO_SUP, KIND_TEXT)                             \
    X(DEPARTMENT_NUMBER, NETSCAPE(2), LIST("departmentNumber"), NO_SUP, KIND_TEXT)                 \
    X(EMPLOYEE_NUMBER, NETSCAPE(3), LIST("employeeNumber"), NO_SUP, KIND_TEXT, SINGLE)             \
    X(EMPLOYEE_TYPE, NETSCAPE(4), LIST("employeeType"), NO_SUP, KIND_TEXT)                         \
    X(PREFERRED_LANGUAGE, NETSCAPE(39), LIST("preferredLanguage"), NO_SUP, KIND_TEXT, SINGLE)      \
    X(USER_SMIME_CERTIFICATE, NETSCAPE(40), LIST("userSMIMECertificate"), NO_SUP, KIND_OPAQUE(5),  \
      .is_binary = true)                                                                           \
    X(USER_PKCS12, NETSCAPE(216), LIST("userPKCS12"), NO_SUP, KIND_OPAQUE(5), .is_binary = true)   \
    X(DISPLAY_NAME, NETSCAPE(241), LIST("displayName"), NO_SUP, KIND_TEXT, SINGLE)                 \
    X(LABELED_URI, "1.3.6.1.4.1.250.1.57", LIST("labeledURI"), NO_SUP, SYNTAX(15),                 \
      RULES(CASE_EXACT, NONE, NONE))

#define DIR_ATTRIBUTES(X)                                                                          \
    ATTRIBUTES_OF_THE_MODEL(X)                                                                     \
    ATTRIBUTES_OF_PEOPLE(X)                                                                        \
    ATTRIBUTES_OF_PKI(X)                                                                           \
    ATTRIBUTES_OF_COSINE(X)                                                                        \
    ATTRIBUTES_OF_INET_ORG_PERSON(X)

/* ---- object classes -------------------------------------------------------------------------- */

/* What RFC 4519 lets organizations, units and persons have alike. */
#define MAY_MAIL                                                                                   \
    "destinationIndicator $ facsimileTelephoneNumber $ internationaliSDNNumber $ l $ "             \
    "physicalDeliveryOfficeName $ postalAddress $ postalCode $ postOfficeBox $ "                   \
    "preferredDeliveryMethod $ registeredAddress $ st $ street $ telephoneNumber $ "               \
    "teletexTerminalIdentifier $ telexNumber $ x121Address"
#define MAY_ORGANIZATION                                                                           \
    "businessCategory $ description $ searchGuide $ seeAlso $ userPassword $ " MAY_MAIL

#define CLASSES_OF_THE_MODEL(X)                                                                    \
    X(TOP, "2.5.6.0", LIST("top"), NULL, ABSTRACT, "objectClass", NULL)                            \
    X(ALIAS, "2.5.6.1", LIST("alias"), SUP(TOP), STRUCTURAL, "aliasedObjectName", NULL)            \
    X(SUBSCHEMA, "2.5.20.1", LIST("subschema"), SUP(TOP), AUXILIARY, NULL,                         \
      "objectClasses $ attributeTypes $ matchingRules $ ldapSyntaxes")                             \
    X(EXTENSIBLE_OBJECT, "1.3.6.1.4.1.1466.101.120.111", LIST("extensibleObject"), SUP(TOP),       \
      AUXILIARY, NULL, NULL)                                                                       \
    X(REFERRAL, "2.16.840.1.113730.3.2.6", LIST("referral"), SUP(TOP), STRUCTURAL, "ref", NULL)

#define CLASSES_OF_PEOPLE(X)                                                                       \
    X(COUNTRY, "2.5.6.2", LIST("country"), SUP(TOP), STRUCTURAL, "c", "searchGuide $ description") \
    X(LOCALITY, "2.5.6.3", LIST("locality"), SUP(TOP), STRUCTURAL, NULL,                           \
      "street $ seeAlso $ searchGuide $ st $ l $ description")                                     \
    X(ORGANIZATION, "2.5.6.4", LIST("organization"), SUP(TOP), STRUCTURAL, "o", MAY_ORGANIZATION)  \
    X(ORGANIZATIONAL_UNIT, "2.5.6.5", LIST("organizationalUnit"), SUP(TOP), STRUCTURAL, "ou",      \
      MAY_ORGANIZATION)                                                                            \
    X(PERSON, "2.5.6.6", LIST("person"), SUP(TOP), STRUCTURAL, "sn $ cn",                          \
      "userPassword $ telephoneNumber $ seeAlso $ description")                                    \
    X(ORGANIZATIONAL_PERSON, "2.5.6.7", LIST("organizationalPerson"), SUP(PERSON), STRUCTURAL,     \
      NULL, "title $ ou $ " MAY_MAIL)                                                              \
    X(ORGANIZATIONAL_ROLE, "2.5.6.8", LIST("organizationalRole"), SUP(TOP), STRUCTURAL, "cn",      \
      "seeAlso $ roleOccupant $ ou $ description $ " MAY_MAIL)                                     \
    X(GROUP_OF_NAMES, "2.5.6.9", LIST("groupOfNames"), SUP(TOP), STRUCTURAL, "member $ cn",        \
      "businessCategory $ seeAlso $ owner $ ou $ o $ description")                                 \
    X(RESIDENTIAL_PERSON, "2.5.6.10", LIST("residentialPerson"), SUP(PERSON), STRUCTURAL, "l",     \
      "businessCategory $ " MAY_MAIL)                                                              \
    X(APPLICATION_PROCESS, "2.5.6.11", LIST("applicationProcess"), SUP(TOP), STRUCTURAL, "cn",     \
      "seeAlso $ ou $ l $ description")                                                            \
    X(DEVICE, "2.5.6.14", LIST("device"), SUP(TOP), STRUCTURAL, "cn",                              \
      "serialNumber $ seeAlso $ owner $ ou $ o $ l $ description")                                 \
    X(GROUP_OF_UNIQUE_NAMES, "2.5.6.17", LIST("groupOfUniqueNames"), SUP(TOP), STRUCTURAL,         \
      "uniqueMember $ cn", "businessCategory $ seeAlso $ owner $ ou $ o $ description")            \
    X(DC_OBJECT, "1.3.6.1.4.1.1466.344", LIST("dcObject"), SUP(TOP), AUXILIARY, "dc", NULL)        \
    X(UID_OBJECT, "1.3.6.1.1.3.1", LIST("uidObject"), SUP(TOP), AUXILIARY, "uid", NULL)            \
    X(INET_ORG_PERSON, "2.16.840.1.113730.3.2.2", LIST("inetOrgPerson"),                           \
      SUP(ORGANIZATIONAL_PERSON), STRUCTURAL, NULL,                                                \
      "audio $ businessCategory $ carLicense $ departmentNumber $ displayName $ "                  \
      "employeeNumber $ employeeType $ givenName $ homePhone $ homePostalAddress $ initials $ "    \
      "jpegPhoto $ labeledURI $ mail $ manager $ mobile $ o $ pager $ photo $ roomNumber $ "       \
      "secretary $ uid $ userCertificate $ x500UniqueIdentifier $ preferredLanguage $ "            \
      "userSMIMECertificate $ userPKCS12")                                                         \
    X(LABELED_URI_OBJECT, "1.3.6.1.4.1.250.3.1", LIST("labeledURIObject"), SUP(TOP), AUXILIARY,    \
      NULL, "labeledURI")

/* RFC 4523 3; userSecurityInformation of RFC 2256 */
#define CLASSES_OF_PKI(X)                                                                          \
    X(PKI_USER, "2.5.6.21", LIST("pkiUser"), SUP(TOP), AUXILIARY, NULL, "userCertificate")         \
    X(PKI_CA, "2.5.6.22", LIST("pkiCA"), SUP(TOP), AUXILIARY, NULL,                                \
      "cACertificate $ certificateRevocationList $ authorityRevocationList $ "                     \
      "crossCertificatePair")                                                                      \
    X(CRL_DISTRIBUTION_POINT, "2.5.6.19", LIST("cRLDistributionPoint"), SUP(TOP), STRUCTURAL,      \
      "cn", "certificateRevocationList $ authorityRevocationList $ deltaRevocationList")           \
    X(DELTA_CRL, "2.5.6.23", LIST("deltaCRL"), SUP(TOP), AUXILIARY, NULL, "deltaRevocationList")   \
    X(STRONG_AUTHENTICATION_USER, "2.5.6.15", LIST("strongAuthenticationUser"), SUP(TOP),          \
      AUXILIARY, "userCertificate", NULL)                                                          \
    X(USER_SECURITY_INFORMATION, "2.5.6.18", LIST("userSecurityInformation"), SUP(TOP), AUXILIARY, \
      NULL, "supportedAlgorithms")                                                                 \
    X(CERTIFICATION_AUTHORITY, "2.5.6.16", LIST("certificationAuthority"), SUP(TOP), AUXILIARY,    \
      "authorityRevocationList $ certificateRevocationList $ cACertificate",                       \
      "crossCertificatePair")                                                                      \
    X(CERTIFICATION_AUTHORITY_V2, "2.5.6.16.2", LIST("certificationAuthority-V2"),                 \
      SUP(CERTIFICATION_AUTHORITY), AUXILIARY, NULL, "deltaRevocationList")

/* RFC 4524 3 */
#define COSINE_CLASS(n) "0.9.2342.19200300.100.4." #n
#define CLASSES_OF_COSINE(X)                                                                       \
    X(ACCOUNT, COSINE_CLASS(5), LIST("account"), SUP(TOP), STRUCTURAL, "uid",                      \
      "description $ seeAlso $ l $ o $ ou $ host")                                                 \
    X(DOCUMENT, COSINE_CLASS(6), LIST("document"), SUP(TOP), STRUCTURAL, "documentIdentifier",     \
      "cn $ description $ seeAlso $ l $ o $ ou $ documentTitle $ documentVersion $ "               \
      "documentAuthor $ documentLocation $ documentPublisher")                                     \
    X(ROOM, COSINE_CLASS(7), LIST("room"), SUP(TOP), STRUCTURAL, "cn",                             \
      "roomNumber $ description $ seeAlso $ telephoneNumber")                                      \
    X(DOCUMENT_SERIES, COSINE_CLASS(9), LIST("documentSeries"), SUP(TOP), STRUCTURAL, "cn",        \
      "description $ l $ o $ ou $ seeAlso $ telephoneNumber")                                      \
    X(DOMAIN, COSINE_CLASS(13), LIST("domain"), SUP(TOP), STRUCTURAL, "dc",                        \
      "associatedName $ o $ " MAY_ORGANIZATION)                                                    \
    X(RFC822_LOCAL_PART, COSINE_CLASS(14), LIST("rFC822LocalPart"), SUP(DOMAIN), STRUCTURAL, NULL, \
      "cn $ description $ seeAlso $ sn $ " MAY_MAIL)                                               \
    X(DOMAIN_RELATED_OBJECT, COSINE_CLASS(17), LIST("domainRelatedObject"), SUP(TOP), AUXILIARY,   \
      "associatedDomain", NULL)                                                                    \
    X(FRIENDLY_COUNTRY, COSINE_CLASS(18), LIST("friendlyCountry"), SUP(COUNTRY), STRUCTURAL, "co", \
      NULL)                                                                                        \
    X(SIMPLE_SECURITY_OBJECT, COSINE_CLASS(19), LIST("simpleSecurityObject"), SUP(TOP), AUXILIARY, \
      "userPassword", NULL)

#define DIR_CLASSES(X)                                                                             \
    CLASSES_OF_THE_MODEL(X)                                                                        \
    CLASSES_OF_PEOPLE(X)                                                                           \
    CLASSES_OF_PKI(X)                                                                              \
    CLASSES_OF_COSINE(X)

#endif
