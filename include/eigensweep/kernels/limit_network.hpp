// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/kernels/conv_limit.hpp"
#include "eigensweep/kernels/limit.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/network_options.hpp"
#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::kernels {

/// A multilayer perceptron or convolutional network of infinite width in the NTK parametrisation with centred outputs:
/// f(x) = T(x, X) A, with T the tangent kernel and X the training set. It is the same for every seed; lanes differ in
/// their learning rates alone. Attacks differentiate it like any other network.
class LimitNetwork final : public models::Model {
 public:
  /// `options`: a resolved "model" section with width "inf".
  LimitNetwork(const Json& options, const study::DatasetInfo& dataset, std::int64_t lanes, const torch::Device& device);

  /// Trains in closed form, for the time that each lane's learning rate and the steps give, or to the end
  /// ("limit_time"). Returns for each lane the training loss after each epoch until "stop_loss" is reached; when it
  /// trains to the end, only the final loss. Throws NumericalError.
  std::vector<std::vector<double>> train(const data::DeviceDataset& data, const study::Training& training,
                                         const std::vector<double>& learning_rates);

  /// The tangent kernel of the outputs, T(x, x) times the square of their scale, of samples x [n, d] as networks read
  /// them: [n, n] float64.
  [[nodiscard]] Tensor tangent_kernel(const Tensor& x) const;

  /// After the network is trained or loaded: its normalisation counts.
  void attach(const Tensor& images) override;
  [[nodiscard]] std::int64_t hidden_numbers() const override;
  std::vector<Tensor> hidden_grams(const Tensor& images) override;

 private:
  LimitNetwork(const models::NetworkOptions& network, std::optional<ConvNetwork> conv,
               const study::DatasetInfo& dataset, std::int64_t lanes, const torch::Device& device);
  models::Output run(const models::Inputs& inputs, models::Mode mode) override;
  [[nodiscard]] Limit kernels_between(const Tensor& a, const Tensor& b, bool with_hidden = false) const;

  std::optional<ConvNetwork> conv_;  // for a "cnn"; otherwise the next two describe the network
  std::string activation_;
  std::vector<AffineLaw> laws_;
  Tensor train_inputs_;  // [n, d], normalised
  Tensor coefficients_;  // A [E, n, C] float64; stored with the network
  double output_scale_ = 1;
};

/// The network of a resolved "model" section, of finite or infinite width.
std::unique_ptr<models::Model> make_network(const Json& options, const study::DatasetInfo& dataset,
                                            const std::vector<std::uint64_t>& seeds, const torch::Device& device);

}  // namespace eigensweep::kernels
