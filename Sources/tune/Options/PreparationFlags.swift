import ArgumentParser
import Basics
import Datasets

/// How the files of one source are read.
struct ReadingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "csv, tsv, json, jsonl, text, text-paragraph, text-file (default: by name and content).", valueName: "format"))
  var format: String?

  @Option(help: ArgumentHelp("What parts the fields of CSV, such as ';'.", valueName: "character"))
  var delimiter: String?

  @Option(
    help: ArgumentHelp(
      "Read text files side by side, line n of each a field of record n: for train.en train.de, en,de.",
      valueName: "fields"))
  var parallel: String?

  @Option(
    help: ArgumentHelp("Columns for the templates' fields; may be given again.", valueName: "field=column,…"))
  var map: [String] = []

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      "Use only records that meet it: \"stars >= 4 and body contains 'good'\".", valueName: "condition"))
  var condition: String?

  @Option(
    help: ArgumentHelp("Use a part of the records, drawn by their content: 0.1 or 5000.", valueName: "share|count"))
  var sample: String?

  @Option(help: ArgumentHelp("Stop after so many accepted records.", valueName: "count"))
  var limit: Int?

  @Option(help: ArgumentHelp("The licence of the data, for the data card.", valueName: "text"))
  var license: String?

  func validate() throws { try limit?.requirePositive("--limit") }

  var isDefault: Bool {
    format == nil && parallel == nil && delimiter == nil && map.isEmpty && condition == nil && sample == nil
      && limit == nil
      && license == nil
  }

  func source(_ inputs: [String], templates: [String], seed: UInt64) throws -> PreparationOptions.Source {
    var source = PreparationOptions.Source(
      inputs: inputs, templates: templates, columns: try columns(), limit: limit)
    source.condition = try condition.map { try RecordCondition($0) }
    source.sample = try sample.map { try RecordSample($0, seed: seed) }
    if format != nil || delimiter != nil { source.format = try RecordFormat(named: format, delimiter: delimiter) }
    source.parallelFields = parallel.map { $0.split(separator: ",").map { String($0) } }
    source.license = license
    return source
  }

  private func columns() throws -> [String: String] {
    var columns: [String: String] = [:]
    for pair in map.flatMap({ $0.split(separator: ",") }) {
      guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
        throw TuneError.usage("--map: '\(pair)' is not of the form field=column")
      }
      columns[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
    }
    return columns
  }
}

/// How records are spread over the splits.
struct SplittingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Shares of train/validation/test (default: 0.9/0.05/0.05).", valueName: "shares"))
  var split: String?

  @Option(help: ArgumentHelp("Keep records that share this column's value in one split.", valueName: "column"))
  var groupBy: String?

  @Option(help: ArgumentHelp("Give every value of this column its share in every split.", valueName: "column"))
  var stratify: String?

  @Option(
    help: ArgumentHelp("Write only test examples in this wording; may be given again.", valueName: "[template/]wording")
  )
  var holdOutTemplate: [String] = []

  @Option(help: ArgumentHelp("Keep a mixture's task for the test split; may be given again.", valueName: "task"))
  var holdOutTask: [String] = []

  @Option(
    help: ArgumentHelp("Also write nested parts of the training split, for learning curves.", valueName: "0.1,0.25,…"))
  var fractions: String?

  func apply(to options: inout PreparationOptions) throws {
    if let split { options.fractions = try SplitFractions(parsing: split) }
    options.groupColumn = groupBy
    options.stratifyColumn = stratify
    options.heldOutTemplates = holdOutTemplate
    options.heldOutTasks = holdOutTask
    options.subsets = try (fractions ?? "").split(separator: ",").map { text in
      guard let share = Double(text.trimmingSpaces) else {
        throw TuneError.usage("--fractions: '\(text)' is no number; expected shares such as 0.1,0.25,0.5,1")
      }
      return share
    }
  }
}

