"""Writes quantization.safetensors beside this script: matrices and what bitsandbytes makes of them.

python3 -m venv venv && venv/bin/pip install torch==2.13.0 bitsandbytes==0.50.2 safetensors==0.8.0 numpy==2.4.6
venv/bin/python make_quantization.py

The functions in torch of the default backend are the reference. The package's native library for processors is kept
from loading: it rounds the scales' 8-bit codes by a table of 65,536 steps, so that one in about 700 is not the nearest.

- blocks, odd: the matrices. `blocks` has 270 blocks of 64 that rows divide anywhere, among them zeros, constants, values
  on and beside every threshold, subnormal numbers and heavy tails; `odd` ends in a block of 3 and half a byte.
- <matrix>.<nf4|fp4>.codes, .scales, .values: packed bytes, the largest magnitude of each block, the expanded matrix
- <matrix>.<nf4|fp4>.nested.codes, .scales, .offset, .values: the 8-bit codes of the scales, the scales of those, the
  mean, and the expanded matrix
- <matrix>.int8.codes, .scales, .values: by rows
- dynamic: the 256 values of the scales' codes
"""

import ctypes
import os


def refuse(name):
    raise OSError(f"{name}: not wanted")


ctypes.cdll.LoadLibrary = refuse
os.environ["TORCHDYNAMO_DISABLE"] = "1"

import numpy as np
import torch
from bitsandbytes import functional
from safetensors.numpy import save_file

FOLDER = os.path.dirname(os.path.abspath(__file__))


def thresholds(kind):
    code = np.sort(functional.get_4bit_type(kind, device="cpu").numpy())
    middle = (code[1:] + code[:-1]) / np.float32(2)
    return np.concatenate([np.nextafter(middle, -2), middle, np.nextafter(middle, 2), [1]]).astype(np.float32)


def blocks():
    random = np.random.default_rng(7)
    normal = lambda count: random.standard_normal((count, 64)) * 0.02
    padded = lambda values: np.concatenate([values, np.zeros(64 - len(values))])[None]
    parts = [
        normal(60), random.standard_t(2, (60, 64)), normal(40) * 300,
        np.where(random.random((40, 64)) < 0.9, 0, normal(40)),
        np.zeros((4, 64)), np.full((2, 64), 0.25), np.full((2, 64), -3), np.full((2, 64), -0.0), np.abs(normal(4)),
        padded(thresholds("nf4")), padded(thresholds("fp4")), padded(-thresholds("nf4") * 0.5), normal(2) * 1e-37,
        np.full((1, 64), 1e-39), random.integers(-8, 8, (10, 64)) / 8, normal(40) * random.random((40, 1)),
    ]
    return np.concatenate(parts).astype(np.float32).reshape(60, 288)


def odd():
    return np.random.default_rng(9).standard_normal((7, 37)).astype(np.float32)


def four_bit(values, kind, nested):
    packed, state = functional.quantize_4bit(
        torch.from_numpy(values), blocksize=64, quant_type=kind, compress_statistics=nested)
    found = {"values": functional.dequantize_4bit(packed, state).numpy()}
    if nested:
        found |= {"codes": state.absmax, "scales": state.state2.absmax, "offset": state.offset.reshape(1)}
    else:
        found |= {"codes": packed.reshape(-1), "scales": state.absmax}
    return {key: np.asarray(value) for key, value in found.items()}


def main():
    tensors = {"dynamic": functional.create_dynamic_map().numpy()}
    for name, values in [("blocks", blocks()), ("odd", odd())]:
        tensors[name] = values
        for kind in ["nf4", "fp4"]:
            for key, value in four_bit(values, kind, nested=False).items():
                tensors[f"{name}.{kind}.{key}"] = value
            for key, value in four_bit(values, kind, nested=True).items():
                tensors[f"{name}.{kind}.nested.{key}"] = value
        codes, scales, _ = functional.int8_vectorwise_quant(torch.from_numpy(values))
        tensors[f"{name}.int8.codes"] = codes.numpy()
        tensors[f"{name}.int8.scales"] = scales.numpy()
        tensors[f"{name}.int8.values"] = functional.int8_vectorwise_dequant(codes, scales).numpy()
    for name in ["blocks.nf4", "blocks.fp4"]:
        del tensors[f"{name}.values"]  # the nested ones show the same, and more
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()},
              os.path.join(FOLDER, "quantization.safetensors"), {"format": "pt"})


if __name__ == "__main__":
    main()
