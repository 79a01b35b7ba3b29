// SPDX-License-Identifier: MIT
// What holds for every row of the table of constraints.
#include <catch2/catch.hpp>

#include "eigensweep/constraints/constraint.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

std::unique_ptr<constraints::Constraint> made(const std::string& kind) {
  const Json options = resolved(study::Family::constraint, Json{{"kind", kind}});
  return constraints::make_constraint({options, options});
}

/// Two networks far outside the set of any constraint.
std::unique_ptr<models::Model> far_out() {
  const study::DatasetInfo info{10, 10, {1, 1, 6}, 3};
  auto model = models::make_model(resolved(study::Family::model, {{"kind", "mlp"}, {"width", 5}, {"depth", 2}}), info,
                                  {1, 2}, torch::kCPU);
  const torch::NoGradGuard no_gradients;
  for (auto& named : model->parameters()) named.tensor.mul_(100);
  return model;
}

}  // namespace

TEST_CASE("every constraint brings networks into its set, and leaves those that are there as they are") {
  for (const std::string& kind : catalog().names(study::Family::constraint)) {
    INFO(kind);
    const auto model = far_out();
    const auto constraint = made(kind);
    CHECK(constraint->violation(*model).min().item<double>() > 1);
    constraint->begin(*model);
    CHECK(constraint->violation(*model).max().item<double>() < 1e-6);
    std::vector<Tensor> inside;
    for (const auto& named : model->parameters()) inside.push_back(named.tensor.detach().clone());
    constraint->after_step(*model);
    for (std::size_t i = 0; i < inside.size(); ++i) {
      CHECK(torch::allclose(model->parameters()[i].tensor, inside[i], 1e-6, 0));
    }
  }
}

TEST_CASE("a network with NaN under a constraint leaves its neighbour as it is alone") {
  for (const std::string& kind : catalog().names(study::Family::constraint)) {
    INFO(kind);
    const auto well = far_out(), spoilt = far_out();
    const torch::NoGradGuard no_gradients;
    spoilt->parameters()[0].tensor[0].fill_(NAN);
    made(kind)->begin(*well);
    made(kind)->begin(*spoilt);
    for (std::size_t i = 0; i < well->parameters().size(); ++i) {
      CHECK(torch::equal(well->parameters()[i].tensor[1], spoilt->parameters()[i].tensor[1]));
    }
    CHECK(spoilt->parameters()[0].tensor[0].isnan().all().item<bool>());
  }
}
