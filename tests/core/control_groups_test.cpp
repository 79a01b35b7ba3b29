// SPDX-License-Identifier: MIT
#include "eigensweep/core/control_groups.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <memory>

#include "scratch.hpp"

using namespace eigensweep;

namespace {

/// The part of a machine's /proc and /sys that control groups use.
class Machine {
 public:
  [[nodiscard]] const std::filesystem::path& root() const { return folder_->path(); }
  void write(const std::string& path, const std::string& content) const {
    const std::filesystem::path file = root() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  [[nodiscard]] GroupLimits limits() const { return group_limits(root()); }

 private:
  std::shared_ptr<Scratch> folder_ = std::make_shared<Scratch>();
};

Machine version_2(const std::string& path = "/user.slice/job") {
  Machine machine;
  machine.write("proc/self/cgroup", "0::" + path + "\n");
  machine.write("proc/self/mountinfo",
                "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
                "31 22 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  return machine;
}

Machine version_1(const std::string& mount_root = "/", const std::string& path = "/slurm/job_7") {
  Machine machine;
  machine.write("proc/self/cgroup", "5:memory:" + path + "\n4:cpu,cpuacct:" + path + "\n1:name=systemd:/\n");
  machine.write("proc/self/mountinfo",
                "32 31 0:29 " + mount_root +
                    " /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n33 31 0:30 " + mount_root +
                    " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  return machine;
}

double least(const std::vector<GroupLimit>& limits) {
  REQUIRE_FALSE(limits.empty());
  double value = limits.front().value;
  for (const GroupLimit& limit : limits) value = std::min(value, limit.value);
  return value;
}

}  // namespace

TEST_CASE("version 2: the least limit of a group and of those around it is found") {
  const Machine machine = version_2();
  machine.write("sys/fs/cgroup/user.slice/job/cpu.max", "250000 100000\n");
  machine.write("sys/fs/cgroup/user.slice/cpu.max", "max 100000\n");
  machine.write("sys/fs/cgroup/user.slice/job/memory.max", "max\n");
  machine.write("sys/fs/cgroup/user.slice/job/memory.high", "3000000000\n");
  machine.write("sys/fs/cgroup/user.slice/memory.max", "2000000000\n");
  GroupLimits limits = machine.limits();
  REQUIRE(limits.cores.size() == 1);
  CHECK(limits.cores[0].value == 2.5);
  CHECK(limits.cores[0].file == (machine.root() / "sys/fs/cgroup/user.slice/job/cpu.max").string());
  CHECK(least(limits.memory) == 2e9);
  CHECK(limits.problems.empty());
  machine.write("sys/fs/cgroup/user.slice/cpu.max", "50000 100000\n");
  limits = machine.limits();
  CHECK(least(limits.cores) == 0.5);
  CHECK(limits.cores[0].group != limits.cores[1].group);
}

TEST_CASE("version 1: the quota is a share of its period, and -1 is none") {
  const Machine machine = version_1();
  const std::string cpu = "sys/fs/cgroup/cpu,cpuacct/slurm/", memory = "sys/fs/cgroup/memory/slurm/";
  machine.write(cpu + "job_7/cpu.cfs_quota_us", "-1\n");
  machine.write(cpu + "job_7/cpu.cfs_period_us", "100000\n");
  machine.write(memory + "job_7/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(machine.limits().cores.empty());
  CHECK(least(machine.limits().memory) > 9e18);  // more than any machine has
  machine.write(cpu + "cpu.cfs_quota_us", "300000\n");
  machine.write(cpu + "cpu.cfs_period_us", "50000\n");
  machine.write(memory + "memory.limit_in_bytes", "1000000000\n");
  CHECK(least(machine.limits().cores) == 6);
  CHECK(least(machine.limits().memory) == 1e9);
}

TEST_CASE("both versions at once: each controller is read where it is") {
  const Machine machine = version_1();
  std::ofstream(machine.root() / "proc/self/cgroup", std::ios::app) << "0::/unified\n";
  std::ofstream(machine.root() / "proc/self/mountinfo", std::ios::app)
      << "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
  machine.write("sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_quota_us", "200000");
  machine.write("sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_period_us", "100000");
  machine.write("sys/fs/cgroup/unified/unified/memory.max", "4000000000");
  CHECK(least(machine.limits().cores) == 2);
  CHECK(least(machine.limits().memory) == 4e9);
}

TEST_CASE("a container sees its limit as the mount's root, with or without a namespace of its own") {
  SECTION("its path is given as outside, the mount shows only its own part") {
    const Machine machine = version_1("/docker/abc", "/docker/abc");
    machine.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000");
    machine.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
    CHECK(least(machine.limits().cores) == 0.5);
  }
  SECTION("and below that part") {
    const Machine machine = version_1("/docker/abc", "/docker/abc/below");
    machine.write("sys/fs/cgroup/cpu,cpuacct/below/cpu.cfs_quota_us", "50000");
    machine.write("sys/fs/cgroup/cpu,cpuacct/below/cpu.cfs_period_us", "100000");
    CHECK(least(machine.limits().cores) == 0.5);
  }
  SECTION("a namespace: the group is the root") {
    const Machine machine = version_2("/");
    machine.write("sys/fs/cgroup/cpu.max", "150000 100000");
    CHECK(least(machine.limits().cores) == 1.5);
  }
  SECTION("a path that nothing shows: what the mount's root says") {
    for (const std::string path : {"/kubepods/pod1", "/../sibling", "/../.."}) {
      const Machine machine = version_2(path);
      machine.write("sys/fs/cgroup/cpu.max", "150000 100000");
      machine.write("sys/cpu.max", "1 100000");
      CHECK(least(machine.limits().cores) == 1.5);
    }
  }
  SECTION("a mount point with a space") {
    const Machine machine = version_2("/");
    machine.write("proc/self/mountinfo", "31 22 0:28 / /sys/my\\040groups rw - cgroup2 cgroup2 rw\n");
    machine.write("sys/my groups/cpu.max", "150000 100000");
    CHECK(least(machine.limits().cores) == 1.5);
  }
}

TEST_CASE("no control groups, and none that limits, are no limits") {
  CHECK(Machine().limits().cores.empty());
  CHECK(Machine().limits().memory.empty());
  CHECK(version_2().limits().cores.empty());
  CHECK(version_1().limits().memory.empty());
  CHECK(version_2().limits().problems.empty());
  Machine machine;
  machine.write("proc/self/cgroup", "nonsense\n::\n0:\n");
  machine.write("proc/self/mountinfo", "\n- cgroup2\n1 2 3 4 5 - cgroup2\n");
  CHECK(machine.limits().problems.empty());
}

TEST_CASE("a limit that cannot be read is named") {
  const auto complaint = [](const std::filesystem::path& file, const std::string& what) {
    return std::vector<std::string>{file.string() + ": cannot be understood: " + what +
                                    " (its limit is not known and not kept to)"};
  };
  const Machine machine = version_2("/");
  const std::filesystem::path file = machine.root() / "sys/fs/cgroup/cpu.max";
  for (const char* content : {"many", "1 2 x", "100000 0", "-5 100000", "0 100000"}) {
    machine.write("sys/fs/cgroup/cpu.max", content);
    if (content == std::string("1 2 x")) continue;  // a later kernel may append words
    CHECK(machine.limits().problems == complaint(file, "no quota and period"));
    CHECK(machine.limits().cores.empty());
  }
  machine.write("sys/fs/cgroup/cpu.max", "");
  CHECK(machine.limits().problems == complaint(file, "it is empty"));
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);  // root may read every file, so a folder stands in for an unreadable one
  CHECK(machine.limits().problems == complaint(file, "Is a directory (error 21)"));
  std::filesystem::remove(file);
  machine.write("sys/fs/cgroup/memory.max", "lots");
  CHECK(machine.limits().problems == complaint(machine.root() / "sys/fs/cgroup/memory.max", "no number of bytes"));

  const Machine older = version_1();
  older.write("sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_quota_us", "50000");
  CHECK(older.limits().problems == complaint(older.root() / "sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_quota_us",
                                             "no quota, or one without a period"));
}

TEST_CASE("free memory is the machine's, or what the group's limit leaves if that is less") {
  Machine machine = version_2("/job");
  CHECK_FALSE(free_memory(machine.root()).has_value());
  machine.write("proc/meminfo", "MemTotal:       8000000 kB\nMemAvailable:   1000000 kB\n");
  CHECK(free_memory(machine.root()) == 1000000.0 * 1024);
  machine.write("sys/fs/cgroup/job/memory.max", "500000000");
  machine.write("sys/fs/cgroup/job/memory.current", "300000000");
  machine.write("sys/fs/cgroup/job/memory.stat", "anon 1\nfile 2\ninactive_file 100000000\n");
  CHECK(free_memory(machine.root()) == 300000000.0);  // the kernel reclaims file pages on demand
  machine.write("sys/fs/cgroup/job/memory.current", "700000000");
  CHECK(free_memory(machine.root()) == 0.0);

  const Machine older = version_1();
  older.write("proc/meminfo", "MemAvailable:   1000000 kB\n");
  older.write("sys/fs/cgroup/memory/slurm/memory.limit_in_bytes", "500000000");
  older.write("sys/fs/cgroup/memory/slurm/memory.usage_in_bytes", "300000000");
  older.write("sys/fs/cgroup/memory/slurm/memory.stat", "cache 5\ninactive_file 7\ntotal_inactive_file 50000000\n");
  CHECK(free_memory(older.root()) == 250000000.0);
}
