import Basics
import CKernels
import Foundation
import Tensors

/// Adafactor (Shazeer and Stern 2018), step for step as torch.optim.Adafactor computes it: the second moment of a
/// matrix is kept as the means of its rows and columns, there is no first moment, and updates are clipped, not gradients.
public final class Adafactor: Optimizer {
  public struct Settings: Sendable, Equatable {
    /// The second moment's decay is 1 - step^decayExponent.
    public var decayExponent = -0.8
    /// Bounds the second moment from below.
    public var epsilon1 = Double(Float.ulpOfOne)
    /// Bounds the parameter's root mean square, which scales the learning rate, from below.
    public var epsilon2 = 1e-3
    /// Updates with a larger root mean square are scaled down to it.
    public var clippingThreshold = 1.0
    public var weightDecay = 0.0

    public init(weightDecay: Double = 0) { self.weightDecay = weightDecay }
  }

  /// The means of squared gradients: of rows and columns, or of every element of a vector.
  private struct Moments {
    let rows: Tensor
    let columns: Tensor
  }

  private let settings: Settings
  private let decays: (Parameter) -> Bool
  private var moments: [ObjectIdentifier: Moments] = [:]

  /// - Parameter decays: whether weight decay applies to a parameter.
  public init(settings: Settings = Settings(), decays: @escaping (Parameter) -> Bool = { _ in true }) {
    self.settings = settings
    self.decays = decays
  }

  public func update(_ parameter: Parameter, step: Int, learningRate: Double, gradientScale: Double) {
    guard let gradient = parameter.gradient else { return }
    let isMatrix = parameter.shape.count > 1, width = parameter.shape.last ?? 1
    let rows = isMatrix ? parameter.count / width : 1
    let moments = moments(of: parameter, rows: rows, width: width)
    let share = pow(Double(step), settings.decayExponent)
    let size = Double(parameter.count), weight = parameter.pointer
    let root = (sumOfSquares(weight, parameter.count) / size).squareRoot()
    let rate = max(settings.epsilon2, root) * min(learningRate, 1 / Double(step).squareRoot())
    if isMatrix { updateRows(moments.rows, gradient, width: width, share: share, scale: gradientScale) }
    updateColumns(moments.columns, gradient, rows: rows, width: width, share: share, scale: gradientScale)
    // Without rows the estimate is the columns' own.
    let rowMean =
      isMatrix ? max(settings.epsilon1, moments.rows.values.reduce(0.0) { $0 + Double($1) } / Double(rows)) : 1
    let floor = Float(settings.epsilon1 * settings.epsilon1), inverse = Float(1 / rowMean), scale = Float(gradientScale)
    let squares = Tensor(shape: [rows])
    parallelRanges(rows) { range in
      for row in range {
        squares.pointer[row] = tune_adafactor_squares(
          gradient.pointer + row * width, moments.columns.pointer, moments.rows.pointer[row] * inverse, floor, scale,
          width)
      }
    }
    let updateRoot = (squares.values.reduce(0.0) { $0 + Double($1) } / size).squareRoot()
    let factor = Float(-rate / max(1, updateRoot / settings.clippingThreshold))
    let decay = Float(decays(parameter) ? 1 - learningRate * settings.weightDecay : 1)
    parallelRanges(rows) { range in
      for row in range {
        tune_adafactor_update(
          weight + row * width, gradient.pointer + row * width, moments.columns.pointer,
          moments.rows.pointer[row] * inverse, floor, scale, factor, decay, width)
      }
    }
  }

  public var stateByteCount: Int {
    moments.values.reduce(0) { $0 + ($1.rows.count + $1.columns.count) * MemoryLayout<Float>.stride }
  }

  private func moments(of parameter: Parameter, rows: Int, width: Int) -> Moments {
    if let known = moments[ObjectIdentifier(parameter)] { return known }
    let isMatrix = parameter.shape.count > 1
    let new = Moments(
      rows: isMatrix ? .zeros([rows]) : Tensor([1], shape: [1]), columns: .zeros([width]))
    moments[ObjectIdentifier(parameter)] = new
    return new
  }

  private func sumOfSquares(_ values: UnsafeMutablePointer<Float>, _ count: Int) -> Double {
    let chunk = 1 << 16, chunks = (count + chunk - 1) / chunk
    let sums = Tensor(shape: [chunks])
    parallelFor(chunks) { index in
      let start = index * chunk
      sums.pointer[index] = Float(tune_sum_of_squares(values + start, min(chunk, count - start)))
    }
    return sums.values.reduce(0.0) { $0 + Double($1) }
  }

  private func updateRows(_ means: Tensor, _ gradient: Tensor, width: Int, share: Double, scale: Double) {
    let factor = Float(share * scale * scale / Double(width)), keep = Float(1 - share)
    parallelRanges(means.count, grain: 16) { range in
      for row in range {
        let squares = Float(tune_sum_of_squares(gradient.pointer + row * width, width))
        means.pointer[row] = keep * means.pointer[row] + factor * squares
      }
    }
  }

  private func updateColumns(
    _ means: Tensor, _ gradient: Tensor, rows: Int, width: Int, share: Double, scale: Double
  ) {
    let factor = Float(share * scale * scale / Double(rows))
    parallelRanges(width, grain: 64) { columns in
      let start = columns.lowerBound
      tune_scale(means.pointer + start, means.pointer + start, Float(1 - share), columns.count)
      tune_add_column_squares(
        means.pointer + start, gradient.pointer + start, factor, rows, width, columns.count)
    }
  }
}
