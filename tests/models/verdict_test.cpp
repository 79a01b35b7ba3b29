// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/verdict.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace eigensweep;
using torch::Tensor;

namespace {

/// The verdict on one lane that classifies the first `sure` samples right and ties all classes on the others.
models::Verdict verdict_of(std::int64_t samples, std::int64_t sure) {
  Tensor logits = torch::zeros({1, 3, samples});
  logits.select(1, 0).narrow(1, 0, sure).fill_(1);
  models::Tally tally(1, torch::kCPU);
  const Tensor labels = torch::zeros({samples}, torch::kInt64);
  tally.add(logits.narrow(2, 0, 1), labels.narrow(0, 0, 1));  // two batches
  tally.add(logits.narrow(2, 1, samples - 1), labels.narrow(0, 1, samples - 1));
  return tally.verdicts().front();
}

}  // namespace

TEST_CASE("ties count as wrong, and are told where they are many") {
  const models::Verdict constant = verdict_of(50, 0);
  CHECK(constant.accuracy == 0);
  CHECK(constant.loss == Approx(std::log(3)));
  CHECK(constant.trouble.empty());
  CHECK(constant.remark == "50 of 50 have another logit as large as the label's, which counts as wrong");
  CHECK(verdict_of(100, 99).remark == "1 of 100 have another logit as large as the label's, which counts as wrong");
  CHECK(verdict_of(101, 100).remark.empty());
  CHECK(verdict_of(101, 100).accuracy == 100.0 / 101.0);
}
