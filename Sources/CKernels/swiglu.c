#include "dispatch.h"
#include "kernels.h"
#include "vector_math.h"

TUNE_DISPATCH void tune_swiglu_forward(float *out, const float *gate, const float *up, long count) {
#pragma clang loop vectorize(enable)
  for (long i = 0; i < count; i++) {
    float sigmoid = 1.0f / (1.0f + fast_exp(-gate[i]));
    out[i] = gate[i] * sigmoid * up[i];
  }
}

// silu'(g) = sigmoid(g) * (1 + g * (1 - sigmoid(g))).
TUNE_DISPATCH void tune_swiglu_backward(
  float *d_gate, float *d_up, const float *d_out, const float *gate, const float *up, long count) {
#pragma clang loop vectorize(enable)
  for (long i = 0; i < count; i++) {
    float g = gate[i], dy = d_out[i], sigmoid = 1.0f / (1.0f + fast_exp(-g));
    d_up[i] = dy * g * sigmoid;
    d_gate[i] = dy * up[i] * sigmoid * (1.0f + g * (1.0f - sigmoid));
  }
}
