#!/usr/bin/env bash
# Operations against their bounds, then tune against its peers. On an idle machine: about half an hour.
#
#   run.sh TUNE OPERATION_BENCHMARKS [TASK ...]      PYTHON: an environment with requirements.txt (default: .venv)
#                                                    ARGUMENTS: further arguments of compare.py, such as "--pairs 5"
set -euo pipefail
tune=$(realpath "$1") operations=$(realpath "$2")
shift 2
here=$(realpath "$(dirname "$0")")
python=${PYTHON:-$here/../.venv/bin/python}
work=$here/../.build/bench
mkdir -p "$work"
"$operations" "$work/operations.json"
if ! "$python" -c 'import torch, peft, transformers, xllamacpp' 2>/dev/null; then
  echo "the peers need their packages: python3 -m venv .venv && .venv/bin/pip install -r Benchmarks/requirements.txt" >&2
  exit 1
fi
echo
# shellcheck disable=SC2086
"$python" "$here/compare.py" "$tune" --work "$work" ${ARGUMENTS:-} "$@"
echo
echo "written to $(realpath "$work")/operations.json and results.json"
