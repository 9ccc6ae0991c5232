#!/usr/bin/env python3
"""Times llama.cpp (xllamacpp's prebuilt library) on a GGUF file: prefill of a prompt, then greedy decoding.

    llama_cpp.py MODEL.gguf [--prompt-tokens 256] [--max-new-tokens 64] ...

The prompt is the beginning of the repository's sample text that has exactly --prompt-tokens tokens; the report has it
as `prompt`, so that tune can be given the same. One step is one prefill and one decoding, nothing cached from the step
before. Times are llama.cpp's own, taken inside its server; the first new token comes out of prefill, so decoding is
timed over the others. `ids` are the new tokens without the one that ended the text, as tune reports them. llama.cpp
runs as it does by default: keys and values in float16, activations quantised to 8 bits before quantised weights.
"""

import json
import re
import statistics
import urllib.request

import common

import xllamacpp


class LlamaServer:
    """llama.cpp's server inside this process, with one slot."""

    def __init__(self, arguments):
        parameters = xllamacpp.CommonParams()
        parameters.model.path = arguments.gguf
        parameters.n_ctx = arguments.prompt_tokens + arguments.max_new_tokens
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = arguments.threads
        parameters.cache_prompt = False
        parameters.cache_ram_mib = 0
        parameters.verbosity = 1  # errors
        self.server = xllamacpp.Server(parameters)

    def post(self, path, **fields):
        request = urllib.request.Request(
            self.server.listening_address + path, json.dumps(fields).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def ids(self, text):
        return self.post("/tokenize", content=text, add_special=False, parse_special=True)["tokens"]

    def text(self, ids):
        return self.post("/detokenize", tokens=ids)["content"]

    def complete(self, ids, count, ignore_eos):
        return self.post(
            "/completion", prompt=ids, n_predict=count, ignore_eos=ignore_eos, samplers=["top_k"], top_k=1,
            temperature=0, cache_prompt=False, return_tokens=True)


def exact_prompt(server, count):
    """A beginning of the sample text that has `count` tokens, also when it is tokenised on its own."""
    ids = server.ids(common.sample_text()[:20 * count])[:count]
    text = server.text(ids)
    if len(ids) < count or server.ids(text) != ids:
        raise SystemExit(f"no beginning of the sample text has exactly {count} tokens; try another --prompt-tokens")
    return text, ids


def instructions():
    """What the CPU backend was built with and runs, such as "AVX AVX2 F16C FMA"."""
    return " ".join(re.findall(r"(\S+) = 1", xllamacpp.get_system_info()))


class Completion:
    def __init__(self, arguments):
        self.server = LlamaServer(arguments)
        self.count, self.ignore_eos = arguments.max_new_tokens, arguments.ignore_eos
        self.prompt, self.prompt_ids = exact_prompt(self.server, arguments.prompt_tokens)
        self.head = {
            "peer": "llama.cpp", "task": "complete", "model": arguments.gguf, "threads": arguments.threads,
            "versions": {"xllamacpp": xllamacpp.__version__}, "instructions": instructions(),
            "max_new_tokens": self.count, "prompt_tokens": len(self.prompt_ids), "prompt": self.prompt,
            "prompt_ids": self.prompt_ids}

    def step(self):
        answer = self.server.complete(self.prompt_ids, self.count, self.ignore_eos)
        timings, ids = answer["timings"], answer["tokens"]
        if timings["prompt_n"] != len(self.prompt_ids):
            raise SystemExit(f"llama.cpp computed {timings['prompt_n']} of {len(self.prompt_ids)} prompt tokens")
        if answer["stop_type"] == "eos":
            ids = ids[:timings["predicted_n"] - 1]
        prefill, decode = timings["prompt_ms"] / 1000, timings["predicted_ms"] / 1000
        return {
            "seconds": prefill + decode, "tokens": len(ids), "ids": ids, "prefill_seconds": prefill,
            "decode_seconds": decode, "prefill_tokens_per_second": len(self.prompt_ids) / prefill,
            "decode_tokens_per_second": (timings["predicted_n"] - 1) / decode}

    def summary(self, records):
        counted = common.timed(records)
        rates = {name: statistics.median(record[name] for record in counted)
                 for name in ("prefill_tokens_per_second", "decode_tokens_per_second")}
        return {**rates, "ids": records[-1]["ids"]}


def main():
    parser = common.parser(__doc__.split("\n")[0], steps=5, step_is="runs of prefill and decoding")
    parser.add_argument("gguf")
    parser.add_argument("--prompt-tokens", type=common.positive, default=256)
    parser.add_argument("--max-new-tokens", type=common.positive, default=64)
    parser.add_argument("--ignore-eos", action="store_true", help="go on after the end of the text")
    arguments = parser.parse_args()
    common.drive(Completion(arguments), arguments)


if __name__ == "__main__":
    main()
