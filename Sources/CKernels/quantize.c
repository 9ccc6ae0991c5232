#include "quantize.h"

#include <math.h>

#include "blocks.h"

// The reference rounds products and sums separately.
#pragma STDC FP_CONTRACT OFF

// To the nearest integer, ties to even, of values of a magnitude below 2^22.
INLINE int nearest(float value) { return (int)(to_bits(value + 0x1.8p23f) & 0x7FFFFF) - 0x400000; }

INLINE int clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

// The value of largest magnitude with its sign; the first of equals.
INLINE float extreme(const float *x, int count) {
  float largest = 0, value = 0;
  for (int i = 0; i < count; i++) {
    if (fabsf(x[i]) > largest) largest = fabsf(x[i]), value = x[i];
  }
  return value;
}

// ---- Blocks of 32 values ----

void quantize_q8_0(const float *values, void *blocks, size_t block_count) {
  block_q8_0 *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, values += 32) {
    float d = fabsf(extreme(values, 32)) / 127, inverse = d == 0 ? 0 : 1 / d;
    block->d = to_f16(d);
    for (int j = 0; j < 32; j++) block->q[j] = (int8_t)roundf(values[j] * inverse);
  }
}

// Rounds x/d half up in double precision, where product and sum are exact enough not to depend on fused operations.
INLINE int rounded_up(float x, float inverse, int zero, int most) {
  return clamp((int)((double)x * (double)inverse + (zero + 0.5)), 0, most);
}

void quantize_q4_0(const float *values, void *blocks, size_t block_count) {
  block_q4_0 *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, values += 32) {
    float d = extreme(values, 32) / -8, inverse = d == 0 ? 0 : 1 / d;
    block->d = to_f16(d);
    for (int j = 0; j < 16; j++) {
      int low = rounded_up(values[j], inverse, 8, 15), high = rounded_up(values[j + 16], inverse, 8, 15);
      block->q[j] = (uint8_t)(low | high << 4);
    }
  }
}

// The fifth bits of two values to their places.
INLINE uint32_t fifth_bits(int j, int low, int high) {
  return (uint32_t)(low >> 4) << j | (uint32_t)(high >> 4) << (j + 16);
}

void quantize_q5_0(const float *values, void *blocks, size_t block_count) {
  block_q5_0 *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, values += 32) {
    float d = extreme(values, 32) / -16, inverse = d == 0 ? 0 : 1 / d;
    uint32_t h = 0;
    for (int j = 0; j < 16; j++) {
      int low = rounded_up(values[j], inverse, 16, 31), high = rounded_up(values[j + 16], inverse, 16, 31);
      block->q[j] = (uint8_t)((low & 15) | (high & 15) << 4);
      h |= fifth_bits(j, low, high);
    }
    block->d = to_f16(d);
    block->h = h;
  }
}

void quantize_q5_1(const float *values, void *blocks, size_t block_count) {
  block_q5_1 *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, values += 32) {
    float low = values[0], high = values[0];
    for (int j = 1; j < 32; j++) {
      if (values[j] < low) low = values[j];
      if (values[j] > high) high = values[j];
    }
    float d = (high - low) / 31, inverse = d == 0 ? 0 : 1 / d;
    uint32_t h = 0;
    for (int j = 0; j < 16; j++) {
      int first = clamp((int)((values[j] - low) * inverse + 0.5f), 0, 31);
      int second = clamp((int)((values[j + 16] - low) * inverse + 0.5f), 0, 31);
      block->q[j] = (uint8_t)((first & 15) | (second & 15) << 4);
      h |= fifth_bits(j, first, second);
    }
    block->d = to_f16(d);
    block->m = to_f16(low);
    block->h = h;
  }
}

// ---- Blocks of 256 values ----

// Scales below this count as zero.
static const float least_scale = 1e-15f;

typedef struct { float scale, min; } scale_and_min;

// The sums over a sub-block that its best scale and minimum follow from.
typedef struct { float weight, x; } sub_block_sums;

// The weighted squared error of x as scale * q + min.
INLINE float weighted_error(const float *x, const float *weights, const uint8_t *q, scale_and_min fit) {
  float error = 0;
  for (int i = 0; i < 32; i++) {
    float difference = fit.scale * q[i] + fit.min - x[i];
    error += weights[i] * (difference * difference);
  }
  return error;
}

INLINE void round_all(const float *x, float inverse, float min, int most, uint8_t *q) {
  for (int i = 0; i < 32; i++) q[i] = (uint8_t)clamp(nearest(inverse * (x[i] - min)), 0, most);
}

