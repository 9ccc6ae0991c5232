// Storage formats of weights: rounding float32 to quantised blocks. dequantize.h tells the blocks' layouts.
//
// Every function gives the bits of the reference, ggml's quantize_row_*_ref: products and sums are rounded one by one
// and sums run in order, so that every processor gives the same. Values are finite; a scale beyond float16 is infinite.
#pragma once
#include <stddef.h>

void quantize_q8_0(const float *values, void *blocks, size_t block_count);
void quantize_q4_0(const float *values, void *blocks, size_t block_count);
void quantize_q5_0(const float *values, void *blocks, size_t block_count);
void quantize_q5_1(const float *values, void *blocks, size_t block_count);
void quantize_q4_K(const float *values, void *blocks, size_t block_count);
void quantize_q5_K(const float *values, void *blocks, size_t block_count);
void quantize_q6_K(const float *values, void *blocks, size_t block_count);
