import Basics
import Testing

/// A wrong command line ends with code 2 and one sentence that names the flag and the mend; nothing is written.
@Suite struct UsageTests {
  struct Mistake: CustomTestStringConvertible {
    let arguments: [String]
    let parts: [String]

    init(_ arguments: String, _ parts: String...) {
      self.arguments = arguments.split(separator: " ").map { String($0) }
      self.parts = parts
    }

    var testDescription: String { "tune \(arguments.joined(separator: " "))" }
  }

  static let names = [
    Mistake("trian", "there is no command 'trian'", "did you mean 'train'?"),
    Mistake(
      "frobnicate x", "there is no command 'frobnicate'",
      "prepare, train, eval, generate, chat, pull, inspect, merge, export, tokenize",
      "tune --help"),
    Mistake("train --rnak 8", "unknown option '--rnak'", "did you mean '--rank'?"),
    Mistake("eval --rogue", "unknown option '--rogue'", "did you mean '--rouge'?"),
    Mistake("--rank 8", "unknown option '--rank'", "tune --help"),
    Mistake("generate -x", "unknown option '-x'", "see tune generate --help"),
    Mistake("train extra", "unexpected argument 'extra'", "see tune train --help"),
    Mistake("generate a b c", "unexpected arguments: 'b', 'c'", "see tune generate --help"),
    Mistake("train --rank", "missing value for '--rank <r>'", "see tune train --help"),
  ]

  static let values = [
    Mistake("train --rank 0", "--rank: 0 is too small; use 1 or more"),
    Mistake("train --rank -1", "--rank: -1 is too small"),
    Mistake("train --rank eight", "the value 'eight' is invalid for '--rank <r>'", "see tune train --help"),
    Mistake("train --rank 9223372036854775807", "--rank: 9223372036854775807 is too large; use at most"),
    Mistake("train --epochs 0", "--epochs: 0.0 is out of range; use a number above 0"),
    Mistake("train --epochs -1", "--epochs: -1.0"), Mistake("train --epochs nan", "--epochs: nan"),
    Mistake("train --epochs 1e300", "--epochs: 1e+300 is too large"), Mistake("train --max-steps 0", "--max-steps: 0"),
    Mistake("train --max-steps 9223372036854775807", "--max-steps: 9223372036854775807 is too large"),
    Mistake("train --batch-size 0", "--batch-size: 0 is too small"),
    Mistake("train --batch-size -8", "--batch-size: -8"),
    Mistake("train --batch-size 9223372036854775807", "--batch-size: 9223372036854775807 is too large"),
    Mistake("train --gradient-accumulation-steps 0", "--gradient-accumulation-steps: 0 is too small"),
    Mistake("train --learning-rate 0", "--learning-rate: 0.0"),
    Mistake("train --learning-rate -1e-3", "--learning-rate: -0.001"),
    Mistake("train --learning-rate inf", "--learning-rate: inf"), Mistake("train --eval-steps 0", "--eval-steps: 0"),
    Mistake("train --warmup-steps -1", "--warmup-steps: -1 is too small; use 0 or more"),
    Mistake("train --weight-decay -1", "--weight-decay: -1.0", "use 0 or more"),
    Mistake("train --weight-decay nan", "--weight-decay: nan"),
    Mistake("train --max-grad-norm -1", "--max-grad-norm: -1.0"),
    Mistake("train --lora-alpha 0", "--lora-alpha: 0.0"), Mistake("train --lora-alpha nan", "--lora-alpha: nan"),
    Mistake("train --lora-dropout 1", "--lora-dropout: 1.0", "less than 1"),
    Mistake("train --lora-dropout -0.1", "--lora-dropout"),
    Mistake("train --max-length 1", "--max-length: 1 is too small; use 2 or more"),
    Mistake("train --limit 0", "--limit: 0"),
    Mistake("train --tokens-per-pass 0", "--tokens-per-pass: 0 is too small"),
    Mistake("train --optim sgd", "'sgd' is invalid for '--optim <name>'", "'adafactor', 'lion' or"),
    Mistake("train --optim-args rank=0", "'rank=0' is invalid for '--optim-args <list>'", "use a whole number from 1"),
    Mistake("train --method ia3 --loraplus-lr-ratio 4", "--loraplus-lr-ratio needs --lora or --dora"),
    Mistake(
      "train --lora --optim galore_adamw --optim-target-modules all-linear", "--optim galore_adamw needs --full"),
    Mistake("train --last-layers 1 --load-in-4bit", "--load-in-4bit: --method last-layers trains weights"),
    Mistake("train --loraplus-lr-ratio 0", "--loraplus-lr-ratio: 0.0"),
    Mistake("train --seed -1", "the value '-1' is invalid for '--seed <seed>'"),
    Mistake("train --threads 0", "--threads: 0"),
    Mistake("train --save-dtype int8", "--save-dtype: 'int8' is unknown; use float32, bfloat16 or float16"),
    Mistake(
      "train --lr-schedule foo", "'foo' is invalid for '--lr-schedule <name>'", "'constant', 'linear' or 'cosine'"),
    Mistake("train --overlong foo", "'foo' is invalid for '--overlong <policy>'", "'drop'"),
    Mistake("prepare x.csv --limit 0", "--limit: 0 is too small"),
    Mistake("prepare x.csv --map text", "--map: 'text' is not of the form field=column"),
    Mistake("prepare x.csv --split 2/3", "--split '2/3'", "for example 0.9/0.05/0.05"),
    Mistake("prepare x.csv --split 1/-1/1", "--split 1.0/-1.0/1.0: the shares must be at least 0 and sum to 1"),
    Mistake("eval --limit 0", "--limit: 0 is too small"),
    Mistake("eval --max-new-tokens 0", "--max-new-tokens: 0"), Mistake("eval --batch-size 0", "--batch-size: 0"),
    Mistake("eval --max-new-tokens 9223372036854775807", "--max-new-tokens", "too large"),
    Mistake("eval --fail-under rougeL", "--fail-under: 'rougeL' is not of the form metric=value"),
    Mistake("eval --fail-under rougeL=high", "--fail-under: 'rougeL=high'"),
    Mistake("eval --fail-under =1", "--fail-under"),
    Mistake("eval --fail-under rougL=0.3", "--fail-under: there is no metric 'rougL'", "did you mean 'rougeL'?"),
    Mistake("eval --fail-under sharpness=1", "--fail-under: there is no metric 'sharpness'", "use rouge1"),
    Mistake("generate x --temperature -1", "--temperature: -1.0"),
    Mistake("generate x --temperature nan", "--temperature: nan"),
    Mistake("generate x --top-p 0", "--top-p: 0.0"), Mistake("generate x --top-p 1.5", "--top-p: 1.5"),
    Mistake("generate x --top-k -1", "--top-k: -1 is negative"),
    Mistake("generate x --max-new-tokens 0", "--max-new-tokens: 0"),
    Mistake("generate x --top-logprobs 0", "--top-logprobs: 0 is too small"),
    Mistake("generate x --stop=", "missing value for '--stop <text>'"),
    Mistake("tokenize --train x.jsonl --vocab-size 0 --output new", "--vocab-size: 0 is too small; use 1"),
  ]

