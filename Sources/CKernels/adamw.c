#include <math.h>
#include "dispatch.h"
#include "kernels.h"
#pragma clang fp contract(fast)

TUNE_DISPATCH void tune_adamw(
  float *weight, float *moment1, float *moment2, const float *gradient, const tune_adamw_settings *settings,
  long count) {
  const float beta1 = (float)settings->beta1, beta2 = (float)settings->beta2, epsilon = settings->epsilon;
  const float share1 = (float)(1 - settings->beta1), share2 = (float)(1 - settings->beta2);
  const float decay = 1.0f - settings->learning_rate * settings->weight_decay, scale = settings->gradient_scale;
  const float step = (float)(settings->learning_rate / settings->bias_correction1);
  const float root = (float)(1.0 / sqrt(settings->bias_correction2));
  for (long i = 0; i < count; i++) {
    float g = gradient[i] * scale;
    float m = beta1 * moment1[i] + share1 * g;
    float v = beta2 * moment2[i] + share2 * g * g;
    moment1[i] = m;
    moment2[i] = v;
    weight[i] = weight[i] * decay - step * m / (__builtin_elementwise_sqrt(v) * root + epsilon);
  }
}
