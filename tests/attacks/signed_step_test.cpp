// SPDX-License-Identifier: MIT
// The step of attacks with signs in one pass over memory does what Torch's operations do.
#include "signed_step.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace eigensweep;
using torch::Tensor;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

/// The same numbers, with a sample's features side by side in memory, or a feature's samples.
Tensor samples_first(const Tensor& x) { return x.contiguous().clone(); }
/// With memory between one feature's samples and the next one's, as products leave it.
Tensor features_first(const Tensor& x) {
  const Tensor rows = torch::constant_pad_nd(x.transpose(-2, -1), {0, 3}, 7);
  return rows.narrow(-1, 0, x.size(-2)).transpose(-2, -1);
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return torch::equal(a.contiguous().view(torch::kInt32), b.contiguous().view(torch::kInt32));
}

}  // namespace

TEST_CASE("a step in one pass gives the bits of Torch's operations") {
  torch::manual_seed(1);
  const auto [lanes, samples, features] =
      GENERATE(table<std::int64_t, std::int64_t, std::int64_t>({{1, 1, 1}, {3, 7, 5}, {2, 1001, 130}}));
  const Tensor centre = torch::rand({samples, features});
  const Tensor lower = (centre - 0.1).clamp_min(0), upper = (centre + 0.1).clamp_max(1);
  const Tensor x = centre + 0.1 * (torch::rand({lanes, samples, features}) - 0.5);
  Tensor gradient = torch::randn({lanes, samples, features}) * 1e-30;
  if (gradient.numel() > 1) gradient.view({-1})[0] = 0;
  const double length = GENERATE(0.01, 0.3);
  Tensor wanted = samples_first(x), found = features_first(x);
  attacks::signed_step(wanted, samples_first(gradient), length, lower, upper);
  const Tensor broken =
      attacks::signed_step(found, features_first(gradient), length, features_first(lower), features_first(upper));
  CHECK(same_bits(found, wanted));
  CHECK_FALSE(torch::equal(found, x));
  CHECK(torch::equal(broken, torch::zeros({lanes, 1, 1})));
}

TEST_CASE("a gradient that is not finite breaks its lane, and moves nothing if it is NaN") {
  const float bad = GENERATE(std::numeric_limits<float>::quiet_NaN(), inf, -inf);
  const Tensor x = torch::full({2, 3, 4}, 0.5F), all = torch::ones({3, 4});
  Tensor gradient = torch::ones({2, 3, 4});
  gradient[1][2][3] = bad;
  for (const bool in_one_pass : {true, false}) {
    const auto lay = in_one_pass ? features_first : samples_first;
    Tensor moved = lay(x);
    const Tensor broken = attacks::signed_step(moved, lay(gradient), 0.25, lay(0 * all), lay(all));
    CHECK(torch::isfinite(broken[0]).all().item<bool>());
    CHECK_FALSE(torch::isfinite(broken[1]).all().item<bool>());
    CHECK(moved[1][2][3].item<float>() == (bad == inf ? 0.75F : bad == -inf ? 0.25F : 0.5F));
    CHECK(moved[1][2][2].item<float>() == 0.75F);
  }
}
