#!/usr/bin/env python3
"""Runs tune and its peers in turns on the same work, checks that both give the same result, and compares their speed.

    compare.py TUNE [--work FOLDER] [--data TRAIN.jsonl] [--prompts TEST.jsonl] [--pairs 3] [--steps 8] [TASK ...]

Tasks: lora, lora-all-linear, full, gpt2-size (training against PyTorch, with PEFT for LoRA), generate (batched greedy
text against transformers), f32, quantised (prefill and one stream against llama.cpp). Every pair is one run of each
side, one after the other, on the same records; a ratio is the median of the pairs' ratios. The first training step of
a run warms up and is not timed. Prints a table and writes everything to WORK/results.json.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
TRAINING = {
    "lora": ["--lora", "--target-modules", "q_proj,v_proj"],
    "lora-all-linear": ["--lora", "--target-modules", "all-linear"],
    "full": ["--full"],
    "gpt2-size": ["--full"],
}
TASKS = [*TRAINING, "generate", "f32", "quantised"]


def run(command):
    """Standard output of a command; a failure ends the benchmark with what it said."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def peer(name, *arguments):
    return json.loads(run([sys.executable, HERE / "peers" / name, *arguments]).strip().splitlines()[-1])


def measured(command):
    """Standard output and peak resident bytes of a command."""
    with tempfile.NamedTemporaryFile() as report:
        output = run(["/usr/bin/time", "-f", "%M", "-o", report.name, *command])
        return output, int(Path(report.name).read_text().split()[-1]) * 1024


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.tune = Path(arguments.tune).resolve()
        self.work = Path(arguments.work).resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.threads = arguments.threads
        self.gguf = Path(run([REPOSITORY / "Tests/Scripts/fetch-smollm2.sh", self.work]).strip())
        self.folder = self.work / "model"
        if not (self.folder / "config.json").exists():
            run([sys.executable, REPOSITORY / "Tests/Interop/gguf_to_hf.py", self.gguf, self.folder])
        if not (arguments.data and arguments.prompts):
            run([self.tune, "prepare", REPOSITORY / "Datasets/dialogues.jsonl", "--output", self.work / "prepared",
                 "--quiet"])
        self.data = Path(arguments.data or self.work / "prepared/train.jsonl")
        self.prompts = Path(arguments.prompts or self.work / "prepared/test.jsonl")

    # Training

    def training(self, task):
        model, data, options = self.folder, self.data, []
        if task == "gpt2-size":
            model = self.work / "gpt2-size"
            data = model / "rows.jsonl"
            if not data.exists():
                run([sys.executable, HERE / "peers/gpt2_config.py", self.folder, model])
        rate = "1e-3" if "lora" in task else "2e-5"
        if "lora" in task:
            options = ["--init-adapter", self.first_adapter(task)]
        pairs = [self.training_pair(task, model, data, rate, options) for _ in range(self.arguments.pairs)]
        own, other = pairs[0]
        errors = [abs(a - b) / b for a, b in zip(own["losses"], other["losses"])]
        return self.entry(task, "tokens_per_second", pairs, agreement=max(errors), agrees=max(errors) <= 1e-3)

    def first_adapter(self, task):
        """An adapter to start both sides from: a step too small to move anything."""
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            run([self.tune, "train", *TRAINING[task], "--rank", 8, "--model", self.folder, "--data", self.data,
                 "--max-steps", 1, "--batch-size", 1, "--learning-rate", "1e-30", "--quiet", "--output", f"{folder}/run"])
            target = self.work / f"adapter-{task}"
            run(["rm", "-rf", target])
            run(["mv", f"{folder}/run/adapter", target])
        return target

    def training_pair(self, task, model, data, rate, options):
        steps = self.arguments.steps
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            method = ["--full"] if not options else ["--lora", *options]
            _, memory = measured([
                self.tune, "train", *method, "--model", model, "--data", data, "--no-shuffle", "--lr-schedule",
                "constant", "--learning-rate", rate, "--batch-size", 4, "--max-steps", steps, "--threads", self.threads,
                "--quiet", "--output", f"{folder}/run"])
            lines = [json.loads(line) for line in open(f"{folder}/run/metrics.jsonl")]
        records = [line for line in lines if "loss" in line]
        timed = records[1:]
        seconds = sum(record["seconds"] for record in timed)
        own = {
            "tokens_per_second": sum(record["tokens"] for record in timed) / seconds,
            "examples_per_second": 4 * len(timed) / seconds, "peak_rss_bytes": memory,
            "losses": [record["loss"] for record in records]}
        other = peer(
            "train.py", model, data, "--method", "lora" if options else "full", *options, "--steps", steps,
            "--batch-size", 4, "--learning-rate", rate, "--threads", self.threads)
        print(f"  {task}: tune {own['tokens_per_second']:.0f}, PyTorch {other['tokens_per_second']:.0f} tokens/s",
              file=sys.stderr)
        return own, other

    # Generation

    def generate(self):
        limit = self.arguments.limit
        with open(self.prompts, encoding="utf-8") as file:
            lines = file.read().splitlines()[:limit]
        prompts = self.work / "prompts.jsonl"
        prompts.write_text("\n".join(lines) + "\n", encoding="utf-8")
        pairs = []
        for _ in range(max(1, self.arguments.pairs - 1)):
            output, memory = measured([
                self.tune, "eval", "--model", self.folder, "--data", prompts, "--max-new-tokens", 48, "--batch-size",
                16, "--threads", self.threads, "--json", "--timings", "--output", self.work / "generated"])
            speed = json.loads(output.strip().splitlines()[-1])["generation"]["base"]
            with open(self.work / "generated/predictions.jsonl", encoding="utf-8") as file:
                texts = [json.loads(line)["base"]["text"] for line in file]
            own = {"tokens_per_second": speed["new_tokens"] / speed["seconds"], "peak_rss_bytes": memory,
                   "texts": texts}
            other = peer("generate.py", self.folder, prompts, "--batch-size", 8, "--max-new-tokens", 48, "--steps", 1,
                         "--threads", self.threads)
            pairs.append((own, other))
        return self.entry("generate", "tokens_per_second", pairs, **self.same_texts(*pairs[0]))

    def same_texts(self, own, other):
        from tokenizers import Tokenizer
        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        expected = [tokenizer.decode(ids).strip() for ids in other["ids"]]
        same = sum(a == b for a, b in zip(own["texts"], expected))
        # Rounding may turn a near tie another way; a wrong computation would change nearly every text.
        return {"agreement": f"{same}/{len(expected)} texts", "agrees": same >= 0.9 * len(expected)}

    def stream(self, task):
        model = self.gguf
        if task == "f32":
            model = self.work / "f32.gguf"
            if not model.exists():
                run([sys.executable, HERE / "peers/f32_gguf.py", self.gguf, model])
        pairs = []
        for _ in range(self.arguments.pairs):
            other = peer("llama_cpp.py", model, "--steps", 2, "--threads", self.threads)
            output, memory = measured([
                self.tune, "generate", other["prompt"], "--model", model, "--max-new-tokens", other["max_new_tokens"],
                "--threads", self.threads, "--json", "--timings", "--quiet"])
            record = json.loads(output.strip().splitlines()[-1])
            own = {
                "decode_tokens_per_second": (len(record["ids"]) - 1) / record["seconds"],
                "prefill_tokens_per_second": len(record["prompt_ids"]) / record["prompt_seconds"],
                "peak_rss_bytes": memory, "ids": record["ids"]}
            pairs.append((own, other))
        same = 0
        for a, b in zip(own["ids"], other["ids"]):
            if a != b:
                break
            same += 1
        # Quantised, llama.cpp rounds activations to 8 bits and may choose another token after a while.
        agreement = {"agreement": f"first {same} of {len(other['ids'])} tokens",
                     "agrees": same >= (16 if task == "f32" else 2)}
        return [self.entry(f"{task} {part}", f"{part}_tokens_per_second", pairs, **agreement)
                for part in ("prefill", "decode")]

    def entry(self, task, speed, pairs, **agreement):
        own, other = (statistics.median(pair[side][speed] for pair in pairs) for side in (0, 1))
        return {
            "task": task, "tune": own, "peer": other, "peer_name": pairs[0][1]["peer"],
            "ratio": statistics.median(a[speed] / b[speed] for a, b in pairs),
            "tune_peak_rss_bytes": max(a["peak_rss_bytes"] for a, _ in pairs),
            "peer_peak_rss_bytes": max(b["peak_rss_bytes"] for _, b in pairs),
            "pairs": [[a[speed], b[speed]] for a, b in pairs], "versions": pairs[0][1].get("versions"), **agreement}


