import Basics

/// What `tune prepare` is asked to do.
public struct PreparationOptions: Sendable {
  /// Data files, plain or gzip, read in this order.
  public var inputs: [String]
  /// Template files by name, path, or `name/wording`; none lets the columns decide.
  public var templates: [String]
  /// The folder to write.
  public var output: String
  public var seed: UInt64
  public var fractions: SplitFractions
  /// Stops after so many accepted records.
  public var limit: Int?
  /// Writes an example for every wording instead of one, chosen by hash, a record.
  public var everyTemplate: Bool
  /// Reads and reports, but writes nothing.
  public var checkOnly: Bool
  /// Records that share this column's value stay in one split.
  public var groupColumn: String?
  /// Columns chosen for fields of the templates, field to column, before names and synonyms decide.
  public var columns: [String: String]
  /// How many rejections the report keeps.
  public var shownRejections: Int

  public init(
    inputs: [String], templates: [String] = [], output: String = "prepared", seed: UInt64 = 42,
    fractions: SplitFractions = .standard, limit: Int? = nil, everyTemplate: Bool = false, checkOnly: Bool = false,
    groupColumn: String? = nil, columns: [String: String] = [:], shownRejections: Int = 3
  ) {
    self.inputs = inputs
    self.templates = templates
    self.output = output
    self.seed = seed
    self.fractions = fractions
    self.limit = limit
    self.everyTemplate = everyTemplate
    self.checkOnly = checkOnly
    self.groupColumn = groupColumn
    self.columns = columns
    self.shownRejections = shownRejections
  }
}
