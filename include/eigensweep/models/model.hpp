// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::models {

using torch::Tensor;

/// Shape letters, everywhere: E lanes (networks side by side), B samples, d input size, N layer width, C classes, G
/// groups.
///
/// The inputs of E lanes. Consecutive lanes that share a batch form a group: they share the gather and the first
/// layer's product.
struct Inputs {
  Tensor x;                         ///< [G, B, d] float, in the dataset's units (before any layer of the model)
  std::vector<std::int64_t> lanes;  ///< how many consecutive lanes read group g; sums to E

  /// One batch [B, d] for all lanes.
  static Inputs shared(const Tensor& batch, std::int64_t lane_count) { return {batch.unsqueeze(0), {lane_count}}; }
  /// A batch of its own for every lane: [E, B, d]. May require gradients (attacks).
  static Inputs per_lane(const Tensor& batches) {
    return {batches, std::vector<std::int64_t>(static_cast<std::size_t>(batches.size(0)), 1)};
  }
  /// The same inputs with a separate copy of the batch for every lane, so that each lane has its own input gradient.
  [[nodiscard]] Inputs unshared() const;
};

/// Input h and output z = weight_factor W h + bias_factor b of an affine layer, as nodes of the graph. They give each
/// sample's own derivatives by W and b. A convolution is such a layer at each of its S positions, where h is the patch
/// around the position.
struct AffineTrace {
  Tensor input;   ///< h [E, N_in, B], of a convolution [E, N_in, S, B]
  Tensor output;  ///< z [E, N_out, B], of a convolution [E, N_out, S, B]
  double weight_factor = 1;
  double bias_factor = 1;
};

/// Features run before samples: a lane's activations are [N, B], so one product with the stacked weights [E * N, d]
/// serves all lanes of a group and leaves [E, N, B] contiguous, and everything that runs over samples (bias, batch
/// norm, centring, spectra) runs along memory.
struct Output {
  Tensor logits;               ///< [E, C, B]
  std::vector<Tensor> hidden;  ///< one [E, N_l, B] per hidden layer: after the nonlinearity (and batch norm, if any)
  std::vector<AffineTrace>
      affine;  ///< one per affine layer, input layer first, where Model::trace_affine() asked for it
};

enum class Mode { train, evaluate };  ///< batch norm: batch statistics, or running ones

/// Derivatives of a sum of losses with respect to an Output.
struct OutputGradient {
  Tensor logits;               ///< [E, C, B]
  std::vector<Tensor> hidden;  ///< one [E, N_l, B] per hidden layer, undefined where it is zero; or empty

  /// Moves that of a hidden layer out, or returns an undefined tensor.
  Tensor of_hidden(std::size_t layer) { return hidden.empty() ? Tensor() : std::exchange(hidden[layer], {}); }
};

/// A forward pass without autograd, and its backward pass: the chain rule written out. Autograd runs more operations
/// and records each, and on a GPU each one is a kernel launch. Every kind of network that has one derives from it.
class Pass {
 public:
  Pass() = default;
  virtual ~Pass() = default;
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  Output output;

  /// Derivatives with respect to Model::parameters(), in their order. Overwrites the tensors of `gradient`.
  virtual std::vector<Tensor> parameter_gradients(OutputGradient gradient) = 0;
  /// Derivatives with respect to the inputs [E, B, d], as the network's first layer reads them, of lanes with a batch
  /// each. `logits` [E, C, B] as in OutputGradient.
  virtual Tensor input_gradient(const Tensor& logits) = 0;
};

/// A trained tensor's place in the network, on which learning-rate rules depend.
enum class Place { input_weight, hidden_weight, output_weight, hidden_bias, output_bias, other };

struct NamedTensor {
  std::string name;  ///< as torch in Python would call it: "0.weight", "0.bias"; kept in the safetensors file without E
  Tensor tensor;     ///< [E, ...]
  Place place = Place::other;
  double rate = 1;    ///< what its learning rate is multiplied by
  double factor = 1;  ///< what the network multiplies it by (its parametrisation)
  /// Which sign its numbers must keep: +1 or -1, of a shape that broadcasts to the tensor's. Undefined: any.
  Tensor signs = {};
  double gradient_factor = 1;  ///< what its gradient is multiplied by before the optimizer reads it
};

/// The weights of an affine layer, apart by what they do to its units where inputs are not negative.
struct SignedWeights {
  Tensor raising;               ///< [E, N_out, N_in], not negative; of a convolution N_in is the size of a patch
  Tensor lowering;              ///< the same, for inputs that lower the units
  std::vector<Tensor> trained;  ///< the tensors [E, ...] that they are made of

  /// The matrix that the layer multiplies by, as far as it is linear: [E, N_out, N_in].
  [[nodiscard]] Tensor effective() const { return raising - lowering; }
};

/// What a layer's units read through one matrix.
struct Synapses {
  std::size_t matrix = 0;  ///< index in Model::signed_weights()
  Tensor inputs;           ///< [E or 1, N_in, samples]
};

/// Units of a hidden layer, or those beside it that inhibit it.
struct HiddenUnits {
  /// A trained tensor [E, ...] and the dimension that runs over the units. A unit is silent where its numbers are 0 in
  /// all of them: every nonlinearity is 0 at 0.
  struct Part {
    Tensor tensor;
    std::int64_t dimension = 1;
  };
  std::vector<Part> parts;
  std::int64_t count = 0;
  /// The first `excitatory` excite, the `inhibitory` ones after them inhibit; both 0 where units have no sign.
  std::int64_t excitatory = 0;
  std::int64_t inhibitory = 0;
};

