#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole tasks of clients that are not ours: dirmngr looks certificates up and checks them against the list that it fetches
by the address in the certificate, curl takes values, ldapsearch pages, follows references and administers references,
python3-ldap3 follows referrals."""
import base64
import os
import re

import ldap3
import ldap_support
from front_support import SERVER, Daemon, der, finish, free_port, make_cert, make_crl, make_pki, ok, path, publish, until, write
from ldap_support import CA, LIST, SUFFIX, configuration, ldapsearch, people, person

http, plain, secure = free_port(), free_port(), free_port()
uri, tls_uri = "ldap://127.0.0.1:%d" % plain, "ldaps://127.0.0.1:%d" % secure
RSA = ["-newkey", "rsa:2048", "-nodes"]  # dirmngr of Debian 12 cannot verify signatures by P-256
PEOPLE = {"Sato Taro": "taro@office.example", "Suzuki Hana": "hana@office.example"}
CLERKS = 40


def make_person(name, serial):
    """A certificate that says where its list is; the entry's LDIF."""
    make_cert(name, "root", "/C=JP/O=Office/OU=People/CN=" + name, serial, "keyUsage=digitalSignature\nsubjectAltName=email:%s\n"
              "crlDistributionPoints=URI:%s/cn=root%%2Co=Office%%2Cc=JP?certificateRevocationList;binary\n" %
              (PEOPLE[name], uri), RSA)
    cert = der("x509", name + ".pem")
    write(name + ".der", cert)
    return person(name, name.split()[0], "mail: %s\nuserCertificate;binary:: %s\n" % (PEOPLE[name], base64.b64encode(cert).decode()),
                  "inetOrgPerson")


def make_directory():
    make_pki(key=RSA)
    write("root.der", der("x509", "root.pem"))
    make_cert("tls", "root", "/CN=tls", 9, SERVER)
    make_crl("root", [21])  # Suzuki Hana
    persons = [make_person(name, 20 + i) for i, name in enumerate(PEOPLE)]
    persons += [person("Clerk %d" % i, "Clerk") for i in range(CLERKS)]
    write("people.ldif", people("".join(persons)) +
          "dn: ou=Branch,o=Office,c=JP\nobjectClass: referral\nobjectClass: extensibleObject\nou: Branch\n"
          "ref: %s/ou=People,o=Office,c=JP\n\n" % uri)
    write("s.conf", configuration(http, plain, secure))


def run(*args, stdin=None):
    return ldap_support.run(*args, stdin=stdin, env={"GNUPGHOME": path("gnupg")})


def search(*args, url=uri):
    return ldapsearch(url, *args)


# ---- dirmngr ----

def look_up(pattern):
    """The certificates that dirmngr finds: it writes them as base64 without a frame."""
    done = run("dirmngr-client", "--lookup", pattern)
    try:
        return base64.b64decode(done.stdout), done
    except ValueError:
        return None, done


def check(name):
    """dirmngr judges a certificate; its client trusts the root when asked."""
    words = "/definqfile TARGETCERT %s.der\n/let yes 1\n/definq ISTRUSTED yes\nCHECKCRL\n/bye\n" % name
    return run("gpg-connect-agent", "--no-autostart", "--dirmngr", stdin=words.encode())


def dirmngr():
    os.mkdir(path("gnupg"), 0o700)
    write("gnupg/dirmngr.conf", "log-file %s\nverbose\nldapserver 127.0.0.1:%d:::%s\n" % (path("dirmngr.log"), plain, SUFFIX))
    done = run("dirmngr", "--daemon")
    found = re.search(rb"DIRMNGR_INFO=.*:(\d+):", done.stdout)
    if not ok(found, "dirmngr starts", done):
        return
    try:
        dirmngr_looks_up()
        dirmngr_checks()
    finally:
        run("gpg-connect-agent", "--no-autostart", "--dirmngr", "KILLDIRMNGR", "/bye")
        ok(until(lambda: not is_running(int(found.group(1)))), "and ends")


