#include <math.h>
#include "dispatch.h"
#include "kernels.h"
#pragma clang fp reassociate(on) contract(fast)

TUNE_DISPATCH void tune_rms_norm_forward(
  float *out, float *inverse_rms, const float *in, const float *weight, float offset, float eps, long rows,
  long width) {
  for (long row = 0; row < rows; row++) {
    const float *x = in + row * width;
    float sum = 0;
    for (long i = 0; i < width; i++) sum += x[i] * x[i];
    float inverse = 1.0f / sqrtf(sum / width + eps);
    inverse_rms[row] = inverse;
    for (long i = 0; i < width; i++) out[row * width + i] = x[i] * inverse * (offset + weight[i]);
  }
}

// With n = x * inverse and g = d_out * (offset + weight): d_in = inverse * (g - n * mean(g * n)).
TUNE_DISPATCH void tune_rms_norm_backward(
  float *d_in, const float *d_out, const float *in, const float *weight, float offset, const float *inverse_rms,
  long rows, long width) {
  for (long row = 0; row < rows; row++) {
    const float *x = in + row * width, *dy = d_out + row * width;
    float inverse = inverse_rms[row], dot = 0;
    for (long i = 0; i < width; i++) dot += dy[i] * (offset + weight[i]) * x[i];
    float correction = dot * inverse * inverse * inverse / width;
    for (long i = 0; i < width; i++) d_in[row * width + i] = dy[i] * (offset + weight[i]) * inverse - x[i] * correction;
  }
}

TUNE_DISPATCH void tune_rms_norm_weight_backward(
  float *d_weight, const float *d_out, const float *in, const float *inverse_rms, long rows, long stride,
  long columns) {
  for (long row = 0; row < rows; row++) {
    const float *x = in + row * stride, *dy = d_out + row * stride;
    for (long i = 0; i < columns; i++) d_weight[i] += dy[i] * x[i] * inverse_rms[row];
  }
}
