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
///
/// A new block is only made after as much idle memory has been given back, so that ragged batches of ever other sizes
/// do not add up: the process holds about what the largest batch needs.
private final class BufferPool: Sendable {
  static let shared = BufferPool()

  private struct State {
    /// Addresses by block size in bytes.
    var free: [Int: [UInt]] = [:]
    /// The block sizes that `free` has had, ascending.
    var sizes: [Int] = []
  }

  private let state = Mutex(State())

  /// A block of at least `bytes`: the smallest free one that is at most a quarter too large, else a new one.
  func take(bytes: Int) -> (address: UnsafeMutableRawPointer, size: Int) {
    let wanted = Self.sizeClass(bytes)
    let (found, idle) = state.withLock { state -> ((UInt, Int)?, [(UInt, Int)]) in
      var place = state.sizes.firstIndex { $0 >= wanted } ?? state.sizes.count
      while place < state.sizes.count, state.sizes[place] <= wanted + wanted / 4 {
        let size = state.sizes[place]
        if let address = state.free[size]?.popLast() { return ((address, size), []) }
        place += 1
      }
      return (nil, Self.removeIdle(&state, atLeast: wanted))
    }
    for (address, size) in idle { Self.release(UnsafeMutableRawPointer(bitPattern: address)!, size) }
    if let (address, size) = found { return (UnsafeMutableRawPointer(bitPattern: address)!, size) }
    return (Self.allocate(wanted), wanted)
  }

  func give(_ address: UnsafeMutableRawPointer, size: Int) {
    state.withLock { state in
      if state.free[size] == nil {
        state.sizes.insert(size, at: state.sizes.firstIndex { $0 > size } ?? state.sizes.count)
      }
      state.free[size, default: []].append(UInt(bitPattern: address))
    }
  }

  /// Takes idle blocks out, largest first, until they make up `bytes` or none is left. Small ones stay: they are cheap.
  private static func removeIdle(_ state: inout State, atLeast bytes: Int) -> [(UInt, Int)] {
    var removed: [(UInt, Int)] = []
    var sum = 0
    for size in state.sizes.reversed() where size >= mappedFrom {
      while sum < bytes, let address = state.free[size]?.popLast() {
        removed.append((address, size))
        sum += size
      }
    }
    return removed
  }

  /// Blocks from this size on are mapped by themselves, so that giving them back gives memory back.
  private static let mappedFrom = 1 << 18

  private static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    guard size >= mappedFrom else { return .allocate(byteCount: size, alignment: 64) }
    let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address, address != MAP_FAILED else {
      preconditionFailure("out of memory: \(size) bytes cannot be allocated")
    }
    return address
  }

  private static func release(_ address: UnsafeMutableRawPointer, _ size: Int) {
    if size >= mappedFrom { munmap(address, size) } else { address.deallocate() }
  }

  /// Rounds up to an eighth of a power of two, so that there are few sizes and at most 12.5 % is wasted.
  private static func sizeClass(_ bytes: Int) -> Int {
    let bytes = max(64, bytes)
    let step = max(64, 1 << (Int.bitWidth - bytes.leadingZeroBitCount - 4))
    return (bytes + step - 1) / step * step
  }
}
