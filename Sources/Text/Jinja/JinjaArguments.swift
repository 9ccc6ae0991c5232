extension Jinja {
  /// The arguments of a call, as written.
  struct Arguments {
    var positional: [Value] = []
    var keywords: [(name: String, value: Value)] = []

    /// The arguments in the order of the named parameters, nil where none was given.
    ///
    /// - Throws: when there are too many, an unknown or doubled one, or fewer than the `required` first ones.
    func bound(_ function: String, _ names: [String], required: Int = 0) throws -> [Value?] {
      guard positional.count <= names.count else {
        throw Failure("\(function)() takes at most \(names.count) arguments; \(positional.count) were given")
      }
      var values: [Value?] = positional.map { $0 } + Array(repeating: nil, count: names.count - positional.count)
      for (name, value) in keywords {
        guard let place = names.firstIndex(of: name) else {
          throw Failure("\(function)() got an unexpected keyword argument '\(name)'")
        }
        guard values[place] == nil else { throw Failure("\(function)() got multiple values for argument '\(name)'") }
        values[place] = value
      }
      for place in 0..<required where values[place] == nil {
        throw Failure("\(function)() misses its argument '\(names[place])'")
      }
      return values
    }

    var isEmpty: Bool { positional.isEmpty && keywords.isEmpty }

    /// Refuses any argument.
    func expectNone(_ function: String) throws {
      guard isEmpty else {
        throw Failure("\(function) takes no arguments; \(positional.count + keywords.count) were given")
      }
    }
  }
}

extension Jinja.Value? {
  /// The whole number that an argument gives; the standard where it is missing.
  func wholeNumber(_ function: String, standard: Int) throws -> Int {
    guard let self else { return standard }
    guard let index = self.index else {
      throw Jinja.Failure("\(function) needs a whole number; found a value of type '\(self.typeName)'")
    }
    return index
  }
}
