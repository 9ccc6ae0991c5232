#include "embedded.h"

// The cases of `tune selftest metrics`, made by Tests/Fixtures/metrics/make_metrics.py.

static const unsigned char bleu_corpus[] = {
#embed "../../Tests/Fixtures/metrics/bleu_corpus.jsonl"
};
static const unsigned char bleu_sentence[] = {
#embed "../../Tests/Fixtures/metrics/bleu_sentence.jsonl"
};
static const unsigned char chrf[] = {
#embed "../../Tests/Fixtures/metrics/chrf.jsonl"
};
static const unsigned char meteor[] = {
#embed "../../Tests/Fixtures/metrics/meteor.jsonl"
};
static const unsigned char porter[] = {
#embed "../../Tests/Fixtures/metrics/porter.jsonl"
};
static const unsigned char python_str[] = {
#embed "../../Tests/Fixtures/metrics/python_str.jsonl"
};
static const unsigned char rng[] = {
#embed "../../Tests/Fixtures/metrics/rng.jsonl"
};
static const unsigned char rouge[] = {
#embed "../../Tests/Fixtures/metrics/rouge.jsonl"
};
static const unsigned char rouge_bootstrap[] = {
#embed "../../Tests/Fixtures/metrics/rouge_bootstrap.jsonl"
};
static const unsigned char rouge_metric[] = {
#embed "../../Tests/Fixtures/metrics/rouge_metric.jsonl"
};
static const unsigned char rouge_tokenize[] = {
#embed "../../Tests/Fixtures/metrics/rouge_tokenize.jsonl"
};
static const unsigned char sacrebleu_tokenize[] = {
#embed "../../Tests/Fixtures/metrics/sacrebleu_tokenize.jsonl"
};
static const unsigned char significance[] = {
#embed "../../Tests/Fixtures/metrics/significance.jsonl"
};
static const unsigned char squad[] = {
#embed "../../Tests/Fixtures/metrics/squad.jsonl"
};
static const unsigned char ter[] = {
#embed "../../Tests/Fixtures/metrics/ter.jsonl"
};
static const unsigned char ter_tokenize[] = {
#embed "../../Tests/Fixtures/metrics/ter_tokenize.jsonl"
};
static const unsigned char wer[] = {
#embed "../../Tests/Fixtures/metrics/wer.jsonl"
};
static const tune_embedded_file files[] = {
  {"bleu_corpus.jsonl", bleu_corpus, sizeof bleu_corpus},
  {"bleu_sentence.jsonl", bleu_sentence, sizeof bleu_sentence},
  {"chrf.jsonl", chrf, sizeof chrf},
  {"meteor.jsonl", meteor, sizeof meteor},
  {"porter.jsonl", porter, sizeof porter},
  {"python_str.jsonl", python_str, sizeof python_str},
  {"rng.jsonl", rng, sizeof rng},
  {"rouge.jsonl", rouge, sizeof rouge},
  {"rouge_bootstrap.jsonl", rouge_bootstrap, sizeof rouge_bootstrap},
  {"rouge_metric.jsonl", rouge_metric, sizeof rouge_metric},
  {"rouge_tokenize.jsonl", rouge_tokenize, sizeof rouge_tokenize},
  {"sacrebleu_tokenize.jsonl", sacrebleu_tokenize, sizeof sacrebleu_tokenize},
  {"significance.jsonl", significance, sizeof significance},
  {"squad.jsonl", squad, sizeof squad},
  {"ter.jsonl", ter, sizeof ter},
  {"ter_tokenize.jsonl", ter_tokenize, sizeof ter_tokenize},
  {"wer.jsonl", wer, sizeof wer},
};

const tune_embedded_file *tune_embedded_conformance(size_t *count) {
  *count = sizeof files / sizeof files[0];
  return files;
}
