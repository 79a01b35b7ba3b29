// SPDX-License-Identifier: MIT
#include "eigensweep/regularizers/spectral_penalty.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using eigensweep::regularizers::SpectralPenalty;
using torch::Tensor;

namespace {

struct Layer {
  Tensor activations;  // [E, N, B]
  Tensor basis;        // [E, N, N]
  Tensor exponent;     // [E]
};

// Activations with a decaying spectrum and a mean, and a basis that belongs to slightly other activations, as in
// training.
Layer random_layer(std::int64_t lanes, std::int64_t width, std::int64_t batch) {
  torch::manual_seed(1);
  const auto options = torch::TensorOptions(torch::kFloat64);
  const Tensor scale = torch::pow(torch::arange(1, width + 1, options), -0.7).view({1, width, 1});
  const Tensor mixing = std::get<0>(torch::linalg_qr(torch::randn({lanes, width, width}, options)));
  const Tensor activations = mixing.matmul(torch::randn({lanes, width, batch}, options) * scale) + 0.3;
  const Tensor other = activations + 0.02 * torch::randn({lanes, width, batch}, options);
  const Tensor centred = other - other.mean(2, true);
  const auto [values, vectors] = torch::linalg_eigh(centred.matmul(centred.transpose(1, 2)));
  return {activations, vectors, torch::linspace(0.8, 1.3, lanes, options)};
}

// The definition, written out number by number: V^T C V in full, a loop over ranks, no gradient of the anchor.
Tensor plain_penalty(const Tensor& h, const Tensor& v, double exponent, std::int64_t cutoff) {
  const Tensor centred = h - h.mean(1, true);
  const Tensor covariance = centred.matmul(centred.t()) / static_cast<double>(h.size(1) - 1);
  const Tensor lambda = std::get<0>(v.t().matmul(covariance).matmul(v).diagonal().sort(0, true));
  const double anchor = lambda[cutoff].item<double>() * std::pow(static_cast<double>(cutoff + 1), exponent);
  Tensor sum = torch::zeros({}, h.options());
  for (std::int64_t n = cutoff + 1; n < lambda.size(0); ++n) {
    if (lambda[n].item<double>() <= 0) continue;
    const Tensor ratio = lambda[n] / (anchor * std::pow(static_cast<double>(n + 1), -exponent));
    sum = sum + (ratio - 1).square() + torch::relu(ratio - 1);
  }
  return sum / static_cast<double>(h.size(0));
}

SpectralPenalty::Result spectral_penalty(const Tensor& activations, const Tensor& basis, const Tensor& exponent,
                                         std::int64_t cutoff) {
  return SpectralPenalty(exponent, torch::ones_like(exponent), cutoff)(activations, basis);
}

double relative(const Tensor& a, const Tensor& b) { return ((a - b).norm() / b.norm()).item<double>(); }

}  // namespace

TEST_CASE("the spectral penalty and its gradient equal a plain derivation in float64") {
  for (const std::int64_t cutoff : {0, 3, 10}) {
    Layer layer = random_layer(3, 24, 40);
    const auto [value, gradient] = spectral_penalty(layer.activations, layer.basis, layer.exponent, cutoff);
    for (std::int64_t lane = 0; lane < 3; ++lane) {
      const Tensor h = layer.activations[lane].detach().requires_grad_(true);
      const Tensor expected = plain_penalty(h, layer.basis[lane], layer.exponent[lane].item<double>(), cutoff);
      CHECK(value[lane].item<double>() == Approx(expected.item<double>()).epsilon(1e-12));
      CHECK(relative(gradient[lane], torch::autograd::grad({expected}, {h})[0]) < 1e-10);
    }
  }
}

TEST_CASE("directions that the basis lacks count as if nothing varied along them") {
  Layer layer = random_layer(1, 24, 40);
  // Activations inside the span of 12 vectors: the others' eigenvalues are 0 and, as zeros, left out of the sum.
  const Tensor some = layer.basis.narrow(2, 12, 12);
  const Tensor h = some.matmul(some.transpose(1, 2)).matmul(layer.activations);
  const Tensor zeros = torch::cat({torch::zeros_like(some), some}, 2);
  const Tensor wanted = plain_penalty(h[0], zeros[0], 0.8, 3);
  const auto [value, gradient] = spectral_penalty(h, some, layer.exponent, 3);
  CHECK(value.item<double>() == Approx(wanted.item<double>()).epsilon(1e-12));
}

