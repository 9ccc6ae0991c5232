#include <math.h>
#include "dispatch.h"
#include "kernels.h"
#pragma clang fp reassociate(on) contract(fast)

static inline __attribute__((always_inline)) float largest(const float *values, long count) {
  float result = 0;
  for (long i = 0; i < count; i++) {
    float size = __builtin_fabsf(values[i]);
    result = size > result ? size : result;
  }
  return result;
}

// The code of the nearest value: how many of the 255 midpoints between values are smaller. Without branches, so that
// several elements are searched at once.
static inline __attribute__((always_inline)) void encode(
  uint8_t *codes, const float *values, float scale, const float *midpoints, long count) {
  const float inverse = 1.0f / (scale > 1e-38f ? scale : 1e-38f);
  for (long i = 0; i < count; i++) {
    float value = values[i] * inverse;
    int code = 0;
    for (int half = 128; half > 0; half >>= 1) code += value > midpoints[code + half - 1] ? half : 0;
    codes[i] = (uint8_t)code;
  }
}

TUNE_DISPATCH void tune_adamw_8bit(
  float *weight, uint8_t *codes1, float *scales1, uint8_t *codes2, float *scales2, const float *gradient,
  const float *signed_map, const float *unsigned_map, const tune_adamw_settings *settings, long count) {
  const float beta1 = (float)settings->beta1, beta2 = (float)settings->beta2, epsilon = settings->epsilon;
  const float share1 = (float)(1 - settings->beta1), share2 = (float)(1 - settings->beta2);
  const float decay = 1.0f - settings->learning_rate * settings->weight_decay, clip = settings->gradient_scale;
  const float step = (float)(settings->learning_rate / settings->bias_correction1);
  const float root = (float)(1.0 / sqrt(settings->bias_correction2));
  float moment1[TUNE_8BIT_BLOCK], moment2[TUNE_8BIT_BLOCK];
  for (long start = 0, block = 0; start < count; start += TUNE_8BIT_BLOCK, block++) {
    long size = count - start < TUNE_8BIT_BLOCK ? count - start : TUNE_8BIT_BLOCK;
    const float scale1 = scales1[block], scale2 = scales2[block];
    for (long i = 0; i < size; i++) {
      float g = gradient[start + i] * clip;
      float m = beta1 * (signed_map[codes1[start + i]] * scale1) + share1 * g;
      float v = beta2 * (unsigned_map[codes2[start + i]] * scale2) + share2 * g * g;
      moment1[i] = m;
      moment2[i] = v;
      weight[start + i] = weight[start + i] * decay - step * m / (__builtin_elementwise_sqrt(v) * root + epsilon);
    }
    scales1[block] = largest(moment1, size);
    scales2[block] = largest(moment2, size);
    encode(codes1 + start, moment1, scales1[block], signed_map + 256, size);
    encode(codes2 + start, moment2, scales2[block], unsigned_map + 256, size);
  }
}
