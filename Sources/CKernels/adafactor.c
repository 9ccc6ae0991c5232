#include <math.h>
#include "dispatch.h"
#include "kernels.h"
#pragma clang fp reassociate(on) contract(fast)

// The update of one element before clipping: gradient / sqrt(second moment).
static inline __attribute__((always_inline)) float raw_update(float gradient, float moment, float floor) {
  return gradient / __builtin_elementwise_sqrt(moment > floor ? moment : floor);
}

TUNE_DISPATCH float tune_adafactor_squares(
  const float *gradient, const float *columns, float row, float floor, float scale, long width) {
  float sum = 0;
  for (long i = 0; i < width; i++) {
    float update = raw_update(gradient[i] * scale, columns[i] * row, floor);
    sum += update * update;
  }
  return sum;
}

TUNE_DISPATCH void tune_adafactor_update(
  float *weight, const float *gradient, const float *columns, float row, float floor, float scale, float factor,
  float decay, long width) {
  for (long i = 0; i < width; i++)
    weight[i] = weight[i] * decay + factor * raw_update(gradient[i] * scale, columns[i] * row, floor);
}

TUNE_DISPATCH void tune_add_column_squares(
  float *sums, const float *in, float factor, long rows, long stride, long columns) {
  for (long row = 0; row < rows; row++)
    for (long i = 0; i < columns; i++) sums[i] += in[row * stride + i] * in[row * stride + i] * factor;
}
