#include "quantized_matrix.h"

#include <math.h>

#include "blocks.h"
#include "dispatch.h"
#include "few_rows.h"

// The reference rounds products and sums separately.
#pragma STDC FP_CONTRACT OFF
// Vectors pass between inlined functions only, so no calling convention is concerned.
#pragma clang diagnostic ignored "-Wpsabi"

#define INVERSE_127 7.874015718698502e-3f

enum { BLOCK = TUNE_FOUR_BIT_BLOCK, LANES = 8 };
typedef float lanes __attribute__((vector_size(4 * LANES), aligned(1)));
typedef int32_t ints __attribute__((vector_size(4 * LANES), aligned(1)));
typedef uint32_t words __attribute__((vector_size(4 * LANES), aligned(1)));

// ---- Rounding ----

INLINE float largest_magnitude(const float *x, size_t count) {
  uint32_t largest = 0;  // magnitudes compare as their bits
  for (size_t i = 0; i < count; i++) {
    uint32_t magnitude = to_bits(x[i]) & 0x7FFFFFFF;
    largest = magnitude > largest ? magnitude : largest;
  }
  return from_bits(largest);
}

INLINE float within_one(float x) { return x < -1 ? -1 : x > 1 ? 1 : x; }

// Brings a block to magnitudes of at most 1 and returns its scale. As the reference does, a whole block is multiplied
// by the inverse and keeps a scale of 0; the last block of a matrix, if shorter, is divided.
INLINE float normalize(const float *x, size_t count, size_t whole, float *normalized) {
  const float least = 1e-38f, magnitude = largest_magnitude(x, count), scale = magnitude > least ? magnitude : least;
  const float inverse = 1 / scale;
  for (size_t i = 0; i < count; i++) normalized[i] = within_one(count == whole ? x[i] * inverse : x[i] / scale);
  return count == whole ? magnitude : scale;
}

// For each value the number of bounds below it.
INLINE void ranks(const float *x, const float *bounds, uint8_t *rank) {
  for (int i = 0; i < BLOCK; i++) {
    int below = 0;
    for (int k = 0; k < 15; k++) below += bounds[k] < x[i];
    rank[i] = (uint8_t)below;
  }
}

TUNE_DISPATCH void quantize_four_bit(
  const float *values, size_t count, const float *bounds, const uint8_t *order, uint8_t *codes, float *scales) {
  for (size_t start = 0; start < count; start += BLOCK, values += BLOCK, codes += BLOCK / 2) {
    const size_t size = count - start < BLOCK ? count - start : BLOCK;
    float normalized[BLOCK] = {0};
    uint8_t rank[BLOCK];
    *scales++ = normalize(values, size, BLOCK, normalized);
    ranks(normalized, bounds, rank);
    for (size_t i = 0; i < size; i += 2) codes[i / 2] = (uint8_t)(order[rank[i]] << 4 | order[rank[i + 1]]);
  }
}

void quantize_scales(
  const float *scales, size_t count, float offset, const float *bounds, uint8_t *codes, float *outer_scales) {
  enum { WHOLE = TUNE_SCALE_BLOCK };
  for (size_t start = 0; start < count; start += WHOLE, scales += WHOLE, codes += WHOLE) {
    const size_t size = count - start < WHOLE ? count - start : WHOLE;
    float centred[WHOLE], normalized[WHOLE];
    for (size_t i = 0; i < size; i++) centred[i] = scales[i] - offset;
    *outer_scales++ = normalize(centred, size, WHOLE, normalized);
    for (size_t i = 0; i < size; i++) {
      int below = 0;
      for (int step = 128; step; step /= 2) below += bounds[below + step - 1] < normalized[i] ? step : 0;
      codes[i] = (uint8_t)below;
    }
  }
}

TUNE_DISPATCH void quantize_int8(const float *values, size_t rows, size_t columns, int8_t *codes, float *scales) {
  for (size_t r = 0; r < rows; r++, values += columns, codes += columns) {
    scales[r] = largest_magnitude(values, columns);
    const float inverse = 127 / scales[r];
    const bool is_zero = isinf(inverse);
    for (size_t i = 0; i < columns; i++) codes[i] = is_zero ? 0 : (int8_t)rintf(values[i] * inverse);
  }
}

// ---- Expansion ----

INLINE float scale_of(const tune_four_bit_matrix *matrix, long block) {
  if (matrix->scales) return matrix->scales[block];
  return matrix->scale_values[matrix->scale_codes[block]] * matrix->outer_scales[block / TUNE_SCALE_BLOCK] +
         matrix->offset;
}

INLINE lanes at_places(const float *table, words index) {
#if defined(__x86_64__)
  // From a vector, compilers make of this one permutation where the processor has it.
  const lanes values = *(const lanes *)table;
#else
  const float *values = table;
#endif
  return (lanes){values[index[0]], values[index[1]], values[index[2]], values[index[3]],
                 values[index[4]], values[index[5]], values[index[6]], values[index[7]]};
}