// The scale and minimum of least weighted squared error for given q; false when q does not determine them.
INLINE bool least_squares(
  const float *x, const float *weights, const uint8_t *q, sub_block_sums sums, scale_and_min *fit
) {
  float sum_q = 0, sum_q2 = 0, sum_qx = 0;
  for (int i = 0; i < 32; i++) {
    float weight = weights[i];
    int value = q[i];
    sum_q += weight * value;
    sum_q2 += weight * value * value;
    sum_qx += weight * value * x[i];
  }
  float determinant = sums.weight * sum_q2 - sum_q * sum_q;
  if (!(determinant > 0)) return false;
  fit->scale = (sums.weight * sum_qx - sums.x * sum_q) / determinant;
  fit->min = (sum_q2 * sums.x - sum_q * sum_qx) / determinant;
  if (fit->min > 0) {
    fit->min = 0;
    fit->scale = sum_qx / sum_q2;
  }
  return true;
}

// The scale and the minimum (at most 0) of 32 values for q from 0 to `most`: of `steps` + 1 inverse scales, (most + start
// + 0.1 * step) / range, the one of least weighted error after a fit. Large values weigh more. A better fit's minimum
// is also where the next steps' range begins.
static scale_and_min best_fit(const float *x, int most, float start, int steps, uint8_t *best_q) {
  float weights[32], sum_x2 = 0;
  for (int i = 0; i < 32; i++) sum_x2 += x[i] * x[i];
  float mean = sqrtf(sum_x2 / 32);
  for (int i = 0; i < 32; i++) weights[i] = mean + fabsf(x[i]);

  float min = x[0], max = x[0];
  sub_block_sums sums = {weights[0], weights[0] * x[0]};
  for (int i = 1; i < 32; i++) {
    if (x[i] < min) min = x[i];
    if (x[i] > max) max = x[i];
    sums.weight += weights[i];
    sums.x += weights[i] * x[i];
  }
  if (min > 0) min = 0;
  memset(best_q, 0, 32);
  if (max == min) return (scale_and_min){0, min};

  float inverse = (float)most / (max - min);
  scale_and_min best = {1 / inverse, min};
  round_all(x, inverse, min, most, best_q);
  float least = weighted_error(x, weights, best_q, best);
  for (int step = 0; step <= steps; step++) {
    uint8_t q[32];
    scale_and_min fit;
    round_all(x, (start + 0.1f * (float)step + (float)most) / (max - best.min), best.min, most, q);
    if (!least_squares(x, weights, q, sums, &fit)) continue;
    float error = weighted_error(x, weights, q, fit);
    if (error >= least) continue;
    least = error;
    best = fit;
    memcpy(best_q, q, 32);
  }
  return best;
}

// The common part of q4_K and q5_K: fits eight sub-blocks, rounds their scales and minima to 6 bits and the values to q
// from 0 to `most`. `head` begins with the block's d, dmin and scales.
static void quantize_sub_blocks(const float *x, block_q4_K *head, int most, float start, int steps, uint8_t *q) {
  scale_and_min fits[8];
  float largest_scale = 0, largest_min = 0;
  for (int s = 0; s < 8; s++) {
    fits[s] = best_fit(x + 32 * s, most, start, steps, q + 32 * s);
    if (fits[s].scale > largest_scale) largest_scale = fits[s].scale;
    if (-fits[s].min > largest_min) largest_min = -fits[s].min;
  }
  float inverse_scale = largest_scale > 0 ? 63 / largest_scale : 0, inverse_min = largest_min > 0 ? 63 / largest_min : 0;
  memset(head->scales, 0, sizeof head->scales);
  for (int s = 0; s < 8; s++) {
    // A scale of the fit may be below zero; its byte is then cut as the reference does.
    uint8_t scale = (uint8_t)nearest(inverse_scale * fits[s].scale), min = (uint8_t)nearest(inverse_min * -fits[s].min);
    if (scale > 63) scale = 63;
    if (min > 63) min = 63;
    if (s < 4) {
      head->scales[s] = scale;
      head->scales[s + 4] = min;
    } else {
      head->scales[s + 4] = (uint8_t)((scale & 15) | (min & 15) << 4);
      head->scales[s - 4] |= (uint8_t)(scale >> 4 << 6);
      head->scales[s] |= (uint8_t)(min >> 4 << 6);
    }
  }
  head->d = to_f16(largest_scale / 63);
  head->dmin = to_f16(largest_min / 63);

  sub_block_scales unpacked = unpack_scales(head->scales);
  for (int s = 0; s < 8; s++) {
    float scale = from_f16(head->d) * (float)(unpacked.scales >> 8 * s & 63);
    float min = from_f16(head->dmin) * (float)(unpacked.mins >> 8 * s & 63);
    if (scale == 0) continue;
    for (int l = 0; l < 32; l++) q[32 * s + l] = (uint8_t)clamp(nearest((x[32 * s + l] + min) / scale), 0, most);
  }
}

