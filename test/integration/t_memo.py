#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Finished OCSP answers of a running daemon: the same octets again, no good after a revocation is published, and answers
while the key process is stopped or killed."""
import os
import re
import select
import signal

from front_support import (Daemon, check_config, finish, free_port, get, make_crl, make_pki, ok, openssl, pki_config, publish, read,
                           read_answer, until, write)

CITIZEN = 5
TRY_LATER = bytes([0x30, 3, 10, 1, 3])
port = free_port()


def write_config(limits=""):
    write("s.conf", "[server]\nlisten = 127.0.0.1:%d\nworkers = 1\ncache = cache\n[limits]\n%s\n%s" %
          (port, limits, pki_config().replace("[ca root]\n", "[ca root]\npre-produce = yes\n")))


def post(body):
    return ("POST /ocsp HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n" %
            len(body)).encode() + body


def plain(serial):
    """About another serial of one octet: the request's last."""
    return post(read("req.der", "rb")[:-1] + bytes([serial]))


def with_nonce():
    openssl("ocsp", "-issuer", "root.pem", "-cert", "citizen.pem", "-nonce", "-reqout", "nonce.der")
    return post(read("nonce.der", "rb"))


def body(daemon, octets):
    return daemon.ask(octets)[2]


def is_signed(answer):
    return answer[4:7] == b"\x0a\x01\x00"


def status(answer):
    write("answer.der", answer)
    text = openssl("ocsp", "-respin", "answer.der", "-noverify", "-resp_text", check=False).stdout.decode()
    found = re.search(r"Cert Status: (\w+)", text)
    return found.group(1) if found else text


def test_same(daemon):
    first = body(daemon, plain(CITIZEN))
    ok(status(first) == "good" and body(daemon, plain(CITIZEN)) == first, "the second answer is the first, octet by octet")
    nonce = with_nonce()
    one, two = body(daemon, nonce), body(daemon, nonce)
    ok(is_signed(one) and is_signed(two) and one != two != first, "one with a nonce is never given again (O-41)")
    return first


def test_stopped(daemon, kept):
    key = daemon.children("key")[-1]
    nonces = [daemon.connect() for _ in range(6)]
    nonce = with_nonce()
    os.kill(key, signal.SIGSTOP)
    try:
        for s in nonces:
            s.sendall(nonce)
        early = until(lambda: [s for s in select.select(nonces, [], [], 0)[0]][3:], 10)
        ok(early, "of six nonces, those above nonce-queue do not wait")
        ok(body(daemon, plain(CITIZEN)) == kept, "what is kept is answered while they do")
        ok(body(daemon, plain(9)) == TRY_LATER, "anything else is tryLater")
        ok(body(daemon, plain(CITIZEN)) == kept, "and what is kept is still answered")
        ok(all(read_answer(s)[2] == TRY_LATER for s in nonces), "as are the nonces, tryLater")
    finally:
        os.kill(key, signal.SIGCONT)
        for s in nonces:
            s.close()
    ok(until(lambda: is_signed(body(daemon, plain(9)))), "the key process goes on, and signs")
    ok(is_signed(body(daemon, with_nonce())), "for nonces as well")


def test_killed(daemon, kept):
    before = daemon.children("key")
    os.kill(before[-1], signal.SIGKILL)
    lost = [a for a in (body(daemon, plain(CITIZEN)) for _ in range(50)) if a != kept]
    ok(not lost, "no answer that is kept is lost with the key process", lost)
    ok(until(lambda: daemon.children("key") != before) and until(lambda: is_signed(body(daemon, plain(10)))),
       "another key process signs")
    ok(body(daemon, plain(CITIZEN)) == kept, "with the same certificate what was kept is right", status(kept))


def test_revoked(daemon):
    make_crl("root", [CITIZEN], 2)
    publish()
    seen = []
    until(lambda: seen.append(status(body(daemon, plain(CITIZEN)))) or seen[-1] == "revoked")
    ok(set(seen) <= {"good", "revoked"} and seen[-1] == "revoked", "the published revocation is told", seen)
    again = [status(body(daemon, plain(CITIZEN))) for _ in range(20)]
    ok(set(again) == {"revoked"}, "and good is never told again", again)
    ok(until(lambda: re.search(r"\nsekisho_memo_produced_total [1-9]", body(daemon, get("/metrics")).decode())),
       "what else was asked for is signed of itself")


def test_off(daemon):
    write_config("memo-bytes = 0")
    ok(daemon.reload() == "done", "memo-bytes = 0 by reload")
    # What the process before has accepted it answers itself, from what it has kept.
    ok(until(lambda: len({a for a in (body(daemon, plain(CITIZEN)) for _ in range(3)) if is_signed(a)}) == 3),
       "then each answer is signed")
    write_config("memo-max-age = 1s")
    ok(daemon.reload() == "done", "memo-max-age = 1s by reload")
    ok(until(lambda: body(daemon, plain(CITIZEN)) == body(daemon, plain(CITIZEN))), "then answers are kept again")
    first = body(daemon, plain(CITIZEN))
    ok(until(lambda: is_signed(first) and body(daemon, plain(CITIZEN)) != first), "and end after a second")
    write_config("nonce-queue = 0")
    code, text = check_config("s")
    ok(code == 64 and "nonce-queue" in text, "a queue without a place is a fault", text)


def main():
    make_pki()
    write_config("nonce-queue = 3")
    publish()
    daemon = Daemon("s", port)
    ok(until(daemon.is_up) and until(lambda: is_signed(body(daemon, plain(8)))), "the daemon is ready", daemon.text())
    kept = test_same(daemon)
    test_stopped(daemon, kept)
    test_killed(daemon, kept)
    test_revoked(daemon)
    test_off(daemon)
    ok(daemon.end() == 0, "it ends with 0")


finish(main)