def is_running(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def dirmngr_looks_up():
    taro, ca = der("x509", "Sato Taro.pem"), der("x509", "root.pem")
    twice = taro + taro  # it follows the reference of the branch, which leads to the same people
    for what, pattern, expected in (("a name", "Sato", twice), ("a part of a name", "ato Ta", twice),
                                    ("a mail address", "<taro@office.example>", twice), ("a part of one", "taro@office", twice),
                                    ("a subject", "/CN=Sato Taro,OU=People,O=Office,C=JP", taro),
                                    ("a CA's subject", "/CN=root,O=Office,C=JP", ca), ("nobody's name", "Nobody", b"")):
        found, done = look_up(pattern)
        ok(found == expected, "dirmngr-client --lookup: " + what, done)


def dirmngr_checks():
    with open(path("root.der"), "rb") as f:
        done = run("dirmngr-client", "--cache-cert", stdin=f.read())
    ok(done.returncode == 0, "dirmngr takes the CA's certificate", done)
    good, revoked = check("Sato Taro"), check("Suzuki Hana")
    ok(good.stdout.endswith(b"OK\n"), "the list fetched by the certificate's own address: good", good)
    ok(b"Certificate revoked" in revoked.stdout, "and revoked", revoked)
    done = run("dirmngr-client", "--load-crl", "--url", "%s/%s?certificateRevocationList;binary?base?(objectClass=*)" % (uri, CA))
    ok(done.returncode == 0, "dirmngr-client --load-crl", done)


# ---- curl ----

def curl_value(*args):
    """Of one attribute in curl's words: a line of LDIF with tabs before it."""
    done = run("curl", "-sS", *args)
    found = re.search(rb"^\s*([^\s:]+):: ?(\S+)", done.stdout, re.M)
    return (found.group(1).decode(), base64.b64decode(found.group(2))) if found else None, done


def curl():
    if b"ldap" not in run("curl", "--version").stdout:
        ok(True, "curl # SKIP without LDAP")
        return
    crl, person = der("crl", "root.crl"), "cn=Sato%20Taro,ou=People," + SUFFIX
    for name, args in (("ldap:", (uri,)), ("ldaps:", ("--cacert", "root.pem", tls_uri))):
        got, done = curl_value(*args[:-1], "%s/%s?certificateRevocationList;binary?base" % (args[-1], CA))
        ok(got == (LIST, crl), "curl %s a list" % name, done)
    got, done = curl_value("%s/%s?userCertificate;binary" % (uri, person))
    ok(got == ("userCertificate;binary", der("x509", "Sato Taro.pem")), "curl: a certificate", done)
    got, done = curl_value("%s/%s?userCertificate" % (uri, person))
    ok(got == ("userCertificate;binary", der("x509", "Sato Taro.pem")), "curl: asked for without the option", done)
    done = run("curl", "-sS", uri + "/cn=nobody," + SUFFIX)
    ok(done.returncode != 0 and not done.stdout, "curl: nobody", done)


# ---- ldap-utils ----

def names(done):
    return sorted(re.findall(r"^dn: (.*)$", done.stdout.decode(), re.M))


def paging():
    whole = names(search("-b", SUFFIX, "(sn=*)", "1.1"))
    ok(len(whole) == CLERKS + len(PEOPLE), "ldapsearch: all at once", whole)
    for how in ("pr=1/noprompt", "!pr=9/noprompt", "!pr=1000/noprompt"):
        for name, args in (("plain", {}), ("LDAPS", {"url": tls_uri})):
            done = search("-E", how, "-b", SUFFIX, "(sn=*)", "1.1", **args)
            ok(done.returncode == 0 and names(done) == whole, "ldapsearch: pages, %s, %s" % (how, name), done)
    done = search("-ZZ", "-E", "!pr=9/noprompt", "-b", SUFFIX, "(sn=*)", "1.1")
    ok(done.returncode == 0 and names(done) == whole, "ldapsearch: pages after StartTLS", done)


def references():
    branch = "ou=Branch," + SUFFIX
    for how in ("-M", "-MM"):
        done = search(how, "-b", branch, "-s", "base", "ref")
        ok(done.returncode == 0 and names(done) == [branch] and b"ref: " + uri.encode() in done.stdout,
           "ldapsearch %s: the reference itself" % how, done)
        done = search(how, "-E", "!pr=1/noprompt", "-b", SUFFIX, "-s", "one", "1.1")
        ok(names(done) == sorted([CA, branch, "ou=People," + SUFFIX]) and b"# ref" not in done.stdout,
           "ldapsearch %s: with pages" % how, done)
    done = run("ldapcompare", "-x", "-M", "-H", uri, branch, "ou:branch")
    ok(done.returncode == 6, "ldapcompare -M", done)
    done = run("ldapcompare", "-x", "-H", uri, branch, "ou:branch")
    ok(done.returncode == 10, "ldapcompare: a referral", done)
    done = search("-C", "-b", "cn=Clerk 3," + branch, "sn")
    ok(done.returncode == 0 and names(done) == ["cn=Clerk 3,ou=People," + SUFFIX], "ldapsearch -C follows a referral", done)
    done = search("-C", "-b", SUFFIX, "(cn=Clerk 3)", "1.1")
    ok(names(done) == ["cn=Clerk 3,ou=People," + SUFFIX] * 2, "and a reference, to what is found twice then", done)


def python_client():
    with ldap3.Connection(ldap3.Server("127.0.0.1", port=plain), auto_bind=True, auto_referrals=True) as c:
        c.search("cn=Clerk 3,ou=Branch," + SUFFIX, "(objectClass=*)", attributes=["sn"])
        found = [e["dn"] for e in c.response if e["type"] == "searchResEntry"]
        ok(c.result["result"] == 0 and found == ["cn=Clerk 3,ou=People," + SUFFIX], "ldap3 follows a referral", c.response)
    with ldap3.Connection(ldap3.Server("127.0.0.1", port=plain), auto_bind=True, auto_referrals=False) as c:
        c.search(SUFFIX, "(cn=Clerk 3)")
        found = [e["uri"] for e in c.response if e["type"] == "searchResRef"]
        ok(found == [["%s/ou=People,%s??sub" % (uri, SUFFIX)]], "ldap3 is told of a reference", c.response)


def main():
    make_directory()
    publish()
    daemon = Daemon("s", http)
    ok(until(daemon.is_up) and until(lambda: search("-s", "base", "-b", CA).returncode == 0), "the server answers")
    dirmngr()
    curl()
    paging()
    references()
    python_client()
    ok(daemon.end() == 0, "the server ends")


finish(main)
