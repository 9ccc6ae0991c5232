"""Writes the checkpoint goldens beside this script.

python3 -m venv venv && venv/bin/pip install gguf==0.19.0 safetensors==0.8.0 numpy==2.4.6
venv/bin/python make_checkpoints.py

- plain.safetensors: every float dtype, an integer buffer, a scalar and an empty tensor; *-expected: as float32
- rounding.safetensors: float32 values at the edges of rounding, and their float16 (numpy) and bfloat16 (gguf)
- quants.gguf: each GGUF type, [4, 256], quantised by gguf where it can, else random blocks; *-expected: float32
- llama.gguf: a tiny model as the llama converter writes it; llama-expected: Hugging Face names and row order
"""

import os

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize, quantize
from safetensors import TensorSpec, serialize_file

FOLDER = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(7)


def path(name):
    return os.path.join(FOLDER, name)


def bf16_bits(values):
    return quantize(values.reshape(1, -1), Type.BF16).view(np.uint16).reshape(values.shape)


def save(name, tensors):
    """tensors: name -> array, or (dtype name, array of the bits)"""
    names = {np.float32: "float32", np.float16: "float16", np.float64: "float64", np.int64: "int64"}
    entries, kept = {}, []
    for key, value in tensors.items():
        dtype, array = value if isinstance(value, tuple) else (names[value.dtype.type], value)
        array = np.ascontiguousarray(array).reshape(array.shape)
        kept.append(array)
        entries[key] = TensorSpec(
            dtype=dtype, shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes)
    serialize_file(entries, path(name), {"format": "pt"})


def plain():
    normal = lambda *shape: random.standard_normal(shape).astype(np.float32)
    half = normal(4, 7).astype(np.float16)
    half[0, :7] = np.array([0, 0x8000, 1, 0x83FF, 0x0400, 0x7BFF, 0xFBFF], np.uint16).view(np.float16)
    brain = bf16_bits(normal(2, 9))
    double = random.standard_normal((3, 3))
    single, scalar, empty = normal(3, 5), normal(), np.zeros((0, 4), np.float32)
    save("plain.safetensors", {
        "half": half, "brain": ("bfloat16", brain), "double": double, "single": single, "scalar": np.array(scalar),
        "empty": empty, "position_ids": np.arange(5),
    })
    save("plain-expected.safetensors", {
        "half": half.astype(np.float32), "brain": (brain.astype(np.uint32) << 16).view(np.float32),
        "double": double.astype(np.float32), "single": single, "scalar": np.array(scalar), "empty": empty,
    })


def rounding():
    halves = np.arange(0, 0x7C00, 37, dtype=np.uint16).view(np.float16).astype(np.float32)
    next_halves = np.arange(1, 0x7C01, 37, dtype=np.uint16).view(np.float16).astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        ties = (halves + np.where(np.isfinite(next_halves), next_halves, 65536)) / np.float32(2)
        bits = random.integers(0, 2**32, 4000, dtype=np.uint32).view(np.float32)
        small = (random.standard_normal(2000) * np.exp(random.uniform(-20, 12, 2000))).astype(np.float32)
        edges = np.array([0, 65504, 65519.996, 65520, 65536, 3e38, 3.4e38, np.inf, np.nan, 2**-24, 2**-25, 2**-26,
                          1e-45, 6.1e-5, 6.103515625e-05], np.float32)
        values = np.concatenate([halves, ties, bits, small, edges, -edges])
        save("rounding.safetensors", {
            "values": values, "half": values.astype(np.float16), "brain": ("bfloat16", bf16_bits(values)),
        })


def quants():
    writer = GGUFWriter(path("quants.gguf"), "none")
    expected = {}
    types = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
             "Q6_K"]
    for name in types:
        kind = Type[name]
        values = (random.standard_normal((4, 256)) * 0.05).astype(np.float32)
        values[1] *= 1e-4  # small scales: float16 subnormals
        try:
            data = quantize(values, kind)
        except NotImplementedError:
            data = random_blocks(name, 4)
        data = np.ascontiguousarray(data)
        writer.add_tensor(name, data, raw_dtype=kind)
        expected[name] = dequantize(data, kind).reshape(4, 256)
        assert np.isfinite(expected[name]).all()
    finish(writer)
    save("quants-expected.safetensors", expected)


