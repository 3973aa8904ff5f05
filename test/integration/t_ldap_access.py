#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who may use the directory: rules by address and by the certificate that a client shows over LDAPS or after StartTLS."""
from front_support import SERVER, Daemon, finish, free_port, make_ca, make_cert, make_clients, ok, openssl, path, until, write
from ldap_support import ldapsearch, run

http, plain, secure = free_port(), free_port(), free_port()
CLEAR, START, TLS = ("ldap://127.0.0.1:%d" % plain,), ("ldap://127.0.0.1:%d" % plain, "-ZZ"), ("ldaps://127.0.0.1:%d" % secure,)
SUCCESS, DENIED = 0, 50


def write_config(tls, acl):
    write("s.conf", "[server]\nlisten = 127.0.0.1:%d\ncache = cache\ndrain = 2s\n[tls]\ncertificate = tls.pem\nkey = tls.key\n%s"
          "[ldap]\nlisten = 127.0.0.1:%d\ntls-listen = 127.0.0.1:%d\n%s" % (http, tls, plain, secure, acl))


def ask(how, who=None):
    """Of a search of the root DSE: its result code, or what ldapsearch ends with when there is no connection."""
    env = {"LDAPTLS_CACERT": path("server-ca.pem")}
    if who:
        env.update(LDAPTLS_CERT=path(who + ".pem"), LDAPTLS_KEY=path(who + ".key"))
    done = ldapsearch(*how, "-s", "base", "-b", "", "vendorName", env=env)
    ok((done.returncode == SUCCESS) == (b"vendorName: Sekisho" in done.stdout), "an answer, or an error", done)
    return done.returncode


def by_certificate():
    for name, how in (("LDAPS", TLS), ("StartTLS", START)):
        ok(ask(how, "alice") == SUCCESS, name + ": a client with a certificate")
        ok(ask(how, "bob") == DENIED, name + ": one that a rule denies")
        ok(ask(how) == DENIED, name + ": one without")
        ok(ask(how, "revoked") not in (SUCCESS, DENIED), name + ": a revoked certificate ends the connection")
        ok(ask(how, "mallory") != SUCCESS, name + ": one of another CA, whatever its name")
    ok(ask(CLEAR) == DENIED, "in the clear")
    ok(ask(CLEAR, "alice") == DENIED, "in the clear, with a certificate at hand")
    done = run("ldapwhoami", "-x", "-H", *CLEAR)
    ok(done.returncode == DENIED, "not even a bind", done)


def by_address(daemon):
    write_config("", "[acl directory]\nservice = ldap\nrule = deny 127.0.0.1\nrule = allow all\n")
    ok(daemon.reload() == "done", "a reload")
    ok(ask(CLEAR) == DENIED and ask(TLS) == DENIED and ask(START) == DENIED, "an address that is denied, StartTLS or not")
    write_config("client-ca = client-ca.pem\n", "")
    ok(daemon.reload() == "done", "a reload that asks for certificates, and has no rules")
    ok(ask(TLS) not in (SUCCESS, DENIED) and ask(TLS, "alice") == SUCCESS, "LDAPS needs one")
    ok(ask(START) not in (SUCCESS, DENIED) and ask(START, "alice") == SUCCESS, "StartTLS needs one")
    ok(ask(CLEAR) == SUCCESS, "the clear does not")


def names_of_protocols():
    """What is meant for a server of HTTP must not get to one of LDAP (ALPACA)."""
    for names in ("http/1.1", "h2,http/1.1", "ldap"):
        done = openssl("s_client", "-connect", "127.0.0.1:%d" % secure, "-alpn", names, check=False)
        ok(done.returncode != 0 and b"no application protocol" in done.stderr, "LDAPS: ALPN %s is refused" % names, done.stderr)
    done = openssl("s_client", "-connect", "127.0.0.1:%d" % secure, check=False)
    ok(done.returncode == 0, "without it TLS is spoken", done.stderr)


def main():
    make_ca("server-ca")
    make_clients()
    make_cert("tls", "server-ca", "/CN=tls", 1, SERVER)
    write_config("client-certificate = optional\nclient-ca = client-ca.pem\nclient-crl = client-ca.crl\n",
                 "[acl directory]\nservice = ldap\nrule = deny subject:CN=bob,O=Office,C=JP\nrule = allow certificate\n")
    daemon = Daemon("s", http)
    ok(until(daemon.is_up), "the server answers", daemon.text())
    names_of_protocols()
    by_certificate()
    by_address(daemon)
    ok(daemon.end() == 0, "the server ends")


finish(main)