/// What is checked, dropped and replaced.
struct CleaningFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Drop records at least this similar to an earlier one (Jaccard of word shingles), for example 0.8.",
      valueName: "threshold"))
  var nearDuplicates: Double?

  @Option(
    help: ArgumentHelp(
      "Drop records that share 13 words in a row with this benchmark file; may be given again.", valueName: "file"))
  var decontaminate: [String] = []

  @Option(
    help: ArgumentHelp(
      "What to look for: kinds parted by commas, all, or none (default: what needs no further option).",
      valueName: "kinds"))
  var findings: String?

  @Option(
    help: ArgumentHelp(
      "Replace personal data by marks: email, phone, payment-card, iban, secret-key, us-ssn, ip-address, url, or all.",
      valueName: "kinds"))
  var redact: String?

  @Option(help: ArgumentHelp("Correct words, one a line: texts with many others are found.", valueName: "file"))
  var wordList: String?

  @Option(help: ArgumentHelp("Languages that are expected, such as en,de: others are found.", valueName: "codes"))
  var languages: String?

  @Flag(help: "Write nothing and exit with 3 where there is a rejected record or a finding.")
  var strict = false

  func apply(to options: inout PreparationOptions) throws {
    options.cleaning.nearDuplicateThreshold = nearDuplicates
    options.cleaning.decontaminationFiles = decontaminate
    if let findings {
      options.cleaning.checks =
        switch findings {
        case "all": FindingKind.allCases
        case "none": []
        default: try FindingKind.named(Self.names(findings))
        }
      try requireWhatChecksNeed(findings)
    }
    if let redact {
      options.cleaning.redacts = redact == "all" ? FindingKind.redactable : try FindingKind.named(Self.names(redact))
    }
    options.cleaning.wordList = try wordList.map(Self.words)
    options.cleaning.languages = try languages.map(Self.languages) ?? []
    if wordList != nil { options.cleaning.checks.append(.misspelling) }
    if languages != nil { options.cleaning.checks.append(.language) }
    options.cleaning.isStrict = strict
  }

  /// Two kinds have nothing to go by on their own.
  private func requireWhatChecksNeed(_ findings: String) throws {
    let kinds = Self.names(findings)
    if kinds.contains(FindingKind.misspelling.rawValue), wordList == nil {
      throw TuneError.usage("--findings misspelling: needs correct words to compare with; name a file with --word-list")
    }
    if kinds.contains(FindingKind.language.rawValue), languages == nil {
      throw TuneError.usage("--findings language: needs the languages that are expected, such as --languages en,de")
    }
  }

  private static func words(_ path: String) throws -> WordList {
    let reader = try LineReader(path)
    var lines: [String] = []
    while let line = try reader.next() {
      guard let word = String(validating: line, as: UTF8.self) else {
        throw TuneError.data("\(path):\(lines.count + 1): not valid UTF-8; save the word list as UTF-8")
      }
      lines.append(word)
    }
    return try WordList(lines: lines, origin: path)
  }

  private static func languages(_ list: String) throws -> Set<Language> {
    let known = Language.allCases.map { $0.rawValue }.joined(separator: ", ")
    let languages = try names(list).map { code in
      guard let language = Language(rawValue: code) else {
        throw TuneError.usage("--languages: '\(code)' is not known; expected some of \(known)")
      }
      return language
    }
    guard !languages.isEmpty else {
      throw TuneError.usage("--languages: no language is named; expected some of \(known)")
    }
    return Set(languages)
  }

  private static func names(_ list: String) -> [String] { list.split(separator: ",").map { $0.trimmingSpaces } }
}

/// What is shown and counted beside the work itself.
struct LookingOptions: ParsableArguments {
  @Flag(help: "Read and report, but write nothing.")
  var check = false

  @Option(
    help: ArgumentHelp("Print so many examples as a model reads them: what is trained stands out.", valueName: "count"))
  var show: Int?

  @Option(
    help: ArgumentHelp(
      "Count tokens and check what is trained, with the tokenizer and chat template of this model: path or org/name.",
      valueName: "model"))
  var tokenizer: String?

  @Option(
    help: ArgumentHelp(
      "With --tokenizer or --show: use this chat template, the name of one of the model's, or a .jinja file.",
      valueName: "name|file"))
  var chatTemplate: String?

  @Option(help: ArgumentHelp("Count the examples of more tokens than this.", valueName: "tokens"))
  var maxLength: Int?

  @Flag(help: "Add task, template, source file and line to every example (a mixture always does).")
  var provenance = false

  func validate() throws {
    try show?.requirePositive("--show")
    if show != nil, check {
      throw ValidationError("--show reads what was written, and --check writes nothing; leave one of them out")
    }
    try maxLength?.requirePositive("--max-length")
  }

  func apply(to options: inout PreparationOptions, console: Console) throws {
    options.checkOnly = check
    options.keepsProvenance = provenance
    // --show needs a tokenizer: the default model's, unless another is named.
    guard tokenizer != nil || maxLength != nil || show != nil else { return }
    options.tokens = try LoadedTokenizer(tokenizer, chatTemplate: chatTemplate, console: console)
      .checks(maxLength: maxLength)
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
