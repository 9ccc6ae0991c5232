#include "dispatch.h"
#include "kernels.h"
#pragma clang fp contract(fast)

TUNE_DISPATCH void tune_rotary(
  float *out, const float *in, const float *cosines, const float *sines, const int32_t *positions, float direction,
  long rows, long heads, long head_size, long turned) {
  long half = turned / 2;
  for (long row = 0; row < rows; row++) {
    const float *c = cosines + positions[row] * half, *s = sines + positions[row] * half;
    for (long head = 0; head < heads; head++) {
      const float *x = in + (row * heads + head) * head_size;
      float *y = out + (row * heads + head) * head_size;
      for (long i = 0; i < half; i++) {
        float a = x[i], b = x[i + half], sine = s[i] * direction;
        y[i] = a * c[i] - b * sine;
        y[i + half] = b * c[i] + a * sine;
      }
      for (long i = turned; i < head_size; i++) y[i] = x[i];
    }
  }
}
