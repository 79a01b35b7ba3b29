// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <string>

#include "eigensweep/wire/record.hpp"

/// A small record with numbers that a sloppy encoding would lose: NaN, infinities, -0, the smallest and a long
/// fraction.
inline eigensweep::wire::Record sample_record(const std::string& trial) {
  using namespace eigensweep::wire;
  const double infinity = std::numeric_limits<double>::infinity();
  Record record;
  record.kind = RecordKind::evaluation;
  record.trial = trial;
  record.evaluation = "pgd-0123";
  record.status = Status::ok;
  record.intensities = {0.0, 0.1, 1.0};
  record.columns["robust_accuracy"] = Array::of({0.1 + 0.2, std::numeric_limits<double>::quiet_NaN(), -0.0});
  record.columns["robust_loss"] = Array::of({infinity, -infinity, std::numeric_limits<double>::denorm_min()});
  record.columns["eigenvalues"] = Array::of({1, 2, 3, 4, 5, 6}, {2, 3});
  record.columns["count"] = Array{"i64", {1}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}};
  record.provenance = {{"host", "a"}, {"seconds", 1.5}, {"warnings", eigensweep::Json::array({"w"})}};
  return record;
}
