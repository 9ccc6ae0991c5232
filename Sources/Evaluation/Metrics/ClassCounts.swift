/// How often one class was expected and predicted.
public struct ClassCounts: Sendable, Equatable {
  /// Examples of the class that were predicted to be of it.
  public var correct = 0
  /// Examples that were predicted to be of the class.
  public var predicted = 0
  /// Examples of the class.
  public var support = 0

  /// Of what was predicted to be of the class, the share that is; 0 where nothing was, as in scikit-learn.
  public var precision: Double { Self.ratio(correct, predicted) }
  /// Of the examples of the class, the share that was found; 0 where there are none.
  public var recall: Double { Self.ratio(correct, support) }
  /// The harmonic mean of precision and recall; 0 where the class does not occur.
  public var f1: Double { Self.ratio(2 * correct, predicted + support) }

  private static func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}

/// A score of the predictions of all classes, as scikit-learn 1.7.2 and 1.9.1 compute it with `zero_division=0`.
///
/// The classes are all that are expected or predicted: a class that is only predicted lowers macro F1.
public enum ClassificationScore: String, Sendable, CaseIterable {
  /// `accuracy_score`.
  case accuracy
  /// `f1_score(average="macro")`: the mean over classes.
  case macroF1 = "macro_f1"
  /// `f1_score(average="micro")`: that of the classes' counts together, which equals accuracy where every example has
  /// one label.
  case microF1 = "micro_f1"
  /// `f1_score(average="weighted")`: the mean over classes by their support.
  case weightedF1 = "weighted_f1"
  /// `matthews_corrcoef`, from -1 to 1; 0 where all examples or all predictions are of one class (Gorodkin, "Comparing
  /// two K-category assignments by a K-category correlation coefficient", 2004).
  case matthewsCorrelation = "matthews_correlation"

  /// The score; 0 without examples.
  public func value(of classes: [ClassCounts]) -> Double {
    let found = classes.filter { $0.predicted + $0.support > 0 }
    let total = found.reduce(0) { $0 + $1.support }
    guard total > 0 else { return 0 }
    let correct = found.reduce(0) { $0 + $1.correct }
    switch self {
    case .accuracy, .microF1: return Double(correct) / Double(total)
    case .macroF1: return found.reduce(0) { $0 + $1.f1 } / Double(found.count)
    case .weightedF1: return found.reduce(0) { $0 + Double($1.support) * $1.f1 } / Double(total)
    case .matthewsCorrelation: return Self.correlation(found, correct: correct, total: total)
    }
  }

  private static func correlation(_ classes: [ClassCounts], correct: Int, total: Int) -> Double {
    let total = Double(total)
    var both = 0.0, predicted = 0.0, expected = 0.0
    for entry in classes {
      both += Double(entry.predicted) * Double(entry.support)
      predicted += Double(entry.predicted) * Double(entry.predicted)
      expected += Double(entry.support) * Double(entry.support)
    }
    let spread = (total * total - predicted) * (total * total - expected)
    return spread == 0 ? 0 : (Double(correct) * total - both) / spread.squareRoot()
  }
}
