// SPDX-License-Identifier: MIT
#include "moved_images.hpp"

namespace eigensweep::attacks {
namespace {

struct Translation : MovedImages {
  static study::Fields<Translation> fields() {
    study::Fields<Translation> fields;
    fields.intensity("shift", {0, 100}, "largest shift along each axis").unit("pixel width");
    return add_to(fields);
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_translation() {
  return declare_attack<Translation>(
      "translation", "shift",
      "the worst of all shifts of the image by whole pixels up to this one along each axis; what comes in is black",
      "Engstrom et al. 2019, arXiv:1712.02779, grid search",
      // Shifts up to 1, 2, ... pixels.
      [](const Translation&, double intensities) { return 1.0 + (2 * intensities + 1) * (2 * intensities + 1); },
      [](const Translation&) {
        return study::HeldImages{4, 1};
      });
}

}  // namespace eigensweep::attacks
#else
#include <algorithm>
#include <cstdlib>

#include "grid_search.hpp"
#include "pixel_map.hpp"

namespace eigensweep::attacks {
namespace {

class Shifts final : public Attack {
 public:
  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const std::int64_t height = problem.shape[1], width = problem.shape[2];
    search_grid(
        problem, intensities, visit, [&](double above, double upto, const std::function<void(const Tensor& x)>& give) {
          const auto most = static_cast<std::int64_t>(upto), before = static_cast<std::int64_t>(above);
          for (std::int64_t down = -most; down <= most; ++down) {
            for (std::int64_t right = -most; right <= most; ++right) {
              if (std::max(std::abs(down), std::abs(right)) <= before) continue;
              give(PixelMap::shift(height, width, down, right).apply(problem.inputs, outside_of_images(problem.lower)));
            }
          }
        });
  }
};

}  // namespace

std::unique_ptr<Attack> make_translation(const Json&) { return std::make_unique<Shifts>(); }

}  // namespace eigensweep::attacks
#endif
