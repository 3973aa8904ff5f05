#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sekisho-fetch against a web server that stalls, cuts, lies, redirects and remembers."""
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fetch_support import BIN, UNKNOWN_CRITICAL, Ca, Tap, Web, fetch, fingerprint, issuing_point, pem  # noqa: E402

tap = Tap()
web = Web()
root, seal = Ca("Root"), None
seal = Ca("Seal", root)
alien = Ca("Alien")
home = tempfile.mkdtemp(prefix="sekisho-t-fetch-")


def path(name):
    return os.path.join(home, name)


def write(name, body):
    with open(path(name), "wb") as f:
        f.write(body)


def config(name, cas, more=""):
    """A configuration with a cache of its own; cas: {name: {key: [url]}}."""
    text = "[server]\ncache = cache-%s\n[fetch]\ntimeout = 1500ms\nmax-bytes = 64k\n%s" % (name, more)
    text += "[policy default]\nanchor = root.cer sha256:%s\n" % fingerprint(root.der)
    for ca, keys in cas.items():
        text += "[ca %s]\n" % ca
        for key, urls in keys.items():
            text += "".join("%s = %s\n" % (key, url) for url in urls)
    write(name + ".conf", text.encode())
    return path(name + ".conf")


def current(name):
    try:
        return os.readlink(path("cache-%s/current" % name))
    except OSError:
        return None


write("root.cer", root.der)
CRL = seal.crl(5, [1001, 1002])

# ---- command line ---------------------------------------------------------------------------------------
plain = {"seal": {"certificates": [web.url("/seal.cer")], "crls": [web.url("/seal.crl")]}}
conf = config("plain", plain)
status, out, err = fetch(conf, "--help")
tap.ok(status == 0 and "usage:" in out and err == "", "--help prints the usage", (status, out, err))
status, out, err = fetch(conf, "--version")
tap.ok(status == 0 and out.startswith("sekisho-fetch "), "--version prints the version", out)
for args in (["--follow"], ["--nonsense"], ["nobody"], ["-c"]):
    status, out, err = fetch(conf, *args)
    tap.ok(status == 64 and err != "", "%s ends with 64" % " ".join(args), (status, err))
done = subprocess.run([BIN + "/sekisho-fetch"], capture_output=True, text=True, check=False)
tap.ok(done.returncode == 64, "no configuration ends with 64", done)
status, out, err = fetch(path("missing.conf"))
tap.ok(status == 64 and "missing.conf" in err, "a configuration that is not there ends with 64", (status, err))
status, out, err = fetch(config("https", {"seal": {"crls": ["https://a.example/x"]}}))
tap.ok(status == 64 and "https://a.example/x" in err, "an unknown kind of address ends with 64", (status, err))

# ---- the good way ------------------------------------------------------------------------------------------
web.paths["/seal.cer"] = seal.der
web.paths["/seal.crl"] = web.with_etag(CRL, '"five"')
status, out, err = fetch(conf)
tap.ok((status, out, err) == (0, "", ""), "all fresh ends with 0 and says nothing", (status, out, err))
tap.ok(current("plain") == "1", "generation 1 is current", current("plain"))
tap.ok("If-None-Match" not in web.log[-1][1], "the first request is unconditional", web.log)
tap.ok("Cookie" not in web.log[-1][1] and web.log[-1][1]["User-Agent"].startswith("sekisho-fetch/"),
       "the request names the program", web.log)

web.log.clear()
status, out, err = fetch(conf, "-v")
tags = [headers.get("If-None-Match") for where, headers in web.log if where == "/seal.crl"]
tap.ok(status == 0 and tags == ['"five"'], "the next request is conditional", (status, err, web.log))
tap.ok("/seal.crl: unchanged" in out and "generation 1 stays" in out, "304 keeps what is held", out)

shutil.rmtree(path("cache-plain/1"))
os.unlink(path("cache-plain/current"))
web.log.clear()
status, out, err = fetch(conf)
tap.ok(status == 0 and not [1 for where, headers in web.log if "If-None-Match" in headers],
       "without what is held no request is conditional", (status, err, web.log))

for number in (6, 7):
    web.paths["/seal.crl"] = web.with_etag(seal.crl(number, [1001]), '"%d"' % number)
    fetch(conf)
held = current("plain")
tap.ok(held == "3", "each new list is a new generation", held)

# ---- what goes wrong on the way: a reason each, and the held list stays ----------------------------------------
BIG = b"\x30" * (64 * 1024 + 1)
NEXT = seal.crl(8, [1001])


