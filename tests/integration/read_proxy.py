#!/usr/bin/env python3
"""A forwarding proxy on loopback that lets GET through and nothing else: the proof that a source is only read.

    read_proxy.py UPSTREAM PORT_FILE LOG

Whatever arrives is a line of LOG: method, host, path, bytes of a body, answered status; what is no GET, or has a body,
is answered with 405 and goes no further, and what is no HTTP is BAD.
"""
import http.client
import http.server
import os
import sys
import threading
import urllib.parse

UPSTREAM = urllib.parse.urlsplit(sys.argv[1])
PORT_FILE, LOG = sys.argv[2], open(sys.argv[3], "a", buffering=1)
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "proxy-connection", "te", "trailer", "upgrade"}
LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.upstream = http.client.HTTPConnection(UPSTREAM.hostname, UPSTREAM.port, timeout=60)

    def finish(self):
        self.upstream.close()
        super().finish()

    def note(self, method, status):
        size = self.headers.get("Content-Length", "0") if getattr(self, "headers", None) else "0"
        if getattr(self, "headers", None) and self.headers.get("Transfer-Encoding"):
            size = "chunked"
        host = self.headers.get("Host", "-") if getattr(self, "headers", None) else "-"
        with LOCK:
            LOG.write("\t".join((method, host, getattr(self, "path", "-"), size, str(status))) + "\n")
        return size

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.headers.get("Content-Length", "0") != "0" or self.headers.get("Transfer-Encoding"):
            self.refuse()
            return
        self.upstream.request("GET", self.path, headers={k: v for k, v in self.headers.items() if k.lower() not in HOP})
        reply = self.upstream.getresponse()
        body = reply.read()
        self.note("GET", reply.status)
        self.answer(reply.status, reply.getheaders(), body)

    def refuse(self):
        self.note(self.command, 405)
        self.close_connection = True  # a body, if there is one, is not read
        self.answer(405, (), b"only GET passes\n")

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.refuse
        raise AttributeError(name)

    def log_error(self, format, *args):  # what is no HTTP at all; a connection that idles too long is none of it
        if "timed out" not in format:
            self.note("BAD", 400)

    def log_message(self, format, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(PORT_FILE + ".new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
