// SPDX-License-Identifier: MIT
#include "ball_options.hpp"

namespace eigensweep::attacks {
namespace {

struct GreyImage : BallAttack {
  [[nodiscard]] std::string refuse(const study::DatasetInfo& dataset) const {
    if (std::isfinite(dataset.lower) && std::isfinite(dataset.upper)) return "";
    return "the grey image lies in the middle of the pixels' range, and this dataset's inputs have no bounds; leave "
           "grey_image out";
  }
  static study::Fields<GreyImage> fields() { return common<GreyImage>(); }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_grey_image() {
  study::Kind kind = declare_attack<GreyImage>(
      "grey_image", "epsilon",
      "the image whose pixels all lie in the middle of their range, where it lies in a sample's ball: in the maximum "
      "norm from half of the range on, so that no robust accuracy there can be above the share of one class",
      "",
      // The clean samples, then each intensity.
      [](const GreyImage&, double intensities) { return 1.0 + intensities; },
      // The perturbed samples.
      [](const GreyImage&) {
        return study::HeldImages{1, 0};
      });
  kind.columns.push_back(gradients_column());
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "eigensweep/attacks/attack.hpp"
#include "gradient_count.hpp"
#include "region.hpp"

namespace eigensweep::attacks {
namespace {

class MiddleOfTheBox final : public Attack {
 public:
  explicit MiddleOfTheBox(GreyImage options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const Tensor& samples = problem.inputs;
    const Tensor grey = torch::full_like(samples, (problem.lower + problem.upper) / 2);
    const Region region(options_.norm, problem.lower, problem.upper);
    const Tensor distance = region.distance(grey, samples).unsqueeze(-1);  // [n, 1]
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      const Tensor x = torch::where(distance <= intensities[i], grey, samples);
      visit(i, x.expand({problem.model.lanes(), -1, -1}));
    }
  }

  [[nodiscard]] std::optional<Norm> norm() const override { return options_.norm; }
  /// No gradients: so attacks that take some are compared with it.
  void add_columns(std::vector<wire::Measurement>& lanes) const override { GradientCount().add_column(lanes); }

 private:
  GreyImage options_;
};

}  // namespace

std::unique_ptr<Attack> make_grey_image(const Json& options) {
  return std::make_unique<MiddleOfTheBox>(study::read<GreyImage>(options));
}

}  // namespace eigensweep::attacks
#endif
