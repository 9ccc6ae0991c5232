#include "dispatch.h"
#include "kernels.h"
#pragma clang fp contract(fast)

TUNE_DISPATCH void tune_lion(
  float *weight, float *moment, const float *gradient, const tune_lion_settings *settings, long count) {
  const float beta1 = (float)settings->beta1, beta2 = (float)settings->beta2, step = settings->learning_rate;
  const float share1 = (float)(1 - settings->beta1), share2 = (float)(1 - settings->beta2);
  const float decay = 1.0f - settings->learning_rate * settings->weight_decay, scale = settings->gradient_scale;
  for (long i = 0; i < count; i++) {
    float g = gradient[i] * scale;
    float direction = beta1 * moment[i] + share1 * g;
    moment[i] = beta2 * moment[i] + share2 * g;
    weight[i] = weight[i] * decay - (direction > 0 ? step : direction < 0 ? -step : 0);
  }
}
