import Foundation
import Synchronization

/// Float32 memory. Owned memory comes from a pool and returns to it, so a steady loop allocates nothing;
/// borrowed memory (a mapped file) keeps its owner alive.
public final class Buffer {
  public let pointer: UnsafeMutablePointer<Float>
  public let count: Int
  private let owner: AnyObject?

  /// Memory whose content is undefined.
  public init(count: Int) {
    self.count = count
    owner = nil
    pointer = BufferPool.shared.take(count: count)
  }

  /// Read-only memory that `owner` keeps alive. It is never written: only frozen weights are borrowed.
  public init(borrowing address: UnsafePointer<Float>, count: Int, owner: AnyObject) {
    self.count = count
    self.owner = owner
    pointer = UnsafeMutablePointer(mutating: address)
  }

  /// Whether the memory belongs to a mapped file and must not be written.
  public var isBorrowed: Bool { owner != nil }

  deinit {
    if owner == nil { BufferPool.shared.give(pointer, count: count) }
  }
}

/// Freed buffers by size class, kept for reuse: fresh pages cost more than most kernels.
private final class BufferPool: Sendable {
  static let shared = BufferPool()
  private let free = Mutex<[Int: [UInt]]>([:])

  func take(count: Int) -> UnsafeMutablePointer<Float> {
    let bytes = Self.sizeClass(count)
    if let address = free.withLock({ $0[bytes]?.popLast() }) {
      return UnsafeMutablePointer(bitPattern: address)!
    }
    return UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).assumingMemoryBound(to: Float.self)
  }

  func give(_ pointer: UnsafeMutablePointer<Float>, count: Int) {
    free.withLock { $0[Self.sizeClass(count), default: []].append(UInt(bitPattern: pointer)) }
  }

  /// Rounds up to an eighth of a power of two: at most 12.5 % is wasted, and ragged batches reuse each other's memory.
  private static func sizeClass(_ count: Int) -> Int {
    let bytes = max(64, count * 4)
    let step = max(64, 1 << (Int.bitWidth - bytes.leadingZeroBitCount - 4))
    return (bytes + step - 1) / step * step
  }
}
