#include "dispatch.h"
#include "kernels.h"
#include "vector_math.h"
#pragma clang fp contract(fast)

// The value of an activation and its slope.
typedef struct {
  float value, slope;
} activated;

// silu(x) = x * sigmoid(x).
static inline __attribute__((always_inline)) activated silu(float x) {
  const float sigmoid = 1.0f / (1.0f + fast_exp(-x));
  return (activated){x * sigmoid, sigmoid * (1.0f + x * (1.0f - sigmoid))};
}

// gelu(x) = x * P(normal <= x).
static inline __attribute__((always_inline)) activated gelu(float x) {
  const float gauss = fast_exp(-0.5f * x * x), below = 0.5f * (1.0f + fast_erf(x * 0.70710678118654752f, gauss));
  return (activated){x * below, below + x * gauss * 0.39894228040143268f};
}

// The approximation by tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)).
static inline __attribute__((always_inline)) activated gelu_tanh(float x) {
  const float root = 0.79788456080286536f, t = fast_tanh(root * (x + 0.044715f * x * x * x));
  return (activated){
    0.5f * x * (1.0f + t), 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * root * (1.0f + 0.134145f * x * x)};
}

static inline __attribute__((always_inline)) activated relu(float x) {
  return (activated){x > 0 ? x : 0, x > 0 ? 1.0f : 0.0f};
}

static inline __attribute__((always_inline)) activated hyperbolic(float x) {
  const float t = fast_tanh(x);
  return (activated){t, 1.0f - t * t};
}

static inline __attribute__((always_inline)) activated sigmoid(float x) {
  const float value = 1.0f / (1.0f + fast_exp(-x));
  return (activated){value, value * (1.0f - value)};
}

// One loop an activation: the compiler vectorises each.
#define FORWARD(function)                                                     \
  if (up) {                                                                   \
    _Pragma("clang loop vectorize(enable)") for (long i = 0; i < count; i++)  \
      out[i] = function(in[i]).value * up[i];                                 \
  } else {                                                                    \
    _Pragma("clang loop vectorize(enable)") for (long i = 0; i < count; i++)  \
      out[i] = function(in[i]).value;                                         \
  }                                                                           \
  break

TUNE_DISPATCH void tune_activation_forward(
  float *out, const float *in, const float *up, tune_activation kind, long count) {
  switch (kind) {
    case TUNE_SILU: FORWARD(silu);
    case TUNE_GELU: FORWARD(gelu);
    case TUNE_GELU_TANH: FORWARD(gelu_tanh);
    case TUNE_RELU: FORWARD(relu);
    case TUNE_TANH: FORWARD(hyperbolic);
    case TUNE_SIGMOID: FORWARD(sigmoid);
  }
}

#define BACKWARD(function)                                                    \
  if (up) {                                                                   \
    _Pragma("clang loop vectorize(enable)") for (long i = 0; i < count; i++) { \
      const activated f = function(in[i]);                                    \
      const float dy = d_out[i], other = up[i];                               \
      d_up[i] = dy * f.value;                                                 \
      d_in[i] = dy * other * f.slope;                                         \
    }                                                                         \
  } else {                                                                    \
    _Pragma("clang loop vectorize(enable)") for (long i = 0; i < count; i++)  \
      d_in[i] = d_out[i] * function(in[i]).slope;                             \
  }                                                                           \
  break

TUNE_DISPATCH void tune_activation_backward(
  float *d_in, float *d_up, const float *d_out, const float *in, const float *up, tune_activation kind, long count) {
  switch (kind) {
    case TUNE_SILU: BACKWARD(silu);
    case TUNE_GELU: BACKWARD(gelu);
    case TUNE_GELU_TANH: BACKWARD(gelu_tanh);
    case TUNE_RELU: BACKWARD(relu);
    case TUNE_TANH: BACKWARD(hyperbolic);
    case TUNE_SIGMOID: BACKWARD(sigmoid);
  }
}
