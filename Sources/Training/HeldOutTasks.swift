import Datasets

extension TrainingData {
  /// Takes tasks out of training; they are measured alone.
  ///
  /// - Parameters:
  ///   - held: the numbers of the tasks.
  ///   - limit: so many training examples of a task, in their order, are measured where the validation examples have
  ///     none of it.
  public mutating func holdOut(_ held: Set<Int>, measuring limit: Int) {
    let measured = Set(validation.map { $0.task })
    for task in held.subtracting(measured).sorted() {
      validation += examples.lazy.filter { $0.task == task }.prefix(limit)
    }
    examples.removeAll { held.contains($0.task) }
    heldOutTasks = held
  }
}
