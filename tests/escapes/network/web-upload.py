"""Uploads it to a web server."""

import http.client
import http.server

from lib import patiently

STOPPED_BY = "namespaces"


def listen(it):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            print(self.path, self.rfile.read(int(self.headers["Content-Length"])), flush=True)
            self.send_response(200)
            self.end_headers()

    http.server.HTTPServer(("127.0.0.1", it.port), Handler).serve_forever()


def inside(it):
    def once():
        connection = http.client.HTTPConnection("127.0.0.1", it.port, timeout=3)
        connection.request("PUT", "/loot", it.bytes)
        connection.getresponse()

    patiently(once)
