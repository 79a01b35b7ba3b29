// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::models {

/// The options that networks may have: their layers' size and number, how they are parametrised, and layers that
/// normalise inputs or whiten. A kind of model is a struct that extends this one.
struct NetworkOptions {
  enum class Scaling { standard, ntk, mup };
  enum class Precision { float32, float64 };
  enum class InputScale { none, per_channel, per_image };
  enum class Centre { mean, zero };
  enum class LayerType { dense, colei, dann, dann_uncorrected };
  using Scalings = std::vector<std::pair<std::string, Scaling>>;

  study::IntegerOrInfinity width;
  std::int64_t depth = 1;
  std::string activation = "tanh";
  bool batch_norm = false;
  Scaling parametrisation = Scaling::standard;
  double weight_variance = 0.0;
  double bias_variance = 0.0;
  std::int64_t base_width = 64;
  double output_scale = 1.0;
  bool centre_output = false;
  Precision precision = Precision::float32;
  InputScale normalise = InputScale::none;
  std::int64_t whiten = 0;
  Centre whiten_about = Centre::mean;
  LayerType layer = LayerType::dense;
  double ei_ratio = 10.0;
  std::int64_t inhibitory_units = 0;

  [[nodiscard]] bool is_infinite() const { return width.is_infinite; }
  /// Whether the network's function depends on the training samples it has seen other than through its weights.
  [[nodiscard]] bool reads_samples() const { return batch_norm || whiten > 0; }
  /// The width divided by the width at which learning-rate rules change nothing; 1 for a network without a finite
  /// width.
  [[nodiscard]] double width_ratio() const {
    return width.value == 0 ? 1 : static_cast<double>(width.value) / static_cast<double>(base_width);
  }

  /// Each of these adds options to a kind of model; `meaning` says what the option means in that kind.
  template <class T>
  static study::Fields<T>& add_width(study::Fields<T>& fields, const std::string& meaning) {
    return fields.integer("width", &T::width, {1, 1e6}, meaning);
  }
  template <class T>
  static study::Fields<T>& add_depth(study::Fields<T>& fields, double most, const std::string& meaning) {
    return fields.integer("depth", &T::depth, {1, most}, meaning);
  }
  template <class T>
  static study::Fields<T>& add_activation(study::Fields<T>& fields) {
    return fields.choice("activation", &T::activation, {"tanh", "relu", "erf", "gelu"},
                         "nonlinearity of the hidden layers");
  }
  template <class T>
  static study::Fields<T>& add_units(study::Fields<T>& fields, const std::string& batch_norm_meaning) {
    return add_activation(fields).boolean("batch_norm", &T::batch_norm, batch_norm_meaning);
  }
  template <class T>
  static study::Fields<T>& add_numbers(study::Fields<T>& fields) {
    return fields
        .choice("precision", &T::precision, {{"float32", Precision::float32}, {"float64", Precision::float64}},
                "what the network's numbers are, in training and evaluation; float64 takes twice the time and memory "
                "on a CPU, and far more time on most GPUs")
        .choice("normalise", &T::normalise,
                {{"none", InputScale::none},
                 {"per_channel", InputScale::per_channel},
                 {"per_image", InputScale::per_image}},
                "a first layer that brings inputs to mean 0 and variance 1, by channel over the training set or by "
                "image; epsilon stays in units of the inputs");
  }
  template <class T>
  static study::Fields<T>& add_layers(study::Fields<T>& fields, const Scalings& scalings) {
    fields
        .choice("parametrisation", &T::parametrisation, scalings,
                "whether layers carry a factor of their width: 'ntk' on all weights, 'mup' on the readout")
        .number("weight_variance", &T::weight_variance, {0, 1e6},
                "variance of the initial weights times fan in; 0 takes torch's default law for weights and biases")
        .number("bias_variance", &T::bias_variance, {0, 1e6},
                "variance of the initial biases; read where weight_variance is above 0");
    return add_outputs(add_base_width(fields));
  }
  template <class T>
  static study::Fields<T>& add_base_width(study::Fields<T>& fields) {
    return fields.integer("base_width", &T::base_width, {1, 1e6},
                          "width at which 'mup' and learning-rate rules change nothing");
  }
  template <class T>
  static study::Fields<T>& add_outputs(study::Fields<T>& fields) {
    fields
        .number("output_scale", &T::output_scale, {0, 1e9, true},
                "what outputs are multiplied by: large makes training lazy; the task's loss is divided by its square")
        .boolean("centre_output", &T::centre_output,
                 "subtract the outputs at initialisation, so that training starts from 0");
    return add_numbers(fields)
        .integer("whiten", &T::whiten, {0, 1000},
                 "which hidden layer (from 1) is whitened by its Cholesky factor; 0 whitens none")
        .choice("whiten_about", &T::whiten_about, {{"mean", Centre::mean}, {"zero", Centre::zero}},
                "about what the whitened layer's second moments are taken; its activations are never centred");
  }
  template <class T>
  static study::Fields<T>& add_layer_type(study::Fields<T>& fields) {
    return fields
        .choice("layer", &T::layer,
                {{"dense", LayerType::dense},
                 {"colei", LayerType::colei},
                 {"dann", LayerType::dann},
                 {"dann_uncorrected", LayerType::dann_uncorrected}},
                "type of all dense layers: weights of any sign, or by Dale's law: 'colei' has excitatory and "
                "inhibitory columns, 'dann' inhibitory units beside excitatory ones, with the corrected gradients of "
                "Cornford et al. 2021 or without")
        .number("ei_ratio", &T::ei_ratio, {1e-3, 1e6},
                "excitatory units to an inhibitory one of a hidden layer; not read where layer is 'dense'")
        .integer("inhibitory_units", &T::inhibitory_units, {0, 1e6},
                 "inhibitory units of a hidden layer; 0 takes their number from ei_ratio");
  }
  static Scalings all_scalings() {
    return {{"standard", Scaling::standard}, {"ntk", Scaling::ntk}, {"mup", Scaling::mup}};
  }

  /// The options of any kind of model.
  static study::Fields<NetworkOptions> fields() {
    study::Fields<NetworkOptions> fields;
    add_width(fields, "");
    add_depth(fields, 1000, "");
    add_units(fields, "");
    add_layers(fields, all_scalings());
    return add_layer_type(fields);
  }
};

/// Reads these options from a resolved "model" section of any kind. An option that the kind does not declare keeps its
/// initial value.
inline NetworkOptions network_options(const Json& model) {
  return study::fields_of<NetworkOptions>().read_declared(model);
}

/// The network of a resolved configuration.
inline NetworkOptions network_of(const Json& config) { return network_options(config.at("model")); }

}  // namespace eigensweep::models
