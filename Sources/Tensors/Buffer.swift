import Foundation
import Synchronization

/// Float32 memory. Owned memory comes from a pool and returns to it, so a steady loop allocates nothing;
/// borrowed memory (a mapped file) keeps its owner alive.
public final class Buffer {
  public let pointer: UnsafeMutablePointer<Float>
  public let count: Int
  private let owner: AnyObject?
  /// Bytes of the pool's block; 0 for borrowed memory.
  private let blockSize: Int

  /// Memory whose content is undefined.
  public init(count: Int) {
    self.count = count
    owner = nil
    let block = BufferPool.shared.take(bytes: count * MemoryLayout<Float>.stride)
    blockSize = block.size
    pointer = block.address.assumingMemoryBound(to: Float.self)
  }

  /// Read-only memory that `owner` keeps alive. It is never written: only frozen weights are borrowed.
  public init(borrowing address: UnsafePointer<Float>, count: Int, owner: AnyObject) {
    self.count = count
    self.owner = owner
    blockSize = 0
    pointer = UnsafeMutablePointer(mutating: address)
  }

  /// Whether the memory belongs to a mapped file and must not be written.
  public var isBorrowed: Bool { owner != nil }

  deinit {
    if owner == nil { BufferPool.shared.give(pointer, size: blockSize) }
  }
}

/// Freed buffers by size, kept for reuse: fresh pages cost more than most kernels.
private final class BufferPool: Sendable {
  static let shared = BufferPool()

  private struct State {
    /// Addresses by block size in bytes.
    var free: [Int: [UInt]] = [:]
    /// The block sizes of `free`, ascending; a size stays when its blocks are all in use.
    var sizes: [Int] = []
  }

  private let state = Mutex(State())

  /// A block of at least `bytes`: the smallest free one of up to twice the size, else a new one. Ragged batches differ
  /// in size all the time, and this lets them reuse each other's memory.
  func take(bytes: Int) -> (address: UnsafeMutableRawPointer, size: Int) {
    let wanted = Self.sizeClass(bytes)
    let found = state.withLock { state -> (UInt, Int)? in
      var place = state.sizes.firstIndex { $0 >= wanted } ?? state.sizes.count
      while place < state.sizes.count, state.sizes[place] <= 2 * wanted {
        let size = state.sizes[place]
        if let address = state.free[size]?.popLast() { return (address, size) }
        place += 1
      }
      return nil
    }
    if let (address, size) = found { return (UnsafeMutableRawPointer(bitPattern: address)!, size) }
    return (UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 64), wanted)
  }

  func give(_ address: UnsafeMutableRawPointer, size: Int) {
    state.withLock { state in
      if state.free[size] == nil {
        state.sizes.insert(size, at: state.sizes.firstIndex { $0 > size } ?? state.sizes.count)
      }
      state.free[size, default: []].append(UInt(bitPattern: address))
    }
  }

  /// Rounds up to an eighth of a power of two, so that there are few sizes and at most 12.5 % is wasted.
  private static func sizeClass(_ bytes: Int) -> Int {
    let bytes = max(64, bytes)
    let step = max(64, 1 << (Int.bitWidth - bytes.leadingZeroBitCount - 4))
    return (bytes + step - 1) / step * step
  }
}
