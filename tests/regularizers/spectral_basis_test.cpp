// SPDX-License-Identifier: MIT
// Which training samples the spectral penalty's eigenvectors are taken over.
#include <algorithm>
#include <catch2/catch.hpp>

#include "digits.hpp"
#include "eigensweep/core/random.hpp"
#include "eigensweep/models/spectra.hpp"
#include "eigensweep/regularizers/regularizer.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

constexpr std::int64_t samples = 300, width = 12;

/// Two networks whose penalty takes its eigenvectors over so many samples; 0 takes all.
struct Penalised {
  data::DeviceDataset data = digits(samples);
  std::unique_ptr<models::Model> model = models::make_model(
      resolved(study::Family::model, {{"kind", "mlp"}, {"width", width}}), data.info, {1, 2}, torch::kCPU);
  std::unique_ptr<regularizers::Regularizer> penalty;

  explicit Penalised(std::int64_t basis_samples) {
    const Json options =
        resolved(study::Family::regularizer, {{"kind", "spectral"}, {"cutoff", 2}, {"basis_samples", basis_samples}});
    penalty = regularizers::make_regularizer({options, options}, {1, 2});
    const std::vector<bool> alive{true, true};
    CHECK(penalty->begin_epoch(*model, data, alive).empty());
  }

  [[nodiscard]] Tensor basis() const { return penalty->state().front().tensor; }
  /// Over these training images alone.
  Tensor basis_over(const Tensor& images) {
    return models::hidden_spectra(*model, images, models::Wanted::values_and_vectors)
        .front()
        .vectors.to(torch::kFloat32);
  }
};

}  // namespace

TEST_CASE("eigenvectors are taken over all training samples, unless fewer are asked for") {
  Penalised all(0);
  CHECK(torch::equal(all.basis(), all.basis_over(all.data.train_images)));
  for (const std::int64_t enough : {samples, samples + 1}) CHECK(torch::equal(Penalised(enough).basis(), all.basis()));
  CHECK_FALSE(torch::equal(Penalised(100).basis(), all.basis()));
}

TEST_CASE("fewer samples are drawn from the whole training set, the same for all networks and epochs") {
  Penalised some(100);
  std::vector<std::int64_t> drawn = random::permutation({0, random::Purpose::basis, 0, 0}, samples);
  drawn.resize(100);
  CHECK(*std::max_element(drawn.begin(), drawn.end()) > 250);  // not the first ones
  std::sort(drawn.begin(), drawn.end());
  const Tensor wanted = some.basis_over(some.data.train_images.index_select(0, torch::tensor(drawn)));
  CHECK(torch::equal(some.basis(), wanted));
  some.penalty->begin_epoch(*some.model, some.data, {true, true});
  CHECK(torch::equal(some.basis(), wanted));
}

TEST_CASE("with fewer samples than units the eigenvectors come from the samples") {
  Penalised few(8);
  CHECK(few.basis().sizes() == std::vector<std::int64_t>{2, width, 7});
  CHECK(few.penalty->remark() ==
        "a layer of 12 units has only 8 basis_samples, so its eigenvectors come from the samples' Gram matrix (dual "
        "form)");
  const Tensor before = few.basis();
  few.penalty->make_room(*few.model, few.data);  // as for a checkpoint
  CHECK(few.basis().sizes() == before.sizes());
}