def stall(handler):
    web.over.wait(20)


def drip(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(NEXT)))
    handler.end_headers()
    for i in range(len(NEXT)):
        handler.wfile.write(NEXT[i:i + 1])
        if web.over.wait(0.3):
            return


def endless(handler):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while not web.over.is_set():
        handler.wfile.write(b"1000\r\n" + b"0" * 4096 + b"\r\n")


def hang_up(handler):
    handler.close_connection = True


def redirect(where):
    return lambda handler: web.reply(handler, 302, b"", headers=[("Location", where)])


web.paths["/loop"] = redirect("/loop")
cases = [
    ("timeout", "a server that does not answer", stall),
    ("timeout", "a server that drips", drip),
    ("truncated", "a body shorter than Content-Length", lambda h: web.reply(h, 200, NEXT[:-9], len(NEXT))),
    ("truncated", "a Content-Length shorter than the list", lambda h: web.reply(h, 200, NEXT, len(NEXT) - 9)),
    ("oversized", "a body past max-bytes", BIG),
    ("oversized", "a body without end", endless),
    ("oversized", "a Content-Length past max-bytes", lambda h: web.reply(h, 200, NEXT, 1 << 40)),
    ("http-status", "404", None),
    ("http-status", "500", lambda h: web.reply(h, 500, NEXT)),
    ("http-status", "204", lambda h: web.reply(h, 204, b"")),
    ("redirect", "a redirection that never ends", redirect("/loop")),
    ("redirect", "a redirection to a file", redirect("file://" + path("root.cer"))),
    ("redirect", "a redirection to https", redirect("https://127.0.0.1/")),
    ("unreachable", "a server that hangs up", hang_up),
    ("malformed", "a web page", b"<html>we are sorry</html>"),
    ("malformed", "a certificate", seal.der),
    ("wrong-signature", "another key's list", seal.crl(8, signer=alien)),
    ("wrong-issuer", "another CA's list", root.crl(8)),
    ("wrong-scope", "a list for attribute certificates", seal.crl(8, extensions=[issuing_point(5)])),
    ("older-than-held", "a list with a lower number", seal.crl(6)),
    ("older-than-held", "a list of yesterday", seal.crl(8, age=86400)),
]
for reason, name, what in cases:
    if what is None:
        web.paths.pop("/seal.crl")
    else:
        web.paths["/seal.crl"] = what
    status, out, err = fetch(conf)
    wanted = "sekisho-fetch: seal: %s: %s: " % (web.url("/seal.crl"), reason)
    tap.ok(status == 1 and out == "" and err.startswith(wanted) and err.count("\n") == 1,
           "%s is %s" % (name, reason), (status, out, err))
    tap.ok(current("plain") == held, "%s: the held list stays" % name, current("plain"))
web.paths["/seal.crl"] = lambda h: (h.send_response(304), h.end_headers())
shutil.rmtree(path("cache-plain/fetch"))
status, out, err = fetch(conf)
tap.ok(status == 1 and ": http-status: " in err, "304 to an unconditional request is a failure", (status, err))

web.paths["/seal.crl"] = redirect("/one")
web.paths["/one"] = redirect("/two")
web.paths["/two"] = NEXT
status, out, err = fetch(conf)
tap.ok(status == 0 and current("plain") == "4", "a redirection over http is followed", (status, err))

# ---- what its CA signed last is published, also when validation will not rely on it ------------------------------------------
CRL = seal.crl(9, [1001], age=1800)
doubtful = [
    (1, "not-yet-valid", "a list of tomorrow", seal.crl(10, age=-86400)),
    (1, "unusable", "one with an unknown critical extension", seal.crl(10, age=1700, extensions=[UNKNOWN_CRITICAL])),
    (1, "unusable", "one whose last entry is malformed", seal.crl(11, [1001], age=1600, more=b"\x30\x01\x00")),
    (1, "unusable", "one with a serial number that no record holds", seal.crl(12, [1001, 1 << 600], age=1550)),
    (2, "expired", "one that has ended", seal.crl(13, age=1500, life=600)),
    (2, "expired", "one that never ends", seal.crl(14, age=1400, life=None)),
]
web.paths["/seal.crl"] = CRL
status, out, err = fetch(conf)
tap.ok(status == 0 and current("plain") == "5", "a good list", (status, err))
for number, (wanted, reason, name, what) in enumerate(doubtful):
    web.paths["/seal.crl"] = what
    status, out, err = fetch(conf)
    line = "sekisho-fetch: seal: %s: %s: published, but " % (web.url("/seal.crl"), reason)
    tap.ok(status == wanted and err.startswith(line), "%s is %s" % (name, reason), (status, out, err))
    tap.ok(current("plain") == str(6 + number), "%s is published" % name, current("plain"))
    web.paths["/seal.crl"] = CRL
    if number > 0:
        status, out, err = fetch(conf)
        tap.ok(": older-than-held: " in err, "%s keeps older ones out" % name, (status, err))
