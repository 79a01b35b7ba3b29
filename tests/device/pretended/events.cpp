// SPDX-License-Identifier: MIT
#include "events.hpp"

#include <c10/util/Exception.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>

#include "recording.hpp"

namespace eigensweep::pretended {
namespace {

// {"kind": "lost" | "refused", "operator": "eigh", "after": 1500, "times": 1, "text": "...", "once": "FILE"}. With
// `once`, only the first process that creates FILE has the fault.
Fault fault_of_environment() {
  const char* text = std::getenv("EIGENSWEEP_PRETENDED_FAULT");
  if (text == nullptr) return {};
  const auto json = nlohmann::json::parse(text);
  if (json.contains("once")) {
    const int file = ::open(json["once"].get<std::string>().c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return {};
    ::close(file);
  }
  Fault fault;
  fault.kind = json.at("kind") == "lost" ? Fault::Kind::lost : Fault::Kind::refused;
  fault.after = json.value("after", fault.after);
  fault.times = json.value("times", fault.times);
  fault.operator_name = json.value("operator", fault.operator_name);
  fault.text = json.value("text", fault.text);
  return fault;
}

struct State {
  std::mutex mutex;
  Counts counts;
  Fault fault = fault_of_environment();
  bool is_lost = false;
};

State& state() {
  static auto* const state = new State;  // tensors may be freed after all static objects
  return *state;
}

// Called with the state's mutex.
void fail_if_due(State& now, const std::string& name) {
  Fault& fault = now.fault;
  const bool is_meant = fault.kind != Fault::Kind::none && name.find(fault.operator_name) != std::string::npos;
  if (!now.is_lost && (!is_meant || fault.after-- > 0)) return;
  if (fault.kind == Fault::Kind::refused) {
    TORCH_CHECK(fault.times-- <= 0, fault.text);
    return;
  }
  now.is_lost = true;
  throw c10::AcceleratorError({__func__, __FILE__, __LINE__}, 719, fault.text);
}

}  // namespace

Counts operator-(Counts after, const Counts& before) {
  after.operations -= before.operations;
  after.waits -= before.waits;
  after.uploads -= before.uploads;
  after.bytes_read -= before.bytes_read;
  after.bytes_uploaded -= before.bytes_uploaded;
  for (const auto& [name, number] : before.by_operator) {
    auto found = after.by_operator.find(name);
    found->second -= number;
    if (found->second == 0) after.by_operator.erase(found);
  }
  return after;
}

Counts counts() {
  const std::lock_guard lock(state().mutex);
  return state().counts;
}

void set_fault(Fault fault) {
  const std::lock_guard lock(state().mutex);
  state().fault = std::move(fault);
  state().is_lost = false;
}

void count_operation(const std::string& name) {
  if (Recording::current() != nullptr) return;
  const std::lock_guard lock(state().mutex);
  fail_if_due(state(), name);
  ++state().counts.operations;
  ++state().counts.by_operator[name];
}

void count_wait(std::uint64_t bytes) {
  TORCH_CHECK(Recording::current() == nullptr, "the host waits for the device, which does not while it records");
  const std::lock_guard lock(state().mutex);
  fail_if_due(state(), "wait");
  ++state().counts.waits;
  state().counts.bytes_read += bytes;
}

void count_upload(std::uint64_t bytes) {
  TORCH_CHECK(Recording::current() == nullptr, "the host copies to the device, which does not while it records");
  const std::lock_guard lock(state().mutex);
  fail_if_due(state(), "upload");
  ++state().counts.uploads;
  state().counts.bytes_uploaded += bytes;
}

}  // namespace eigensweep::pretended
