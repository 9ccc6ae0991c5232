import Foundation

/// What Linux control groups grant this process: a container's limits.
///
/// Both versions of control groups are asked, as a system may run them side by side. In a container the path may be the
/// host's while only the container's own group is mounted, as the root: hence every ancestor is tried.
/// Format: cgroups(7), and the kernel's admin-guide/cgroup-v2.rst, scheduler/sched-bwc.rst and cgroup-v1/memory.rst.
struct ControlGroups {
  /// The text of a file, nil where it is missing.
  var read: (String) -> String? = { try? String(contentsOfFile: $0, encoding: .utf8) }

  /// The least of the processor quotas of the process's group and of those above it; nil without any.
  var processors: Double? {
    folders(of: "cpu").compactMap { folder in
      if folder.isVersion2 {
        // "quota period" in microseconds; the quota may be "max".
        let fields = (read("\(folder.path)/cpu.max") ?? "").split(whereSeparator: \.isWhitespace)
        return fields.count == 2 ? ratio(fields[0], fields[1]) : nil
      }
      // The quota is -1 without a limit.
      guard let quota = read("\(folder.path)/cpu.cfs_quota_us"), let period = read("\(folder.path)/cpu.cfs_period_us")
      else { return nil }
      return ratio(quota, period)
    }.min()
  }

  /// The least of what the process's group and those above it may still take of memory, in bytes; nil without a limit.
  var availableMemory: Int? {
    folders(of: "memory").compactMap { folder in
      let names =
        folder.isVersion2 ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
      guard let limit = number("\(folder.path)/\(names.0)"), let used = number("\(folder.path)/\(names.1)"),
        limit < Self.unlimited
      else { return nil }
      // Pages of files can be dropped at any time.
      let files = statistic("inactive_file", "\(folder.path)/memory.stat") ?? 0
      return max(0, limit - max(0, used - files))
    }.min()
  }

  /// Version 1 writes the largest multiple of a page for no limit.
  private static let unlimited = 1 << 60

  private func number(_ file: String) -> Int? {
    read(file).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  private func statistic(_ name: String, _ file: String) -> Int? {
    let lines = (read(file) ?? "").split(separator: "\n").map { $0.split(separator: " ") }
    return lines.first { $0.count == 2 && $0[0] == name }.flatMap { Int($0[1]) }
  }

  private struct Folder {
    let path: String
    let isVersion2: Bool
  }

  /// Where a controller's files of the process's groups may be, by the lines of /proc/self/cgroup:
  /// hierarchy:controllers:path.
  private func folders(of controller: String) -> [Folder] {
    let lines = (read("/proc/self/cgroup") ?? "0::/").split(separator: "\n")
    return lines.flatMap { line -> [Folder] in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      let isVersion2 = fields[0] == "0"
      guard isVersion2 || fields[1].split(separator: ",").contains(Substring(controller)) else { return [] }
      let mounts = isVersion2 ? ["", "/unified"] : ["/\(controller)", "/\(fields[1])"]
      return Self.ancestors(String(fields[2])).flatMap { group in
        mounts.map { Folder(path: "/sys/fs/cgroup\($0)\(group)", isVersion2: isVersion2) }
      }
    }
  }

  /// "/a/b" → "/a/b", "/a", "".
  private static func ancestors(_ path: String) -> [String] {
    let names = path.split(separator: "/")
    return (0...names.count).reversed().map { names.prefix($0).map { "/\($0)" }.joined() }
  }

  private func ratio(_ quota: some StringProtocol, _ period: some StringProtocol) -> Double? {
    guard let quota = Double(quota.trimmingCharacters(in: .whitespacesAndNewlines)),
      let period = Double(period.trimmingCharacters(in: .whitespacesAndNewlines)), quota > 0, period > 0
    else { return nil }
    return quota / period
  }
}

/// The memory that this process may still take without swapping, in bytes: what the machine has free or can free, and no
/// more than its control groups allow.
public func availableMemory() -> Int { availableMemory(ControlGroups()) }

func availableMemory(_ groups: ControlGroups) -> Int {
  let lines = (groups.read("/proc/meminfo") ?? "").split(separator: "\n")
  let line = lines.first { $0.hasPrefix("MemAvailable:") }
  let kilobytes = line.flatMap { Int($0.split(whereSeparator: \.isWhitespace)[1]) }
  let machine = kilobytes.map { $0 << 10 } ?? Int(ProcessInfo.processInfo.physicalMemory)
  return min(machine, groups.availableMemory ?? .max)
}
