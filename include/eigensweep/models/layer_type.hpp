// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {

// The types of dense layers. In all but `dense` every unit is either excitatory or inhibitory (Dale's law): all weights
// of its outgoing synapses have one sign.
//
//   colei  Columns of the weights are excitatory or inhibitory: of the units of a hidden layer the first excite, the
//          last inhibit the layer above. Inputs excite (Song, Yang, Wang 2016; initial law as Cornford et al. 2021).
//   dann   All units excite. Beside each layer stand inhibitory units that subtract from it and divide it (Cornford et
//          al. 2021, ICLR, "Learning to live with Dale's principle").

/// Whether the network's weights keep signs.
inline bool keeps_signs(const NetworkOptions& network) { return network.layer != NetworkOptions::LayerType::dense; }

/// Whether all layers of the configuration's network are dense ones of finite width.
inline bool has_dense_layers(const Json& config) {
  return config.at("model").at("kind") != "cnn" && !network_of(config).is_infinite();
}

/// Whether inhibitory units stand beside its layers.
inline bool is_dann(const NetworkOptions& network) {
  return network.layer == NetworkOptions::LayerType::dann ||
         network.layer == NetworkOptions::LayerType::dann_uncorrected;
}

/// How many inhibitory units a hidden layer has: among its units ("colei") or beside them ("dann"); 0 where "dense".
std::int64_t inhibitory_units(const NetworkOptions& network);

/// "" or why a layer type does not go with the other options of the network or of its training. `config`: the trial's.
std::string refuse_layer_type(const NetworkOptions& network, const Json& config);

/// "" or why the layer type cannot read this dataset.
std::string refuse_signed_inputs(const NetworkOptions& network, const study::DatasetInfo& dataset);

}  // namespace eigensweep::models
