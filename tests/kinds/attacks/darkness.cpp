// SPDX-License-Identifier: MIT
// Every sample made darker by the intensity itself.
#include "attacked_samples.hpp"

namespace eigensweep::attacks {
namespace {

struct DarknessOptions : AttackedSamples {
  double above = 0.0;

  static study::Fields<DarknessOptions> fields() {
    study::Fields<DarknessOptions> fields;
    fields.intensity("epsilon", {0, 1}, "what is subtracted").unit("pixel");
    fields.number("above", &DarknessOptions::above, {0, 1}, "only from inputs above this").unit("pixel");
    return add_to(fields);
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_darkness() {
  return declare_attack<DarknessOptions>("darkness", "epsilon", "subtracts the same number from every bright pixel", "",
                                         // Forward passes of a sample: clean, then each intensity.
                                         [](const DarknessOptions&, double intensities) { return 1.0 + intensities; });
}

}  // namespace eigensweep::attacks

#else
#include "eigensweep/attacks/attack.hpp"

namespace eigensweep::attacks {
namespace {

class Darkness final : public Attack {
 public:
  explicit Darkness(DarknessOptions options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    const Tensor all = problem.inputs.unsqueeze(0).expand({problem.model.lanes(), -1, -1});  // [E, n, d]
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      const Tensor darker = (all - intensities[i]).clamp(problem.lower, problem.upper);
      visit(i, torch::where(all > options_.above, darker, all));
    }
  }

 private:
  DarknessOptions options_;
};

}  // namespace

std::unique_ptr<Attack> make_darkness(const Json& options) {
  return std::make_unique<Darkness>(study::read<DarknessOptions>(options));
}

}  // namespace eigensweep::attacks
#endif
