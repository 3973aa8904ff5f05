# SPDX-License-Identifier: Apache-2.0
"""Debian's slapd over a directory of the test."""
import os
import signal
import socket
import subprocess

import front_support as front
from front_support import path, write


class Slapd:
    """Debian's server over an LDIF file, as any operator would set it up."""

    def __init__(self, name, ldif):
        os.mkdir(path(name))
        write(name + ".conf", "".join("include /etc/ldap/schema/%s.schema\n" % s for s in ("core", "cosine", "inetorgperson")) +
              "modulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\nsuffix \"\"\ndirectory %s\nmaxsize 268435456\n"
              "sizelimit unlimited\n" % path(name))
        done = subprocess.run(["/usr/sbin/slapadd", "-f", path(name + ".conf"), "-l", path(ldif)], capture_output=True, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise SystemExit("slapadd: " + done.stderr.decode())
        self.port = front.free_port()
        self.process = subprocess.Popen(["/usr/sbin/slapd", "-f", path(name + ".conf"), "-h",
                                         "ldap://127.0.0.1:%d/" % self.port, "-d", "0"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not front.until(lambda: can_connect(self.port)):
            raise SystemExit("slapd does not answer")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=front.PATIENCE_S)


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    except OSError:
        return False
