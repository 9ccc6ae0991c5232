#!/usr/bin/env bash
# tune's tokenizers beside Hugging Face tokenizers on the tokenizers of SHARED (default: ../shared).
#
#   run.sh fuzz|speed PROGRAM [ARGUMENT ...]    PYTHON: an environment with tokenizers==0.23.3 (default: .venv)
#                                               ARGUMENT: of compare.py, such as --texts 10000
set -euo pipefail
here=$(realpath "$(dirname "$0")")
python=${PYTHON:-$here/../../.venv/bin/python}
shared=${TUNE_SHARED:-$here/../../../shared}/data/tokenizers
task=$1
program=$2
shift 2
if ! "$python" -c 'import tokenizers' 2>/dev/null; then
  echo "python3 -m venv .venv && .venv/bin/pip install tokenizers==0.23.3 first" >&2
  exit 1
fi
if [ ! -d "$shared" ]; then
  echo "skipped: the folder of real tokenizers is not on this machine ($shared)" >&2
  exit 0
fi
mapfile -t files < <(ls "$shared"/*/tokenizer.json.gz | grep -v damaged)
[ "$task" = speed ] && set -- --english "$shared/sentencepiece/botchan.txt.gz" "$@"
"$python" "$here/compare.py" "$task" "$program" "${files[@]}" "$@"