def random_blocks(name, rows):
    """Rows of one random block each whose float16 scales are finite and of either sign."""
    size, byte_count = GGML_QUANT_SIZES[Type[name]]
    assert 256 % size == 0
    count = rows * 256 // size
    blocks = random.integers(0, 256, (count, byte_count), dtype=np.uint8)
    places = {"IQ4_NL": [0], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}[name]
    for place in places:
        scales = (random.standard_normal(count) * 0.01).astype(np.float16)
        blocks[:, place:place + 2] = scales.view(np.uint8).reshape(count, 2)
    return blocks.reshape(rows, -1)


def interleaved(weight, heads):
    """As the llama converter: the two halves of each head's rows alternate."""
    rows = weight.shape[0]
    return weight.reshape(heads, 2, rows // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def llama3_factors(size, base, factor):
    result = []
    for i in range(0, size, 2):
        wavelength = 2 * np.pi * base ** (i / size)
        smooth = (8192 / wavelength - 1) / 3
        middle = 1 / ((1 - smooth) / factor + smooth)
        result.append(1 if wavelength < 2048 else factor if wavelength > 8192 else middle)
    return np.array(result, np.float32)


def llama():
    hidden, heads, kv_heads, size, inner, vocabulary, layers = 32, 4, 2, 8, 64, 40, 2
    writer = GGUFWriter(path("llama.gguf"), "llama")
    writer.add_block_count(layers)
    writer.add_context_length(512)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(500000.0)
    writer.add_rope_dimension_count(size)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([f"tok{i}é" for i in range(vocabulary)])
    writer.add_token_types([1] * vocabulary)
    writer.add_token_merges(["t o", "to k"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(3)
    writer.add_chat_template("{{ messages }}")
    writer.add_uint8("test.u8", 200)
    writer.add_int8("test.i8", -100)
    writer.add_uint16("test.u16", 60000)
    writer.add_int16("test.i16", -30000)
    writer.add_int32("test.i32", -2000000000)
    writer.add_uint64("test.u64", 2**40)
    writer.add_int64("test.i64", -2**40)
    writer.add_float64("test.f64", 0.1)
    writer.add_bool("test.bool", True)
    writer.add_array("test.floats", [0.1, 0.2])
    writer.add_array("test.bools", [True, False])
    writer.add_array("test.nested", [[1, 2], [3]])
    expected = {}

    def add(stored, name, shape, kind, heads=None):
        values = (random.standard_normal(shape) * 0.1).astype(np.float32)
        data = quantize(values, kind)
        restored = dequantize(data, kind).reshape(shape)
        expected[name] = restored
        writer.add_tensor(stored, np.ascontiguousarray(data if heads is None else interleaved(data, heads)),
                          raw_dtype=kind)

    q8, q4, f16, f32 = Type.Q8_0, Type.Q4_1, Type.F16, Type.F32
    add("token_embd.weight", "model.embed_tokens.weight", (vocabulary, hidden), q8)
    writer.add_tensor("rope_freqs.weight", llama3_factors(size, 500000.0, 32.0))
    for i in range(layers):
        b, m = f"blk.{i}", f"model.layers.{i}"
        add(f"{b}.attn_norm.weight", f"{m}.input_layernorm.weight", (hidden,), f32)
        add(f"{b}.attn_q.weight", f"{m}.self_attn.q_proj.weight", (heads * size, hidden), q4, heads)
        add(f"{b}.attn_q.bias", f"{m}.self_attn.q_proj.bias", (heads * size,), f32, heads)
        add(f"{b}.attn_k.weight", f"{m}.self_attn.k_proj.weight", (kv_heads * size, hidden), f32, kv_heads)
        add(f"{b}.attn_k.bias", f"{m}.self_attn.k_proj.bias", (kv_heads * size,), f16, kv_heads)
        add(f"{b}.attn_v.weight", f"{m}.self_attn.v_proj.weight", (kv_heads * size, hidden), f16)
        add(f"{b}.attn_output.weight", f"{m}.self_attn.o_proj.weight", (hidden, heads * size), q4)
        add(f"{b}.ffn_norm.weight", f"{m}.post_attention_layernorm.weight", (hidden,), f32)
        add(f"{b}.ffn_gate.weight", f"{m}.mlp.gate_proj.weight", (inner, hidden), q4)
        add(f"{b}.ffn_up.weight", f"{m}.mlp.up_proj.weight", (inner, hidden), q8)
        add(f"{b}.ffn_down.weight", f"{m}.mlp.down_proj.weight", (hidden, inner), q8)
    add("output_norm.weight", "model.norm.weight", (hidden,), f32)
    finish(writer)
    save("llama-expected.safetensors", expected)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    plain()
    rounding()
    quants()
    llama()
