import Basics
import Foundation

/// A sweep on disk: `sweep.json`, written anew after each trial, so that a sweep can go on after any end.
struct SweepState: Sendable {
  enum Status: String, Sendable {
    case running, interrupted, complete
    /// Complete but for trials that the budget had no time for.
    case budgetSpent = "budget spent"
  }

  let folder: String
  let settings: SweepSettings
  /// Where the sweep was started: paths among its options are relative to it.
  let workingFolder: String
  var budgetSeconds: Double?
  /// Wall time so far, of all sittings.
  var spentSeconds = 0.0
  var status = Status.running
  var outcomes: [TrialOutcome] = []
  /// The process that trains or evaluates now.
  var process: Int32?

  static let fileName = "sweep.json"

  init(folder: String, settings: SweepSettings, budgetSeconds: Double?) {
    (self.folder, self.settings, self.budgetSeconds) = (folder, settings, budgetSeconds)
    workingFolder = FileManager.default.currentDirectoryPath
  }

  /// Reads the state of a sweep that was started before.
  ///
  /// - Throws: `TuneError.usage` when the folder holds no sweep, `TuneError.data` when its file is damaged.
  init(resuming folder: String) throws {
    let path = "\(folder)/\(Self.fileName)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw TuneError.usage(
        "--resume \(folder): has no \(Self.fileName); name the folder of a sweep that was started before")
    }
    let json = try JSON(contentsOf: path)
    guard let settings = json["settings"].flatMap({ SweepSettings($0) }),
      let workingFolder = json["working_folder"]?.stringValue, let spent = json["seconds_spent"]?.doubleValue,
      let outcomes = json["outcomes"]?.arrayValue
    else {
      throw TuneError.data("\(path): is not the state of a sweep, or is damaged; start the sweep anew")
    }
    (self.folder, self.settings, self.workingFolder) = (folder, settings, workingFolder)
    (spentSeconds, budgetSeconds) = (spent, json["budget_seconds"]?.doubleValue)
    process = json["process"]?.intValue.flatMap { Int32(exactly: $0) }
    self.outcomes = outcomes.compactMap { TrialOutcome($0) }
    guard self.outcomes.count == outcomes.count else {
      throw TuneError.data("\(path): the outcome of a trial is damaged; start the sweep anew")
    }
  }

  /// - Throws: `TuneError.data` when an outcome is of a trial that the plan does not have.
  func check(against plan: SweepPlan) throws {
    let isKnown = outcomes.allSatisfy { plan.trials.indices ~= $0.trial - 1 && plan.rungs.indices ~= $0.rung }
    guard !isKnown else { return }
    throw TuneError.data("\(folder)/\(Self.fileName): names a trial that the sweep does not have; start the sweep anew")
  }

  func outcome(trial: Int, rung: Int) -> TrialOutcome? { outcomes.last { $0.trial == trial && $0.rung == rung } }

  /// Keeps an outcome in the place of an earlier one of the same trial and rung.
  mutating func record(_ outcome: TrialOutcome) {
    outcomes.removeAll { $0.trial == outcome.trial && $0.rung == outcome.rung }
    outcomes.append(outcome)
    outcomes.sort { ($0.rung, $0.trial) < ($1.rung, $1.trial) }
  }

  /// - Parameter extra: what is for readers alone: trials, rungs and the best.
  func json(_ extra: JSONObject) -> JSON {
    var object: JSONObject = [
      "tune_version": .string(tuneVersion), "status": .string(status.rawValue),
      "working_folder": .string(workingFolder), "settings": .object(settings.json),
      "budget_seconds": budgetSeconds.map { .number($0) } ?? .null, "seconds_spent": .number(spentSeconds),
      "process": process.map { .integer(Int($0)) } ?? .null,
    ]
    for entry in extra { object[entry.key] = entry.value }
    object["outcomes"] = .array(outcomes.map { .object($0.json) })
    return .object(object)
  }

  /// - Throws: `TuneError.usage` when a trial's process of an earlier sitting still runs, which would write where its
  ///   successor writes.
  func checkNothingRuns() throws {
    guard let process, kill(process, 0) == 0,
      let command = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8),
      command.contains("\(folder)/")
    else { return }
    throw TuneError.usage(
      "--resume \(folder): a trial of it still runs as process \(process); wait for it or end it with kill \(process)")
  }
}

/// Keeps two sweeps out of one folder, for as long as the value lives.
final class SweepLock {
  private let descriptor: Int32

  init(folder: String) throws {
    let path = "\(folder)/.lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw TuneError.runtime("\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw TuneError.usage("\(folder): another process is at work on this sweep; wait for it or choose another folder")
    }
  }

  deinit { close(descriptor) }
}
