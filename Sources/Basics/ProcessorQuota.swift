import Foundation

/// The processors that Linux control groups grant this process: a container's CPU limit.
struct ProcessorQuota {
  /// The text of a file, nil where it is missing.
  var read: (String) -> String? = { try? String(contentsOfFile: $0, encoding: .utf8) }

  /// The least of the quotas of the process's group and of those above it, in processors; nil without any.
  ///
  /// Both versions of control groups are asked, as a system may run them side by side. In a container the path may be
  /// the host's while only the container's own group is mounted, as the root: hence every ancestor is tried.
  /// Format: cgroups(7), and the kernel's admin-guide/cgroup-v2.rst and scheduler/sched-bwc.rst.
  var processors: Double? {
    let lines = (read("/proc/self/cgroup") ?? "0::/").split(separator: "\n")
    return lines.flatMap { quotas(membership: $0) }.min()
  }

  /// The quotas along one line of /proc/self/cgroup: hierarchy:controllers:path.
  private func quotas(membership line: Substring) -> [Double] {
    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { return [] }
    let groups = Self.ancestors(String(fields[2]))
    if fields[0] == "0" {
      return groups.flatMap { group in
        ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].compactMap { version2("\($0)\(group)/cpu.max") }
      }
    }
    guard fields[1].split(separator: ",").contains("cpu") else { return [] }
    return groups.flatMap { group in
      ["cpu", String(fields[1])].compactMap { version1("/sys/fs/cgroup/\($0)\(group)") }
    }
  }

  /// "/a/b" → "/a/b", "/a", "".
  private static func ancestors(_ path: String) -> [String] {
    let names = path.split(separator: "/")
    return (0...names.count).reversed().map { names.prefix($0).map { "/\($0)" }.joined() }
  }

  /// cpu.max: "quota period" in microseconds; the quota may be "max".
  private func version2(_ file: String) -> Double? {
    let fields = (read(file) ?? "").split(whereSeparator: \.isWhitespace)
    guard fields.count == 2 else { return nil }
    return Self.ratio(fields[0], fields[1])
  }

  /// cpu.cfs_quota_us (-1: no limit) and cpu.cfs_period_us.
  private func version1(_ folder: String) -> Double? {
    guard let quota = read("\(folder)/cpu.cfs_quota_us"), let period = read("\(folder)/cpu.cfs_period_us") else {
      return nil
    }
    return Self.ratio(quota, period)
  }

  private static func ratio(_ quota: some StringProtocol, _ period: some StringProtocol) -> Double? {
    guard let quota = Double(quota.trimmingCharacters(in: .whitespacesAndNewlines)),
      let period = Double(period.trimmingCharacters(in: .whitespacesAndNewlines)), quota > 0, period > 0
    else { return nil }
    return quota / period
  }
}
