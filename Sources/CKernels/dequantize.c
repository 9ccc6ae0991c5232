#include "dequantize.h"

#include "blocks.h"
#include "dispatch.h"

// The published formats are defined by separately rounded products and sums.
#pragma STDC FP_CONTRACT OFF

// On the loop over a sub-block's values: vectorised as a loop; unrolled first, it would stay scalar.
#define AS_LOOP _Pragma("clang loop unroll(disable)")

INLINE uint16_t to_bf16(float value) {
  uint32_t bits = to_bits(value);
  uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  uint32_t quiet = bits >> 16 | 0x40;
  return (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? quiet : rounded);
}

typedef struct PACKED { uint16_t bits; } unaligned16;
typedef struct PACKED { double value; } unaligned_double;

TUNE_DISPATCH void dequantize_f16(const void *source, float *restrict output, size_t count) {
  const unaligned16 *values = source;
  for (size_t i = 0; i < count; i++) output[i] = from_f16(values[i].bits);
}

TUNE_DISPATCH void dequantize_bf16(const void *source, float *restrict output, size_t count) {
  const unaligned16 *values = source;
  for (size_t i = 0; i < count; i++) output[i] = from_bits((uint32_t)values[i].bits << 16);
}

TUNE_DISPATCH void dequantize_f64(const void *source, float *restrict output, size_t count) {
  const unaligned_double *values = source;
  for (size_t i = 0; i < count; i++) output[i] = (float)values[i].value;
}

TUNE_DISPATCH void round_to_f16(const float *source, uint16_t *output, size_t count) {
  for (size_t i = 0; i < count; i++) output[i] = to_f16(source[i]);
}

TUNE_DISPATCH void round_to_bf16(const float *source, uint16_t *output, size_t count) {
  for (size_t i = 0; i < count; i++) output[i] = to_bf16(source[i]);
}

// ---- Blocks of 32 values ----

TUNE_DISPATCH void dequantize_q8_0(const void *blocks, float *restrict output, size_t block_count) {
  const block_q8_0 *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, output += 32) {
    float d = scale_from_f16(block->d);
    AS_LOOP
    for (int j = 0; j < 32; j++) output[j] = d * (float)block->q[j];
  }
}

TUNE_DISPATCH void dequantize_q4_0(const void *blocks, float *restrict output, size_t block_count) {
  const block_q4_0 *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, output += 32) {
    float d = scale_from_f16(block->d);
    AS_LOOP
    for (int j = 0; j < 16; j++) {
      output[j] = d * (float)((block->q[j] & 15) - 8);
      output[j + 16] = d * (float)((block->q[j] >> 4) - 8);
    }
  }
}

TUNE_DISPATCH void dequantize_q4_1(const void *blocks, float *restrict output, size_t block_count) {
  const block_q4_1 *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, output += 32) {
    float d = scale_from_f16(block->d), m = scale_from_f16(block->m);
    AS_LOOP
    for (int j = 0; j < 16; j++) {
      output[j] = d * (float)(block->q[j] & 15) + m;
      output[j + 16] = d * (float)(block->q[j] >> 4) + m;
    }
  }
}

TUNE_DISPATCH void dequantize_q5_0(const void *blocks, float *restrict output, size_t block_count) {
  const block_q5_0 *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, output += 32) {
    float d = scale_from_f16(block->d);
    uint32_t h = block->h;
    AS_LOOP
    for (int j = 0; j < 16; j++) {
      output[j] = d * (float)((int)((block->q[j] & 15) | (h >> j & 1) << 4) - 16);
      output[j + 16] = d * (float)((int)((block->q[j] >> 4) | (h >> (j + 16) & 1) << 4) - 16);
    }
  }
}

TUNE_DISPATCH void dequantize_q5_1(const void *blocks, float *restrict output, size_t block_count) {
  const block_q5_1 *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, output += 32) {
    float d = scale_from_f16(block->d), m = scale_from_f16(block->m);
    uint32_t h = block->h;
    AS_LOOP
    for (int j = 0; j < 16; j++) {
      output[j] = d * (float)(int)((block->q[j] & 15) | (h >> j & 1) << 4) + m;
      output[j + 16] = d * (float)(int)((block->q[j] >> 4) | (h >> (j + 16) & 1) << 4) + m;
    }
  }
}

TUNE_DISPATCH void dequantize_iq4_nl(const void *blocks, float *restrict output, size_t block_count) {
  static const float table[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  const block_q4_0 *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, output += 32) {
    float d = scale_from_f16(block->d);
    AS_LOOP
    for (int j = 0; j < 16; j++) {
      output[j] = d * table[block->q[j] & 15];
      output[j + 16] = d * table[block->q[j] >> 4];
    }
  }
}

// ---- Blocks of 256 values, in sub-blocks of 16 or 32 with scales of their own ----

// q2_K: the low nibble of scales[s] is the scale and the high one the minimum of the 16 values of sub-block s.
// Value 128*n + 32*k + l is bits 2k and 2k + 1 of q[32*n + l].
TUNE_DISPATCH void dequantize_q2_K(const void *blocks, float *restrict output, size_t block_count) {
  const block_q2_K *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++) {
    float d = scale_from_f16(block->d), dmin = scale_from_f16(block->dmin);
    for (int s = 0; s < 16; s++, output += 16) {
      float scale = d * (float)(block->scales[s] & 15), min = dmin * (float)(block->scales[s] >> 4);
      const uint8_t *q = block->q + 32 * (s / 8) + 16 * (s % 2);
      int shift = 2 * (s / 2 % 4);
      AS_LOOP
      for (int l = 0; l < 16; l++) output[l] = scale * (float)(q[l] >> shift & 3) - min;
    }
  }
}

