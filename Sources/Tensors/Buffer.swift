import CKernels

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
    if owner == nil { pointer.deallocate() }
  }

  /// Lets the allocator keep freed memory for the next operation: fresh pages cost more than most kernels.
  ///
  /// glibc maps blocks above 128 kB anew each time by default. Kept in its heap they are reused in any size, which
  /// suits ragged batches: lifetimes nest (forward allocates, backward frees), so there is little fragmentation.
  private static let keepsFreedMemory: Void = tune_keep_freed_memory()
}
