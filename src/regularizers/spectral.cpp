// SPDX-License-Identifier: MIT
// Pushes the eigenspectrum of a hidden layer's covariance towards n^-exponent.
#ifdef EIGENSWEEP_DECLARATIONS
#include <fmt/format.h>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::regularizers {

study::Kind declare_spectral() {
  study::Kind kind;
  kind.family = study::Family::regularizer;
  kind.name = "spectral";
  kind.meaning = "pushes the eigenspectrum of the hidden layers' covariance towards a power law n^-exponent";
  kind.source = "Nassar, Sokol, Chung, Harris, Park, NeurIPS 2020, arXiv:2012.04729";
  kind.options = study::Options{}
                     .number("strength", 1.0, {0, 1e6}, "weight of the penalty in the loss; 0 trains without it")
                     .per_lane()
                     .number("exponent", 1.0, {0, 100, true}, "alpha of the wanted spectrum n^-alpha")
                     .per_lane()
                     .integer("cutoff", 10, {0, 1e6},
                              "how many of the largest eigenvalues are left alone; the next one is the anchor")
                     .choice("layers", "last", {"last", "all"}, "which hidden layers are penalised");
  kind.off_when_zero = "strength";
  kind.refuse = [](const Json& options, const Json& config) -> std::string {
    const auto cutoff = options.at("cutoff").get<long long>();
    const Json& model = config.at("model");
    if (model.contains("width") && model.at("width").is_number_integer()) {
      const auto width = model.at("width").get<long long>();
      if (cutoff + 1 >= width) {
        return fmt::format(
            "cutoff {} leaves no eigenvalue to penalise in a layer of width {}; choose a cutoff below {}", cutoff,
            width, width - 1);
      }
    }
    return "";
  };
  kind.work = [](const Json& options, const study::WorkContext& context) {
    const bool all = options.at("layers") == "all";
    double flops = 0;
    const auto& widths = context.model.hidden_widths;
    for (std::size_t layer = all ? 0 : widths.size() - 1; layer < widths.size(); ++layer) {
      const auto n = static_cast<double>(widths[layer]);
      // Z = V^T Hc and its gradient, each step; covariance (float64 counts twice) and eigenvectors (about 25 N^3), each
      // epoch.
      const double step = 4.0 * static_cast<double>(context.batch_size) * n * n;
      const double epoch = 2.0 * 2.0 * static_cast<double>(context.dataset.train_samples) * n * n + 25.0 * n * n * n +
                           static_cast<double>(context.dataset.train_samples) * context.model.forward_flops;
      flops += static_cast<double>(context.epochs) * (step * static_cast<double>(context.steps_per_epoch) + epoch);
    }
    return flops;
  };
  return kind;
}

}  // namespace eigensweep::regularizers
#endif
