// The catalogue of row kernels. Arguments: outputs, inputs, sizes. Matrices are contiguous float32, row-major, unless a
// stride (in floats) is given. "+=" in a comment means that the kernel adds to what the output holds.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "dequantize.h"
#include "quantize.h"
#include "quantized_matrix.h"

// memory.c: tells glibc to keep freed blocks of up to 32 MB in its heap instead of mapping each anew. Other systems: no-op.
void tune_keep_freed_memory(void);

// elementwise.c
void tune_add(float *out, const float *a, const float *b, long count);
void tune_add_scaled(float *out, const float *a, float scale, long count);  // out += a * scale
void tune_scale(float *out, const float *a, float scale, long count);
double tune_sum_of_squares(const float *a, long count);
// out = in * scale[column] + bias[column]; a bias of NULL adds nothing.
void tune_scale_columns(float *out, const float *in, const float *scale, const float *bias, long rows, long width);
// sums[column] += a * b, over rows that are `stride` apart.
void tune_add_column_products(float *sums, const float *a, const float *b, long rows, long stride, long columns);
// sums[row] = sum of squares of (a + b) over the row.
void tune_row_squares(float *sums, const float *a, const float *b, long rows, long width);
// Keeps an element with probability 1 - p and divides it by 1 - p. Element i of stream `seed` is always decided alike,
// so the gradient calls the same function on the incoming gradient with the same seed and offset.
void tune_dropout(float *out, const float *in, float p, uint64_t seed, uint64_t offset, long count);

// rms_norm.c: out = in / rms(in) * (offset + weight), rms(in) = sqrt(mean(in^2) + eps). inverse_rms: [rows].
void tune_rms_norm_forward(
  float *out, float *inverse_rms, const float *in, const float *weight, float offset, float eps, long rows,
  long width);
void tune_rms_norm_backward(
  float *d_in, const float *d_out, const float *in, const float *weight, float offset, const float *inverse_rms,
  long rows, long width);
// d_weight += for some columns of rows that are `stride` apart.
void tune_rms_norm_weight_backward(
  float *d_weight, const float *d_out, const float *in, const float *inverse_rms, long rows, long stride,
  long columns);

// rotary.c: turns the first `turned` elements of each head of each row by its position's angles, Hugging Face's
// half-split layout; the others are copied. cosines, sines: [positions, turned / 2]. direction +1 turns forward, -1
// back (the gradient).
void tune_rotary(
  float *out, const float *in, const float *cosines, const float *sines, const int32_t *positions, float direction,
  long rows, long heads, long head_size, long turned);

// activation.c: out = f(in) * up; up may be NULL, then out = f(in), and d_up is NULL too.
typedef enum { TUNE_SILU, TUNE_GELU, TUNE_GELU_TANH, TUNE_RELU, TUNE_TANH, TUNE_SIGMOID } tune_activation;
void tune_activation_forward(float *out, const float *in, const float *up, tune_activation kind, long count);
void tune_activation_backward(
  float *d_in, float *d_up, const float *d_out, const float *in, const float *up, tune_activation kind, long count);

// layer_norm.c: out = (in - mean(in)) / sqrt(variance(in) + eps) * weight + bias (bias may be NULL).
// statistics: [rows, 2], the mean and the inverse deviation of each row.
void tune_layer_norm_forward(
  float *out, float *statistics, const float *in, const float *weight, const float *bias, float eps, long rows,
  long width);
void tune_layer_norm_backward(
  float *d_in, const float *d_out, const float *in, const float *weight, const float *statistics, long rows,
  long width);
// d_weight += for some columns of rows that are `stride` apart.
void tune_layer_norm_weight_backward(
  float *d_weight, const float *d_out, const float *in, const float *statistics, long rows, long stride, long columns);

// attention.c: attention of one head, by blocks of TUNE_ATTENTION_BLOCK queries and keys.
// Keys and values of a head are packed first: rows [count, wide] with wide = head_size rounded up to 16, or columns,
// block by block [head_size, TUNE_ATTENTION_BLOCK]; both are padded with zeros to whole blocks.
enum { TUNE_ATTENTION_BLOCK = 64 };
long tune_attention_packed_size(long key_count, long head_size);
void tune_attention_pack_rows(float *out, const float *in, long count, long head_size, long stride);
void tune_attention_pack_columns(float *out, const float *in, long count, long head_size, long stride);
typedef struct {
  float scale;        // of the products of queries and keys
  float softcap;      // c: scores become c * tanh(score / c); 0: none
  const float *bias;  // added to the scaled product of query i and key j: bias[j - i]; NULL: none
  bool is_causal;     // query i sees keys 0 ... i; false: all keys
  long window;        // of the keys that a causal query sees, the last so many; 0: all
} tune_attention_options;
// Blocks in work lie on the stack: about 1 kB times head_size.
// At most TUNE_ATTENTION_BLOCK queries, the first of which stands at place `first` among the keys. keys: columns,
// values: rows. log_sum_exp: [rows], kept for the gradient (may be NULL).
void tune_attention_forward(
  float *out, float *log_sum_exp, const float *query, const float *keys, const float *values,
  const tune_attention_options *options, long rows, long first, long key_count, long head_size, long query_stride);
// All queries of a segment, query i standing at place first + i. keys, values: columns; key_rows: rows. d_query is written;
// d_key and d_value, packed as rows, and d_bias, indexed like the bias (may be NULL), +=.
void tune_attention_backward(
  float *d_query, float *d_key, float *d_value, float *d_bias, const float *d_out, const float *out,
  const float *log_sum_exp, const float *query, const float *keys, const float *values, const float *key_rows,
  const tune_attention_options *options, long count, long first, long key_count, long head_size, long query_stride);