def processor():
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tune")
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"of {', '.join(TASKS)}; all if none is named")
    parser.add_argument("--work", default=REPOSITORY / ".build/bench")
    parser.add_argument("--data", help="prompt/completion JSONL to train on (default: Datasets/dialogues.jsonl, prepared)")
    parser.add_argument("--prompts", help="prompt/completion JSONL to generate for")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--limit", type=int, default=64, help="prompts to generate for")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_intermixed_args()
    unknown = [task for task in arguments.tasks if task not in TASKS]
    if unknown:
        parser.error(f"unknown task {unknown[0]}; choose of {', '.join(TASKS)}")
    bench = Bench(arguments)
    entries = []
    for task in arguments.tasks or TASKS:
        if task in TRAINING:
            entries.append(bench.training(task))
        elif task == "generate":
            entries.append(bench.generate())
        else:
            entries += bench.stream(task)
    result = {"date": date.today().isoformat(), "machine": processor(), "threads": arguments.threads,
              "steps": arguments.steps, "data": Path(bench.data).name, "entries": entries}
    (bench.work / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    print(f"{processor()}, {arguments.threads} threads, tokens/s (median of pairs)\n")
    print("| task | tune | peer | ratio | peak memory, tune / peer | agreement |\n|---|---|---|---|---|---|")
    for entry in entries:
        memory = " / ".join(f"{entry[f'{side}_peak_rss_bytes'] / 2**30:.2f} GB" for side in ("tune", "peer"))
        agreement = entry["agreement"]
        agreement = agreement if isinstance(agreement, str) else f"losses within {agreement:.0e}"
        print(f"| {entry['task']} | {entry['tune']:.1f} | {entry['peer']:.1f} ({entry['peer_name']}) | "
              f"{entry['ratio']:.2f} | {memory} | {agreement} |")
    wrong = [entry["task"] for entry in entries if not entry["agrees"]]
    if wrong:
        sys.exit(f"results differ from the peer's: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
