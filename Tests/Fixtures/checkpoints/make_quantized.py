"""Writes quantized.safetensors beside this script: float32 values and their blocks as ggml itself rounds them.

python3 -m venv venv && venv/bin/pip install xllamacpp==2026.10.11549 gguf==0.19.0 safetensors==0.8.0 numpy==2.4.6
venv/bin/python make_quantized.py

- values: rows of 256: normal ones small and large, with heavy tails, sparse, of one sign, steps of an eighth (ties), zeros,
  a constant, and some too small for a float16 scale
- the name of each type: the rows' blocks by ggml_quantize_chunk of the library inside xllamacpp
"""

import ctypes
import glob
import os

import numpy as np
import xllamacpp
from gguf import GGMLQuantizationType as Type
from gguf.constants import GGML_QUANT_SIZES
from safetensors.numpy import save_file

FOLDER = os.path.dirname(os.path.abspath(__file__))
TYPES = ["Q8_0", "Q4_0", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"]


def values():
    random = np.random.default_rng(11)
    normal = lambda rows: random.standard_normal((rows, 256))
    rows = [
        normal(8) * 0.02, normal(2) * 300, random.standard_t(2, (6, 256)), np.where(random.random((3, 256)) < 0.9, 0, normal(3)),
        np.repeat(np.where(random.random((3, 8)) < 0.5, 0, 1), 32, axis=1) * normal(3), np.abs(normal(2)), -np.abs(normal(2)),
        random.integers(-8, 8, (3, 256)) / 8, np.zeros((1, 256)), np.ones((1, 256)), normal(1) * 1e-6, normal(1) * 1e-20,
    ]
    return np.concatenate(rows).astype(np.float32)


def main():
    library = ctypes.CDLL(glob.glob(os.path.join(os.path.dirname(xllamacpp.__file__), "xllamacpp*.so"))[0])
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    rows = np.ascontiguousarray(values())
    tensors = {"values": rows}
    for name in TYPES:
        block, size = GGML_QUANT_SIZES[Type[name]]
        blocks = np.zeros((len(rows), 256 // block * size), np.uint8)
        library.ggml_quantize_chunk(
            ctypes.c_int(int(Type[name])), ctypes.c_void_p(rows.ctypes.data), ctypes.c_void_p(blocks.ctypes.data),
            ctypes.c_int64(0), ctypes.c_int64(len(rows)), ctypes.c_int64(256), None)
        tensors[name] = blocks
    save_file(tensors, os.path.join(FOLDER, "quantized.safetensors"), {"format": "pt"})


if __name__ == "__main__":
    main()
