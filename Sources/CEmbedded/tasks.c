#include "embedded.h"

// The benchmarks. A new file of Tasks/ needs its lines here.

static const unsigned char arc[] = {
#embed "../../Tasks/arc.yaml"
};
static const unsigned char bbh[] = {
#embed "../../Tasks/bbh.yaml"
};
static const unsigned char bigbench[] = {
#embed "../../Tasks/bigbench.yaml"
};
static const unsigned char glue[] = {
#embed "../../Tasks/glue.yaml"
};
static const unsigned char gsm8k[] = {
#embed "../../Tasks/gsm8k.yaml"
};
static const unsigned char hellaswag[] = {
#embed "../../Tasks/hellaswag.yaml"
};
static const unsigned char lambada[] = {
#embed "../../Tasks/lambada.yaml"
};
static const unsigned char mmlu[] = {
#embed "../../Tasks/mmlu.yaml"
};
static const unsigned char openbookqa[] = {
#embed "../../Tasks/openbookqa.yaml"
};
static const unsigned char piqa[] = {
#embed "../../Tasks/piqa.yaml"
};
static const unsigned char superglue[] = {
#embed "../../Tasks/superglue.yaml"
};
static const unsigned char truthfulqa[] = {
#embed "../../Tasks/truthfulqa.yaml"
};
static const unsigned char wikitext[] = {
#embed "../../Tasks/wikitext.yaml"
};
static const unsigned char winogrande[] = {
#embed "../../Tasks/winogrande.yaml"
};
static const tune_embedded_file files[] = {
  {"arc.yaml", arc, sizeof arc},
  {"bbh.yaml", bbh, sizeof bbh},
  {"bigbench.yaml", bigbench, sizeof bigbench},
  {"glue.yaml", glue, sizeof glue},
  {"gsm8k.yaml", gsm8k, sizeof gsm8k},
  {"hellaswag.yaml", hellaswag, sizeof hellaswag},
  {"lambada.yaml", lambada, sizeof lambada},
  {"mmlu.yaml", mmlu, sizeof mmlu},
  {"openbookqa.yaml", openbookqa, sizeof openbookqa},
  {"piqa.yaml", piqa, sizeof piqa},
  {"superglue.yaml", superglue, sizeof superglue},
  {"truthfulqa.yaml", truthfulqa, sizeof truthfulqa},
  {"wikitext.yaml", wikitext, sizeof wikitext},
  {"winogrande.yaml", winogrande, sizeof winogrande},
};

const tune_embedded_file *tune_embedded_tasks(size_t *count) {
  *count = sizeof files / sizeof files[0];
  return files;
}
