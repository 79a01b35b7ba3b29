// SPDX-License-Identifier: MIT
// Whether the points that attacks count can be relied upon, and how late they were found.
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "affine.hpp"
#include "eigensweep/attacks/evaluate.hpp"
#include "fixture.hpp"
#include "nearest_visited.hpp"
#include "search_audit.hpp"
#include "search_record.hpp"
#include "searched.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

double number(const wire::Measurement& measured, const char* column) { return measured.at(column).values().at(0); }

}  // namespace

TEST_CASE("a region holds what lies in ball and box, but for roundings of the ball") {
  const Tensor centre = torch::tensor({0.1F, 0.9F}).view({1, 1, 2});
  const auto holds = [&](attacks::Norm norm, float first, float second) {
    const attacks::Region region(norm, 0, 1);
    const Tensor radius = torch::full({1, 1}, 0.1, torch::kFloat64);
    return region.holds(torch::tensor({first, second}).view({1, 1, 2}), centre, radius).item<bool>();
  };
  for (const attacks::Norm norm : {attacks::Norm::linf, attacks::Norm::l2}) {
    CHECK(holds(norm, 0.1F, 0.9F));
    CHECK(holds(norm, 0.0F, 0.9F));
    CHECK(holds(norm, 0.1F, 1.0F + 0.0F));
    CHECK_FALSE(holds(norm, -1e-7F, 0.9F));
    CHECK_FALSE(holds(norm, 0.1F, 1.0F + 2e-7F));
    CHECK_FALSE(holds(norm, 0.20001F, 0.9F));
    CHECK_FALSE(holds(norm, std::nanf(""), 0.9F));
  }
  CHECK(holds(attacks::Norm::linf, 0.2F, 0.8F));
  CHECK_FALSE(holds(attacks::Norm::l2, 0.2F, 0.8F));
}

