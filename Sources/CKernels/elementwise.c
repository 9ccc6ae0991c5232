#include "dispatch.h"
#include "kernels.h"
#pragma clang fp contract(fast)

TUNE_DISPATCH void tune_add(float *out, const float *a, const float *b, long count) {
  for (long i = 0; i < count; i++) out[i] = a[i] + b[i];
}

TUNE_DISPATCH void tune_add_scaled(float *out, const float *a, float scale, long count) {
  for (long i = 0; i < count; i++) out[i] += a[i] * scale;
}

TUNE_DISPATCH void tune_scale(float *out, const float *a, float scale, long count) {
  for (long i = 0; i < count; i++) out[i] = a[i] * scale;
}

TUNE_DISPATCH void tune_scale_columns(
  float *out, const float *in, const float *scale, const float *bias, long rows, long width) {
  for (long row = 0; row < rows; row++) {
    float *o = out + row * width;
    const float *x = in + row * width;
    if (bias)
      for (long j = 0; j < width; j++) o[j] = x[j] * scale[j] + bias[j];
    else
      for (long j = 0; j < width; j++) o[j] = x[j] * scale[j];
  }
}

TUNE_DISPATCH void tune_add_column_products(
  float *sums, const float *a, const float *b, long rows, long stride, long columns) {
  for (long row = 0; row < rows; row++)
    for (long j = 0; j < columns; j++) sums[j] += a[row * stride + j] * b[row * stride + j];
}

TUNE_DISPATCH void tune_row_squares(float *sums, const float *a, const float *b, long rows, long width) {
  for (long row = 0; row < rows; row++) {
#pragma clang fp reassociate(on)
    float sum = 0;
    for (long j = 0; j < width; j++) {
      const float x = a[row * width + j] + b[row * width + j];
      sum += x * x;
    }
    sums[row] = sum;
  }
}

// Sums squares in double, in fixed blocks, so that the result depends neither on threads nor on the vector width.
TUNE_DISPATCH double tune_sum_of_squares(const float *a, long count) {
  double lanes[16] = {0};
  long whole = count / 16 * 16;
  for (long i = 0; i < whole; i += 16)
    for (int lane = 0; lane < 16; lane++) lanes[lane] += (double)a[i + lane] * a[i + lane];
  for (long i = whole; i < count; i++) lanes[i - whole] += (double)a[i] * a[i];
  double sum = 0;
  for (int lane = 0; lane < 16; lane++) sum += lanes[lane];
  return sum;
}

TUNE_DISPATCH void tune_dropout(float *out, const float *in, float p, uint64_t seed, uint64_t offset, long count) {
  const uint32_t threshold = (uint32_t)(p * 4294967296.0);
  const float kept = 1.0f / (1.0f - p);
  for (long i = 0; i < count; i++) {
    // splitmix64's finaliser of a counter: stateless, so any part can be computed anywhere.
    uint64_t z = seed + (offset + (uint64_t)i + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    out[i] = (uint32_t)(z >> 32) < threshold ? 0.0f : in[i] * kept;
  }
}
