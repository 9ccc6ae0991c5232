import Basics
import Datasets

/// The trials of a sweep, all of them checked before any is run.
struct SweepPlan: Sendable {
  struct Trial: Equatable, Sendable {
    /// From 1.
    let number: Int
    /// The value of each axis, in the order of `axes`.
    let values: [String]
    /// The options of `tune train`: those that all trials share, then the trial's own.
    let options: [String]
    /// How much it has to do, in a unit that all trials share.
    let work: Double
  }

  /// One training of some of the trials.
  struct Rung: Equatable, Sendable {
    /// `--max-steps`; nil as the trial's options say.
    let steps: Int?
    let trials: Int
    /// The share of a trial's work.
    let share: Double
  }

  let axes: [SweepAxis]
  let trials: [Trial]
  let rungs: [Rung]
  /// Why there are fewer trials than were asked for; nil where there are as many.
  let shortage: String?

  /// The most trials of a sweep.
  static let mostTrials = 1000

  /// - Parameter checksData: whether the data must be there, as for training; a finished sweep is shown without them.
  /// - Throws: `TuneError.usage` for axes, options and trials that `tune train` would refuse.
  init(_ settings: SweepSettings, checksData: Bool = true) throws {
    axes = try Self.axes(settings)
    guard !axes.isEmpty else {
      throw TuneError.usage(
        "nothing is varied; name values with --grid, --random, --variant or --recipe, for example --grid rank=1,2,4,8")
    }
    try Self.checkShared(settings.trainOptions, axes)
    try Self.checkEvaluation(settings)
    let points = try SweepPoints.points(axes, trials: settings.trials, seed: settings.seed)
    shortage =
      points.count < settings.trials ?? 0
      ? "there are only \(points.count) different trials; \(settings.trials ?? 0) were asked for" : nil
    let commands = try Self.checked(points, settings)
    let works = Self.works(commands)
    trials = points.indices.map { index in
      Trial(
        number: index + 1, values: points[index].map { $0.text },
        options: settings.trainOptions + points[index].flatMap { $0.options }, work: works[index])
    }
    rungs = try Self.rungs(settings, commands)
    if checksData { for command in commands { try Self.checkData(command, settings) } }
  }

  /// "rank=4 learning-rate=3e-4"; variants by their label alone.
  func label(_ trial: Trial) -> String {
    zip(axes, trial.values).map { axis, value in
      axis.name.isSame(as: SweepAxis.variantName) ? value : "\(axis.name)=\(value)"
    }.joined(separator: " ")
  }

  private static func axes(_ settings: SweepSettings) throws -> [SweepAxis] {
    var axes: [SweepAxis] = []
    if let recipe = settings.recipe { axes.append(try recipe.axis()) }
    if !settings.variants.isEmpty {
      guard !axes.contains(where: { $0.name.isSame(as: SweepAxis.variantName) }) else {
        throw TuneError.usage("--variant and --recipe methods exclude each other; choose one")
      }
      axes.append(try SweepAxis(variants: settings.variants))
    }
    let replaceable = axes.count
    for (flag, texts) in [("--grid", settings.grid), ("--random", settings.random)] {
      for text in texts {
        let axis = try SweepAxis(parsing: text, flag: flag)
        guard let place = axes.firstIndex(where: { $0.name.isSame(as: axis.name) }) else {
          guard !axis.name.isSame(as: SweepAxis.variantName) else {
            throw TuneError.usage(
              "\(flag): 'variant' needs --variant or --recipe methods, whose labels it chooses from")
          }
          axes.append(axis)
          continue
        }
        guard place < replaceable else {
          throw TuneError.usage("\(flag): '\(axis.name)' is varied twice; name all its values once")
        }
        axes[place] = try axes[place].narrowed(to: axis, flag: flag)
      }
    }
    return axes
  }

  /// Options for all trials may not be what is varied, nor what the sweep sets itself.
  private static func checkShared(_ options: [String], _ axes: [SweepAxis]) throws {
    for option in options where option.hasPrefix("--") {
      let name = String(option.dropFirst(2).prefix { $0 != "=" })
      if axes.contains(where: { $0.name.isSame(as: name) }) {
        throw TuneError.usage("--\(name) is varied and is also among the options of tune train; leave one of them out")
      }
      if ["output", "json", "quiet", "help", "version"].contains(name) {
        throw TuneError.usage(
          "--\(name) cannot be an option of the trials, whose folders and output the sweep sets; leave it out")
      }
    }
  }

  /// Each trial as `tune train` reads it.
  private static func checked(_ points: [[AxisValue]], _ settings: SweepSettings) throws -> [Tune.Train] {
    var commands: [Tune.Train] = [], problems: [String] = []
    for (index, point) in points.enumerated() {
      do {
        commands.append(try Tune.Train.parse(settings.trainOptions + point.flatMap { $0.options }))
      } catch {
        let values = point.map { $0.text }.joined(separator: " ")
        let reason = (error as? TuneError)?.message ?? CommandLineText.oneSentence(Tune.Train.message(for: error))
        problems.append("trial \(index + 1) (\(values)): \(reason)")
      }
    }
    guard let first = problems.first else { return commands }
    let rest = problems.count > 1 ? " (as are \(problems.count - 1) more of \(points.count) trials)" : ""
    throw TuneError.usage("\(first)\(rest)")
  }