web.paths["/seal.crl"] = seal.crl(15, age=1300)
status, out, err = fetch(conf)
tap.ok(status == 0, "the next good one ends that", (status, err))

# ---- many at a time, and a server that is not there ----------------------------------------------------------------
for i in range(20):
    web.paths["/stall%d" % i] = stall
many = {"seal": {"certificates": [web.url("/seal.cer")],
                 "crls": [web.url("/two")] + [web.url("/stall%d" % i) for i in range(20)] + ["http://127.0.0.1:1/x"]}}
status, out, err = fetch(config("many", many))
tap.ok(status == 1 and err.count(": timeout: ") == 20 and err.count(": unreachable: ") == 1 and
       current("many") == "1", "twenty that stall keep nobody from the rest", (status, err))

# ---- the forms of certificates and lists ---------------------------------------------------------------------------------
twin = Ca("Twin", root)
write("two.pem", b"Bag Attributes: none\n" + pem(seal.der, b"CERTIFICATE") + b"\n" + pem(twin.der, b"CERTIFICATE"))
subprocess.run(["openssl", "crl2pkcs7", "-nocrl", "-certfile", path("two.pem"), "-outform", "DER", "-out",
                path("two.p7c")], check=True)
subprocess.run(["openssl", "crl2pkcs7", "-nocrl", "-certfile", path("two.pem"), "-out", path("two-pem.p7c")],
               check=True)
os.mkdir(path("folder"))
write("folder/a.cer", seal.der)
write("folder/b.pem", pem(twin.der, b"CERTIFICATE"))
write("folder/.hidden", b"not looked at")
write("twin.crl", pem(twin.crl(1), b"X509 CRL"))
for form in ("two.pem", "two.p7c", "two-pem.p7c", "folder/", "folder"):
    name = "form-" + form.strip("/").replace(".", "-") + str(len(form))
    status, out, err = fetch(config(name, {"twin": {"certificates": ["file:" + form], "crls": ["file:twin.crl"]}}))
    tap.ok(status == 0 and current(name) == "1", "%s gives its two certificates" % form, (status, err))
write("bad.pem", pem(seal.der, b"CERTIFICATE") + pem(twin.der, b"PRIVATE KEY"))
write("cut.pem", pem(seal.der, b"CERTIFICATE")[:-12])
write("cut.p7c", open(path("two.p7c"), "rb").read()[:-1])
write("text.pem", b"-----BEGIN nothing")
for form, reason in (("bad.pem", "malformed"), ("cut.pem", "truncated"), ("cut.p7c", "truncated"),
                     ("text.pem", "malformed"), ("missing.pem", "unreadable"), ("/dev/zero", "unreadable")):
    status, out, err = fetch(config("bad-form", {"twin": {"certificates": ["file:" + form]}}))
    tap.ok(status == 1 and ": %s: " % reason in err, "%s is %s" % (form, reason), (status, err))

# ---- one publisher --------------------------------------------------------------------------------------------------------------
with open(path("cache-plain/lock"), "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    status, out, err = fetch(conf)
tap.ok(status == 1 and "another publisher is at work" in err, "a second run at a time says so", (status, err))

# ---- stale ------------------------------------------------------------------------------------------------------------------------
web.paths["/seal.crl"] = seal.crl(9, age=86400 - 60, life=86400)
status, out, err = fetch(config("stale", plain))
tap.ok(status == 2 and "sekisho-fetch: seal: stale: the CRL that is served ends" in err,
       "a list that ends within stale-warn ends with 2", (status, err))
status, out, err = fetch(config("stale", plain, "stale-warn = 10s\n"))
tap.ok(status == 0, "and does not when it ends later than that", (status, err))
web.paths.pop("/seal.crl")
status, out, err = fetch(config("stale", plain))
tap.ok(status == 2 and "http-status" in err and "stale" in err, "stale counts more than a failure", (status, err))

web.stop()
shutil.rmtree(home)
tap.done()
