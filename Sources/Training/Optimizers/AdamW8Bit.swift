import Basics
import CKernels
import Foundation
import Tensors

/// AdamW with moments in 8 bits (Dettmers et al. 2022, "8-bit Optimizers via Block-wise Quantization"), as
/// bitsandbytes.optim.AdamW8bit computes it: a byte is the nearest of 256 values of `dynamicMap`, scaled by the largest
/// moment of its block of 256. Small tensors keep their moments in float32.
public final class AdamW8Bit: Optimizer {
  enum State {
    case float32(AdamMoments)
    case blocks(BlockMoments)
  }

  private let settings: AdamW.Settings
  private let minimumCount: Int
  private let decays: (Parameter) -> Bool
  private(set) var states: [ObjectIdentifier: State] = [:]
  private let signedMap = kernelMap(isSigned: true)
  private let unsignedMap = kernelMap(isSigned: false)

  /// - Parameters:
  ///   - minimumCount: parameters with fewer elements keep float32 moments (bitsandbytes' `min_8bit_size`).
  ///   - decays: whether weight decay applies to a parameter.
  public init(
    settings: AdamW.Settings, minimumCount: Int = 4096, decays: @escaping (Parameter) -> Bool = { _ in true }
  ) {
    self.settings = settings
    self.minimumCount = minimumCount
    self.decays = decays
  }

  public func update(_ parameter: Parameter, step: Int, learningRate: Double, gradientScale: Double) {
    guard let gradient = parameter.gradient else { return }
    let values = settings.atStep(
      step, learningRate: learningRate, gradientScale: gradientScale, decays: decays(parameter))
    switch state(of: parameter) {
    case .float32(let moments): moments.update(parameter.pointer, gradient: gradient, values)
    case .blocks(let moments): update(parameter.pointer, moments, gradient: gradient, values)
    }
  }

  public var stateByteCount: Int {
    states.values.reduce(0) { sum, state in
      switch state {
      case .float32(let moments): sum + moments.byteCount
      case .blocks(let moments): sum + moments.byteCount
      }
    }
  }

  private func update(
    _ weight: UnsafeMutablePointer<Float>, _ moments: BlockMoments, gradient: Tensor, _ values: tune_adamw_settings
  ) {
    withUnsafePointer(to: values) { values in
      nonisolated(unsafe) let values = values
      parallelRanges(gradient.count, grain: 1 << 14) { range in
        let start = range.lowerBound, block = start / BlockMoments.blockSize
        tune_adamw_8bit(
          weight + start, moments.first.codes + start, moments.first.scales.pointer + block,
          moments.second.codes + start, moments.second.scales.pointer + block, gradient.pointer + start,
          signedMap.pointer, unsignedMap.pointer, values, range.count)
      }
    }
  }

  private func state(of parameter: Parameter) -> State {
    if let known = states[ObjectIdentifier(parameter)] { return known }
    let new: State =
      parameter.count < minimumCount
      ? .float32(AdamMoments(shape: parameter.shape)) : .blocks(BlockMoments(count: parameter.count))
    states[ObjectIdentifier(parameter)] = new
    return new
  }

  /// The values that codes stand for, rising: 0, 1 and the middles of equal parts of each power of ten from 1e-7 to 1,
  /// twice as many parts in each as in the one below. bitsandbytes.functional.create_dynamic_map, to the bit.
  static func dynamicMap(isSigned: Bool) -> [Float] {
    var values: [Float] = [0, 1]
    for exponent in -6...0 {
      let parts = 1 << (isSigned ? exponent + 6 : exponent + 7)
      let power = Float(pow(10, Double(exponent)))
      let bounds = evenlySpaced(from: 0.1, through: 1, count: parts + 1)
      for part in 0..<parts {
        let value = power * ((bounds[part] + bounds[part + 1]) / 2)
        values.append(value)
        if isSigned { values.append(-value) }
      }
    }
    return values.sorted()
  }

  /// torch.linspace in float32: from the start up to the middle, from the end beyond, with fused products.
  private static func evenlySpaced(from start: Float, through end: Float, count: Int) -> [Float] {
    let step = (end - start) / Float(count - 1)
    return (0..<count).map { index in
      index < count / 2 ? start.addingProduct(step, Float(index)) : end.addingProduct(-step, Float(count - 1 - index))
    }
  }

  private static func kernelMap(isSigned: Bool) -> Tensor {
    let map = Tensor(shape: [Int(TUNE_8BIT_MAP_FLOATS)])
    tune_8bit_map(map.pointer, dynamicMap(isSigned: isSigned))
    return map
  }
}

/// Both moments of a parameter as blocks of codes.
struct BlockMoments {
  static let blockSize = Int(TUNE_8BIT_BLOCK)

  /// A code for every element and a scale for every block; all zero at first.
  struct Codes {
    let scales: Tensor
    private let bytes: Tensor

    init(count: Int) {
      scales = .zeros([(count + blockSize - 1) / blockSize])
      bytes = .zeros([(count + 3) / 4])
    }

    var codes: UnsafeMutablePointer<UInt8> {
      UnsafeMutableRawPointer(bytes.pointer).assumingMemoryBound(to: UInt8.self)
    }
    var byteCount: Int { (scales.count + bytes.count) * MemoryLayout<Float>.stride }
  }

  let first: Codes
  let second: Codes

  init(count: Int) {
    first = Codes(count: count)
    second = Codes(count: count)
  }

  var byteCount: Int { first.byteCount + second.byteCount }
}
