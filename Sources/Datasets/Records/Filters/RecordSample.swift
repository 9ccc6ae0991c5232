import Basics

/// A part of the records, drawn by a hash of each: the same records whatever their order, file or neighbours.
///
/// A share is drawn record by record; for a count the hashes of all records are needed first:
///
///     var smallest = SmallestHashes(count: 1000)
///     for record in records { smallest.insert(sample.hash(of: record)) }
///     let drawn = records.filter { smallest.contains(sample.hash(of: $0)) }
public struct RecordSample: Sendable, Equatable {
  public enum Size: Sendable, Equatable {
    /// Between 0 and 1.
    case share(Double)
    case count(Int)
  }

  public let size: Size
  private let seed: UInt64

  public init(_ size: Size, seed: UInt64) {
    self.size = size
    self.seed = seed
  }

  /// - Parameter text: a share such as `0.1` or `10%`, or a count such as `5000`.
  /// - Throws: `TuneError.usage` for anything else.
  public init(_ text: String, seed: UInt64) throws {
    let size: Size? =
      if let count = Int(text) {
        count > 0 ? .count(count) : nil
      } else if text.hasSuffix("%") {
        Double(text.dropLast()).flatMap { $0 > 0 && $0 <= 100 ? .share($0 / 100) : nil }
      } else {
        Double(text).flatMap { $0 > 0 && $0 <= 1 ? .share($0) : nil }
      }
    guard let size else {
      throw TuneError.usage(
        "--sample \(text): expected a share such as 0.1 or 10%, or a number of records such as 5000")
    }
    self.init(size, seed: seed)
  }

  /// The record's place in the draw; equal records have equal places.
  public func hash(of record: JSONObject) -> UInt64 { stableHash("sample \(seed) \(record.canonicalText)") }

  /// Whether a share includes the record.
  ///
  /// - Precondition: the size is a share.
  public func includes(_ record: JSONObject) -> Bool {
    guard case .share(let share) = size else { preconditionFailure("a count is drawn from all hashes") }
    // The upper 53 bits as a number in 0..<1.
    return Double(hash(of: record) >> 11) * 0x1p-53 < share
  }
}

/// The smallest of many hashes, as many as wanted: a heap with the largest of them on top.
public struct SmallestHashes: Sendable {
  private let count: Int
  private var heap: [UInt64] = []

  public init(count: Int) { self.count = max(0, count) }

  public mutating func insert(_ hash: UInt64) {
    if heap.count < count {
      heap.append(hash)
      rise()
    } else if let largest = heap.first, hash < largest {
      heap[0] = hash
      sink()
    }
  }

  /// Whether a hash is among them. Of equal records all are, so that there may be a few more than wanted.
  public func contains(_ hash: UInt64) -> Bool { heap.first.map { hash <= $0 } ?? false }

  private mutating func rise() {
    var child = heap.count - 1
    while child > 0, heap[(child - 1) / 2] < heap[child] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func sink() {
    var parent = 0
    while true {
      let children = (2 * parent + 1)..<min(2 * parent + 3, max(heap.count, 2 * parent + 1))
      guard let largest = children.max(by: { heap[$0] < heap[$1] }), heap[parent] < heap[largest] else { return }
      heap.swapAt(parent, largest)
      parent = largest
    }
  }
}
