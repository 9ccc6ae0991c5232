import Basics
import CKernels

/// The index of the first NaN or infinite value, nil when all are finite; scans in parallel.
public func firstNonFinite(_ values: UnsafePointer<Float>, count: Int) -> Int? {
  let chunk = 1 << 18
  let chunks = (count + chunk - 1) / chunk
  var found = [Int](repeating: -1, count: chunks)
  found.withUnsafeMutableBufferPointer { found in
    nonisolated(unsafe) let found = found
    parallelFor(chunks) { index in
      let start = index * chunk
      let offset = first_non_finite(values + start, min(chunk, count - start))
      if offset >= 0 { found[index] = start + offset }
    }
  }
  return found.first { $0 >= 0 }
}
