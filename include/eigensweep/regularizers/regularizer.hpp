// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::regularizers {

using torch::Tensor;

/// A lane that cannot go on, and why (one line).
struct Casualty {
  std::int64_t lane = 0;
  std::string reason;
};

/// One mini-batch as a penalty sees it.
struct Moment {
  const models::Inputs& inputs;  ///< one batch per lane, requiring gradients, if some penalty reads input gradients
  const models::Output& output;
  std::int64_t step = 0;  ///< steps since the training began: a key of random numbers
};

/// A penalty on one mini-batch, and its derivatives.
struct Penalty {
  /// Each lane's penalty times its strength: [E]. If it carries autograd's graph, that gives its derivatives.
  Tensor value;
  /// The derivatives that the graph does not give: of the values' sum with respect to the hidden layers, one
  /// [E, N_l, B] each, undefined where it is zero; or empty. The caller may overwrite them.
  std::vector<Tensor> hidden;
};

/// A penalty that training adds to the task's loss, over all lanes at once.
class Regularizer {
 public:
  Regularizer() = default;
  virtual ~Regularizer() = default;
  Regularizer(const Regularizer&) = delete;
  Regularizer& operator=(const Regularizer&) = delete;

  /// Recomputes, before an epoch's first step, what stays fixed during the epoch. `alive[lane]` is false for lanes that
  /// have ended. Returns the lanes that cannot go on.
  virtual std::vector<Casualty> begin_epoch(models::Model& model, const data::DeviceDataset& data,
                                            const std::vector<bool>& alive) {
    (void)model, (void)data, (void)alive;
    return {};
  }
  virtual Penalty penalty(const Moment& moment) = 0;
  /// Whether Penalty::hidden holds all derivatives. If all penalties say so, a step builds no graph, and moment.output
  /// has none.
  [[nodiscard]] virtual bool has_derivatives() const { return false; }
  /// Whether penalty() asks the device for the same work at every step of an epoch but the first, with no number that
  /// the host gives anew (Moment::step). Such steps may be recorded.
  [[nodiscard]] virtual bool repeats() const { return false; }
  /// Whether penalty() differentiates the network by its inputs, through autograd's graph of moment.output.
  [[nodiscard]] virtual bool reads_input_gradients() const { return false; }
  /// A note on how the penalty was computed, in one line, or ""; the trial's record keeps it.
  [[nodiscard]] virtual std::string remark() const { return ""; }
  /// The tensors that a checkpoint in the middle of an epoch needs. It reads them, and copies values back into them.
  virtual std::vector<models::NamedTensor> state() { return {}; }
  /// Allocates the tensors of state() as begin_epoch() would, with any values, so that a checkpoint can be copied into
  /// them.
  virtual void make_room(models::Model& model, const data::DeviceDataset& data) { (void)model, (void)data; }
};

/// The lanes' values of one number: [E], in the precision and on the device of `like`.
template <class T>
Tensor per_lane(const std::vector<T>& lanes, double T::*member, const Tensor& like) {
  std::vector<double> values;
  for (const T& lane : lanes) values.push_back(lane.*member);
  return torch::tensor(values, torch::kFloat64).to(like.options());
}

/// `options`: the resolved options of this regularizer, one per lane; they differ in per-lane options only. `seeds`:
/// the lanes' trial seeds.
std::unique_ptr<Regularizer> make_regularizer(const std::vector<Json>& options,
                                              const std::vector<std::uint64_t>& seeds);

}  // namespace eigensweep::regularizers
