// Storage formats of weights: expansion to float32, rounding from float32, and a scan for values that are not finite.
//
// Sources need no alignment. Formats named f16, bf16, f64 count single values; all others count blocks, each of
// `values` values in `bytes` bytes:
//
//   format  values  bytes  fields in order                                                   value
//   q8_0        32     34  f16 d; i8 q[32]                                                   d*q
//   q4_0        32     18  f16 d; u8 q[16]                                                   d*(q4 - 8)
//   q4_1        32     20  f16 d, m; u8 q[16]                                                d*q4 + m
//   q5_0        32     22  f16 d; u32 h; u8 q[16]                                            d*(q5 - 16)
//   q5_1        32     24  f16 d, m; u32 h; u8 q[16]                                         d*q5 + m
//   iq4_nl      32     18  f16 d; u8 q[16]                                                   d*table[q4]
//   q2_K       256     84  u8 scales[16]; u8 q[64]; f16 d, dmin                              d*scale*q2 - dmin*min
//   q3_K       256    110  u8 hmask[32]; u8 q[64]; u8 scales[12]; f16 d                      d*scale*(q3 - 4)
//   q4_K       256    144  f16 d, dmin; u8 scales[12]; u8 q[128]                             d*scale*q4 - dmin*min
//   q5_K       256    176  f16 d, dmin; u8 scales[12]; u8 h[32]; u8 q[128]                   d*scale*q5 - dmin*min
//   q6_K       256    210  u8 ql[128]; u8 qh[64]; i8 scales[16]; f16 d                       d*scale*(q6 - 32)
//
// In blocks of 32, byte j of q holds value j in its low nibble and value j + 16 in its high one; bit j of h is the
// fifth bit of value j. The packing inside blocks of 256 is told beside each function in dequantize.c.
//
// Products and sums are rounded one by one (no fused multiply-add), so that every processor gives the same bits.
#pragma once
#include <stddef.h>
#include <stdint.h>

void dequantize_f16(const void *source, float *output, size_t count);
void dequantize_bf16(const void *source, float *output, size_t count);
void dequantize_f64(const void *source, float *output, size_t count);
void dequantize_q8_0(const void *blocks, float *output, size_t block_count);
void dequantize_q4_0(const void *blocks, float *output, size_t block_count);
void dequantize_q4_1(const void *blocks, float *output, size_t block_count);
void dequantize_q5_0(const void *blocks, float *output, size_t block_count);
void dequantize_q5_1(const void *blocks, float *output, size_t block_count);
void dequantize_iq4_nl(const void *blocks, float *output, size_t block_count);
void dequantize_q2_K(const void *blocks, float *output, size_t block_count);
void dequantize_q3_K(const void *blocks, float *output, size_t block_count);
void dequantize_q4_K(const void *blocks, float *output, size_t block_count);
void dequantize_q5_K(const void *blocks, float *output, size_t block_count);
void dequantize_q6_K(const void *blocks, float *output, size_t block_count);

/// Rounds to the nearest float16, ties to even; beyond 65,520 becomes infinite, NaN stays NaN.
void round_to_f16(const float *source, uint16_t *output, size_t count);
/// Rounds to the nearest bfloat16, ties to even; NaN stays NaN.
void round_to_bf16(const float *source, uint16_t *output, size_t count);

/// The index of the first NaN or infinite value, or -1.
ptrdiff_t first_non_finite(const float *values, size_t count);
