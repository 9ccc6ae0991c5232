import Basics

/// What `tune prepare` is asked to do.
public struct PreparationOptions: Sendable {
  /// Files that are read alike: the input of a plain preparation, or one task of a mixture.
  public struct Source: Sendable {
    /// The task's name in a mixture; nil takes that of the template, or of the first file.
    public var name: String?
    /// Data files, folders and globs, read in this order.
    public var inputs: [String]
    /// Names for the lines of text files that belong together, one a file; nil reads the files one after the other.
    public var parallelFields: [String]?
    /// The format; nil lets each file's name and content decide.
    public var format: RecordFormat?
    /// Template files by name, path, or `name/wording`; none lets the columns decide.
    public var templates: [String]
    /// Columns chosen for fields of the templates or of the shape, field to column, before names and synonyms decide.
    public var columns: [String: String]
    /// What a record must meet to be used.
    public var condition: RecordCondition?
    /// The part of those records that is used.
    public var sample: RecordSample?
    /// Stops after so many accepted records.
    public var limit: Int?
    /// How the mixture takes examples of this task.
    public var amount = MixtureAmount.natural
    /// Held out of training: every example goes to the test split.
    public var isHeldOut = false
    /// The licence of the data, for the card.
    public var license: String?

    public init(
      inputs: [String], templates: [String] = [], columns: [String: String] = [:], limit: Int? = nil
    ) {
      self.inputs = inputs
      self.templates = templates
      self.columns = columns
      self.limit = limit
    }
  }

  public var sources: [Source]
  /// How the sources become one set; nil for a plain preparation of one source.
  public var mixture: MixtureSampling?
  /// The folder to write.
  public var output: String
  public var seed: UInt64
  public var fractions: SplitFractions
  /// Writes an example for every wording instead of one, chosen by hash, a record.
  public var everyTemplate: Bool
  /// Writes an example for each template file, such as rating and generation of reviews, instead of one a record.
  public var eachTemplate = false
  /// The shape to write, such as messages; nil writes what the records are, or what templates give.
  public var shape: RecordShape?
  /// Noise with which training examples are written again.
  public var augmentations: [Augmentation] = []
  /// Reads and reports, but writes nothing.
  public var checkOnly: Bool
  /// Records that share this column's value stay in one split.
  public var groupColumn: String?
  /// Records with equal values of this column are spread over the splits by their shares.
  public var stratifyColumn: String?
  /// Wordings, as `wording` or `template/wording`, that only test examples are written in.
  public var heldOutTemplates: [String] = []
  /// Tasks of a mixture whose examples all go to the test split.
  public var heldOutTasks: [String] = []
  /// Demonstrations before each example, drawn from the training split.
  public var shots = 0
  /// Shares of the training split that are written as nested files of their own, `train-0.1.jsonl` and so on.
  public var subsets: [Double] = []
  /// Adds task, template, source file and line to every example; mixtures always do.
  public var keepsProvenance = false
  /// How records are cleaned before they are split.
  public var cleaning = CleaningOptions()
  /// Counts tokens and checks what is learnt, as the model that is to be trained will see it.
  public var tokens: TokenChecks?
  /// Records that a model writes in the style of the given ones; nil for none.
  public var generation: GenerationOptions?
  /// How many rejections the report keeps.
  public var shownRejections: Int

  public init(
    sources: [Source], output: String = "prepared", seed: UInt64 = 42, fractions: SplitFractions = .standard,
    everyTemplate: Bool = false, checkOnly: Bool = false, groupColumn: String? = nil, stratifyColumn: String? = nil,
    shownRejections: Int = 3
  ) {
    self.sources = sources
    self.output = output
    self.seed = seed
    self.fractions = fractions
    self.everyTemplate = everyTemplate
    self.checkOnly = checkOnly
    self.groupColumn = groupColumn
    self.stratifyColumn = stratifyColumn
    self.shownRejections = shownRejections
  }
}
