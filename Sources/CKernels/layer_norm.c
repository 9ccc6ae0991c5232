// Source: Ba, Kiros and Hinton, "Layer Normalization", 2016.
#include <math.h>
#include "dispatch.h"
#include "kernels.h"
#pragma clang fp reassociate(on) contract(fast)

TUNE_DISPATCH void tune_layer_norm_forward(
  float *out, float *statistics, const float *in, const float *weight, const float *bias, float eps, long rows,
  long width) {
  for (long row = 0; row < rows; row++) {
    const float *x = in + row * width;
    float *y = out + row * width, sum = 0, squares = 0;
    for (long i = 0; i < width; i++) sum += x[i];
    const float mean = sum / width;
    for (long i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
    const float inverse = 1.0f / sqrtf(squares / width + eps);
    statistics[2 * row] = mean;
    statistics[2 * row + 1] = inverse;
    for (long i = 0; i < width; i++) y[i] = (x[i] - mean) * inverse * weight[i];
    if (bias)
      for (long i = 0; i < width; i++) y[i] += bias[i];
  }
}

// With n = (x - mean) * inverse and g = d_out * weight: d_in = inverse * (g - mean(g) - n * mean(g * n)).
TUNE_DISPATCH void tune_layer_norm_backward(
  float *d_in, const float *d_out, const float *in, const float *weight, const float *statistics, long rows,
  long width) {
  for (long row = 0; row < rows; row++) {
    const float *x = in + row * width, *dy = d_out + row * width;
    const float mean = statistics[2 * row], inverse = statistics[2 * row + 1];
    float sum = 0, dot = 0;
    for (long i = 0; i < width; i++) {
      const float g = dy[i] * weight[i];
      sum += g;
      dot += g * (x[i] - mean);
    }
    const float average = sum / width, correction = dot * inverse * inverse / width;
    for (long i = 0; i < width; i++)
      d_in[row * width + i] = inverse * (dy[i] * weight[i] - average - (x[i] - mean) * correction);
  }
}

TUNE_DISPATCH void tune_layer_norm_weight_backward(
  float *d_weight, const float *d_out, const float *in, const float *statistics, long rows, long stride,
  long columns) {
  for (long row = 0; row < rows; row++) {
    const float *x = in + row * stride, *dy = d_out + row * stride;
    const float mean = statistics[2 * row], inverse = statistics[2 * row + 1];
    for (long i = 0; i < columns; i++) d_weight[i] += dy[i] * (x[i] - mean) * inverse;
  }
}
