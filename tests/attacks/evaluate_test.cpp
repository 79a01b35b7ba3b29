// SPDX-License-Identifier: MIT
#include "eigensweep/attacks/evaluate.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "eigensweep/models/numerics/verdict.hpp"
#include "fixture.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

const std::vector<double> some_radii{0.0, 0.01, 0.02, 0.05, 0.2};

std::vector<double> numbers(const wire::Measurement& measured, const char* column) {
  return measured.at(column).values();
}

/// Random networks whose last layer is fitted to their own features, so that they are right about most digits.
ToyNetwork fitted(std::int64_t lanes, const data::DeviceDataset& set) {
  ToyNetwork random = ToyNetwork::random(lanes, {784, 100, 10}, 10);
  const Tensor x = data::to_inputs(set.train_images);
  const Tensor hidden = random.forward(models::Inputs::shared(x, lanes), models::Mode::evaluate).hidden[0];
  const Tensor target = torch::one_hot(set.train_labels, 10).to(torch::kFloat32).t() * 10.0 - 1.0;
  const Tensor gram = hidden.matmul(hidden.transpose(1, 2)) + torch::eye(100);
  const Tensor readout = torch::linalg_solve(gram, hidden.matmul(target.t())).transpose(1, 2).contiguous();
  return ToyNetwork(
      {{random.parameters()[0].tensor, random.parameters()[1].tensor}, {readout, torch::zeros({lanes, 10})}},
      [](const Tensor& h) { return h.tanh(); });
}

}  // namespace

TEST_CASE("robustness does not depend on how samples are split into batches") {
  const data::DeviceDataset set = digits(120);
  ToyNetwork model = fitted(2, set);
  for (const auto& [kind, options] : std::vector<std::pair<std::string, Json>>{
           {"fgsm", fixture::fgsm()}, {"pgd", fixture::pgd(5)}, {"gaussian_noise", fixture::gaussian_noise()}}) {
    const auto whole = attacks::evaluate_robustness(kind, options, some_radii, model, set, {1, 2}, 120);
    for (const std::int64_t batch : {0, 7, 50}) {
      const auto split = attacks::evaluate_robustness(kind, options, some_radii, model, set, {1, 2}, batch);
      for (std::size_t lane = 0; lane < 2; ++lane) {
        CHECK(numbers(split[lane], "robust_accuracy") == numbers(whole[lane], "robust_accuracy"));
        for (std::size_t i = 0; i < some_radii.size(); ++i) {
          CHECK(numbers(split[lane], "robust_loss")[i] == Approx(numbers(whole[lane], "robust_loss")[i]).epsilon(1e-4));
        }
      }
    }
  }
}

TEST_CASE("robustness at intensity 0 is clean accuracy, falls with intensity, and pgd is at least as strong as fgsm") {
  const data::DeviceDataset set = digits(300);
  ToyNetwork model = fitted(2, set);
  const Tensor x = data::to_inputs(set.test_images);
  const Tensor logits = model.forward(models::Inputs::shared(x, 2), models::Mode::evaluate).logits;
  const Tensor clean = models::is_right(logits, set.test_labels).to(torch::kFloat64).mean(1);
  const Tensor loss = models::cross_entropy(logits, set.test_labels).to(torch::kFloat64).mean(1);
  const auto fgsm = attacks::evaluate_robustness("fgsm", fixture::fgsm(), some_radii, model, set, {1, 2});
  const auto pgd = attacks::evaluate_robustness("pgd", fixture::pgd(20, 0.1), some_radii, model, set, {1, 2});
  for (std::size_t lane = 0; lane < 2; ++lane) {
    const auto index = static_cast<std::int64_t>(lane);
    CHECK(clean[index].item<double>() > 0.8);
    for (const auto* result : {&fgsm[lane], &pgd[lane]}) {
      CHECK(numbers(*result, "robust_accuracy")[0] == clean[index].item<double>());
      CHECK(numbers(*result, "robust_loss")[0] == Approx(loss[index].item<double>()).epsilon(1e-5));
      for (std::size_t i = 1; i < some_radii.size(); ++i) {
        CHECK(numbers(*result, "robust_accuracy")[i] <= numbers(*result, "robust_accuracy")[i - 1]);
        CHECK(numbers(*result, "robust_loss")[i] > numbers(*result, "robust_loss")[i - 1]);
      }
      CHECK(numbers(*result, "robust_accuracy").back() < 0.05);
    }
    for (std::size_t i = 0; i < some_radii.size(); ++i) {
      CHECK(numbers(pgd[lane], "robust_loss")[i] >= numbers(fgsm[lane], "robust_loss")[i] * (1 - 1e-6));
    }
  }
}

