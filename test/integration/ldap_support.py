# SPDX-License-Identifier: Apache-2.0
"""What the tests of LDAP share: requests and answers in octets, clients of the command line, a daemon and its directory."""
import os
import subprocess

from fetch_support import integer, tlv
from front_support import PATIENCE_S, connect, path, pki_config, work

SUFFIX = "o=Office,c=JP"
CA = "cn=root," + SUFFIX
LIST = "certificateRevocationList;binary"
NOTICE = b"1.3.6.1.4.1.1466.20036"
BASE, SUB = 0, 2
SUCCESS, LIMIT, UNAVAILABLE = 0, 11, 52
ENTRY, DONE, REFERENCE, EXTENDED = 0x64, 0x65, 0x73, 0x78


# ---- requests ----

def text(s):
    return tlv(4, s.encode())


def message(number, operation, controls=b""):
    return tlv(0x30, integer(number), operation, controls)


def present(name="objectClass"):
    return tlv(0x87, name.encode())


def equals(name, value):
    return tlv(0xa3, text(name), text(value))


def search(number, base=SUFFIX, scope=SUB, filt=None, names=(), controls=b""):
    return message(number, tlv(0x63, text(base), tlv(10, bytes((scope,))), tlv(10, b"\0"), integer(0), integer(0), tlv(1, b"\0"),
                               filt or present(), tlv(0x30, *(text(n) for n in names))), controls)


def page(size, cookie):
    """The control of one page; None: the first."""
    value = tlv(0x30, integer(size), tlv(4, cookie or b""))
    return tlv(0xa0, tlv(0x30, text("1.2.840.113556.1.4.319"), tlv(1, b"\xff"), tlv(4, value)))


def bind(number):
    return message(number, tlv(0x60, integer(3), text(""), tlv(0x80)))


def abandon(number, which):
    return message(number, tlv(0x50, integer(which)[2:]))


def unbind(number):
    return message(number, tlv(0x42))


def start_tls(number):
    return message(number, tlv(0x77, tlv(0x80, b"1.3.6.1.4.1.1466.20037")))


# ---- answers ----

def take(octets):
    """The first element: tag, content, what is behind it; None when not all of it is there."""
    if len(octets) < 2:
        return None
    start, length = 2, octets[1]
    if length & 0x80:
        start += length & 0x7f
        length = int.from_bytes(octets[2:start], "big")
    return None if len(octets) < start + length else (octets[0], octets[start:start + length], octets[start + length:])


def elements(octets):
    found = []
    while octets:
        tag, content, octets = take(octets)
        found.append((tag, content))
    return found


def attributes(entry):
    """Of an entry's elements: values by name."""
    found = {}
    for _, attribute in elements(entry[1][1]):
        (_, name), (_, values) = elements(attribute)
        found[name.decode()] = [value for _, value in elements(values)]
    return found


def cookie_of(controls):
    """In a result's only control, that of pages."""
    ((_, content),) = controls
    ((_, control),) = elements(content)
    return elements(take(elements(control)[-1][1])[1])[1][1]


class Connection:
    """In the clear; the test may put TLS over it."""

    def __init__(self, port, source="127.0.0.1"):
        self.socket = connect(port, source)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def next(self):
        """The next message: number, tag, elements of the operation, controls."""
        while (found := take(self.rest)) is None:
            piece = self.socket.recv(65536)
            if not piece:
                raise OSError("the connection has ended")
            self.rest += piece
        self.rest = found[2]
        (_, number), (tag, operation), *controls = elements(found[1])
        return int.from_bytes(number, "big"), tag, elements(operation), controls

    def code(self):
        """Of the next result; entries are passed over."""
        while True:
            _, tag, operation, _ = self.next()
            if tag not in (ENTRY, REFERENCE):
                return code_of(operation)


def code_of(operation):
    """What a result says, as the elements of its operation."""
    tag, code = operation[0]
    if tag != 10 or len(code) != 1:
        raise OSError("no result: %r" % operation)
    return code[0]


# ---- clients of the command line ----

def run(*args, stdin=None, env=None):
    """A program in the test's folder, that trusts the root and knows no other configuration."""
    env = {**os.environ, "HOME": work, "LDAPTLS_CACERT": path("root.pem"), **(env or {})}
    return subprocess.run(args, cwd=work, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=PATIENCE_S, env=env)


def ldapsearch(uri, *args, env=None):
    return run("ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", uri, *args, env=env)


# ---- a daemon ----

def configuration(http, port, tls_port=None, server="", ldap="", more=""):
    """Over the small PKI and people.ldif; lines of [server] and of [ldap], further sections."""
    secure = "tls-listen = 127.0.0.1:%d\n" % tls_port if tls_port else ""
    if tls_port:
        more += "[tls]\ncertificate = tls.pem\nkey = tls.key\n"
    return (pki_config().replace("[ca root]", "[ca root]\ndn = " + CA) +
            "[server]\nlisten = 127.0.0.1:%d\ncache = cache\n%s[repository]\nsuffix = %s\nldif = people.ldif\n"
            "[ldap]\nlisten = 127.0.0.1:%d\n%s%s%s" % (http, server, SUFFIX, port, secure, ldap, more))


def people(persons="", more=""):
    """LDIF of the people's unit, with further lines of its own, and of who is in it."""
    return "dn: ou=People,%s\nobjectClass: organizationalUnit\nou: People\n%s\n%s" % (SUFFIX, more, persons)


def person(cn, sn, more="", kind="person"):
    return "dn: cn=%s,ou=People,%s\nobjectClass: %s\ncn: %s\nsn: %s\n%s\n" % (cn, SUFFIX, kind, cn, sn, more)
