#!/usr/bin/env python3
"""Exchanges adapters of every method that PEFT has between tune and PEFT, in both directions.

    check_methods.py TUNE [METHOD ...]        (of METHODS below; default: all)

For each method, on a tiny random GPT-2, Llama and T5: an adapter that tune trains for a few steps is loaded by PEFT,
unchanged; a random adapter of PEFT is loaded by tune; and where the method changes weights, what `tune merge` makes of
it is loaded by transformers. Logits must agree within 1e-3 each time, and must not be the base's. Prints the largest
differences and exits with 1 when one is too large, or a tensor or a setting of a file is not used.
"""

import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "Tests/Fixtures" / folder) for folder in ("peft", "families")]

from logits import TOLERANCE, largest_difference, last_logits, load_model, own_logits

from peft import PeftModel, get_peft_model
from make_peft import randomize
from methods import GPT2, LLAMA, T5, TIED_LLAMA, TOKENS, VARIANTS as PEFT_VARIANTS
from variants import TASK_TYPES, VARIANTS

from check_adapter import same_tensors
from families import TEXTS, VOCABULARY, make_model
from tune_logits import read_logits

EXCLUDED = r".*\.0\..*"
INDICES = ",".join(map(str, TOKENS))
# How tune trains each variant of Tests/Fixtures/peft/methods.py, which says how PEFT makes it; None where tune has no
# flag for it, or other flags on each base, and only reads it. A new method is a line here, and one in UNMERGED where it
# changes no weights.
METHODS = {
    "lora-all-linear": ["--method", "lora", "--rank", 4, "--target-modules", "all-linear"],
    "lora-rslora": ["--method", "lora", "--rank", 4, "--use-rslora"],
    "lora-layers": ["--method", "lora", "--rank", 4, "--layers-to-transform", 1],
    "lora-exclude": ["--method", "lora", "--rank", 4, "--exclude-modules", EXCLUDED],
    "lora-modules": None,
    "lora-dora": ["--method", "dora", "--rank", 4],
    "lora-bias-all": ["--method", "lora", "--rank", 4, "--bias", "all"],
    "lora-bias-lora_only": ["--method", "lora", "--rank", 4, "--bias", "lora_only"],
    "lora-bias": ["--method", "lora", "--rank", 4, "--lora-bias"],
    "lora-embedding": None,
    "lora-head": ["--method", "lora", "--rank", 4, "--target-modules", "q_proj,v_proj,lm_head"],
    "lora-tokens": ["--method", "lora", "--rank", 4, "--trainable-token-indices", INDICES],
    "pissa": ["--method", "lora", "--rank", 4, "--init-lora-weights", "pissa"],
    "olora": ["--method", "lora", "--rank", 4, "--init-lora-weights", "olora"],
    "adalora": ["--method", "adalora", "--init-r", 4, "--target-r", 2, "--tinit", 1, "--tfinal", 1, "--delta-t", 1],
    "trainable_tokens": ["--method", "trainable-tokens", "--trainable-token-indices", INDICES],
    "ia3": ["--method", "ia3"],
    "vera": ["--method", "vera", "--rank", 6, "--exclude-modules", EXCLUDED],
    "vera-unsaved": None,
    "ln_tuning": ["--method", "norms"],
    "prompt-random": ["--method", "prompt-tuning", "--num-virtual-tokens", 5],
    "p-tuning": ["--method", "p-tuning", "--num-virtual-tokens", 5],
    "p-tuning-lstm": ["--method", "p-tuning", "--num-virtual-tokens", 5, "--encoder-reparameterization-type", "LSTM"],
    "prefix": ["--method", "prefix-tuning", "--num-virtual-tokens", 5],
    "prefix-projection": ["--method", "prefix-tuning", "--num-virtual-tokens", 5, "--prefix-projection"],
    "adaption_prompt": ["--method", "adaption-prompt", "--adapter-len", 3, "--adapter-layers", 1],
}
TRAINING = ["--max-steps", 3, "--batch-size", 2, "--learning-rate", "5e-2", "--lr-schedule", "constant"]
UNMERGED = {"prompt-random", "p-tuning", "p-tuning-lstm", "prefix", "prefix-projection", "adaption_prompt"}
# Layers without a bias take none, and an embedding that is the head too, or both sides', cannot be changed alone.
UNMERGED_ON = {("lora-bias", LLAMA), ("lora-bias", T5), ("lora-embedding", GPT2), ("lora-embedding", T5)}
# A variant of Tests/Fixtures/families and the settings that are changed. Adaption prompts need a width that is that of
# all heads together.
BASES = {GPT2: (GPT2, {}), LLAMA: (LLAMA, {}), T5: (T5, {}), TIED_LLAMA: (LLAMA, {"head_dim": 4})}