  /// Examples to be trained on where steps are given, else passes over the data, in shares of them.
  private static func works(_ commands: [Tune.Train]) -> [Double] {
    let haveSteps = commands.filter { $0.loop.maxSteps != nil }.count
    let haveLimits = commands.filter { $0.data.limit != nil }.count
    guard haveSteps % commands.count == 0, haveLimits % commands.count == 0 else {
      return commands.map { _ in 1 }
    }
    return commands.map { command in
      if let steps = command.loop.maxSteps {
        return Double(steps) * Double(command.loop.batchSize * command.loop.gradientAccumulationSteps)
      }
      return command.loop.epochs * (command.data.dataFraction ?? 1) * Double(command.data.limit ?? 1)
    }
  }

  private static func rungs(_ settings: SweepSettings, _ commands: [Tune.Train]) throws -> [Rung] {
    guard let eta = settings.halving else { return [Rung(steps: nil, trials: commands.count, share: 1)] }
    guard let steps = commands.first?.loop.maxSteps, commands.allSatisfy({ $0.loop.maxSteps == steps }) else {
      throw TuneError.usage(
        "--halving divides the steps of tune train, the same for all trials; give them behind --, for example "
          + "-- --max-steps 300")
    }
    let halving = SuccessiveHalving(
      trials: commands.count, steps: steps, eta: eta, fewestSteps: settings.halvingMinSteps)
    return halving.rungs.map { Rung(steps: $0.steps, trials: $0.trials, share: Double($0.steps) / Double(steps)) }
  }

  /// - Throws: `TuneError.usage` for options that `tune eval` would refuse.
  private static func checkEvaluation(_ settings: SweepSettings) throws {
    try check(settings.allEvalOptions, flag: "--eval-options")
    if settings.measuresForgetting { try check(settings.allForgettingOptions, flag: "--forgetting-options") }
  }

  private static func check(_ options: [String], flag: String) throws {
    let own = ["--run", "--adapter", "--model", "--output", "--loss", "--perplexity", "--json"]
    for option in options.map({ $0.split(separator: "=").first.map { String($0) } ?? "" }) {
      guard own.contains(option) || (option == "--forgetting" && flag == "--eval-options") else { continue }
      throw TuneError.usage("\(flag): \(option) is set by the sweep or not for it; leave it out")
    }
    do {
      _ = try Tune.Eval.parse(options)
    } catch {
      throw TuneError.usage("\(flag): \(CommandLineText.oneSentence(Tune.Eval.message(for: error)))")
    }
  }

  /// What is measured needs its part of the data.
  private static func checkData(_ command: Tune.Train, _ settings: SweepSettings) throws {
    let locations = try command.data.locations()
    // Texts for language modelling are held out where there is no split.
    let hasValidation =
      (command.data.objective == .lm && command.data.texts.validationSplit != 0)
      || locations.contains { $0.isFolder && $0.file(for: .validation) != nil }
    if settings.metric == .evalLoss, !hasValidation {
      throw TuneError.usage(
        "--metric eval_loss needs a validation split, which \(locations[0].path) has not; prepare the data with --split, "
          + "or compare by --metric rougeL")
    }
    if settings.evaluates { for location in locations { _ = try location.requiredFile(for: .test) } }
  }
}

/// Points of the space that axes span.
enum SweepPoints {
  /// All points of the grid, the last axis varying fastest; or so many drawn of it, each with draws of the ranges.
  ///
  /// Equal points are left out, so that there may be fewer than asked for.
  static func points(_ axes: [SweepAxis], trials: Int?, seed: UInt64) throws -> [[AxisValue]] {
    let isRandom = axes.contains { if case .range = $0.choices { true } else { false } }
    var sizes: [Int] = [], product = 1
    for axis in axes {
      sizes.append(max(1, axis.values.count))
      product = min(product * sizes[sizes.count - 1], 1 << 40)
    }
    let wanted = trials ?? (isRandom ? 10 : product)
    guard wanted <= SweepPlan.mostTrials else {
      throw TuneError.usage(
        "\(wanted == 1 << 40 ? "a sweep of more" : "a sweep of \(wanted) trials") is too large; use --trials with at most \(SweepPlan.mostTrials) of them"
      )
    }
    var random = SeededRandom(seed: seed, stream: "sweep")
    var points: [[AxisValue]] = [], seen: Set<[[UInt8]]> = []
    var order = GridOrder(count: product, isShuffled: isRandom || wanted < product)
    for _ in 0..<(isRandom ? 100 * wanted : product) {
      if points.count == wanted { break }
      let point = point(order.next(&random), axes, sizes, &random)
      if seen.insert(point.map { Array($0.text.utf8) }).inserted { points.append(point) }
    }
    return points
  }

  private static func point(
    _ index: Int, _ axes: [SweepAxis], _ sizes: [Int], _ random: inout SeededRandom
  ) -> [AxisValue] {
    var rest = index, reversed: [AxisValue] = []
    for (axis, size) in zip(axes, sizes).reversed() {
      switch axis.choices {
      case .list(let values): reversed.append(values[rest % size])
      case .range(let range):
        let text = range.draw(from: &random)
        reversed.append(AxisValue(text: text, options: SweepAxis.options(axis.name, text)))
      }
      rest /= size
    }
    return reversed.reversed()
  }
}

/// The numbers below a count, again and again: in their order, or each time in a new one.
private struct GridOrder {
  let count: Int
  let isShuffled: Bool
  private var drawn: [Int: Int] = [:]
  private var place = 0

  init(count: Int, isShuffled: Bool) {
    self.count = count
    self.isShuffled = isShuffled
  }

  /// One step of Fisher and Yates' shuffle over places that are only kept where they were exchanged.
  mutating func next(_ random: inout SeededRandom) -> Int {
    if place == count { (place, drawn) = (0, [:]) }
    defer { place += 1 }
    guard isShuffled else { return place }
    let other = place + random.integer(below: count - place)
    let chosen = drawn[other] ?? other
    drawn[other] = drawn[place] ?? place
    return chosen
  }
}