TEST_CASE("a point outside its ball or the box gives no distance, and its sample is told") {
  const fixture::Affine net = fixture::regression(20, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  const fixture::Searched searched(model, net.x, net.labels, attacks::Norm::linf);
  const Tensor x = net.x.unsqueeze(0);
  const auto logits_of = [&](const Tensor& points) {
    return model.forward(models::Inputs::per_lane(points), models::Mode::evaluate).logits;
  };
  attacks::NearestVisited nearest(searched.problem, attacks::Norm::linf, logits_of(x));
  nearest.add(x, logits_of(x), 0.1);
  CHECK_FALSE(nearest.outside().any().item<bool>());
  Tensor far = x.clone();
  far[0][3] = 1 - far[0][3];             // some pixel moves by more than 0.1
  far[0][4][0] = -0.05;                  // leaves the box
  const Tensor wrong = -logits_of(far);  // misclassified wherever it was right
  nearest.add(far, wrong, 0.1);
  for (std::int64_t i = 0; i < 20; ++i) {
    INFO(i);
    CHECK(nearest.outside()[0][i].item<bool>() == (i == 3 || i == 4));
    const bool was_right = models::is_right(logits_of(x), net.labels)[0][i].item<bool>();
    CHECK(nearest.distance()[0][i].isinf().item<bool>() == (was_right && (i == 3 || i == 4)));
  }
}

TEST_CASE("nearest points that are right in another batch are told") {
  const fixture::Affine net = fixture::regression(150, fixture::ten);
  for (const bool depends_on_batch : {false, true}) {
    bool negates = false;  // the logits of whole batches, once the samples themselves have been evaluated
    ToyNetwork model(
        {{net.weight.unsqueeze(0), net.bias.unsqueeze(0)}, {torch::eye(10).unsqueeze(0), torch::zeros({1, 10})}},
        [&](const Tensor& h) { return negates && h.size(2) == net.x.size(0) ? h.neg() : h; });
    fixture::Searched searched(model, net.x, net.labels, attacks::Norm::linf);
    negates = depends_on_batch;
    searched.search.try_fast_gradient();
    const Tensor found = searched.search.distance().isfinite().logical_and(searched.search.distance() > 0);
    CHECK(found.any().item<bool>());
    const Tensor doubtful = attacks::are_unconfirmed(searched.search);
    CHECK(torch::equal(doubtful, depends_on_batch ? found : torch::zeros_like(found)));
  }
}

TEST_CASE("all attacks in balls say that their points stand up, on an affine network") {
  const fixture::Affine net = fixture::regression(60, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  for (const char* kind : {"fgsm", "pgd", "mi_fgsm", "apgd", "square", "grey_image", "strict", "fab", "deepfool"}) {
    for (const char* norm : {"linf", "l2"}) {
      INFO(kind << " " << norm);
      const auto measured = attacks::evaluate_robustness(kind, fixture::attack(kind, {{"norm", norm}}), {0, 0.05, 0.6},
                                                         model, digits(60), {1});
      CHECK(number(measured[0], "unconfirmed") == 0);
    }
  }
}

TEST_CASE("what was found is counted by the tenth of the steps before it, the end of each in its tenth") {
  const std::int64_t count = 12;
  const Tensor x = torch::full({count, 3}, 0.5);
  ToyNetwork model = ToyNetwork::random(1, {3, 4}, 6);
  const Tensor labels =
      model.forward(models::Inputs::shared(x, 1), models::Mode::evaluate).logits[0].argmax(0).contiguous();
  fixture::Searched searched(model, x, labels, attacks::Norm::linf);
  const Tensor all = torch::arange(count).unsqueeze(0), points = (x + 0.05).unsqueeze(0);
  const Tensor radius = torch::full({1, count}, 0.1, torch::kFloat64);
  const Tensor progress =
      torch::tensor({0.0, 0.05, 0.1, 2.0 / 20, 0.101, 0.7, 0.75, 18.0 / 20, 19.0 / 20, 1.0, 0.0, 0.5}, torch::kFloat64)
          .unsqueeze(0);
  Tensor wrong = torch::ones({1, count}, torch::kBool);
  wrong[0][10] = false;
  searched.search.note(points, all, wrong, radius, attacks::Finder::apgd, progress);
  // A nearer point of an attack that has no steps takes the place of the one before.
  Tensor last = torch::zeros({1, count}, torch::kBool);
  last[0][11] = true;
  searched.search.note(points - 0.01, all, last, radius, attacks::Finder::fast_gradient);
  attacks::SearchRecord record;
  record.add(searched.search);
  std::vector<wire::Measurement> lanes(1);
  record.add_tenths(lanes);
  const std::vector<double> found = lanes[0].at("found_in_tenth").values();
  const std::vector<double> wanted{4, 1, 0, 0, 0, 0, 1, 1, 1, 2};
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == Approx(wanted[i] / 12));
  CHECK(number(lanes[0], "found_late") == found[9]);
}

TEST_CASE("the tenths of the strict protocol make up what APGD found") {
  const data::DeviceDataset set = digits(80);
  ToyNetwork model = ToyNetwork::random(1, {784, 60, 10}, 3, [](const Tensor& h) { return (6 * h).sin(); });
  data::DeviceDataset own = set;
  own.test_labels = model.forward(models::Inputs::shared(data::to_inputs(set.test_images), 1), models::Mode::evaluate)
                        .logits[0]
                        .argmax(0);
  const auto measured = attacks::evaluate_robustness("strict", fixture::attack("strict"),
                                                     {0.002, 0.003, 0.004, 0.006, 0.008}, model, own, {1})
                            .front();
  const std::vector<double> finder = measured.at("found_by").values(), tenths = measured.at("found_in_tenth").values();
  const auto by_apgd = std::count_if(finder.begin(), finder.end(), [](double by) { return by == 4 || by == 5; });
  CHECK(by_apgd > 10);
  CHECK(std::accumulate(tenths.begin(), tenths.end(), 0.0) == Approx(static_cast<double>(by_apgd) / 80));
  CHECK(tenths[0] < 0.9 * static_cast<double>(by_apgd) / 80);
}
