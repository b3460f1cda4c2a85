# SPDX-License-Identifier: MIT
"""Requests that no honest client sends. Each must get one clear refusal, and the connection must end: what follows in
the same bytes (a smuggled request) must never be answered."""

import unittest

from tests.http.harness import ServerTest

# A request that must not be reached; it would be seen by its answer's content.
HIDDEN = b"GET /robots.txt HTTP/1.1\r\nHost: h\r\n\r\n"
SEEN = b"User-agent:"


def get(*lines, target="/health/live", version="HTTP/1.1", host=True, method="GET"):
    head = [f"{method} {target} {version}"]
    if host:
        head.append("Host: localhost")
    head.extend(lines)
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")


# name, bytes, allowed statuses (0: closed without an answer)
REFUSED = [
    ("both lengths", get("Content-Length: 6", "Transfer-Encoding: chunked", method="POST") + b"0\r\n\r\n" + HIDDEN,
     {400}),
    ("both lengths, other order", get("Transfer-Encoding: chunked", "Content-Length: 6") + b"0\r\n\r\n" + HIDDEN, {400}),
    ("two lengths", get("Content-Length: 0", "Content-Length: 44") + HIDDEN, {400}),
    ("two lengths, POST", get("Content-Length: 3", "Content-Length: 44", method="POST") + b"abc" + HIDDEN, {400}),
    ("two equal lengths", get("Content-Length: 0", "Content-Length: 0") + HIDDEN, {400}),
    ("length list", get("Content-Length: 0, 0") + HIDDEN, {400}),
    ("length +0", get("Content-Length: +0") + HIDDEN, {400}),
    ("length -1", get("Content-Length: -1") + HIDDEN, {400}),
    ("length hex", get("Content-Length: 0x10") + HIDDEN, {400}),
    ("length text", get("Content-Length: diez") + HIDDEN, {400}),
    ("length huge", get("Content-Length: 99999999999999999999999999") + HIDDEN, {400, 413}),
    ("length empty", get("Content-Length:") + HIDDEN, {400}),
    ("blank before colon", get("Transfer-Encoding : chunked") + b"0\r\n\r\n" + HIDDEN, {400}),
    ("blank before colon, length", get("Content-Length : 44") + HIDDEN, {400}),
    ("chunked", get("Transfer-Encoding: chunked", method="POST") + b"0\r\n\r\n" + HIDDEN, {400, 501}),
    ("chunked GET", get("Transfer-Encoding: chunked") + b"0\r\n\r\n" + HIDDEN, {400, 501}),
    ("unknown coding", get("Transfer-Encoding: xchunked") + HIDDEN, {400, 501}),
    ("stacked codings", get("Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n" + HIDDEN, {400, 501}),
    ("two codings", get("Transfer-Encoding: identity", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + HIDDEN, {400, 501}),
    ("coding with tab", get("Transfer-Encoding:\tchunked") + b"0\r\n\r\n" + HIDDEN, {400, 501}),
    ("coding folded", get("Transfer-Encoding:", " chunked") + b"0\r\n\r\n" + HIDDEN, {400, 501}),
    ("coding folded after a value", get("Transfer-Encoding: x", " chunked") + b"0\r\n\r\n" + HIDDEN, {400, 501}),
    ("length folded", get("Content-Length:", " 44") + HIDDEN, {400}),
    ("fold hides a coding", get("X-A: b", " Transfer-Encoding: chunked") + b"0\r\n\r\n" + HIDDEN, {400, 501}),
    ("fold before the first", b"GET /health/live HTTP/1.1\r\n Host: a\r\n\r\n" + HIDDEN, {400}),
    ("no colon", get("Transfer-Encoding") + HIDDEN, {400}),
    ("coding in odd case", get("tRaNsFeR-eNcOdInG: cHuNkEd") + b"0\r\n\r\n" + HIDDEN, {400, 501}),
    ("body on GET", get("Content-Length: 5") + b"aaaaa" + HIDDEN, {400}),
    ("request as body", get(f"Content-Length: {len(HIDDEN)}") + HIDDEN, {400}),
    ("body on HEAD", get("Content-Length: 5", method="HEAD") + b"aaaaa" + HIDDEN, {400}),
    ("body on OPTIONS", get("Content-Length: 5", method="OPTIONS") + b"aaaaa" + HIDDEN, {400}),
    ("body on POST", get("Content-Length: 5", method="POST") + b"aaaaa" + HIDDEN, {400, 405}),
    ("compressed body", get("Content-Encoding: gzip", "Content-Length: 0") + HIDDEN, {415}),
    ("no Host", get(host=False) + HIDDEN, {400}),
    ("two Hosts", get("Host: other") + HIDDEN, {400}),
    ("empty Host", get("Host:", host=False) + HIDDEN, {400}),
    ("Host with path", get("Host: a/b", host=False) + HIDDEN, {400}),
    ("Host with user", get("Host: a@b", host=False) + HIDDEN, {400}),
    ("Host with markup", get("Host: a\"><script>", host=False) + HIDDEN, {400}),
    ("Host with port 0x50", get("Host: a:0x50", host=False) + HIDDEN, {400}),
    ("bare CR in value", get("X-A: a\rTransfer-Encoding: chunked") + HIDDEN, {400}),
    ("control in value", get("X-A: a\x01b") + HIDDEN, {400}),
    ("blank in name", get("X A: b") + HIDDEN, {400}),
    ("name with bracket", get("X(A): b") + HIDDEN, {400}),
    ("absolute URI", get(target="http://localhost/health/live") + HIDDEN, {400}),
    ("absolute URI elsewhere", get(target="http://169.254.169.254/latest") + HIDDEN, {400}),
    ("no slash", get(target="health/live") + HIDDEN, {400}),
    ("asterisk", get(target="*") + HIDDEN, {400}),
    ("asterisk OPTIONS", get(target="*", method="OPTIONS") + HIDDEN, {400}),
    ("CONNECT", get(target="localhost:80", method="CONNECT") + HIDDEN, {400, 405}),
    ("fragment", get(target="/health/live#a") + HIDDEN, {400}),
    ("dots", get(target="/static/../../etc/passwd") + HIDDEN, {400}),
    ("dots escaped", get(target="/static/%2e%2e/%2e%2e/etc/passwd") + HIDDEN, {400}),
    ("dots half escaped", get(target="/static/.%2e/etc/passwd") + HIDDEN, {400}),
    ("slash escaped", get(target="/static/..%2f..%2fetc/passwd") + HIDDEN, {400}),
    ("backslash", get(target="/static/..\\etc") + HIDDEN, {400}),
    ("backslash escaped", get(target="/static/..%5cetc") + HIDDEN, {400}),
    ("overlong dots", get(target="/static/%c0%ae%c0%ae/etc/passwd") + HIDDEN, {400}),
    ("NUL escaped", get(target="/static/a.js%00.png") + HIDDEN, {400}),
    ("CRLF escaped", get(target="/health/live%0d%0aX:%20y") + HIDDEN, {400}),
    ("bad escape", get(target="/health/%zz") + HIDDEN, {400}),
    ("cut escape", get(target="/health/%4") + HIDDEN, {400}),
    ("not UTF-8", get(target="/%ff%fe") + HIDDEN, {400}),
    ("raw byte", get(target="/\xe9") + HIDDEN, {400}),
    ("quote", get(target='/"') + HIDDEN, {400}),
    ("brace", get(target="/tiles/base/{z}/{x}/{y}.png") + HIDDEN, {400}),
    ("double slash", get(target="//health/live") + HIDDEN, {400}),
    ("33 arguments", get(target="/health/live?" + "&".join("a=1" for _ in range(33))) + HIDDEN, {414, 400}),
    ("600 arguments", get(target="/health/live?" + "&".join("a=1" for _ in range(600))) + HIDDEN, {414, 400}),
    ("long line", get(target="/" + "a" * 9000) + HIDDEN, {414, 400, 431}),
    ("very long line", get(target="/" + "a" * 70000), {414, 400, 431, 0}),
    ("65 headers", get(*[f"X-{i}: a" for i in range(65)]) + HIDDEN, {431}),
    ("1000 headers", get(*[f"X-{i}: a" for i in range(1000)]), {431, 400, 413, 0}),
    ("long header", get("X-A: " + "a" * 20000), {431, 400, 413, 0}),
    ("long name", get("X" * 20000 + ": a"), {431, 400, 413, 0}),
    ("HTTP/2.0", get(version="HTTP/2.0") + HIDDEN, {400, 505}),
    ("HTTP/3", get(version="HTTP/3") + HIDDEN, {400, 505}),
    ("HTTP/1.10", get(version="HTTP/1.10") + HIDDEN, {400, 505}),
    ("odd method", get(method="BREW") + HIDDEN, {400, 501}),
    ("small method", get(method="get") + HIDDEN, {400, 501}),
    ("method with sign", get(method="GE\x7fT") + HIDDEN, {400, 501, 0}),
    ("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\r\n\r\n", {400, 501, 505, 0}),
    ("HTTP/0.9", b"GET /health/live\r\n\r\n", {400, 505, 0}),
    ("leading blank", b" GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n" + HIDDEN, {400, 501, 0}),
]


def statuses(received):
    """The status of each answer in the bytes."""
    found = []
    for line in received.split(b"\r\n"):
        if line.startswith(b"HTTP/1."):
            found.append(int(line.split()[1]))
        elif b"}HTTP/1." in line:  # a body without a line's end, then the next answer
            found.append(int(line.split(b"}HTTP/1.")[1].split()[1]))
    return found


class GateTest(ServerTest):
    def test_refused(self):
        for name, data, allowed in REFUSED:
            with self.subTest(name):
                received, closed = self.server.raw(data, timeout=20)
                self.assertTrue(closed, f"the connection stays open: {received[:300]}")
                found = statuses(received)
                if not found:
                    self.assertIn(0, allowed, f"no answer: {received[:200]}")
                else:
                    # Debian 12's libmicrohttpd sends the head of its own refusals (of a bad Content-Length) twice.
                    by_library = b"Your HTTP request has" in received and found[0] in (400, 413)
                    self.assertTrue(len(found) == 1 or (by_library and found == [found[0]] * 2), received)
                    self.assertIn(found[0], allowed, received[:400])
                self.assertNotIn(SEEN, received)
                self.assertNotIn(b"root:", received)

    def test_still_alive(self):
        self.assertEqual(self.server.get("/health/live").status, 200)

    def test_refusals_are_problems(self):
        received, _ = self.server.raw(get("Content-Length: 5") + b"aaaaa")
        head, body = received.split(b"\r\n\r\n", 1)
        self.assertIn(b"application/problem+json", head)
        self.assertIn(b"Access-Control-Allow-Origin: *", head)
        self.assertIn(b"Connection: close", head)
        self.assertIn(b'"code":"SRV-008"', body)

    def test_accepted(self):
        """The other side of the gate: odd but honest requests pass."""
        accepted = [
            ("length 0", get("Content-Length: 0")),
            ("blanks around the value", get("Accept:   */*  ")),
            ("bytes above 127 in a value", get("X-A: \xe9")),
            ("empty value", get("X-A:")),
            ("64 headers", get(*[f"X-{i}: a" for i in range(60)])),
            ("old", b"GET /health/live HTTP/1.0\r\n\r\n"),
            ("IPv6 host", get("Host: [::1]:8080", host=False)),
            ("escaped path", get(target="/health/%6cive")),
        ]
        for name, data in accepted:
            with self.subTest(name):
                received, _ = self.server.raw(data, timeout=20, half_close=True)
                self.assertEqual(statuses(received), [200], received[:300])

    def test_pipelined(self):
        """Honest pipelining: each request gets its answer, in order."""
        last = get("Connection: close", target="/robots.txt")
        received, closed = self.server.raw(get() + get(target="/nada") + last)
        self.assertTrue(closed)
        self.assertEqual(received.count(b"HTTP/1.1 "), 3)
        self.assertEqual(received.count(SEEN), 1)

    def test_long_target_below_the_bound(self):
        received, _ = self.server.raw(get("Connection: close", target="/" + "a" * 4000))
        self.assertEqual(statuses(received), [404])


if __name__ == "__main__":
    unittest.main()