  static let combinations = [
    Mistake(
      "train --full --layerwise-updates --max-grad-norm 1", "--layerwise-updates cannot clip",
      "leave --max-grad-norm out"),
    Mistake(
      "train --full --layerwise-updates --gradient-accumulation-steps 2", "cannot sum gradients", "use --batch-size"),
    Mistake("train --full --optim galore_adamw", "--optim galore_adamw needs --optim-target-modules", "all-linear"),
    Mistake("train --optim lion --optim-args rank=8", "--optim-args needs --optim galore_adamw"),
    Mistake("train --optim-target-modules attn", "--optim-target-modules needs --optim galore_adamw"),
    Mistake("train --loraplus-lr-embedding 1e-5", "--loraplus-lr-embedding needs --loraplus-lr-ratio"),
    Mistake("train --lora --full", "--lora and --full exclude each other; choose one"),
    Mistake("train --full --init-adapter a", "--init-adapter needs --lora"),
    Mistake("train --from-scratch", "--from-scratch needs --full"),
    Mistake("generate x --system y", "--system needs --chat"),
    Mistake("eval --run a --adapter b", "--adapter and --run exclude each other"),
    Mistake("tokenize --train x.jsonl", "--train needs --vocab-size and --output", "for example: tune tokenize"),
  ]

  /// Each command alone, in an empty folder, says what it needs.
  static let alone = [
    Mistake("prepare", "name a data file, for example: tune prepare Datasets/dialogues.jsonl"),
    Mistake("train", "there is no prepared/ folder here; run tune prepare"),
    Mistake("eval", "there is no finished run in runs/; run tune train first"),
    Mistake("generate", "the prompt is empty", "for example: tune generate \"The weather today\""),
  ]

