import Adapters
import ArgumentParser
import Basics

extension AdapterCombination.Kind: ExpressibleByArgument {}
extension MajoritySign: ExpressibleByArgument {}

/// `--combination-type` and what belongs to it, named as in PEFT's `add_weighted_adapter`.
struct CombinationOptions: ParsableArguments {
  @Flag(help: "Write the combination of the adapters as one PEFT LoRA instead of merging it into the base.")
  var asAdapter = false

  @Option(
    help: ArgumentHelp(
      "How adapters of plain LoRA become one: "
        + "\(AdapterCombination.Kind.allCases.map(\.rawValue).joined(separator: ", ")) (default: their sum, cat).",
      valueName: "type"))
  var combinationType: AdapterCombination.Kind?

  @Option(
    help: ArgumentHelp(
      "With ties, dare and magnitude_prune: the share of values that is kept (default: 0.5).", valueName: "share"))
  var density: Double?

  @Option(
    help: ArgumentHelp(
      "With ties: a value's sign is that of the sum (total) or of the most (frequency) (default: total).",
      valueName: "method"))
  var majoritySignMethod: MajoritySign?

  @Option(help: ArgumentHelp("With dare: decides which values are kept (default: 42).", valueName: "number"))
  var seed: UInt64?

  func validate() throws {
    let kind = combinationType ?? .cat
    if let density {
      try requireKind(kind.prunes, "--density", "ties, dare or magnitude_prune")
      guard density > 0, density <= 1 else {
        throw ValidationError("--density: \(density) is out of range; use a number above 0 and at most 1")
      }
    }
    if majoritySignMethod != nil { try requireKind(kind.electsSign, "--majority-sign-method", "ties") }
    if seed != nil { try requireKind(kind.isRandom, "--seed", "dare") }
  }

  private func requireKind(_ fits: Bool, _ flag: String, _ kinds: String) throws {
    guard !fits else { return }
    throw ValidationError(
      "\(flag) belongs to --combination-type \(kinds), not to \((combinationType ?? .cat).rawValue); leave it out, or "
        + "choose such a type")
  }

  /// - Parameter rank: of the result, where the kind decomposes.
  func combination(rank: Int?) -> AdapterCombination {
    var combination = AdapterCombination(combinationType ?? .cat)
    combination.rank = rank
    combination.density = density ?? combination.density
    combination.majoritySign = majoritySignMethod ?? combination.majoritySign
    combination.seed = seed ?? combination.seed
    return combination
  }
}

/// `--extract-lora` and what belongs to it.
struct ExtractionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write a LoRA that turns --model into this tuned model as nearly as its rank allows, instead of merging.",
      valueName: "path|org/name"))
  var extractLora: String?

  @Option(
    help: ArgumentHelp(
      "With --extract-lora: the smallest rank of each layer that keeps this share of its difference, such as 0.95.",
      valueName: "share"))
  var threshold: Double?

  @Flag(help: "With --extract-lora: save norms, embeddings and biases that differ whole beside the LoRA.")
  var includeModules = false

  func validate() throws {
    if let threshold, !(threshold > 0 && threshold <= 1) {
      throw ValidationError(
        "--threshold: \(threshold) is out of range; use a share above 0 and at most 1, such as 0.95")
    }
    guard extractLora == nil else { return }
    if threshold != nil { throw ValidationError("--threshold belongs to --extract-lora; name the tuned model with it") }
    if includeModules {
      throw ValidationError("--include-modules belongs to --extract-lora; name the tuned model with it")
    }
  }
}
