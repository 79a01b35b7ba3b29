// SPDX-License-Identifier: MIT
// What holds for every row of the table of penalties.
#include <catch2/catch.hpp>

#include "eigensweep/regularizers/regularizer.hpp"
#include "loaded.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

/// Two networks with a penalty of their own strength each.
class Penalised {
 public:
  Penalised(const std::string& kind, const std::vector<double>& strengths)
      : data_(loaded({{"kind", "checkerboard"}, {"train_samples", 40}, {"test_samples", 1}}), torch::kCPU),
        model_(models::make_model(
            resolved(study::Family::model, {{"kind", "mlp"}, {"width", 6}, {"precision", "float64"}}), data_.info,
            {1, 2}, torch::kCPU)) {
    const study::Kind& found = *catalog().find(study::Family::regularizer, kind);
    Json chosen{{"kind", kind}};
    if (found.options.find("cutoff") != nullptr) chosen["cutoff"] = 1;
    std::vector<Json> lanes;
    for (const double strength : strengths) {
      chosen[found.off_when_zero] = strength;
      lanes.push_back(resolved(study::Family::regularizer, chosen));
    }
    penalty_ = regularizers::make_regularizer(lanes, {1, 2});
    CHECK(penalty_->begin_epoch(*model_, data_, {true, true}).empty());
  }

  /// [E]
  Tensor value() { return penalty().first.value; }

  std::pair<regularizers::Penalty, models::Output> penalty() {
    const Tensor x = data::to_inputs(data_.train_images).to(torch::kFloat64).expand({2, 40, 2}).contiguous();
    const models::Inputs inputs = models::Inputs::per_lane(x.requires_grad_(penalty_->reads_input_gradients()));
    const models::Output output = model_->forward(inputs, models::Mode::train);
    return {penalty_->penalty({inputs, output, 3}), output};
  }

  /// Per parameter [E, ...]; 0 where the penalty does not read it.
  std::vector<Tensor> gradients() {
    const auto [penalty, output] = this->penalty();
    std::vector<Tensor> ends, derivatives;
    if (penalty.value.requires_grad()) {
      ends.push_back(penalty.value);
      derivatives.push_back(torch::ones_like(penalty.value));
    }
    for (std::size_t layer = 0; layer < penalty.hidden.size(); ++layer) {
      if (!penalty.hidden[layer].defined()) continue;
      ends.push_back(output.hidden[layer]);
      derivatives.push_back(penalty.hidden[layer]);
    }
    std::vector<Tensor> gradients = torch::autograd::grad(ends, parameters(), derivatives, {}, false, true);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined()) gradients[i] = torch::zeros_like(parameters()[i]);
    }
    return gradients;
  }

  std::vector<Tensor> parameters() {
    std::vector<Tensor> all;
    for (const models::NamedTensor& named : model_->parameters()) all.push_back(named.tensor);
    return all;
  }

 private:
  data::DeviceDataset data_;
  std::unique_ptr<models::Model> model_;
  std::unique_ptr<regularizers::Regularizer> penalty_;
};

}  // namespace

TEST_CASE("every penalty's gradient is the finite difference of its value, lane by lane") {
  for (const std::string& kind : catalog().names(study::Family::regularizer)) {
    // It holds the anchor of the wanted spectrum fixed, so its gradient is not that of its value by definition;
    // tests/regularizers/spectral_penalty_test.cpp takes its differences with the anchor fixed.
    if (kind == "spectral") continue;
    INFO(kind);
    Penalised penalised(kind, {0.3, 1.0});
    const std::vector<Tensor> gradients = penalised.gradients();
    torch::manual_seed(4);
    std::vector<Tensor> directions;
    Tensor slope = torch::zeros({2}, torch::kFloat64);
    for (const Tensor& gradient : gradients) {
      directions.push_back(torch::randn_like(gradient));
      slope += (gradient * directions.back()).flatten(1).sum(1);
    }
    const auto at = [&](double step) {
      for (std::size_t i = 0; i < directions.size(); ++i) penalised.parameters()[i].data().add_(directions[i], step);
      const Tensor value = penalised.value().detach();
      for (std::size_t i = 0; i < directions.size(); ++i) penalised.parameters()[i].data().sub_(directions[i], step);
      return value;
    };
    constexpr double step = 1e-5;
    const Tensor difference = (at(step) - at(-step)) / (2 * step);
    for (std::int64_t lane = 0; lane < 2; ++lane) {
      CHECK(std::abs(slope[lane].item<double>()) > 1e-3);
      CHECK(difference[lane].item<double>() == Approx(slope[lane].item<double>()).epsilon(1e-6));
    }
  }
}

TEST_CASE("every penalty is nothing for a lane of strength 0, and proportional to the strength of its neighbour") {
  for (const std::string& kind : catalog().names(study::Family::regularizer)) {
    INFO(kind);
    Penalised off(kind, {0.0, 0.5}), on(kind, {0.5, 1.0});
    const Tensor some = off.value().detach(), all = on.value().detach();
    CHECK(some[0].item<double>() == 0.0);
    CHECK(all[0].item<double>() > 0.0);
    CHECK(all[1].item<double>() == Approx(2 * some[1].item<double>()).epsilon(1e-12));
    for (const Tensor& gradient : off.gradients()) CHECK(gradient[0].abs().max().item<double>() == 0.0);
  }
}
