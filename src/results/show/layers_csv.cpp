// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "csv_trials.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/results/show/summary.hpp"

namespace eigensweep::results {
namespace {

/// A column with one number per layer of each trial.
struct LayerColumn {
  std::string header;
  Variable values;
  bool is_affine = false;  ///< of the layers that multiply by a matrix, and not of the hidden ones

  [[nodiscard]] std::size_t layers() const { return values.shape[1]; }
  [[nodiscard]] std::string field(std::size_t row, std::size_t layer) const {
    return layer < layers() ? csv_item(values, row * layers() + layer) : "";
  }
};

std::vector<LayerColumn> layer_columns(const ResultsFile& file, const CsvTrials& trials) {
  std::set<std::string> taken{"trial", "trial_id", "status", "layer"};
  for (const Variable& axis : trials.axes()) taken.insert(axis.name);
  std::vector<LayerColumn> columns;
  for (const std::string& group : file.groups()) {
    for (const std::string& name : file.variables(group)) {
      const std::vector<std::string> dims = file.dims(name);
      // Affine layers are the hidden ones and the readout: the same numbers from the input on.
      if (dims != std::vector<std::string>{"trial", "layer"} && dims != std::vector<std::string>{"trial", "affine"})
        continue;
      Variable values = file.read(name);
      if (values.dtype == "text") continue;
      std::string header = name.substr(name.rfind('/') + 1);
      while (!taken.insert(header).second) header.insert(0, group + ".");
      columns.push_back({header, std::move(values), dims[1] == "affine"});
    }
  }
  return columns;
}

/// Whether a study has recurrent networks. Their hidden layers are states after steps, whose number has nothing to do
/// with that of their matrices.
bool has_recurrent(const ResultsFile& file) {
  const Json resolved = file.json_attribute("resolved_json");
  const auto is_one = [](const Json& study) { return study.value("model", Json::object()).value("kind", "") == "rnn"; };
  const Json cases = resolved.value("cases", Json::array());
  return is_one(resolved) || std::any_of(cases.begin(), cases.end(), is_one);
}

/// Which columns a row has, and what stands for its layer.
struct Rows {
  const char* header;
  bool with_hidden, with_affine;
  const char *before, *after;  ///< of the layer's number
};

}  // namespace

std::string layers_as_csv(const ResultsFile& file) {
  const CsvTrials trials(file);
  const std::vector<LayerColumn> columns = layer_columns(file, trials);
  std::size_t layers = 0;
  for (const LayerColumn& column : columns) layers = std::max(layers, column.layers());
  const std::vector<Rows> kinds =
      has_recurrent(file) ? std::vector<Rows>{{",layer,affine", true, false, "", ","}, {"", false, true, ",", ""}}
                          : std::vector<Rows>{{",layer", true, true, "", ""}};
  std::string text = trials.header() + kinds.front().header;
  for (const LayerColumn& column : columns) text += ',' + csv_quoted(column.header);
  text += "\r\n";
  bool is_empty = true;
  for (std::size_t row = 0; row < trials.size(); ++row) {
    for (const Rows& kind : kinds) {
      for (std::size_t layer = 0; layer < layers; ++layer) {
        std::string fields;
        for (const LayerColumn& column : columns) {
          fields += ',' + ((column.is_affine ? kind.with_affine : kind.with_hidden) ? column.field(row, layer) : "");
        }
        if (fields.size() == columns.size()) continue;  // commas alone
        is_empty = false;
        text += trials.start(row) + ',' + kind.before + std::to_string(layer + 1) + kind.after + fields + "\r\n";
      }
    }
  }
  if (is_empty) {
    throw ConfigError(
        fmt::format("--long layers: {}: no network has a number per layer; the study needs the metric "
                    "spectrum, and a network that has finished",
                    file.path().string()));
  }
  return text;
}

}  // namespace eigensweep::results
