#include <math.h>
#include <string.h>
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

// A float's sign, exponent and first seven digits: the cells of a map's table. No cell has more than one midpoint.
enum { CELL_BITS = 16, CELLS = 1 << 16, CODES = 256 };

static inline float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static const uint8_t *cell_codes(const float *map) { return (const uint8_t *)(map + 2 * CODES); }

void tune_8bit_map(float *map, const float *values) {
  float *midpoints = map + CODES;
  memcpy(map, values, CODES * sizeof *values);
  for (int code = 0; code + 1 < CODES; code++) midpoints[code] = (values[code] + values[code + 1]) / 2;
  midpoints[CODES - 1] = INFINITY;
  uint8_t *codes = (uint8_t *)(map + 2 * CODES);
  for (uint32_t cell = 0; cell < CELLS; cell++) {
    bool is_negative = cell >= CELLS / 2;
    float least = float_of(cell << CELL_BITS | (is_negative ? 0xffff : 0));
    int code = 0;
    while (code + 1 < CODES && midpoints[code] < least) code++;
    codes[cell] = (uint8_t)code;
  }
}

// The code of the nearest value, which is the number of smaller midpoints: those below the value's cell and, where it is
// smaller, the next.
static inline __attribute__((always_inline)) void encode(
  uint8_t *codes, const float *values, float scale, const float *map, long count) {
  const float inverse = 1.0f / (scale > 1e-38f ? scale : 1e-38f), *midpoints = map + CODES;
  const uint8_t *first = cell_codes(map);
  for (long i = 0; i < count; i++) {
    float value = values[i] * inverse;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    int code = first[bits >> CELL_BITS];
    codes[i] = (uint8_t)(code + (value > midpoints[code]));
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
    const long size = count - start < TUNE_8BIT_BLOCK ? count - start : TUNE_8BIT_BLOCK;
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
    encode(codes1 + start, moment1, scales1[block], signed_map, size);
    encode(codes2 + start, moment2, scales2[block], unsigned_map, size);
  }
}
