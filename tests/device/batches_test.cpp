// SPDX-License-Identifier: MIT
// On a device the order of an epoch's samples is drawn before the epoch begins.
#include "eigensweep/training/batches.hpp"

#include <catch2/catch.hpp>

#include "digits.hpp"
#include "pretended/events.hpp"
#include "pretended/memory.hpp"

using namespace eigensweep;
using training::Batches;

namespace {

torch::Tensor labels_of(const Batches& batches) {
  std::vector<torch::Tensor> labels;
  for (std::int64_t step = 0; step < batches.count(); ++step) labels.push_back(batches.at(step).targets.at("labels"));
  return torch::cat(labels, 1).cpu();
}

}  // namespace

TEST_CASE("an order that was drawn ahead is the epoch's, and the epoch begins without a copy") {
  const data::DeviceDataset here = digits(100);
  data::DeviceDataset there = here;
  there.train_images = there.train_images.to(pretended::device);
  there.train_labels = there.train_labels.to(pretended::device);
  Batches wanted(here, {5, 5, 6}, 32, false), batches(there, {5, 5, 6}, 32, false);
  wanted.begin_epoch(3);
  batches.draw_ahead(3);
  const auto before = pretended::counts();
  batches.begin_epoch(3);
  CHECK((pretended::counts() - before).uploads == 0);
  CHECK(torch::equal(labels_of(batches), labels_of(wanted)));
  // What was drawn for another epoch is not used.
  batches.draw_ahead(5);
  batches.begin_epoch(4);
  wanted.draw_ahead(5);
  wanted.begin_epoch(4);
  CHECK(torch::equal(labels_of(batches), labels_of(wanted)));
  batches.begin_epoch(5);
  wanted.begin_epoch(5);
  CHECK(torch::equal(labels_of(batches), labels_of(wanted)));
}
