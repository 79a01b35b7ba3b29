// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include <fmt/format.h>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::metrics {

study::Kind declare_spectrum() {
  study::Kind kind;
  kind.family = study::Family::metric;
  kind.name = "spectrum";
  kind.meaning = "covariance eigenspectrum of every hidden layer, in float64, and its power-law exponent";
  kind.source = "Stringer et al. 2019, doi:10.1038/s41586-019-1346-5";
  kind.options =
      study::Options{}
          .choice("split", "train", {"train", "test"}, "which samples the covariance is taken over")
          .integer("samples", 0, {0, 1e8}, "how many samples, from the first; 0 takes all")
          .integer("fit_first", 11, {1, 1e6}, "first rank n of the exponent's fit")
          .integer("fit_last", 500, {2, 1e6}, "last rank n of the fit, or the layer's width if that is smaller");
  kind.columns = {
      {"eigenvalues", {"layer", "eigenvalue"}, "f64", "", "eigenvalues of the covariance, in descending order"},
      {"exponent", {"layer"}, "f64", "", "alpha of the fit n^-alpha: least squares in log-log with weights 1/n"},
      {"r_squared", {"layer"}, "f64", "", "squared correlation of the fit in log-log, over 100 log-spaced ranks"},
      {"fit_first", {"layer"}, "i64", "", "first rank of the fit"},
      {"fit_last", {"layer"}, "i64", "", "last rank of the fit"},
      {"participation_ratio", {"layer"}, "f64", "", "(sum of eigenvalues)^2 / sum of squares"},
      {"effective_rank", {"layer"}, "f64", "", "exponential of the entropy of the normalised eigenvalues"},
  };
  kind.refuse = [](const Json& options, const Json&) -> std::string {
    const auto first = options.at("fit_first").get<long long>();
    const auto last = options.at("fit_last").get<long long>();
    return first < last ? ""
                        : fmt::format("fit_first {} is not below fit_last {}; a slope needs two ranks", first, last);
  };
  kind.work = [](const Json& options, const study::WorkContext& context) {
    const auto asked = options.at("samples").get<std::int64_t>();
    const auto all = options.at("split") == "train" ? context.dataset.train_samples : context.dataset.test_samples;
    const auto samples = static_cast<double>(asked == 0 ? all : std::min(asked, all));
    double flops = samples * context.model.forward_flops;
    for (const std::int64_t width : context.model.hidden_widths) {
      const auto n = static_cast<double>(width);
      flops +=
          4.0 * samples * n * n + 10.0 * n * n * n;  // float64 counts twice; eigenvalues alone take 4/3 N^3 and more
    }
    return flops;
  };
  return kind;
}

}  // namespace eigensweep::metrics
#endif