// The values of the eight codes in four bytes.
INLINE lanes eight_values(const float *values, const uint8_t *codes) {
  uint32_t word;
  memcpy(&word, codes, sizeof word);
  const words index = (words){word, word, word, word, word, word, word, word} >> (words){4, 0, 12, 8, 20, 16, 28, 24};
  const lanes low = at_places(values, index & 7), high = at_places(values + 8, index & 7);
  const ints is_high = (ints)(index << 28) >> 31;
  return (lanes)(((ints)high & is_high) | ((ints)low & ~is_high));
}

INLINE void expand_block(const uint8_t *codes, const float *values, float scale, float *output) {
  for (int i = 0; i < BLOCK; i += LANES) *(lanes *)(output + i) = eight_values(values, codes + i / 2) * scale;
}

// Values that do not fill a block.
INLINE void expand_some(const tune_four_bit_matrix *matrix, long start, long end, float *output) {
  for (long i = start; i < end; i++) {
    const int code = matrix->codes[i / 2] >> (i % 2 ? 0 : 4) & 15;
    output[i - start] = matrix->values[code] * scale_of(matrix, i / BLOCK);
  }
}

TUNE_DISPATCH void dequantize_four_bit(const void *description, float *output, long first, long rows, long columns) {
  const tune_four_bit_matrix *matrix = description;
  const long start = first * columns, end = start + rows * columns;
  float values[16];  // in registers: nothing that is written can be them
  memcpy(values, matrix->values, sizeof values);
  for (long i = start; i < end;) {
    const long next = (i / BLOCK + 1) * BLOCK, stop = next < end ? next : end;
    if (stop - i == BLOCK)
      expand_block(matrix->codes + i / 2, values, scale_of(matrix, i / BLOCK), output + (i - start));
    else
      expand_some(matrix, i, stop, output + (i - start));
    i = stop;
  }
}

TUNE_DISPATCH void dequantize_int8(const void *description, float *output, long first, long rows, long columns) {
  const tune_int8_matrix *matrix = description;
  const int8_t *codes = matrix->codes + first * columns;
  for (long r = 0; r < rows; r++, codes += columns, output += columns) {
    const float scale = matrix->scales[first + r];
    for (long i = 0; i < columns; i++) output[i] = (float)codes[i] * scale * INVERSE_127;
  }
}

// ---- Products of one activation row ----

INLINE float sum_of(lanes v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

INLINE void one_row_four_bit(
  float *out, const float *x, const tune_four_bit_matrix *matrix, long first, long outputs, long inputs) {
#pragma clang fp contract(fast)
  const uint8_t *codes = matrix->codes + first * inputs / 2;
  float values[16];
  memcpy(values, matrix->values, sizeof values);
  long block = first * inputs / BLOCK;
  for (long o = 0; o < outputs; o++) {
    lanes sum = {0};
    for (long start = 0; start < inputs; start += BLOCK, block++, codes += BLOCK / 2) {
      lanes even = {0}, odd = {0};
#pragma clang loop unroll(full)
      for (int i = 0; i < BLOCK; i += 2 * LANES) {
        even += eight_values(values, codes + i / 2) * *(const lanes *)(x + start + i);
        odd += eight_values(values, codes + i / 2 + LANES / 2) * *(const lanes *)(x + start + i + LANES);
      }
      sum += (even + odd) * scale_of(matrix, block);
    }
    out[o] = sum_of(sum);
  }
}

typedef int8_t bytes __attribute__((vector_size(LANES), aligned(1)));

INLINE void one_row_int8(
  float *out, const float *x, const tune_int8_matrix *matrix, long first, long outputs, long inputs) {
#pragma clang fp contract(fast)
  const int8_t *codes = matrix->codes + first * inputs;
  for (long o = 0; o < outputs; o++, codes += inputs) {
    lanes sums[4] = {0};
    long i = 0;
    for (; i + 4 * LANES <= inputs; i += 4 * LANES)
      for (int k = 0; k < 4; k++)
        sums[k] += __builtin_convertvector(*(const bytes *)(codes + i + k * LANES), lanes) *
                   *(const lanes *)(x + i + k * LANES);
    float sum = sum_of((sums[0] + sums[1]) + (sums[2] + sums[3]));
    for (; i < inputs; i++) sum += (float)codes[i] * x[i];
    out[o] = sum * (matrix->scales[first + o] * INVERSE_127);
  }
}

TUNE_DISPATCH void tune_one_row_four_bit(
  float *out, const float *x, const void *matrix, long first, long outputs, long inputs) {
  one_row_four_bit(out, x, matrix, first, outputs, inputs);
}

TUNE_DISPATCH void tune_one_row_int8(
  float *out, const float *x, const void *matrix, long first, long outputs, long inputs) {
  one_row_int8(out, x, matrix, first, outputs, inputs);
}
