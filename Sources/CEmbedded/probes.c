#include "embedded.h"

static const unsigned char general[] = {
#embed "../../Datasets/probes/general.jsonl"
};
static const unsigned char questions[] = {
#embed "../../Datasets/probes/questions.jsonl"
};
static const tune_embedded_file files[] = {
  {"general.jsonl", general, sizeof general},
  {"questions.jsonl", questions, sizeof questions},
};

const tune_embedded_file *tune_embedded_probes(size_t *count) {
  *count = sizeof files / sizeof files[0];
  return files;
}
