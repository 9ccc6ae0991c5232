import Basics
import Models
import Tensors

/// A way of tuning a model by a few parameters of its own; one file each. Names, defaults, tensors and arithmetic are
/// PEFT's where it has the method.
public protocol PEFTMethod: Sendable {
  /// What `adapter_config.json` calls it: `peft_type`.
  static var peftType: String { get }

  /// The method as PEFT's file describes it.
  ///
  /// - Throws: `TuneError.data` for an option that is not supported, and values out of range.
  init(_ configuration: AdapterConfiguration) throws

  /// Puts the method's parts on a model, with tensors of a source.
  ///
  /// - Throws: `TuneError.usage` where it does not fit the model; the model is then as before.
  func parts(on model: any LanguageModel, from source: TensorSource, dropout: DropoutSource) throws -> [any AdapterPart]

  /// Modules that are trained whole and saved with the adapter; nil for a classifier's head, else none.
  var modulesToSave: [String]? { get }

  /// How the names of the tensors end that the method's whole change of the model is proportional to: a weight of the
  /// adapter multiplies them. Empty where a change has no half, as that of virtual tokens.
  var proportionalTensors: [String] { get }

  /// What PEFT writes of it, beside the keys that every method has.
  func settings(on model: any LanguageModel) throws -> JSONObject

  /// For people: "LoRA r=8 α=16 on q_proj, v_proj".
  func summary(on model: any LanguageModel) -> String
}

/// The methods that adapter folders may hold, one a file.
let peftMethods: [any PEFTMethod.Type] = [
  LoRA.self, IA3.self, VeRA.self, PromptTuning.self, PTuning.self, PrefixTuning.self, AdaptionPrompt.self,
  BottleneckAdapter.self, LNTuning.self, Selective.self, AdaLoRA.self, TrainableTokens.self,
]

extension PEFTMethod {
  public var proportionalTensors: [String] { [] }

  /// Puts a new adapter on a model, which changes nothing yet unless the method says otherwise.
  ///
  /// - Throws: `TuneError.usage` where it does not fit the model.
  public func attach(to model: any LanguageModel, seed: UInt64) throws -> AttachedAdapter {
    try attach(to: model, from: .new(seed: seed))
  }

  /// The modules of a model that are trained whole beside the adapter.
  func savedModules(of model: any LanguageModel) -> [String] { modulesToSave ?? model.traits.classifierModules }

  func attach(to model: any LanguageModel, from source: TensorSource) throws -> AttachedAdapter {
    let dropout = DropoutSource()
    let parts = try parts(on: model, from: source, dropout: dropout)
    let names = savedModules(of: model)
    let savedModules = try WholeParameters.modules(names, of: model, values: source.saved)
    let adapter = AttachedAdapter(
      peftType: Self.peftType, settings: try settings(on: model), summary: summary(on: model), traits: model.traits,
      parts: parts, savedModules: (names, savedModules), dropout: dropout)
    for part in parts + [savedModules] { try part.requireRoom() }
    for part in parts + [savedModules] { part.putOn() }
    return adapter
  }
}

/// One of the places where an adapter changes a model.
public protocol AdapterPart: AnyObject {
  /// What PEFT's file holds, by its names.
  var tensors: [(name: String, parameter: Parameter)] { get }
  /// What is trained, where that is something else.
  var trained: [Parameter] { get }
  /// - Throws: `TuneError.usage` where what is on the model already leaves the two no meaning.
  func requireRoom() throws
  func putOn()
  func takeOff()
  /// Whether it surely changes nothing, as it is new.
  var isInert: Bool { get }
  /// The weights of the model that it changes; nil where what it does is no change of weights and cannot be merged.
  var mergedParameters: [Parameter]? { get }
  /// Why it cannot be merged, where that is something else.
  var reasonAgainstMerging: String? { get }
  /// The values of one of them with the part in it, made of the values without.
  func merged(_ parameter: Parameter, _ value: Tensor) -> Tensor
}

/// A part whose file holds something else than what is trained.
protocol ConvertedPart: AdapterPart {
  var savedTensors: [(name: String, parameter: Parameter)] { get }
  /// The settings that the saved tensors need instead of the method's.
  var savedSettings: JSONObject { get }
}

/// A part that follows the steps of a training: see `AttachedAdapter`.
protocol TrainingFollower: AdapterPart {
  func begin(totalSteps: Int) throws
  func penalty() -> Tensor?
  func didUpdate(step: Int, gradientScale: Double)
  /// Settings that it has from the training.
  var settings: JSONObject { get }
  /// For people: what it will do in the training; nil before that is known.
  var plan: String? { get }
}

/// A part on one linear layer.
protocol LinearPart: AdapterPart, LinearAdapter {
  var linear: Linear { get }
  /// How it goes with others on the same layer; by itself unless a method says otherwise.
  var stacking: Stacking { get }
}

/// How a change of a linear layer goes with others of the same layer. Changes of one kind commute; where kinds meet, the
/// result would depend on which was first.
enum Stacking: String {
  case sum = "a sum"
  case product = "a product"
  case alone = "one that goes with no other"
}

extension LinearPart {
  var stacking: Stacking { .alone }

  func requireRoom() throws {
    for other in linear.adapters.compactMap({ $0 as? any LinearPart }) {
      guard other.stacking == stacking, stacking != .alone else {
        throw TuneError.usage(
          "layer '\(linear.name)' has an adapter already: its change is \(other.stacking.rawValue), this one's is "
            + "\(stacking.rawValue), and what the two do together is not defined; merge one of them into the base first"
        )
      }
    }
  }

  func putOn() { linear.adapters.append(self) }
  func takeOff() { linear.adapters.removeAll { $0 === self } }
  var parameters: [Parameter] { tensors.map { $0.parameter } }
  var mergedParameters: [Parameter]? { [linear.weight] }
  var isInert: Bool { false }
}

extension AdapterPart {
  public var reasonAgainstMerging: String? { nil }
  public func requireRoom() throws {}

  public var trained: [Parameter] { tensors.map { $0.parameter }.filter { $0.isTrainable } }

  /// Whether a parameter is all zeros.
  func isZero(_ parameter: Parameter) -> Bool {
    UnsafeBufferPointer(start: parameter.pointer, count: parameter.count).allSatisfy { $0 == 0 }
  }
}

/// The seed that all parts of an adapter share in one forward pass; nil outside training.
public final class DropoutSource {
  var seed: UInt64?

  /// Dropout in training, nothing outside.
  ///
  /// - Parameter place: tells the parts of an adapter apart.
  func applied(to x: Tensor, _ probability: Float, _ place: UInt64) -> Tensor {
    guard probability > 0, let seed else { return x }
    return Tensors.dropout(x, probability: probability, seed: seed ^ place)
  }
}

extension MersenneTwister {
  /// Uniform in ±bound.
  mutating func uniform(_ shape: [Int], bound: Float) -> Tensor {
    let tensor = Tensor(shape: shape)
    for index in 0..<tensor.count { tensor.pointer[index] = uniform(from: -bound, to: bound) }
    return tensor
  }
}
