// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/limit_network.hpp"

#include <algorithm>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/regression.hpp"
#include "eigensweep/models/cnn_options.hpp"
#include "eigensweep/models/input_norm.hpp"

namespace eigensweep::kernels {
namespace {

constexpr std::int64_t numbers_per_pair = 40;  // float64 temporaries of a layer's recursion and their gradients

Tensor targets(const data::DeviceDataset& data, const study::Training& training) {
  return torch::one_hot(data.train_labels, data.info.classes).to(torch::kFloat64) - training.target_offset;
}

std::optional<ConvNetwork> convolutions(const Json& options, const study::DatasetInfo& dataset) {
  if (options.at("kind") != "cnn") return std::nullopt;
  const auto cnn = study::read<models::CnnOptions>(options);
  ConvNetwork network;
  network.input_shape = dataset.input_shape;
  network.depth = cnn.depth;
  network.kernel = cnn.kernel_size;
  network.stride = cnn.stride;
  network.pools = cnn.pooling == models::CnnOptions::Pooling::average;
  network.activation = cnn.activation;
  network.weight = cnn.weight_variance;
  network.bias = cnn.bias_variance;
  return network;
}

}  // namespace

LimitNetwork::LimitNetwork(const Json& options, const study::DatasetInfo& dataset, std::int64_t lanes,
                           const torch::Device& device)
    : LimitNetwork(models::network_options(options), convolutions(options, dataset), dataset, lanes, device) {}

LimitNetwork::LimitNetwork(const models::NetworkOptions& network, std::optional<ConvNetwork> conv,
                           const study::DatasetInfo& dataset, std::int64_t lanes, const torch::Device& device)
    : conv_(std::move(conv)),
      activation_(network.activation),
      laws_(ntk_laws(network.depth, network.weight_variance, network.bias_variance)),
      coefficients_(torch::zeros({lanes, dataset.train_samples, dataset.classes},
                                 torch::TensorOptions(device).dtype(torch::kFloat64))),
      output_scale_(network.output_scale) {
  lanes_ = lanes;
  buffers_.push_back({"coefficients", coefficients_});
  normalise_inputs(models::make_input_norm(network.normalise, dataset, lanes, device));
}

void LimitNetwork::attach(const Tensor& images) { train_inputs_ = normalised(data::to_inputs(images)); }

std::int64_t LimitNetwork::hidden_numbers() const {
  if (conv_) return train_inputs_.size(0) * 4;  // conv_limit() bounds its blocks itself
  return train_inputs_.size(0) * numbers_per_pair * static_cast<std::int64_t>(laws_.size());
}

Limit LimitNetwork::kernels_between(const Tensor& a, const Tensor& b, bool with_hidden) const {
  return conv_ ? conv_limit(*conv_, a, b, with_hidden) : dense_limit(laws_, activation_, a, b, with_hidden);
}

Tensor LimitNetwork::tangent_kernel(const Tensor& x) const {
  const torch::NoGradGuard no_gradients;
  const Tensor read = normalised(x);
  // Of predictions the scale falls out: the task's loss is divided by its square.
  return kernels_between(read, read).ntk * (output_scale_ * output_scale_);
}

models::Output LimitNetwork::run(const models::Inputs& inputs, models::Mode) {
  EIGENSWEEP_EXPECT(train_inputs_.defined());
  std::vector<Tensor> logits;
  std::int64_t lane = 0;
  for (std::size_t group = 0; group < inputs.lanes.size(); ++group) {
    const Tensor kernel = kernels_between(inputs.x[static_cast<std::int64_t>(group)], train_inputs_).ntk;
    for (const std::int64_t end = lane + inputs.lanes[group]; lane < end; ++lane) {
      logits.push_back(kernel.matmul(coefficients_[lane]).t().to(torch::kFloat32));
    }
  }
  return {torch::stack(logits), {}, {}};
}

std::vector<Tensor> LimitNetwork::hidden_grams(const Tensor& images) {
  const torch::NoGradGuard no_gradients;
  const Tensor x = normalised(data::to_inputs(images));
  return kernels_between(x, x, /*with_hidden=*/true).hidden;
}

std::vector<std::vector<double>> LimitNetwork::train(const data::DeviceDataset& data, const study::Training& training,
                                                     const std::vector<double>& learning_rates) {
  EIGENSWEEP_EXPECT(std::cmp_equal(learning_rates.size(), lanes_));
  const torch::NoGradGuard no_gradients;
  fit_inputs(data.train_images);
  attach(data.train_images);
  const Tensor kernel = kernels_between(train_inputs_, train_inputs_).ntk;
  const Tensor y = targets(data, training);
  if (training.limit_time == study::Training::LimitTime::end) {
    const Fit fit = fit_to_the_end(kernel, y);
    coefficients_.copy_(fit.coefficients.expand_as(coefficients_));
    const double loss = (kernel.matmul(fit.coefficients) - y).square().mean().item<double>();
    return std::vector(learning_rates.size(), std::vector{loss});
  }
  const GradientFlow flow(kernel, y);
  const std::int64_t steps = study::steps_per_epoch(training, data.info);
  std::vector<std::vector<double>> all;
  for (std::size_t lane = 0; lane < learning_rates.size(); ++lane) {
    const Tensor own = coefficients_[static_cast<std::int64_t>(lane)];
    const auto same =
        std::find(learning_rates.begin(), learning_rates.end(), learning_rates[lane]) - learning_rates.begin();
    if (std::cmp_less(same, lane)) {
      all.push_back(all[static_cast<std::size_t>(same)]);
      own.copy_(coefficients_[same]);
      continue;
    }
    // The loss that is minimised is |f - y|^2 / (n C), twice the flow's.
    const double epoch = 2 * learning_rates[lane] * static_cast<double>(steps);
    std::vector<double> losses;
    while (std::cmp_less(losses.size(), training.epochs) && (losses.empty() || losses.back() > training.stop_loss)) {
      losses.push_back(flow.loss(epoch * static_cast<double>(losses.size() + 1)));
    }
    own.copy_(flow.coefficients(epoch * static_cast<double>(losses.size())));
    all.push_back(std::move(losses));
  }
  return all;
}

std::unique_ptr<models::Model> make_network(const Json& options, const study::DatasetInfo& dataset,
                                            const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  if (!models::network_options(options).is_infinite()) return models::make_model(options, dataset, seeds, device);
  return std::make_unique<LimitNetwork>(options, dataset, static_cast<std::int64_t>(seeds.size()), device);
}

}  // namespace eigensweep::kernels