void quantize_q4_K(const float *values, void *blocks, size_t block_count) {
  block_q4_K *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, values += 256) {
    uint8_t q[256];
    quantize_sub_blocks(values, block, 15, -1, 20, q);
    for (int s = 0; s < 8; s += 2) {
      for (int l = 0; l < 32; l++) block->q[16 * s + l] = (uint8_t)(q[32 * s + l] | q[32 * s + 32 + l] << 4);
    }
  }
}

void quantize_q5_K(const float *values, void *blocks, size_t block_count) {
  block_q5_K *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, values += 256) {
    uint8_t q[256];
    block_q4_K head;
    quantize_sub_blocks(values, &head, 31, -0.5f, 15, q);
    block->d = head.d;
    block->dmin = head.dmin;
    memcpy(block->scales, head.scales, sizeof block->scales);
    memset(block->h, 0, sizeof block->h);
    for (int s = 0; s < 8; s += 2) {
      for (int l = 0; l < 32; l++) {
        int low = q[32 * s + l], high = q[32 * s + 32 + l];
        block->q[16 * s + l] = (uint8_t)((low & 15) | (high & 15) << 4);
        block->h[l] |= (uint8_t)(low >> 4 << s | high >> 4 << (s + 1));
      }
    }
  }
}

// The scale of 16 values for q from -32 to 31: of 19 inverse scales about the one that fits the extreme value, that of
// least squared error, weighted by the values' squares. `best_q` gets q + 32.
static float best_scale(const float *x, uint8_t *best_q) {
  float value = extreme(x, 16), scale = 0, best = 0;
  memset(best_q, 0, 16);
  if (fabsf(value) < least_scale) return 0;
  // The middle one first, then from low to high; of equals the first counts.
  for (int trial = 0; trial < 19; trial++) {
    int step = trial == 0 ? 0 : trial < 10 ? trial - 10 : trial - 9;
    float inverse = -(32 + 0.1f * (float)step) / value, sum_qx = 0, sum_q2 = 0;
    uint8_t q[16];
    for (int i = 0; i < 16; i++) {
      int rounded = clamp(nearest(inverse * x[i]), -32, 31);
      float weight = x[i] * x[i];
      sum_qx += weight * x[i] * (float)rounded;
      sum_q2 += weight * (float)rounded * (float)rounded;
      q[i] = (uint8_t)(rounded + 32);
    }
    if (trial == 0 || (sum_q2 > 0 && sum_qx * sum_qx > best * sum_q2)) {
      scale = sum_q2 != 0 ? sum_qx / sum_q2 : 0;
      best = scale * sum_qx;
      memcpy(best_q, q, 16);
    }
  }
  return scale;
}

void quantize_q6_K(const float *values, void *blocks, size_t block_count) {
  block_q6_K *block = blocks;
  for (size_t b = 0; b < block_count; b++, block++, values += 256) {
    float scales[16];
    uint8_t q[256];
    for (int s = 0; s < 16; s++) scales[s] = best_scale(values + 16 * s, q + 16 * s);
    float largest = extreme(scales, 16);
    memset(block, 0, sizeof *block);
    if (fabsf(largest) < least_scale) continue;
    float inverse = -128 / largest;
    block->d = to_f16(1 / inverse);
    for (int s = 0; s < 16; s++) {
      int scale = nearest(inverse * scales[s]);
      block->scales[s] = (int8_t)(scale > 127 ? 127 : scale);
      float d = from_f16(block->d) * (float)block->scales[s];
      if (d == 0) continue;
      for (int i = 16 * s; i < 16 * s + 16; i++) q[i] = (uint8_t)(32 + clamp(nearest(values[i] / d), -32, 31));
    }
    for (int i = 0; i < 256; i++) {
      int place = i % 128;
      block->ql[64 * (i / 128) + place % 64] |= (uint8_t)((q[i] & 15) << 4 * (place / 64));
      block->qh[32 * (i / 128) + place % 32] |= (uint8_t)(q[i] >> 4 << 2 * (place / 32));
    }
  }
}
