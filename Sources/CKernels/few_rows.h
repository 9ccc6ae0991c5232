// What few_rows.c and one_row.c share.
#pragma once

// The product of one activation row with `outputs` consecutive weight rows of `inputs` values in their storage format.
// Formats in blocks of 32 ask for at least ONE_ROW_INPUTS inputs. scratch: ONE_ROW_SCRATCH(inputs) floats.
typedef void one_row_kernel(
  float *out, const float *x, const void *weights, long outputs, long inputs, float *scratch);

one_row_kernel tune_one_row_f32, tune_one_row_f16, tune_one_row_bf16, tune_one_row_q8_0, tune_one_row_q4_0,
  tune_one_row_q4_1, tune_one_row_q4_K, tune_one_row_q6_K;

// The same from weight row `first` of a quantised matrix on; of four bits with inputs in whole blocks.
typedef void matrix_one_row_kernel(
  float *out, const float *x, const void *matrix, long first, long outputs, long inputs);

matrix_one_row_kernel tune_one_row_four_bit, tune_one_row_int8;

enum { ONE_ROW_INPUTS = 256 };
// Rearranged activations, sums of them, and the scales of a few rows.
#define ONE_ROW_SCRATCH(inputs) ((inputs) + (inputs) / 4 + 128)
