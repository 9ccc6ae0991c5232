#!/usr/bin/env bash
# tune prepare against its Python peers. On an idle machine: about 25 minutes, nearly all for the million rows.
#
#   run.sh TUNE [ARGUMENT ...]      PYTHON: an environment with requirements.txt (default: .venv)
#                                   ARGUMENT: of compare.py, such as --rows 100000
set -euo pipefail
here=$(realpath "$(dirname "$0")")
python=${PYTHON:-$here/../../.venv/bin/python}
if ! "$python" -c 'import datasets, jinja2, yaml' 2>/dev/null; then
  echo "the peers need their packages:" >&2
  echo "  python3 -m venv .venv && .venv/bin/pip install -r Benchmarks/requirements.txt" >&2
  exit 1
fi
"$python" "$here/compare.py" "$@"
