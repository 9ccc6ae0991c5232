// Branch-free functions that a compiler can vectorise.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

// e^x to about 1 ulp for x in [-87, 88]; clamps outside. Cody-Waite reduction and a degree-6 polynomial (Cephes expf).
static inline __attribute__((always_inline)) float fast_exp(float x) {
#pragma clang fp reassociate(off) contract(fast)
  x = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer
  float shifted = x * 1.44269504088896341f + magic;
  float n = shifted - magic;
  float r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  // 2^n from shifted's low bits, which hold n; converting n itself would be undefined where x is not a number.
  uint32_t bits;
  memcpy(&bits, &shifted, 4);
  bits = (bits + 127) << 23;
  float power;
  memcpy(&power, &bits, 4);
  return p * power;
}

// tanh to about 1e-7 absolute.
static inline __attribute__((always_inline)) float fast_tanh(float x) {
  return 1.0f - 2.0f / (fast_exp(2.0f * x) + 1.0f);
}

// The error function to 1.5e-7 absolute (Abramowitz and Stegun 1964, 7.1.26); gauss: e^(-x^2).
static inline __attribute__((always_inline)) float fast_erf(float x, float gauss) {
  const float size = fabsf(x), t = 1.0f / (1.0f + 0.3275911f * size);
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  return copysignf(1.0f - p * t * gauss, x);
}
