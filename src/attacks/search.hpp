// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "eigensweep/attacks/attack.hpp"
#include "region.hpp"
#include "rows.hpp"

namespace eigensweep::attacks {

/// What found the nearest misclassified point of a sample.
enum class Finder : std::int64_t {
  none = 0,           ///< no point that was tried is misclassified
  nothing = 1,        ///< the sample itself is misclassified
  grey = 2,           ///< the image in the middle of the box
  fast_gradient = 3,  ///< one step
  apgd = 4,           ///< APGD on all wrong classes together
  targeted_apgd = 5,  ///< APGD towards one wrong class
  square = 6,         ///< the Square attack
  fab = 7,            ///< FAB towards one wrong class
  deepfool = 8        ///< DeepFool
};

/// What became of points that were tried, [E, R] bool each.
struct Tried {
  Tensor wrong;   ///< misclassified, of those that count
  Tensor finite;  ///< all logits are finite
};

/// The search for the nearest misclassified point of each sample, on a ladder of radii. Every point that any attack
/// tries is a candidate, and its distance is kept, so that one search answers for every radius: a sample is robust at
/// radius r if nothing was found within r.
///
/// An attack tries a sample at its `target`, the largest radius of the ladder below what was found so far. Where it
/// finds something nearer it goes on from there at the next target. So a sample costs little on the radii at which it
/// is easily fooled, and is attacked with all effort at one radius only, the first that it withstands.
class Search {
 public:
  /// `radii`: ascending, above 0. Evaluates the samples themselves.
  Search(const Problem& problem, const Region& region, std::vector<double> radii);

  /// Tries the grey image, which is the same for all samples.
  void try_grey();
  /// Tries one step along the gradient of the log-odds, at each radius.
  void try_fast_gradient();

  /// The samples that still have a target: their number in the lane that has most.
  [[nodiscard]] std::int64_t remaining() const;
  /// The samples [E, R] of each lane with a target, and which of these entries count: a lane with fewer than R has
  /// other samples at its end.
  [[nodiscard]] std::pair<Tensor, Tensor> open_samples() const;

  /// The same of the samples that are classified right, whatever was found near them.
  [[nodiscard]] std::pair<Tensor, Tensor> right_samples() const;

  /// Evaluates the points `x` [E, R, d] of `samples` [E, R], and notes, at their own distances, those of the `counted`
  /// [E, R] ones that are misclassified and have finite logits. `clearance`: how far the label's logit must lie below
  /// the largest, as a share of the largest size of a logit; a point just beyond a boundary may be right again in
  /// another batch, whose products round otherwise.
  Tried try_points(const Tensor& x, const Tensor& samples, const Tensor& counted, Finder finder, double clearance = 0);
  /// Notes the points `x` [E, R, d] of `samples` [E, R] where `wrong` [E, R] says that they are misclassified. They lie
  /// within `radius` [E, R] float64 but for roundings. `progress` [E, R] float64: the share of the attack's steps in
  /// its ball that came before; undefined for one that has none.
  void note(const Tensor& x, const Tensor& samples, const Tensor& wrong, const Tensor& radius, Finder finder,
            const Tensor& progress = {});
  /// Notes where an attack ended at a sample that it has not fooled, where `ended` [E, R] says so; `dead`: whether its
  /// gradient there was 0.
  void note_end(const Tensor& x, const Tensor& samples, const Tensor& ended, const Tensor& dead);
  /// Notes that an attack gave up early on samples [E, R] where `is_so` [E, R] says so.
  void note_out_of_reach(const Tensor& samples, const Tensor& is_so);
  /// Counts the gradients that `counted` [E, R] marks. `largest` [E, R] is the size of each one's largest entry; a
  /// gradient that is not finite spoils its lane. Returns which of the counted rows are in lanes that are not spoilt:
  /// no attack may go on in one, because its points would not be finite.
  [[nodiscard]] Tensor count(const Tensor& largest, const Tensor& counted);

  /// Of the samples [E, R]: the radius that is tried next, or 0 if there is none. [E, R] float64.
  [[nodiscard]] Tensor target(const Tensor& samples) const;
  [[nodiscard]] Tensor target_of_all() const;

  /// The perturbed samples at a radius [E, n, d]: the nearest misclassified point if it lies within, else where the
  /// last attack ended, drawn into the ball. NaN for a spoilt lane.
  [[nodiscard]] Tensor at(double radius) const;

  [[nodiscard]] const Problem& problem() const { return problem_; }
  [[nodiscard]] const Region& region() const { return region_; }
  /// The samples, for every lane [E, n, d].
  [[nodiscard]] const Tensor& centre() const { return centre_; }
  /// The nearest misclassified points that were found, else the samples themselves [E, n, d].
  [[nodiscard]] const Tensor& nearest() const { return nearest_; }
  /// Logits of the unperturbed samples [E, C, n].
  [[nodiscard]] const Tensor& clean_logits() const { return clean_logits_; }
  /// Of the nearest misclassified point [E, n] float64: infinity if none was found, 0 if the sample itself is
  /// misclassified, NaN for a spoilt lane.
  [[nodiscard]] Tensor distance() const;
  [[nodiscard]] const Tensor& finder() const { return finder_; }  ///< [E, n] int64
  /// Of the nearest misclassified point, as note() has it: [E, n] float64, NaN where there is none.
  [[nodiscard]] const Tensor& progress() const { return progress_; }
  /// Of note_out_of_reach(), where nothing was found since: [E, n] bool.
  [[nodiscard]] const Tensor& out_of_reach() const { return out_of_reach_; }
  [[nodiscard]] const Tensor& dead() const { return dead_; }            ///< [E, n] bool
  [[nodiscard]] const Tensor& gradients() const { return gradients_; }  ///< [E] float64: sample-gradients

 private:
  [[nodiscard]] Tensor are_open() const;

  const Problem& problem_;
  const Region& region_;
  Tensor radii_;         // [K] float64
  Tensor targets_;       // [K + 1] float64: 0 and the radii
  Tensor centre_;        // [E, n, d]
  Tensor labels_;        // [E, n]
  Tensor clean_logits_;  // [E, C, n]
  Tensor distance_;      // [E, n] float64
  Tensor nearest_;       // [E, n, d]
  Tensor last_;          // [E, n, d]
  Tensor finder_;        // [E, n] int64
  Tensor progress_;      // [E, n] float64
  Tensor out_of_reach_;  // [E, n] bool
  Tensor dead_;          // [E, n] bool
  Tensor gradients_;     // [E] float64
  Tensor finite_;        // [E] bool
};

}  // namespace eigensweep::attacks
