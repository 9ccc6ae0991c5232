import CKernels
import Synchronization

/// Float32 memory: owned, or borrowed from a mapped file whose owner it keeps alive.
public final class Buffer {
  public let pointer: UnsafeMutablePointer<Float>
  public let count: Int
  private let owner: AnyObject?

  /// Memory whose content is undefined.
  public init(count: Int) {
    _ = Self.keepsFreedMemory
    self.count = count
    owner = nil
    pointer = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64)
      .assumingMemoryBound(to: Float.self)
    let bytes = count * MemoryLayout<Float>.stride
    let held = Self.held.add(bytes, ordering: .relaxed).newValue
    if held > Self.mostHeld.load(ordering: .relaxed) { Self.mostHeld.max(held, ordering: .relaxed) }
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
    guard owner == nil else { return }
    pointer.deallocate()
    Self.held.subtract(count * MemoryLayout<Float>.stride, ordering: .relaxed)
  }

  private static let held = Atomic<Int>(0)
  private static let mostHeld = Atomic<Int>(0)

  /// The most bytes that tensors of this process have held at one time, mapped files not counted.
  public static var peakBytes: Int { mostHeld.load(ordering: .relaxed) }

  /// Lets the allocator keep freed memory for the next operation: fresh pages cost more than most kernels.
  ///
  /// glibc maps blocks above 128 kB anew each time by default. Kept in its heap they are reused in any size, which
  /// suits ragged batches: lifetimes nest (forward allocates, backward frees), so there is little fragmentation.
  private static let keepsFreedMemory: Void = tune_keep_freed_memory()
}
