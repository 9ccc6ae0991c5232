#!/usr/bin/env python3
"""Writes a GGUF file anew with every tensor as float32, for llama.cpp at tune's precision.

    f32_gguf.py MODEL.gguf OUTPUT.gguf

Tensors are dequantised by the gguf package; the metadata is copied. The result is read back and compared.
"""

import argparse
import sys
from pathlib import Path

import numpy
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType, dequantize

FILE_TYPE = "general.file_type"
# The writer puts these in by itself.
WRITTEN = ("general.architecture", "GGUF.version", "GGUF.tensor_count", "GGUF.kv_count")


def copied_fields(reader):
    return {name: field for name, field in reader.fields.items()
            if name not in WRITTEN and name not in (FILE_TYPE, "general.quantization_version")}


def values(tensor):
    return dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32, copy=False)


def write(reader, output):
    writer = GGUFWriter(output, reader.fields["general.architecture"].contents())
    for name, field in copied_fields(reader).items():
        kind = field.types[0]
        writer.add_key_value(
            name, field.contents(), kind, sub_type=field.types[-1] if kind == GGUFValueType.ARRAY else None)
    writer.add_file_type(LlamaFileType.ALL_F32)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, values(tensor))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check(reader, output):
    """The copy has the same metadata and, as float32, the same weights."""
    copy = GGUFReader(output)
    fields, found = copied_fields(reader), copied_fields(copy)
    if {n: f.contents() for n, f in fields.items()} != {n: f.contents() for n, f in found.items()}:
        sys.exit(f"{output}: the metadata was not copied as it is")
    if [t.name for t in reader.tensors] != [t.name for t in copy.tensors]:
        sys.exit(f"{output}: the tensors were not copied in their order")
    for before, after in zip(reader.tensors, copy.tensors):
        if after.tensor_type != GGMLQuantizationType.F32 or not numpy.array_equal(values(before), after.data):
            sys.exit(f"{output}: {before.name} was not copied as float32")
    return len(copy.tensors)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gguf", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    reader = GGUFReader(arguments.gguf)
    write(reader, arguments.output)
    print(f"wrote {arguments.output}: {check(reader, arguments.output)} tensors in float32")


if __name__ == "__main__":
    main()
