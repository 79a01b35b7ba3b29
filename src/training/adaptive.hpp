// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

#include "eigensweep/training/rates.hpp"

namespace eigensweep::training {

/// The options of Adam and AdamW.
struct AdaptiveOptions : Rates {
  explicit AdaptiveOptions(double weight_decay) : Rates{1e-3, weight_decay} {}
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  bool amsgrad = false;

  template <class T>
  static study::Fields<T> fields_with(const std::string& meaning_of_decay) {
    return with_learning_rate<T>()
        .number("beta1", &T::beta1, {0, 1, false}, "decay of the mean of gradients")
        .number("beta2", &T::beta2, {0, 1, false}, "decay of the mean of squared gradients")
        .number("epsilon", &T::epsilon, {0, 1, true}, "added to the denominator")
        .boolean("amsgrad", &T::amsgrad, "divide by the largest second moment seen so far (Reddi, Kale, Kumar 2018)")
        .number("weight_decay", &T::weight_decay, {0, 1e3}, meaning_of_decay)
        .per_lane();
  }
};

/// Bytes of the means, squares and largest squares of all parameters.
inline double state_bytes(const AdaptiveOptions& options, const study::WorkContext& context) {
  return (options.amsgrad ? 3 : 2) * 4 * static_cast<double>(context.model.parameters);
}

}  // namespace eigensweep::training

#ifndef EIGENSWEEP_DECLARATIONS
#include <memory>
#include <vector>

#include "eigensweep/training/optimizer.hpp"

namespace eigensweep::training {

enum class Decay { coupled, decoupled };  ///< Adam; AdamW

/// Adam and AdamW on torch's fused kernels: the same arithmetic as torch.optim.Adam(W) in Python.
std::unique_ptr<Optimizer> make_adaptive(const std::vector<AdaptiveOptions>& lanes,
                                         std::vector<models::NamedTensor>& parameters, Decay decay);

}  // namespace eigensweep::training
#endif
