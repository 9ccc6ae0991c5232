#!/usr/bin/env python3
"""Holds tune's downloads against huggingface_hub's: one cache, read and written by both.

    check_hub.py TUNE [MODEL_FOLDER]

Serves the folder (default: Tests/Fixtures/cli/model) as org/tiny on the loopback and checks that
  - the cache of `tune pull` and that of snapshot_download have the same files, links, revisions and listing,
  - huggingface_hub and transformers use tune's cache offline, and tune uses theirs without a request,
  - the lock of one keeps the other waiting, and a part that one left is gone on with,
  - the token never comes to the content network.
Exits with 1 when anything disagrees.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hub_server import COMMIT, HubServer

REPOSITORY = "org/tiny"
FOLDER = "models--org--tiny"
failures = []


def check(condition, text):
    print(("ok      " if condition else "FAILED  ") + text)
    if not condition:
        failures.append(text)


def environment(server, cache, **more):
    own = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TRANSFORMERS_"))}
    return own | {"HF_ENDPOINT": server.endpoint, "HF_HOME": str(cache), "HF_HUB_DISABLE_TELEMETRY": "1"} | more


def run(command, env):
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    if done.returncode:
        print(done.stdout + done.stderr)
    return done


def layout(cache):
    """Every file of the repository's folder: a link's target, or the content of a small file."""
    found = {}
    for path in sorted((cache / "hub" / FOLDER).rglob("*")):
        name = str(path.relative_to(cache / "hub"))
        if path.is_symlink():
            found[name] = "-> " + os.readlink(path)
        elif path.is_file():
            found[name] = json.loads(path.read_text()) if path.parent.name == "trees" else path.read_bytes()
    return found


PYTHON_PULL = """
import sys
from huggingface_hub import snapshot_download
print(snapshot_download("org/tiny", allow_patterns=sys.argv[1:]))
"""
PYTHON_OFFLINE = """
import sys
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download
names = sys.argv[1:]
for name in names:
    hf_hub_download("org/tiny", name)
snapshot_download("org/tiny", allow_patterns=names)
report = scan_cache_dir()
assert not report.warnings, report.warnings
assert [(repo.repo_id, repo.nb_files) for repo in report.repos] == [("org/tiny", len(names))], report
"""
PYTHON_LOAD = """
from transformers import AutoModelForCausalLM, AutoTokenizer
print(AutoTokenizer.from_pretrained("org/tiny")("Ann: I want tea")["input_ids"])
AutoModelForCausalLM.from_pretrained("org/tiny")
"""


def python(code, *arguments):
    return [sys.executable, "-c", code, *arguments]


def main():
    with tempfile.TemporaryDirectory(prefix="tune-hub-") as work:
        check_all(str(Path(sys.argv[1]).resolve()), Path(work))
    print(f"{len(failures)} failures")
    sys.exit(bool(failures))


def check_all(tune, work):
    model = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parent.parent / "Fixtures/cli/model")
    files = {path.name: path.read_bytes() for path in sorted(model.iterdir())}
    server = HubServer(REPOSITORY, files | {"pytorch_model.bin": b"pickle", "README.md": b"# tiny"})

    def env(cache, **more):
        return environment(server, work / cache, **more)

    offline = {"HF_HUB_OFFLINE": "1"}
    pulled = run([tune, "pull", REPOSITORY, "--json"], env("tune", HF_TOKEN="hf_secret"))
    names = [file["path"] for file in json.loads(pulled.stdout)["files"]]
    check(sorted(names) == sorted(files), f"tune fetched {', '.join(names)}")
    python_pull = run(python(PYTHON_PULL, *names), env("python", HF_TOKEN="hf_secret"))
    check(python_pull.returncode == 0, "snapshot_download fetched the same files")
    check(layout(work / "tune") == layout(work / "python"), "both caches are the same")
    check(server.leaked_tokens == 0, "no token came to the content network")

    check(run(python(PYTHON_OFFLINE, *names), env("tune", **offline)).returncode == 0, "huggingface_hub reads tune's cache")
    loaded = run(python(PYTHON_LOAD), env("tune", **offline))
    check(loaded.returncode == 0, "transformers loads tune's cache")

    check(run(python(PYTHON_LOAD), env("loaded")).returncode == 0, "transformers fetched the model file by file")
    count = len(server.requests)
    for cache in ("python", "loaded"):
        ids = run([tune, "tokenize", "Ann: I want tea", "--model", REPOSITORY, "--json"], env(cache))
        same = ids.returncode == 0 and str(json.loads(ids.stdout)["input_ids"]) == loaded.stdout.strip()
        check(same, f"tune reads the cache of {cache} and gives transformers' token ids")
    check(len(server.requests) == count, "and asks for nothing")

    etag = server.entries["model.safetensors"]["lfs"]["oid"]
    check_lock(server, work, tune, etag)
    blobs = work / "part/hub" / FOLDER / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{etag}.0a1b2c3d.incomplete").write_bytes(files["model.safetensors"][:2000])
    resumed = json.loads(run([tune, "pull", REPOSITORY, "--json"], env("part")).stdout)
    check(resumed["fetched_bytes"] == sum(map(len, files.values())) - 2000, "tune goes on with a part")


def check_lock(server, work, tune, etag):
    from filelock import FileLock

    path = work / "lock/hub/.locks" / FOLDER / f"{etag}.lock"
    path.parent.mkdir(parents=True)
    with FileLock(path):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [tune, "pull", REPOSITORY], env=environment(server, work / "lock"), text=True, **pipes
        )
        time.sleep(2)
        check(process.poll() is None, "tune waits for a lock that Python holds")
    _, errors = process.communicate(timeout=60)
    check(process.returncode == 0 and "waiting for another process" in errors, "and goes on when it is free")


if __name__ == "__main__":
    main()