// q3_K: the low two bits are packed as in q2_K; bit k of hmask[l] is the third bit of value 32*k + l.
// The 6-bit scale s has its low nibble in scales[s % 8] (high half from s = 8) and its upper bits in scales[8 + s % 4].
TUNE_DISPATCH void dequantize_q3_K(const void *blocks, float *restrict output, size_t block_count) {
  const block_q3_K *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++) {
    float d = scale_from_f16(block->d);
    for (int s = 0; s < 16; s++, output += 16) {
      int low = block->scales[s % 8] >> 4 * (s / 8) & 15, high = block->scales[8 + s % 4] >> 2 * (s / 4) & 3;
      float scale = d * (float)((low | high << 4) - 32);
      const uint8_t *q = block->q + 32 * (s / 8) + 16 * (s % 2), *h = block->hmask + 16 * (s % 2);
      int shift = 2 * (s / 2 % 4), bit = s / 2;
      AS_LOOP
      for (int l = 0; l < 16; l++) output[l] = scale * (float)((q[l] >> shift & 3) + 4 * (h[l] >> bit & 1) - 4);
    }
  }
}

// q4_K: q[32*p + l] holds value l of sub-block 2p in its low nibble and value l of sub-block 2p + 1 in its high one.
TUNE_DISPATCH void dequantize_q4_K(const void *blocks, float *restrict output, size_t block_count) {
  const block_q4_K *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++) {
    float d = scale_from_f16(block->d), dmin = scale_from_f16(block->dmin);
    sub_block_scales unpacked = unpack_scales(block->scales);
    for (int s = 0; s < 8; s++, output += 32) {
      float scale = d * (float)(unpacked.scales >> 8 * s & 63), min = dmin * (float)(unpacked.mins >> 8 * s & 63);
      const uint8_t *q = block->q + 32 * (s / 2);
      int shift = 4 * (s % 2);
      AS_LOOP
      for (int l = 0; l < 32; l++) output[l] = scale * (float)(q[l] >> shift & 15) - min;
    }
  }
}

// q5_K: as q4_K, with bit s of h[l] as the fifth bit of value l of sub-block s.
TUNE_DISPATCH void dequantize_q5_K(const void *blocks, float *restrict output, size_t block_count) {
  const block_q5_K *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++) {
    float d = scale_from_f16(block->d), dmin = scale_from_f16(block->dmin);
    sub_block_scales unpacked = unpack_scales(block->scales);
    for (int s = 0; s < 8; s++, output += 32) {
      float scale = d * (float)(unpacked.scales >> 8 * s & 63), min = dmin * (float)(unpacked.mins >> 8 * s & 63);
      const uint8_t *q = block->q + 32 * (s / 2);
      int shift = 4 * (s % 2);
      AS_LOOP
      for (int l = 0; l < 32; l++) {
        output[l] = scale * (float)((q[l] >> shift & 15) | (block->h[l] >> s & 1) << 4) - min;
      }
    }
  }
}

// q6_K: value 128*n + 32*k + l has its low nibble in ql[64*n + 32*(k % 2) + l] (high half from k = 2) and its upper two
// bits in bits 2k and 2k + 1 of qh[32*n + l]; each 16 values have a signed scale.
TUNE_DISPATCH void dequantize_q6_K(const void *blocks, float *restrict output, size_t block_count) {
  const block_q6_K *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++) {
    float d = scale_from_f16(block->d);
    for (int run = 0; run < 8; run++, output += 32) {
      float scale0 = d * (float)block->scales[2 * run], scale1 = d * (float)block->scales[2 * run + 1];
      int n = run / 4, k = run % 4, low_shift = 4 * (k / 2), high_shift = 2 * k;
      const uint8_t *low = block->ql + 64 * n + 32 * (k % 2), *high = block->qh + 32 * n;
      AS_LOOP
      for (int l = 0; l < 16; l++) {
        output[l] = scale0 * (float)(((low[l] >> low_shift & 15) | (high[l] >> high_shift & 3) << 4) - 32);
        output[l + 16] =
          scale1 * (float)(((low[l + 16] >> low_shift & 15) | (high[l + 16] >> high_shift & 3) << 4) - 32);
      }
    }
  }
}

// ---- Scan ----

// Runs of 4,096 are only asked whether they hold such a value, which vectorises; the run that does is searched.
TUNE_DISPATCH ptrdiff_t first_non_finite(const float *values, size_t count) {
  for (size_t start = 0; start < count; start += 4096) {
    size_t end = count - start < 4096 ? count : start + 4096;
    uint32_t found = 0;
    for (size_t i = start; i < end; i++) found |= (to_bits(values[i]) & 0x7F800000) == 0x7F800000;
    if (!found) continue;
    for (size_t i = start; i < end; i++) {
      if ((to_bits(values[i]) & 0x7F800000) == 0x7F800000) return (ptrdiff_t)i;
    }
  }
  return -1;
}
