import Basics

/// One of the ways in which HELM looks at a model.
///
/// Source: Liang et al., "Holistic Evaluation of Language Models", 2022, section 4; its implementation, crfm-helm 0.5.
public enum EvaluationView: String, Sendable, CaseIterable {
  case accuracy, calibration, robustness, fairness, bias, toxicity, efficiency

  /// Views by their names, separated by commas, in the order of all.
  ///
  /// - Throws: `TuneError.usage` for a name that is none.
  public static func views(_ names: String, flag: String) throws -> [EvaluationView] {
    let known = allCases.map { $0.rawValue }
    let found = try names.split(separator: ",").map { part in
      let name = part.filter { $0 != " " }
      guard let view = EvaluationView(rawValue: name) else {
        let hint =
          nearest(name, among: known).map { "did you mean '\($0)'?" } ?? "use \(known.joined(separator: ", "))"
        throw TuneError.usage("\(flag): there is no view '\(name)'; \(hint)")
      }
      return view
    }
    guard !found.isEmpty else {
      throw TuneError.usage("\(flag): names no view; use \(known.joined(separator: ", "))")
    }
    return allCases.filter { found.contains($0) }
  }

  /// Whether it reads texts that the model writes.
  public var readsWrittenTexts: Bool { self == .bias || self == .toxicity }

  /// The perturbations that it asks questions with.
  public var perturbations: [Perturbation] {
    switch self {
    case .robustness: Perturbation.allCases.filter { !$0.changesChoices }
    case .fairness: Perturbation.allCases.filter { $0.changesChoices }
    default: []
    }
  }
}
