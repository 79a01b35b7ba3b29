// SPDX-License-Identifier: MIT
// Affine networks, whose robustness inside ball and box is known exactly: for logits z = Wx + b and d_k = w_k - w_y, a
// sample is robust at radius r iff sum_i max over h_i of d_ki h_i + b_k - b_y < 0 for all rivals k, where h_i runs over
// [max(x_i - r, 0), min(x_i + r, 1)].
#pragma once

#include <cstdint>
#include <vector>

#include "digits.hpp"
#include "eigensweep/attacks/norm.hpp"
#include "eigensweep/models/numerics/verdict.hpp"
#include "toy_network.hpp"

namespace fixture {

using torch::Tensor;

/// Largest logit gap z_k - z_y over the ball, over all rivals, in double: [n]; robust iff below 0.
inline Tensor worst_gap(const Tensor& weight, const Tensor& bias, const Tensor& x, const Tensor& labels,
                        double radius) {
  const Tensor w = weight.to(torch::kFloat64);
  const Tensor b = bias.to(torch::kFloat64);
  const Tensor inputs = x.to(torch::kFloat64);
  const Tensor high = (inputs + radius).clamp_max(1.0);
  const Tensor low = (inputs - radius).clamp_min(0.0);
  const Tensor direction = w.unsqueeze(0) - w.index_select(0, labels).unsqueeze(1);  // [n, K, d]
  const Tensor reach =
      direction.clamp_min(0.0).matmul(high.unsqueeze(-1)) + direction.clamp_max(0.0).matmul(low.unsqueeze(-1));
  Tensor gap = reach.squeeze(-1) + b.unsqueeze(0) - b.index_select(0, labels).unsqueeze(1);
  return gap.scatter(1, labels.unsqueeze(1), -1e300).amax(1);
}

inline Tensor fooled(eigensweep::models::Model& model, const Tensor& perturbed, const Tensor& labels) {
  const Tensor logits =
      model.forward(eigensweep::models::Inputs::per_lane(perturbed), eigensweep::models::Mode::evaluate).logits;
  return eigensweep::models::is_right(logits, labels).logical_not();
}

/// The digits, as the classes of a regression.
inline const std::vector<std::int64_t> ten{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

struct Affine {
  Tensor weight;  // [K, d]
  Tensor bias;
  Tensor x;
  Tensor labels;
};

/// Softmax regression on digits, trained by a few steps of full-batch gradient descent.
inline Affine regression(std::int64_t count, const std::vector<std::int64_t>& classes) {
  const eigensweep::data::DeviceDataset set = digits(count);
  const Tensor wanted = torch::isin(set.test_labels, torch::tensor(classes));
  Affine net;
  net.x = eigensweep::data::to_inputs(set.test_images.index({wanted}));
  net.labels = torch::searchsorted(torch::tensor(classes), set.test_labels.index({wanted}));
  const auto k = static_cast<std::int64_t>(classes.size());
  net.weight = torch::zeros({k, 784});
  net.bias = torch::zeros({k});
  const Tensor target = torch::one_hot(net.labels, k).to(torch::kFloat32);
  for (int step = 0; step < 200; ++step) {
    const Tensor error = (net.x.matmul(net.weight.t()) + net.bias).softmax(1) - target;
    net.weight -= 0.2 * error.t().matmul(net.x) / static_cast<double>(net.x.size(0));
    net.bias -= 0.2 * error.mean(0);
  }
  return net;
}

inline ToyNetwork network_of(const Affine& net) {
  return ToyNetwork({{net.weight.unsqueeze(0), net.bias.unsqueeze(0)}}, [](const Tensor& h) { return h; });
}

/// The same for balls of the Euclidean norm: the best offset is clip(l * d_k) to the box, with the l >= 0 at which it
/// has the length of the radius (or the whole corner, where that is shorter).
inline Tensor worst_gap_l2(const Affine& net, double radius) {
  const Tensor w = net.weight.to(torch::kFloat64), b = net.bias.to(torch::kFloat64);
  const Tensor x = net.x.to(torch::kFloat64).unsqueeze(1);  // [n, 1, d]
  const Tensor direction = w.unsqueeze(0) - w.index_select(0, net.labels).unsqueeze(1);
  const auto offset = [&](const Tensor& times) { return torch::minimum(torch::maximum(times * direction, -x), 1 - x); };
  Tensor low = torch::zeros({x.size(0), w.size(0), 1}, torch::kFloat64), high = torch::full_like(low, 1e9);
  for (int i = 0; i < 100; ++i) {
    const Tensor middle = (low + high) / 2;
    const Tensor is_short = offset(middle).norm(2, -1, true) <= radius;
    low = torch::where(is_short, middle, low);
    high = torch::where(is_short, high, middle);
  }
  const Tensor gap =
      ((x + offset(low)) * direction).sum(-1) + b.unsqueeze(0) - b.index_select(0, net.labels).unsqueeze(1);
  return gap.scatter(1, net.labels.unsqueeze(1), -1e300).amax(1);
}

/// The distance of the nearest point of the box [lower, upper] that is not classified right: [n] double; 0 where the
/// sample itself is not. For each rival the shortest offset is clip(l * d_k) to the box, or clip(l * sign(d_k)) in the
/// maximum norm, with the least l >= 0 that makes the logits equal, found by bisection.
inline Tensor exact_distance(const Affine& net, eigensweep::attacks::Norm norm, double lower = 0, double upper = 1) {
  const bool is_linf = norm == eigensweep::attacks::Norm::linf;
  const Tensor w = net.weight.to(torch::kFloat64), b = net.bias.to(torch::kFloat64);
  const Tensor x = net.x.to(torch::kFloat64).unsqueeze(1);  // [n, 1, d]
  const Tensor direction = w.unsqueeze(0) - w.index_select(0, net.labels).unsqueeze(1);
  const Tensor along = is_linf ? direction.sign() : direction;
  const auto offset = [&](const Tensor& times) { return (x + times * along).clamp(lower, upper) - x; };
  const auto gap = [&](const Tensor& times) {
    return ((x + offset(times)) * direction).sum(-1, true) +
           (b.unsqueeze(0) - b.index_select(0, net.labels).unsqueeze(1)).unsqueeze(-1);
  };
  Tensor low = torch::zeros({x.size(0), w.size(0), 1}, torch::kFloat64), high = torch::full_like(low, 1e5);
  const Tensor is_beyond = gap(high) < 0;
  for (int i = 0; i < 80; ++i) {
    const Tensor middle = (low + high) / 2;
    const Tensor is_enough = gap(middle) >= 0;
    high = torch::where(is_enough, middle, high);
    low = torch::where(is_enough, low, middle);
  }
  const Tensor far = offset(high);
  Tensor distance = (is_linf ? far.abs().amax(-1) : far.norm(2, -1)).masked_fill(is_beyond.squeeze(-1), 1e300);
  distance = distance.scatter(1, net.labels.unsqueeze(1), 1e300).amin(1);
  return distance.masked_fill(worst_gap(net.weight, net.bias, net.x, net.labels, 0) >= 0, 0);
}

}  // namespace fixture
