// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace eigensweep::pretended {

/// What a program has asked of the device. The numbers are exact: two runs of one program count the same.
struct Counts {
  std::uint64_t operations = 0;  ///< each about one launch of a kernel
  std::uint64_t waits = 0;       ///< the host read a number or a tensor, and waited for the device
  std::uint64_t uploads = 0;     ///< copies from the host to the device
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_uploaded = 0;
  std::map<std::string, std::uint64_t> by_operator;  ///< operations, by the operator's name
};

Counts operator-(Counts after, const Counts& before);

/// Since the program began.
Counts counts();

/// What the device does wrong. From EIGENSWEEP_PRETENDED_FAULT, or set by a test.
struct Fault {
  enum class Kind : std::uint8_t {
    none,
    lost,     ///< an operation fails with c10::AcceleratorError, and so does every later one of the process
    refused,  ///< an operation fails with c10::Error; others work
  };
  Kind kind = Kind::none;
  std::string operator_name;  ///< of the operators whose name contains this; empty: of all
  std::int64_t after = 0;     ///< the number of calls that still work
  std::int64_t times = 1;     ///< the number of calls that are refused
  std::string text = "CUDA error: unspecified launch failure";
};

void set_fault(Fault fault);

// Called by the device for each event.
void count_operation(const std::string& name);  ///< throws what the fault says
void count_wait(std::uint64_t bytes);
void count_upload(std::uint64_t bytes);

}  // namespace eigensweep::pretended
