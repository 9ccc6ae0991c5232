import ArgumentParser
import Basics

/// What the base can do without tuning, and other runs: contestants of `tune eval` beside base and tuned.
struct BaselineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Baselines of the base without tuning, separated by commas: prompt, one-shot, few-shot, retrieved.",
      valueName: "names"))
  var with: String?

  @Option(
    help: ArgumentHelp("With --with prompt: what stands before each prompt (default: none).", valueName: "text"))
  var promptInstruction: String?

  @Option(
    help: ArgumentHelp("Training examples before each prompt, with --with few-shot and retrieved.", valueName: "count"))
  var shots = 3

  @Option(help: ArgumentHelp("The seed by which few-shot draws examples.", valueName: "seed"))
  var shotSeed: UInt64 = 42

  func validate() throws {
    try shots.requirePositive("--shots")
    let kinds = try kinds
    if kinds.contains(.prompt) != (promptInstruction != nil) {
      throw ValidationError("--with prompt and --prompt-instruction belong together; give both")
    }
  }

  /// - Throws: `ValidationError` for an unknown name.
  var kinds: [BaselineKind] {
    get throws {
      try (with ?? "").split(separator: ",").map { part in
        let name = part.trimmingCharacters(in: .whitespaces)
        guard let kind = BaselineKind(rawValue: name) else {
          let known = BaselineKind.allCases.map { $0.rawValue }
          let hint = nearest(name, among: known).map { "did you mean '\($0)'? " } ?? ""
          throw ValidationError(
            "--with: there is no baseline '\(name)'; \(hint)Known: \(known.joined(separator: ", "))")
        }
        return kind
      }
    }
  }
}

/// How a base is asked without being tuned.
enum BaselineKind: String, CaseIterable {
  /// An instruction before each prompt.
  case prompt
  /// One training example before all prompts.
  case oneShot = "one-shot"
  /// Several training examples, the same before all prompts.
  case fewShot = "few-shot"
  /// The training examples that are most like the prompt.
  case retrieved
}
