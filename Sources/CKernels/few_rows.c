// Products of few activation rows with stored weights: one row in registers (one_row.c), several on expanded tiles.
#include "few_rows.h"
#include <stdbool.h>
#include "dispatch.h"
#include "kernels.h"
#pragma clang fp contract(fast)
// Vectors pass between inlined functions only, so no calling convention is concerned.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 8, WEIGHT_ROWS = 3, X_ROWS = 4, AHEAD = 3, TILE_FLOATS = 12288 };  // a tile of 48 kB
typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4)));
typedef float four __attribute__((vector_size(16), aligned(4)));

typedef struct {
  long block_values, block_bytes;
  void (*expand)(const void *source, float *output, size_t blocks);
  one_row_kernel *one_row;  // NULL: a row goes by tiles as well
} format_kernels;

static const format_kernels formats[TUNE_FORMAT_COUNT] = {
  [TUNE_F32] = {1, 4, NULL, tune_one_row_f32},
  [TUNE_F16] = {1, 2, dequantize_f16, tune_one_row_f16},
  [TUNE_BF16] = {1, 2, dequantize_bf16, tune_one_row_bf16},
  [TUNE_Q8_0] = {32, 34, dequantize_q8_0, tune_one_row_q8_0},
  [TUNE_Q4_0] = {32, 18, dequantize_q4_0, tune_one_row_q4_0},
  [TUNE_Q4_1] = {32, 20, dequantize_q4_1, tune_one_row_q4_1},
  [TUNE_Q5_0] = {32, 22, dequantize_q5_0, NULL},
  [TUNE_Q5_1] = {32, 24, dequantize_q5_1, NULL},
  [TUNE_IQ4_NL] = {32, 18, dequantize_iq4_nl, NULL},
  [TUNE_Q2_K] = {256, 84, dequantize_q2_K, NULL},
  [TUNE_Q3_K] = {256, 110, dequantize_q3_K, NULL},
  [TUNE_Q4_K] = {256, 144, dequantize_q4_K, tune_one_row_q4_K},
  [TUNE_Q5_K] = {256, 176, dequantize_q5_K, NULL},
  [TUNE_Q6_K] = {256, 210, dequantize_q6_K, tune_one_row_q6_K},
};

static inline long smaller(long a, long b) { return a < b ? a : b; }

// Weight rows that are expanded together.
static long tile_rows(long inputs) {
  long rows = TILE_FLOATS / (inputs > 0 ? inputs : 1) / WEIGHT_ROWS * WEIGHT_ROWS;
  return rows > WEIGHT_ROWS ? rows : WEIGHT_ROWS;
}

long tune_few_rows_scratch(tune_format format, long rows, long inputs) {
  if (rows == 1 && formats[format].one_row) return ONE_ROW_SCRATCH(inputs);
  return format == TUNE_F32 ? 0 : tile_rows(inputs) * inputs;
}

static inline __attribute__((always_inline)) float sum_of(lanes v) {
  four half = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
  half += __builtin_shufflevector(half, half, 2, 3, 0, 1);
  return half[0] + half[1];
}

// The inner products of `ws` weight rows with `xs` activation rows, both constants where it is inlined.
static inline __attribute__((always_inline)) void dot_tile(
  float *out, long out_stride, const float *x, long x_stride, const float *weight, long inputs, int ws, int xs,
  bool fetches) {
  lanes sums[WEIGHT_ROWS][X_ROWS] = {0};
  long i = 0;
  for (; i + LANES <= inputs; i += LANES)
    for (int w = 0; w < ws; w++) {
      lanes values = *(const lanes *)(weight + w * inputs + i);
      // The rows that come next: the processor does not see that they follow.
      if (fetches) __builtin_prefetch(weight + (w + AHEAD) * inputs + i);
      for (int r = 0; r < xs; r++) sums[w][r] += values * *(const lanes *)(x + r * x_stride + i);
    }
  for (int w = 0; w < ws; w++)
    for (int r = 0; r < xs; r++) {
      float sum = sum_of(sums[w][r]);
      for (long rest = i; rest < inputs; rest++) sum += weight[w * inputs + rest] * x[r * x_stride + rest];
      out[r * out_stride + w] = sum;
    }
}

// `ws` weight rows with all activation rows.
static inline __attribute__((always_inline)) void dot_strip(
  float *out, long out_stride, const float *x, long x_stride, long rows, const float *weight, long inputs, int ws) {
  long r = 0;
  for (; r + X_ROWS <= rows; r += X_ROWS)
    dot_tile(out + r * out_stride, out_stride, x + r * x_stride, x_stride, weight, inputs, ws, X_ROWS, r == 0);
  out += r * out_stride, x += r * x_stride;
  switch (rows - r) {
    case 3: dot_tile(out, out_stride, x, x_stride, weight, inputs, ws, 3, r == 0); break;
    case 2: dot_tile(out, out_stride, x, x_stride, weight, inputs, ws, 2, r == 0); break;
    case 1: dot_tile(out, out_stride, x, x_stride, weight, inputs, ws, 1, r == 0); break;
  }
}

TUNE_DISPATCH static void dot_rows(
  float *out, long out_stride, const float *x, long x_stride, long rows, const float *weight, long outputs,
  long inputs) {
  long o = 0;
  for (; o + WEIGHT_ROWS <= outputs; o += WEIGHT_ROWS)
    dot_strip(out + o, out_stride, x, x_stride, rows, weight + o * inputs, inputs, WEIGHT_ROWS);
  for (; o < outputs; o++) dot_strip(out + o, out_stride, x, x_stride, rows, weight + o * inputs, inputs, 1);
}

void tune_few_rows(
  float *out, long out_stride, const float *x, long x_stride, long rows, const void *weights, tune_format format,
  long outputs, long inputs, float *scratch) {
  const format_kernels *kernels = &formats[format];
  if (rows == 1 && kernels->one_row) {
    kernels->one_row(out, x, weights, outputs, inputs, scratch);
    return;
  }
  if (format == TUNE_F32) {
    dot_rows(out, out_stride, x, x_stride, rows, weights, outputs, inputs);
    return;
  }
  const long blocks = inputs / kernels->block_values, row_bytes = blocks * kernels->block_bytes;
  for (long o = 0; o < outputs; o += tile_rows(inputs)) {
    const long count = smaller(tile_rows(inputs), outputs - o);
    kernels->expand((const char *)weights + o * row_bytes, scratch, (size_t)(count * blocks));
    dot_rows(out + o, out_stride, x, x_stride, rows, scratch, count, inputs);
  }
}
