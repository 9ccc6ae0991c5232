// Products of a few activation rows with a weight matrix in its storage format.
//
// BLAS rearranges both matrices first, which pays for many rows alone. Here each weight is read from memory once, in
// order, and meets all rows while it is near: a single row by the kernels of one_row.c, several by tiles of inner
// products. Compact weights for several rows are expanded a tile's weight rows at a time.
#include "few_rows.h"
#include "dispatch.h"
#include "kernels.h"
#pragma clang fp contract(fast)

// A tile's sums, 3 weight rows by 4 activation rows, fill 12 of the 16 vector registers of AVX2.
enum { LANES = 8, TILE_OUTPUTS = 3, TILE_ROWS = 4 };
typedef float lanes __attribute__((vector_size(4 * LANES), aligned(1)));
typedef struct __attribute__((packed)) { float value; } unaligned_float;

#define INLINE static inline __attribute__((always_inline))

// `weights` needs no alignment. ahead: for each weight row, how many bytes after it to fetch weights meanwhile.
INLINE void tile(
  float *out, long out_stride, const float *x, long x_stride, const char *weights, long inputs, const long *ahead,
  int outputs, int rows) {
  lanes sums[TILE_OUTPUTS][TILE_ROWS] = {0};
  const long row_bytes = inputs * 4, whole = inputs / LANES * LANES;
  for (long i = 0; i < whole; i += LANES) {
    lanes weight[TILE_OUTPUTS];
    for (int o = 0; o < outputs; o++) {
      const char *from = weights + o * row_bytes + i * 4;
      weight[o] = *(const lanes *)from;
      __builtin_prefetch(from + ahead[o], 0, 2);
    }
    for (int r = 0; r < rows; r++) {
      lanes activation = *(const lanes *)(x + r * x_stride + i);
      for (int o = 0; o < outputs; o++) sums[o][r] += weight[o] * activation;
    }
  }
  for (int o = 0; o < outputs; o++) {
    const unaligned_float *weight = (const unaligned_float *)(weights + o * row_bytes);
    for (int r = 0; r < rows; r++) {
      lanes v = sums[o][r];
      float sum = ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
#pragma clang loop vectorize(disable)
      for (long i = whole; i < inputs; i++) sum += weight[i].value * x[r * x_stride + i];
      out[r * out_stride + o] = sum;
    }
  }
}

// All activation rows against `outputs` weight rows. Meanwhile the weights `next` bytes after them are fetched into the
// second-level cache, one row after the other in even steps over the tiles.
INLINE void tiles(
  float *out, long out_stride, const float *x, long x_stride, long rows, const char *weights, long inputs, long next,
  int outputs) {
  const long count = (rows + TILE_ROWS - 1) / TILE_ROWS;
  for (long t = 0; t < count; t++) {
    long ahead[TILE_OUTPUTS];
    for (int o = 0; o < TILE_OUTPUTS; o++) ahead[o] = o * count / TILE_OUTPUTS == t ? next : 0;
    float *to = out + t * TILE_ROWS * out_stride;
    const float *from = x + t * TILE_ROWS * x_stride;
    switch (rows - t * TILE_ROWS) {
      case 1: tile(to, out_stride, from, x_stride, weights, inputs, ahead, outputs, 1); break;
      case 2: tile(to, out_stride, from, x_stride, weights, inputs, ahead, outputs, 2); break;
      case 3: tile(to, out_stride, from, x_stride, weights, inputs, ahead, outputs, 3); break;
      default: tile(to, out_stride, from, x_stride, weights, inputs, ahead, outputs, TILE_ROWS);
    }
  }
}

TUNE_DISPATCH static void several_rows(
  float *out, long out_stride, const float *x, long x_stride, long rows, const char *weights, long outputs,
  long inputs) {
  const long group = TILE_OUTPUTS * inputs * 4;
  long o = 0;
  for (; o + TILE_OUTPUTS <= outputs; o += TILE_OUTPUTS, weights += group) {
    long next = o + 2 * TILE_OUTPUTS <= outputs ? group : 0;
    tiles(out + o, out_stride, x, x_stride, rows, weights, inputs, next, TILE_OUTPUTS);
  }
  for (; o < outputs; o++, weights += inputs * 4)
    tiles(out + o, out_stride, x, x_stride, rows, weights, inputs, 0, 1);
}

// ---- All formats ----

typedef struct {
  long values, bytes;       // of a block
  one_row_kernel *one_row;  // NULL: expanded for a single activation row too
  void (*expand)(const void *blocks, float *output, size_t block_count);  // not used for float32
} storage;