  @Test(arguments: names + values + combinations + alone) func mistakesAreNamed(mistake: Mistake) throws {
    let workspace = try Workspace()
    let outcome = try workspace.fail(mistake.arguments, code: 2, saying: mistake.parts)
    #expect(outcome.failure.split(separator: "\n").count == 1 && outcome.output.isEmpty)
    #expect(workspace.contents().isEmpty)
  }

  /// A variable that a script forgot to set must not stand for the root or the current folder.
  @Test(arguments: [
    ["prepare", "x.csv", "--output", ""], ["train", "--output", ""], ["train", "--data", ""], ["train", "--model", ""],
    ["eval", "--run", ""], ["eval", "--loss", ""], ["generate", "x", "--adapter", ""], ["train", "--config", ""],
  ]) func emptyPathsAreNamed(arguments: [String]) throws {
    let flag = arguments[arguments.count - 2]
    try Workspace().fail(arguments, code: 2, saying: ["\(flag): the value is empty; name a file or folder"])
    try Workspace().fail(["prepare", ""], code: 2, saying: ["name a data file"])
  }

  @Test func withoutACommandHelpIsShown() throws {
    let outcome = try Workspace().run([])
    #expect(outcome.code == 0 && outcome.output.contains("tune train --lora --rank 8"))
  }

  /// Mistakes that only the model or the data can tell.
  @Test(arguments: [
    Mistake("train --rank 17", "--rank: 17 is larger than layer", "q_proj' (16 × 16); use at most 16"),
    Mistake("train --rank 9 --target-modules all-linear", "--rank: 9 is larger than layer", "use at most 8"),
    Mistake("train --target-modules q_prj", "--target-modules: no layer is called 'q_prj'", "q_proj"),
    Mistake("train --target-modules ( --output run", "--target-modules"),
    Mistake("generate --chat Hello", "--chat: ", "has no chat template"),
  ]) func theModelDecides(mistake: Mistake) throws {
    let workspace = try Workspace.prepared(), before = workspace.contents()
    let outcome = try workspace.run(mistake.arguments + ["--model", Workspace.model])
    #expect(outcome.code == 2 && !outcome.crashed && outcome.errors.hasPrefix("tune: "), "\(outcome.errors)")
    for part in mistake.parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
    #expect(workspace.contents() == before)
  }

  @Test(arguments: [
    Mistake("--template dialog-summary", "there is no template 'dialog-summary'", "did you mean 'dialogue-summary'?"),
    Mistake("--template dialogue-summary/short", "dialogue-summary", "no wording 'short'"),
    Mistake(
      "--template review-rating", "template 'review-rating' needs star_rating, review_body", "id, dialogue, summary"),
    Mistake("--group-by sumary", "no column 'sumary' to group by", "did you mean 'summary'?"),
    Mistake("--map text=dialogue", "no field 'text' in the templates", "dialogue, summary"),
    Mistake("--map dialogue=talk", "no column 'talk' in the input", "id, dialogue, summary"),
  ]) func theDataDecide(mistake: Mistake) throws {
    let workspace = try Workspace()
    try workspace.fail(["prepare", Workspace.dialogues] + mistake.arguments, code: 2, saying: mistake.parts)
    #expect(workspace.contents().isEmpty)
  }

  @Test(arguments: [
    ("", ["template.yaml", "is empty"]), ("not: [a template", ["template.yaml", "not valid YAML"]),
    ("name: x\n", ["template.yaml:1: task: missing"]),
    ("nmae: x\n", ["template.yaml:1: unknown key 'nmae'", "did you mean 'name'?"]),
    (
      "name: x\ntask: t\nfields: {dialogue: d}\nmetrics: [rouge]\ntemplates:\n  - name: y\n"
        + "    prompt_and_target: \"{{ dialogue }} ||| {{ summary }}\"\n",
      ["template.yaml", "'summary'", "declare it under fields"]
    ),
    (
      "name: x\ntask: t\nfields: {dialogue: d}\nmetrics: [rouge]\ntemplates:\n  - name: y\n"
        + "    prompt_and_target: \"{{ dialogue ||| x\"\n", ["template.yaml"]
    ),
  ]) func wrongTemplateFilesAreNamed(text: String, parts: [String]) throws {
    let workspace = try Workspace()
    try workspace.write(text, to: "template.yaml")
    try workspace.fail(
      ["prepare", Workspace.dialogues, "--template", "template.yaml"], code: 2, saying: parts)
    #expect(workspace.contents() == ["template.yaml"])
  }
}
