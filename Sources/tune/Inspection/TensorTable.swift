import Basics
import Models

/// The tensors of a checkpoint: how many, how large, in what formats, and one line for those of all layers.
struct TensorTable {
  /// Tensors whose names differ in their numbers alone.
  private struct Kind {
    let pattern: String
    let first: String
    let shape: [Int]
    let format: StorageFormat
    var count = 0

    var name: String { count == 1 ? first : pattern }
  }

  /// How many kinds are listed.
  private static let shownKinds = 60

  private let tensors: [StoredTensor]

  init(_ store: any WeightStore) { tensors = store.tensorNames.compactMap { store.tensor($0) } }

  var parameterCount: Int { tensors.reduce(0) { $0 + $1.elementCount } }
  var byteCount: Int { tensors.reduce(0) { $0 + $1.bytes.count } }

  /// "272 tensors · 134,515,008 values · 269.0 MB (BF16 99 %, F32 1 %)".
  var summary: String {
    let shares = formats.map { "\($0.format.rawValue) \(share($0.values)) %" }.joined(separator: ", ")
    return "\(grouped(tensors.count)) tensors · \(grouped(parameterCount)) values · \(byteText(byteCount)) (\(shares))"
  }

  private func share(_ values: Int) -> String {
    let percent = 100 * Double(values) / Double(max(1, parameterCount))
    return percent > 0 && percent < 1 ? "<1" : fixed(percent, 0)
  }

  var kinds: [String] {
    let kinds = groups
    let lines = kinds.prefix(Self.shownKinds).map { kind in
      "\(kind.name)  \(text(kind.shape)) \(kind.format.rawValue)" + (kind.count > 1 ? "  × \(kind.count)" : "")
    }
    return kinds.count > lines.count ? lines + ["… and \(kinds.count - lines.count) more kinds (--tensors)"] : lines
  }

  var all: [String] {
    tensors.map { "\($0.name)  \(text($0.shape)) \($0.format.rawValue)  \(byteText($0.bytes.count))" }
  }

  func json(listsAll: Bool) -> JSON {
    var object: JSONObject = [
      "count": .integer(tensors.count), "values": .integer(parameterCount), "bytes": .integer(byteCount),
      "formats": .object(
        JSONObject(
          entries: formats.map {
            .init(
              key: $0.format.rawValue,
              value: ["tensors": .integer($0.tensors), "values": .integer($0.values), "bytes": .integer($0.bytes)])
          })),
    ]
    if listsAll {
      object["list"] = .array(
        tensors.map {
          [
            "name": .string($0.name), "shape": .array($0.shape.map { .integer($0) }),
            "dtype": .string($0.format.rawValue), "bytes": .integer($0.bytes.count),
          ]
        })
    } else {
      object["kinds"] = .array(
        groups.prefix(Self.shownKinds).map {
          [
            "name": .string($0.name), "shape": .array($0.shape.map { .integer($0) }),
            "dtype": .string($0.format.rawValue), "count": .integer($0.count),
          ]
        })
    }
    return .object(object)
  }

  /// By format, most values first.
  private var formats: [(format: StorageFormat, tensors: Int, values: Int, bytes: Int)] {
    var sums: [StorageFormat: (tensors: Int, values: Int, bytes: Int)] = [:]
    for tensor in tensors {
      let old = sums[tensor.format] ?? (0, 0, 0)
      sums[tensor.format] = (old.tensors + 1, old.values + tensor.elementCount, old.bytes + tensor.bytes.count)
    }
    return sums.map { ($0.key, $0.value.tensors, $0.value.values, $0.value.bytes) }
      .sorted { ($0.values, $1.format.rawValue) > ($1.values, $0.format.rawValue) }
  }

  private var groups: [Kind] {
    var kinds: [Kind] = []
    var places: [String: Int] = [:]
    for tensor in tensors {
      let pattern = withoutNumbers(tensor.name)
      let key = "\(pattern) \(tensor.shape) \(tensor.format.rawValue)"
      let place = places[key] ?? kinds.count
      if place == kinds.count {
        places[key] = place
        kinds.append(Kind(pattern: pattern, first: tensor.name, shape: tensor.shape, format: tensor.format))
      }
      kinds[place].count += 1
    }
    return kinds
  }

  private func text(_ shape: [Int]) -> String { "[\(shape.map { String($0) }.joined(separator: ", "))]" }
}

/// A layer's name with a star for every number: `model.layers.*.mlp.up_proj`.
func withoutNumbers(_ name: String) -> String {
  name.split(separator: ".", omittingEmptySubsequences: false)
    .map { part in !part.isEmpty && part.utf8.allSatisfy { (48...57).contains($0) } ? "*" : String(part) }
    .joined(separator: ".")
}
