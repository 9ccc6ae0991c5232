"""A hub on the loopback that offers one folder as a repository: what huggingface_hub and tune ask of huggingface.co.

Files in large-file storage are sent on to a second server, as the hub does to its content network; a token must not
come with them.
"""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789" * 4


def entry(path, content, large):
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(content).hexdigest()}\n"
    stored = f"{pointer}size {len(content)}\n".encode() if large else content
    oid = hashlib.sha1(b"blob %d\0" % len(stored) + stored).hexdigest()
    found = {"type": "file", "oid": oid, "size": len(content), "path": path}
    if large:
        found["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": len(stored)}
    return found


class HubServer:
    """`files` maps paths to bytes; paths that end in .safetensors or .bin are large files."""

    def __init__(self, repository, files):
        self.repository = repository
        self.files = files
        self.entries = {
            path: entry(path, content, path.endswith((".safetensors", ".bin"))) for path, content in files.items()
        }
        self.requests = []
        self.leaked_tokens = 0
        self.content = self.serve(self.answer_content)
        self.hub = self.serve(self.answer_hub)
        self.endpoint = f"http://127.0.0.1:{self.hub.server_port}"

    def serve(self, answer):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            do_GET = do_HEAD = lambda self: answer(self)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    @staticmethod
    def send(request, status, body=b"", headers=()):
        request.send_response(status)
        for name, value in headers:
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(body)

    def answer_hub(self, request):
        self.requests.append((request.command, request.path))
        path = unquote(urlsplit(request.path).path)
        api, files = f"/api/models/{self.repository}", f"/{self.repository}/resolve/"
        if path in (api, f"{api}/revision/main", f"{api}/revision/{COMMIT}"):
            body = {"id": self.repository, "sha": COMMIT, "siblings": [{"rfilename": name} for name in self.files]}
            return self.send(request, 200, json.dumps(body).encode())
        if path == f"{api}/tree/{COMMIT}":
            return self.send(request, 200, json.dumps(list(self.entries.values())).encode())
        revision, _, name = path.removeprefix(files).partition("/") if path.startswith(files) else ("", "", "")
        if name not in self.files:
            # transformers asks for folders that a repository may have.
            code = "EntryNotFound" if revision or path.startswith(f"{api}/tree/") else "RepoNotFound"
            return self.send(request, 404, headers=[("X-Error-Code", code), ("X-Repo-Commit", COMMIT)])
        found = self.entries[name]
        headers = [("X-Repo-Commit", COMMIT)]
        if "lfs" in found:
            headers += [
                ("X-Linked-Etag", f'"{found["lfs"]["oid"]}"'),
                ("X-Linked-Size", str(found["size"])),
                ("Location", f"http://127.0.0.1:{self.content.server_port}/{name}"),
            ]
            return self.send(request, 302, headers=headers)
        return self.send(request, 200, self.files[name], headers + [("ETag", f'"{found["oid"]}"')])

    def answer_content(self, request):
        self.leaked_tokens += "Authorization" in request.headers
        body, name = self.files[request.path[1:]], request.path[1:]
        headers = [("ETag", f'"{self.entries[name]["lfs"]["oid"]}"')]
        wanted = request.headers.get("Range")
        if wanted:
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            headers.append(("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}"))
            return self.send(request, 206, body[start:], headers)
        return self.send(request, 200, body, headers)