TEST_CASE("the validation samples are attacked where asked, within the dataset's own range") {
  data::DeviceDataset set = digits(100);
  ToyNetwork model = fitted(1, set);
  set.validation_images = set.test_images.slice(0, 40, 100);
  set.validation_labels = set.test_labels.slice(0, 40, 100);
  Json options = fixture::fgsm(0);
  options["split"] = "validation";
  const auto held_out = attacks::evaluate_robustness("fgsm", options, {0.0, 0.3}, model, set, {1});
  set.test_images = set.validation_images;
  set.test_labels = set.validation_labels;
  const auto wanted = attacks::evaluate_robustness("fgsm", fixture::fgsm(0), {0.0, 0.3}, model, set, {1});
  CHECK(numbers(held_out[0], "robust_loss") == numbers(wanted[0], "robust_loss"));
  // If the range is a single value, every perturbed image is of one grey.
  set.info.lower = set.info.upper = 0.25;
  const Tensor grey = torch::full({60, 784}, 0.25);
  const Tensor logits = model.forward(models::Inputs::shared(grey, 1), models::Mode::evaluate).logits;
  const double loss = models::cross_entropy(logits, set.test_labels).mean().item<double>();
  for (const auto& [kind, chosen] : std::vector<std::pair<std::string, Json>>{
           {"fgsm", fixture::fgsm(0)}, {"pgd", fixture::pgd(3)}, {"gaussian_noise", fixture::gaussian_noise()}}) {
    const auto clipped = attacks::evaluate_robustness(kind, chosen, {0.3}, model, set, {1});
    CHECK(numbers(clipped[0], "robust_loss")[0] == Approx(loss).epsilon(1e-5));
  }
}

TEST_CASE("as many samples are attacked as are asked for") {
  const data::DeviceDataset set = digits(300);
  const data::DeviceDataset fewer = digits(100);
  ToyNetwork model = fitted(1, set);
  const auto asked = attacks::evaluate_robustness("fgsm", fixture::fgsm(100), some_radii, model, set, {1});
  const auto there = attacks::evaluate_robustness("fgsm", fixture::fgsm(5000), some_radii, model, fewer, {1});
  CHECK(numbers(asked[0], "robust_accuracy") == numbers(there[0], "robust_accuracy"));
}

TEST_CASE("a lane that is no number has no robustness, and leaves its neighbours alone") {
  const data::DeviceDataset set = digits(100);
  ToyNetwork model = fitted(2, set);
  const auto before = attacks::evaluate_robustness("pgd", fixture::pgd(5), some_radii, model, set, {1, 2});
  model.parameters()[0].tensor[0].fill_(NAN);
  const auto after = attacks::evaluate_robustness("pgd", fixture::pgd(5), some_radii, model, set, {1, 2});
  for (const auto& values : {numbers(after[0], "robust_accuracy"), numbers(after[0], "robust_loss")}) {
    CHECK(values.size() == some_radii.size());
    CHECK(std::all_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }));
  }
  CHECK(std::isnan(numbers(after[0], "clean_accuracy")[0]));
  CHECK(std::isnan(numbers(after[0], "clean_loss")[0]));
  CHECK(after[0].failure == "of the unperturbed samples a logit is not finite");
  CHECK(numbers(after[1], "robust_accuracy") == numbers(before[1], "robust_accuracy"));
  CHECK(numbers(after[1], "robust_loss") == numbers(before[1], "robust_loss"));
  CHECK(after[1].failure.empty());
}