// By tune_format. A new format needs a line here and in the enumeration.
static const storage storages[] = {
  [TUNE_F32] = {1, 4, tune_one_row_f32, 0},
  [TUNE_F16] = {1, 2, tune_one_row_f16, dequantize_f16},
  [TUNE_BF16] = {1, 2, tune_one_row_bf16, dequantize_bf16},
  [TUNE_F64] = {1, 8, 0, dequantize_f64},
  [TUNE_Q8_0] = {32, 34, tune_one_row_q8_0, dequantize_q8_0},
  [TUNE_Q4_0] = {32, 18, tune_one_row_q4_0, dequantize_q4_0},
  [TUNE_Q4_1] = {32, 20, tune_one_row_q4_1, dequantize_q4_1},
  [TUNE_Q5_0] = {32, 22, 0, dequantize_q5_0},
  [TUNE_Q5_1] = {32, 24, 0, dequantize_q5_1},
  [TUNE_IQ4_NL] = {32, 18, 0, dequantize_iq4_nl},
  [TUNE_Q2_K] = {256, 84, 0, dequantize_q2_K},
  [TUNE_Q3_K] = {256, 110, 0, dequantize_q3_K},
  [TUNE_Q4_K] = {256, 144, tune_one_row_q4_K, dequantize_q4_K},
  [TUNE_Q5_K] = {256, 176, 0, dequantize_q5_K},
  [TUNE_Q6_K] = {256, 210, tune_one_row_q6_K, dequantize_q6_K},
};

// Formats of whole matrices, whose rows do not stand alone; by tune_format less TUNE_FOUR_BIT.
static const struct {
  long values;  // a row has whole multiples of so many, or is expanded for a single activation row too
  matrix_one_row_kernel *one_row;
  void (*expand)(const void *matrix, float *output, long first, long rows, long columns);
} matrices[] = {
  {TUNE_FOUR_BIT_BLOCK, tune_one_row_four_bit, dequantize_four_bit},
  {1, tune_one_row_int8, dequantize_int8},
};

static bool is_matrix(tune_format format) { return format >= TUNE_FOUR_BIT; }

static inline long smaller(long a, long b) { return a < b ? a : b; }

// Asks for bytes to be brought into the second-level cache.
static void fetch(const char *from, long bytes) {
  for (long i = 0; i < bytes; i += 64) __builtin_prefetch(from + i, 0, 2);
}

static bool has_one_row_kernel(tune_format format, long rows, long inputs) {
  if (rows != 1) return false;
  if (is_matrix(format)) return inputs % matrices[format - TUNE_FOUR_BIT].values == 0;
  const storage *stored = &storages[format];
  return stored->one_row && (stored->values == 1 || inputs >= ONE_ROW_INPUTS);
}

enum { ALIGNMENT = 16 };  // floats; a cache line

long tune_few_rows_scratch(tune_format format, long rows, long inputs) {
  if (has_one_row_kernel(format, rows, inputs)) return is_matrix(format) ? 0 : ONE_ROW_SCRATCH(inputs) + ALIGNMENT;
  return format == TUNE_F32 ? 0 : TILE_OUTPUTS * inputs + ALIGNMENT;
}

// Stored rows and where to find them.
typedef struct {
  const void *weights;
  tune_format format;
  long inputs;
} stored_rows;

static long row_bytes(const stored_rows *stored) {
  const storage *format = &storages[stored->format];
  return stored->inputs / format->values * format->bytes;
}

static const char *row_start(const stored_rows *stored, long row) {
  return (const char *)stored->weights + row * row_bytes(stored);
}

static void one_row(float *out, const float *x, const stored_rows *stored, long first, long outputs, float *scratch) {
  const long inputs = stored->inputs;
  if (is_matrix(stored->format))
    matrices[stored->format - TUNE_FOUR_BIT].one_row(out, x, stored->weights, first, outputs, inputs);
  else
    storages[stored->format].one_row(out, x, row_start(stored, first), outputs, inputs, scratch);
}

// Expands `count` rows and asks for the bytes of the next ones.
static void expand_rows(const stored_rows *stored, float *output, long first, long count, long next) {
  if (is_matrix(stored->format)) {
    matrices[stored->format - TUNE_FOUR_BIT].expand(stored->weights, output, first, count, stored->inputs);
    return;
  }
  const storage *format = &storages[stored->format];
  format->expand(row_start(stored, first), output, (size_t)(count * stored->inputs / format->values));
  fetch(row_start(stored, first + count), next * row_bytes(stored));
}

void tune_few_rows(
  float *out, long out_stride, const float *x, long x_stride, long rows, const void *weights, tune_format format,
  long first, long outputs, long inputs, float *scratch) {
  const stored_rows stored = {weights, format, inputs};
  float *aligned = (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
  if (has_one_row_kernel(format, rows, inputs)) {
    one_row(out, x, &stored, first, outputs, aligned);
    return;
  }
  if (format == TUNE_F32) {
    several_rows(out, out_stride, x, x_stride, rows, row_start(&stored, first), outputs, inputs);
    return;
  }
  for (long o = 0; o < outputs; o += TILE_OUTPUTS) {
    const long count = smaller(TILE_OUTPUTS, outputs - o), next = smaller(TILE_OUTPUTS, outputs - o - count);
    expand_rows(&stored, aligned, first + o, count, next);
    several_rows(out + o, out_stride, x, x_stride, rows, (const char *)aligned, count, inputs);
  }
}