class InputNorm;

/// E networks of one architecture, stacked along a leading lane dimension. A single network is E = 1.
class Model {
 public:
  Model();
  virtual ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  /// Runs all lanes. Differentiable in the parameters and in `inputs.x` where these require gradients.
  Output forward(const Inputs& inputs, Mode mode);

  /// Whether pass() and backward() serve this network.
  [[nodiscard]] virtual bool has_backward() const { return false; }
  /// Whether input_gradient() does, too: nothing lies between inputs and logits but what its Pass knows.
  [[nodiscard]] bool has_input_gradient() const { return has_backward() && !input_norm_ && !origin_; }
  /// forward() without autograd, for backward() or input_gradient().
  std::unique_ptr<Pass> pass(const Inputs& inputs, Mode mode);
  /// Derivatives with respect to parameters(), as Pass::parameter_gradients(), contiguous.
  std::vector<Tensor> backward(Pass& pass, OutputGradient gradient);
  /// Derivatives with respect to inputs.x, as Pass::input_gradient().
  Tensor input_gradient(Pass& pass, const Tensor& logits);

  /// Adds a first layer that normalises the inputs (see InputNorm). Perturbations stay in units of the inputs
  /// themselves.
  void normalise_inputs(std::unique_ptr<InputNorm> layer);
  /// Fits that layer to the training set, `images` [n, d] as in a DeviceDataset. So do initial tensors that depend on
  /// it.
  virtual void fit_inputs(const Tensor& images);

  /// Inputs [..., d] after that layer, if there is one.
  [[nodiscard]] Tensor normalised(const Tensor& x) const;

  /// Makes forward() return `scale` * (f - f_origin), where `origin` is a network that is never trained; null leaves
  /// f_origin out.
  void rescale_outputs(double scale, std::unique_ptr<Model> origin);
  [[nodiscard]] bool subtracts_origin() const { return origin_ != nullptr; }

  /// Converts all float32 parameters and buffers to `type`; forward() then converts its inputs too.
  void set_precision(torch::ScalarType type);

  /// Asks forward() to fill Output::affine, or to stop. Returns false if this network cannot (it has batch norm or
  /// whitening).
  virtual bool trace_affine(bool wanted) { return !wanted; }

  /// The weights of every affine layer, input layer first, in float64 and without graph.
  [[nodiscard]] virtual std::vector<SignedWeights> signed_weights() const;

  /// For every matrix of signed_weights(): what the units that it drives read of `x` [B, d], each with the index of the
  /// matrix that it comes through, and as [E or 1, N_in, samples]. Serves networks of dense layers.
  [[nodiscard]] virtual std::vector<std::vector<Synapses>> synapses(const Tensor& x);

  /// The units of every hidden layer, input side first. Not of networks that whiten, which mix their units.
  [[nodiscard]] virtual std::vector<HiddenUnits> hidden_units() const;

  /// Gives the training set, `images` [n, d] as in a DeviceDataset, to a network whose predictions need it (of infinite
  /// width). Its tensors are loaded before: the training set is normalised as they say.
  virtual void attach(const Tensor& images) { (void)images; }
  /// Numbers per sample that forward() holds beyond those in its Output.
  [[nodiscard]] virtual std::int64_t hidden_numbers() const { return 0; }
  /// For a network of infinite width, per hidden layer: the mean over units of products of activations, [n, n] for
  /// `images` [n, d]. Empty for any other network.
  virtual std::vector<Tensor> hidden_grams(const Tensor& images) {
    (void)images;
    return {};
  }

  /// Recomputes what evaluation mode takes from the whole training set (a frozen whitening factor). `images` [n, d] as
  /// in a DeviceDataset.
  virtual void refresh(const Tensor& images) { (void)images; }
  /// Why the lane's numbers are not finite, as far as the network knows, or "".
  [[nodiscard]] virtual std::string trouble(std::int64_t lane) const {
    (void)lane;
    return "";
  }

  [[nodiscard]] std::int64_t lanes() const noexcept { return lanes_; }
  /// How many hidden layers forward() returns.
  [[nodiscard]] std::size_t hidden_layers() const noexcept { return hidden_layers_; }
  /// Trained tensors [E, ...], in a fixed order; leaves of the graph.
  [[nodiscard]] std::vector<NamedTensor>& parameters() noexcept { return parameters_; }
  /// Tensors that belong to the network but are not trained (running statistics), [E, ...].
  [[nodiscard]] std::vector<NamedTensor>& buffers() noexcept { return buffers_; }

 protected:
  /// forward() of inputs that are normalised already.
  virtual Output run(const Inputs& inputs, Mode mode) = 0;
  /// The same without autograd, where has_backward().
  virtual std::unique_ptr<Pass> run_by_hand(const Inputs& inputs, Mode mode);

  std::int64_t lanes_ = 0;
  std::size_t hidden_layers_ = 0;
  std::vector<NamedTensor> parameters_;
  std::vector<NamedTensor> buffers_;

 private:
  std::unique_ptr<InputNorm> input_norm_;
  double output_scale_ = 1;
  torch::ScalarType precision_ = torch::kFloat32;
  std::unique_ptr<Model> origin_;
};

/// A network of each lane's seed, initialised by its own keyed random numbers. `options` is the study's resolved
/// "model" section.
std::unique_ptr<Model> make_model(const Json& options, const study::DatasetInfo& dataset,
                                  const std::vector<std::uint64_t>& seeds, const torch::Device& device);

}  // namespace eigensweep::models
