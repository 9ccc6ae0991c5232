import Testing

@testable import Basics

@Suite struct ControlGroupsTests {
  @Test(
    arguments: [
      // Version 2: the group itself, a limit above it, no limit, the root in a container.
      (["/proc/self/cgroup": "0::/user/job\n", "/sys/fs/cgroup/user/job/cpu.max": "150000 100000\n"], 1.5),
      (["/proc/self/cgroup": "0::/user/job\n", "/sys/fs/cgroup/user/cpu.max": "50000 100000\n"], 0.5),
      (["/proc/self/cgroup": "0::/user/job\n", "/sys/fs/cgroup/user/job/cpu.max": "max 100000\n"], nil),
      (["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "200000 100000\n"], 2),
      (["/sys/fs/cgroup/cpu.max": "300000 100000\n"], 3),
      // The least one holds.
      (
        [
          "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/cpu.max": "200000 100000\n",
          "/sys/fs/cgroup/a/b/cpu.max": "400000 100000\n",
        ], 2
      ),
      // Version 1, under both names of its folder, and with the host's path in a container.
      (
        [
          "/proc/self/cgroup": "3:cpuset:/job\n2:cpu,cpuacct:/job\n",
          "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "250000\n",
          "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
        ], 2.5
      ),
      (
        [
          "/proc/self/cgroup": "2:cpuacct,cpu:/docker/5f3a\n", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000\n",
          "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000\n",
        ], 2
      ),
      (
        [
          "/proc/self/cgroup": "2:cpu:/\n", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
          "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        ], nil
      ),
      // Both side by side, version 2 without controllers.
      (
        [
          "/proc/self/cgroup": "1:cpu:/job\n0::/\n", "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "70000\n",
          "/sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n", "/sys/fs/cgroup/unified/cpu.max": "max 100000\n",
        ], 0.7
      ),
      // Damaged, and none at all.
      (["/proc/self/cgroup": "cpu\n0::/\n", "/sys/fs/cgroup/cpu.max": "100000\n"], nil),
      (["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "100000 0\n"], nil),
      ([:], nil),
    ] as [([String: String], Double?)])
  func quotaOfTheGroups(files: [String: String], processors: Double?) {
    #expect(ControlGroups { files[$0] }.processors == processors)
  }

  @Test(
    arguments: [
      // Version 2: what files take can be freed; the least of the group and those above it holds.
      (
        [
          "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/memory.max": "5000\n",
          "/sys/fs/cgroup/a/b/memory.current": "3000\n",
          "/sys/fs/cgroup/a/b/memory.stat": "anon 2\ninactive_file 500\n",
          "/sys/fs/cgroup/a/memory.max": "max\n", "/sys/fs/cgroup/a/memory.current": "3000\n",
        ], 2500
      ),
      (
        [
          "/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.max": "5000\n",
          "/sys/fs/cgroup/a/memory.current": "6000\n",
        ], 0
      ),
      // Version 1, with a limit and without.
      (
        [
          "/proc/self/cgroup": "4:memory:/job\n", "/sys/fs/cgroup/memory/job/memory.limit_in_bytes": "9000\n",
          "/sys/fs/cgroup/memory/job/memory.usage_in_bytes": "1000\n",
          "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
          "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1000\n",
        ], 8000
      ),
      (["/proc/meminfo": "MemTotal: 8 kB\nMemAvailable:    3 kB\n"], nil),
    ] as [([String: String], Int?)])
  func memoryOfTheGroups(files: [String: String], available: Int?) {
    let groups = ControlGroups { files[$0] }
    #expect(groups.availableMemory == available)
    #expect(Basics.availableMemory(groups) == available ?? 3 << 10)
  }

  @Test func someMemoryIsAvailable() { #expect(Basics.availableMemory() > 1 << 20) }
}