// out = the sum of packed rows that lie part_size apart.
void tune_attention_sum_parts(
  float *out, long stride, const float *parts, long part_count, long part_size, long rows, long head_size);
// One query row, which stands at the last key's place, against key_count cached keys. scores: [key_count] of scratch.
void tune_attention_decode(
  float *out, const float *query, const float *key, const float *value, const tune_attention_options *options,
  long key_count, long head_size, long key_stride, float *scores);

// few_rows.c: out[r, o] = sum over i of x[r, i] * weight[o, i], for few rows (1 to about 32): products that BLAS spends
// rearranging the weights. The weights are `outputs` consecutive rows as stored (dequantize.h), each read once and in
// order, at any address; results are those of float32 on the expanded weights but for the order of summation. Strides
// are in floats. inputs: a multiple of the format's block. Stored float16 numbers must be finite. For the last two
// formats `weights` is the tune_four_bit_matrix or tune_int8_matrix; the rows used begin at row `first` of the weights.
// scratch: tune_few_rows_scratch(...) floats of the caller's (may be NULL where that is 0).
typedef enum {
  TUNE_F32, TUNE_F16, TUNE_BF16, TUNE_F64, TUNE_Q8_0, TUNE_Q4_0, TUNE_Q4_1, TUNE_Q5_0, TUNE_Q5_1, TUNE_IQ4_NL,
  TUNE_Q2_K, TUNE_Q3_K, TUNE_Q4_K, TUNE_Q5_K, TUNE_Q6_K, TUNE_FOUR_BIT, TUNE_INT8,
} tune_format;
long tune_few_rows_scratch(tune_format format, long rows, long inputs);
void tune_few_rows(
  float *out, long out_stride, const float *x, long x_stride, long rows, const void *weights, tune_format format,
  long first, long outputs, long inputs, float *scratch);

// cross_entropy.c: per row -log softmax(logits)[target]. With `scale` != 0 the logits are replaced by the gradient
// scale * (softmax - onehot). Returns the sum over rows; row_losses: [rows].
double tune_cross_entropy(
  float *row_losses, float *logits, const int32_t *targets, float scale, long rows, long vocabulary);
// distillation.c: per row the cross-entropy with the target, and KL(reference || model) of the distributions at a
// temperature, over the tokens that both vocabularies have. With `scale` != 0 the logits are replaced by the gradient of
// scale * (hard * cross-entropy + soft * temperature^2 * divergence).
void tune_distillation(
  float *row_losses, float *row_divergences, float *logits, const float *reference, const int32_t *targets,
  float hard, float soft, float temperature, float scale, long rows, long vocabulary, long reference_vocabulary);
// logits = cap * tanh(logits / cap), in place.
void tune_softcap_forward(float *logits, float cap, long count);
// gradient *= 1 - (capped / cap)^2, with the capped logits.
void tune_softcap_backward(float *gradient, const float *capped, float cap, long count);
// log softmax of one row in place.
void tune_log_softmax(float *row, long count);

// adafactor.c: Adafactor (Shazeer and Stern 2018) on one row of a matrix, whose second moment is estimated as
// columns[i] * row, at least floor. scale multiplies the gradient first (clipping).
// The sum of squares of the row's updates gradient / sqrt(second moment).
float tune_adafactor_squares(
  const float *gradient, const float *columns, float row, float floor, float scale, long width);
// weight = weight * decay + factor * update.
void tune_adafactor_update(
  float *weight, const float *gradient, const float *columns, float row, float floor, float scale, float factor,
  float decay, long width);
// sums[i] += factor * in^2 for some columns of rows that are `stride` apart.
void tune_add_column_squares(float *sums, const float *in, float factor, long rows, long stride, long columns);

// adamw.c: one AdamW update (Loshchilov and Hutter 2019, as torch.optim.AdamW computes it) on `count` weights.
// gradient_scale multiplies the gradient first (clipping).
typedef struct {
  float learning_rate;
  double beta1, beta2;  // 1 - beta has few digits in float32
  float epsilon, weight_decay, gradient_scale;
  double bias_correction1, bias_correction2;  // 1 - beta^step
} tune_adamw_settings;
void tune_adamw(
  float *weight, float *moment1, float *moment2, const float *gradient, const tune_adamw_settings *settings,
  long count);

// adamw_8bit.c: tune_adamw with moments in 8 bits (Dettmers et al. 2022): a code is an index into a map of 256 rising
// values in -1 ... 1, scaled by the largest size in its block of TUNE_8BIT_BLOCK. The first moment has a signed map, the
// second an unsigned one. A call starts at a block.
enum { TUNE_8BIT_BLOCK = 256, TUNE_8BIT_MAP_FLOATS = 2 * 256 + (1 << 14) };
// A map for the kernel: the values, the midpoints between them, and a table that finds codes. map: [TUNE_8BIT_MAP_FLOATS]
void tune_8bit_map(float *map, const float *values);
void tune_adamw_8bit(
  float *weight, uint8_t *codes1, float *scales1, uint8_t *codes2, float *scales2, const float *gradient,
  const float *signed_map, const float *unsigned_map, const tune_adamw_settings *settings, long count);

// lion.c: one Lion update (Chen et al. 2023) on `count` weights. gradient_scale multiplies the gradient first (clipping).
typedef struct {
  float learning_rate;
  double beta1, beta2;
  float weight_decay, gradient_scale;
} tune_lion_settings;
void tune_lion(float *weight, float *moment, const float *gradient, const tune_lion_settings *settings, long count);
