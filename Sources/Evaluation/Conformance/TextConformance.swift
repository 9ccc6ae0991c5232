import Basics

/// What the metrics are built of: Python's texts and the random numbers of numpy and Python.
extension Conformance {
  static let textKinds: [String: @Sendable (ConformanceCase) throws -> JSON] = [
    "python_str": { test in
      let text = try test.single.prediction, scalars = Array(text.unicodeScalars)
      return [
        "lower": .string(PythonText.string(PythonText.lowercased(scalars))),
        "split": .array(PythonText.split(scalars).map { .string(PythonText.string($0)) }),
        "strip": .string(PythonText.string(PythonText.stripped(scalars))),
        "rstrip": .string(PythonText.string(PythonText.strippedAtEnd(scalars))),
        "utf8_bytes": .integer(text.utf8.count), "code_points": .integer(scalars.count),
      ]
    },
    "numpy_pcg64": { test in try pcg64(test) },
    "numpy_legacy_mt19937": { test in try mersenneTwister(test) },
    "python_random": { test in try pythonRandom(test) },
  ]

  private static func seed(_ test: ConformanceCase) throws -> UInt64 {
    guard let seed = UInt64(try test.text("seed")) else { throw TuneError.data("options.seed: expected a number") }
    return seed
  }

  /// Rows of draws below the bounds that a case has, each bound from a new generator.
  private static func draws(
    _ test: ConformanceCase, _ key: String, width: Int, _ draw: () -> (Int) -> Int
  ) throws -> JSON {
    var rows = JSONObject()
    for bound in try test.value("expected")[key]?.objectValue?.keys ?? [] {
      guard let number = Int(bound), number > 0 else { throw TuneError.data("expected.\(key): '\(bound)'") }
      let next = draw()
      rows[bound] = .array((0..<3).map { _ in .array((0..<width).map { _ in .integer(next(number)) }) })
    }
    return .object(rows)
  }

  private static func pcg64(_ test: ConformanceCase) throws -> JSON {
    let seed = try seed(test)
    func numbers(_ count: Int, _ next: (inout PCG64) -> JSON) -> JSON {
      var random = PCG64(seed: seed)
      return .array((0..<count).map { _ in next(&random) })
    }
    let new = PCG64(seed: seed)
    return [
      "pcg64_initial_state": .string(String(new.state)), "pcg64_inc": .string(String(new.increment)),
      "seedsequence_generate_state_u64_4": .array(PCG64.seedWords(seed).map { .string(String($0)) }),
      "random_raw_u64": numbers(6) { .string(String($0.next64())) },
      "random_double": numbers(5) { .number($0.double()) },
      "choice": try draws(test, "choice", width: 5) {
        var random = PCG64(seed: seed)
        return { random.integer(below: $0) }
      },
      "integers_bool": coins(seed),
    ]
  }

  /// Three rows of eleven, of one call.
  private static func coins(_ seed: UInt64) -> JSON {
    var random = PCG64(seed: seed)
    let coins = Coins(count: 33, &random)
    return .array((0..<3).map { row in .array((0..<11).map { .integer(coins[11 * row + $0] ? 1 : 0) }) })
  }

  private static func mersenneTwister(_ test: ConformanceCase) throws -> JSON {
    guard let seed = UInt32(exactly: try seed(test)) else { throw TuneError.data("options.seed: expected 32 bits") }
    func numbers(_ count: Int, _ next: (inout NumpyLegacyRandom) -> JSON) -> JSON {
      var random = NumpyLegacyRandom(seed: seed)
      return .array((0..<count).map { _ in next(&random) })
    }
    return [
      "mt19937_u32": numbers(8) { .integer(Int($0.next())) }, "random_double": numbers(5) { .number($0.double()) },
      "choice_arange": try draws(test, "choice_arange", width: 7) {
        var random = NumpyLegacyRandom(seed: seed)
        return { random.integer(below: $0) }
      },
    ]
  }

  private static func pythonRandom(_ test: ConformanceCase) throws -> JSON {
    let seed = try seed(test)
    func json(_ numbers: [Int]) -> JSON { .array(numbers.map { .integer($0) }) }
    var object = JSONObject(), random = PythonRandom(seed: seed)
    object["random"] = .array((0..<5).map { _ in .number(random.double()) })
    for key in try test.value("expected").objectValue?.keys ?? [] {
      let parts = key.split(separator: "_")
      guard parts.count > 1, let size = Int(parts[1]) else { continue }
      random = PythonRandom(seed: seed)
      switch parts[0] {
      case "sample":
        object[key] = .array((0..<2).map { _ in json(random.sample(below: size, count: 5)) })
      case "choices": object[key] = json((0..<8).map { _ in random.choice(below: size) })
      case "shuffle": object[key] = json(random.shuffled(Array(0..<size)))
      default: continue
      }
    }
    return .object(object)
  }
}
