"""What the PyTorch peers share: quiet imports, the model as transformers loads it, and versions."""

import os
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")
warnings.simplefilter("ignore", FutureWarning)

import torch
import transformers
from transformers import AutoModelForCausalLM


def load_model(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")


def head(peer, task, model, **versions):
    return {
        "peer": peer, "task": task, "model": str(model), "threads": torch.get_num_threads(),
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__, **versions},
        "instructions": torch.backends.cpu.get_cpu_capability()}
