// What few_rows.c and one_row.c share.
#pragma once

// The product of one activation row with `outputs` stored weight rows of `inputs` values. scratch:
// ONE_ROW_SCRATCH(inputs) floats.
typedef void one_row_kernel(
  float *out, const float *x, const void *weights, long outputs, long inputs, float *scratch);

one_row_kernel tune_one_row_f32, tune_one_row_f16, tune_one_row_bf16, tune_one_row_q8_0, tune_one_row_q4_0,
  tune_one_row_q4_1, tune_one_row_q4_K, tune_one_row_q6_K;

// Prepared activations, their sums over sub-blocks of 16 or 32, and one row's scales, each padded to whole vectors.
#define ONE_ROW_SCRATCH(inputs) ((inputs) + (inputs) / 16 + (inputs) / 32 + 96)
