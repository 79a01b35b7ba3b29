// SPDX-License-Identifier: MIT
// The pretended device does what the other tests take for granted, and the worker knows what its errors mean.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "eigensweep/core/error.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/worker/host.hpp"
#include "eigensweep/worker/measure.hpp"
#include "pretended/events.hpp"
#include "pretended/memory.hpp"

using namespace eigensweep;

namespace {

/// The device works again at the end of the test.
struct WithFault {
  explicit WithFault(pretended::Fault fault) { pretended::set_fault(std::move(fault)); }
  ~WithFault() { pretended::set_fault({}); }
};

struct WithMemory {
  explicit WithMemory(std::size_t bytes) : before(pretended::Memory::instance().limit()) {
    pretended::Memory::instance().set_limit(pretended::Memory::instance().used() + bytes);
  }
  ~WithMemory() { pretended::Memory::instance().set_limit(before); }
  std::size_t before;
};

torch::Tensor on_device(const std::vector<std::int64_t>& sizes) { return torch::ones(sizes, pretended::device); }

}  // namespace

TEST_CASE("the host cannot touch the device's memory") {
  const torch::Tensor tensor = on_device({4});
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);  // not Catch's
    ::_exit(*static_cast<volatile const float*>(tensor.const_data_ptr()) == 1 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGSEGV);
  CHECK(tensor.cpu().sum().item<float>() == 4);
}

TEST_CASE("the device refuses tensors of the host, but not their numbers") {
  const torch::Tensor here = on_device({2, 2});
  CHECK_THROWS_AS(here + torch::ones({2, 2}), c10::Error);
  CHECK_THROWS_AS(torch::bmm(here.unsqueeze(0), torch::ones({1, 2, 2})), c10::Error);
  CHECK((here + torch::tensor(1.0F)).cpu().sum().item<float>() == 8);
}

TEST_CASE("operations, waits and copies are counted") {
  const torch::Tensor here = on_device({3});
  const torch::Tensor host = torch::ones({5});
  const auto before = pretended::counts();
  torch::Tensor sum = here + here;
  sum.mul_(2);
  const torch::Tensor part = sum.narrow(0, 1, 2).unsqueeze(0);  // views cost nothing
  auto counted = pretended::counts() - before;
  CHECK(counted.operations == 2);
  CHECK(counted.by_operator == std::map<std::string, std::uint64_t>{{"aten::add.out", 1}, {"aten::mul.out", 1}});
  CHECK(counted.waits + counted.uploads == 0);
  CHECK(part.sum().item<float>() == 8);
  counted = pretended::counts() - before;
  CHECK(counted.waits == 1);
  CHECK(counted.bytes_read == 4);
  const torch::Tensor moved = host.to(pretended::device);
  counted = pretended::counts() - before;
  CHECK(counted.uploads == 1);
  CHECK(counted.bytes_uploaded == 20);
}

TEST_CASE("gradients flow on the device") {
  const torch::Tensor weight = (on_device({1, 3, 4}) / 10).requires_grad_();
  torch::bmm(weight, on_device({1, 4, 2})).tanh().sum().backward();
  const torch::Tensor expected = (1 - torch::full({1, 3, 4}, 0.4).tanh().square()) * 2;
  CHECK(torch::allclose(weight.grad().cpu(), expected.to(torch::kFloat32)));
}

TEST_CASE("a device whose context is lost computes no more, one that refused a call does") {
  CHECK_NOTHROW(worker::expect_device(torch::kCPU));
  CHECK_NOTHROW(worker::expect_device(pretended::device));
  {
    const WithFault fault(
        {pretended::Fault::Kind::refused, "linalg_eigh", 0, 1, "cusolver error: CUSOLVER_STATUS_EXECUTION_FAILED"});
    CHECK_THROWS_AS(torch::linalg_eigh(on_device({2, 2})), c10::Error);
    CHECK_NOTHROW(worker::expect_device(pretended::device));
  }
  const WithFault fault({pretended::Fault::Kind::lost, "tanh"});
  CHECK_NOTHROW(worker::expect_device(pretended::device));
  CHECK_THROWS_AS(on_device({2}).tanh(), c10::AcceleratorError);
  CHECK_THROWS_AS(worker::expect_device(pretended::device), SystemError);
}

TEST_CASE("a device is measured by products and small operations") {
  const worker::MeasureEffort effort{2, 8, 4, 3, 50, 2};
  const auto before = pretended::counts();
  const wire::DeviceSpeed speed = worker::measure(pretended::device, effort);
  const auto counted = pretended::counts() - before;
  CHECK(speed.flops_per_second > 0);
  CHECK(speed.seconds_per_operation > 0);
  CHECK(counted.by_operator.at("aten::mul.out") == 3 * 50);
  CHECK(counted.by_operator.at("aten::bmm.out") == 3 * 3);
  const WithMemory memory(1 << 10);
  CHECK_THROWS_AS(worker::measure(pretended::device), c10::Error);
}

TEST_CASE("a device that is full still computes") {
  const std::int64_t free = worker::free_memory(pretended::device);
  const WithMemory memory(1 << 20);
  CHECK(worker::free_memory(pretended::device) == 1 << 20);
  CHECK(worker::free_memory(pretended::device) < free);
  try {
    on_device({1 << 20});
    FAIL("4 MiB were found in 1 MiB");
  } catch (const c10::Error& error) {
    CHECK(worker::is_out_of_memory(error));
  }
  const torch::Tensor rest = on_device({(1 << 18) - 128});
  CHECK_NOTHROW(worker::expect_device(pretended::device));
  const torch::Tensor last = on_device({128});
  CHECK_NOTHROW(worker::expect_device(pretended::device));
}

TEST_CASE("the device's free memory goes back to the system between packs") {
  const std::size_t before = pretended::Memory::instance().clearings();
  worker::give_back_freed_memory(torch::kCPU);
  CHECK(pretended::Memory::instance().clearings() == before);
  worker::give_back_freed_memory(pretended::device);
  CHECK(pretended::Memory::instance().clearings() == before + 1);
  CHECK(on_device({4}).sum().item<float>() == 4);
}

TEST_CASE("a device that a plug-in of Torch brings has its name") {
  CHECK(worker::choose_device("pretended:0") == pretended::device);
  CHECK(worker::device_name(worker::choose_device("pretended:0")) == "pretended:0");
  CHECK(worker::choose_device("auto") == torch::kCPU);
  CHECK_THROWS_AS(worker::choose_device("pretended:1"), ConfigError);
}