class Exchange:
    """A method on a base, in a folder of its own."""

    def __init__(self, tune, work, method, base):
        self.tune, self.work, self.method, self.base = tune, work, method, base
        self.model = work / base
        self.folder = work / f"{method}-{base}"
        self.folder.mkdir()
        self.plain = load_model(self.model).eval()

    def run(self, *arguments):
        command = [self.tune, *map(str, arguments), "--quiet"]
        return subprocess.run(command, cwd=self.work, capture_output=True, text=True)

    def logits(self, *options):
        return read_logits(self.tune, VOCABULARY, [str(option) for option in options], TEXTS)

    def with_adapter(self, adapter):
        """PEFT's model, and whether it uses every tensor of the file."""
        model = PeftModel.from_pretrained(load_model(self.model), adapter).eval()
        return model, same_tensors(model, adapter / "adapter_model.safetensors", is_quiet=True)

    def against_peft(self, adapter):
        """The largest difference between tune and PEFT, and from the base."""
        examples = self.logits("--model", self.model, "--adapter", adapter)
        model, is_complete = self.with_adapter(adapter)
        effect = max((own_logits(e) - last_logits(self.plain, e["input_ids"])).abs().max().item() for e in examples)
        return largest_difference(model, examples) if is_complete else float("inf"), effect

    def of_tune(self):
        flags = METHODS[self.method]
        if flags is None:
            return None
        output = self.folder / "run"
        trained = self.run("train", *flags, "--model", self.model, "--output", output, *TRAINING)
        if trained.returncode != 0:
            raise RuntimeError(trained.stderr)
        return self.against_peft(output / "adapter")

    def of_peft(self):
        variant = PEFT_VARIANTS[self.method]
        kind = VARIANTS[BASES[self.base][0]]["kind"]
        config = variant["config"](task_type=TASK_TYPES[kind], **variant["common"], **variant["bases"][self.base])
        model = get_peft_model(load_model(self.model), config)
        randomize(model, 5)
        model.peft_config["default"].base_model_name_or_path = str(self.model)
        model.save_pretrained(self.folder / "peft")
        return self.against_peft(self.folder / "peft")

    def merged(self):
        """The largest difference between tune's merged model in transformers and tune with the adapter."""
        adapter, output = self.folder / "peft", self.folder / "merged"
        merging = self.run("merge", "--model", self.model, "--adapter", adapter, "--output", output)
        if self.method in UNMERGED or (self.method, self.base) in UNMERGED_ON:
            if merging.returncode != 2 or "cannot be merged" not in merging.stderr:
                raise RuntimeError(f"tune merge should refuse: {merging.stderr}")
            return None
        if merging.returncode != 0:
            raise RuntimeError(merging.stderr)
        return largest_difference(load_model(output).eval(), self.logits("--model", self.model, "--adapter", adapter))


def shown(value):
    return f"{'–':>9}" if value is None else f"{value:>9.2g}"


def check(exchange):
    """Prints a row of the table; whether all differences are small and none of the adapters does nothing."""
    try:
        trained, made, merged = exchange.of_tune(), exchange.of_peft(), exchange.merged()
    except (RuntimeError, ValueError, KeyError, UserWarning, subprocess.CalledProcessError) as error:
        detail = getattr(error, "stderr", None) or error
        print(f"{exchange.method:<20} {exchange.base:<13} FAILED: {detail}")
        return False
    pairs = [pair for pair in (trained, made) if pair]
    # Written so that a NaN is no agreement.
    agreed = all(difference <= TOLERANCE and effect > TOLERANCE for difference, effect in pairs)
    agreed = agreed and (merged is None or merged <= TOLERANCE)
    (ours, our_effect), (theirs, their_effect) = trained or (None, None), made
    print(f"{exchange.method:<20} {exchange.base:<13}" + shown(ours) + shown(our_effect) + shown(theirs)
          + shown(their_effect) + shown(merged) + ("" if agreed else "  DIFFERENT"))
    return agreed


def main():
    warnings.filterwarnings("error", message="Unexpected keyword")
    tune = str(Path(sys.argv[1]).resolve())
    names = sys.argv[2:] or list(METHODS)
    pairs = [(name, base) for name in names for base in BASES if base in PEFT_VARIANTS[name]["bases"]]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        subprocess.run(
            [tune, "prepare", REPOSITORY / "Tests/Fixtures/cli/dialogues.jsonl", "--quiet"], check=True, cwd=work)
        for base in sorted({base for _, base in pairs}):
            variant, changes = BASES[base]
            make_model(variant, work / base, **changes)
        print("Largest differences of logits: an adapter of tune in PEFT, one of PEFT in tune, and what tune merged of "
              "it in\ntransformers; beside each adapter how far it is from the base.\n")
        print(f"{'method':<20} {'base':<13}{'of tune':>9}{'effect':>9}{'of PEFT':>9}{'effect':>9}{'merged':>9}")
        failed = []
        for name, base in pairs:
            exchange = Exchange(tune, work, name, base)
            failed += [] if check(exchange) else [f"{name} on {base}"]
            shutil.rmtree(exchange.folder)
    print(f"{len(pairs)} adapters exchanged, tolerance {TOLERANCE:g}: "
          + (f"NOT equal: {', '.join(failed)}" if failed else "all equal"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