TEST_CASE("the clean numbers beside an attack are those of the attacked samples") {
  const data::DeviceDataset set = digits(300);
  ToyNetwork model = fitted(2, set);
  const Tensor x = data::to_inputs(set.test_images.slice(0, 0, 70));
  const Tensor labels = set.test_labels.slice(0, 0, 70);
  const Tensor logits = model.forward(models::Inputs::shared(x, 2), models::Mode::evaluate).logits;
  const Tensor right = models::is_right(logits, labels).to(torch::kFloat64).mean(1);
  const Tensor loss = models::cross_entropy(logits, labels).to(torch::kFloat64).mean(1);
  for (const auto& [kind, options] :
       std::vector<std::pair<std::string, Json>>{{"fgsm", fixture::fgsm(70)},
                                                 {"pgd", fixture::pgd(2, 0.1, true, 70)},
                                                 {"gaussian_noise", fixture::gaussian_noise(70)}}) {
    for (const std::int64_t batch : {0, 32}) {
      const auto found = attacks::evaluate_robustness(kind, options, {0.1}, model, set, {1, 2}, batch);
      for (std::size_t lane = 0; lane < 2; ++lane) {
        CHECK(numbers(found[lane], "clean_accuracy")[0] == right[static_cast<std::int64_t>(lane)].item<double>());
        CHECK(numbers(found[lane], "clean_loss")[0] ==
              Approx(loss[static_cast<std::int64_t>(lane)].item<double>()).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("an intensity at which a logit overflows has no number, the other intensities have theirs") {
  const data::DeviceDataset set = digits(40);
  ToyNetwork model = fitted(1, set);
  const auto fine =
      attacks::evaluate_robustness("gaussian_noise", fixture::gaussian_noise(), {0.0, 0.1}, model, set, {1});
  // A unit that is silent on digits, and overflows the logits once the first pixel, always black, is bright.
  REQUIRE(data::to_inputs(set.test_images).select(1, 0).max().item<double>() == 0);
  for (const double value : {0.0, 1.0}) {
    const torch::NoGradGuard no_gradients;
    model.parameters()[0].tensor[0][0].fill_(0);
    model.parameters()[0].tensor[0][0][0] = 1e30 * value;
    model.parameters()[1].tensor[0][0] = 0;
    model.parameters()[2].tensor[0].select(1, 0).fill_(value > 0 ? 3e38 : 0.0);
    model.parameters()[3].tensor[0].fill_(value > 0 ? 3e38 : 0.0);
    const auto found =
        attacks::evaluate_robustness("gaussian_noise", fixture::gaussian_noise(), {0.0, 0.1, 0.2}, model, set, {1})[0];
    CHECK(std::isfinite(numbers(found, "robust_accuracy")[0]));
    CHECK(std::isnan(numbers(found, "robust_accuracy")[1]) == (value > 0));
    CHECK(found.failure == (value > 0 ? "at intensity 0.1, 0.2 a logit is not finite" : ""));
  }
}

TEST_CASE("a gradient that is not finite is no attack that failed to find anything") {
  const data::DeviceDataset set = digits(40);
  // Two units of opposite sign at a pixel that is always black: their gradients are infinite, their sum is NaN.
  Tensor first = torch::zeros({1, 2, 784}), second = torch::full({1, 10, 2}, 1.6e38);
  first[0][0][0] = 100;
  first[0][1][0] = -100;
  second.slice(1, 5, 10).mul_(-1);
  ToyNetwork model({{first, torch::zeros({1, 2})}, {second, torch::zeros({1, 10})}},
                   [](const Tensor& h) { return h.tanh(); });
  for (const auto& [kind, options] :
       std::vector<std::pair<std::string, Json>>{{"fgsm", fixture::fgsm()}, {"pgd", fixture::pgd(2, 0.5, false)}}) {
    const auto found = attacks::evaluate_robustness(kind, options, {0.0, 0.1}, model, set, {1})[0];
    CHECK(std::isfinite(numbers(found, "clean_accuracy")[0]));
    CHECK(std::isfinite(numbers(found, "robust_accuracy")[0]));
    CHECK(std::isnan(numbers(found, "robust_accuracy")[1]));
    CHECK(found.failure == "at intensity 0.1 the gradient by the inputs is not finite");
  }
}
