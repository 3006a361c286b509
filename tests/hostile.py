"""Heads that two readers could understand in two ways, or that are too long: for any server, over a socket.

`HEADS` names each and gives the status that it should be answered with (0: the connection ends without an answer).
A request that follows must not be answered, for a server that has refused a head cannot know where the next begins.
`TAKEN` are those that our server takes all the same, with what it answers to them and to the request that follows.
"""

import contextlib
import re
import socket

HOST = b"Host: h\r\n"
GOOD = b"GET /conformance HTTP/1.1\r\n" + HOST
HIDDEN = b"GET /hidden HTTP/1.1\r\n" + HOST + b"\r\n"

HEADS = {
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two hosts": (400, GOOD + HOST + b"\r\n"),
    "two different hosts": (400, GOOD + b"host: i\r\n\r\n"),
    "two blanks": (400, b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a tab": (400, b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n"),
    "no version": (400, b"GET /\r\n" + HOST + b"\r\n"),
    "HTTP/0.9": (400, b"GET /\r\n\r\n"),
    "HTTP/2.0": (400, b"GET / HTTP/2.0\r\n" + HOST + b"\r\n"),
    "the preface of HTTP/2": (0, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "http/1.1": (400, b"GET / http/1.1\r\n" + HOST + b"\r\n"),
    "HTTP/1.": (400, b"GET / HTTP/1.\r\n" + HOST + b"\r\n"),
    "HTTP/1.11": (400, b"GET / HTTP/1.11\r\n" + HOST + b"\r\n"),
    "HTTP/1.1 and more": (400, b"GET / HTTP/1.1 x\r\n" + HOST + b"\r\n"),
    "a blank before the method": (400, b" GET / HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a byte order mark": (400, b"\xef\xbb\xbfGET / HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a fragment": (400, b"GET /#a HTTP/1.1\r\n" + HOST + b"\r\n"),
    "NUL in the target": (400, b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n"),
    "UTF-8 in the target": (400, "GET /ü HTTP/1.1\r\n".encode() + HOST + b"\r\n"),
    "no target": (400, b"GET HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a star": (400, b"GET * HTTP/1.1\r\n" + HOST + b"\r\n"),
    "an authority": (400, b"CONNECT h:80 HTTP/1.1\r\n" + HOST + b"\r\n"),
    "another scheme": (400, b"GET file:///etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a relative target": (400, b"GET conformance HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a target without an end": (400, b"GET http://[::1/ HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a folded line": (400, GOOD + b"X: a\r\n b\r\n\r\n"),
    "a folded first line": (400, b"GET / HTTP/1.1\r\n X: a\r\n" + HOST + b"\r\n"),
    "a blank before the colon": (400, b"GET / HTTP/1.1\r\nHost : h\r\n\r\n"),
    "no colon": (400, GOOD + b"X\r\n\r\n"),
    "no name": (400, GOOD + b": x\r\n\r\n"),
    "NUL in a name": (400, GOOD + b"X\x00: y\r\n\r\n"),
    "NUL in a value": (400, GOOD + b"X: y\x00\r\n\r\n"),
    "a bare carriage return": (400, GOOD + b"X: a\rY: b\r\n\r\n"),
    "a bare line feed": (400, GOOD + b"X: a\nY: b\r\n\r\n"),
    "a name of two words": (400, GOOD + b"X Y: a\r\n\r\n"),
    "a name in UTF-8": (400, GOOD + "Ü: a\r\n\r\n".encode()),
    "a length that is none": (400, GOOD + b"Content-Length: 1x\r\n\r\nx"),
    "a length below nought": (400, GOOD + b"Content-Length: -1\r\n\r\n"),
    "a length with a sign": (400, GOOD + b"Content-Length: +1\r\n\r\nx"),
    "two lengths": (400, GOOD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
    "a list of lengths": (400, GOOD + b"Content-Length: 1, 1\r\n\r\nx"),
    "a body": (413, GOOD + b"Content-Length: 5\r\n\r\nhello"),
    "a body of chunks": (413, GOOD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "a body of HTTP/1.0": (400, b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "an endless body": (400, GOOD + b"Content-Length: 9" + b"9" * 300 + b"\r\n\r\n" + b"x" * 100_000),
    "a long target": (431, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a long target without an end": (431, b"GET /" + b"a" * 1_000_000),
    "a long head": (431, GOOD + b"X: " + b"a" * 100_000 + b"\r\n\r\n"),
    "a long head without an end": (431, GOOD + b"X: " + b"a" * 1_000_000),
    "a bomb of names": (431, GOOD + b"".join(b"X%d: y\r\n" % n for n in range(100_000))),
    "a bomb of blanks": (400, GOOD + b"X:" + b" " * 15_000 + b"\x01\r\n\r\n"),
    "a bomb of blanks and letters": (400, GOOD + b"X:" + b" a" * 7_500 + b"\x01\r\n\r\n"),
}  # fmt: skip

TAKEN = {
    "a bare line feed": [200, 404],  # a line feed ends a line for it, as RFC 9112 (2.2) allows
    "a fragment": [200, 404],  # passed over
    "UTF-8 in the target": [404, 404],  # read as if it were escaped
}

#: What follows the head of a request with any method: it must be refused, and no byte of it be read as a request.
SMUGGLED = {
    "length and chunks": b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 40\r\n\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a coding with a blank": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a coding in a folded line": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "xchunked": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "identity": b"Transfer-Encoding: identity\r\n\r\n",
    "a vertical tab": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "an underscore": b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "a length of nought": b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a short length": b"Content-Length: 1\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "an extension of a chunk": b"Transfer-Encoding: chunked\r\n\r\n0;x=\r\n\r\n",
    "a huge chunk": b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
    "a bare line feed": b"Content-Length: 5\nX: y\r\n\r\n",
    "a length after a NUL": b"X: \x00\r\nContent-Length: 44\r\n\r\n",
    "trailers": b"Transfer-Encoding: chunked\r\nTrailer: Host\r\n\r\n0\r\nHost: i\r\n\r\n",
    "an expectation": b"Expect: 100-continue\r\nContent-Length: 44\r\n\r\n",
    "a named connection": b"Connection: Content-Length\r\nContent-Length: 44\r\n\r\n",
}  # fmt: skip


def statuses(port: int, data: bytes, wait: float = 3) -> list[int]:
    """Return the status of every answer to `data`, until the server ends the connection or is silent for `wait`."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(data)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while part := client.recv(65536):
                found += part
    return [int(each) for each in re.findall(rb"HTTP/1\.[01] (\d{3}) ", found)]
