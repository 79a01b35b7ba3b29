// SPDX-License-Identifier: MIT
#include "moved_images.hpp"

namespace eigensweep::attacks {
namespace {

struct Rotation : MovedImages {
  double resolution = 1;

  static study::Fields<Rotation> fields() {
    study::Fields<Rotation> fields;
    fields.intensity("angle", {0, 180}, "largest angle in either direction").unit("degree");
    return add_to(fields).number("resolution", &Rotation::resolution, {0.01, 90},
                                 "difference of neighbouring angles that are tried, in degrees");
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_rotation() {
  return declare_attack<Rotation>(
      "rotation", "angle",
      "the worst of all rotations of the image around its centre up to this angle, on a grid of angles; what comes in "
      "is "
      "black",
      "Engstrom et al. 2019, arXiv:1712.02779, grid search",
      // Up to 30 degrees, a usual range.
      [](const Rotation& rotation, double intensities) { return 1.0 + intensities + 60 / rotation.resolution; },
      [](const Rotation&) {
        return study::HeldImages{4, 1};
      });
}

}  // namespace eigensweep::attacks
#else
#include <cmath>

#include "grid_search.hpp"
#include "pixel_map.hpp"

namespace eigensweep::attacks {
namespace {

class Rotations final : public Attack {
 public:
  explicit Rotations(const Rotation& options) : resolution_(options.resolution) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const std::int64_t height = problem.shape[1], width = problem.shape[2];
    search_grid(problem, intensities, visit,
                [&](double above, double upto, const std::function<void(const Tensor& x)>& give) {
                  for (std::int64_t k = count(above) + 1; k <= count(upto); ++k) {
                    for (const double sign : {-1.0, 1.0}) {
                      give(PixelMap::rotation(height, width, sign * static_cast<double>(k) * resolution_)
                               .apply(problem.inputs, outside_of_images(problem.lower)));
                    }
                  }
                });
  }

 private:
  /// How many angles up to this one are tried in each direction. A multiple of the resolution is reached, whatever its
  /// roundings.
  [[nodiscard]] std::int64_t count(double angle) const {
    return static_cast<std::int64_t>(std::floor(angle / resolution_ * (1 + 1e-12)));
  }

  double resolution_;
};

}  // namespace

std::unique_ptr<Attack> make_rotation(const Json& options) {
  return std::make_unique<Rotations>(study::read<Rotation>(options));
}

}  // namespace eigensweep::attacks
#endif