TEST_CASE("a layer that does not vary, or hardly, costs a finite number and its gradient is finite") {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    Layer layer = random_layer(2, 24, 40);
    layer.activations[0].fill_(0.25);                     // units that are dead, or an image's blank first row
    layer.activations[0][3] = torch::linspace(0, 1, 40);  // fewer directions than the cutoff
    const auto [value, gradient] =
        spectral_penalty(layer.activations.to(type), layer.basis.to(type), layer.exponent.to(type), 10);
    CHECK(value.isfinite().all().item<bool>());
    CHECK(gradient.isfinite().all().item<bool>());
    layer.activations[0][3].fill_(0.25);
    const auto [nothing, flat] =
        spectral_penalty(layer.activations.to(type), layer.basis.to(type), layer.exponent.to(type), 10);
    CHECK(nothing[0].item<double>() == 0);
    CHECK(flat[0].eq(0).all().item<bool>());
    CHECK(flat[1].ne(0).any().item<bool>());
  }
}

TEST_CASE("a layer that is the same in all samples but for rounding hardly pushes a bias") {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    const Layer layer = random_layer(1, 24, 112);
    torch::manual_seed(4);
    const Tensor same = torch::rand({1, 24, 1}, torch::kFloat64).to(type).expand({1, 24, 112}).contiguous();
    REQUIRE((same - same.mean(2, true)).ne(0).any().item<bool>());  // what rounding leaves
    const auto [value, gradient] = spectral_penalty(same, layer.basis.to(type), layer.exponent.to(type), 10);
    CHECK(gradient.sum(2).abs().max().item<double>() < 1);  // its terms are some 1e5 and 1e13
  }
}

TEST_CASE("the gradient of the spectral penalty equals finite differences in float64") {
  const std::int64_t cutoff = 2;
  Layer layer = random_layer(2, 8, 12);
  const Tensor h = layer.activations;
  const Tensor gradient = spectral_penalty(h, layer.basis, layer.exponent, cutoff).gradient;
  // The gradient treats the anchor lambda_cutoff as a constant, so the differences take it from the unmoved
  // activations.
  const auto value_at = [&](const Tensor& moved, std::int64_t lane) {
    const auto lambda_of = [&](const Tensor& x) {
      const Tensor centred = x - x.mean(1, true);
      return layer.basis[lane].t().matmul(centred).square().sum(1) / static_cast<double>(x.size(1) - 1);
    };
    const Tensor fixed = std::get<0>(lambda_of(h[lane]).sort(0, true));
    const Tensor lambda = std::get<0>(lambda_of(moved).sort(0, true));
    const double exponent = layer.exponent[lane].item<double>();
    double sum = 0;
    for (std::int64_t n = cutoff + 1; n < lambda.size(0); ++n) {
      const double target = fixed[cutoff].item<double>() * std::pow((n + 1.0) / (cutoff + 1.0), -exponent);
      const double excess = lambda[n].item<double>() / target - 1;
      sum += excess * excess + std::max(0.0, excess);
    }
    return sum / static_cast<double>(lambda.size(0));
  };
  const double step = 1e-6;
  for (std::int64_t lane = 0; lane < 2; ++lane) {
    Tensor numeric = torch::zeros_like(h[lane]);
    for (std::int64_t unit = 0; unit < h.size(1); ++unit) {
      for (std::int64_t sample = 0; sample < h.size(2); ++sample) {
        Tensor up = h[lane].clone();
        Tensor down = h[lane].clone();
        up[unit][sample] += step;
        down[unit][sample] -= step;
        numeric[unit][sample] = (value_at(up, lane) - value_at(down, lane)) / (2 * step);
      }
    }
    CHECK(relative(gradient[lane], numeric) < 1e-6);
  }
}

TEST_CASE("a spectrum that is the wanted power law costs nothing") {
  const std::int64_t width = 16;
  const auto options = torch::TensorOptions(torch::kFloat64);
  // Orthogonal rows of zero mean, scaled: lambda_n = n^-1 exactly, in the basis of the units themselves.
  const Tensor noise = torch::randn({width, 64}, options);
  const Tensor rows = std::get<0>(torch::linalg_qr((noise - noise.mean(1, true)).t())).t();
  const Tensor h = (rows * torch::pow(torch::arange(1, width + 1, options), -0.5).unsqueeze(1)).unsqueeze(0);
  const Tensor basis = torch::eye(width, options).unsqueeze(0);
  CHECK(spectral_penalty(h, basis, torch::ones({1}, options), 3).value.item<double>() == Approx(0).margin(1e-12));
  CHECK(spectral_penalty(h, basis, torch::full({1}, 1.5, options), 3).value.item<double>() > 0.01);
}

TEST_CASE("a lane's penalty does not depend on its neighbours") {
  const Layer layer = random_layer(4, 20, 30);
  const Tensor together = spectral_penalty(layer.activations, layer.basis, layer.exponent, 5).value;
  for (std::int64_t lane = 0; lane < 4; ++lane) {
    const Tensor alone = spectral_penalty(layer.activations.narrow(0, lane, 1), layer.basis.narrow(0, lane, 1),
                                          layer.exponent.narrow(0, lane, 1), 5)
                             .value;
    CHECK(alone.item<double>() == Approx(together[lane].item<double>()).epsilon(1e-12));
  }
}
